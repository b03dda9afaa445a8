/** Attention: weighted means of values, the weights from how well queries and keys agree. */
import type { CompositeAttributes } from '../contract/composites.ts'
import type { Shape } from '../contract/contract.ts'
import { DTypeError, OptionError, ShapeError } from '../contract/errors.ts'
import type { Builder, Sym } from '../ir/builder.ts'
import { isFloat, sameShape } from '../ir/type.ts'
import { boolean, number } from '../signature/kind.ts'
import { optional, signature, type OptionsOf, type ValuesOf } from '../signature/signature.ts'
import { scalar, tensor } from '../engine/kinds.ts'
import type { Arg } from '../engine/door.ts'
import { gradients } from '../autograd/gradients.ts'
import { traceComposite, type CompositeGradient } from '../ir/composite.ts'
import { Composite, Op } from '../engine/op.ts'
import { one } from '../tensor/one.ts'
import { broadcastShapes } from '../ops/promotion.ts'
import { softmaxOp } from '../ops/softmax.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { assertProbability, dropout } from './dropout.ts'

const attentionOptions = {
  /** bool [..., length, source]: true takes part; or floating point, added to the scores. null: all take part. */
  attnMask: optional(tensor, null),
  /** Dropout of the weights. It is not tied to a module's mode. */
  dropoutP: optional(number, 0),
  /** Query i sees keys up to i. Not together with `attnMask`. */
  isCausal: optional(boolean, false),
  /** Factor of the scores; null: 1 / sqrt(features). */
  scale: optional(scalar, null),
}
export interface AttentionOptions extends OptionsOf<typeof attentionOptions> {}
export const SCALED_DOT_PRODUCT_ATTENTION = /* @__PURE__ */ signature(
  'scaledDotProductAttention',
  { query: tensor, key: tensor, value: tensor },
  attentionOptions,
)

type Attention = CompositeAttributes['attention']

/** True where a key does not come after the query. */
const past = (builder: Builder, shape: Shape): Sym =>
  builder.iota('int32', shape, shape.length - 1).le(builder.iota('int32', shape, shape.length - 2))

/** softmax(q k' scale + mask) */
function weightsOf(q: Sym, k: Sym, scale: Sym, mask: Sym | undefined, isCausal: boolean, builder: Builder): Sym {
  let scores = q.dot(k, false, true).mul(scale.cast(q.dtype))
  const { shape, rank } = scores
  if (isCausal) scores = past(builder, shape).where(scores, -Infinity)
  if (mask !== undefined) {
    const wide = mask.expand(shape)
    scores = mask.dtype === 'bool' ? wide.where(scores, -Infinity) : scores.add(wide.cast(scores.dtype))
  }
  return traceComposite(softmaxOp, builder, [scores], { axis: rank - 1 })[0]!
}

/** Leading axes of all broadcast; results are [...batch, rows, columns]. */
function aligned(q: Sym, k: Sym, v: Sym): [Sym, Sym, Sym] {
  const batch = broadcastShapes(
    'scaledDotProductAttention',
    [q, k, v].map((x) => x.shape.slice(0, -2)),
  )
  return [q, k, v].map((x) => x.expand([...batch, ...x.shape.slice(-2)])) as [Sym, Sym, Sym]
}

/** The gradient of what was repeated to the shape of `g`. */
const folded = (g: Sym, x: Sym): Sym =>
  sameShape(g.shape, x.shape) ? g : gradients.expand(g, [x], [], { shape: g.shape })[0]!

/** Of attention the weights w = softmax(s), and from g, the gradient of w v, those of s and of q k' scale. */
function scored(g: Sym, [query, key, value, scale, mask]: readonly Sym[], isCausal: boolean, builder: Builder) {
  const [q, k, v] = aligned(query!, key!, value!)
  const w = weightsOf(q, k, scale!, mask, isCausal, builder)
  // dw = g v', ds = w (dw - sum(w dw)); 0 where a mask took the score's place.
  const weighted = g.dot(v, false, true).mul(w)
  const axis = w.rank - 1
  const ds = weighted.sub(w.mul(weighted.sum([axis]).restore([axis], w.shape)))
  const unmasked = mask?.dtype === 'bool' ? mask.expand(w.shape).where(ds, 0) : ds
  return { q, k, w, ds, dproducts: isCausal ? past(builder, w.shape).where(unmasked, 0) : unmasked }
}

