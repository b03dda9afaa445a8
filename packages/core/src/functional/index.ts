/** `@glissade/core/functional`: stateless functions over tensors. They never read values. */
export {
  celu,
  elu,
  gelu,
  glu,
  hardshrink,
  hardsigmoid,
  hardswish,
  hardtanh,
  leakyRelu,
  logSigmoid,
  mish,
  prelu,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  softplus,
  softshrink,
  softsign,
  tanh,
  tanhshrink,
  threshold,
} from './activation.ts'
export {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool1dWithIndices,
  adaptiveMaxPool2d,
  adaptiveMaxPool2dWithIndices,
  adaptiveMaxPool3d,
  adaptiveMaxPool3dWithIndices,
  type OutputSize,
} from './adaptive-pooling.ts'
export { scaledDotProductAttention, type AttentionOptions } from './attention.ts'
export { crossEntropy, multiMarginLoss, nllLoss, type CrossEntropyOptions, type NllOptions } from './class-loss.ts'
export {
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  type ConvOptions,
  type ConvTransposeOptions,
} from './conv.ts'
export { cosineSimilarity, normalize, pairwiseDistance, type DistanceOptions } from './distance.ts'
export { alphaDropout, dropout, dropout1d, dropout2d, dropout3d, type DropoutOptions } from './dropout.ts'
export { embedding, oneHot } from './embedding.ts'
export { bilinear, linear } from './linear.ts'
export {
  gaussianNllLoss,
  huberLoss,
  l1Loss,
  mseLoss,
  poissonNllLoss,
  smoothL1Loss,
  softMarginLoss,
  type ElementLoss,
  type LossOptions,
  type OtherLoss,
  type Reduction,
  type ScoreLoss,
} from './loss.ts'
export {
  cosineEmbeddingLoss,
  hingeEmbeddingLoss,
  marginRankingLoss,
  tripletMarginLoss,
  type MarginOptions,
} from './margin-loss.ts'
export { multiHeadAttentionForward, type MultiHeadAttentionOptions } from './multi-head-attention.ts'
export {
  batchNorm,
  groupNorm,
  instanceNorm,
  layerNorm,
  rmsNorm,
  type BatchNormOptions,
  type InstanceNormOptions,
} from './normalization.ts'
export { pad, type PadOptions } from './padding.ts'
export { fold, pixelShuffle, pixelUnshuffle, unfold, type PatchOptions } from './patches.ts'
export {
  avgPool1d,
  avgPool2d,
  avgPool3d,
  maxPool1d,
  maxPool1dWithIndices,
  maxPool2d,
  maxPool2dWithIndices,
  maxPool3d,
  maxPool3dWithIndices,
  type AvgPoolOptions,
  type MaxPoolOptions,
} from './pooling.ts'
export {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  klDiv,
  multilabelSoftMarginLoss,
} from './probability-loss.ts'
export { interpolate, type InterpolateMode, type InterpolateOptions } from './resize.ts'
export type { Sizes } from './sizes.ts'
export { logSoftmax, softmax, softmin, type SoftmaxOptions } from './softmax.ts'
