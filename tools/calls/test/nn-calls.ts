/** A good call of every constructor of `@glissade/core/nn`, of the forward of what it makes, and of all other functions there. */
import { ones, randn, tensor, type Tensor } from '@glissade/core'
import * as nn from '@glissade/core/nn'
import type { Call } from './call.ts'
import { constructorCalls, functionCalls, methodCalls, type CallRows } from './rows.ts'
import { classes, generator, image, linear, p, parameter, square, v, w, x } from './values.ts'

interface Row {
  readonly made: readonly unknown[]
  /** What the module is called with. */
  readonly called: readonly unknown[]
}
const row = (made: readonly unknown[], ...called: readonly unknown[]): Row => ({ made, called })
const signs = () =>
  tensor([
    [1, -1, 1],
    [-1, 1, -1],
  ])
const D = { dtype: 'float32' }
const CONV = { stride: 1, padding: 1, dilation: 1, groups: 1, bias: false, paddingMode: 'zeros', ...D }
const TRANSPOSED = { stride: 2, padding: 1, outputPadding: 1, groups: 1, bias: false, dilation: 1, ...D }
const MAX_POOL = { stride: 1, padding: 1, dilation: 1, ceilMode: true }
const AVG_POOL = { stride: 1, padding: 1, ceilMode: true, countIncludePad: false }
const BATCH_NORM = { eps: 1e-3, momentum: 0.2, affine: true, trackRunningStats: true, ...D }
const SUM = { reduction: 'sum' }
const RECURRENT = { numLayers: 2, bias: true, batchFirst: true, dropout: 0.1, bidirectional: true, ...D }
const encoderLayer = () => new nn.TransformerEncoderLayer(4, 2, { dimFeedforward: 8 })

