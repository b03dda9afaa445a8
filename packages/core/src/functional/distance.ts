/** Lengths, distances and angles. */
import { OptionError } from '../contract/errors.ts'
import type { Sym } from '../ir/builder.ts'
import { boolean, number } from '../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../signature/signature.ts'
import { dim, scalar, tensor } from '../engine/kinds.ts'
import { Op } from '../engine/op.ts'
import { one } from '../tensor/one.ts'
import { normalizeDim } from '../ops/axes.ts'
import { toFloat, unify } from '../ops/promotion.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** sqrt(x) for x >= 0 whose gradient at 0 is 0 and not infinite. */
export function root(x: Sym): Sym {
  const zero = x.eq(0)
  return zero.where(0, zero.where(1, x).sqrt())
}

/** (sum |x|^p)^(1/p) over one axis; p may be infinite. The gradient at 0 is 0. */
export function normOf(x: Sym, p: number, axis: number): Sym {
  if (p === 2) return root(x.mul(x).sum([axis]))
  if (p === 1) return x.abs().sum([axis])
  if (p === Infinity) return x.abs().max([axis])
  const zero = x.eq(0)
  const total = zero.where(0, zero.where(1, x.abs()).pow(p)).sum([axis])
  const none = total.eq(0)
  return none.where(0, none.where(1, total).pow(1 / p))
}

/** A number is a vector of one. */
const lined = (x: Sym): Sym => (x.rank === 0 ? x.reshape([1]) : x)

export function assertP(operation: string, p: number): void {
  if (!(p > 0)) throw new OptionError(operation, `p must be greater than 0 (got ${p})`)
}
/** max(x, limit), whose gradient flows where x >= limit. */
export const atLeast = (x: Sym, limit: Sym | number): Sym => x.lt(limit).where(limit, x)

const normalizeOp: Op<{ p: number; axis: number }> = /* @__PURE__ */ new Op(
  'normalize',
  ([input, eps], { p, axis }) => {
    const x = lined(toFloat(input!))
    const length = normOf(x, p, axis)
    return [x.div(atLeast(length, eps!.cast(x.dtype)).restore([axis], x.shape)).reshape(input!.shape)]
  },
)

const normalizeOptions = {
  /** The norm's exponent, greater than 0. */
  p: optional(number, 2),
  /** The dimension along which lengths are taken. */
  dim: optional(dim, 1),
  /** The least divisor. */
  eps: optional(scalar, 1e-12),
}
export interface NormalizeOptions extends OptionsOf<typeof normalizeOptions> {}
export const NORMALIZE = /* @__PURE__ */ signature('normalize', { input: tensor }, normalizeOptions)

/**
 * x / max(|x|_p, eps) along `dim`.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.normalize.html
 */
export function normalize(input: Tensor, options?: NormalizeOptions): Tensor
export function normalize(input: Tensor): Tensor {
  const { p, eps, ...read } = NORMALIZE.read(arguments)
  assertP('normalize', p)
  return one(normalizeOp, { p, axis: normalizeDim('normalize', read.dim, input.shape.length) }, input, eps)
}

/** x1 x2 / (max(|x1|, eps) max(|x2|, eps)) along an axis counted from the end. */
const cosineOp: Op<{ fromEnd: number }> = /* @__PURE__ */ new Op(
  'cosineSimilarity',
  ([left, right, eps], { fromEnd }) => {
    const [a, b] = unify('cosineSimilarity', [toFloat(left!), toFloat(right!)]).map(lined)
    const axis = a!.rank - fromEnd
    const limit = eps!.cast(a!.dtype)
    const lengths = atLeast(normOf(a!, 2, axis), limit).mul(atLeast(normOf(b!, 2, axis), limit))
    return [a!.mul(b!).sum([axis]).div(lengths)]
  },
)

export const cosineSimilarityOptions = {
  /** The dimension of the vectors. */
  dim: optional(dim, 1),
  /** The least length. */
  eps: optional(scalar, 1e-8),
}
export interface CosineSimilarityOptions extends OptionsOf<typeof cosineSimilarityOptions> {}
const pair = { x1: tensor, x2: tensor }
export const COSINE_SIMILARITY = /* @__PURE__ */ signature('cosineSimilarity', pair, cosineSimilarityOptions)

/**
 * The cosine of the angle between x1 and x2 along `dim`.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.cosine_similarity.html
 */
export function cosineSimilarity(x1: Tensor, x2: Tensor, options?: CosineSimilarityOptions): Tensor
export function cosineSimilarity(x1: Tensor, x2: Tensor): Tensor {
  const { eps, ...read } = COSINE_SIMILARITY.read(arguments)
  const rank = Math.max(x1.shape.length, x2.shape.length)
  const axis = normalizeDim('cosineSimilarity', read.dim, rank)
  return one(cosineOp, { fromEnd: Math.max(rank, 1) - axis }, x1, x2, eps)
}

export const distanceOptions = {
  /** The norm's exponent, greater than 0. */
  p: optional(number, 2),
  /** Added to every difference. */
  eps: optional(scalar, 1e-6),
  /** Keep the last dimension, with size 1. */
  keepdim: optional(boolean, false),
}
export interface DistanceOptions extends OptionsOf<typeof distanceOptions> {}
export const PAIRWISE_DISTANCE = /* @__PURE__ */ signature('pairwiseDistance', pair, distanceOptions)

const distanceOp: Op<{ p: number; keepdim: boolean }> = /* @__PURE__ */ new Op(
  'pairwiseDistance',
  ([left, right, eps], { p, keepdim }) => {
    const [a, b] = unify('pairwiseDistance', [toFloat(left!), toFloat(right!)])
    const distance = distanceOf(lined(a!), lined(b!), p, eps!)
    return [keepdim && a!.rank > 0 ? distance.reshape([...distance.shape, 1]) : distance]
  },
)
/** |a - b + eps|_p over the last axis. */
export const distanceOf = (a: Sym, b: Sym, p: number, eps: Sym): Sym =>
  normOf(a.sub(b).add(eps.cast(a.dtype)), p, a.rank - 1)

/**
 * |x1 - x2 + eps|_p over the last dimension.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.pairwise_distance.html
 */
export function pairwiseDistance(x1: Tensor, x2: Tensor, options?: DistanceOptions): Tensor
export function pairwiseDistance(x1: Tensor, x2: Tensor): Tensor {
  const { p, eps, keepdim } = PAIRWISE_DISTANCE.read(arguments)
  assertP('pairwiseDistance', p)
  return one(distanceOp, { p, keepdim }, x1, x2, eps)
}
