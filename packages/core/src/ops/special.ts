/**
 * Elementwise functions of one operand that are written in primitives. Where differentiating the body would lose digits
 * or give NaN at a point where PyTorch does not, the function has a gradient of its own.
 */
import type { CompositeName } from '../contract/composites.ts'
import { largestOf } from '../contract/dtype.ts'
import { DTypeError } from '../contract/errors.ts'
import type { Sym } from '../ir/builder.ts'
import { isFloat } from '../ir/type.ts'
import { traceComposite } from '../ir/composite.ts'
import { Composite, NONE, Op, Prepared } from '../engine/op.ts'
import { toFloat } from './promotion.ts'
import type { Special } from './unary.ts'

type Rule = (x: Sym) => Sym
/** From x, the result and g to the gradient of x. */
type Slope = (x: Sym, out: Sym, g: Sym) => Sym

/** Real results: integers become float32. */
const real = (name: string, rule: Rule): Op => new Op(name, ([x]) => [rule(toFloat(x!))])
/** Real results, as one composite node. */
function smooth<N extends CompositeName & Special>(name: N, rule: Rule, slope: Slope): Prepared<N, object> {
  const node = new Composite<N, object>(
    name,
    ([x]) => [rule(x!)],
    ([g], [x], [out]) => [slope(x!, out!, g!)],
  )
  return new Prepared<N, object>(node, ([x], _, builder) => traceComposite(node, builder, [toFloat(x!)], NONE))
}
/** Integers and bool stay what they are. */
const whole = (name: string, rule: Rule): Op => new Op(name, ([x]) => [isFloat(x!.dtype) ? rule(x!) : x!])
/** bool results; `other` is the answer for integers and bool. */
const test = (name: string, rule: Rule, other: boolean): Op =>
  new Op(name, ([x], _, builder) => [isFloat(x!.dtype) ? rule(x!) : builder.fill('bool', x!.shape, Number(other))])

/** trunc(x) from floor, toward zero. Its gradient is 0, of NaN too. */
export const trunc = (x: Sym): Sym => (isFloat(x.dtype) ? traceComposite(truncNode, x.builder, [x], NONE)[0]! : x)
export const truncNode = new Composite(
  'trunc',
  ([x]) => [x!.abs().floor().mul(x!.sign())],
  ([g]) => [g!.like(0)],
)
const isNaN = (x: Sym): Sym => x.eq(x).not()
/** x where it is positive or zero, with its own sign put back on what `rule` makes of |x|. */
const odd = (x: Sym, rule: Rule): Sym => rule(x.abs()).mul(x.sign())
/** 1 - x^2, as PyTorch's gradients take it (near 1 it loses digits that (1 - x)(1 + x) would keep). */
const oneMinusSquare = (x: Sym): Sym => x.like(1).sub(x.mul(x))
const rsqrt = (x: Sym): Sym => x.like(1).div(x.sqrt())
/** Where a^2 would lose a's last digits, asinh and acosh are log(2a) to rounding, and a^2 may overflow. */
const LARGE = 1e4
/** Below it sinh is taken from expm1, above it from two exponentials of half the argument, which overflow no earlier than sinh. */
const SMALL = 1

const sinhOf = (a: Sym): Sym => {
  const e = a.minimum(SMALL).expm1()
  const half = a.mul(0.5).exp()
  return a
    .le(SMALL)
    .where(e.add(e.div(e.add(1))).mul(0.5), half.mul(0.5).mul(half).sub(half.like(0.5).div(half).div(half)))
}
const coshOf = (a: Sym): Sym => {
  const half = a.mul(0.5).exp()
  return half.mul(0.5).mul(half).add(half.like(0.5).div(half).div(half))
}
const logDouble = (a: Sym): Sym => a.log().add(Math.LN2)

/**
 * 1 / (1 + exp(-x)), with a rule of its own: the exponential overflows to infinity and the quotient to 0 where x is very negative,
 * but the derivative of the quotient is infinity times 0.
 */
