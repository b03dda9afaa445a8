/**
 * Dropout. The masks are drawn on the host from the generator, exactly as PyTorch draws them on a CPU: two 32-bit draws
 * per mask element, in memory order; none where p is 0 or 1 or outside training.
 */
import type { Shape } from '../contract/contract.ts'
import { DTYPES } from '../contract/dtype.ts'
import { OptionError, ShapeError } from '../contract/errors.ts'
import { typeOf } from '../ir/type.ts'
import { defaultGenerator } from '../random/default-generator.ts'
import type { FloatArray } from '../random/generator.ts'
import { boolean, number, oneOf } from '../signature/kind.ts'
import { optional, signature, type OptionsOf, type ValuesOf } from '../signature/signature.ts'
import { generator, tensor } from '../engine/kinds.ts'
import { filled } from '../engine/host.ts'
import type { Unchanged } from '../tensor/methods/arithmetic.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { warnInLoops } from '../engine/warning.ts'

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
export interface DropoutOptions extends OptionsOf<typeof options> {}
/** PyTorch's own default differs for this one. */
const alphaOptions = { ...options, training: optional(boolean, false) }
type Read = ValuesOf<typeof options>

const UNARY = { input: tensor }
export const DROPOUT = /* @__PURE__ */ signature('dropout', UNARY, options)
export const DROPOUT_1D = /* @__PURE__ */ signature('dropout1d', UNARY, options)
export const DROPOUT_2D = /* @__PURE__ */ signature('dropout2d', UNARY, options)
export const DROPOUT_3D = /* @__PURE__ */ signature('dropout3d', UNARY, options)
export const ALPHA_DROPOUT = /* @__PURE__ */ signature('alphaDropout', UNARY, alphaOptions)

/** Throws OptionError unless p is a probability. */
export function assertProbability(operation: string, p: number): void {
  if (!(p >= 0 && p <= 1))
    throw new OptionError(operation, `dropout probability has to be between 0 and 1, but got ${p}`)
}

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
  const round = input.type.kind === 'float' ? DTYPES[input.dtype].round : Number
  const kept = round(1 / round(1 - p))
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

/** One draw per channel: [n, c, 1, ...], or [c, 1, ...] where one axis is kept. */
const perChannel = ({ shape }: Tensor, kept: 1 | 2): Shape => shape.map((size, axis) => (axis < kept ? size : 1))

/** PyTorch warns of another number of axes, and goes on. */
function warnOfRank(operation: string, { shape }: Tensor, ranks: readonly number[], kept: 1 | 2): void {
  if (shape.length < kept) throw new ShapeError(operation, [shape], 'the input must be [n, c, ...space]')
  if (ranks.includes(shape.length)) return
  warnInLoops(
    operation,
    `is meant for inputs of ${ranks.join(' or ')} axes (got [${shape.join(',')}]); ` +
      (shape.length === kept
        ? 'single elements are dropped, as dropout does'
        : `axis ${kept - 1} is taken for the channels`),
  )
}

/**
 * Zeroes whole channels of [n, c, length] or [c, length].
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.dropout1d.html
 */
export function dropout1d<T extends Tensor>(input: T, options?: DropoutOptions): Unchanged<T>
export function dropout1d(input: Tensor): Tensor {
  const read = DROPOUT_1D.read(arguments)
  const rank = input.shape.length
  if (rank !== 2 && rank !== 3) throw new ShapeError('dropout1d', [input.shape], 'the input must have 2 or 3 axes')
  return drop('dropout1d', input, perChannel(input, rank === 3 ? 2 : 1), read)
}
/**
 * Zeroes whole channels of [n, c, height, width]; three axes are [n, c, length], as in PyTorch. Other inputs give a warning;
 * of [n, c] single elements are dropped.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.dropout2d.html
 */
export function dropout2d<T extends Tensor>(input: T, options?: DropoutOptions): Unchanged<T>
export function dropout2d(input: Tensor): Tensor {
  const read = DROPOUT_2D.read(arguments)
  warnOfRank('dropout2d', input, [3, 4], 2)
  return drop('dropout2d', input, perChannel(input, 2), read)
}
/**
 * Zeroes whole channels of [n, c, depth, height, width] or [c, depth, height, width]. Other inputs give a warning, and have their
 * channels first.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.dropout3d.html
 */
export function dropout3d<T extends Tensor>(input: T, options?: DropoutOptions): Unchanged<T>
export function dropout3d(input: Tensor): Tensor {
  const read = DROPOUT_3D.read(arguments)
  const kept = input.shape.length === 5 ? 2 : 1
  warnOfRank('dropout3d', input, [4, 5], kept)
  return drop('dropout3d', input, perChannel(input, kept), read)
}

/** selu's limit at minus infinity: -scale alpha. */
const SATURATION = -1.7580993408473766

/**
 * Dropout that keeps mean and variance of selu activations: dropped elements become selu's lower limit. As in PyTorch
 * `training` is false unless it is given.
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
