/** No public function or method takes arguments that it has not looked at, and what it says is said in its own name. */
import { readdirSync } from 'node:fs'
import { beforeEach, describe, expect, test } from 'vitest'
import * as core from '../../src/index.ts'
import { isGlissadeError, setDefaultDevice, setMemoryBudget, Tensor, tensor, zeros } from '../../src/index.ts'
import { Signature } from '../../src/signature/signature.ts'
import { IN_PLACE } from '../../src/tensor/methods/in-place.ts'
import { queuedBackend } from '../queued-backend.ts'

type Call = (...args: readonly unknown[]) => unknown
/** A public function, and how it is called: methods on a tensor (or a generator) of their own. */
interface Callable {
  readonly name: string
  readonly call: Call
}

/** Left out of published types and of this law: one part of the library calls it on tensors of another. */
const INTERNAL = ['eachRoot', 'markView', 'standAlone', 'lend', 'moveTo', 'restoreGrad', 'restoreNode']
/** Asks about anything at all, and has nothing to refuse. */
const ASKING = ['isGlissadeError']

setDefaultDevice(await queuedBackend())
const subject = (): Tensor => tensor([[1, 2, 3], [4, 5, 6]]) // oxfmt-ignore

/** Every method along the prototypes, the nearest of each name; setters under the name of their property. */
function methodsOf(of: new (...args: never[]) => object, make: () => object): Callable[] {
  const found = new Map<string, Callable>()
  for (let level = of.prototype as object; level !== Object.prototype; level = Object.getPrototypeOf(level) as object)
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(level))) {
      if (name === 'constructor' || found.has(name) || INTERNAL.includes(name)) continue
      const method = ('value' in property ? property['value'] : property['set']) as Call | undefined
      if (typeof method === 'function')
        found.set(name, { name, call: (...args) => Reflect.apply(method, make(), args) })
    }
  return [...found.values()]
}
const functions = Object.entries(core).flatMap(([name, value]): Callable[] => {
  if (typeof value !== 'function' || ASKING.includes(name)) return []
  const construct = value as unknown as new (...args: readonly unknown[]) => unknown
  return /^[A-Z]/u.test(name)
    ? [{ name, call: (...args) => new construct(...args) }]
    : [{ name, call: value as unknown as Call }]
})
const methods = [...methodsOf(Tensor, subject), ...methodsOf(core.Generator, () => new core.Generator(1))]

/** What a call throws, at once or later; null where it succeeds. */
async function thrown({ call }: Callable, args: readonly unknown[]): Promise<unknown> {
  try {
    const result = await call(...args)
    // What depends on values is told when they are read.
    if (result instanceof Tensor) await result.data()
    return null
  } catch (error) {
    return error
  }
}
const told = (error: unknown): string =>
  isGlissadeError(error)
    ? `${error.name} of ${error.operation}: ${error.message}`
    : String((error as Error)?.stack ?? error)

describe('nothing is taken unseen', () => {
  test('the walk finds what there is', () => {
    expect(methods.length).toBeGreaterThan(270)
    expect(functions.length).toBeGreaterThan(80)
  })
  test.each([...functions, ...methods])('$name', async (callable) => {
    // More of them than any function has places, and of no kind that any takes.
    const error = await thrown(
      callable,
      Array.from({ length: 12 }, () => Symbol('wrong')),
    )
    expect(told(error)).toMatch(new RegExp(`^OptionError of ${callable.name}: `))
  })
})

// ---- In whose name ---------------------------------------------------------------------------------------------------

/** All signatures of the library's own, by name; a method and a function may share one. */
const signatures = new Map<string, Signature[]>()
const source = new URL('../../src/', import.meta.url)
const files = ['engine', 'tensor', 'random', 'compile'].flatMap((folder) =>
  readdirSync(new URL(folder, source), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => new URL(`${folder}/${file}`, source).href),
)
const modules = await Promise.all(files.map((file) => import(file) as Promise<Record<string, unknown>>))
function collect(value: unknown): void {
  if (value instanceof Signature) signatures.set(value.name, [...(signatures.get(value.name) ?? []), value])
  else if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype)
    for (const each of Object.values(value)) if (each instanceof Signature) collect(each)
}
for (const module of modules) for (const value of Object.values(module)) collect(value)
for (const [name, takes] of Object.entries(IN_PLACE)) signatures.set(name, [takes])