export const sigmoidNode = /* @__PURE__ */ new Composite(
  'sigmoid',
  ([x]) => [x!.like(1).div(x!.neg().exp().add(1))],
  ([g], _, [out]) => [g!.mul(out!.mul(out!.like(1).sub(out!)))],
)
/** sigmoid(x) as a part of other operations, whose derivatives of any order stay finite. */
export const sigmoidOf = (x: Sym): Sym => traceComposite(sigmoidNode, x.builder, [x], NONE)[0]!

export const special = {
  trunc: whole('trunc', trunc),
  frac: smooth(
    'frac',
    (x) => x.sub(trunc(x)),
    (_, __, g) => g,
  ),
  square: new Op('square', ([x]) => [x!.dtype === 'bool' ? x!.cast('int32').mul(x!.cast('int32')) : x!.mul(x!)]),
  reciprocal: smooth(
    'reciprocal',
    (x) => x.like(1).div(x),
    (_, out, g) => g.neg().mul(out).mul(out),
  ),
  rsqrt: smooth(
    'rsqrt',
    (x) => x.like(1).div(x.sqrt()),
    (_, out, g) => g.mul(-0.5).mul(out.mul(out).mul(out)),
  ),
  exp2: smooth(
    'exp2',
    (x) => x.like(2).pow(x),
    (_, out, g) => g.mul(out).mul(Math.LN2),
  ),
  log2: smooth(
    'log2',
    (x) => x.log().mul(Math.LOG2E),
    (x, _, g) => g.div(x.mul(Math.LN2)),
  ),
  log10: smooth(
    'log10',
    (x) => x.log().mul(Math.LOG10E),
    (x, _, g) => g.div(x.mul(Math.LN10)),
  ),
  tan: smooth(
    'tan',
    (x) => x.sin().div(x.cos()),
    (_, out, g) => g.mul(out.mul(out).add(1)),
  ),
  // asin x = 2 atan(x / (1 + sqrt(1 - x^2)))
  asin: smooth(
    'asin',
    (x) =>
      x
        .div(x.like(1).sub(x).mul(x.add(1)).sqrt().add(1))
        .atan()
        .mul(2),
    (x, _, g) => g.mul(rsqrt(oneMinusSquare(x))),
  ),
  // acos x = 2 atan(sqrt((1 - x) / (1 + x)))
  acos: smooth(
    'acos',
    (x) => x.like(1).sub(x).div(x.add(1)).sqrt().atan().mul(2),
    (x, _, g) => g.neg().mul(rsqrt(oneMinusSquare(x))),
  ),
  sinh: smooth(
    'sinh',
    (x) => odd(x, sinhOf),
    (x, _, g) => g.mul(specialOf('cosh', x)),
  ),
  cosh: smooth(
    'cosh',
    (x) => coshOf(x.abs()),
    (x, _, g) => g.mul(specialOf('sinh', x)),
  ),
  // asinh a = log1p(a + a^2 / (1 + sqrt(1 + a^2)))
  asinh: smooth(
    'asinh',
    (x) =>
      odd(x, (a) => {
        const [near, s] = [a.minimum(LARGE), a.minimum(LARGE).mul(a.minimum(LARGE))]
        return a.le(LARGE).where(near.add(s.div(s.add(1).sqrt().add(1))).log1p(), logDouble(a))
      }),
    (x, _, g) => g.div(x.mul(x).add(1).sqrt()),
  ),
  // acosh x = log1p(t + sqrt(t) sqrt(t + 2)), t = x - 1
  acosh: smooth(
    'acosh',
    (x) => {
      const t = x.minimum(LARGE).sub(1)
      // A root for each factor: below 1 one of them is NaN.
      return x.le(LARGE).where(t.add(t.sqrt().mul(t.add(2).sqrt())).log1p(), logDouble(x))
    },
    (x, _, g) => g.mul(rsqrt(x.mul(x).sub(1))),
  ),
  // atanh a = log1p(2a / (1 - a)) / 2
  atanh: smooth(
    'atanh',
    (x) => odd(x, (a) => a.mul(2).div(a.like(1).sub(a)).log1p().mul(0.5)),
    (x, _, g) => g.div(oneMinusSquare(x)),
  ),
  sigmoid: real('sigmoid', sigmoidOf),
  // log(x / (1 - x)), with no value and no derivative outside of [0, 1].
  logit: smooth(
    'logit',
    (x) => x.div(x.like(1).sub(x)).log(),
    (x, _, g) => {
      const variance = x.mul(x.like(1).sub(x))
      return variance.lt(0).where(Number.NaN, g.div(variance))
    },
  ),
  // max(x, 0): NaN stays, the gradient at 0 is 0.
  relu: new Op('relu', ([x]) => [x!.le(0).where(0, x!)]),
  // sin(a) / a for a = pi x, 1 at 0. Derivative by a: (cos(a) - sin(a) / a) / a, near 0 its series -a/3 + a^3/30 - a^5/840.
  sinc: smooth(
    'sinc',
    (x) => {
      const a = x.eq(0).where(1, x.mul(Math.PI))
      return x.eq(0).where(1, a.sin().div(a))
    },
    (x, out, g) => {
      const a = x.mul(Math.PI)
      const isNear = a.abs().lt(0.25)
      // Each where it is not used is that of a number for which it is finite.
      const [small, far] = [isNear.where(a, 0), isNear.where(1, a)]
      const square = small.mul(small)
      const near = small.mul(square.mul(square.mul(-1 / 840).add(1 / 30)).add(-1 / 3))
      return g.mul(isNear.where(near, far.cos().sub(out).div(far))).mul(Math.PI)
    },
  ),
  deg2rad: real('deg2rad', (x) => x.mul(Math.PI / 180)),
  rad2deg: real('rad2deg', (x) => x.mul(180 / Math.PI)),
  isnan: test('isnan', isNaN, false),
  isinf: test('isinf', (x) => x.abs().eq(Infinity), false),
  isfinite: test('isfinite', (x) => x.abs().lt(Infinity), true),
  isposinf: test('isposinf', (x) => x.eq(Infinity), false),
  isneginf: test('isneginf', (x) => x.eq(-Infinity), false),
  // The sign of -0 shows in its reciprocal.
  signbit: new Op('signbit', ([x], _, builder) => {
    if (isFloat(x!.dtype)) return [x!.lt(0).or(x!.eq(0).and(x!.like(1).div(x!).lt(0)))]
    return [x!.dtype === 'bool' ? builder.fill('bool', x!.shape, 0) : x!.lt(0)]
  }),
} satisfies { readonly [name in Special]: Op }

/** A function with the gradient of its own, of real numbers. */
export const specialOf = (name: Special, x: Sym): Sym => special[name].trace([x], NONE, x.builder)[0]!

interface Replacement {
  readonly nan: number
  readonly posinf: number | null
  readonly neginf: number | null
}
export const nanToNum: Op<Replacement> = new Op('nanToNum', ([x], { nan, posinf, neginf }) => {
  if (!isFloat(x!.dtype)) return [x!]
  // The largest finite number stands for infinity, unless another is named.
  const largest = largestOf(x!.dtype)
  const bounded = x!.eq(Infinity).where(posinf ?? largest, x!.eq(-Infinity).where(neginf ?? -largest, x!))
  return [isNaN(x!).where(nan, bounded)]
})

export const bitwiseNot: Op = new Op('bitwiseNot', ([x]) => {
  if (isFloat(x!.dtype)) throw new DTypeError('bitwiseNot', [x!.dtype], 'needs bool or integers')
  return [x!.not()]
})