const attentionGradient: CompositeGradient<Attention> = ([g], args, _, attrs) => {
  const { builder } = g!
  const [query, key, value, scale, mask] = args
  // Written apart, for they are seldom asked for and larger than the others.
  const { q, k, ds, dproducts } = scored(g!, args, attrs.isCausal, builder)
  const dscale = folded(dproducts.mul(q.dot(k, false, true)), scale!).cast(scale!.dtype)
  const dmask = mask === undefined || mask.dtype === 'bool' ? null : folded(ds.cast(mask.dtype), mask)
  return [
    ...traceComposite(attentionGradOp, builder, [g!, query!, key!, value!, scale!, ...args.slice(4)], attrs),
    dscale,
    dmask,
  ]
}
export const attentionOp = /* @__PURE__ */ new Composite(
  'attention',
  ([query, key, value, scale, mask], { isCausal }, builder) => {
    const [q, k, v] = aligned(query!, key!, value!)
    return [weightsOf(q, k, scale!, mask, isCausal, builder).dot(v)]
  },
  attentionGradient,
)
export const attentionGradOp = /* @__PURE__ */ new Composite('attentionGrad', ([g, ...args], { isCausal }, builder) => {
  const [query, key, value, scale] = args
  const { q, k, w, dproducts } = scored(g!, args, isCausal, builder)
  const scaled = dproducts.mul(scale!.cast(q.dtype))
  return [folded(scaled.dot(k), query!), folded(scaled.dot(q, true), key!), folded(w.dot(g!, true), value!)]
})
const weightsOp: Op<Attention> = /* @__PURE__ */ new Op(
  'attentionWeights',
  ([query, key, scale, mask], { isCausal }, builder) => {
    const [q, k] = aligned(query!, key!, key!)
    return [weightsOf(q, k, scale!, mask, isCausal, builder)]
  },
)

export function assertMask(operation: string, { dtype }: Tensor): void {
  if (dtype !== 'bool' && !isFloat(dtype))
    throw new DTypeError(operation, [dtype], 'a mask is bool, or floating point; use bool() or float()')
}

function assertOperands(query: Tensor, key: Tensor, value: Tensor): void {
  const got = [query.shape, key.shape, value.shape]
  if (got.some((shape) => shape.length < 2))
    throw new ShapeError('scaledDotProductAttention', got, 'query, key and value must be [..., length, features]')
  if (query.shape.at(-1) !== key.shape.at(-1))
    throw new ShapeError('scaledDotProductAttention', got, 'query and key must have the same number of features')
  if (key.shape.at(-2) !== value.shape.at(-2))
    throw new ShapeError('scaledDotProductAttention', got, 'key and value must have the same length')
}

/** Weights of every key for every query. */
export function attentionWeights(
  query: Tensor,
  key: Tensor,
  { attnMask, isCausal, scale }: Omit<ValuesOf<typeof attentionOptions>, 'dropoutP'>,
): Tensor {
  const args: Arg[] = [
    query,
    key,
    scale ?? 1 / Math.sqrt(query.shape.at(-1)!),
    ...(attnMask === null ? [] : [attnMask]),
  ]
  return one(weightsOp, { isCausal, mask: attnMask !== null }, ...args)
}

/**
 * softmax(query key' scale + mask) value. A query that sees no key gives NaN.
 * @param query [..., length, features]
 * @param key [..., source, features]
 * @param value [..., source, features of the result]
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html
 */
export function scaledDotProductAttention(query: Tensor, key: Tensor, value: Tensor, options?: AttentionOptions): Tensor
export function scaledDotProductAttention(query: Tensor, key: Tensor, value: Tensor): Tensor {
  const read = SCALED_DOT_PRODUCT_ATTENTION.read(arguments)
  const { attnMask, dropoutP, isCausal, scale } = read
  const name = 'scaledDotProductAttention'
  assertProbability(name, dropoutP)
  assertOperands(query, key, value)
  if (isCausal && attnMask !== null) throw new OptionError(name, 'give either attnMask or isCausal')
  if (attnMask !== null) {
    assertMask(name, attnMask)
    const scores = [query.shape.at(-2)!, key.shape.at(-2)!]
    const leads = [query, key, value].map((x) => x.shape.slice(0, -2))
    const wide = [...broadcastShapes(name, leads), ...scores]
    if (!sameShape(broadcastShapes(name, [attnMask.shape, wide]), wide))
      throw new ShapeError(name, [attnMask.shape], `the mask must broadcast to [${wide.join(',')}]`)
  }
  if (dropoutP > 0) return dropout(attentionWeights(query, key, read), { p: dropoutP }).matmul(value)
  const args: Arg[] = [
    query,
    key,
    value,
    scale ?? 1 / Math.sqrt(query.shape.at(-1)!),
    ...(attnMask === null ? [] : [attnMask]),
  ]
  return one(attentionOp, { isCausal, mask: attnMask !== null }, ...args)
}
