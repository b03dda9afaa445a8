/**
 * Activations, element by element. Integers become float32. Where a formula would overflow on the branch that is not
 * taken, that branch sees 0 instead, so that its gradient is 0 and not NaN.
 */
import { OptionError, ShapeError } from '../contract/errors.ts'
import type { CompositeName } from '../contract/composites.ts'
import type { Sym } from '../ir/builder.ts'
import { number, oneOf } from '../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../signature/signature.ts'
import { dim, scalar, tensor } from '../engine/kinds.ts'
import type { Realized, Unchanged } from '../tensor/methods/arithmetic.ts'
import { traceComposite } from '../ir/composite.ts'
import { Composite, NONE, Op } from '../engine/op.ts'
import { one } from '../tensor/one.ts'
import { normalizeDim } from '../ops/axes.ts'
import { toFloat } from '../ops/promotion.ts'
import { sigmoidOf, special } from '../ops/special.ts'
import type { Resized } from '../tensor/static-axis.ts'
import type { DTypeOf, Real } from '../tensor/static-dtype.ts'
import type { ShapeOf } from '../tensor/static-shape.ts'
import type { Tensor } from '../tensor/tensor.ts'

type Rule = (x: Sym, ...numbers: Sym[]) => Sym

const typed = ([x, ...numbers]: readonly Sym[]): [Sym, ...Sym[]] => {
  const float = toFloat(x!)
  return [float, ...numbers.map((each) => each.cast(float.dtype))]
}
/** One tensor and run-time numbers. */
const activation = (name: string, rule: Rule): Op => new Op(name, (args) => [rule(...typed(args))])
/** One named node; `slope` is its derivative by x. */
const smooth = <N extends CompositeName>(name: N, rule: Rule, slope: Rule): Composite<N, object> =>
  new Composite<N, object>(
    name,
    (args) => [rule(...typed(args))],
    ([g], args) => [g!.mul(slope(...typed(args))), ...args.slice(1).map(() => null)],
  )

/** x limited to [low, high]; NaN stays, and nothing flows at or beyond the limits. */
const limited = (x: Sym, low: number | Sym, high: number | Sym): Sym =>
  x.le(low).where(low, x.lt(high).not().and(x.eq(x)).where(high, x))

const relu6Op: Op = /* @__PURE__ */ activation('relu6', (x) => limited(x, 0, 6))
const hardtanhOp: Op = /* @__PURE__ */ activation('hardtanh', (x, low, high) => limited(x, low, high))
const thresholdOp: Op = /* @__PURE__ */ activation('threshold', (x, threshold, value) =>
  x.le(threshold).where(value, x),
)
const leakyReluOp: Op = /* @__PURE__ */ activation('leakyRelu', (x, slope) => x.like(0).lt(x).where(x, x.mul(slope)))
export const eluOp = /* @__PURE__ */ smooth(
  'elu',
  (x, alpha, scale, inputScale) => {
    const below = x.le(0)
    return below.where(below.where(x, 0).mul(inputScale).expm1().mul(alpha), x).mul(scale)
  },
  // alpha exp(x) at and below 0, whose own derivative at 0 is 0, as in PyTorch.
  (x, alpha, scale, inputScale) =>
    x
      .le(0)
      .where(x.lt(0).where(x, 0).mul(inputScale).exp().mul(alpha.mul(inputScale)), 1)
      .mul(scale),
)
const hardsigmoidOp: Op = /* @__PURE__ */ activation('hardsigmoid', (x) => limited(x.add(3), 0, 6).div(6))
const hardswishOp: Op = /* @__PURE__ */ activation('hardswish', (x) =>
  x.le(-3).where(0, x.lt(3).where(x.mul(x.add(3)).div(6), x)),
)
const softsignOp: Op = /* @__PURE__ */ activation('softsign', (x) => x.div(x.abs().add(1)))
const tanhshrinkOp: Op = /* @__PURE__ */ activation('tanhshrink', (x) => x.sub(x.tanh()))
// x * 0 keeps NaN.
const softshrinkOp: Op = /* @__PURE__ */ activation('softshrink', (x, lambda) =>
  lambda
    .expand(x.shape)
    .lt(x)
    .where(x.sub(lambda), x.lt(lambda.neg()).where(x.add(lambda), x.mul(0))),
)
const hardshrinkOp: Op = /* @__PURE__ */ activation('hardshrink', (x, lambda) => x.abs().le(lambda).where(0, x))

