/** The text of errors: the operation, what it got, what it wanted, what to do. */
import { beforeAll, expect, test } from 'vitest'
import {
  arange,
  enableGrad,
  grad,
  isGlissadeError,
  noGrad,
  ones,
  setDefaultDevice,
  tensor,
  zeros,
} from '../../src/index.ts'
import { manualSeed } from '../../src/index.ts'
import * as nn from '../../src/nn/index.ts'
import { queuedBackend } from '../queued-backend.ts'

beforeAll(async () => setDefaultDevice(await queuedBackend()))

const cases: [string, () => unknown, string][] = [
  [
    'matmul',
    // @ts-expect-error the compiler finds it too
    () => ones([64, 784]).matmul(ones([128, 784])),
    'matmul: inner dimensions differ; did you mean b.transpose()? (got [64,784] and [128,784])',
  ],
  [
    'matmul of other sizes',
    // @ts-expect-error the compiler finds it too
    () => ones([2, 3]).matmul(ones([4, 5])),
    'matmul: inner dimensions differ (got [2,3] and [4,5])',
  ],
  [
    'broadcast',
    // @ts-expect-error the compiler finds it too
    () => ones([2, 3]).add(ones([4])),
    'add: shapes do not broadcast: 3 and 4 at axis -1 (sizes must be equal or 1) (got [2,3] and [4])',
  ],
  ['reshape', () => ones([2, 3]).reshape([4]), 'reshape: the number of elements must stay (got [2,3] and [4])'],
  [
    'an option by place',
    () => ones([2]).max(0 as never),
    'max: options are passed by name, in one object: max({ dim: 0 }) (got 0)',
  ],
  ['dim', () => ones([2]).sum({ dim: 2 }), 'sum: dimension out of range: expected to be in [-1, 0] (got 2)'],
  ['ragged data', () => tensor([[1, 2], [3]]), 'tensor: item 1 has another shape than item 0 (got [1] and [2])'],
  ['arange', () => arange(0, 5, 0), 'arange: step must be finite and not 0 (got 0)'],
  ['shape', () => zeros([2.5]), 'zeros: shape must be a list of sizes, integers from 0 (got [2.5])'],
  [
    'backward without history',
    () => ones([1]).backward(),
    'backward: the tensor does not require gradients: no operand had requiresGrad, or it was made inside noGrad',
  ],
  [
    'backward of many',
    () => ones([2], { requiresGrad: true }).mul(2).backward(),
    'backward: a gradient can be created only for tensors with one element; reduce it, or pass the gradient (got shape [2])',
  ],
  [
    'integer leaf',
    () => arange(3).requiresGrad_(),
    'requiresGrad: only floating-point tensors can require gradients (got int32)',
  ],
  [
    'leaf in place',
    () => ones([1], { requiresGrad: true }).add_(1),
    'a leaf tensor that requires gradients cannot be changed in place',
  ],
  [
    'expanded write',
    () => noGrad(() => ones([1]).expand([3]).copy_(2)),
    'copy_: an expanded tensor has one element in several places and cannot be written; clone() it first',
  ],
  [
    'synchronous read',
    () => ones([1]).itemSync(),
    'itemSync: the queued backend cannot read without waiting; use await item()',
  ],
  [
    'operand',
    () => ones([1]).add(undefined as never),
    'add: other is missing; it must be a tensor or a number, as in add(other, { alpha })',
  ],
  ['asynchronous noGrad', () => noGrad(async () => {}), 'noGrad: the callback must be synchronous'],
  [
    'unused input',
    () => grad(ones([1], { requiresGrad: true }).mul(1).sum(), ones([1], { requiresGrad: true })),
    'grad: input 0 does not appear in the graph of the outputs; pass allowUnused to get null for it',
  ],
]

test.each(cases)('%s', (_, run, message) => {
  let error: unknown
  try {
    run()
  } catch (thrown) {
    error = thrown
  }
  expect(isGlissadeError(error)).toBe(true)
  expect((error as Error).message).toContain(message)
})

test('a second backward says what to do', () => {
  const y = ones([1], { requiresGrad: true }).mul(2)
  y.backward()
  expect(() => y.backward()).toThrow(
    'backward: the graph was already freed at mul; call backward({ retainGraph: true }) the first time',
  )
})

test('an error inside a model names the module and its path', () => {
  manualSeed(0)
  const model = new nn.Sequential(new nn.Sequential(new nn.Linear(4, 3)), new nn.ReLU())
  expect(() => model(ones([2, 5]))).toThrow(
    /linear: the last axis of the input must be inFeatures, 4 \(got \[2,5\] and \[3,4\]\) \[in 0\.0: Linear\]/,
  )
})

test('enableGrad records inside noGrad, and an error inside leaves the mode as it was', () => {
  const x = ones([1], { requiresGrad: true })
  expect(noGrad(() => enableGrad(() => x.mul(2).requiresGrad))).toBe(true)
  expect(() =>
    noGrad(() => {
      throw new Error('mine')
    }),
  ).toThrow('mine')
  expect(x.mul(2).requiresGrad).toBe(true)
})
