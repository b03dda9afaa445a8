/**
 * Rows of fixtures/derivatives.json, which make-derivatives.py makes: functions of elements and reductions with their first and
 * second derivatives, where they are delicate. What PyTorch has a number for is that number here, and a value that is NaN there
 * is NaN here; a derivative that is NaN there may be a number.
 */
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { grad, ones, setDefaultDevice, tensor, type Tensor } from '@glissade/core'
import { BINARY_NUMBER, UNARY_FLOAT, UNARY_NUMBER } from '@glissade/core/backend'
import { backends } from './backends.ts'
import { departures } from './derivatives-departures.ts'

type Numbers = readonly (number | string)[]
interface Found {
  readonly value: Numbers
  readonly first: readonly (Numbers | null)[]
  readonly second: readonly (Numbers | null)[]
}
const fixture = JSON.parse(readFileSync(new URL('../fixtures/derivatives.json', import.meta.url), 'utf8')) as {
  one: Numbers
  two: Numbers
  rows: Numbers[]
  unary: Record<string, Found>
  binary: Record<string, Found>
  reductions: Record<string, Found[]>
}
const NAMED: Readonly<Record<string, number>> = { nan: NaN, inf: Infinity, '-inf': -Infinity }
const read = (list: Numbers): number[] => list.map((x) => (typeof x === 'string' ? NAMED[x]! : x))

type Calls = Readonly<Record<string, (x: Tensor, y: Tensor) => Tensor>>
const method = (name: string): ((x: Tensor, y: Tensor) => Tensor) => {
  return (x, y) => (x as unknown as Record<string, (y: Tensor) => Tensor>)[name]!(y)
}
const calls: Calls = {
  truncDivide: (x, y) => x.div(y, { roundingMode: 'trunc' }),
  lerp: (x, y) => x.lerp(y, 0.25),
  'lerp far': (x, y) => x.lerp(y, 0.75),
  addcmul: (x, y) => x.addcmul(x, y, { value: 2 }),
  addcdiv: (x, y) => x.addcdiv(x, y, { value: 2 }),
  'norm 1': (x) => x.norm({ p: 1 }),
  'norm 0': (x) => x.norm({ p: 0 }),
  'norm 3': (x) => x.norm({ p: 3 }),
  'norm 0.5': (x) => x.norm({ p: 0.5 }),
  'norm inf': (x) => x.norm({ p: Infinity }),
  'norm -inf': (x) => x.norm({ p: -Infinity }),
  'var 0': (x) => x.var({ correction: 0 }),
  'std 0': (x) => x.std({ correction: 0 }),
  logsumexp: (x) => x.logsumexp({ dim: 0 }),
  'max dim': (x) => x.max({ dim: 0 }).values,
  'min dim': (x) => x.min({ dim: 0 }).values,
  'median dim': (x) => x.median({ dim: 0 }).values,
  kthvalue: (x) => x.kthvalue(2).values,
  sort: (x) => x.sort().values,
  topk: (x) => x.topk(2).values,
  cumsum: (x) => x.cumsum(0),
  cumprod: (x) => x.cumprod(0),
  softmax: (x) => x.softmax(0),
  logSoftmax: (x) => x.logSoftmax(0),
  dist: (x) => x.dist(ones([3])),
  'dist 1': (x) => x.dist(ones([3]), { p: 1 }),
  'dist inf': (x) => x.dist(ones([3]), { p: Infinity }),
  dot: (x) => x.dot(x),
  'std of squares': (x) => x.mul(x).std(),
  'norm of squares': (x) => x.mul(x).norm(),
}
const callOf = (name: string, without: boolean): ((x: Tensor, y: Tensor) => Tensor) => {
  const named = calls[name] ?? method(name)
  return without && calls[name] === undefined ? (x) => (x as unknown as Record<string, () => Tensor>)[name]!() : named
}

/** Of these the sum of all results is known, so that gradients of it are 0 but for roundings. */
const OF_SUM_ONE: ReadonlySet<string> = new Set(['softmax', 'logSoftmax'])
/** Digits of float32 that a few roundings cost; second derivatives are differences of numbers around 1. */
function near(got: number, want: number, name: string, what: string): boolean {
  const [relative, absolute] = what.startsWith('second') ? [2e-3, 2e-6] : [2e-5, OF_SUM_ONE.has(name) ? 2e-7 : 1e-29]
  return got === want || Math.abs(got - want) <= relative * Math.abs(want) + absolute
}

