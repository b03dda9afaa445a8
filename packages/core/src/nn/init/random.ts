/** Initial values that are drawn independently, as PyTorch draws them. Source: https://pytorch.org/docs/stable/nn.init.html */
import { OptionError } from '../../contract/errors.ts'
import { erf } from '../../ir/definitions/erf.ts'
import { number } from '../../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../../signature/signature.ts'
import * as kinds from '../../engine/kinds.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { draw, generatorOption, matrix } from './refill.ts'

const options = { ...generatorOption }
const truncatedOptions = {
  /** The mean before the cut. */
  mean: optional(number, 0),
  /** The standard deviation before the cut. */
  std: optional(number, 1),
  /** The lower bound. */
  a: optional(number, -2),
  /** The upper bound. */
  b: optional(number, 2),
  ...generatorOption,
}
const sparseOptions = {
  /** The standard deviation of the others. */
  std: optional(number, 0.01),
  ...generatorOption,
}
export interface InitOptions extends OptionsOf<typeof options> {}
export interface TruncatedOptions extends OptionsOf<typeof truncatedOptions> {}
export interface SparseOptions extends OptionsOf<typeof sparseOptions> {}

export const UNIFORM_ = /* @__PURE__ */ signature(
  'uniform_',
  { tensor: kinds.tensor, a: optional(number), b: optional(number) },
  options,
)
export const NORMAL_ = /* @__PURE__ */ signature(
  'normal_',
  { tensor: kinds.tensor, mean: optional(number), std: optional(number) },
  options,
)
export const TRUNC_NORMAL_ = /* @__PURE__ */ signature('truncNormal_', { tensor: kinds.tensor }, truncatedOptions)
export const SPARSE_ = /* @__PURE__ */ signature('sparse_', { tensor: kinds.tensor, sparsity: number }, sparseOptions)

/** Uniform numbers in [a, b). Source: https://pytorch.org/docs/stable/nn.init.html */
export function uniform_(tensor: Tensor, a?: number, b?: number, options?: InitOptions): Tensor
export function uniform_(tensor: Tensor, a = 0, b = 1): Tensor {
  const { generator } = UNIFORM_.read(arguments)
  return draw('uniform_', tensor, generator, (out, from) => from.uniform(out, a, b))
}

/** Fills the tensor with normal numbers. Source: https://pytorch.org/docs/stable/nn.init.html */
export function normal_(tensor: Tensor, mean?: number, std?: number, options?: InitOptions): Tensor
export function normal_(tensor: Tensor, mean = 0, std = 1): Tensor {
  const { generator } = NORMAL_.read(arguments)
  return draw('normal_', tensor, generator, (out, from) => from.normal(out, mean, std))
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
export function truncNormal_(tensor: Tensor, options?: TruncatedOptions): Tensor
export function truncNormal_(tensor: Tensor): Tensor {
  const { mean, std, a, b, generator } = TRUNC_NORMAL_.read(arguments)
  if (!(std > 0)) throw new OptionError('truncNormal_', `std must be above 0 (got ${std})`)
  if (!(a <= b)) throw new OptionError('truncNormal_', `a must not be above b (got ${a} and ${b})`)
  const [low, high] = [normalCdf((a - mean) / std), normalCdf((b - mean) / std)]
  return draw('truncNormal_', tensor, generator, (out, from) => {
    from.uniform(out, 2 * low - 1, 2 * high - 1)
    for (let i = 0; i < out.length; i++) {
      out[i] = erfinv(out[i]!)
      out[i] = out[i]! * std * Math.SQRT2
      out[i] = out[i]! + mean
      out[i] = Math.min(Math.max(out[i]!, a), b)
    }
  })
}

/**
 * Normal numbers of standard deviation `std`, of which a share `sparsity` of every column is zero.
 * Source: https://pytorch.org/docs/stable/nn.init.html
 */
export function sparse_(tensor: Tensor, sparsity: number, options?: SparseOptions): Tensor
export function sparse_(tensor: Tensor, sparsity: number): Tensor {
  const { std, generator } = SPARSE_.read(arguments)
  if (!(sparsity >= 0 && sparsity <= 1))
    throw new OptionError('sparse_', `sparsity must be a share, from 0 to 1 (got ${sparsity})`)
  const [rows, columns] = matrix('sparse_', tensor.shape)
  return draw('sparse_', tensor, generator, (out, from) => {
    from.normal(out, 0, std)
    for (let column = 0; column < columns; column++)
      for (const row of from.randperm(rows).slice(0, Math.ceil(sparsity * rows))) out[row * columns + column] = 0
  })
}
