/** Modules from the Python expressions that make them: a row per class says how its arguments are passed in TypeScript. */
import { tensor, zeros, type Tensor } from '@glissade/core'
import * as nn from '@glissade/core/nn'
import { camelCased, evaluate, type Callable } from './python.ts'

/** Names of Python's parameters in order: those that stay positional, then those that become options. */
interface Signature {
  readonly sizes: readonly string[]
  readonly options: readonly string[]
}
const of = (sizes: string, options = ''): Signature => ({
  sizes: sizes.split(' ').filter((name) => name !== ''),
  options: options.split(' ').filter((name) => name !== ''),
})
const linear = (sizes: string): Signature => of(sizes, 'bias')
const conv = of('in_channels out_channels kernel_size', 'stride padding dilation groups bias padding_mode')
const convTranspose = of('in_channels out_channels kernel_size', 'stride padding output_padding groups bias dilation')
const norm = of('num_features', 'eps momentum affine track_running_stats')
const maxPool = of('kernel_size', 'stride padding dilation return_indices ceil_mode')
const avgPool = of('kernel_size', 'stride padding ceil_mode count_include_pad divisor_override')
const recurrent = of('input_size hidden_size', 'num_layers bias batch_first dropout bidirectional nonlinearity')
const dropout = of('', 'p')

const SIGNATURES: Readonly<Record<string, Signature>> = {
  Identity: of(''),
  Linear: linear('in_features out_features'),
  Bilinear: linear('in1_features in2_features out_features'),
  Conv1d: conv,
  Conv2d: conv,
  Conv3d: conv,
  ConvTranspose1d: convTranspose,
  ConvTranspose2d: convTranspose,
  ConvTranspose3d: convTranspose,
  BatchNorm1d: norm,
  BatchNorm2d: norm,
  BatchNorm3d: norm,
  InstanceNorm1d: norm,
  InstanceNorm2d: norm,
  InstanceNorm3d: norm,
  LayerNorm: of('normalized_shape', 'eps elementwise_affine bias'),
  RMSNorm: of('normalized_shape', 'eps elementwise_affine'),
  GroupNorm: of('num_groups num_channels', 'eps affine'),
  MaxPool1d: maxPool,
  MaxPool2d: maxPool,
  MaxPool3d: maxPool,
  AvgPool1d: avgPool,
  AvgPool2d: avgPool,
  AvgPool3d: avgPool,
  AdaptiveAvgPool1d: of('output_size'),
  AdaptiveAvgPool2d: of('output_size'),
  AdaptiveAvgPool3d: of('output_size'),
  AdaptiveMaxPool1d: of('output_size'),
  AdaptiveMaxPool2d: of('output_size'),
  AdaptiveMaxPool3d: of('output_size'),
  Embedding: of('num_embeddings embedding_dim', 'padding_idx'),
  RNN: recurrent,
  LSTM: recurrent,
  GRU: recurrent,
  MultiheadAttention: of('embed_dim num_heads', 'dropout bias add_bias_kv add_zero_attn kdim vdim batch_first'),
  TransformerEncoderLayer: of(
    'd_model nhead',
    'dim_feedforward dropout activation layer_norm_eps batch_first norm_first',
  ),
  TransformerEncoder: of('encoder_layer num_layers', 'norm'),
  Dropout: dropout,
  Dropout1d: dropout,
  Dropout2d: dropout,
  Dropout3d: dropout,
  AlphaDropout: dropout,
  Flatten: of('', 'start_dim end_dim'),
  Unflatten: of('dim unflattened_size'),
  Upsample: of('', 'size scale_factor mode align_corners'),
  PixelShuffle: of('upscale_factor'),
  PixelUnshuffle: of('downscale_factor'),
  PReLU: of('num_parameters', 'init'),
  Softmax: of('', 'dim'),
  LogSoftmax: of('', 'dim'),
  Softmin: of('', 'dim'),
  GLU: of('', 'dim'),
  LeakyReLU: of('', 'negative_slope'),
  ELU: of('', 'alpha'),
  CELU: of('', 'alpha'),
  GELU: of('', 'approximate'),
  Softplus: of('', 'beta threshold'),
  Hardtanh: of('', 'min_val max_val'),
  Softshrink: of('', 'lambda'),
  Hardshrink: of('', 'lambda'),
  Threshold: of('threshold value'),
  CosineSimilarity: of('', 'dim eps'),
  PairwiseDistance: of('', 'p eps keepdim'),
  CrossEntropyLoss: of('', 'weight size_average ignore_index reduce reduction label_smoothing'),
  ModuleList: of('modules'),
  ModuleDict: of('modules'),
  ParameterList: of('parameters'),
  ...Object.fromEntries(
    [
      'ReLU',
      'ReLU6',
      'Sigmoid',
      'Tanh',
      'SiLU',
      'Mish',
      'SELU',
      'Softsign',
      'Hardsigmoid',
      'Hardswish',
      'LogSigmoid',
      'Tanhshrink',
      'Softmax2d',
      'MSELoss',
      'L1Loss',
      'SmoothL1Loss',
      'HuberLoss',
      'BCELoss',
      'BCEWithLogitsLoss',
      'NLLLoss',
      'KLDivLoss',
    ].map((name) => [name, of('')]),
  ),
}

