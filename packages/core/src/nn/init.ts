/** Initial values, drawn as PyTorch draws them. Source: https://pytorch.org/docs/stable/nn.init.html */
import type { Shape } from '../backend/contract.ts'
import { numel } from '../backend/dtype.ts'
import { OptionError, ShapeError } from '../backend/errors.ts'
import { erf } from '../ir/definitions/erf.ts'
import { defaultGenerator } from '../random/default-generator.ts'
import type { FloatArray, Generator } from '../random/generator.ts'
import { filled } from '../tensor/host.ts'
import { noGrad } from '../tensor/grad-node.ts'
import type { Tensor } from '../tensor/tensor.ts'

export interface InitOptions {
  /** Default: the generator that `manualSeed` seeds. */
  readonly generator?: Generator
}

function refill(tensor: Tensor, fill: (out: FloatArray) => void): Tensor {
  noGrad(() => tensor.assign(filled(tensor.type, tensor.value.device, (out) => fill(out as FloatArray)) as Tensor))
  return tensor
}

/** Uniform numbers in [a, b). */
export const uniform_ = (tensor: Tensor, a = 0, b = 1, { generator = defaultGenerator }: InitOptions = {}): Tensor =>
  refill(tensor, (out) => generator.uniform(out, a, b))

/** Normal numbers. */
export const normal_ = (
  tensor: Tensor,
  mean = 0,
  std = 1,
  { generator = defaultGenerator }: InitOptions = {},
): Tensor => refill(tensor, (out) => generator.normal(out, mean, std))

/** fan_in and fan_out: the sizes of dimensions 1 and 0, times the receptive field. */
export function fans(shape: Shape): { readonly fanIn: number; readonly fanOut: number } {
  if (shape.length < 2)
    throw new OptionError('init', `fan in and fan out need at least 2 dimensions (got [${shape.join(',')}])`)
  const field = numel(shape.slice(2))
  return { fanIn: shape[1]! * field, fanOut: shape[0]! * field }
}

export type Nonlinearity = 'linear' | 'conv' | 'sigmoid' | 'tanh' | 'relu' | 'leakyRelu' | 'selu'

/** The recommended gain: 1 for linear, conv and sigmoid, 5/3 tanh, sqrt(2) relu, sqrt(2 / (1 + a^2)) leaky relu, 3/4 selu. */
export function calculateGain(nonlinearity: Nonlinearity, a = 0.01): number {
  const gains: { [N in Nonlinearity]: number } = {
    linear: 1,
    conv: 1,
    sigmoid: 1,
    tanh: 5 / 3,
    relu: Math.sqrt(2),
    leakyRelu: Math.sqrt(2 / (1 + a ** 2)),
    selu: 3 / 4,
  }
  const gain = gains[nonlinearity] as number | undefined
  if (gain === undefined) throw new OptionError('calculateGain', `unsupported nonlinearity ${nonlinearity}`)
  return gain
}

export interface KaimingOptions extends InitOptions {
  /** Slope of the leaky relu; default 0. */
  readonly a?: number
  /** Default 'fanIn'. */
  readonly mode?: 'fanIn' | 'fanOut'
  /** Default 'leakyRelu'. */
  readonly nonlinearity?: Nonlinearity
}

const kaimingStd = (tensor: Tensor, { a = 0, mode = 'fanIn', nonlinearity = 'leakyRelu' }: KaimingOptions): number =>
  calculateGain(nonlinearity, a) / Math.sqrt(fans(tensor.shape)[mode])

/** Uniform in +-sqrt(3) gain / sqrt(fan). He et al., https://arxiv.org/abs/1502.01852 */
export function kaimingUniform_(tensor: Tensor, options: KaimingOptions = {}): Tensor {
  const bound = Math.sqrt(3) * kaimingStd(tensor, options)
  return uniform_(tensor, -bound, bound, options)
}
/** Normal with standard deviation gain / sqrt(fan). */
export const kaimingNormal_ = (tensor: Tensor, options: KaimingOptions = {}): Tensor =>
  normal_(tensor, 0, kaimingStd(tensor, options), options)

export interface XavierOptions extends InitOptions {
  /** Default 1. */
  readonly gain?: number
}
/** gain sqrt(2 / (fan in + fan out)) */
const xavierStd = (tensor: Tensor, gain: number): number => {
  const { fanIn, fanOut } = fans(tensor.shape)
  return gain * Math.sqrt(2 / (fanIn + fanOut))
}
/** Uniform in +-gain sqrt(6 / (fan in + fan out)). Source: https://proceedings.mlr.press/v9/glorot10a.html */
export function xavierUniform_(tensor: Tensor, { gain = 1, ...options }: XavierOptions = {}): Tensor {
  const bound = Math.sqrt(3) * xavierStd(tensor, gain)
  return uniform_(tensor, -bound, bound, options)
}
/** Normal with standard deviation gain sqrt(2 / (fan in + fan out)). */
export const xavierNormal_ = (tensor: Tensor, { gain = 1, ...options }: XavierOptions = {}): Tensor =>
  normal_(tensor, 0, xavierStd(tensor, gain), options)

/** One number everywhere. */
export const constant_ = (tensor: Tensor, value: number): Tensor => noGrad(() => tensor.fill_(value))
export const ones_ = (tensor: Tensor): Tensor => constant_(tensor, 1)
export const zeros_ = (tensor: Tensor): Tensor => constant_(tensor, 0)

