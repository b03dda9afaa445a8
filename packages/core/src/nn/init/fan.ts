/** Initial values whose spread follows from the number of inputs and outputs, and orthogonal ones. */
import type { Shape } from '../../contract/contract.ts'
import { numel } from '../../contract/dtype.ts'
import { OptionError, ShapeError } from '../../contract/errors.ts'
import { natural, list, number, oneOf } from '../../signature/kind.ts'
import { optional, signature, type OptionsOf, type ValuesOf } from '../../signature/signature.ts'
import * as kinds from '../../engine/kinds.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { draw, generatorOption } from './refill.ts'

/** The recommended gains, of which that of the leaky relu depends on its slope `a`. */
const GAINS = {
  linear: () => 1,
  conv: () => 1,
  sigmoid: () => 1,
  tanh: () => 5 / 3,
  relu: () => Math.sqrt(2),
  leakyRelu: (a: number) => Math.sqrt(2 / (1 + a ** 2)),
  selu: () => 3 / 4,
} as const satisfies Readonly<Record<string, (a: number) => number>>
export type Nonlinearity = keyof typeof GAINS
const gainName = /* @__PURE__ */ oneOf(...(Object.keys(GAINS) as Nonlinearity[]))

const kaimingOptions = {
  /** Slope of the leaky relu. */
  a: optional(number, 0),
  /** Whose variance is kept: that of the values forward, or of the gradients backward. */
  mode: optional(oneOf('fanIn', 'fanOut'), 'fanIn'),
  nonlinearity: optional(gainName, 'leakyRelu'),
  ...generatorOption,
}
const gainOptions = {
  /** A factor of the spread. */
  gain: optional(number, 1),
  ...generatorOption,
}
export interface KaimingOptions extends OptionsOf<typeof kaimingOptions> {}
export interface GainOptions extends OptionsOf<typeof gainOptions> {}

export const FANS = /* @__PURE__ */ signature('fans', { shape: /* @__PURE__ */ list(natural) })
export const CALCULATE_GAIN = /* @__PURE__ */ signature('calculateGain', {
  nonlinearity: gainName,
  a: optional(number),
})
export const KAIMING_UNIFORM_ = /* @__PURE__ */ signature('kaimingUniform_', { tensor: kinds.tensor }, kaimingOptions)
export const KAIMING_NORMAL_ = /* @__PURE__ */ signature('kaimingNormal_', { tensor: kinds.tensor }, kaimingOptions)
export const XAVIER_UNIFORM_ = /* @__PURE__ */ signature('xavierUniform_', { tensor: kinds.tensor }, gainOptions)
export const XAVIER_NORMAL_ = /* @__PURE__ */ signature('xavierNormal_', { tensor: kinds.tensor }, gainOptions)
export const ORTHOGONAL_ = /* @__PURE__ */ signature('orthogonal_', { tensor: kinds.tensor }, gainOptions)

/** fan_in and fan_out: the sizes of dimensions 1 and 0, times the receptive field. */
export function fans(shape: Shape): { readonly fanIn: number; readonly fanOut: number } {
  FANS.read(arguments)
  return fansOf('fans', shape)
}
function fansOf(operation: string, shape: Shape): { readonly fanIn: number; readonly fanOut: number } {
  if (shape.length < 2) throw new ShapeError(operation, [shape], 'fan in and fan out need at least 2 dimensions')
  const field = numel(shape.slice(2))
  return { fanIn: shape[1]! * field, fanOut: shape[0]! * field }
}

/**
 * The recommended gain: 1 for linear, conv and sigmoid, 5/3 tanh, sqrt(2) relu, sqrt(2 / (1 + a^2)) leaky relu, 3/4 selu.
 * Source: https://pytorch.org/docs/stable/nn.init.html
 */
export function calculateGain(nonlinearity: Nonlinearity, a = 0.01): number {
  CALCULATE_GAIN.read(arguments)
  return GAINS[nonlinearity](a)
}

/** gain / sqrt(fan) */
function kaimingStd(operation: string, tensor: Tensor, read: ValuesOf<typeof kaimingOptions>): number {
  return GAINS[read.nonlinearity](read.a) / Math.sqrt(fansOf(operation, tensor.shape)[read.mode])
}
/** Uniform in +-sqrt(3) gain / sqrt(fan). He et al., https://arxiv.org/abs/1502.01852 */
export function kaimingUniform_(tensor: Tensor, options?: KaimingOptions): Tensor
export function kaimingUniform_(tensor: Tensor): Tensor {
  const read = KAIMING_UNIFORM_.read(arguments)
  const bound = Math.sqrt(3) * kaimingStd('kaimingUniform_', tensor, read)
  return draw('kaimingUniform_', tensor, read.generator, (out, from) => from.uniform(out, -bound, bound))
}
/** Normal with standard deviation gain / sqrt(fan). Source: https://pytorch.org/docs/stable/nn.init.html */
export function kaimingNormal_(tensor: Tensor, options?: KaimingOptions): Tensor
export function kaimingNormal_(tensor: Tensor): Tensor {
  const read = KAIMING_NORMAL_.read(arguments)
  const std = kaimingStd('kaimingNormal_', tensor, read)
  return draw('kaimingNormal_', tensor, read.generator, (out, from) => from.normal(out, 0, std))
}

/** gain sqrt(2 / (fan in + fan out)) */
function xavierStd(operation: string, tensor: Tensor, gain: number): number {
  if (!(gain >= 0)) throw new OptionError(operation, `gain must not be negative (got ${gain})`)
  const { fanIn, fanOut } = fansOf(operation, tensor.shape)
  return gain * Math.sqrt(2 / (fanIn + fanOut))
}
/** Uniform in +-gain sqrt(6 / (fan in + fan out)). Source: https://proceedings.mlr.press/v9/glorot10a.html */
export function xavierUniform_(tensor: Tensor, options?: GainOptions): Tensor
export function xavierUniform_(tensor: Tensor): Tensor {
  const { gain, generator } = XAVIER_UNIFORM_.read(arguments)
  const bound = Math.sqrt(3) * xavierStd('xavierUniform_', tensor, gain)
  return draw('xavierUniform_', tensor, generator, (out, from) => from.uniform(out, -bound, bound))
}
/** Normal with standard deviation gain sqrt(2 / (fan in + fan out)). Source: https://pytorch.org/docs/stable/nn.init.html */
export function xavierNormal_(tensor: Tensor, options?: GainOptions): Tensor
export function xavierNormal_(tensor: Tensor): Tensor {
  const { gain, generator } = XAVIER_NORMAL_.read(arguments)
  const std = xavierStd('xavierNormal_', tensor, gain)
  return draw('xavierNormal_', tensor, generator, (out, from) => from.normal(out, 0, std))
}

/**
 * A (semi-)orthogonal matrix times `gain`, over the first dimension and all others together: Q of the QR decomposition
 * of a normal matrix, with R's diagonal positive. Source: https://arxiv.org/abs/1312.6120
 */
export function orthogonal_(tensor: Tensor, options?: GainOptions): Tensor
export function orthogonal_(tensor: Tensor): Tensor {
  const { gain, generator } = ORTHOGONAL_.read(arguments)
  const { shape } = tensor
  if (shape.length < 2)
    throw new ShapeError('orthogonal_', [shape], 'only tensors with 2 or more dimensions are supported')
  const [rows, columns] = [shape[0]!, numel(shape.slice(1))]
  return draw('orthogonal_', tensor, generator, (out, from) => {
    from.normal(out)
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
