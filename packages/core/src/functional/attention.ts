/** Attention: weighted means of values, the weights from how well queries and keys agree. */
import { numel } from '../backend/dtype.ts'
import { DTypeError, OptionError, ShapeError } from '../backend/errors.ts'
import type { Builder, Sym } from '../ir/builder.ts'
import { byName } from '../tensor/by-name.ts'
import type { Arg } from '../tensor/door.ts'
import { NONE, Op, traceComposite } from '../tensor/op.ts'
import { one } from '../tensor/one.ts'
import { broadcastShapes } from '../tensor/ops/promotion.ts'
import { softmaxOp } from '../tensor/ops/softmax.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { dropout } from './dropout.ts'
import { linear } from './linear.ts'

export interface AttentionOptions {
  /** bool [..., length, source]: true takes part; or floating point, added to the scores. Default null: all take part. */
  readonly attnMask?: Tensor | null
  /** Dropout of the weights; default 0. It is not tied to a module's mode. */
  readonly dropoutP?: number
  /** Query i sees keys up to i. Not together with `attnMask`. Default false. */
  readonly isCausal?: boolean
  /** Factor of the scores; default 1 / sqrt(features). */
  readonly scale?: number | null
}

interface Attention {
  readonly isCausal: boolean
  readonly mask: boolean
}

/** softmax(q k' scale + mask) */
function weightsOf(q: Sym, k: Sym, scale: Sym, mask: Sym | undefined, isCausal: boolean, builder: Builder): Sym {
  let scores = q.dot(k, false, true).mul(scale.cast(q.dtype))
  const { shape, rank } = scores
  if (isCausal)
    scores = builder
      .iota('int32', shape, rank - 1)
      .le(builder.iota('int32', shape, rank - 2))
      .where(scores, -Infinity)
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

const attentionOp: Op<Attention> = /* @__PURE__ */ new Op(
  'attention',
  ([query, key, value, scale, mask], { isCausal }, builder) => {
    const [q, k, v] = aligned(query!, key!, value!)
    return [weightsOf(q, k, scale!, mask, isCausal, builder).dot(v)]
  },
  { composite: true },
)
const weightsOp: Op<Attention> = /* @__PURE__ */ new Op(
  'attentionWeights',
  ([query, key, scale, mask], { isCausal }, builder) => {
    const [q, k] = aligned(query!, key!, key!)
    return [weightsOf(q, k, scale!, mask, isCausal, builder)]
  },
)

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
function attentionWeights(
  query: Tensor,
  key: Tensor,
  { attnMask = null, isCausal = false, scale = null }: AttentionOptions,
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
export function scaledDotProductAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: AttentionOptions = {},
): Tensor {
  const { attnMask = null, dropoutP = 0, isCausal = false, scale = null } = byName('scaledDotProductAttention', options)
  assertOperands(query, key, value)
  if (isCausal && attnMask !== null)
    throw new OptionError('scaledDotProductAttention', 'give either attnMask or isCausal')
  if (attnMask !== null && attnMask.dtype === 'int32')
    throw new DTypeError('scaledDotProductAttention', [attnMask.dtype], 'the mask is bool, or floating point')
  if (dropoutP > 0) return dropout(attentionWeights(query, key, options), { p: dropoutP }).matmul(value)
  const args: Arg[] = [
    query,
    key,
    value,
    scale ?? 1 / Math.sqrt(query.shape.at(-1)!),
    ...(attnMask === null ? [] : [attnMask]),
  ]
  return one(attentionOp, { isCausal, mask: attnMask !== null }, ...args)
}

export interface MultiHeadAttentionOptions {
  readonly numHeads: number
  /** [3 features, features]: the projections of query, key and value. null: the three below are used. */
  readonly inProjWeight: Tensor | null
  /** [features, features]; needed without `inProjWeight`, default null. */
  readonly qProjWeight?: Tensor | null
  /** [features, key features]; needed without `inProjWeight`, default null. */
  readonly kProjWeight?: Tensor | null
  /** [features, value features]; needed without `inProjWeight`, default null. */
  readonly vProjWeight?: Tensor | null
  /** [3 features]; default null: 0. */
  readonly inProjBias?: Tensor | null
  /** One more key for every sample: [1, 1, features]; default null: none. */
  readonly biasK?: Tensor | null
  /** Its value: [1, 1, features]; default null. */
  readonly biasV?: Tensor | null
  /** One more key and value of zeros; default false. */
  readonly addZeroAttn?: boolean
  readonly outProjWeight: Tensor
  /** [features]; default null: 0. */
  readonly outProjBias?: Tensor | null
  /** Probability of a weight to become 0, in training; default 0. */
  readonly dropoutP?: number
  /** Default true. */
  readonly training?: boolean
  /** bool [n, source]: true is left out; or floating point, added to the scores. Default null: none is. */
  readonly keyPaddingMask?: Tensor | null
  /** bool [length, source] or [n * heads, length, source]: true is left out; or numbers that are added. Default null: none is. */
  readonly attnMask?: Tensor | null
  /** Query i sees keys up to i; with `attnMask` it is that mask that counts. Default false. */
  readonly isCausal?: boolean
  /** Return the weights too; default true. */
  readonly needWeights?: boolean
  /** Weights as the mean over heads [n, length, source], rather than per head; default true. */
  readonly averageAttnWeights?: boolean
}

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
): [Tensor, Tensor | null] {
  byName('multiHeadAttentionForward', options)
  if (query.shape.length === 2) {
    const { keyPaddingMask = null } = options
    const [y, weights] = multiHeadAttentionForward(query.unsqueeze(1), key.unsqueeze(1), value.unsqueeze(1), {
      ...options,
      keyPaddingMask: keyPaddingMask?.unsqueeze(0) ?? null,
    })
    return [y.squeeze(1), weights?.squeeze(0) ?? null]
  }
  const { numHeads: heads, dropoutP = 0, training = true, needWeights = true, averageAttnWeights = true } = options
  const [length, n, features] = query.shape as [number, number, number]
  if (query.shape.length !== 3 || features % heads !== 0)
    throw new ShapeError(
      'multiHeadAttention',
      [query.shape],
      `the query must be [length, n, features] with features a multiple of the ${heads} heads`,
    )
  let [q, k, v] = project(query, key, value, options)
  let { attnMask = null, keyPaddingMask = null } = options
  if (options.isCausal === true && attnMask === null)
    attnMask = one(futureOp, { shape: [length, key.shape[0]!] as const }, query)
  const extend = (lastK: readonly Tensor[], lastV: readonly Tensor[]): void => {
    k = one(extendOp, NONE, k, ...lastK)
    v = one(extendOp, NONE, v, ...lastV)
    if (attnMask !== null) attnMask = one(unmaskedOp, NONE, attnMask)
    if (keyPaddingMask !== null) keyPaddingMask = one(unmaskedOp, NONE, keyPaddingMask)
  }
  if (options.biasK != null && options.biasV != null) extend([options.biasK], [options.biasV])
  if (options.addZeroAttn === true) extend([], [])

  const source = k.shape[0]!
  const size = features / heads
  const split = (x: Tensor): Tensor => x.reshape([x.shape[0]!, n, heads, size]).permute(1, 2, 0, 3)
  const mask = masks(attnMask, keyPaddingMask, [n, heads, length, source])
  const p = training ? dropoutP : 0
  const shared = { attnMask: mask }
  let weights: Tensor | null = null
  let mixed: Tensor
  if (needWeights) {
    weights = attentionWeights(split(q), split(k), shared)
    if (p > 0) weights = dropout(weights, { p })
    mixed = weights.matmul(split(v))
  } else mixed = scaledDotProductAttention(split(q), split(k), split(v), { ...shared, dropoutP: p })
  const joined = mixed.permute(2, 0, 1, 3).reshape([length, n, features])
  const y = linear(joined, options.outProjWeight, options.outProjBias)
  return [y, weights !== null && averageAttnWeights ? weights.mean({ dim: 1 }) : weights]
}

