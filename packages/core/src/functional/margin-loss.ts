/** Losses that ask for a margin between scores or distances. */
import type { Sym } from '../ir/builder.ts'
import { byName } from '../tensor/by-name.ts'
import type { Fits } from '../tensor/methods/arithmetic.ts'
import { Op } from '../tensor/op.ts'
import { one } from '../tensor/one.ts'
import { broadcast, toFloat, unify } from '../tensor/ops/promotion.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { atLeast, distanceOf, root } from './distance.ts'
import {
  elementLoss,
  reduced,
  type ElementLoss,
  type LossOptions,
  type OtherLoss,
  type Reduced,
  type Reduction,
} from './loss.ts'

export interface MarginOptions<R extends Reduction = Reduction> extends LossOptions<R> {
  /** Default 1 (hingeEmbeddingLoss, tripletMarginLoss) or 0 (marginRankingLoss, cosineEmbeddingLoss). */
  readonly margin?: number
}
export interface TripletMarginOptions<R extends Reduction = Reduction> extends MarginOptions<R> {
  /** Exponent of the norm; default 2. */
  readonly p?: number
  /** Added to every difference; default 1e-6. */
  readonly eps?: number
  /** Whether the nearer of anchor and positive counts as the distance to the negative; default false. */
  readonly swap?: boolean
}

const hingeOp: Op<Reduced> = /* @__PURE__ */ elementLoss('hingeEmbeddingLoss', (x, t, [margin]) =>
  t
    .eq(1)
    .where(0, atLeast(margin!.sub(x), 0))
    .add(t.eq(-1).where(0, x)),
)
/**
 * input where the target is 1, max(0, margin - input) where it is -1; default margin 1.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.hinge_embedding_loss.html
 */
export function hingeEmbeddingLoss<A extends Tensor, B extends Tensor, R extends Reduction = 'mean'>(
  input: A,
  target: B & Fits<'hingeEmbeddingLoss', A, B>,
  options: MarginOptions<R> = {},
): ElementLoss<A, B, R> {
  const { margin = 1, reduction = 'mean' as R } = byName('hingeEmbeddingLoss', options)
  return one(hingeOp, { reduction }, input, target, margin)
}

const rankingOp: Op<Reduced> = /* @__PURE__ */ elementLoss('marginRankingLoss', (a, b, [t, margin]) =>
  atLeast(t!.neg().mul(a.sub(b)).add(margin!), 0),
)
/** max(0, -target (input1 - input2) + margin), targets 1 or -1; default margin 0. */
export function marginRankingLoss<R extends Reduction = 'mean'>(
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  options: MarginOptions<R> = {},
): OtherLoss<R> {
  const { margin = 0, reduction = 'mean' as R } = byName('marginRankingLoss', options)
  return one(rankingOp, { reduction }, input1, input2, target, margin)
}

interface Triplet extends Reduced {
  readonly p: number
  readonly swap: boolean
}
const tripletOp: Op<Triplet> = /* @__PURE__ */ new Op(
  'tripletMarginLoss',
  ([anchor, positive, negative, margin, eps], { p, swap, reduction }) => {
    const [a, near, far] = unify('tripletMarginLoss', [anchor!, positive!, negative!].map(toFloat))
    const close = distanceOf(a!, near!, p, eps!)
    const apart = distanceOf(a!, far!, p, eps!)
    const other = swap ? apart.minimum(distanceOf(near!, far!, p, eps!)) : apart
    return [reduced('tripletMarginLoss', atLeast(close.sub(other).add(margin!.cast(a!.dtype)), 0), reduction)]
  },
)
/**
 * max(0, |anchor - positive| - |anchor - negative| + margin) over the last axis. Defaults: margin 1, p 2, eps 1e-6;
 * with `swap` the nearer of anchor and positive counts as the distance to the negative.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.triplet_margin_loss.html
 */
export function tripletMarginLoss<R extends Reduction = 'mean'>(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: TripletMarginOptions<R> = {},
): OtherLoss<R> {
  const { margin = 1, p = 2, eps = 1e-6, swap = false, reduction = 'mean' as R } = byName('tripletMarginLoss', options)
  return one(tripletOp, { reduction, p, swap }, anchor, positive, negative, margin, eps)
}

/** The bound that PyTorch adds to the squared lengths. */
const COSINE_EPS = 1e-12
const cosineOp: Op<Reduced> = /* @__PURE__ */ new Op(
  'cosineEmbeddingLoss',
  ([left, right, target, margin], { reduction }) => {
    const name = 'cosineEmbeddingLoss'
    const [a, b] = unify(name, [toFloat(left!), toFloat(right!)])
    const over = [a!.rank - 1]
    const squared = (x: Sym): Sym => x.mul(x).sum(over).add(COSINE_EPS)
    const cosine = a!
      .mul(b!)
      .sum(over)
      .div(root(squared(a!).mul(squared(b!))))
    const [cos, t] = broadcast(name, [cosine, target!.cast(cosine.dtype)])
    const apart = atLeast(cos!.sub(margin!.cast(cos!.dtype)), 0)
    return [reduced(name, t!.eq(1).where(cos!.like(1).sub(cos!), 0).add(t!.eq(-1).where(apart, 0)), reduction)]
  },
)
/**
 * 1 - cos(x1, x2) where the target is 1, max(0, cos(x1, x2) - margin) where it is -1; default margin 0.
 * @param input1 [n, features] or [features]
 * @param target [n] or []
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.cosine_embedding_loss.html
 */
export function cosineEmbeddingLoss<R extends Reduction = 'mean'>(
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  options: MarginOptions<R> = {},
): OtherLoss<R> {
  const { margin = 0, reduction = 'mean' as R } = byName('cosineEmbeddingLoss', options)
  return one(cosineOp, { reduction }, input1, input2, target, margin)
}
