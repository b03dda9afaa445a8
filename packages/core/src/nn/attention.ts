/** Multi-head attention. */
import { OptionError } from '../contract/errors.ts'
import { multiHeadAttentionForward, multiHeadOptions } from '../functional/multi-head-attention.ts'
import { boolean, natural, number, positive } from '../signature/kind.ts'
import { optional, pick, signature, type OptionsOf } from '../signature/signature.ts'
import { tensor } from '../engine/kinds.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { constant_, xavierNormal_, xavierUniform_ } from './init/index.ts'
import type { FieldKinds } from './fields.ts'
import { module } from './kinds.ts'
import { Linear } from './linear.ts'
import { Module } from './module.ts'
import type { Parameter } from './parameter.ts'
import { placementRows, zeroParameter } from './placement.ts'

const FIELDS: FieldKinds = { out_proj: /* @__PURE__ */ module() }

/** Linear under the name that PyTorch prints. */
class NonDynamicallyQuantizableLinear extends Linear {}

const options = {
  /** Dropout of the weights while training. */
  dropout: optional(number, 0),
  /** Learn additive biases. */
  bias: optional(boolean, true),
  /** One more learned key and value for every sample. */
  addBiasKv: optional(boolean, false),
  /** One more key and value of zeros. */
  addZeroAttn: optional(boolean, false),
  /** Features of the keys. Default: embedDim. */
  kdim: optional(natural, null),
  /** Features of the values. Default: embedDim. */
  vdim: optional(natural, null),
  /** [n, length, features] instead of [length, n, features]. */
  batchFirst: optional(boolean, false),
  ...placementRows,
}
const callOptions = /* @__PURE__ */ pick(
  multiHeadOptions,
  'keyPaddingMask',
  'needWeights',
  'attnMask',
  'averageAttnWeights',
  'isCausal',
)
export interface MultiheadAttentionOptions extends OptionsOf<typeof options> {}
export interface MultiheadAttentionCall extends OptionsOf<typeof callOptions> {}

export const NEW_MULTIHEAD_ATTENTION = /* @__PURE__ */ signature(
  'MultiheadAttention',
  { embedDim: positive, numHeads: positive },
  options,
)
const FORWARD = /* @__PURE__ */ signature('forward', { query: tensor, key: tensor, value: tensor }, callOptions)

/**
 * Attention of `numHeads` heads over projections of the features. Gives [result, weights or null]. State keys:
 * `in_proj_weight` [3 embedDim, embedDim], `in_proj_bias`, `out_proj.weight`, `out_proj.bias`.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.MultiheadAttention.html
 */
export class MultiheadAttention extends Module<
  [query: Tensor, key: Tensor, value: Tensor, options?: MultiheadAttentionCall],
  [Tensor, Tensor | null]
> {
  readonly embedDim: number
  readonly numHeads: number
  readonly dropout: number
  readonly batchFirst: boolean
  readonly addZeroAttn: boolean
  in_proj_weight: Parameter | null
  q_proj_weight: Parameter | null
  k_proj_weight: Parameter | null
  v_proj_weight: Parameter | null
  in_proj_bias: Parameter | null
  bias_k: Parameter | null
  bias_v: Parameter | null
  readonly out_proj: Linear

  constructor(embedDim: number, numHeads: number, options?: MultiheadAttentionOptions)
  constructor(embedDim: number, numHeads: number) {
    super()
    const { dropout, bias, addBiasKv, addZeroAttn, kdim, vdim, batchFirst, ...placement } =
      NEW_MULTIHEAD_ATTENTION.read(arguments)
    if (embedDim % numHeads !== 0)
      throw new OptionError('MultiheadAttention', `numHeads ${numHeads} must divide embedDim ${embedDim}`)
    const [keys, values] = [kdim ?? embedDim, vdim ?? embedDim]
    const packed = keys === embedDim && values === embedDim
    const weight = (rows: number, columns: number): Parameter => zeroParameter(this, [rows, columns], placement)
    this.embedDim = embedDim
    this.numHeads = numHeads
    this.dropout = dropout
    this.batchFirst = batchFirst
    this.addZeroAttn = addZeroAttn
    this.in_proj_weight = packed ? weight(3 * embedDim, embedDim) : null
    this.q_proj_weight = packed ? null : weight(embedDim, embedDim)
    this.k_proj_weight = packed ? null : weight(embedDim, keys)
    this.v_proj_weight = packed ? null : weight(embedDim, values)
    this.in_proj_bias = bias ? zeroParameter(this, [3 * embedDim], placement) : null
    this.bias_k = addBiasKv ? zeroParameter(this, [1, 1, embedDim], placement) : null
    this.bias_v = addBiasKv ? zeroParameter(this, [1, 1, embedDim], placement) : null
    // The order of draws is PyTorch's.
    this.out_proj = new NonDynamicallyQuantizableLinear(embedDim, embedDim, { bias, ...placement })
    for (const projection of [this.in_proj_weight, this.q_proj_weight, this.k_proj_weight, this.v_proj_weight])
      if (projection !== null) xavierUniform_(projection)
    if (this.out_proj.bias !== null) constant_(this.out_proj.bias, 0)
    for (const extra of [this.bias_k, this.bias_v]) if (extra !== null) xavierNormal_(extra)
  }

  override get fieldKinds(): FieldKinds {
    return FIELDS
  }
  forward(query: Tensor, key: Tensor, value: Tensor, options?: MultiheadAttentionCall): [Tensor, Tensor | null]
  forward(query: Tensor, key: Tensor, value: Tensor): [Tensor, Tensor | null] {
    const read = FORWARD.read(arguments, this.constructor.name)
    const swapped = new Map<Tensor, Tensor>()
    const wide = this.batchFirst && query.shape.length === 3
    // The same tensor stays the same tensor: it is projected once.
    const ordered = (x: Tensor): Tensor => {
      if (!wide) return x
      const known = swapped.get(x) ?? x.transpose(0, 1)
      swapped.set(x, known)
      return known
    }
    const [y, weights] = multiHeadAttentionForward(ordered(query), ordered(key), ordered(value), {
      numHeads: this.numHeads,
      addZeroAttn: this.addZeroAttn,
      dropoutP: this.dropout,
      training: this.training,
      inProjWeight: this.in_proj_weight,
      qProjWeight: this.q_proj_weight,
      kProjWeight: this.k_proj_weight,
      vProjWeight: this.v_proj_weight,
      inProjBias: this.in_proj_bias,
      biasK: this.bias_k,
      biasV: this.bias_v,
      outProjWeight: this.out_proj.weight,
      outProjBias: this.out_proj.bias,
      ...read,
    })
    return [wide ? y.transpose(0, 1) : y, weights]
  }
}
