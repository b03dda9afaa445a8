/**
 * Dropout. The masks are drawn on the host from the generator, exactly as PyTorch draws them on a CPU: two 32-bit draws
 * per mask element, in memory order; none where p is 0 or 1 or outside training.
 */
import type { Shape } from '../backend/contract.ts'
import { OptionError, ShapeError } from '../backend/errors.ts'
import { typeOf } from '../ir/type.ts'
import { defaultGenerator } from '../random/default-generator.ts'
import type { BernoulliOptions, FloatArray, Generator } from '../random/generator.ts'
import { byName } from '../tensor/by-name.ts'
import { filled } from '../tensor/host.ts'
import type { Unchanged } from '../tensor/methods/arithmetic.ts'
import type { Tensor } from '../tensor/tensor.ts'

export interface DropoutOptions extends BernoulliOptions {
  /** Probability of an element to become 0; default 0.5. */
  readonly p?: number
  /** Outside of training the input is returned as it is. Default true. */
  readonly training?: boolean
  /** Default: the generator that `manualSeed` seeds. */
  readonly generator?: Generator
}

/** Throws OptionError unless p is a probability. */
export function assertProbability(operation: string, p: number): void {
  if (!(p >= 0 && p <= 1))
    throw new OptionError(operation, `dropout probability has to be between 0 and 1, but got ${p}`)
}

const { fround } = Math

/** 1 / (1 - p) with probability 1 - p, else 0; of the input's dtype. */
function mask(
  input: Tensor,
  shape: Shape,
  p: number,
  { generator = defaultGenerator, flavour = 'generic' }: DropoutOptions,
): Tensor {
  return filled(typeOf(input.dtype, shape), input.value.device, (out) => {
    generator.bernoulli(out as FloatArray, 1 - p, { flavour })
    const kept = input.dtype === 'float32' ? fround(1 / fround(1 - p)) : 1 / (1 - p)
    for (let i = 0; i < out.length; i++) if (out[i] !== 0) out[i] = kept
  }) as Tensor
}

/** `maskOf` gives the mask's shape, which repeats to the input's. */
function drop<R>(operation: string, input: Tensor, maskOf: (shape: Shape) => Shape, options: DropoutOptions): R
function drop(operation: string, input: Tensor, maskOf: (shape: Shape) => Shape, options: DropoutOptions): Tensor {
  const { p = 0.5, training = true } = byName(operation, options)
  const shape = maskOf(input.shape)
  assertProbability(operation, p)
  if (!training || p === 0) return input
  if (p === 1) return input.mul(0)
  return input.mul(mask(input, shape, p, options))
}

/**
 * Zeroes elements with probability p and divides the rest by 1 - p, while training.
 * Errors: OptionError where p is outside [0, 1].
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.dropout.html
 */
export const dropout = <T extends Tensor>(input: T, options: DropoutOptions = {}): Unchanged<T> =>
  drop('dropout', input, (shape) => shape, options)

/** One draw per channel: [n, c, 1, ...]; of an input without a batch axis [c, 1, ...]. */
function dropChannels<R>(
  operation: string,
  input: Tensor,
  ranks: readonly number[],
  unbatched: number | null,
  options: DropoutOptions,
): R {
  const maskOf = (shape: Shape): Shape => {
    if (!ranks.includes(shape.length))
      throw new ShapeError(operation, [shape], `the input must have ${ranks.join(' or ')} axes`)
    const kept = shape.length === unbatched ? 1 : 2
    return shape.map((size, axis) => (axis < kept ? size : 1))
  }
  return drop(operation, input, maskOf, options)
}

/** Zeroes whole channels of [n, c, length] or [c, length]. */
export const dropout1d = <T extends Tensor>(input: T, options: DropoutOptions = {}): Unchanged<T> =>
  dropChannels('dropout1d', input, [2, 3], 2, options)
/**
 * Zeroes whole channels of [n, c, height, width]; three axes are [n, c, length], as in PyTorch.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.dropout2d.html
 */
export const dropout2d = <T extends Tensor>(input: T, options: DropoutOptions = {}): Unchanged<T> =>
  dropChannels('dropout2d', input, [3, 4], null, options)
/** Zeroes whole channels of [n, c, depth, height, width] or [c, depth, height, width]. */
export const dropout3d = <T extends Tensor>(input: T, options: DropoutOptions = {}): Unchanged<T> =>
  dropChannels('dropout3d', input, [4, 5], 4, options)

/** selu's limit at minus infinity: -scale alpha. */
const SATURATION = -1.7580993408473766

/**
 * Dropout that keeps mean and variance of selu activations: dropped elements become selu's lower limit.
 * Source: https://arxiv.org/abs/1706.02515
 */
export function alphaDropout<T extends Tensor>(input: T, options?: DropoutOptions): Unchanged<T>
export function alphaDropout(input: Tensor, options: DropoutOptions = {}): Tensor {
  const {
    p = 0.5,
    training = true,
    generator = defaultGenerator,
    flavour = 'generic',
  } = byName('alphaDropout', options)
  assertProbability('alphaDropout', p)
  if (!training || p === 0) return input
  if (p === 1) return input.mul(0)
  // a (x m + limit (1 - m) - limit p), whose mean and variance are those of x for selu activations.
  const a = 1 / Math.sqrt((SATURATION * SATURATION * p + 1) * (1 - p))
  const keep = filled(typeOf(input.dtype, input.shape), input.value.device, (out) => {
    generator.bernoulli(out as FloatArray, 1 - p, { flavour })
  }) as Tensor
  const shift = keep.mul(-SATURATION * a).add(SATURATION * a - SATURATION * a * p)
  return input.mul(keep.mul(a)).add(shift)
}
