/** Losses that ask for a margin between scores or distances. */
import { ShapeError } from '../contract/errors.ts'
import type { Sym } from '../ir/builder.ts'
import { boolean, number } from '../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../signature/signature.ts'
import { scalar, tensor } from '../engine/kinds.ts'
import type { Fits } from '../tensor/methods/arithmetic.ts'
import { Op } from '../engine/op.ts'
import { one } from '../tensor/one.ts'
import { broadcast, toFloat, unify } from '../ops/promotion.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { assertP, atLeast, distanceOf, root } from './distance.ts'
import {
  compared,
  elementLoss,
  lossOptions,
  reduced,
  scored,
  type ElementLoss,
  type OtherLoss,
  type Reduced,
  type Reducing,
  type Reduction,
} from './loss.ts'

export const hingeEmbeddingOptions = {
  /** From this input on, a target of -1 costs nothing. */
  margin: optional(scalar, 1),
  ...lossOptions,
}
export const marginRankingOptions = {
  /** How far the greater input must be above the other. */
  margin: optional(scalar, 0),
  ...lossOptions,
}
export const cosineEmbeddingOptions = {
  /** Up to this cosine, a target of -1 costs nothing. */
  margin: optional(scalar, 0),
  ...lossOptions,
}
export const tripletMarginOptions = {
  /** How much nearer the positive must be than the negative. */
  margin: optional(scalar, 1),
  /** Exponent of the norm, greater than 0. */
  p: optional(number, 2),
  /** Added to every difference. */
  eps: optional(scalar, 1e-6),
  /** Whether the nearer of anchor and positive counts as the distance to the negative. */
  swap: optional(boolean, false),
  ...lossOptions,
}
export type MarginOptions<R extends Reduction = Reduction> = Reducing<OptionsOf<typeof hingeEmbeddingOptions>, R>
export type TripletMarginOptions<R extends Reduction = Reduction> = Reducing<OptionsOf<typeof tripletMarginOptions>, R>

const pair = { input1: tensor, input2: tensor, target: tensor }
export const HINGE_EMBEDDING_LOSS = /* @__PURE__ */ signature('hingeEmbeddingLoss', scored, hingeEmbeddingOptions)
export const MARGIN_RANKING_LOSS = /* @__PURE__ */ signature('marginRankingLoss', pair, marginRankingOptions)
export const COSINE_EMBEDDING_LOSS = /* @__PURE__ */ signature('cosineEmbeddingLoss', pair, cosineEmbeddingOptions)
export const TRIPLET_MARGIN_LOSS = /* @__PURE__ */ signature(
  'tripletMarginLoss',
  { anchor: tensor, positive: tensor, negative: tensor },
  tripletMarginOptions,
)

const hingeOp: Op<Reduced> = /* @__PURE__ */ elementLoss('hingeEmbeddingLoss', (x, t, [margin]) =>
  t
    .eq(1)
    .where(0, atLeast(margin!.sub(x), 0))
    .add(t.eq(-1).where(0, x)),
)
/**
 * input where the target is 1, max(0, margin - input) where it is -1.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.hinge_embedding_loss.html
 */
export function hingeEmbeddingLoss<A extends Tensor, B extends Tensor, R extends Reduction = 'mean'>(
  input: A,
  target: B & Fits<'hingeEmbeddingLoss', A, B>,
  options?: MarginOptions<R>,
): ElementLoss<A, B, R>
export function hingeEmbeddingLoss(input: Tensor, target: Tensor): Tensor {
  const { margin, reduction } = HINGE_EMBEDDING_LOSS.read(arguments)
  compared('hingeEmbeddingLoss', input, target)
  return one(hingeOp, { reduction }, input, target, margin)
}

const rankingOp: Op<Reduced> = /* @__PURE__ */ elementLoss('marginRankingLoss', (a, b, [t, margin]) =>
  atLeast(t!.neg().mul(a.sub(b)).add(margin!), 0),
)
/** Throws ShapeError: of another rank is another kind of data, and would be laid along the wrong axis. */
function assertOneRank(operation: string, ...operands: Tensor[]): void {
  const shapes = operands.map((operand) => operand.shape)
  if (shapes.some((shape) => shape.length !== shapes[0]!.length))
    throw new ShapeError(operation, shapes, 'all three must have the same number of dimensions')
}
/**
 * max(0, -target (input1 - input2) + margin), targets 1 or -1.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.margin_ranking_loss.html
 */
export function marginRankingLoss<R extends Reduction = 'mean'>(
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  options?: MarginOptions<R>,
): OtherLoss<R>
export function marginRankingLoss(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
  const { margin, reduction } = MARGIN_RANKING_LOSS.read(arguments)
  assertOneRank('marginRankingLoss', input1, input2, target)
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
    return [reduced(atLeast(close.sub(other).add(margin!.cast(a!.dtype)), 0), reduction)]
  },
)
/**
 * max(0, |anchor - positive| - |anchor - negative| + margin) over the last axis; with `swap` the nearer of anchor and positive
 * counts as the distance to the negative.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.triplet_margin_loss.html
 */
export function tripletMarginLoss<R extends Reduction = 'mean'>(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options?: TripletMarginOptions<R>,
): OtherLoss<R>
export function tripletMarginLoss(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
  const { margin, p, eps, swap, reduction } = TRIPLET_MARGIN_LOSS.read(arguments)
  assertP('tripletMarginLoss', p)
  assertOneRank('tripletMarginLoss', anchor, positive, negative)
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
    return [reduced(t!.eq(1).where(cos!.like(1).sub(cos!), 0).add(t!.eq(-1).where(apart, 0)), reduction)]
  },
)
/**
 * 1 - cos(x1, x2) where the target is 1, max(0, cos(x1, x2) - margin) where it is -1.
 * @param input1 [n, features] or [features]
 * @param target [n] or []
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.cosine_embedding_loss.html
 */
export function cosineEmbeddingLoss<R extends Reduction = 'mean'>(
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  options?: MarginOptions<R>,
): OtherLoss<R>
export function cosineEmbeddingLoss(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
  const { margin, reduction } = COSINE_EMBEDDING_LOSS.read(arguments)
  const rank = input1.shape.length
  if (rank !== input2.shape.length || rank !== target.shape.length + 1 || rank > 2)
    throw new ShapeError(
      'cosineEmbeddingLoss',
      [input1.shape, input2.shape, target.shape],
      'needs inputs [n, features] and target [n], or inputs [features] and target []',
    )
  return one(cosineOp, { reduction }, input1, input2, target, margin)
}
