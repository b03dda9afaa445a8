/** Every module, initialiser and method of modules says what it takes, and refuses what it does not. */
import { readdirSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { isGlissadeError, ones, setDefaultDevice, tensor, Tensor } from '../../src/index.ts'
import * as nn from '../../src/nn/index.ts'
import type { Kind } from '../../src/signature/kind.ts'
import { Signature } from '../../src/signature/signature.ts'
import { queuedBackend } from '../queued-backend.ts'

type Called = (...args: readonly unknown[]) => unknown
type Made = new (...args: readonly unknown[]) => object

/** All signatures beside modules, under the names of their constants. */
const signatures = new Map<string, Signature>()
const folder = new URL('../../src/nn/', import.meta.url)
for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))) {
  const exported = (await import(/* @vite-ignore */ new URL(file, folder).href)) as Record<string, unknown>
  for (const [name, value] of Object.entries(exported)) if (value instanceof Signature) signatures.set(name, value)
}
const named = (name: string, isConstructor: boolean): Signature[] =>
  [...signatures].flatMap(([constant, takes]) =>
    takes.name === name && constant.startsWith('NEW_') === isConstructor ? [takes] : [],
  )

class Doubled extends nn.Module {
  forward(input: Tensor): Tensor {
    return input.mul(2)
  }
}
beforeAll(async () => setDefaultDevice(await queuedBackend()))
/** Values of every kind that something takes. The first one that a kind accepts is its good one. */
const values = (): readonly unknown[] => [
  ones([4, 4, 4]),
  2,
  1,
  0,
  -1,
  0.5,
  true,
  'relu',
  'fanIn',
  'float64',
  'none',
  'mean',
  'zeros',
  'nearest',
  'generic',
  'same',
  'tanh',
  [2, 2, 2],
  [2, 2],
  [2],
  [ones([2]), ones([2])],
  new nn.TransformerEncoderLayer(4, 2),
  new Doubled(),
  { a: new Doubled() },
  new Map([['weight', ones([2])]]),
  () => null,
  nn.Linear,
  null,
  NaN,
  '',
  {},
  [],
  [null],
  new Date(0),
  Promise.resolve(1),
  Symbol.iterator,
  1n,
]
const isKind = (row: object): row is Kind<unknown> => 'accepts' in row
function kindOf(row: object): Kind<unknown> {
  if (isKind(row)) return row
  return 'rest' in row ? (row.rest as Kind<unknown>) : (row as { kind: Kind<unknown> }).kind
}
const isFree = (row: object): boolean => 'rest' in row || 'fallback' in row
const accepts = (row: object, value: unknown): boolean =>
  kindOf(row).accepts(value) || value === undefined || (value === null && 'fallback' in row && row.fallback === null)
function good(row: object): unknown {
  const found = values().find(kindOf(row).accepts)
  if (found === undefined) throw new Error(`no value here is ${kindOf(row).wanted}`)
  return found
}
/** Options of which one must be given, though none must by its table. */
const ONE_OF: Readonly<Record<string, object>> = { Upsample: { scaleFactor: 2 } }
const required = ({ name, options }: Signature): Record<string, unknown> => ({
  ...ONE_OF[name],
  ...Object.fromEntries(Object.entries(options ?? {}).flatMap(([key, row]) => (isFree(row) ? [] : [[key, good(row)]]))),
})
/** Lists, whose items no kind knows. */
const LISTS_OF: Readonly<Record<string, () => unknown>> = {
  ModuleList: () => [new Doubled()],
  ParameterList: () => [ones([2])],
}
/** Arguments that fit, and options where there are any. */
const fitting = ({ name, parameters }: Signature): unknown[] =>
  name in LISTS_OF ? [LISTS_OF[name]!()] : Object.values(parameters).map(good)
const complete = (takes: Signature): unknown[] => [
  ...fitting(takes),
  ...(takes.options === null ? [] : [required(takes)]),
]

