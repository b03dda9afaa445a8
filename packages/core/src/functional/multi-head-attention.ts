/** Attention of several heads over projections. */
import { numel } from '../contract/dtype.ts'
import { OptionError, ShapeError } from '../contract/errors.ts'
import { sameShape } from '../ir/type.ts'
import { boolean, nullable, number, positive } from '../signature/kind.ts'
import { optional, signature, type OptionsOf, type ValuesOf } from '../signature/signature.ts'
import { tensor } from '../engine/kinds.ts'
import { NONE, Op } from '../engine/op.ts'
import { one } from '../tensor/one.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { assertMask, attentionWeights, scaledDotProductAttention } from './attention.ts'
import { assertProbability, dropout } from './dropout.ts'
import { linear } from './linear.ts'

export const multiHeadOptions = {
  numHeads: positive,
  /** [3 features, features]: the projections of query, key and value. null: the three below are used. */
  inProjWeight: nullable(tensor),
  /** [3 features]; null: 0. */
  inProjBias: optional(tensor, null),
  /** One more key for every sample: [1, 1, features]; null: none. */
  biasK: optional(tensor, null),
  /** Its value: [1, 1, features]. */
  biasV: optional(tensor, null),
  /** One more key and value of zeros. */
  addZeroAttn: optional(boolean, false),
  /** Probability of a weight to become 0, in training. */
  dropoutP: optional(number, 0),
  outProjWeight: tensor,
  /** [features]; null: 0. */
  outProjBias: optional(tensor, null),
  /** Whether weights are dropped. */
  training: optional(boolean, true),
  /** bool [n, source]: true is left out; or floating point, added to the scores. null: none is. */
  keyPaddingMask: optional(tensor, null),
  /** Return the weights too. */
  needWeights: optional(boolean, true),
  /** bool [length, source] or [n * heads, length, source]: true is left out; or numbers that are added. null: none is. */
  attnMask: optional(tensor, null),
  /** [features, features]; needed without `inProjWeight`. */
  qProjWeight: optional(tensor, null),
  /** [features, key features]; needed without `inProjWeight`. */
  kProjWeight: optional(tensor, null),
  /** [features, value features]; needed without `inProjWeight`. */
  vProjWeight: optional(tensor, null),
  /** Weights as the mean over heads [n, length, source], rather than per head. */
  averageAttnWeights: optional(boolean, true),
  /** Query i sees keys up to i; with `attnMask` it is that mask that counts. */
  isCausal: optional(boolean, false),
}
export interface MultiHeadAttentionOptions extends OptionsOf<typeof multiHeadOptions> {}
type MultiHead = ValuesOf<typeof multiHeadOptions>
export const MULTI_HEAD_ATTENTION_FORWARD = /* @__PURE__ */ signature(
  'multiHeadAttentionForward',
  { query: tensor, key: tensor, value: tensor },
  multiHeadOptions,
)

/** Zeros and -inf where true, or the numbers themselves. */
const additiveOp: Op = /* @__PURE__ */ new Op('additiveMask', ([mask]) => [
  mask!.dtype === 'bool' ? mask!.where(mask!.builder.fill('float32', mask!.shape, -Infinity), 0) : mask!,
])
/** True where a key comes after the query; the operand only says where it runs. */
const futureOp: Op<{ shape: readonly [number, number] }> = /* @__PURE__ */ new Op(
  'futureMask',
  (_, { shape }, builder) => [builder.iota('int32', shape, 0).lt(builder.iota('int32', shape, 1))],
)
const extendOp: Op = /* @__PURE__ */ new Op('extendKeys', ([keys, last], _, builder) => {
  const shape = keys!.shape.with(0, 1)
  return [builder.concat([keys!, last === undefined ? builder.fill(keys!.dtype, shape, 0) : last.expand(shape)], 0)]
})
const unmaskedOp: Op = /* @__PURE__ */ new Op('extendMask', ([mask]) => {
  const none = mask!.shape.map(() => 0)
  return [mask!.pad(none, none.with(none.length - 1, 1))]
})

/**
 * Attention of several heads over projections of the features.
 * @param query [length, n, features], or without n
 * @param key [source, n, key features]
 * @param value [source, n, value features]
 * @returns the result, shaped as the query, and the weights or null
 * Source: https://arxiv.org/abs/1706.03762
 */
export function multiHeadAttentionForward(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: MultiHeadAttentionOptions,
): [Tensor, Tensor | null]
export function multiHeadAttentionForward(query: Tensor, key: Tensor, value: Tensor): [Tensor, Tensor | null] {
  const read = MULTI_HEAD_ATTENTION_FORWARD.read(arguments)
  assertProbability(NAME, read.dropoutP)
  const ranks = [query, key, value].map((x) => x.shape.length)
  if (ranks.some((rank) => rank !== ranks[0]) || (ranks[0] !== 2 && ranks[0] !== 3))
    throw new ShapeError(
      NAME,
      [query.shape, key.shape, value.shape],
      'query, key and value must be [length, n, features], or all without n',
    )
  if (ranks[0] === 3) return multiHead(query, key, value, read)
  const [y, weights] = multiHead(query.unsqueeze(1), key.unsqueeze(1), value.unsqueeze(1), {
    ...read,
    keyPaddingMask: read.keyPaddingMask?.unsqueeze(0) ?? null,
  })
  return [y.squeeze(1), weights?.squeeze(0) ?? null]
}

const NAME = 'multiHeadAttentionForward'

