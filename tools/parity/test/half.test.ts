/**
 * Halves on the cpu backend beside PyTorch 1.13: single operations to the bit, what is rounded from float32 there to a unit in the
 * last place, random numbers, text and dtypes of results.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import {
  arange,
  compile,
  finfo,
  full,
  isGlissadeError,
  iinfo,
  linspace,
  manualSeed,
  ones,
  rand,
  randint,
  randn,
  randperm,
  setDefaultDevice,
  tensor,
  zeros,
  type DType,
  type Tensor,
} from '@glissade/core'
import { Linear, Sequential, ReLU } from '@glissade/core/nn'
import { SGD } from '@glissade/core/optim'
import { cpu } from '@glissade/cpu'
import { wasm } from '@glissade/wasm'
import fixture from '../fixtures/half.json' with { type: 'json' }

interface Row {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly data: readonly string[]
}
const dtype = 'float16'
const half = { dtype } as const
const numberOf = (text: string): number =>
  text === 'nan' ? NaN : text.endsWith('inf') ? (text.startsWith('-') ? -Infinity : Infinity) : Number(text)
const given = ({ data, shape, dtype: own }: Row): Tensor =>
  tensor(data.map(numberOf), { dtype: own as DType, shape: [...shape] })
const { a, b, p } = fixture.operands

const exact: Readonly<Record<keyof typeof fixture.exact, (a: Tensor, b: Tensor) => Tensor>> = {
  add: (x, y) => x.add(y),
  sub: (x, y) => x.sub(y),
  mul: (x, y) => x.mul(y),
  div: (x, y) => x.div(y),
  mulNumber: (x) => x.mul(0.1),
  addNumber: (x) => x.add(0.1),
  divNumber: (x) => x.div(3),
  neg: (x) => x.neg(),
  abs: (x) => x.abs(),
  square: (x) => x.square(),
  sum: (x) => x.narrow(0, 0, 4).sum(),
  mean: (x) => x.narrow(0, 5, 7).mean(),
  max: (x) => x.max(),
  min: (x) => x.min(),
  sort: (x) => x.sort().values,
  float: (x) => x.float(),
  'beside float32': (x) => x.add(ones([12])),
  'beside int32': (x) => x.add(ones([12], { dtype: 'int32' })),
  nanToNum: () => tensor([NaN, Infinity, -Infinity, 2], half).nanToNum(),
  arange: () => arange(0, 5, 0.3, half),
  linspace: () => linspace(0, 1, 5, half),
  full: () => full([2], 0.1, half),
}
const rounded: Readonly<Record<keyof typeof fixture.rounded, (p: Tensor) => Tensor>> = {
  exp: (x) => x.exp(),
  log: (x) => x.log(),
  sqrt: (x) => x.sqrt(),
  sin: (x) => x.sin(),
  cos: (x) => x.cos(),
  tanh: (x) => x.tanh(),
  sigmoid: (x) => x.sigmoid(),
  erf: (x) => x.erf(),
  matmul: (x) => x.reshape(2, 5).matmul(x.reshape(5, 2)),
  prod: (x) => x.prod(),
  cumsum: (x) => x.cumsum(0),
}
/** One unit in the last place. */
const ulp = (x: number): number => 2 ** (Math.max(-14, Math.floor(Math.log2(Math.abs(x)))) - 10)

describe.each([
  ['as source', true],
  ['node by node', false],
])('%s', (_, source) => {
  beforeAll(() => setDefaultDevice(cpu({ source })))

  test.each(Object.entries(fixture.exact))('%s', (name, want) => {
    const of = exact[name as keyof typeof exact]
    for (const run of [of, compile((x: Tensor, y: Tensor) => of(x, y))]) {
      const got = run(given(a), given(b))
      expect(got.dtype).toBe(want.dtype)
      expect([...got.dataSync()]).toEqual(want.data.map(numberOf))
    }
  })
  test.each(Object.entries(fixture.rounded))('%s', (name, want) => {
    const got = rounded[name as keyof typeof rounded](given(p))
    expect(got.dtype).toBe(dtype)
    const numbers = want.data.map(numberOf)
    got.dataSync().forEach((x, i) => expect(Math.abs(x - numbers[i]!)).toBeLessThanOrEqual(ulp(numbers[i]!)))
  })
})