/** Phi(x), the normal distribution's cumulative probability. */
const phi = (x: Sym): Sym => x.mul(Math.SQRT1_2).erf().add(1).mul(0.5)
export const geluOp = /* @__PURE__ */ smooth(
  'gelu',
  (x) => x.mul(phi(x)),
  // Phi(x) + x exp(-x^2 / 2) / sqrt(2 pi)
  (x) => phi(x).add(x.mul(x.mul(x).mul(-0.5).exp()).mul(1 / Math.sqrt(2 * Math.PI))),
)
const ROOT = Math.sqrt(2 / Math.PI)
/** tanh(sqrt(2 / pi) (x + 0.044715 x^3)) */
const geluTanhOf = (x: Sym): Sym => x.mul(x.mul(x).mul(0.044715).add(1)).mul(ROOT).tanh()
export const geluTanhOp = /* @__PURE__ */ smooth(
  'geluTanh',
  (x) => x.mul(0.5).mul(geluTanhOf(x).add(1)),
  (x) => {
    // (1 + t) / 2 + x / 2 (1 - t^2) sqrt(2 / pi) (1 + 3 0.044715 x^2)
    const t = geluTanhOf(x)
    const inner = x
      .mul(x)
      .mul(3 * 0.044715)
      .add(1)
      .mul(ROOT)
    return t
      .add(1)
      .mul(0.5)
      .add(
        x
          .mul(0.5)
          .mul(t.like(1).sub(t.mul(t)))
          .mul(inner),
      )
  },
)
export const siluOp = /* @__PURE__ */ smooth(
  'silu',
  (x) => x.mul(sigmoidOf(x)),
  (x) => {
    const s = sigmoidOf(x)
    return s.mul(x.mul(s.like(1).sub(s)).add(1))
  },
)
/** log(1 + exp(x)) = -log(sigmoid(-x)) */
const softplusOf = (x: Sym): Sym => traceComposite(logSigmoidOp, x.builder, [x.neg()], NONE)[0]!.neg()
export const mishOp = /* @__PURE__ */ smooth(
  'mish',
  (x) => x.mul(softplusOf(x).tanh()),
  (x) => {
    // t + x sigmoid(x) (1 - t^2), t = tanh(log(1 + exp(x)))
    const t = softplusOf(x).tanh()
    return t.add(x.mul(sigmoidOf(x)).mul(t.like(1).sub(t.mul(t))))
  },
)
export const softplusOp = /* @__PURE__ */ smooth(
  'softplus',
  (x, beta, threshold) => {
    const scaled = x.mul(beta)
    return threshold.expand(x.shape).lt(scaled).where(x, scaled.exp().log1p().div(beta))
  },
  (x, beta, threshold) => {
    const scaled = x.mul(beta)
    return threshold.expand(x.shape).lt(scaled).where(1, sigmoidOf(scaled))
  },
)
export const logSigmoidOp = /* @__PURE__ */ smooth(
  'logSigmoid',
  (x) => x.minimum(0).sub(x.abs().neg().exp().log1p()),
  (x) => sigmoidOf(x.neg()),
)
const preluOp: Op = /* @__PURE__ */ new Op('prelu', ([x, weight]) => {
  const count = weight!.type.size
  if (weight!.rank > 1 || (count !== 1 && count !== x!.shape[1]))
    throw new ShapeError('prelu', [x!.shape, weight!.shape], 'the weight holds one slope, or one per channel (axis 1)')
  const slopes = weight!.reshape(
    x!.rank < 2 ? x!.shape.map(() => 1) : x!.shape.map((_, axis) => (axis === 1 ? count : 1)),
  )
  return [
    x!
      .like(0)
      .lt(x!)
      .where(x!, x!.mul(slopes.expand(x!.shape))),
  ]
})
const gluOp: Op<{ axis: number }> = /* @__PURE__ */ new Op('glu', ([x], { axis }) => {
  const size = x!.shape[axis] ?? 1
  if (size % 2 !== 0) throw new ShapeError('glu', [x!.shape], `axis ${axis} is split in half, so its size must be even`)
  const start = x!.shape.map((_, i) => (i === axis ? size / 2 : 0))
  const first = x!.slice(
    x!.shape.map(() => 0),
    x!.shape.with(axis, size / 2),
  )
  return [first.mul(sigmoidOf(x!.slice(start, x!.shape)))]
})

