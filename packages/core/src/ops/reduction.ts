/** Reductions over dimensions. */
import { numel } from '../contract/dtype.ts'
import { ShapeError } from '../contract/errors.ts'
import type { Sym } from '../ir/builder.ts'
import type { CompositeAttributes } from '../contract/composites.ts'
import { Composite, Op, Prepared } from '../engine/op.ts'
import { traceComposite, type CompositeGradient } from '../ir/composite.ts'
import { isFloat } from '../ir/type.ts'
import { productOf, sumOf, widen } from './integers.ts'
import { toFloat } from './promotion.ts'

/** `axes` ascend; with `keepdim` they stay as size 1. */
export interface Reduce {
  readonly axes: readonly number[]
  readonly keepdim: boolean
}

const keep = (x: Sym, result: Sym, { axes, keepdim }: Reduce): Sym =>
  keepdim ? result.reshape(x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size))) : result
const logical = (x: Sym): Sym => x.cast('bool').cast('int32')

const reduce = (name: string, rule: (x: Sym, axes: readonly number[]) => Sym): Op<Reduce> =>
  new Op(name, ([x], attrs) => [keep(x!, rule(x!, attrs.axes), attrs)])

/** x, of which there must be elements along these axes wherever there is a result. */
function some(name: string, x: Sym, axes: readonly number[]): Sym {
  if (count(x, axes) === 0 && x.shape.every((size, axis) => size > 0 || axes.includes(axis)))
    throw new ShapeError(name, [x.shape], 'of no elements none is the extreme')
  return x
}

export const count = (x: Sym, axes: readonly number[]): number => numel(axes.map((axis) => x.shape[axis]!))
const axesOf = (x: Sym): number[] => x.shape.map((_, axis) => axis)

export const sum: Op<Reduce> = reduce('sum', (x, axes) => sumOver('sum', x, axes))
const sumOver = (operation: string, x: Sym, axes: readonly number[]): Sym =>
  sumOf(operation, x, count(x, axes), (y) => y.sum(axes))
export const prod: Op<Reduce> = reduce('prod', (x, axes) => productOf('prod', x, (y) => y.prod(axes)))
export const mean: Op<Reduce> = reduce('mean', (x, axes) => toFloat(x).sum(axes).div(count(x, axes)))
export const amax: Op<Reduce> = reduce('amax', (x, axes) =>
  widen(some('amax', x, axes))
    .max(axes)
    .cast(x.dtype),
)
export const amin: Op<Reduce> = reduce('amin', (x, axes) =>
  widen(some('amin', x, axes))
    .min(axes)
    .cast(x.dtype),
)
export const any: Op<Reduce> = reduce('any', (x, axes) => logical(x).sum(axes).cast('bool'))
export const all: Op<Reduce> = reduce('all', (x, axes) => logical(x).eq(0).cast('int32').sum(axes).eq(0))
export const countNonzero: Op<Reduce> = reduce('countNonzero', (x, axes) => logical(x).sum(axes))
/** As sum and mean, with NaN counted as nothing. */
export const nansum: Op<Reduce> = reduce('nansum', (x, axes) =>
  isFloat(x.dtype) ? x.eq(x).where(x, 0).sum(axes) : sumOver('nansum', x, axes),
)
export const nanmean: Op<Reduce> = reduce('nanmean', (x, axes) => {
  const [real, there] = [toFloat(x), toFloat(x).eq(toFloat(x))]
  return there.where(real, 0).sum(axes).div(there.cast(real.dtype).sum(axes))
})
/** Over one axis. */
export const argmax: Op<Reduce> = reduce('argmax', (x, [axis]) => widen(some('argmax', x, [axis!])).argmax(axis!))
export const argmin: Op<Reduce> = reduce('argmin', (x, [axis]) =>
  opposite(widen(some('argmin', x, [axis!]))).argmax(axis!),
)
/**
 * In the opposite order; NaN stays the greatest. Of integers every bit is turned round (-1 - x, and 255 - x of uint8), since
 * 0 of uint8 and the least int32 have no negative.
 */
export const opposite = (x: Sym): Sym => (isFloat(x.dtype) ? x.neg() : x.not())

// ---- Reductions with gradients of their own, over the operand as float. -----------------------------------------------

type Reduction = 'var' | 'std' | 'norm' | 'logsumexp'
interface Exact<A> {
  readonly rule: (x: Sym, attrs: A) => Sym
  /** From x, the result and g, all of x's shape, to the gradient of x; null where there is none. */
  readonly slope: (x: Sym, out: Sym, g: Sym, attrs: A) => Sym | null
}

function exact<N extends Reduction>(
  name: N,
  { rule, slope }: Exact<CompositeAttributes[N]>,
): Prepared<N, CompositeAttributes[N] & Reduce> {
  type Own = CompositeAttributes[N]
  const gradient: CompositeGradient<Own> = ([g], [x], [out], attrs) => {
    const wide = (y: Sym): Sym => y.restore(attrs.axes, x!.shape)
    return [slope(x!, wide(out!), wide(g!), attrs)]
  }
  const composite = new Composite<N, Own>(name, ([x], attrs) => [rule(x!, attrs)], gradient)
  return new Prepared<N, Own & Reduce>(composite, ([x], { keepdim, ...attrs }, builder) => {
    const [result] = traceComposite(composite, builder, [toFloat(x!)], attrs as unknown as Own)
    return [keep(x!, result!, { axes: attrs.axes, keepdim })]
  })
}

