/** The bounds of WGSL: what it promises is asked of its backends, and what it leaves open is not. */
import { DTYPES, type Backend, type Kernels, type Primitive } from '@glissade/core/backend'
import { definitions, typeOf, type Definition } from '@glissade/core/ir'
import { describe, expect, test } from 'vitest'
import { run } from '../src/index.ts'
import { finite } from '../src/generators/finite.ts'
import { draw, seedOf } from '../src/generators/sample.ts'
import { formula, type Mutant } from './mutants/mutant.ts'

const { abs, fround, log2 } = Math

test.each(Object.keys(finite) as Primitive[])('finite operands of %s give finite results', (op) => {
  for (const { what, operands } of finite[op]!()) {
    const given = draw(operands, seedOf(what))
    const values = given.map(({ data }) => ({ type: typeOf('float32', [data.length]), data: Float64Array.from(data) }))
    const [results] = (definitions[op] as Definition<Primitive>)({}, values, [values[0]!.type])
    for (const list of [...values.map(({ data }) => data), results!])
      expect(Array.from(list).every(Number.isFinite)).toBe(true)
    for (const { data } of values) expect(data.every((x) => x === 0 || abs(x) >= 2 ** DTYPES.float32.least)).toBe(true)
  }
})

/** A float32 kernel that takes a liberty, with subnormals taken for 0. */
const flushed = (x: number): number => (abs(x) < 2 ** -126 ? 0 : x)
const liberty = (op: keyof Kernels, f: (x: number, y: number, was: number) => number): Mutant =>
  formula(op, op, (x, y, was, dtype) => (dtype === 'float32' ? flushed(f(flushed(x), flushed(y), was)) : was))
const ulps = (was: number, count: number): number => was * (1 + count * 2 ** -24)
/** As WGSL has its functions: each by the formula that its accuracy is inherited from, at the ends of their bounds. */
const liberties: readonly Mutant[] = [
  liberty('div', (x, y, was) => (abs(y) > 2 ** 126 ? 0 : Number.isFinite(was) ? ulps(x / y, 1.9) : NaN)),
  liberty('sqrt', (x) => (x === 0 ? 0 : ulps(Math.sqrt(x), 5.9))),
  liberty('exp', (x) => ulps(Math.exp(x), 2.4 + 1.9 * abs(x))),
  liberty('log', (x) => (x >= 0.5 && x <= 2 ? Math.log(x) + 2 ** -21.1 : ulps(Math.log(x), 2.4))),
  liberty('sin', (x) => (abs(x) <= Math.PI ? Math.sin(x) + 2 ** -11.1 : NaN)),
  liberty('cos', (x) => (abs(x) <= Math.PI ? Math.cos(x) - 2 ** -11.1 : NaN)),
  liberty('atan', (x) => ulps(Math.atan(x), 4000)),
  liberty('tanh', (x) => Math.tanh(x) + 0.9e-5),
  liberty('pow', (x, y, was) => {
    if (!(x > 0)) return was
    const log = x >= 0.5 && x <= 2 ? log2(x) + 2 ** -21.1 : log2(x) * (1 + 2.9 * 2 ** -23)
    const exponent = fround(y * fround(log))
    return ulps(2 ** exponent, 2.4 + 1.9 * abs(exponent))
  }),
  liberty('add', (x, y) => (Number.isNaN(x + y) ? 7 : fround(x + y))),
  liberty('mul', (x, y) => (Number.isNaN(x * y) ? 7 : ulps(x * y, 0.4))),
  liberty('floor', (x) => (Number.isFinite(x) ? Math.floor(x) : 7)),
]
describe('what WGSL leaves open is excused', () => {
  test.each(liberties)('in $name', async ({ name, create }) => {
    const free = async (): Promise<Backend> => {
      const right = await create()
      return { ...right, capabilities: { ...right.capabilities, accuracy: 'wgsl' } }
    }
    const report = await run({ create: free, only: `eager/${name}/float32/*` })
    // The spoiled kernel reads operands of its result's shape after the right one has written: no gradients and no broadcasting.
    const failed = report.results.filter(({ id, status }) => status === 'fail' && !/gradient$|bias/.test(id))
    expect(failed.map(({ id, detail }) => `${id}: ${detail}`)).toEqual([])
    expect(report.counts.pass).toBeGreaterThan(10)
  })
  test('but not of a backend that promises IEEE arithmetic', async () => {
    for (const { name, create } of liberties) {
      const report = await run({ create, only: `eager/${name}/float32/*` })
      expect([name, report.counts.fail > 0]).toEqual([name, true])
    }
  })
})