const UNARY = { input: tensor }
export const hardtanhOptions = {
  /** The least result. */
  minVal: optional(number, -1),
  /** The greatest result. */
  maxVal: optional(number, 1),
}
export const thresholdOptions = {
  /** Up to it, `value` stands in the place of x. */
  threshold: scalar,
  /** What stands there. */
  value: scalar,
}
export const leakyReluOptions = {
  /** The slope below 0. */
  negativeSlope: optional(scalar, 0.01),
}
export const eluOptions = {
  /** The limit at minus infinity, with the other sign. */
  alpha: optional(scalar, 1),
}
export const celuOptions = {
  /** The limit at minus infinity, with the other sign; not 0. */
  alpha: optional(number, 1),
}
export const geluOptions = {
  /** By the error function, or by a tanh. */
  approximate: optional(oneOf('none', 'tanh'), 'none'),
}
export const softplusOptions = {
  /** The steepness at 0. */
  beta: optional(scalar, 1),
  /** x itself stands where beta x is greater. */
  threshold: optional(scalar, 20),
}
export const softshrinkOptions = {
  /** How far x moves; not negative. */
  lambda: optional(number, 0.5),
}
export const hardshrinkOptions = {
  /** Up to this distance from 0 the result is 0. */
  lambda: optional(scalar, 0.5),
}
export const gluOptions = {
  /** The dimension that is split in half. */
  dim: optional(dim, -1),
}
export interface HardtanhOptions extends OptionsOf<typeof hardtanhOptions> {}
export interface ThresholdOptions extends OptionsOf<typeof thresholdOptions> {}
export interface LeakyReluOptions extends OptionsOf<typeof leakyReluOptions> {}
export interface EluOptions extends OptionsOf<typeof eluOptions> {}
export interface CeluOptions extends OptionsOf<typeof celuOptions> {}
export interface GeluOptions extends OptionsOf<typeof geluOptions> {}
export interface SoftplusOptions extends OptionsOf<typeof softplusOptions> {}
export interface SoftshrinkOptions extends OptionsOf<typeof softshrinkOptions> {}
export interface HardshrinkOptions extends OptionsOf<typeof hardshrinkOptions> {}
export interface GluOptions<D extends number = number> extends OptionsOf<typeof gluOptions> {
  readonly dim?: D | undefined
}

export const RELU = /* @__PURE__ */ signature('relu', UNARY)
export const SIGMOID = /* @__PURE__ */ signature('sigmoid', UNARY)
export const TANH = /* @__PURE__ */ signature('tanh', UNARY)
export const RELU6 = /* @__PURE__ */ signature('relu6', UNARY)
export const HARDTANH = /* @__PURE__ */ signature('hardtanh', UNARY, hardtanhOptions)
export const THRESHOLD = /* @__PURE__ */ signature('threshold', UNARY, thresholdOptions)
export const LEAKY_RELU = /* @__PURE__ */ signature('leakyRelu', UNARY, leakyReluOptions)
export const ELU = /* @__PURE__ */ signature('elu', UNARY, eluOptions)
export const SELU = /* @__PURE__ */ signature('selu', UNARY)
export const CELU = /* @__PURE__ */ signature('celu', UNARY, celuOptions)
export const GELU = /* @__PURE__ */ signature('gelu', UNARY, geluOptions)
export const SILU = /* @__PURE__ */ signature('silu', UNARY)
export const MISH = /* @__PURE__ */ signature('mish', UNARY)
export const SOFTPLUS = /* @__PURE__ */ signature('softplus', UNARY, softplusOptions)
export const SOFTSIGN = /* @__PURE__ */ signature('softsign', UNARY)
export const HARDSIGMOID = /* @__PURE__ */ signature('hardsigmoid', UNARY)
export const HARDSWISH = /* @__PURE__ */ signature('hardswish', UNARY)
export const LOG_SIGMOID = /* @__PURE__ */ signature('logSigmoid', UNARY)
export const TANHSHRINK = /* @__PURE__ */ signature('tanhshrink', UNARY)
export const SOFTSHRINK = /* @__PURE__ */ signature('softshrink', UNARY, softshrinkOptions)
export const HARDSHRINK = /* @__PURE__ */ signature('hardshrink', UNARY, hardshrinkOptions)
export const GLU = /* @__PURE__ */ signature('glu', UNARY, gluOptions)
export const PRELU = /* @__PURE__ */ signature('prelu', { input: tensor, weight: tensor })