function assertMatrix(operation: string, shape: Shape): asserts shape is readonly [number, number] {
  if (shape.length !== 2) throw new ShapeError(operation, [shape], 'only tensors with 2 dimensions are supported')
}

/** The identity matrix, or its beginning. */
export function eye_(tensor: Tensor): Tensor {
  const { shape } = tensor
  assertMatrix('eye_', shape)
  return refill(tensor, (out) => {
    out.fill(0)
    for (let i = 0; i < Math.min(...shape); i++) out[i * shape[1] + i] = 1
  })
}

/** A convolution that keeps its channels as they are, in every group: 1 in the middle of the window. */
export function dirac_(tensor: Tensor, { groups = 1 }: { readonly groups?: number } = {}): Tensor {
  const { shape } = tensor
  if (shape.length < 3 || shape.length > 5)
    throw new ShapeError('dirac_', [shape], 'only tensors with 3, 4 or 5 dimensions are supported')
  const [out, perGroup, ...window] = shape as [number, number, ...number[]]
  if (out % groups !== 0)
    throw new OptionError('dirac_', `groups must divide the ${out} output channels (got ${groups})`)
  const field = numel(window)
  const middle = window.reduce((at, length) => at * length + Math.floor(length / 2), 0)
  return refill(tensor, (elements) => {
    elements.fill(0)
    for (let group = 0; group < groups; group++)
      for (let d = 0; d < Math.min(out / groups, perGroup); d++)
        elements[(((group * out) / groups + d) * perGroup + d) * field + middle] = 1
  })
}

export interface TruncatedOptions extends InitOptions {
  /** Default 0. */
  readonly mean?: number
  /** Default 1. */
  readonly std?: number
  /** The lower bound; default -2. */
  readonly a?: number
  /** The upper bound; default 2. */
  readonly b?: number
}
/** The inverse of erf, by Newton's method from Winitzki's approximation. Source: https://dlmf.nist.gov/7.17 */
function erfinv(y: number): number {
  if (Math.abs(y) >= 1) return y * Infinity
  const log = Math.log1p(-y * y)
  const half = 2 / (Math.PI * 0.147) + log / 2
  let x = Math.sign(y) * Math.sqrt(Math.sqrt(half * half - log / 0.147) - half)
  for (let i = 0; i < 4; i++) x -= (erf(x) - y) / ((2 / Math.sqrt(Math.PI)) * Math.exp(-x * x))
  return x
}
const normalCdf = (x: number): number => (1 + erf(x / Math.SQRT2)) / 2

/**
 * Normal numbers within [a, b], through the inverse of the cumulative distribution as in PyTorch 1.13 (2.13 draws again
 * what lies outside). Source: https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.trunc_normal_
 */
export function truncNormal_(
  tensor: Tensor,
  { mean = 0, std = 1, a = -2, b = 2, generator = defaultGenerator }: TruncatedOptions = {},
): Tensor {
  const [low, high] = [normalCdf((a - mean) / std), normalCdf((b - mean) / std)]
  return refill(tensor, (out) => {
    generator.uniform(out, 2 * low - 1, 2 * high - 1)
    for (let i = 0; i < out.length; i++) {
      out[i] = erfinv(out[i]!)
      out[i] = out[i]! * std * Math.SQRT2
      out[i] = out[i]! + mean
      out[i] = Math.min(Math.max(out[i]!, a), b)
    }
  })
}

/**
 * A (semi-)orthogonal matrix times `gain`, over the first dimension and all others together: Q of the QR decomposition
 * of a normal matrix, with R's diagonal positive. Source: https://arxiv.org/abs/1312.6120
 */
export function orthogonal_(tensor: Tensor, { gain = 1, generator = defaultGenerator }: XavierOptions = {}): Tensor {
  const { shape } = tensor
  if (shape.length < 2)
    throw new ShapeError('orthogonal_', [shape], 'only tensors with 2 or more dimensions are supported')
  const [rows, columns] = [shape[0]!, numel(shape.slice(1))]
  return refill(tensor, (out) => {
    generator.normal(out)
    // Vectors of the longer side, made orthonormal one after the other; twice, so that rounding does not add up.
    const [count, length] = rows < columns ? [rows, columns] : [columns, rows]
    const at = (vector: number, i: number): number => (rows < columns ? vector * columns + i : i * columns + vector)
    const vectors = Array.from({ length: count }, (_, v) => new Float64Array(length).map((__, i) => out[at(v, i)]!))
    vectors.forEach((vector, v) => {
      for (let pass = 0; pass < 2; pass++)
        for (const other of vectors.slice(0, v)) {
          const share = other.reduce((sum, x, i) => sum + x * vector[i]!, 0)
          other.forEach((x, i) => (vector[i] = vector[i]! - share * x))
        }
      const norm = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0))
      vector.forEach((x, i) => (vector[i] = x / norm))
    })
    vectors.forEach((vector, v) => vector.forEach((x, i) => (out[at(v, i)] = gain * x)))
  })
}

/** Normal numbers of standard deviation `std` (0.01), of which a share `sparsity` of every column is zero. */
export function sparse_(
  tensor: Tensor,
  sparsity: number,
  { std = 0.01, generator = defaultGenerator }: InitOptions & { readonly std?: number } = {},
): Tensor {
  const { shape } = tensor
  assertMatrix('sparse_', shape)
  const [rows, columns] = shape
  return refill(tensor, (out) => {
    generator.normal(out, 0, std)
    for (let column = 0; column < columns; column++)
      for (const row of generator.randperm(rows).slice(0, Math.ceil(sparsity * rows))) out[row * columns + column] = 0
  })
}
