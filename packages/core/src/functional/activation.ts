/**
 * Activations, element by element. Integers become float32. Where a formula would overflow on the branch that is not
 * taken, that branch sees 0 instead, so that its gradient is 0 and not NaN.
 */
import { OptionError, ShapeError } from '../backend/errors.ts'
import type { CompositeGradient } from '../autograd/vjp.ts'
import type { Sym } from '../ir/builder.ts'
import { byName } from '../tensor/by-name.ts'
import type { Realized, Unchanged } from '../tensor/methods/arithmetic.ts'
import { Op, NONE } from '../tensor/op.ts'
import { one } from '../tensor/one.ts'
import { normalizeDim } from '../tensor/ops/axes.ts'
import { toFloat } from '../tensor/ops/promotion.ts'
import { sigmoidOf, special } from '../tensor/ops/special.ts'
import type { Resized } from '../tensor/static-axis.ts'
import type { Real } from '../tensor/static-dtype.ts'
import type { Tensor } from '../tensor/tensor.ts'

type Rule = (x: Sym, ...numbers: Sym[]) => Sym

const typed = ([x, ...numbers]: readonly Sym[]): [Sym, ...Sym[]] => {
  const float = toFloat(x!)
  return [float, ...numbers.map((number) => number.cast(float.dtype))]
}
/** One tensor and run-time numbers. */
const activation = (name: string, rule: Rule): Op => new Op(name, (args) => [rule(...typed(args))])
/** One named node; `slope` is its derivative by x. */
const smooth = (name: string, rule: Rule, slope: Rule): Op => {
  const gradient: CompositeGradient = ([g], args) => [g!.mul(slope(...typed(args))), ...args.slice(1).map(() => null)]
  return new Op(name, (args) => [rule(...typed(args))], { composite: gradient })
}

/** x limited to [low, high]; NaN stays, and nothing flows at or beyond the limits. */
const limited = (x: Sym, low: number | Sym, high: number | Sym): Sym =>
  x.le(low).where(low, x.lt(high).not().and(x.eq(x)).where(high, x))