/** max(x, 0). Gradient 0 at 0. Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.relu.html */
export function relu<T extends Tensor>(input: T): Unchanged<T> {
  RELU.read(arguments)
  return one(special.relu, NONE, input)
}
/** 1 / (1 + exp(-x)). Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.sigmoid.html */
export function sigmoid<T extends Tensor>(input: T): Realized<T> {
  SIGMOID.read(arguments)
  return one(special.sigmoid, NONE, input)
}
/** (exp(x) - exp(-x)) / (exp(x) + exp(-x)). Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.tanh.html */
export function tanh<T extends Tensor>(input: T): Realized<T> {
  TANH.read(arguments)
  return input.tanh()
}
/** min(max(x, 0), 6). Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.relu6.html */
export function relu6<T extends Tensor>(input: T): Realized<T> {
  RELU6.read(arguments)
  return one(relu6Op, NONE, input)
}
/**
 * x limited to [minVal, maxVal]. Gradient 0 at the limits.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.hardtanh.html
 */
export function hardtanh<T extends Tensor>(input: T, options?: HardtanhOptions): Realized<T>
export function hardtanh(input: Tensor): Tensor {
  const { minVal, maxVal } = HARDTANH.read(arguments)
  if (!(minVal <= maxVal)) throw new OptionError('hardtanh', `minVal ${minVal} is greater than maxVal ${maxVal}`)
  return one(hardtanhOp, NONE, input, minVal, maxVal)
}
/** `value` where x <= threshold, else x. Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.threshold.html */
export function threshold<T extends Tensor>(input: T, options: ThresholdOptions): Realized<T>
export function threshold(input: Tensor): Tensor {
  const { threshold: limit, value } = THRESHOLD.read(arguments)
  return one(thresholdOp, NONE, input, limit, value)
}
/** x for x > 0, else negativeSlope x. Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.leaky_relu.html */
export function leakyRelu<T extends Tensor>(input: T, options?: LeakyReluOptions): Realized<T>
export function leakyRelu(input: Tensor): Tensor {
  const { negativeSlope } = LEAKY_RELU.read(arguments)
  return one(leakyReluOp, NONE, input, negativeSlope)
}
/** x for x > 0, else alpha (exp(x) - 1). Source: https://arxiv.org/abs/1511.07289 */
export function elu<T extends Tensor>(input: T, options?: EluOptions): Realized<T>
export function elu(input: Tensor): Tensor {
  const { alpha } = ELU.read(arguments)
  return one(eluOp, NONE, input, alpha, 1, 1)
}
/** Self-normalising elu. Constants: https://arxiv.org/abs/1706.02515 */
export function selu<T extends Tensor>(input: T): Realized<T> {
  SELU.read(arguments)
  return one(eluOp, NONE, input, 1.6732632423543772848170429916717, 1.0507009873554804934193349852946, 1)
}
/**
 * x for x > 0, else alpha (exp(x / alpha) - 1).
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.celu.html
 */
export function celu<T extends Tensor>(input: T, options?: CeluOptions): Realized<T>
export function celu(input: Tensor): Tensor {
  const { alpha } = CELU.read(arguments)
  if (alpha === 0) throw new OptionError('celu', 'alpha must not be 0')
  return one(eluOp, NONE, input, alpha, 1, 1 / alpha)
}
/**
 * x Phi(x); with `approximate: 'tanh'` by a tanh. Source: https://arxiv.org/abs/1606.08415
 */