/** Every module: how it is made, and what it is called with. */
export const modules: Readonly<Record<string, () => Row>> = {
  Identity: () => row([], x()),
  Linear: () => row([3, 2, { bias: false, ...D }], x()),
  Bilinear: () => row([3, 3, 2, { bias: false, ...D }], x(), x()),
  Flatten: () => row([{ startDim: 0, endDim: 1 }], x()),
  Unflatten: () => row([1, [3, 1]], x()),
  ReLU: () => row([], x()),
  ReLU6: () => row([], x()),
  Sigmoid: () => row([], x()),
  Tanh: () => row([], x()),
  SELU: () => row([], x()),
  SiLU: () => row([], x()),
  Mish: () => row([], x()),
  Softsign: () => row([], x()),
  Hardsigmoid: () => row([], x()),
  Hardswish: () => row([], x()),
  LogSigmoid: () => row([], x()),
  Tanhshrink: () => row([], x()),
  LeakyReLU: () => row([{ negativeSlope: 0.2 }], x()),
  ELU: () => row([{ alpha: 2 }], x()),
  CELU: () => row([{ alpha: 2 }], x()),
  GELU: () => row([{ approximate: 'tanh' }], x()),
  Softplus: () => row([{ beta: 2, threshold: 10 }], x()),
  Hardtanh: () => row([{ minVal: 0, maxVal: 2 }], x()),
  Softshrink: () => row([{ lambda: 0.2 }], x()),
  Hardshrink: () => row([{ lambda: 0.2 }], x()),
  Threshold: () => row([1, 2], x()),
  PReLU: () => row([3, { init: 0.1, ...D }], x()),
  GLU: () => row([{ dim: 0 }], square()),
  Softmax: () => row([{ dim: 1 }], x()),
  LogSoftmax: () => row([{ dim: 1 }], x()),
  Softmin: () => row([{ dim: 1 }], x()),
  Softmax2d: () => row([], image(3, 2, 2)),
  Dropout: () => row([{ p: 0.2 }], x()),
  Dropout1d: () => row([{ p: 0.2 }], image(3, 4)),
  Dropout2d: () => row([{ p: 0.2 }], image(3, 4, 4)),
  Dropout3d: () => row([{ p: 0.2 }], image(3, 2, 2, 2)),
  AlphaDropout: () => row([{ p: 0.2 }], x()),
  Embedding: () => row([4, 3, { paddingIdx: 0, ...D }], classes()),
  LayerNorm: () => row([[3], { eps: 1e-3, elementwiseAffine: true, ...D }], x()),
  RMSNorm: () => row([[3], { eps: 1e-3, elementwiseAffine: true, ...D }], x()),
  GroupNorm: () => row([2, 4, { eps: 1e-3, affine: true, ...D }], image(4, 3)),
  BatchNorm1d: () => row([3, BATCH_NORM], x()),
  BatchNorm2d: () => row([3, BATCH_NORM], image(3, 2, 2)),
  BatchNorm3d: () => row([3, BATCH_NORM], image(3, 2, 2, 2)),
  InstanceNorm1d: () => row([3, BATCH_NORM], image(3, 4)),
  InstanceNorm2d: () => row([3, BATCH_NORM], image(3, 2, 2)),
  InstanceNorm3d: () => row([3, BATCH_NORM], image(3, 2, 2, 2)),
  Conv1d: () => row([2, 4, 2, CONV], image(2, 5)),
  Conv2d: () => row([2, 4, [2, 3], CONV], image(2, 5, 5)),
  Conv3d: () => row([2, 4, 2, CONV], image(2, 3, 3, 3)),
  ConvTranspose1d: () => row([2, 4, 2, TRANSPOSED], image(2, 3)),
  ConvTranspose2d: () => row([2, 4, 2, TRANSPOSED], image(2, 3, 3)),
  ConvTranspose3d: () => row([2, 4, 2, TRANSPOSED], image(2, 2, 2, 2)),
  MaxPool1d: () => row([2, MAX_POOL], image(2, 6)),
  MaxPool2d: () => row([2, MAX_POOL], image(2, 6, 6)),
  MaxPool3d: () => row([2, MAX_POOL], image(2, 4, 4, 4)),
  AvgPool1d: () => row([2, AVG_POOL], image(2, 6)),
  AvgPool2d: () => row([2, { ...AVG_POOL, divisorOverride: 3 }], image(2, 6, 6)),
  AvgPool3d: () => row([2, { ...AVG_POOL, divisorOverride: 3 }], image(2, 4, 4, 4)),
  AdaptiveAvgPool1d: () => row([3], image(2, 6)),
  AdaptiveAvgPool2d: () => row([[3, null]], image(2, 6, 6)),
  AdaptiveAvgPool3d: () => row([2], image(2, 4, 4, 4)),
  AdaptiveMaxPool1d: () => row([3], image(2, 6)),
  AdaptiveMaxPool2d: () => row([[3, 2]], image(2, 6, 6)),
  AdaptiveMaxPool3d: () => row([2], image(2, 4, 4, 4)),
  Upsample: () => row([{ scaleFactor: 2, mode: 'bilinear', alignCorners: true }], image(2, 3, 3)),
  PixelShuffle: () => row([2], image(4, 2, 2)),
  PixelUnshuffle: () => row([2], image(1, 4, 4)),
  CosineSimilarity: () => row([{ dim: 1, eps: 1e-6 }], x(), p()),
  PairwiseDistance: () => row([{ p: 1, eps: 1e-5, keepdim: true }], x(), p()),
  MSELoss: () => row([SUM], x(), p()),
  L1Loss: () => row([SUM], x(), p()),
  SmoothL1Loss: () => row([{ ...SUM, beta: 2 }], x(), p()),
  HuberLoss: () => row([{ ...SUM, delta: 2 }], x(), p()),
  KLDivLoss: () => row([{ ...SUM, logTarget: true }], x(), p()),
  BCELoss: () => row([{ ...SUM, weight: v() }], p(), p()),
  BCEWithLogitsLoss: () => row([{ ...SUM, weight: v(), posWeight: w() }], x(), p()),
  PoissonNLLLoss: () => row([{ ...SUM, logInput: false, full: true, eps: 1e-6 }], x(), p()),
  GaussianNLLLoss: () => row([{ ...SUM, full: true, eps: 1e-5 }], x(), p(), p()),
  SoftMarginLoss: () => row([SUM], x(), signs()),
  HingeEmbeddingLoss: () => row([{ ...SUM, margin: 2 }], x(), signs()),
  MarginRankingLoss: () => row([{ ...SUM, margin: 2 }], x(), p(), signs()),
  TripletMarginLoss: () => row([{ ...SUM, margin: 2, p: 1, swap: true }], x(), p(), x()),
  CosineEmbeddingLoss: () => row([{ ...SUM, margin: 0.2 }], x(), p(), tensor([1, -1])),
  MultiLabelSoftMarginLoss: () => row([{ ...SUM, weight: v() }], x(), p()),
  NLLLoss: () => row([{ ...SUM, weight: v(), ignoreIndex: 1 }], x(), classes()),
  CrossEntropyLoss: () => row([{ ...SUM, weight: v(), ignoreIndex: 1, labelSmoothing: 0.1 }], x(), classes()),
  MultiMarginLoss: () => row([{ ...SUM, p: 2, margin: 2, weight: v() }], x(), classes()),
  RNN: () => row([3, 2, { ...RECURRENT, nonlinearity: 'relu' }], randn([2, 4, 3])),
  LSTM: () => row([3, 2, RECURRENT], randn([2, 4, 3]), [randn([4, 2, 2]), randn([4, 2, 2])]),
  GRU: () => row([3, 2, RECURRENT], randn([2, 4, 3]), randn([4, 2, 2])),
  MultiheadAttention: () =>
    row(
      [4, 2, { dropout: 0.1, bias: true, addBiasKv: false, addZeroAttn: false, batchFirst: true, ...D }],
      randn([2, 3, 4]),
      randn([2, 3, 4]),
      randn([2, 3, 4]),
      { needWeights: true },
    ),
  TransformerEncoderLayer: () =>
    row(
      [4, 2, { dimFeedforward: 8, dropout: 0.1, activation: 'gelu', batchFirst: true, normFirst: true, ...D }],
      randn([2, 3, 4]),
      {
        isCausal: false,
      },
    ),
  TransformerEncoder: () => row([encoderLayer(), 2, { norm: new nn.LayerNorm([4]) }], randn([3, 2, 4])),
  Sequential: () => row([linear(), new nn.ReLU()], x()),
}
/** What is made of other things than options, and is not called. */
const containers: CallRows = {
  ModuleList: () => [[linear()]],
  ModuleDict: () => [{ a: linear() }],
  ParameterList: () => [[parameter()]],
  Parameter: () => [x(), { requiresGrad: false }],
}

