/** Laws of functions: gradients against differences to second order, and identities that hold for any input. */
import {
  cat,
  grad,
  gradcheck,
  gradgradcheck,
  manualSeed,
  ones,
  rand,
  randn,
  setDefaultDevice,
  tensor,
  zeros,
  type Backend,
  type Tensor,
} from '@glissade/core'
import * as F from '@glissade/core/functional'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { backends } from './backends.ts'
import { expectClose } from './tensors.ts'

const CLOSE = { rtol: 1e-5, atol: 2e-6 }
const same = async (a: Tensor, b: Tensor, what: string): Promise<void> => {
  expect(a.shape, `${what}: shape`).toEqual(b.shape)
  expectClose(await a.data(), [...(await b.data())], CLOSE, what)
}
const real = (shape: readonly number[]): Tensor => randn(shape, { dtype: 'float64', requiresGrad: true })
const unit = (shape: readonly number[]): Tensor =>
  rand(shape, { dtype: 'float64' }).mul(0.8).add(0.1).detach().requiresGrad_()
const classes = (...list: number[]): Tensor => tensor(list, { dtype: 'int32' })
const inner = (a: Tensor, b: Tensor): Tensor => a.mul(b).sum()

/** Functions with a gradient of their own, or of more than a node: inputs and the function. */
const smooth: Readonly<
  Record<string, () => readonly [fn: (...inputs: Tensor[]) => Tensor, inputs: readonly Tensor[]]>