describe('dtypes', () => {
  beforeAll(() => setDefaultDevice(cpu()))
  test('of two operands, with and without dimensions', () => {
    for (const [x, xRank, y, yRank, want] of fixture.promotion as [DType, number, DType, number, DType][]) {
      const result = ones(xRank === 0 ? [] : [1], { dtype: x }).add(ones(yRank === 0 ? [] : [1], { dtype: y }))
      expect(result.dtype, `${x} of rank ${xRank} + ${y} of rank ${yRank}`).toBe(want)
    }
  })
  test('beside a number', () => {
    for (const [x, rank, k, want] of fixture.numbers as [DType, number, number, DType][])
      expect(ones(rank === 0 ? [] : [1], { dtype: x }).mul(k).dtype, `${x} of rank ${rank} times ${k}`).toBe(want)
  })
  test('finfo and iinfo', () => {
    expect(finfo(dtype)).toMatchObject({ ...fixture.finfo, dtype })
    expect(finfo().eps).toBe(2 ** -23)
    expect(iinfo('uint8')).toEqual({ dtype: 'uint8', bits: 8, min: 0, max: 255 })
    expect(() => finfo('int32' as 'float32')).toThrow(/finfo: dtype must be a floating-point dtype/)
  })
})

test('random numbers have the bits of PyTorch for the same seed', () => {
  setDefaultDevice(cpu())
  manualSeed(3)
  const got = {
    rand: rand(21, half),
    randn: randn(5, half),
    uniform_: zeros(9, half).uniform_(-2, 3),
    random_: zeros(4, half).random_(),
    randperm: randperm(6, half),
  }
  for (const [name, x] of Object.entries(got))
    expect({ [name]: [...x.dataSync()] }).toEqual({
      [name]: fixture.random[name as keyof typeof got].data.map(numberOf),
    })
  // A result of 1 is not in [0, 1).
  expect(rand(20000, half).lt(1).all().itemSync()).toBe(1)
  expect(() => randint(0, 3000, [2], half)).toThrow(/float16.*2048|2048.*float16/u)
})

test('text', () => {
  setDefaultDevice(cpu())
  for (const [row, text] of fixture.printed as [Row, string][]) expect(given(row).toString()).toBe(text)
})

test('a model of halves trains, eager and compiled to the same bits, and keeps its dtype', () => {
  setDefaultDevice(cpu())
  const trained = [false, true].map((compiled) => {
    manualSeed(5)
    const model = new Sequential(new Linear(3, 8), new ReLU(), new Linear(8, 1)).to(dtype)
    const optimizer = new SGD(model.parameters(), { lr: 0.05, momentum: 0.9 })
    const [x, y] = [randn(16, 3, half), randn(16, 1, half)]
    const step = (input: Tensor, target: Tensor): Tensor => {
      optimizer.zeroGrad()
      const loss = model(input).sub(target).square().mean()
      loss.backward()
      optimizer.step()
      return loss.detach()
    }
    const run = compiled ? compile(step) : step
    const losses = Array.from({ length: 12 }, () => run(x, y).itemSync())
    for (const parameter of model.parameters()) {
      expect(parameter.dtype).toBe(dtype)
      if (!compiled) expect(parameter.grad!.dtype).toBe(dtype)
    }
    return { losses, weights: model.parameters().map((parameter) => [...parameter.dataSync()]) }
  })
  expect(trained[1]).toEqual(trained[0])
  const { losses } = trained[0]!
  expect(losses.at(-1)!).toBeLessThan(0.7 * losses[0]!)
})

test('a device without them says so, and what it has', async () => {
  const device = await wasm()
  const refusals = [
    () => zeros([2], { ...half, device }),
    () => ones([2], { device }).to(dtype),
    () => tensor([1], { ...half, device }),
  ]
  for (const refused of refusals) {
    let error: unknown = null
    try {
      refused()
    } catch (thrown) {
      error = thrown
    }
    expect(isGlissadeError(error, 'DTypeError')).toBe(true)
    expect(String(error)).toMatch(/the wasm backend has .*float32/u)
  }
  setDefaultDevice(cpu())
  expect(() => tensor([1], half).to(device)).toThrow(/the wasm backend has .*float32/u)
})