type Constructor = new (...args: unknown[]) => nn.AnyModule

/** PyTorch's `lambd` is spelt so because the word is Python's; None stands for what is not given. */
function construct(name: string): Callable {
  return (args, kwargs) => {
    const make = (nn as unknown as Record<string, Constructor | undefined>)[name]
    if (make === undefined) throw new Error(`python: nn.${name} is not known here`)
    if (name === 'Sequential') return new make(...args)
    const signature = SIGNATURES[name]
    if (signature === undefined) throw new Error(`python: python-modules.ts has no row for nn.${name}`)
    const { sizes, options } = signature
    const given = new Map([
      ...args.map((value, i): [string, unknown] => [[...sizes, ...options][i]!, value]),
      ...Object.entries(kwargs),
    ])
    if (given.has('lambd')) given.set('lambda', given.get('lambd'))
    const positional = sizes.flatMap((size) => (given.has(size) ? [given.get(size)] : []))
    const named = Object.fromEntries([...given].filter(([key]) => !sizes.includes(key) && key !== 'lambd'))
    return new make(
      ...positional.map((value) => (value instanceof Map ? Object.fromEntries(value) : value)),
      ...(Object.keys(named).length === 0 ? [] : [camelCased(named)]),
    )
  }
}

/** Spellings of options that are words: `fan_out`, `leaky_relu`. */
const word = (value: unknown): unknown =>
  typeof value === 'string' ? value.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()) : value
const worded = (kwargs: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(kwargs).map(([key, value]) => [key, word(value)]))

const { init } = nn
const INIT: Readonly<Record<string, Callable>> = {
  calculate_gain: ([kind, a]) =>
    init.calculateGain(word(kind) as nn.init.Nonlinearity, ...(a === undefined ? [] : [a as number])),
  uniform_: ([w, a, b], kwargs) =>
    init.uniform_(w as Tensor, (a ?? kwargs['a'] ?? 0) as number, (b ?? kwargs['b'] ?? 1) as number),
  normal_: ([w, mean, std], kwargs) =>
    init.normal_(w as Tensor, (mean ?? kwargs['mean'] ?? 0) as number, (std ?? kwargs['std'] ?? 1) as number),
  constant_: ([w, value]) => init.constant_(w as Tensor, value as number),
  ones_: ([w]) => init.ones_(w as Tensor),
  zeros_: ([w]) => init.zeros_(w as Tensor),
  eye_: ([w]) => init.eye_(w as Tensor),
  dirac_: ([w], kwargs) => init.dirac_(w as Tensor, kwargs),
  xavier_uniform_: ([w], kwargs) => init.xavierUniform_(w as Tensor, kwargs),
  xavier_normal_: ([w], kwargs) => init.xavierNormal_(w as Tensor, kwargs),
  kaiming_uniform_: ([w], kwargs) => init.kaimingUniform_(w as Tensor, worded(kwargs)),
  kaiming_normal_: ([w], kwargs) => init.kaimingNormal_(w as Tensor, worded(kwargs)),
  trunc_normal_: ([w], kwargs) => init.truncNormal_(w as Tensor, kwargs),
  orthogonal_: ([w], kwargs) => init.orthogonal_(w as Tensor, kwargs),
}
const TORCH: Readonly<Record<string, Callable>> = {
  empty: (shape) => zeros(shape as number[]),
  zeros: (shape) => zeros(shape as number[]),
  tensor: ([data]) => tensor(data as number[]),
}

/** What each namespace's attributes are. */
const NAMESPACES = new Map<unknown, (name: string) => unknown>()
const namespace = (look: (name: string) => unknown): object => {
  const place = {}
  NAMESPACES.set(place, look)
  return place
}
const initPlace = namespace((name) => INIT[name])
const nnPlace = namespace((name) => (name === 'init' ? initPlace : construct(name)))
const torchPlace = namespace((name) => (name === 'nn' ? nnPlace : TORCH[name]))

/** The value of the last statement, and the names that the others assign. */
export function run(source: string): { readonly value: unknown; readonly names: ReadonlyMap<string, unknown> } {
  const names = new Map<string, unknown>([
    ['nn', nnPlace],
    ['torch', torchPlace],
  ])
  const attribute = (value: unknown, name: string): unknown => {
    const found = NAMESPACES.get(value)?.(name)
    if (found === undefined) throw new Error(`python: no attribute ${name} here`)
    return found
  }
  let value: unknown
  for (const statement of source.split(';')) {
    const assignment = /^\s*(\w+) = (.*)$/.exec(statement)
    value = evaluate(assignment === null ? statement : assignment[2]!, { names, attribute })
    if (assignment !== null) names.set(assignment[1]!, value)
  }
  return { value, names }
}