interface Place {
  readonly name: string
  readonly at: (i: number) => string
}
function differences(place: Place, what: string, got: ArrayLike<number> | null, want: Numbers | null): string[] {
  if (want === null) return []
  const numbers = read(want)
  return numbers.flatMap((right, i) => {
    const mine = got === null ? 0 : got[i]!
    if (Number.isNaN(right) ? what !== 'value' || Number.isNaN(mine) : near(mine, right, place.name, what)) return []
    const key = `${place.name} ${what} at ${place.at(i)}`
    return departures.some(({ pattern }) => pattern.test(key)) ? [] : [`${key}: ${mine}, PyTorch ${right}`]
  })
}

async function compareAll(place: Place, inputs: readonly Tensor[], f: () => Tensor, found: Found): Promise<string[]> {
  const value = f()
  const wrong = differences(place, 'value', await value.data(), found.value)
  if (!value.requiresGrad) {
    inputs.forEach((_, k) => wrong.push(...differences(place, `first ${k}`, null, found.first[k]!)))
    return wrong
  }
  const first = grad(value.sum(), inputs, { createGraph: true, allowUnused: true })
  for (const [k, g] of first.entries())
    wrong.push(...differences(place, `first ${k}`, g === null ? null : await g.data(), found.first[k]!))
  const tracked = first.filter((g) => g?.requiresGrad === true) as Tensor[]
  const second =
    tracked.length === 0
      ? inputs.map(() => null)
      : grad(
          tracked.map((g) => g.sum()).reduce((a, b) => a.add(b)),
          inputs,
          { allowUnused: true },
        )
  for (const [k, g] of second.entries())
    wrong.push(...differences(place, `second ${k}`, g === null ? null : await g.data(), found.second[k]!))
  return wrong
}

test('every elementwise primitive of one and two operands has a row', () => {
  const { unary, binary } = fixture
  expect([...UNARY_NUMBER, ...UNARY_FLOAT].filter((name) => !Object.hasOwn(unary, name))).toEqual([])
  const named: Readonly<Record<string, string>> = { mod: 'fmod' }
  expect(BINARY_NUMBER.filter((name) => !Object.hasOwn(binary, named[name] ?? name))).toEqual([])
})

describe.each(Object.entries(backends))('on %s', (_, open) => {
  beforeAll(async () => setDefaultDevice(await open()))
  const leaf = (list: readonly number[]): Tensor => tensor([...list]).requiresGrad_()
  const one = read(fixture.one)
  const pairs = read(fixture.two).flatMap((a) => read(fixture.two).map((b) => [a, b] as const))
  const show = (x: number): string => (Object.is(x, -0) ? '-0' : String(x))

  test.each(Object.keys(fixture.unary))('%s', async (name) => {
    const x = leaf(one)
    const place = { name, at: (i: number) => show(one[i]!) }
    expect(await compareAll(place, [x], () => callOf(name, true)(x, x), fixture.unary[name]!)).toEqual([])
  })
  test.each(Object.keys(fixture.binary))('%s of two', async (name) => {
    const [x, y] = [leaf(pairs.map(([a]) => a)), leaf(pairs.map(([, b]) => b))]
    const place = { name, at: (i: number) => pairs[i]!.map(show).join(', ') }
    expect(await compareAll(place, [x, y], () => callOf(name, false)(x, y), fixture.binary[name]!)).toEqual([])
  })
  test.each(Object.keys(fixture.reductions))('%s of rows', async (name) => {
    const wrong: string[] = []
    for (const [k, row] of fixture.rows.entries()) {
      const x = leaf(read(row))
      const place = { name, at: (i: number) => `[${read(row).map(show).join(', ')}] ${i}` }
      wrong.push(...(await compareAll(place, [x], () => callOf(name, true)(x, x), fixture.reductions[name]![k]!)))
    }
    expect(wrong).toEqual([])
  })
})