> = {
  gelu: () => [(x) => F.gelu(x), [real([5])]],
  'gelu, tanh': () => [(x) => F.gelu(x, { approximate: 'tanh' }), [real([5])]],
  silu: () => [F.silu, [real([5])]],
  mish: () => [F.mish, [real([5])]],
  softplus: () => [(x) => F.softplus(x, { beta: 2, threshold: 1 }), [real([5])]],
  logSigmoid: () => [F.logSigmoid, [real([5])]],
  elu: () => [(x) => F.elu(x, { alpha: 1.5 }), [real([5])]],
  celu: () => [(x) => F.celu(x, { alpha: 0.7 }), [real([5])]],
  softmax: () => [(x) => F.softmax(x, { dim: 0 }), [real([3, 2])]],
  logSoftmax: () => [(x) => F.logSoftmax(x, { dim: 1 }), [real([2, 3])]],
  layerNorm: () => [(x, weight, bias) => F.layerNorm(x, [3], { weight, bias }), [real([2, 3]), real([3]), real([3])]],
  rmsNorm: () => [(x, weight) => F.rmsNorm(x, [3], { weight, eps: 1e-3 }), [real([2, 3]), real([3])]],
  groupNorm: () => [(x, weight, bias) => F.groupNorm(x, 2, { weight, bias }), [real([2, 4, 2]), real([4]), real([4])]],
  instanceNorm: () => [(x) => F.instanceNorm(x), [real([2, 2, 3])]],
  batchNorm: () => [
    (x, weight, bias) => F.batchNorm(x, null, null, { weight, bias, training: true }),
    [real([4, 2]), real([2]), real([2])],
  ],
  conv2d: () => [
    (x, w, b) => F.conv2d(x, w, b, { stride: [2, 1], padding: 1, dilation: [1, 2], groups: 2 }),
    [real([1, 2, 4, 5]), real([2, 1, 2, 2]), real([2])],
  ],
  convTranspose1d: () => [
    (x, w, b) => F.convTranspose1d(x, w, b, { stride: 2, padding: 1, outputPadding: 1, groups: 2 }),
    [real([1, 4, 3]), real([4, 1, 3]), real([2])],
  ],
  avgPool2d: () => [
    (x) => F.avgPool2d(x, 3, { stride: 2, padding: 1, ceilMode: true, countIncludePad: false }),
    [real([1, 1, 4, 5])],
  ],
  maxPool2d: () => [(x) => F.maxPool2d(x, 3, { stride: 2, padding: 1, ceilMode: true }), [real([1, 1, 4, 5])]],
  adaptiveAvgPool1d: () => [(x) => F.adaptiveAvgPool1d(x, 3), [real([1, 2, 5])]],
  adaptiveMaxPool1d: () => [(x) => F.adaptiveMaxPool1d(x, 3), [real([1, 2, 5])]],
  'interpolate, bicubic': () => [(x) => F.interpolate(x, { size: [5, 3], mode: 'bicubic' }), [real([1, 1, 3, 4])]],
  unfold: () => [(x) => F.unfold(x, 2, { padding: 1, stride: 2, dilation: 2 }), [real([1, 1, 4, 4])]],
  attention: () => [
    (q, k, v) => F.scaledDotProductAttention(q, k, v, { isCausal: true }),
    [real([1, 3, 2]), real([1, 3, 2]), real([1, 3, 2])],
  ],
  bilinear: () => [(x, y, w, b) => F.bilinear(x, y, w, b), [real([2, 3]), real([2, 2]), real([2, 3, 2]), real([2])]],
  embedding: () => [(w) => F.embedding(classes(2, 0, 2), w), [real([3, 2])]],
  crossEntropy: () => [(x) => F.crossEntropy(x, classes(1, 0, 2), { labelSmoothing: 0.2 }), [real([3, 3])]],
  'crossEntropy, probabilities': () => [(x, t) => F.crossEntropy(x, t), [real([2, 3]), unit([2, 3])]],
  binaryCrossEntropy: () => [(x, t) => F.binaryCrossEntropy(x, t), [unit([4]), unit([4])]],
  binaryCrossEntropyWithLogits: () => [(x, t) => F.binaryCrossEntropyWithLogits(x, t), [real([4]), unit([4])]],
  klDiv: () => [(x, t) => F.klDiv(x, t), [real([4]), unit([4])]],
  huberLoss: () => [(x, t) => F.huberLoss(x, t, { delta: 0.7 }), [real([4]), real([4])]],
  gaussianNllLoss: () => [(x, t, v) => F.gaussianNllLoss(x, t, v, { full: true }), [real([3]), real([3]), unit([3])]],
  multiMarginLoss: () => [(x) => F.multiMarginLoss(x, classes(1, 0), { p: 2 }), [real([2, 3])]],
  tripletMarginLoss: () => [
    (a, b, c) => F.tripletMarginLoss(a, b, c, { margin: 5, swap: true }),
    [real([2, 3]), real([2, 3]), real([2, 3])],
  ],
  cosineSimilarity: () => [(x, y) => F.cosineSimilarity(x, y), [real([2, 3]), real([2, 3])]],
  'normalize, p 3': () => [(x) => F.normalize(x, { p: 3 }), [real([2, 3])]],
}

