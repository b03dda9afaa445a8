/** What functions refuse, or warn of, that depends on values or on how shapes go together; on every backend. */
import { compile, Generator, ones, setDefaultDevice, tensor, zeros, type Backend, type Tensor } from '@glissade/core'
import * as F from '@glissade/core/functional'
import * as nn from '@glissade/core/nn'
import { onWarning } from '@glissade/core/optim'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { backends } from './backends.ts'

const classes = (...list: number[]): Tensor => tensor(list, { dtype: 'int32' })

describe.each(Object.entries(backends))('%s', (_, make) => {
  let backend: Backend
  beforeAll(async () => (backend = await make()))
  beforeEach(() => setDefaultDevice(backend))

  test('a class that does not exist is refused, and never taken from the next row', async () => {
    const losses = {
      crossEntropy: F.crossEntropy,
      nllLoss: F.nllLoss,
      multiMarginLoss: F.multiMarginLoss,
      oneHot: (__: Tensor, target: Tensor) => F.oneHot(target, 3),
    }
    for (const [name, loss] of Object.entries(losses))
      for (const wrong of [3, -1, 6, 2 ** 31 - 1])
        for (const run of [loss, compile((x: Tensor, t: Tensor) => loss(x, t))])
          await expect((async () => run(zeros([2, 3]), classes(0, wrong)).data())()).rejects.toThrow(
            `${name}: class ${wrong} is out of range for 3 classes`,
          )
    await expect((async () => F.embedding(classes(0, 7), zeros([5, 2])).data())()).rejects.toThrow(
      'embedding: index 7 is out of range for dimension 0 of size 5',
    )
  })
  test('a negative variance is refused, and a missing one stays', async () => {
    const loss = (variance: number[]): Tensor => F.gaussianNllLoss(zeros([2]), zeros([2]), tensor(variance))
    for (const run of [loss, (v: number[]) => compile(() => loss(v))()])
      await expect((async () => run([1, -1]).data())()).rejects.toThrow('gaussianNllLoss: a variance is negative')
    expect(await loss([1, NaN]).item()).toBeNaN()
  })
  test('targets of another shape are told of, once in a while, or refused', () => {
    const element: Readonly<Record<string, (x: Tensor, t: Tensor) => Tensor>> = {
      mseLoss: F.mseLoss,
      l1Loss: F.l1Loss,
      smoothL1Loss: F.smoothL1Loss,
      huberLoss: F.huberLoss,
      klDiv: F.klDiv,
      poissonNllLoss: F.poissonNllLoss,
      hingeEmbeddingLoss: F.hingeEmbeddingLoss,
      multilabelSoftMarginLoss: F.multilabelSoftMarginLoss,
      gaussianNllLoss: (x: Tensor, t: Tensor) => F.gaussianNllLoss(x, t, ones(x.shape)),
    }
    let told: string[] = []
    const before = onWarning((text) => told.push(text))
    try {
      for (const [name, loss] of Object.entries(element)) {
        loss(zeros([3, 1]), ones([3, 1]))
        expect(told).toEqual([])
        loss(zeros([3, 1]), ones([3]))
        expect(told[0]).toContain(`${name}: the target's shape [3] is not the input's, [3,1]`)
        told = []
        expect(() => loss(zeros([3]), ones([2]))).toThrow(`${name}: shapes do not broadcast`)
      }
    } finally {
      onWarning(before)
    }
    const lines = [zeros([3, 1]), ones([3])] as const
    expect(() => F.softMarginLoss(zeros([3]), ones([3, 1]))).toThrow('softMarginLoss: the target must broadcast')
    expect(() => F.binaryCrossEntropy(...lines)).toThrow('binaryCrossEntropy: input and target must have one shape')
    expect(() => F.binaryCrossEntropyWithLogits(...lines)).toThrow('must have one shape')
    expect(() => F.marginRankingLoss(...lines, ones([3]))).toThrow('marginRankingLoss: all three must have')
    expect(() => F.tripletMarginLoss(...lines, ones([3]))).toThrow('tripletMarginLoss: all three must have')
    expect(() => F.cosineEmbeddingLoss(zeros([3, 2]), ones([3, 2]), ones([3, 1]))).toThrow('cosineEmbeddingLoss: needs')
    expect(() => F.gaussianNllLoss(zeros([2, 3]), ones([2, 3]), ones([3]))).toThrow('gaussianNllLoss: the variance has')
    expect(() => F.crossEntropy(zeros([2, 3]), ones([2, 3]), { ignoreIndex: 1 })).toThrow('crossEntropy: ignoreIndex')
  })
  test('the console shows the warning of a loop the 1st, 2nd, 4th, 8th time', () => {
    const before = onWarning(null)
    const { warn } = console
    // A shape of its own, for texts are counted for the whole process.
    const size = 10 + Object.keys(backends).indexOf(backend.name)
    let shown = 0
    console.warn = () => shown++
    try {
      for (let step = 0; step < 10; step++) F.mseLoss(zeros([size, 1]), ones([size]))
    } finally {
      console.warn = warn
      onWarning(before)
    }
    expect(shown).toBe(4)
  })
  test('a batch of nothing leaves running statistics alone, and counts', async () => {
    for (const [layer, x] of [
      [new nn.BatchNorm1d(3), zeros([0, 3])],
      [new nn.BatchNorm2d(3), zeros([2, 3, 0, 4])],
      [new nn.InstanceNorm1d(3, { trackRunningStats: true }), zeros([0, 3, 4])],
    ] as const) {
      ;(layer as (x: Tensor) => Tensor)(x)
      expect(await layer.running_mean!.toArray()).toEqual([0, 0, 0])
      expect(await layer.running_var!.toArray()).toEqual([1, 1, 1])
    }
    const counting = new nn.BatchNorm1d(3)
    counting(zeros([0, 3]))
    expect(await counting.num_batches_tracked!.item()).toBe(1)
    expect(() => counting(zeros([1, 3]))).toThrow('batchNorm: training needs more than 1 value per channel')
    expect(() => F.groupNorm(zeros([1, 2]), 2)).toThrow('groupNorm: needs more than 1 value per group')
  })
  test('dropout2d of [n, c] drops elements, and says so', async () => {
    const told: string[] = []
    const before = onWarning((text) => told.push(text))
    const [x, same] = [ones([4, 5]), () => new Generator(1)]
    try {
      expect(await F.dropout2d(x, { generator: same() }).toArray()).toEqual(
        await F.dropout(x, { generator: same() }).toArray(),
      )
      // PyTorch's dropout3d takes what is not a batch of volumes for one sample: channels come first.
      const rows = (await F.dropout3d(x, { generator: same() }).toArray()) as number[][]
      for (const row of rows) expect(new Set(row).size).toBe(1)
    } finally {
      onWarning(before)
    }
    expect(told.map((text) => text.split(':')[0])).toEqual(['dropout2d', 'dropout3d'])
  })
  test('a number is a vector of one', async () => {
    const [two, three] = [tensor(2), tensor(-3)]
    expect(await F.cosineSimilarity(two, three, { dim: 0 }).item()).toBe(-1)
    expect(await F.normalize(three, { dim: 0 }).item()).toBe(-1)
    const distance = F.pairwiseDistance(two, three, { keepdim: true })
    expect(distance.shape).toEqual([])
    expect(await distance.item()).toBeCloseTo(5, 5)
    expect(() => F.normalize(two)).toThrow('normalize: dimension out of range')
  })
})
