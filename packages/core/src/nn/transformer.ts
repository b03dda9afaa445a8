/** Transformer encoder layers. */
import { gelu, relu } from '../functional/activation.ts'
import { defaultGenerator } from '../random/default-generator.ts'
import { boolean, either, fn, kind, natural, nullable, number, oneOf, positive, type Kind } from '../signature/kind.ts'
import { optional, signature, type OptionsOf, type ValuesOf } from '../signature/signature.ts'
import { tensor } from '../engine/kinds.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { MultiheadAttention } from './attention.ts'
import { ModuleList } from './container.ts'
import { Dropout } from './dropout.ts'
import type { FieldKinds } from './fields.ts'
import { layers, module } from './kinds.ts'
import { Linear } from './linear.ts'
import { isModule, Module } from './module.ts'
import { LayerNorm } from './normalization.ts'
import { placementRows } from './placement.ts'

const layerOptions = {
  /** Features between the two linear layers. */
  dimFeedforward: optional(natural, 2048),
  /** Of the attention, and after each of its parts. */
  dropout: optional(number, 0.1),
  /** Between the two linear layers. */
  activation: optional(either(oneOf('relu', 'gelu'), fn<(x: Tensor) => Tensor>()), 'relu'),
  layerNormEps: optional(number, 1e-5),
  /** [n, length, features] instead of [length, n, features]. */
  batchFirst: optional(boolean, false),
  /** Normalise before attention and the linear layers, not after. */
  normFirst: optional(boolean, false),
  /** Learn additive biases. */
  bias: optional(boolean, true),
  ...placementRows,
}
const masks = {
  /** As MultiheadAttention's keyPaddingMask. */
  srcKeyPaddingMask: optional(tensor, null),
  /** As MultiheadAttention's. */
  isCausal: optional(boolean, false),
}
const layerCall = {
  /** As MultiheadAttention's attnMask. */
  srcMask: optional(tensor, null),
  ...masks,
}
const encoderOptions = {
  /** Of the result. */
  norm: optional(module(), null),
}
const encoderCall = {
  /** As MultiheadAttention's attnMask. */
  mask: optional(tensor, null),
  ...masks,
}
export interface TransformerEncoderLayerOptions extends OptionsOf<typeof layerOptions> {}
export interface TransformerCall extends OptionsOf<typeof layerCall> {}
export interface TransformerEncoderOptions extends OptionsOf<typeof encoderOptions> {}
export interface TransformerEncoderCall extends OptionsOf<typeof encoderCall> {}

const copied: Kind<TransformerEncoderLayer> = /* @__PURE__ */ kind(
  'a TransformerEncoderLayer',
  (value) => isModule(value) && 'copy' in value,
)
export const NEW_TRANSFORMER_ENCODER_LAYER = /* @__PURE__ */ signature(
  'TransformerEncoderLayer',
  { dModel: positive, nhead: positive },
  layerOptions,
)
export const NEW_TRANSFORMER_ENCODER = /* @__PURE__ */ signature(
  'TransformerEncoder',
  { encoderLayer: copied, numLayers: /* @__PURE__ */ layers(0) },
  encoderOptions,
)
export const COPY = /* @__PURE__ */ signature('copy')
const LAYER_FORWARD = /* @__PURE__ */ signature('forward', { src: tensor }, layerCall)
const ENCODER_FORWARD = /* @__PURE__ */ signature('forward', { src: tensor }, encoderCall)

const part: Kind<Module> = /* @__PURE__ */ module()
const LAYER_FIELDS: FieldKinds = {
  self_attn: part,
  linear1: part,
  dropout: part,
  linear2: part,
  norm1: part,
  norm2: part,
  dropout1: part,
  dropout2: part,
  activation: /* @__PURE__ */ either(fn(), part),
}
const ENCODER_FIELDS: FieldKinds = { layers: part, norm: /* @__PURE__ */ nullable(part) }

const ACTIVATIONS: { readonly [name in 'relu' | 'gelu']: (x: Tensor) => Tensor } = { relu, gelu: (x) => gelu(x) }

/**
 * Self-attention and two linear layers, each with dropout, a residual and layer norm. State keys are PyTorch's.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.TransformerEncoderLayer.html
 */