type Correction = CompositeAttributes['var']
const freedom = (x: Sym, { axes, correction }: Correction): number => count(x, axes) - correction
const centered = (x: Sym, axes: readonly number[]): Sym => x.sub(x.sum(axes).div(count(x, axes)).restore(axes, x.shape))
/**
 * Sum of squares from the mean over n - correction, which is never below 0, so that it becomes infinite or NaN, and NaN of
 * nothing. In slopes it may be below 0, as in PyTorch's.
 */
const variance = (x: Sym, attrs: Correction): Sym => {
  const distance = centered(x, attrs.axes)
  const over = count(x, attrs.axes) === 0 ? Number.NaN : Math.max(0, freedom(x, attrs))
  return distance.mul(distance).sum(attrs.axes).div(over)
}
export const spread = exact('var', {
  rule: variance,
  slope: (x, _, g, attrs) => g.mul(centered(x, attrs.axes)).mul(2 / freedom(x, attrs)),
})
/** 1 in the place of 0, where what is divided by it is not used: its derivative is multiplied by 0 there, and must be finite. */
const apartFrom0 = (x: Sym): Sym => x.eq(0).where(1, x)
/** The sign, 0 of NaN, as PyTorch's. */
const signOf = (x: Sym): Sym => x.eq(x).where(x.sign(), 0)
/** The gradient is 0 where the deviation is 0, as PyTorch's. */
export const std = exact('std', {
  rule: (x, attrs) => variance(x, attrs).sqrt(),
  slope: (x, out, g, attrs) =>
    out.eq(0).where(
      0,
      g
        .div(apartFrom0(out))
        .mul(centered(x, attrs.axes))
        .mul(1 / freedom(x, attrs)),
    ),
})

/** The p-norm; its gradient is 0 where the norm is 0, and an infinite norm shares it among the elements that attain it. */
export const norm = exact('norm', {
  rule: (x, { axes, p }) => {
    const size = x.abs()
    if (p === 2) return x.mul(x).sum(axes).sqrt()
    if (p === 1) return size.sum(axes)
    if (p === 0) return x.eq(0).not().cast(x.dtype).sum(axes)
    if (p === Infinity || p === -Infinity) {
      // Of nothing it is 0, as PyTorch's; but not along a dimension.
      if (x.type.size === 0 && axes.length === x.rank) return size.sum(axes)
      if (count(x, axes) === 0)
        throw new ShapeError('norm', [x.shape], 'the norm of order infinity along an empty dimension is not defined')
      return p > 0 ? size.max(axes) : size.min(axes)
    }
    return size
      .pow(p)
      .sum(axes)
      .pow(1 / p)
  },
  slope: (x, out, g, { axes, p }) => {
    if (p === 2) return out.eq(0).where(0, g.mul(x.div(apartFrom0(out))))
    if (p === 1) return g.mul(signOf(x))
    if (p === 0) return null
    const size = x.abs()
    if (p === Infinity || p === -Infinity) {
      const ties = size.eq(out).cast(x.dtype)
      return g.mul(signOf(x)).mul(ties).div(ties.sum(axes).maximum(1).restore(axes, x.shape))
    }
    // g sign(x) (|x| / norm)^(p-1)
    const none = out.eq(0).or(size.eq(0))
    const ratio = none.where(1, size).div(apartFrom0(out))
    return none.where(0, g.mul(x.sign()).mul(ratio.pow(p - 1)))
  },
})

/** log(sum(exp(x))): the maximum is taken out before exp and put back after log; an infinite one stays in. */
export const logsumexp = exact('logsumexp', {
  rule: (x, { axes }) => {
    if (count(x, axes) === 0) return x.exp().sum(axes).log()
    const largest = x.max(axes)
    const shift = largest.abs().eq(Infinity).where(0, largest)
    return x.sub(shift.restore(axes, x.shape)).exp().sum(axes).log().add(shift)
  },
  slope: (x, out, g) => g.mul(x.sub(out).exp()),
})

// ---- Running products and extremes -----------------------------------------------------------------------------------

export interface AlongAxis {
  readonly axis: number
}
export const cumsum: Op<AlongAxis> = new Op('cumsum', ([x], { axis }) => [
  sumOf('cumsum', x!, x!.shape[axis]!, (y) => y.cumsum(axis)),
])

/** Hillis and Steele's scan: after the pass of distance d every element holds the product of the 2d elements up to it. */
const runningProduct = (operand: Sym, axis: number): Sym => {
  let x = operand
  const size = x.shape[axis]!
  for (let distance = 1; distance < size; distance *= 2) {
    const at = (i: number): number[] => x.shape.map((_, other) => (other === axis ? i : 0))
    const before = x.slice(at(0), x.shape.with(axis, size - distance))
    x = x.mul(before.pad(at(distance), at(0), at(0), 1))
  }
  return x
}
export const cumprod: Op<AlongAxis> = new Op('cumprod', ([x], { axis }) => [
  productOf('cumprod', x!, (y) => runningProduct(y, axis)),
])

/** All elements as one axis. */
export const flat = (x: Sym): Sym => x.reshape([count(x, axesOf(x))])
