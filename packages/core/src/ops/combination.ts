/** Elementwise functions of two and three operands that are written in primitives. Operands broadcast and promote. */
import { DTypeError, OptionError } from '../contract/errors.ts'
import type { Sym } from '../ir/builder.ts'
import { isFloat } from '../ir/type.ts'
import { traceComposite, type CompositeGradient } from '../ir/composite.ts'
import { Composite, NONE, Op, Prepared } from '../engine/op.ts'
import { castNumber } from './integers.ts'
import { specialOf } from './special.ts'
import { broadcast, toFloat, unify } from './promotion.ts'
import { refuseWhere } from './refusal.ts'

// oxlint-disable-next-line no-explicit-any -- rules have one, two or more operands
type Rule = (...operands: any[]) => Sym

/** Operands of one dtype and shape; integers become float32. */
const real = (name: string, rule: Rule): Op =>
  new Op(name, (operands) => [rule(...unify(name, operands.map(toFloat)))], { real: true })

type Combination =
  | 'atan2'
  | 'hypot'
  | 'logaddexp'
  | 'logaddexp2'
  | 'xlogy'
  | 'copysign'
  | 'clamp'
  | 'clampMin'
  | 'clampMax'
/** As `real` (or with `keep`, any number dtype), as one node with a gradient of its own over the unified operands. */
function composite<N extends Combination>(
  name: N,
  rule: Rule,
  gradient: CompositeGradient,
  { keep = false }: { keep?: boolean } = {},
): Prepared<N, object> {
  const node = new Composite<N, object>(name, (operands) => [rule(...operands)], gradient)
  return new Prepared<N, object>(
    node,
    (operands, _, builder) => {
      const unified = unify(name, keep ? operands : operands.map(toFloat))
      if (unified[0]!.dtype === 'bool')
        throw new DTypeError(
          name,
          operands.map((x) => x.dtype),
          'not defined for bool; cast first',
        )
      return traceComposite(node, builder, unified, NONE)
    },
    { real: !keep },
  )
}

const isNegative = (x: Sym): Sym => x.lt(0).or(x.eq(0).and(x.like(1).div(x).lt(0)))
const isNaN = (x: Sym): Sym => x.eq(x).not()

/** The angle of (x, y) in (-pi, pi]: atan of the smaller over the larger, turned to its octant. -0 counts as negative. */
export const atan2 = composite(
  'atan2',
  (y, x) => {
    const [height, width] = [y.abs(), x.abs()]
    const large = height.maximum(width)
    // 0/0 is the angle 0 and inf/inf 45 degrees.
    const ratio = height.eq(width).where(large.eq(0).where(0, large.like(1)), height.minimum(width).div(large))
    const octant = ratio.atan()
    const quadrant = width.lt(height).where(octant.like(Math.PI / 2).sub(octant), octant)
    const half = isNegative(x).where(quadrant.like(Math.PI).sub(quadrant), quadrant)
    return isNegative(y).where(half.neg(), half)
  },
  ([g], [y, x]) => {
    const squares = y!.mul(y!).add(x!.mul(x!))
    return [g!.mul(x!.div(squares)), g!.neg().mul(y!.div(squares))]
  },
)

/** sqrt(a^2 + b^2) without overflow of the squares. */
export const hypot = composite(
  'hypot',
  (a, b) => {
    const large = a.abs().maximum(b.abs())
    const ratio = large.eq(0).or(large.eq(Infinity)).where(0, a.abs().minimum(b.abs()).div(large))
    const infinite = a.abs().eq(Infinity).or(b.abs().eq(Infinity))
    return infinite.where(Infinity, large.mul(ratio.mul(ratio).add(1).sqrt()))
  },
  ([g], [a, b], [out]) => [g!.mul(a!.div(out!)), g!.mul(b!.div(out!))],
)

/** log(exp(a) + exp(b)) = max + log1p(exp(-|a - b|)) */
const logSum =
  (scale: number): Rule =>
  (a, b) => {
    const large = a.maximum(b)
    const rest = a.sub(b).abs().neg().mul(scale).exp().log1p()
    return large
      .abs()
      .eq(Infinity)
      .and(a.eq(b))
      .where(large, large.add(rest.div(scale)))
  }
/** The share of each is the sigmoid of how far it is above the other. */
const shares =
  (scale: number): CompositeGradient =>
  ([g], [a, b]) => [
    g!.mul(specialOf('sigmoid', a!.sub(b!).mul(scale))),
    g!.mul(specialOf('sigmoid', b!.sub(a!).mul(scale))),
  ]
export const logaddexp = composite('logaddexp', logSum(1), shares(1))
export const logaddexp2 = composite('logaddexp2', logSum(Math.LN2), shares(Math.LN2))

/** a log(b), which is 0 for a = 0 whatever b is (but NaN). */
export const xlogy = composite(
  'xlogy',
  (a, b) => {
    const zero = a.eq(0).and(isNaN(b).not())
    return zero.where(0, a.mul(zero.where(1, b).log()))
  },
  ([g], [a, b]) => {
    // The gradient by a is g log(b), at 0 too; but not where that is none, or where no gradient arrives.
    const none = a!.eq(0).and(b!.le(0)).or(g!.eq(0))
    return [none.where(0, g!.mul(none.where(1, b!).log())), g!.mul(a!).div(b!)]
  },
)
/** a - b in real numbers: bytes would wrap. */
export const apart: Op = real('dist', (a, b) => a.sub(b))
/** |a| with the sign of b; the gradient of b is 0. */
export const copysign = composite(
  'copysign',
  (a, b) => isNegative(b).where(a.abs().neg(), a.abs()),
  ([g], [a, b]) => {
    const same = isNegative(b!).where(a!.sign().neg(), a!.sign())
    return [g!.mul(same), g!.like(0)]
  },
)