/** A sequence of numbers below `n` that is the same in every run: Lehmer's generator. */
function numbers(seed: number): (n: number) => number {
  let x = seed
  return (n) => (x = (x * 48271) % 0x7fffffff) % n
}
const DRAWN = 60
const BUDGET = 2 ** 20
/** Values of every kind; each place gets those that it accepts. */
function pool(): readonly unknown[] {
  const tensors = [
    subject(),
    zeros([2, 3], { dtype: 'int32' }),
    zeros([3, 2], { dtype: 'bool' }),
    zeros([4]),
    zeros([4, 5, 7], { requiresGrad: true }),
    zeros([], { dtype: 'uint8' }),
    zeros([0, 3], { dtype: 'float64' }),
    tensor([1, 0], { dtype: 'int32' }),
  ]
  const sizes = [-3, -1, 0, 1, 2, 5, 1e9, 1e12, 2 ** 53 + 2]
  const lists = [[], [0], [1], [-1], [0, 1], [1, 1], [2, 3], [-1, 3], [7, 0], [1e9], [1e9, 1e9], [1e9, 1e9, 1e9]]
  const texts = [
    'float64',
    'int32',
    'bool',
    'floor',
    'trunc',
    'ij',
    'xy',
    'ij,jk->ik',
    '->',
    'generic',
    'intel',
    'entropy',
  ]
  const groups = [tensors.slice(0, 2), tensors.slice(2, 5), [tensors[3]], [tensors[4], tensors[5]], [[0], [1]]]
  const arrays = [
    new Float32Array(3),
    new Float64Array(20),
    new Int32Array(2),
    new Uint8Array(5056),
    new BigInt64Array(1),
  ]
  const calls = [(): number => 1, (...all: unknown[]): unknown => all[0]]
  const others = [0.5, NaN, -Infinity, 1n, true, false, null, ':', '...', core.slice(1), new core.Generator(2)]
  return [tensors, sizes, lists, texts, groups, arrays, calls, others, [core.getDefaultDevice()]].flat()
}

describe('what goes wrong is told in the name of what was called', () => {
  // A device of its own: work that fails after the call is told by the next read, in the name of what failed.
  beforeEach(async () => {
    setDefaultDevice(await queuedBackend())
    setMemoryBudget(BUDGET)
  })
  /** What users' own functions throw is theirs, and these change what the other tests stand on. */
  const APART = [
    'Tensor',
    'setDefaultDevice',
    'setMemoryBudget',
    'compose',
    'customFunction',
    'compile',
    'scope',
    'constructor',
  ]
  const rows = [...functions, ...methods].filter(({ name }) => !APART.includes(name))
  test('every one of them has a signature', () => {
    expect(rows.filter(({ name }) => !signatures.has(name)).map(({ name }) => name)).toEqual([])
  })
  test.each(rows)('$name', async (callable) => {
    const values = pool()
    for (const [s, takes] of (signatures.get(callable.name) ?? []).entries()) {
      const draw = numbers(1234 + s)
      const some = (accepts: (value: unknown) => boolean): unknown => {
        const fit = values.filter(accepts)
        return fit[draw(Math.max(1, fit.length))]
      }
      const ofRow = (row: object): unknown => {
        const optional = 'fallback' in row
        const kind = ('rest' in row ? row.rest : optional ? (row as unknown as { kind: unknown }).kind : row) as {
          accepts: (value: unknown) => boolean
        }
        return optional && draw(2) === 0 ? undefined : some(kind.accepts)
      }
      for (let round = 0; round < DRAWN; round++) {
        const args = Object.values(takes.parameters).map(ofRow)
        const options = Object.entries(takes.options ?? {}).map(([key, row]) => [key, ofRow(row)] as const)
        if (takes.options !== null) args.push(draw(3) === 0 ? undefined : Object.fromEntries(options))
        const started = performance.now()
        const error = await thrown(callable, args)
        expect(performance.now() - started).toBeLessThan(5000)
        if (error !== null) expect(told(error)).toMatch(new RegExp(`^\\w+Error of ${callable.name}: `))
      }
    }
  })
})
