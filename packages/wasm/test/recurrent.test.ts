/** Recurrent networks by their kernels: sizes around tiles, blocks and threads, against double precision. */
import { grad, manualSeed, randn, setDefaultDevice, tensor, type Tensor } from '@glissade/core'
import type { Backend, DType } from '@glissade/core/backend'
import * as nn from '@glissade/core/nn'
import { afterAll, describe, expect, test } from 'vitest'
import { cpu } from '../../cpu/src/index.ts'
import { makeBackend } from '../src/backend.ts'
import { wasm } from '../src/index.ts'

const exact = cpu()
const one = await wasm()
const [two, four] = await Promise.all([2, 4].map((threads) => makeBackend({ memoryBytes: 2 ** 28, threads, worth: 0 })))
/** Its programs are specialised to their sizes. */
const special = await makeBackend({ memoryBytes: 2 ** 28, threads: 1, genericNodes: 0 })
afterAll(() => [one, two!, four!, special].forEach((backend) => backend.destroy()))

const KINDS = { RNN: nn.RNN, LSTM: nn.LSTM, GRU: nn.GRU }
type Kind = keyof typeof KINDS
interface Options extends nn.RecurrentOptions {
  readonly nonlinearity?: 'tanh' | 'relu'
}
interface Sizes {
  readonly length: number
  readonly n: number
  readonly hidden: number
}

/** Output, final states and all gradients of a layer in both directions, one after another. */
async function resultsOn(
  device: Backend,
  dtype: DType & ('float32' | 'float64'),
  kind: Kind,
  { length, n, hidden }: Sizes,
  options: Options,
): Promise<number[][]> {
  setDefaultDevice(device)
  manualSeed(length + n + hidden)
  const draw = (...shape: number[]): Tensor => randn(shape).to(dtype).detach().requiresGrad_()
  const module = new KINDS[kind](3, hidden, { bidirectional: true, ...options }) as nn.RNN
  module.to(dtype)
  const x = draw(length, n, 3)
  const states = Array.from({ length: kind === 'LSTM' ? 2 : 1 }, () => draw(2, n, hidden))
  const [output, last] = module(x, (kind === 'LSTM' ? states : states[0]) as Tensor)
  const results = [output, ...(Array.isArray(last) ? (last as Tensor[]) : [last])]
  const gradients = grad(results, [x, ...states, ...module.parameters()], {
    gradOutputs: results.map((result) => randn(result.shape).to(dtype)),
  })
  return Promise.all([...results, ...gradients].map(async (t) => [...(await t.data())]))
}

async function check(kind: Kind, sizes: Sizes, options: Options = {}): Promise<void> {
  const want = await resultsOn(exact, 'float64', kind, sizes, options)
  const got = await resultsOn(one, 'float32', kind, sizes, options)
  // Several threads, and code with its sizes.
  for (const backend of [two!, four!, special])
    expect(await resultsOn(backend, 'float32', kind, sizes, options)).toEqual(got)
  want.forEach((list, k) => {
    // Sums over the whole sequence and batch err with their length.
    const most = list.reduce((largest, x) => Math.max(largest, Math.abs(x)), 1)
    list.forEach((wanted, i) => {
      if (!(Math.abs(got[k]![i]! - wanted) <= 1e-5 * most))
        expect.fail(`result ${k}, element ${i} is ${got[k]![i]}, want ${wanted}`)
    })
  })
}

describe.each(Object.keys(KINDS) as Kind[])('%s', (kind) => {
  test.each([
    { length: 1, n: 1, hidden: 1 },
    { length: 1, n: 5, hidden: 3 },
    { length: 3, n: 1, hidden: 8 },
    { length: 4, n: 2, hidden: 5 },
    // As few rows as are packed for many steps alone.
    { length: 12, n: 3, hidden: 7 },
    { length: 12, n: 1, hidden: 20 },
    { length: 5, n: 6, hidden: 9 },
    { length: 2, n: 17, hidden: 33 },
    // More than a block of the inner dimension backwards, and more rows than a block.
    { length: 2, n: 9, hidden: 90 },
    { length: 2, n: 135, hidden: 6 },
  ])('$length steps of $n samples, $hidden hidden', (sizes) => check(kind, sizes))
  test('without biases', () => check(kind, { length: 3, n: 5, hidden: 6 }, { bias: false }))
  test('nothing of no samples', () => check(kind, { length: 3, n: 0, hidden: 4 }))
})
test('RNN with more than a block of the inner dimension', () => check('RNN', { length: 2, n: 4, hidden: 260 }))
test('RNN with relu', () => check('RNN', { length: 3, n: 5, hidden: 6 }, { nonlinearity: 'relu' }))

test.each(Object.keys(KINDS) as Kind[])('%s: numbers far out of range, infinite and NaN', async (kind) => {
  const values = [95, -95, 1e30, -1e30, Infinity, -Infinity, NaN, 0.5]
  const of = async (device: Backend, dtype: 'float32' | 'float64'): Promise<number[]> => {
    setDefaultDevice(device)
    const module = new KINDS[kind](1, 1, { dtype }) as nn.RNN
    for (const parameter of module.parameters()) nn.init.constant_(parameter, 0.5)
    const x = tensor(values, { dtype: 'float32', shape: [1, 8, 1] }).to(dtype)
    return [...(await module(x)[0].data())]
  }
  const want = await of(exact, 'float64')
  const got = await of(one, 'float32')
  want.forEach((wanted, i) => (Number.isNaN(wanted) ? expect(got[i]).toBeNaN() : expect(got[i]).toBeCloseTo(wanted, 5)))
  expect(got[6]).toBeNaN()
})