/** Weight w from a to b, from the nearer end, so that w = 1 gives b exactly. */
export const lerp: Op = real('lerp', (a, b, w) => {
  const difference = b.sub(a)
  return w.lt(0.5).where(a.add(w.mul(difference)), b.sub(difference.mul(w.like(1).sub(w))))
})
/** a + value b c: (a, b, c, value) */
export const addcmul: Op = new Op('addcmul', (operands) => {
  const [a, b, c, value] = unify('addcmul', operands)
  return [a!.add(value!.mul(b!.mul(c!)))]
})
/** a + value b / c: (a, b, c, value) */
export const addcdiv: Op = real('addcdiv', (a, b, c, value) => a.add(value.mul(b.div(c))))

const both = <N extends 'clamp' | 'clampMin' | 'clampMax'>(
  name: N,
  lower: boolean,
  upper: boolean,
): Prepared<N, object> => {
  const split = ([x, ...bounds]: readonly Sym[]): { x: Sym; low: Sym | undefined; high: Sym | undefined } => ({
    x: x!,
    low: lower ? bounds[0] : undefined,
    high: upper ? bounds.at(-1) : undefined,
  })
  return composite(
    name,
    (...operands) => {
      const { x, low, high } = split(operands)
      const raised = low === undefined ? x : x.maximum(low)
      return high === undefined ? raised : raised.minimum(high)
    },
    ([g], operands) => {
      // The gradient of x is 1 on the closed interval; of a bound, where it holds x back. The upper bound wins.
      const { x, low, high } = split(operands)
      const [above, below] = [low?.le(x), high === undefined ? undefined : x.le(high)]
      const inside = above === undefined ? below! : below === undefined ? above : above.and(below)
      const gradients = [inside.where(g!, 0)]
      if (low !== undefined) gradients.push((high === undefined ? x.lt(low) : x.lt(low).and(low.lt(high))).where(g!, 0))
      if (high !== undefined)
        gradients.push((low === undefined ? high.lt(x) : high.lt(x).or(high.lt(low))).where(g!, 0))
      return gradients
    },
    { keep: true },
  )
}
/** (x, low, high) */
export const clamp = both('clamp', true, true)
export const clampMin = both('clampMin', true, false)
export const clampMax = both('clampMax', false, true)

const bits = (name: string, rule: Rule): Op =>
  new Op(name, (operands) => {
    const [a, b] = unify(name, operands)
    if (isFloat(a!.dtype))
      throw new DTypeError(
        name,
        operands.map((x) => x.dtype),
        'needs bool or integers',
      )
    return [rule(a!, b!)]
  })
const exclusive: Rule = (a, b) => a.or(b).and(a.and(b).not())
export const bitwiseAnd: Op = bits('bitwiseAnd', (a, b) => a.and(b))
export const bitwiseOr: Op = bits('bitwiseOr', (a, b) => a.or(b))
export const bitwiseXor: Op = bits('bitwiseXor', exclusive)
export const logicalXor: Op = new Op('logicalXor', (operands) => {
  const [a, b] = broadcast(
    'logicalXor',
    operands.map((x) => x.cast('bool')),
  )
  return [exclusive(a!, b!)]
})

const compareEqual = (left: Sym, right: Sym): Sym => {
  const [a, b] = unify('isclose', [left, right])
  return a!.eq(b!)
}
/** |a - b| <= atol + rtol |b|: (a, b, rtol, atol) */
export const isclose: Op<{ readonly equalNan: boolean }> = new Op(
  'isclose',
  ([left, right, rtol, atol], { equalNan }) => {
    const [a, b] = unify('isclose', [toFloat(left!), toFloat(right!)])
    const bad = rtol!.like(0).le(rtol!).and(atol!.like(0).le(atol!)).not()
    const relative = refuseWhere(bad, rtol!, 'OptionError', 'isclose', 'rtol and atol must not be negative')
    const allowed = b!.abs().mul(relative.cast(b!.dtype)).add(atol!.cast(b!.dtype))
    const near = a!.sub(b!).abs().le(allowed).and(allowed.lt(Infinity))
    // Integers that float32 does not tell apart are equal only where they are.
    const same = compareEqual(left!, right!)
    const close = same.or(isFloat(left!.dtype) || isFloat(right!.dtype) ? near : near.and(allowed.like(0).lt(allowed)))
    return [equalNan ? close.or(isNaN(a!).and(isNaN(b!))) : close]
  },
)

/** The condition of `where` and masks. */
export function assertMask(operation: string, mask: { readonly dtype: string }): void {
  if (mask.dtype !== 'bool') throw new DTypeError(operation, [mask.dtype], 'the mask must be bool')
}
/** (x, mask, value): `value` where the mask is true; x's dtype. */
export const maskedFill: Op = new Op('maskedFill', ([x, mask, value]) => {
  assertMask('maskedFill', mask!)
  if (value!.rank > 0) throw new OptionError('maskedFill', 'the value must be a number or a 0-d tensor; use where')
  const [a, m] = broadcast('maskedFill', [x!, mask!])
  return [m!.where(castNumber('maskedFill', value!, x!.dtype).expand(a!.shape), a!)]
})
