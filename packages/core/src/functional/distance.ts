/** Lengths, distances and angles. */
import { OptionError } from '../backend/errors.ts'
import type { Sym } from '../ir/builder.ts'
import { byName } from '../tensor/by-name.ts'
import { Op } from '../tensor/op.ts'
import { one } from '../tensor/one.ts'
import { normalizeDim } from '../tensor/ops/axes.ts'
import { toFloat, unify } from '../tensor/ops/promotion.ts'
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

function assertP(operation: string, p: number): void {
  if (!(p > 0)) throw new OptionError(operation, `p must be greater than 0 (got ${p})`)
}
/** max(x, limit), whose gradient flows where x >= limit. */
export const atLeast = (x: Sym, limit: Sym | number): Sym => x.lt(limit).where(limit, x)

const normalizeOp: Op<{ p: number; axis: number }> = /* @__PURE__ */ new Op(
  'normalize',
  ([input, eps], { p, axis }) => {
    const x = toFloat(input!)
    const length = normOf(x, p, axis)
    return [x.div(atLeast(length, eps!.cast(x.dtype)).restore([axis], x.shape))]
  },
)

/**
 * x / max(|x|_p, eps) along `dim`. Defaults: p 2, dim 1, eps 1e-12.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.normalize.html
 */
export function normalize(
  input: Tensor,
  options: { readonly p?: number; readonly dim?: number; readonly eps?: number } = {},
): Tensor {
  const { p = 2, dim = 1, eps = 1e-12 } = byName('normalize', options)
  assertP('normalize', p)
  return one(normalizeOp, { p, axis: normalizeDim('normalize', dim, input.shape.length) }, input, eps)
}

/** x1 x2 / (max(|x1|, eps) max(|x2|, eps)) along an axis counted from the end. */
const cosineOp: Op<{ fromEnd: number }> = /* @__PURE__ */ new Op(
  'cosineSimilarity',
  ([left, right, eps], { fromEnd }) => {
    const [a, b] = unify('cosineSimilarity', [toFloat(left!), toFloat(right!)])
    const axis = a!.rank - fromEnd
    const limit = eps!.cast(a!.dtype)
    const lengths = atLeast(normOf(a!, 2, axis), limit).mul(atLeast(normOf(b!, 2, axis), limit))
    return [a!.mul(b!).sum([axis]).div(lengths)]
  },
)

/**
 * The cosine of the angle between x1 and x2 along `dim` (default 1); `eps` (1e-8) bounds the lengths from below.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.cosine_similarity.html
 */
export function cosineSimilarity(
  x1: Tensor,
  x2: Tensor,
  options: { readonly dim?: number; readonly eps?: number } = {},
): Tensor {
  const { dim = 1, eps = 1e-8 } = byName('cosineSimilarity', options)
  const rank = Math.max(x1.shape.length, x2.shape.length)
  return one(cosineOp, { fromEnd: rank - normalizeDim('cosineSimilarity', dim, rank) }, x1, x2, eps)
}

export interface DistanceOptions {
  /** The norm's exponent; default 2. */
  readonly p?: number
  /** Added to every difference; default 1e-6. */
  readonly eps?: number
}
const distanceOp: Op<{ p: number; keepdim: boolean }> = /* @__PURE__ */ new Op(
  'pairwiseDistance',
  ([left, right, eps], { p, keepdim }) => {
    const [a, b] = unify('pairwiseDistance', [toFloat(left!), toFloat(right!)])
    const distance = distanceOf(a!, b!, p, eps!)
    return [keepdim ? distance.reshape([...distance.shape, 1]) : distance]
  },
)
/** |a - b + eps|_p over the last axis. */
export const distanceOf = (a: Sym, b: Sym, p: number, eps: Sym): Sym =>
  normOf(a.sub(b).add(eps.cast(a.dtype)), p, a.rank - 1)

/**
 * |x1 - x2 + eps|_p over the last dimension.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.pairwise_distance.html
 */
export function pairwiseDistance(
  x1: Tensor,
  x2: Tensor,
  options: DistanceOptions & { readonly keepdim?: boolean } = {},
): Tensor {
  const { p = 2, eps = 1e-6, keepdim = false } = byName('pairwiseDistance', options)
  assertP('pairwiseDistance', p)
  return one(distanceOp, { p, keepdim }, x1, x2, eps)
}
