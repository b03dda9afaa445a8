/**
 * Dropout. The masks are drawn on the host from the generator, exactly as PyTorch draws them on a CPU: two 32-bit draws
 * per mask element, in memory order; none where p is 0 or 1 or outside training.
 */
import type { Shape } from '../backend/contract.ts'
import { OptionError, ShapeError } from '../backend/errors.ts'
import { typeOf } from '../ir/type.ts'
import { defaultGenerator } from '../random/default-generator.ts'
import type { FloatArray } from '../random/generator.ts'
import { boolean, number, oneOf } from '../signature/kind.ts'
import { optional, signature, type OptionsOf, type ValuesOf } from '../signature/signature.ts'
import { generator, tensor } from '../tensor/kinds.ts'
import { filled } from '../tensor/host.ts'
import type { Unchanged } from '../tensor/methods/arithmetic.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** What a module takes too. */
export const dropoutOptions = {
  /** Probability of an element to become 0. */
  p: optional(number, 0.5),
  /** Default: the generator that `manualSeed` seeds. */
  generator: optional(generator),
  /** Whose stream of draws: PyTorch's own kernel, or that of its MKL builds on Intel processors. */
  flavour: optional(oneOf('generic', 'intel'), 'generic'),
}
const options = {
  p: dropoutOptions.p,
  /** Outside of training the input is returned as it is. */
  training: optional(boolean, true),
  generator: dropoutOptions.generator,
  flavour: dropoutOptions.flavour,
}
export type DropoutOptions = OptionsOf<typeof options>
type Read = ValuesOf<typeof options>

const UNARY = { input: tensor }
export const DROPOUT = /* @__PURE__ */ signature('dropout', UNARY, options)
export const DROPOUT_1D = /* @__PURE__ */ signature('dropout1d', UNARY, options)
export const DROPOUT_2D = /* @__PURE__ */ signature('dropout2d', UNARY, options)
export const DROPOUT_3D = /* @__PURE__ */ signature('dropout3d', UNARY, options)
export const ALPHA_DROPOUT = /* @__PURE__ */ signature('alphaDropout', UNARY, options)

/** Throws OptionError unless p is a probability. */
export function assertProbability(operation: string, p: number): void {
  if (!(p >= 0 && p <= 1))
    throw new OptionError(operation, `dropout probability has to be between 0 and 1, but got ${p}`)
}

const { fround } = Math

/** Ones with probability 1 - p, else zeros, each replaced by `kept`; of the input's dtype. */
function mask(input: Tensor, shape: Shape, { p, generator: own, flavour }: Read, kept: number): Tensor {
  return filled(typeOf(input.dtype, shape), input.value.device, own ?? defaultGenerator, (from, out) => {
    from.bernoulli(out as FloatArray, 1 - p, { flavour })
    if (kept !== 1) for (let i = 0; i < out.length; i++) if (out[i] !== 0) out[i] = kept
  }) as Tensor
}

/** Zeroes elements and scales the rest; one draw per element of `shape`, which repeats to the input's. */
function drop<R>(operation: string, input: Tensor, shape: Shape, read: Read): R
function drop(operation: string, input: Tensor, shape: Shape, read: Read): Tensor {
  const { p, training } = read
  assertProbability(operation, p)
  if (!training || p === 0) return input
  if (p === 1) return input.mul(0)
  const kept = input.dtype === 'float32' ? fround(1 / fround(1 - p)) : 1 / (1 - p)
  return input.mul(mask(input, shape, read, kept))
}

/**
 * Zeroes elements with probability p and divides the rest by 1 - p, while training.
 * Errors: OptionError where p is outside [0, 1].
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.dropout.html
 */
export function dropout<T extends Tensor>(input: T, options?: DropoutOptions): Unchanged<T>
export function dropout(input: Tensor): Tensor {
  const read = DROPOUT.read(arguments)
  return drop('dropout', input, input.shape, read)
}

/** The shape of one draw per channel: [n, c, 1, ...]; of an input without a batch axis [c, 1, ...]. */
function channels(operation: string, { shape }: Tensor, ranks: readonly number[], unbatched: number | null): Shape {
  if (!ranks.includes(shape.length))
    throw new ShapeError(operation, [shape], `the input must have ${ranks.join(' or ')} axes`)
  const kept = shape.length === unbatched ? 1 : 2
  return shape.map((size, axis) => (axis < kept ? size : 1))
}

/** Zeroes whole channels of [n, c, length] or [c, length]. */
export function dropout1d<T extends Tensor>(input: T, options?: DropoutOptions): Unchanged<T>
export function dropout1d(input: Tensor): Tensor {
  const read = DROPOUT_1D.read(arguments)
  return drop('dropout1d', input, channels('dropout1d', input, [2, 3], 2), read)
}
/**
 * Zeroes whole channels of [n, c, height, width]; three axes are [n, c, length], as in PyTorch.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.dropout2d.html
 */
export function dropout2d<T extends Tensor>(input: T, options?: DropoutOptions): Unchanged<T>
export function dropout2d(input: Tensor): Tensor {
  const read = DROPOUT_2D.read(arguments)
  return drop('dropout2d', input, channels('dropout2d', input, [3, 4], null), read)
}
/** Zeroes whole channels of [n, c, depth, height, width] or [c, depth, height, width]. */
export function dropout3d<T extends Tensor>(input: T, options?: DropoutOptions): Unchanged<T>
export function dropout3d(input: Tensor): Tensor {
  const read = DROPOUT_3D.read(arguments)
  return drop('dropout3d', input, channels('dropout3d', input, [4, 5], 4), read)
}

/** selu's limit at minus infinity: -scale alpha. */
const SATURATION = -1.7580993408473766

/**
 * Dropout that keeps mean and variance of selu activations: dropped elements become selu's lower limit.
 * Source: https://arxiv.org/abs/1706.02515
 */
export function alphaDropout<T extends Tensor>(input: T, options?: DropoutOptions): Unchanged<T>
export function alphaDropout(input: Tensor): Tensor {
  const read = ALPHA_DROPOUT.read(arguments)
  const { p, training } = read
  assertProbability('alphaDropout', p)
  if (!training || p === 0) return input
  if (p === 1) return input.mul(0)
  // a (x m + limit (1 - m) - limit p), whose mean and variance are those of x for selu activations.
  const a = 1 / Math.sqrt((SATURATION * SATURATION * p + 1) * (1 - p))
  const keep = mask(input, input.shape, read, 1)
  const shift = keep.mul(-SATURATION * a).add(SATURATION * a - SATURATION * a * p)
  return input.mul(keep.mul(a)).add(shift)
}