function multiHead(query: Tensor, key: Tensor, value: Tensor, options: MultiHead): [Tensor, Tensor | null] {
  const { numHeads: heads, dropoutP, training, needWeights, averageAttnWeights } = options
  const [length, n, features] = query.shape as [number, number, number]
  if (features % heads !== 0)
    throw new ShapeError(NAME, [query.shape], `the features must be a multiple of the ${heads} heads`)
  if (key.shape[0] !== value.shape[0] || key.shape[1] !== n || value.shape[1] !== n)
    throw new ShapeError(
      NAME,
      [query.shape, key.shape, value.shape],
      'key and value must have one length, and the batch of the query',
    )
  assertProjections(options, features, key.shape[2]!, value.shape[2]!)
  let [q, k, v] = project(query, key, value, options)
  let { attnMask, keyPaddingMask } = options
  if (options.isCausal && attnMask === null)
    attnMask = one(futureOp, { shape: [length, key.shape[0]!] as const }, query)
  const extend = (lastK: readonly Tensor[], lastV: readonly Tensor[]): void => {
    k = one(extendOp, NONE, k, ...lastK)
    v = one(extendOp, NONE, v, ...lastV)
    if (attnMask !== null) attnMask = one(unmaskedOp, NONE, attnMask)
    if (keyPaddingMask !== null) keyPaddingMask = one(unmaskedOp, NONE, keyPaddingMask)
  }
  if (options.biasK !== null && options.biasV !== null) extend([options.biasK], [options.biasV])
  if (options.addZeroAttn) extend([], [])

  const source = k.shape[0]!
  const size = features / heads
  const split = (x: Tensor): Tensor => x.reshape([x.shape[0]!, n, heads, size]).permute(1, 2, 0, 3)
  const mask = masks(attnMask, keyPaddingMask, [n, heads, length, source])
  const p = training ? dropoutP : 0
  let weights: Tensor | null = null
  let mixed: Tensor
  if (needWeights) {
    weights = attentionWeights(split(q), split(k), { attnMask: mask, isCausal: false, scale: null })
    if (p > 0) weights = dropout(weights, { p })
    mixed = weights.matmul(split(v))
  } else mixed = scaledDotProductAttention(split(q), split(k), split(v), { attnMask: mask, dropoutP: p })
  const joined = mixed.permute(2, 0, 1, 3).reshape([length, n, features])
  const y = linear(joined, options.outProjWeight, options.outProjBias)
  return [y, weights !== null && averageAttnWeights ? weights.mean({ dim: 1 }) : weights]
}

/** Throws ShapeError. */
function assertProjections(options: MultiHead, features: number, keys: number, values: number): void {
  const out = options.outProjWeight.shape
  const wanted = {
    inProjWeight: [3 * features, features],
    qProjWeight: [features, features],
    kProjWeight: [features, keys],
    vProjWeight: [features, values],
    inProjBias: [3 * features],
    biasK: [1, 1, features],
    biasV: [1, 1, features],
    outProjWeight: [out[0] ?? features, features],
    outProjBias: [out[0] ?? features],
  } satisfies { readonly [K in keyof MultiHead]?: readonly number[] }
  for (const [name, shape] of Object.entries(wanted)) {
    const given = options[name as keyof typeof wanted]
    if (given !== null && !sameShape(given.shape, shape))
      throw new ShapeError(NAME, [given.shape], `${name} must be [${shape.join(',')}]`)
  }
}

/** Query, key and value, each by its third of the packed weight or by a weight of its own. */
function project(query: Tensor, key: Tensor, value: Tensor, options: MultiHead): [Tensor, Tensor, Tensor] {
  const features = query.shape.at(-1)!
  const { inProjWeight: packed, inProjBias } = options
  const third = (x: Tensor, k: number, dim = 0): Tensor => x.narrow(dim, k * features, features)
  if (packed !== null && query === key && key === value) {
    const all = linear(query, packed, inProjBias)
    return [third(all, 0, -1), third(all, 1, -1), third(all, 2, -1)]
  }
  const own = [options.qProjWeight, options.kProjWeight, options.vProjWeight]
  return [query, key, value].map((x, k) => {
    const weight = packed === null ? own[k] : third(packed, k)
    if (weight == null) throw new OptionError(NAME, 'give inProjWeight, or qProjWeight, kProjWeight and vProjWeight')
    return linear(x, weight, inProjBias === null ? null : third(inProjBias, k))
  }) as [Tensor, Tensor, Tensor]
}

/** Both masks as one that is added to the scores. */
function masks(
  attnMask: Tensor | null,
  keyPaddingMask: Tensor | null,
  [n, heads, length, source]: readonly [number, number, number, number],
): Tensor | null {
  let mask: Tensor | null = null
  if (attnMask !== null) {
    assertMask(NAME, attnMask)
    const wide = attnMask.shape.length === 2 ? [1, 1, length, source] : [n, heads, length, source]
    if (numel(attnMask.shape) !== numel(wide))
      throw new ShapeError(
        NAME,
        [attnMask.shape],
        `attnMask must be [${length},${source}] or [${n * heads},${length},${source}]`,
      )
    mask = one(additiveOp, NONE, attnMask.reshape(wide))
  }
  if (keyPaddingMask !== null) {
    assertMask(NAME, keyPaddingMask)
    if (numel(keyPaddingMask.shape) !== n * source)
      throw new ShapeError(NAME, [keyPaddingMask.shape], `keyPaddingMask must be [${n},${source}]`)
    const padding = one(additiveOp, NONE, keyPaddingMask.reshape([n, 1, 1, source]))
    mask = mask === null ? padding : mask.add(padding)
  }
  return mask
}