export class TransformerEncoderLayer extends Module<[src: Tensor, options?: TransformerCall]> {
  readonly self_attn: MultiheadAttention
  readonly linear1: Linear
  readonly dropout: Dropout
  readonly linear2: Linear
  readonly norm1: LayerNorm
  readonly norm2: LayerNorm
  readonly dropout1: Dropout
  readonly dropout2: Dropout
  readonly normFirst: boolean
  /** The function between the two linear layers. */
  readonly activation: (x: Tensor) => Tensor
  readonly #make: () => TransformerEncoderLayer

  constructor(dModel: number, nhead: number, options?: TransformerEncoderLayerOptions)
  constructor(dModel: number, nhead: number) {
    super()
    const read = NEW_TRANSFORMER_ENCODER_LAYER.read(arguments)
    const {
      dimFeedforward,
      dropout: p,
      activation,
      layerNormEps: eps,
      batchFirst,
      normFirst,
      bias,
      ...placement
    } = read
    this.self_attn = new MultiheadAttention(dModel, nhead, { dropout: p, bias, batchFirst, ...placement })
    this.linear1 = new Linear(dModel, dimFeedforward, { bias, ...placement })
    this.dropout = new Dropout(p)
    this.linear2 = new Linear(dimFeedforward, dModel, { bias, ...placement })
    this.norm1 = new LayerNorm(dModel, { eps, bias, ...placement })
    this.norm2 = new LayerNorm(dModel, { eps, bias, ...placement })
    this.dropout1 = new Dropout(p)
    this.dropout2 = new Dropout(p)
    this.normFirst = normFirst
    this.activation = typeof activation === 'string' ? ACTIVATIONS[activation] : activation
    this.#make = () => new TransformerEncoderLayer(dModel, nhead, read)
  }
  /** Another layer with the same values. Draws nothing from the generator. */
  copy(): TransformerEncoderLayer {
    COPY.read(arguments)
    const state = defaultGenerator.getState()
    const copy = this.#make()
    defaultGenerator.setState(state)
    copy.loadStateDict(this.stateDict())
    return copy.train(this.training)
  }
  forward(src: Tensor, options?: TransformerCall): Tensor
  forward(src: Tensor): Tensor {
    const read = LAYER_FORWARD.read(arguments, this.constructor.name)
    if (this.normFirst) {
      const x = src.add(this.#attend(this.norm1(src), read))
      return x.add(this.#feed(this.norm2(x)))
    }
    const x = this.norm1(src.add(this.#attend(src, read)))
    return this.norm2(x.add(this.#feed(x)))
  }
  override get fieldKinds(): FieldKinds {
    return LAYER_FIELDS
  }
  #attend(x: Tensor, { srcMask, srcKeyPaddingMask, isCausal }: ValuesOf<typeof layerCall>): Tensor {
    const [y] = this.self_attn(x, x, x, {
      attnMask: srcMask,
      keyPaddingMask: srcKeyPaddingMask,
      isCausal,
      needWeights: false,
    })
    return this.dropout1(y)
  }
  #feed(x: Tensor): Tensor {
    return this.dropout2(this.linear2(this.dropout(this.activation(this.linear1(x)))))
  }
}

/**
 * `numLayers` copies of a layer, all starting with its values, and optionally a norm.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.TransformerEncoder.html
 */
export class TransformerEncoder extends Module<[src: Tensor, options?: TransformerEncoderCall]> {
  readonly layers: ModuleList<TransformerEncoderLayer>
  readonly norm: Module | null
  constructor(encoderLayer: TransformerEncoderLayer, numLayers: number, options?: TransformerEncoderOptions)
  constructor(encoderLayer: TransformerEncoderLayer, numLayers: number) {
    super()
    const { norm } = NEW_TRANSFORMER_ENCODER.read(arguments)
    this.layers = new ModuleList(Array.from({ length: numLayers }, () => encoderLayer.copy()))
    this.norm = norm
  }
  forward(src: Tensor, options?: TransformerEncoderCall): Tensor
  forward(src: Tensor): Tensor {
    const { mask, ...rest } = ENCODER_FORWARD.read(arguments, this.constructor.name)
    let x = src
    for (const layer of this.layers) x = layer(x, { srcMask: mask, ...rest })
    return this.norm === null ? x : this.norm(x)
  }
  override get fieldKinds(): FieldKinds {
    return ENCODER_FIELDS
  }
}