/** The error of a call, which must be the library's own, in the name of what was called. */
function refusal(name: string, call: () => unknown): string {
  try {
    call()
  } catch (error) {
    if (!isGlissadeError(error)) throw error
    expect(`${error.operation}: of ${error.message}`).toContain(`${name}: of `)
    return error.message
  }
  throw new Error('it was accepted')
}

/** What every call refuses, whatever is called. */
function refusesTheRest(takes: Signature, call: Called): void {
  const { name, parameters } = takes
  const args = fitting(takes)
  const rows = Object.entries(parameters)
  rows.forEach(([key, row], i) => {
    if (!isFree(row)) expect(refusal(name, () => call(...args.slice(0, i)))).toContain(`${key} is missing`)
    for (const value of values())
      if (!accepts(row, value))
        expect(refusal(name, () => call(...args.with(i, value)))).toMatch(new RegExp(`${key} must be|by name`))
  })
  const hasRest = rows.some(([, row]) => 'rest' in row)
  if (takes.options === null) {
    if (!hasRest) expect(refusal(name, () => call(...args, { colour: 1 }))).toMatch(/takes (no|\d) arguments?/)
    return
  }
  expect(refusal(name, () => call(...args, { ...required(takes), colour: 1 }))).toContain('no option colour')
  for (const [key, row] of Object.entries(takes.options)) {
    if (!isFree(row)) expect(refusal(name, () => call(...args))).toContain(`${key} is missing`)
    const snake = key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    if (snake !== key)
      expect(refusal(name, () => call(...args, { [snake]: good(row) }))).toContain(`did you mean ${key}?`)
    for (const value of values())
      if (!accepts(row, value))
        expect(refusal(name, () => call(...args, { ...required(takes), [key]: value }))).toContain(`${key} must be`)
  }
  for (const value of [true, 'mean', [1], null, ones([1])])
    expect(refusal(name, () => call(...args, value))).toContain('by name')
  expect(refusal(name, () => call(...args, required(takes), 1))).toContain('by name')
}

const classes = Object.entries(nn).flatMap(([name, value]) =>
  typeof value === 'function' && /^[A-Z]/.test(name) && name !== 'Module'
    ? [[name, value as unknown as Made] as const]
    : [],
)
const plain = classes.filter(([name]) => named(name, true).length === 0)
const optioned = classes.filter(([name]) => named(name, true).length > 0)

test('all of them are here', () => {
  expect(classes.length).toBeGreaterThan(90)
  expect(plain.map(([name]) => name)).toEqual(
    'Hardsigmoid Hardswish LogSigmoid Mish ReLU ReLU6 SELU Sigmoid SiLU Softsign Tanh Tanhshrink Softmax2d'.split(' '),
  )
})

describe('constructors', () => {
  test.each(plain)('%s takes nothing', (name, Class) => {
    expect(new Class()).toBeInstanceOf(Class)
    for (const value of [{ inplace: true }, true, 1, null, [1]])
      expect(refusal(name, () => new Class(value))).toContain('takes no arguments')
  })
  test.each(optioned)('%s', (name, Class) => {
    for (const takes of named(name, true)) {
      expect(new Class(...complete(takes))).toBeInstanceOf(Class)
      refusesTheRest(takes, (...args) => new Class(...args))
    }
  })
  test.each(['LeakyReLU', 'ELU', 'CELU', 'Softshrink', 'Hardshrink', 'Softmax', 'LogSoftmax', 'Softmin', 'GLU'])(
    '%s takes its number without a name',
    (name) => {
      const Class = (nn as unknown as Record<string, Made>)[name]!
      const key = Object.keys(named(name, true)[0]!.options!)[0]!
      expect(new Class(3)).toHaveProperty(key, 3)
      expect(new Class({ [key]: 3 })).toHaveProperty(key, 3)
      expect(refusal(name, () => new Class(3, true))).toContain(`${name}({ ${key}: 3 })`)
    },
  )
})

describe('functions', () => {
  const functions = [
    ...Object.entries(nn.init),
    ...Object.entries(nn.utils),
    ['functionalCall', nn.functionalCall],
  ] as const
  test.each(functions as readonly (readonly [string, Called])[])('%s', (name, call) => {
    const [takes] = named(name, false)
    expect(takes, `${name} has a signature`).toBeDefined()
    refusesTheRest(takes!, call)
  })
})