const inits: CallRows = {
  constant_: () => [x(), 2],
  zeros_: () => [x()],
  ones_: () => [x()],
  eye_: () => [x()],
  dirac_: () => [randn([2, 2, 3]), { groups: 1 }],
  uniform_: () => [x(), 0, 1, { generator: generator() }],
  normal_: () => [x(), 0, 2, { generator: generator() }],
  truncNormal_: () => [x(), { mean: 0, std: 2, a: -1, b: 1 }],
  xavierUniform_: () => [x(), { gain: 2 }],
  xavierNormal_: () => [x(), { gain: 2 }],
  kaimingUniform_: () => [x(), { a: 1, mode: 'fanOut', nonlinearity: 'relu' }],
  kaimingNormal_: () => [x(), { a: 1, mode: 'fanOut', nonlinearity: 'relu' }],
  orthogonal_: () => [x(), { gain: 2 }],
  sparse_: () => [x(), 0.5, { std: 1 }],
  calculateGain: () => ['leakyRelu', 0.2],
  fans: () => [[2, 3]],
}
const withGrad = (): Tensor => {
  const made = parameter()
  made.grad = x()
  return made
}
const utils: CallRows = {
  clipGradNorm_: () => [[withGrad()], 1, { normType: 1 }],
  clipGradValue_: () => [[withGrad()], 1],
  parametersToVector: () => [[parameter()]],
  vectorToParameters: () => [ones([6]), [parameter()]],
}
const methods: CallRows = {
  train: () => [false],
  eval: () => [],
  zeroGrad: () => [{ setToNone: false }],
  requiresGrad_: () => [false],
  apply: () => [() => {}],
  to: () => ['float64'],
  parameters: () => [],
  namedParameters: () => [],
  buffers: () => [],
  namedBuffers: () => [],
  modules: () => [],
  namedModules: () => [],
  children: () => [],
  namedChildren: () => [],
  stateDict: () => [],
  loadStateDict: () => [linear().stateDict(), { strict: false }],
  registerBuffer: () => ['mean', v(), { persistent: false }],
  registerForwardHook: () => [() => {}],
  registerForwardPreHook: () => [() => {}],
  extraRepr: () => [],
  toString: () => [],
}
const others: CallRows = {
  isModule: () => [linear()],
  isParameter: () => [parameter()],
  functionalCall: () => [linear(), { weight: randn([2, 3]) }, [x()]],
}

export const nnCalls: readonly Call[] = [
  ...constructorCalls(
    'nn',
    nn,
    Object.fromEntries(Object.entries(modules).map(([name, make]) => [name, () => make().made])),
  ),
  ...constructorCalls('nn', nn, containers),
  ...Object.entries(modules).map(([name, make]): Call => ({
    group: 'nn forward',
    name,
    make: () => {
      const { made, called } = make()
      const Module = (nn as unknown as Record<string, new (...a: unknown[]) => (...a: unknown[]) => unknown>)[name]!
      return { args: called, call: new Module(...made) }
    },
  })),
  ...functionCalls('nn', nn, others),
  ...functionCalls('nn.init', nn.init, inits),
  ...functionCalls('nn.utils', nn.utils, utils),
  ...methodCalls('Module', linear, methods),
]
