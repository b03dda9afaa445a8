/** Every function of `functional` and every module has rows, with each of its options off its default: a walk over the signatures. */
import { scope, setDefaultDevice } from '@glissade/core'
import * as functional from '@glissade/core/functional'
import * as nn from '@glissade/core/nn'
import { cpu } from '@glissade/cpu'
import { beforeAll, expect, test } from 'vitest'
import { Signature, type Parameters } from '../../../../packages/core/src/signature/signature.ts'
import { callOf } from './bind.ts'
import { MODULES } from './module-table.ts'
import { ModuleRun, type ModuleLine } from './module-run.ts'
import { Run } from './run.ts'
import { fixture, LeftOut, linesOf, type Operator } from './sample.ts'
import { allSignatures } from './signatures.ts'
import { ruleOf } from './table.ts'

/** What no row can ask, by a pattern of names, with the tests that ask it. */
const ELSEWHERE: readonly (readonly [path: RegExp, reason: string])[] = [
  [/^nn\.\w+\.(?:device|dtype)$/, 'where and as what parameters are made: the tests of placement'],
  [/\.generator$/, 'a generator of its own: the tests of the generator'],
  [/\.flavour$/, 'draws of another build of PyTorch: the tests of the generator'],
  [/^nn\.(?:Module|ModuleDict|ModuleList|ParameterList)$/, 'has no forward of its own'],
  [/^nn\.Sequential$/, 'computes nothing itself: the networks of cnn.test.ts and program.test.ts'],
]
const isElsewhere = (path: string): boolean => ELSEWHERE.some(([pattern]) => pattern.test(path))

/** Texts of values by argument, as `functional.avgPool2d.stride`, `nn.RNN.bias` and `nn.RNN.forward.initial`. */
const seen = new Map<string, Set<string>>()
/** What was called, with the rows of its arguments. */
const walked = new Map<string, Parameters>()

const text = (value: unknown): string =>
  JSON.stringify(value, (_, x: unknown) =>
    typeof x === 'number' && !Number.isFinite(x)
      ? String(x)
      : typeof x === 'object' && x !== null && 'shape' in x
        ? 'a tensor'
        : typeof x === 'function'
          ? 'a function'
          : x,
  ) ?? 'nothing'
function note(
  key: string,
  { parameters, options }: Signature,
  args: ArrayLike<unknown>,
  read: Readonly<Record<string, unknown>>,
): void {
  walked.set(key, { ...parameters, ...options })
  const values = { ...Object.fromEntries(Object.keys(parameters).map((name, i) => [name, args[i]])), ...read }
  for (const [name, value] of Object.entries(values)) {
    const path = `${key}.${name}`
    seen.set(path, (seen.get(path) ?? new Set()).add(text(value)))
  }
}
/** Notes what signatures read while `run` runs, where they are read in one of the `names`. */
async function watched(owner: 'functional' | 'nn', names: readonly string[], run: () => unknown): Promise<void> {
  // oxlint-disable-next-line unbound-method -- it is called with its own `this`
  const { read } = Signature.prototype
  Signature.prototype.read = function (this: Signature, args, name = this.name) {
    const values = read.call(this, args, name)
    if (names.includes(name)) note(`${owner}.${name}${this.name === 'forward' ? '.forward' : ''}`, this, args, values)
    return values
  }
  try {
    await run()
  } finally {
    Signature.prototype.read = read
  }
}

/** Rows that cannot be asked here. */
const leftOut: string[] = []
async function asked(name: string, run: () => unknown): Promise<void> {
  try {
    await run()
  } catch (error) {
    if (!(error instanceof LeftOut)) throw error
    leftOut.push(`${name}: ${error.message}`)
  }
}

beforeAll(async () => {
  setDefaultDevice(cpu())
  for (const { name, read } of linesOf<Operator>(fixture('function-rows.jsonl'))) {
    const rule = ruleOf(name)
    const run = new Run(name, rule)
    const covered = (rule.covers ?? []).map((one) => one.replace('functional.', ''))
    await watched('functional', [callOf(name, rule)!.name, ...covered], async () => {
      for (const sample of read().samples) await asked(name, () => scope(async () => run.call(sample)))
    })
  }
  for (const { name, read } of linesOf<ModuleLine>(fixture('module-rows.jsonl'))) {
    const run = new ModuleRun(name, MODULES[name] ?? {})
    await watched('nn', [name], async () => {
      for (const sample of read().samples) await asked(name, () => scope(() => run.call(sample)))
    })
  }
}, 60_000)

interface Kind {
  readonly wanted: string
  readonly accepts: (value: unknown) => boolean
}
/** What of an argument no row has. */
function* lacking(path: string, row: object): Generator<string> {
  if (isElsewhere(path)) return
  const values = seen.get(path) ?? new Set()
  const kind = ('kind' in row ? row.kind : 'rest' in row ? row.rest : row) as Kind
  if ('fallback' in row && ![...values].some((value) => value !== text(row.fallback) && value !== 'nothing'))
    yield `${path} is its default`
  const words = kind.wanted.startsWith('a dtype') ? [] : [...kind.wanted.matchAll(/'(\w+)'/g)].map(([, word]) => word)
  for (const word of words) if (!values.has(text(word))) yield `${path} is never '${word}'`
  const rank = [2, 3].find(
    (count) => kind.accepts(Array.from({ length: count }, () => 1)) && !kind.accepts([]) && !kind.accepts('text'),
  )
  if (rank !== undefined && ![...values].some(isUneven)) yield `${path} never differs between axes`
}
const isUneven = (value: string): boolean => value.startsWith('[') && new Set(JSON.parse(value) as unknown[]).size > 1

const modules = Object.entries(nn).filter(
  ([, value]) => typeof value === 'function' && (value === nn.Module || value.prototype instanceof nn.Module),
)

test('every reason is still one', () => {
  const paths = [...seen.keys(), ...modules.map(([name]) => `nn.${name}`)]
  expect(ELSEWHERE.filter(([pattern]) => !paths.some((path) => pattern.test(path)))).toEqual([])
})
test('every row is asked', () => {
  expect(leftOut).toEqual([])
})
test('every function has rows', () => {
  expect(Object.keys(functional).filter((name) => !walked.has(`functional.${name}`))).toEqual([])
})
test('the forward of every module has rows', () => {
  const names = modules.map(([name]) => `nn.${name}`)
  expect(names.filter((name) => !walked.has(`${name}.forward`) && !isElsewhere(name))).toEqual([])
})
test('every option of every function and constructor is off its default in a row', () => {
  const found = [...walked].flatMap(([key, rows]) =>
    Object.entries(rows).flatMap(([name, row]) => [...lacking(`${key}.${name}`, row)]),
  )
  expect(found).toEqual([])
})
test('every constructor that has a signature was called', () => {
  const names = modules.map(([name]) => `nn.${name}`).filter((name) => allSignatures.has(name) && !isElsewhere(name))
  expect(names.filter((name) => !walked.has(name))).toEqual([])
})
