/**
 * Values, gradients and second derivatives far from 0 (fixtures/saturated.json), where exponentials overflow: what is finite in
 * PyTorch is finite here, and the same number.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { grad, noGrad, ones as onesOf, setDefaultDevice, stack, tensor, type Tensor } from '@glissade/core'
import * as F from '@glissade/core/functional'
import * as nn from '@glissade/core/nn'
import { describe, expect, test } from 'vitest'
import { backends } from './backends.ts'

type Encoded = readonly (number | string)[]
interface Case {
  readonly code: string
  readonly value: Encoded
  readonly gradient: Encoded
  readonly second: Encoded | null
}
const { meta, cases } = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', 'fixtures', 'saturated.json'), 'utf8'),
) as { meta: { points: number[] }; cases: Case[] }
const COUNT = meta.points.length

const ones = (): Tensor => onesOf([COUNT])
const classes = (index: number): Tensor =>
  tensor(
    Array.from({ length: COUNT }, () => index),
    { dtype: 'int32' },
  )
const multi = (): Tensor => tensor(Array.from({ length: COUNT }, () => [0.2, 0.3, 0.5]))
const none = { reduction: 'none' } as const
const bce = (x: Tensor, target: number): Tensor => F.binaryCrossEntropyWithLogits(x, ones().mul(target), none)

/** One step over a batch, with weights from -1 to 1. */
function recurrent(layer: nn.LSTM | nn.GRU, x: Tensor): Tensor {
  for (const p of layer.parameters()) {
    const count = p.shape.reduce((a, b) => a * b, 1)
    noGrad(() => p.assign(tensor(Array.from({ length: count }, (_, i) => -1 + (2 * i) / (count - 1))).reshape(p.shape)))
  }
  return layer(x.reshape([1, COUNT, 1]))[0]
}