/** Query, key and value, each by its third of the packed weight or by a weight of its own. */
function project(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: MultiHeadAttentionOptions,
): [Tensor, Tensor, Tensor] {
  const features = query.shape.at(-1)!
  const { inProjWeight: packed, inProjBias = null } = options
  const third = (x: Tensor, k: number, dim = 0): Tensor => x.narrow(dim, k * features, features)
  if (packed !== null && query === key && key === value) {
    const all = linear(query, packed, inProjBias)
    return [third(all, 0, -1), third(all, 1, -1), third(all, 2, -1)]
  }
  const own = [options.qProjWeight, options.kProjWeight, options.vProjWeight]
  return [query, key, value].map((x, k) => {
    const weight = packed === null ? own[k] : third(packed, k)
    if (weight == null)
      throw new OptionError('multiHeadAttention', 'give inProjWeight, or qProjWeight, kProjWeight and vProjWeight')
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
    const wide = attnMask.shape.length === 2 ? [1, 1, length, source] : [n, heads, length, source]
    if (numel(attnMask.shape) !== numel(wide))
      throw new ShapeError(
        'multiHeadAttention',
        [attnMask.shape],
        `attnMask must be [${length},${source}] or [${n * heads},${length},${source}]`,
      )
    mask = one(additiveOp, NONE, attnMask.reshape(wide))
  }
  if (keyPaddingMask !== null) {
    if (numel(keyPaddingMask.shape) !== n * source)
      throw new ShapeError('multiHeadAttention', [keyPaddingMask.shape], `keyPaddingMask must be [${n},${source}]`)
    const padding = one(additiveOp, NONE, keyPaddingMask.reshape([n, 1, 1, source]))
    mask = mask === null ? padding : mask.add(padding)
  }
  return mask
}
