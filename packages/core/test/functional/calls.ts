/** A right call of every function of `functional`, without options that may be left out. */
import type * as F from '../../src/functional/index.ts'
import { full, ones, tensor, type Tensor } from '../../src/index.ts'

type Functions = {
  [K in keyof typeof F as (typeof F)[K] extends (...args: never[]) => unknown ? K : never]: unknown
}
export type FunctionName = keyof Functions

const classes = (values: number[]): Tensor => tensor(values, { dtype: 'int32' })
const line = (): Tensor => ones([2, 2, 6])
const image = (): Tensor => ones([2, 2, 6, 6])
const solid = (): Tensor => ones([2, 2, 4, 4, 4])
const rows = (): Tensor => ones([2, 4])
const half = (): Tensor => full([2, 4], 0.5)

const element = (): unknown[] => [rows()]
const pair = (): unknown[] => [rows(), half()]
const spaces = [line, image, solid] as const
const pool = (rank: 1 | 2 | 3) => (): unknown[] => [spaces[rank - 1]!(), 2]
const adaptive = (rank: 1 | 2 | 3) => (): unknown[] => [spaces[rank - 1]!(), 3]
const conv = (rank: 1 | 2 | 3) => (): unknown[] => [
  spaces[rank - 1]!(),
  ones([2, 2, ...Array.from({ length: rank }, () => 2)]),
]

export const calls: { readonly [K in FunctionName]: () => unknown[] } = {
  adaptiveAvgPool1d: adaptive(1),
  adaptiveAvgPool2d: adaptive(2),
  adaptiveAvgPool3d: adaptive(3),
  adaptiveMaxPool1d: adaptive(1),
  adaptiveMaxPool1dWithIndices: adaptive(1),
  adaptiveMaxPool2d: adaptive(2),
  adaptiveMaxPool2dWithIndices: adaptive(2),
  adaptiveMaxPool3d: adaptive(3),
  adaptiveMaxPool3dWithIndices: adaptive(3),
  alphaDropout: element,
  avgPool1d: pool(1),
  avgPool2d: pool(2),
  avgPool3d: pool(3),
  batchNorm: () => [rows(), ones([4]), ones([4])],
  bilinear: () => [rows(), rows(), ones([3, 4, 4])],
  binaryCrossEntropy: () => [half(), half()],
  binaryCrossEntropyWithLogits: pair,
  celu: element,
  conv1d: conv(1),
  conv2d: conv(2),
  conv3d: conv(3),
  convTranspose1d: conv(1),
  convTranspose2d: conv(2),
  convTranspose3d: conv(3),
  cosineEmbeddingLoss: () => [rows(), half(), ones([2])],
  cosineSimilarity: pair,
  crossEntropy: () => [rows(), classes([0, 3])],
  dropout: element,
  dropout1d: () => [line()],
  dropout2d: () => [image()],
  dropout3d: () => [solid()],
  elu: element,
  embedding: () => [classes([0, 0]), rows()],
  fold: () => [ones([1, 8, 9]), 4, 2],
  gaussianNllLoss: () => [rows(), half(), half()],
  gelu: element,
  glu: element,
  groupNorm: () => [image(), 2],
  hardshrink: element,
  hardsigmoid: element,
  hardswish: element,
  hardtanh: element,
  hingeEmbeddingLoss: pair,
  huberLoss: pair,
  instanceNorm: () => [image()],
  interpolate: () => [line(), { size: 3 }],
  klDiv: pair,
  l1Loss: pair,
  layerNorm: () => [rows(), [4]],
  leakyRelu: element,
  linear: () => [rows(), ones([3, 4])],
  logSigmoid: element,
  logSoftmax: () => [rows(), { dim: 1 }],
  marginRankingLoss: () => [rows(), half(), rows()],
  maxPool1d: pool(1),
  maxPool1dWithIndices: pool(1),
  maxPool2d: pool(2),
  maxPool2dWithIndices: pool(2),
  maxPool3d: pool(3),
  maxPool3dWithIndices: pool(3),
  mish: element,
  mseLoss: pair,
  multiHeadAttentionForward: () => [
    ones([3, 1, 4]),
    ones([3, 1, 4]),
    ones([3, 1, 4]),
    { numHeads: 2, inProjWeight: ones([12, 4]), outProjWeight: ones([4, 4]) },
  ],
  multiMarginLoss: () => [rows(), classes([0, 3])],
  multilabelSoftMarginLoss: pair,
  nllLoss: () => [rows(), classes([0, 3])],
  normalize: element,
  oneHot: () => [classes([0, 1]), 3],
  pad: () => [rows(), [1, 1]],
  pairwiseDistance: pair,
  pixelShuffle: () => [ones([4, 2, 2]), 2],
  pixelUnshuffle: () => [ones([1, 4, 4]), 2],
  poissonNllLoss: pair,
  prelu: () => [rows(), ones([1])],
  relu: element,
  relu6: element,
  rmsNorm: () => [rows(), [4]],
  scaledDotProductAttention: () => [rows(), rows(), rows()],
  selu: element,
  sigmoid: element,
  silu: element,
  smoothL1Loss: pair,
  softMarginLoss: pair,
  softmax: () => [rows(), { dim: 1 }],
  softmin: () => [rows(), { dim: 1 }],
  softplus: element,
  softshrink: element,
  softsign: element,
  tanh: element,
  tanhshrink: element,
  threshold: () => [rows(), { threshold: 0, value: 1 }],
  tripletMarginLoss: () => [rows(), half(), rows()],
  unfold: () => [image(), 2],
}