describe('methods', () => {
  /** They are called by the library, or are no methods. */
  const NONE = new Set(['constructor', 'run', 'forward', 'whenMissing', 'extraRepr', 'toString', 'add'])
  const owners: readonly (readonly [string, () => object])[] = [
    ['Module', () => new Doubled()],
    ['Sequential', () => new nn.Sequential(new Doubled(), new Doubled(), new Doubled())],
    ['ModuleList', () => new nn.ModuleList([new Doubled(), new Doubled(), new Doubled()])],
    ['ModuleDict', () => new nn.ModuleDict({ a: new Doubled() })],
    ['ParameterList', () => new nn.ParameterList([ones([1]), ones([1]), ones([1])])],
    ['TransformerEncoderLayer', () => new nn.TransformerEncoderLayer(4, 2)],
  ]
  const methods = owners.flatMap(([owner, make]) => {
    const found = new Map<string, string>()
    const Class = (nn as unknown as Record<string, Made>)[owner]!
    for (
      let level = Class.prototype as object;
      level !== Object.getPrototypeOf(nn.Module.prototype);
      level = Object.getPrototypeOf(level) as object
    )
      for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(level)))
        if (typeof value === 'function' && !NONE.has(key)) found.set(key, owner)
    return [...found.keys()].map((method) => [owner, method, make] as const)
  })
  test.each(methods)('%s.%s', (_, method, make) => {
    const owner = make() as unknown as Record<string, Called>
    const takes = named(method, false).filter(({ parameters }) => {
      // Containers share names of methods; which one this is shows in what it lacks.
      try {
        owner[method]!(Symbol.iterator, Symbol.iterator)
      } catch (error) {
        return Object.keys(parameters).length === 0 || String(error).includes(Object.keys(parameters)[0]!)
      }
      return false
    })
    expect(takes.length, `${method} has a signature`).toBeGreaterThan(0)
    refusesTheRest(takes[0]!, (...args) => owner[method]!(...args))
  })
})

describe('calls', () => {
  const made = classes.filter(([, Class]) => Class.prototype instanceof nn.Module)
  /** They have no forward, and say so. */
  const LISTS = new Set(['ModuleList', 'ModuleDict', 'ParameterList'])
  /** They pass their operand on, whatever it is. */
  const ANY = new Set(['Identity', 'Sequential'])
  const instance = (name: string, Class: Made): Called => {
    const [takes] = named(name, true)
    return (takes === undefined ? new Class() : new Class(...complete(takes))) as Called
  }
  test.each(made)('%s refuses other operands than its own, and more', (name, Class) => {
    const call = instance(name, Class)
    const x = ones([1])
    if (LISTS.has(name)) {
      expect(refusal(name, () => call(x))).toContain('no forward')
      return
    }
    expect(refusal(name, () => call())).toContain('is missing')
    expect(refusal(name, () => call(...Array.from({ length: 9 }, () => x)))).toMatch(
      /takes \d arguments?|by name|must be/,
    )
    if (ANY.has(name)) return
    for (const value of [null, 1, 'a', [1], {}, call, Promise.resolve(x)])
      expect(refusal(name, () => call(value))).toContain('must be')
  })
  test.each(made.filter(([name]) => !LISTS.has(name)))('%s is named where an operand does not fit', (name, Class) => {
    const call = instance(name, Class)
    for (const shape of [[], [1], [2, 3], [2, 3, 5], [2, 3, 5, 7], [1, 2, 3, 4, 5, 6]])
      try {
        const x = ones(shape)
        call(x, x, x)
      } catch (error) {
        if (!isGlissadeError(error)) throw error
        expect(error.message).toContain(name)
      }
  })
})

test('a parameter is made of a tensor', () => {
  expect(new nn.Parameter(tensor([1])).requiresGrad).toBe(true)
  expect(() => new nn.Parameter([1] as never)).toThrow(
    'Parameter: data must be a tensor (got [1]); make one: tensor(data)',
  )
})