export function gelu<T extends Tensor>(input: T, options?: GeluOptions): Realized<T>
export function gelu(input: Tensor): Tensor {
  const { approximate } = GELU.read(arguments)
  return one(approximate === 'tanh' ? geluTanhOp : geluOp, NONE, input)
}
/** x sigmoid(x), element by element. Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.silu.html */
export function silu<T extends Tensor>(input: T): Realized<T> {
  SILU.read(arguments)
  return one(siluOp, NONE, input)
}
/** x tanh(log(1 + exp(x))). Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.mish.html */
export function mish<T extends Tensor>(input: T): Realized<T> {
  MISH.read(arguments)
  return one(mishOp, NONE, input)
}
/**
 * log(1 + exp(beta x)) / beta, and x where beta x > threshold.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.softplus.html
 */
export function softplus<T extends Tensor>(input: T, options?: SoftplusOptions): Realized<T>
export function softplus(input: Tensor): Tensor {
  const { beta, threshold: limit } = SOFTPLUS.read(arguments)
  return one(softplusOp, NONE, input, beta, limit)
}
/** x / (1 + |x|). Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.softsign.html */
export function softsign<T extends Tensor>(input: T): Realized<T> {
  SOFTSIGN.read(arguments)
  return one(softsignOp, NONE, input)
}
/** min(max(x + 3, 0), 6) / 6. Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.hardsigmoid.html */
export function hardsigmoid<T extends Tensor>(input: T): Realized<T> {
  HARDSIGMOID.read(arguments)
  return one(hardsigmoidOp, NONE, input)
}
/** x hardsigmoid(x), element by element. Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.hardswish.html */
export function hardswish<T extends Tensor>(input: T): Realized<T> {
  HARDSWISH.read(arguments)
  return one(hardswishOp, NONE, input)
}
/** log(sigmoid(x)), without overflow. Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.logsigmoid.html */
export function logSigmoid<T extends Tensor>(input: T): Realized<T> {
  LOG_SIGMOID.read(arguments)
  return one(logSigmoidOp, NONE, input)
}
/** x - tanh(x). Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.tanhshrink.html */
export function tanhshrink<T extends Tensor>(input: T): Realized<T> {
  TANHSHRINK.read(arguments)
  return one(tanhshrinkOp, NONE, input)
}
/**
 * x moved towards 0 by lambda, at most to it.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.softshrink.html
 */
export function softshrink<T extends Tensor>(input: T, options?: SoftshrinkOptions): Realized<T>
export function softshrink(input: Tensor): Tensor {
  const { lambda } = SOFTSHRINK.read(arguments)
  if (!(lambda >= 0)) throw new OptionError('softshrink', `lambda must not be negative (got ${lambda})`)
  return one(softshrinkOp, NONE, input, lambda)
}
/** x, but 0 where |x| <= lambda. Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.hardshrink.html */
export function hardshrink<T extends Tensor>(input: T, options?: HardshrinkOptions): Realized<T>
export function hardshrink(input: Tensor): Tensor {
  const { lambda } = HARDSHRINK.read(arguments)
  return one(hardshrinkOp, NONE, input, lambda)
}
/**
 * x for x > 0, else weight x. `weight`: [1], or one slope per channel (axis 1).
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.prelu.html
 */
export function prelu<T extends Tensor>(input: T, weight: Tensor): Unchanged<T> {
  PRELU.read(arguments)
  return one(preluOp, NONE, input, weight)
}
/** First half of `dim` times the sigmoid of the second. Source: https://arxiv.org/abs/1612.08083 */
export function glu<T extends Tensor, D extends number = -1>(
  input: T,
  options?: GluOptions<D>,
): Tensor<Resized<ShapeOf<T>, D, number>, Real<DTypeOf<T>>>
export function glu(input: Tensor): Tensor {
  const read = GLU.read(arguments)
  return one(gluOp, { axis: normalizeDim('glu', read.dim, input.shape.length) }, input)
}