const ROWS: { readonly [code: string]: (x: Tensor) => Tensor } = {
  'F.relu(x)': F.relu,
  'F.relu6(x)': F.relu6,
  'F.hardtanh(x)': (x) => F.hardtanh(x),
  'F.threshold(x, 0.5, 2)': (x) => F.threshold(x, { threshold: 0.5, value: 2 }),
  'F.leaky_relu(x, 0.1)': (x) => F.leakyRelu(x, { negativeSlope: 0.1 }),
  'F.elu(x)': (x) => F.elu(x),
  'F.elu(x, 0.5)': (x) => F.elu(x, { alpha: 0.5 }),
  'F.selu(x)': F.selu,
  'F.celu(x, 2)': (x) => F.celu(x, { alpha: 2 }),
  'F.gelu(x)': (x) => F.gelu(x),
  "F.gelu(x, approximate='tanh')": (x) => F.gelu(x, { approximate: 'tanh' }),
  'F.silu(x)': F.silu,
  'F.mish(x)': F.mish,
  'F.softplus(x)': (x) => F.softplus(x),
  'F.softplus(x, 2, 5)': (x) => F.softplus(x, { beta: 2, threshold: 5 }),
  'F.softplus(x, 1, 1e9)': (x) => F.softplus(x, { threshold: 1e9 }),
  'F.softsign(x)': F.softsign,
  'F.hardsigmoid(x)': F.hardsigmoid,
  'F.hardswish(x)': F.hardswish,
  'F.logsigmoid(x)': F.logSigmoid,
  'F.tanhshrink(x)': F.tanhshrink,
  'F.softshrink(x)': (x) => F.softshrink(x),
  'F.hardshrink(x)': (x) => F.hardshrink(x),
  'torch.sigmoid(x)': F.sigmoid,
  'torch.tanh(x)': F.tanh,
  'F.prelu(x, torch.tensor([0.3]))': (x) => F.prelu(x, tensor([0.3])),
  "F.mse_loss(x, ones, reduction='none')": (x) => F.mseLoss(x, ones(), none),
  "F.l1_loss(x, ones, reduction='none')": (x) => F.l1Loss(x, ones(), none),
  "F.smooth_l1_loss(x, ones, reduction='none')": (x) => F.smoothL1Loss(x, ones(), none),
  "F.huber_loss(x, ones, reduction='none')": (x) => F.huberLoss(x, ones(), none),
  "F.poisson_nll_loss(x, ones, reduction='none')": (x) => F.poissonNllLoss(x, ones(), none),
  "F.gaussian_nll_loss(x, ones, 2 * ones, reduction='none')": (x) => F.gaussianNllLoss(x, ones(), ones().mul(2), none),
  "F.soft_margin_loss(x, ones, reduction='none')": (x) => F.softMarginLoss(x, ones(), none),
  "F.soft_margin_loss(x, -ones, reduction='none')": (x) => F.softMarginLoss(x, ones().neg(), none),
  "F.hinge_embedding_loss(x, ones, reduction='none')": (x) => F.hingeEmbeddingLoss(x, ones(), none),
  "F.hinge_embedding_loss(x, -ones, reduction='none')": (x) => F.hingeEmbeddingLoss(x, ones().neg(), none),
  "F.margin_ranking_loss(x, ones, ones, reduction='none')": (x) => F.marginRankingLoss(x, ones(), ones(), none),
  "F.kl_div(x, 0.3 * ones, reduction='none')": (x) => F.klDiv(x, ones().mul(0.3), none),
  "F.kl_div(x, ones, reduction='none', log_target=True)": (x) => F.klDiv(x, ones(), { ...none, logTarget: true }),
  "F.binary_cross_entropy_with_logits(x, 0 * ones, reduction='none')": (x) => bce(x, 0),
  "F.binary_cross_entropy_with_logits(x, 0.3 * ones, reduction='none')": (x) => bce(x, 0.3),
  "F.binary_cross_entropy_with_logits(x, 1 * ones, reduction='none')": (x) => bce(x, 1),
  "F.binary_cross_entropy_with_logits(x, 0.3 * ones, reduction='none', pos_weight=torch.tensor(2.))": (x) =>
    F.binaryCrossEntropyWithLogits(x, ones().mul(0.3), { ...none, posWeight: tensor(2) }),
  'lstm(x)': (x) => recurrent(new nn.LSTM(1, 2), x),
  'gru(x)': (x) => recurrent(new nn.GRU(1, 2), x),
  'F.glu(rows[:, :2])': (rows) => F.glu(rows.narrow(1, 0, 2)),
  'F.glu(rows[:, :2].flip(1))': (rows) => F.glu(rows.narrow(1, 0, 2).flip(1)),
  'F.softmax(rows, 1)': (rows) => F.softmax(rows, { dim: 1 }),
  'F.log_softmax(rows, 1)': (rows) => F.logSoftmax(rows, { dim: 1 }),
  'F.softmin(rows, 1)': (rows) => F.softmin(rows, { dim: 1 }),
  'rows.logsumexp(1)': (rows) => rows.logsumexp({ dim: 1 }),
  'F.normalize(rows)': (rows) => F.normalize(rows),
  "F.cross_entropy(rows, CLASSES['first'], reduction='none')": (rows) => F.crossEntropy(rows, classes(0), none),
  "F.cross_entropy(rows, CLASSES['second'], reduction='none')": (rows) => F.crossEntropy(rows, classes(1), none),
  "F.cross_entropy(rows, CLASSES['first'], reduction='none', label_smoothing=0.1)": (rows) =>
    F.crossEntropy(rows, classes(0), { ...none, labelSmoothing: 0.1 }),
  "F.cross_entropy(rows, MULTI, reduction='none')": (rows) => F.crossEntropy(rows, multi(), none),
  "F.multi_margin_loss(rows, CLASSES['first'], reduction='none')": (rows) => F.multiMarginLoss(rows, classes(0), none),
  "F.multi_margin_loss(rows, CLASSES['second'], reduction='none')": (rows) => F.multiMarginLoss(rows, classes(1), none),
  "F.multilabel_soft_margin_loss(rows, MULTI, reduction='none')": (rows) =>
    F.multilabelSoftMarginLoss(rows, multi(), none),
}

/** What is finite in PyTorch and another number here; the rest is PyTorch's own overflow. */
function wrong(what: string, got: ArrayLike<number>, want: Encoded): string[] {
  const per = want.length / COUNT
  return want.flatMap((number, i) => {
    if (typeof number === 'string' || Math.abs(got[i]! - number) <= 1e-6 + 2e-5 * Math.abs(number)) return []
    return [`${what} at x = ${meta.points[Math.floor(i / per)]}: ${got[i]}, want ${number}`]
  })
}

test('every case has a row', () => {
  expect(cases.map(({ code }) => code).toSorted()).toEqual(Object.keys(ROWS).toSorted())
})

describe.each(Object.entries(backends))('%s', (_, backend) => {
  test.each(cases)('$code', async ({ code, value, gradient, second }) => {
    setDefaultDevice(await backend())
    const points = tensor(meta.points)
    const x = (code.includes('rows') ? stack([points, points.mul(0), ones()], { dim: 1 }) : points).requiresGrad_()
    const y = ROWS[code]!(x)
    expect(wrong('the value', await y.data(), value)).toEqual([])
    const last = y.shape.length === 1 ? 1 : y.shape.at(-1)!
    const weights = tensor(Array.from({ length: last }, (__, i) => (last === 1 ? 1 : 1 + i / (last - 1))))
    const [g] = grad(y.mul(weights).sum(), [x], { createGraph: true })
    expect(wrong('the gradient', await g!.data(), gradient)).toEqual([])
    if (second === null) return
    const [h] = g!.requiresGrad ? grad(g!.sum(), [x], { allowUnused: true }) : [null]
    const found = h == null ? new Float32Array(second.length) : await h.data()
    expect(wrong('the second derivative', found, second)).toEqual([])
  })
})