describe.each(Object.entries(backends))('%s', (_, create) => {
  let device: Backend
  beforeAll(async () => {
    device = await create()
    setDefaultDevice(device)
  })
  beforeEach(() => void manualSeed(5))

  test.for(Object.keys(smooth))(
    '%s: gradients are the limits of differences, to second order',
    async (name, context) => {
      context.skip(!device.capabilities.dtypes.has('float64'), 'needs float64')
      const [fn, inputs] = smooth[name]!()
      expect(await gradcheck(fn, inputs)).toBe(true)
      expect(await gradgradcheck(fn, inputs)).toBe(true)
    },
  )

  describe('where functions have edges', () => {
    test('no gradient of an activation is NaN for large inputs', async () => {
      const x = tensor([-1e4, -100, 0, 100, 1e4], { requiresGrad: true })
      for (const f of [
        F.elu,
        F.selu,
        F.celu,
        F.gelu,
        F.silu,
        F.mish,
        F.softplus,
        F.logSigmoid,
        F.sigmoid,
        F.softsign,
        F.hardswish,
      ] as ((x: Tensor) => Tensor)[]) {
        const [g] = grad(f(x).sum(), x)
        expect([...(await g!.data())].every(Number.isFinite), `${f.name}: finite`).toBe(true)
      }
    })
    test('lengths of zero have gradient zero', async () => {
      const x = zeros([2, 3], { requiresGrad: true })
      for (const y of [
        F.normalize(x),
        F.pairwiseDistance(x, zeros([2, 3]), { eps: 0 }),
        F.cosineSimilarity(x, ones([2, 3])),
      ])
        expect([...(await grad(y.sum(), x)[0]!.data())].every(Number.isFinite)).toBe(true)
    })
    test('the padding of a max pool is never chosen', async () => {
      const x = ones([1, 1, 3, 3]).mul(-5)
      expect(new Set(await F.maxPool2d(x, 2, { padding: 1, ceilMode: true }).data())).toEqual(new Set([-5]))
    })
    test('nor may a window lie wholly in it', () => {
      const x = ones([1, 1, 4])
      expect(() => F.maxPool1d(x, 2, { stride: 1, padding: 1, dilation: 5 })).toThrow(
        'maxPool1d: a window would lie wholly in the padding (got [4] and [2])',
      )
      expect(F.maxPool1d(x, 3, { stride: 1, padding: 1, dilation: 2 }).shape).toEqual([1, 1, 2])
    })
    test('indices of maxima name the elements that were taken', async () => {
      const x = randn([2, 3, 5, 4])
      const [values, indices] = F.maxPool2dWithIndices(x, 3, { stride: 2, padding: 1 })
      const [own, at, all] = [[...(await values.data())], [...(await indices.data())], [...(await x.data())]]
      const perPlane = own.length / 6
      own.forEach((value, i) => expect(all[Math.floor(i / perPlane) * 20 + at[i]!]).toBe(value))
    })
    test('the row of paddingIdx gets no gradient', async () => {
      const w = randn([3, 2], { requiresGrad: true })
      const [g] = grad(F.embedding(classes(0, 1, 1, 2), w, { paddingIdx: -2 }).sum(), w)
      expect([...(await g!.data())]).toEqual([1, 1, 0, 0, 1, 1])
    })
  })

  describe('identities', () => {
    test('a transposed convolution is the transpose of the convolution', async () => {
      const options = { stride: [2, 1], padding: [1, 0], dilation: [1, 2], groups: 2 }
      const [x, w] = [randn([2, 4, 5, 6]), randn([6, 2, 3, 2])]
      const y = F.conv2d(x, w, null, options)
      const g = randn(y.shape)
      await same(inner(y, g), inner(x, F.convTranspose2d(g, w, null, options)), '<conv x, g> = <x, convT g>')
    })
    test('fold is the transpose of unfold', async () => {
      const options = { stride: 2, padding: 1, dilation: 2 }
      const x = randn([2, 3, 6, 5])
      const columns = F.unfold(x, [2, 3], options)
      const g = randn(columns.shape)
      await same(inner(columns, g), inner(x, F.fold(g, [6, 5], [2, 3], options)), '<unfold x, g> = <x, fold g>')
    })
    test('a convolution is a product with unfolded windows', async () => {
      const [x, w] = [randn([2, 3, 5, 4]), randn([4, 3, 2, 3])]
      const product = w
        .reshape([4, 18])
        .matmul(F.unfold(x, [2, 3]))
        .reshape([2, 4, 4, 2])
      await same(F.conv2d(x, w), product, 'conv2d')
    })
    test("padding 'same' keeps the size, an odd one being larger at the end", async () => {
      const x = randn([1, 1, 5])
      const w = randn([1, 1, 4])
      await same(F.conv1d(x, w, null, { padding: 'same' }), F.conv1d(F.pad(x, [1, 2]), w), 'conv1d')
    })
    test('groups are convolutions side by side', async () => {
      const [x, w] = [randn([1, 4, 6]), randn([6, 2, 3])]
      const halves = [0, 1].map((k) => F.conv1d(x.narrow(1, k * 2, 2), w.narrow(0, k * 3, 3)))
      await same(F.conv1d(x, w, null, { groups: 2 }), cat(halves, { dim: 1 }), 'conv1d')
    })
    test('pixelUnshuffle undoes pixelShuffle', async () => {
      const x = randn([2, 8, 3, 2])
      await same(F.pixelUnshuffle(F.pixelShuffle(x, 2), 2), x, 'there and back')
    })
    test.each(['nearest', 'nearestExact', 'bilinear', 'bicubic', 'area'] as const)(
      '%s keeps a constant image and the same size',
      async (mode) => {
        await same(F.interpolate(ones([1, 2, 3, 4]), { size: [5, 2], mode }), ones([1, 2, 5, 2]), 'constant')
        const x = randn([1, 2, 3, 4])
        await same(F.interpolate(x, { size: [3, 4], mode }), x, 'the same size')
      },
    )
    test('with alignCorners the corners stay', async () => {
      const x = tensor([[[1, 2, 4]]])
      expect([...(await F.interpolate(x, { size: 5, mode: 'linear', alignCorners: true }).data())]).toEqual([
        1, 1.5, 2, 3, 4,
      ])
    })
    test('scaled pools of divisible sizes are the adaptive ones', async () => {
      const x = randn([2, 3, 6, 4])
      await same(F.adaptiveAvgPool2d(x, [3, 2]), F.avgPool2d(x, 2), 'means')
      await same(F.adaptiveMaxPool2d(x, [3, null]), F.maxPool2d(x, [2, 1]), 'maxima')
      await same(F.adaptiveAvgPool2d(x, 1).reshape([2, 3]), x.mean({ dim: [2, 3] }), 'one cell')
    })
    test('group norm of one group is layer norm, of one channel each instance norm', async () => {
      const x = randn([2, 4, 3])
      await same(F.groupNorm(x, 1), F.layerNorm(x, [4, 3]), 'one group')
      await same(F.groupNorm(x, 4), F.instanceNorm(x), 'one channel each')
    })
    test('the loss over space is the loss over its rows', async () => {
      const x = randn([2, 3, 4])
      const target = tensor([0, 1, 2, 1, 2, 0, -100, 1], { dtype: 'int32' })
      const rows = x.transpose(1, 2).reshape([8, 3])
      const weight = tensor([1, 2, 3])
      await same(
        F.crossEntropy(x, target.reshape([2, 4]), { weight }),
        F.crossEntropy(rows, target, { weight }),
        'K-dimensional',
      )
      await same(
        F.crossEntropy(rows, target),
        F.nllLoss(F.logSoftmax(rows, { dim: 1 }), target),
        'logits and log-probabilities',
      )
    })
    test('one-hot probabilities are classes', async () => {
      const x = randn([3, 4])
      const target = classes(2, 0, 3)
      for (const labelSmoothing of [0, 0.3])
        await same(
          F.crossEntropy(x, F.oneHot(target, 4).to('float32'), { labelSmoothing }),
          F.crossEntropy(x, target, { labelSmoothing }),
          'loss',
        )
    })
    test('logits are probabilities before the sigmoid', async () => {
      const [x, t] = [randn([5]), rand([5])]
      await same(F.binaryCrossEntropyWithLogits(x, t), F.binaryCrossEntropy(F.sigmoid(x), t), 'loss')
    })
  })

  describe('dropout', () => {
    test('the gradient is the mask, and kept elements are divided by 1 - p', async () => {
      const x = ones([400], { requiresGrad: true })
      const y = F.dropout(x, { p: 0.25 })
      const [g] = grad(y.sum(), x)
      expect([...(await g!.data())]).toEqual([...(await y.data())])
      expect(new Set(await y.data())).toEqual(new Set([0, Math.fround(1 / 0.75)]))
    })
    test('channels are dropped as a whole', async () => {
      const y = await F.dropout2d(ones([2, 16, 2, 2]), { p: 0.5 }).data()
      for (let at = 0; at < y.length; at += 4) expect(new Set(y.slice(at, at + 4)).size).toBe(1)
    })
    test('p outside [0, 1] is refused', () => {
      expect(() => F.dropout(ones([1]), { p: -0.1 })).toThrow(
        /dropout probability has to be between 0 and 1, but got -0.1/,
      )
    })
  })
})
