/** `@glissade/core/nn`: modules. */
export {
  CELU,
  ELU,
  GELU,
  Hardshrink,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  LeakyReLU,
  LogSigmoid,
  Mish,
  PReLU,
  ReLU,
  ReLU6,
  SELU,
  Sigmoid,
  SiLU,
  Softplus,
  Softshrink,
  Softsign,
  Tanh,
  Tanhshrink,
  Threshold,
} from './activation.ts'
export { MultiheadAttention, type MultiheadAttentionCall, type MultiheadAttentionOptions } from './attention.ts'
export { ModuleDict, ModuleList, ParameterList, Sequential } from './container.ts'
export {
  Conv1d,
  Conv2d,
  Conv3d,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  type ConvLayerOptions,
  type ConvTransposeLayerOptions,
} from './conv.ts'
export { CosineSimilarity, PairwiseDistance } from './distance.ts'
export { AlphaDropout, Dropout, Dropout1d, Dropout2d, Dropout3d, type DropoutLayerOptions } from './dropout.ts'
export { Embedding, type EmbeddingOptions } from './embedding.ts'
export { functionalCall } from './functional-call.ts'
export * as init from './init/index.ts'
export { Bilinear, Identity, Linear, type LinearOptions } from './linear.ts'
export { CrossEntropyLoss, MultiMarginLoss, NLLLoss } from './class-loss.ts'
export { GaussianNLLLoss, HuberLoss, L1Loss, MSELoss, PoissonNLLLoss, SmoothL1Loss, SoftMarginLoss } from './loss.ts'
export { CosineEmbeddingLoss, HingeEmbeddingLoss, MarginRankingLoss, TripletMarginLoss } from './margin-loss.ts'
export { BCELoss, BCEWithLogitsLoss, KLDivLoss, MultiLabelSoftMarginLoss } from './probability-loss.ts'
export type { ForwardHook, ForwardPreHook } from './forward-hooks.ts'
export { isModule, Module, type AnyModule } from './module.ts'
export type { Removable } from '../engine/grad-node.ts'
export {
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  GroupNorm,
  InstanceNorm1d,
  InstanceNorm2d,
  InstanceNorm3d,
  LayerNorm,
  RMSNorm,
  type BatchNormLayerOptions,
  type GroupNormOptions,
  type InstanceNormLayerOptions,
  type LayerNormOptions,
  type NormalizedShape,
  type RMSNormOptions,
} from './normalization.ts'
export { isParameter, Parameter } from './parameter.ts'
export type { Placement } from './placement.ts'
export {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveAvgPool3d,
  AdaptiveMaxPool1d,
  AdaptiveMaxPool2d,
  AdaptiveMaxPool3d,
  AvgPool1d,
  AvgPool2d,
  AvgPool3d,
  MaxPool1d,
  MaxPool2d,
  MaxPool3d,
} from './pooling.ts'
export { GRU, LSTM, RNN, type RecurrentOptions } from './recurrent.ts'
export { Flatten, PixelShuffle, PixelUnshuffle, Unflatten, Upsample } from './shape.ts'
export { GLU, LogSoftmax, Softmax, Softmax2d, Softmin } from './softmax.ts'
export {
  TransformerEncoder,
  TransformerEncoderLayer,
  type TransformerCall,
  type TransformerEncoderCall,
  type TransformerEncoderLayerOptions,
} from './transformer.ts'
export type { LoadResult, Saved, State, StateDict } from './state.ts'
export type { HostElements } from '../tensor/elements.ts'
export * as functional from '../functional/index.ts'
export * as utils from './parameter-lists.ts'