const relu6Op: Op = /* @__PURE__ */ activation('relu6', (x) => limited(x, 0, 6))
const hardtanhOp: Op = /* @__PURE__ */ activation('hardtanh', (x, low, high) => limited(x, low, high))
const thresholdOp: Op = /* @__PURE__ */ activation('threshold', (x, threshold, value) =>
  x.le(threshold).where(value, x),
)
const leakyReluOp: Op = /* @__PURE__ */ activation('leakyRelu', (x, slope) => x.like(0).lt(x).where(x, x.mul(slope)))
const eluOp: Op = /* @__PURE__ */ activation('elu', (x, alpha, scale, inputScale) => {
  const below = x.le(0)
  return below.where(below.where(x, 0).mul(inputScale).expm1().mul(alpha), x).mul(scale)
})
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
const geluOp: Op = /* @__PURE__ */ smooth(
  'gelu',
  (x) => x.mul(phi(x)),
  // Phi(x) + x exp(-x^2 / 2) / sqrt(2 pi)
  (x) => phi(x).add(x.mul(x.mul(x).mul(-0.5).exp()).mul(1 / Math.sqrt(2 * Math.PI))),
)
const ROOT = Math.sqrt(2 / Math.PI)
/** tanh(sqrt(2 / pi) (x + 0.044715 x^3)) */
const geluTanhOf = (x: Sym): Sym => x.mul(x.mul(x).mul(0.044715).add(1)).mul(ROOT).tanh()
const geluTanhOp: Op = /* @__PURE__ */ smooth(
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
const siluOp: Op = /* @__PURE__ */ smooth(
  'silu',
  (x) => x.mul(sigmoidOf(x)),
  (x) => {
    const s = sigmoidOf(x)
    return s.mul(x.mul(s.like(1).sub(s)).add(1))
  },
)
const mishOp: Op = /* @__PURE__ */ smooth(
  'mish',
  (x) => x.mul(x.exp().log1p().tanh()),
  (x) => {
    // t + x sigmoid(x) (1 - t^2), t = tanh(log(1 + exp(x)))
    const t = x.exp().log1p().tanh()
    return t.add(x.mul(sigmoidOf(x)).mul(t.like(1).sub(t.mul(t))))
  },
)
const softplusOp: Op = /* @__PURE__ */ smooth(
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
export const logSigmoidOp: Op = /* @__PURE__ */ smooth(
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

/** max(x, 0). Gradient 0 at 0. Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.relu.html */
export const relu = <T extends Tensor>(input: T): Unchanged<T> => one(special.relu, NONE, input)
/** 1 / (1 + exp(-x)). */
export const sigmoid = <T extends Tensor>(input: T): Realized<T> => one(special.sigmoid, NONE, input)
export const tanh = <T extends Tensor>(input: T): Realized<T> => input.tanh()
/** min(max(x, 0), 6). */
export const relu6 = <T extends Tensor>(input: T): Realized<T> => one(relu6Op, NONE, input)
/** x limited to [minVal, maxVal], default [-1, 1]. Gradient 0 at the limits. */
export function hardtanh<T extends Tensor>(
  input: T,
  options: { readonly minVal?: number; readonly maxVal?: number } = {},
): Realized<T> {
  const { minVal = -1, maxVal = 1 } = byName('hardtanh', options)
  if (!(minVal <= maxVal)) throw new OptionError('hardtanh', `minVal ${minVal} is greater than maxVal ${maxVal}`)
  return one(hardtanhOp, NONE, input, minVal, maxVal)
}
/** `value` where x <= threshold, else x. */
export const threshold = <T extends Tensor>(
  input: T,
  options: { readonly threshold: number; readonly value: number },
): Realized<T> => {
  const { threshold: limit, value } = byName('threshold', options)
  return one(thresholdOp, NONE, input, limit, value)
}
/** x for x > 0, else negativeSlope x; default 0.01. */
export function leakyRelu<T extends Tensor>(input: T, options: { readonly negativeSlope?: number } = {}): Realized<T> {
  const { negativeSlope = 0.01 } = byName('leakyRelu', options)
  return one(leakyReluOp, NONE, input, negativeSlope)
}
/** x for x > 0, else alpha (exp(x) - 1); default alpha 1. Source: https://arxiv.org/abs/1511.07289 */
export function elu<T extends Tensor>(input: T, options: { readonly alpha?: number } = {}): Realized<T> {
  const { alpha = 1 } = byName('elu', options)
  return one(eluOp, NONE, input, alpha, 1, 1)
}
/** Self-normalising elu. Constants: https://arxiv.org/abs/1706.02515 */
export const selu = <T extends Tensor>(input: T): Realized<T> =>
  one(eluOp, NONE, input, 1.6732632423543772848170429916717, 1.0507009873554804934193349852946, 1)
/** x for x > 0, else alpha (exp(x / alpha) - 1); default alpha 1. */
export function celu<T extends Tensor>(input: T, options: { readonly alpha?: number } = {}): Realized<T> {
  const { alpha = 1 } = byName('celu', options)
  if (alpha === 0) throw new OptionError('celu', 'alpha must not be 0')
  return one(eluOp, NONE, input, alpha, 1, 1 / alpha)
}
/**
 * x Phi(x); with `approximate: 'tanh'` by a tanh. Source: https://arxiv.org/abs/1606.08415
 */
export function gelu<T extends Tensor>(
  input: T,
  options: { readonly approximate?: 'none' | 'tanh' } = {},
): Realized<T> {
  const { approximate = 'none' } = byName('gelu', options)
  if (approximate !== 'none' && approximate !== 'tanh')
    throw new OptionError('gelu', `approximate is 'none' or 'tanh' (got ${String(approximate)})`)
  return one(approximate === 'tanh' ? geluTanhOp : geluOp, NONE, input)
}
/** x sigmoid(x). */
export const silu = <T extends Tensor>(input: T): Realized<T> => one(siluOp, NONE, input)
/** x tanh(log(1 + exp(x))). */
export const mish = <T extends Tensor>(input: T): Realized<T> => one(mishOp, NONE, input)
/** log(1 + exp(beta x)) / beta, and x where beta x > threshold; default 1 and 20. */
export function softplus<T extends Tensor>(
  input: T,
  options: { readonly beta?: number; readonly threshold?: number } = {},
): Realized<T> {
  const { beta = 1, threshold: limit = 20 } = byName('softplus', options)
  return one(softplusOp, NONE, input, beta, limit)
}
/** x / (1 + |x|). */
export const softsign = <T extends Tensor>(input: T): Realized<T> => one(softsignOp, NONE, input)
/** min(max(x + 3, 0), 6) / 6. */
export const hardsigmoid = <T extends Tensor>(input: T): Realized<T> => one(hardsigmoidOp, NONE, input)
/** x hardsigmoid(x). */
export const hardswish = <T extends Tensor>(input: T): Realized<T> => one(hardswishOp, NONE, input)
/** log(sigmoid(x)), without overflow. */
export const logSigmoid = <T extends Tensor>(input: T): Realized<T> => one(logSigmoidOp, NONE, input)
/** x - tanh(x). */
export const tanhshrink = <T extends Tensor>(input: T): Realized<T> => one(tanhshrinkOp, NONE, input)
/** x moved towards 0 by lambda (default 0.5), at most to it. */
export function softshrink<T extends Tensor>(input: T, options: { readonly lambda?: number } = {}): Realized<T> {
  const { lambda = 0.5 } = byName('softshrink', options)
  if (!(lambda >= 0)) throw new OptionError('softshrink', `lambda must not be negative (got ${lambda})`)
  return one(softshrinkOp, NONE, input, lambda)
}
/** x, but 0 where |x| <= lambda (default 0.5). */
export function hardshrink<T extends Tensor>(input: T, options: { readonly lambda?: number } = {}): Realized<T> {
  const { lambda = 0.5 } = byName('hardshrink', options)
  return one(hardshrinkOp, NONE, input, lambda)
}
/** x for x > 0, else weight x. `weight`: [1], or one slope per channel (axis 1). */
export const prelu = <T extends Tensor>(input: T, weight: Tensor): Unchanged<T> => one(preluOp, NONE, input, weight)
/** First half of `dim` (default the last) times the sigmoid of the second. Source: https://arxiv.org/abs/1612.08083 */
export function glu<T extends Tensor, R extends number = -1>(
  input: T,
  options: { readonly dim?: R } = {},
): Tensor<Resized<T['shape'], R, number>, Real<T['dtype']>> {
  const { dim = -1 as R } = byName('glu', options)
  return one(gluOp, { axis: normalizeDim('glu', dim, input.shape.length) }, input)
}
