/** Transformer encoder layers. */
import { gelu, relu } from '../functional/activation.ts'
import { defaultGenerator } from '../random/default-generator.ts'
import { byName } from '../tensor/by-name.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { MultiheadAttention } from './attention.ts'
import { ModuleList } from './container.ts'
import { Dropout } from './dropout.ts'
import { Linear } from './linear.ts'
import { Module } from './module.ts'
import { LayerNorm } from './normalization.ts'
import type { Placement } from './placement.ts'

export interface TransformerEncoderLayerOptions extends Placement {
  /** Features between the two linear layers; default 2048. */
  readonly dimFeedforward?: number
  /** Default 0.1. */
  readonly dropout?: number
  /** Default 'relu'. */
  readonly activation?: 'relu' | 'gelu' | ((x: Tensor) => Tensor)
  /** Default 1e-5. */
  readonly layerNormEps?: number
  /** [n, length, features] instead of [length, n, features]. Default false. */
  readonly batchFirst?: boolean
  /** Normalise before attention and the linear layers, not after. Default false. */
  readonly normFirst?: boolean
  /** Learn additive biases; default true. */
  readonly bias?: boolean
}
export interface TransformerCall {
  /** As MultiheadAttention's attnMask. */
  readonly srcMask?: Tensor | null
  /** As MultiheadAttention's keyPaddingMask. */
  readonly srcKeyPaddingMask?: Tensor | null
  readonly isCausal?: boolean
}

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
  readonly activation: (x: Tensor) => Tensor
  readonly #make: () => TransformerEncoderLayer

  constructor(dModel: number, nhead: number, options: TransformerEncoderLayerOptions = {}) {
    super()
    const {
      dimFeedforward = 2048,
      dropout: p = 0.1,
      activation = 'relu',
      layerNormEps: eps = 1e-5,
      batchFirst = false,
      normFirst = false,
      bias = true,
      ...placement
    } = byName('TransformerEncoderLayer', options)
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
    this.#make = () => new TransformerEncoderLayer(dModel, nhead, options)
  }
  /** Another layer with the same values. Draws nothing from the generator. */
  copy(): TransformerEncoderLayer {
    const state = defaultGenerator.getState()
    const copy = this.#make()
    defaultGenerator.setState(state)
    copy.loadStateDict(this.stateDict())
    return copy.train(this.training)
  }
  forward(src: Tensor, options: TransformerCall = {}): Tensor {
    byName('TransformerEncoderLayer', options)
    if (this.normFirst) {
      const x = src.add(this.#attend(this.norm1(src), options))
      return x.add(this.#feed(this.norm2(x)))
    }
    const x = this.norm1(src.add(this.#attend(src, options)))
    return this.norm2(x.add(this.#feed(x)))
  }
  #attend(x: Tensor, { srcMask = null, srcKeyPaddingMask = null, isCausal = false }: TransformerCall): Tensor {
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

export interface TransformerEncoderCall extends Omit<TransformerCall, 'srcMask'> {
  readonly mask?: Tensor | null
}
/**
 * `numLayers` copies of a layer, all starting with its values, and optionally a norm.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.TransformerEncoder.html
 */
export class TransformerEncoder extends Module<[src: Tensor, options?: TransformerEncoderCall]> {
  readonly layers: ModuleList<TransformerEncoderLayer>
  readonly norm: Module | null
  constructor(
    encoderLayer: TransformerEncoderLayer,
    numLayers: number,
    options: { readonly norm?: Module | null } = {},
  ) {
    super()
    const { norm = null } = byName('TransformerEncoder', options)
    this.layers = new ModuleList(Array.from({ length: numLayers }, () => encoderLayer.copy()))
    this.norm = norm
  }
  forward(src: Tensor, options: TransformerEncoderCall = {}): Tensor {
    const { mask = null, ...rest } = byName('TransformerEncoder', options)
    let x = src
    for (const layer of this.layers) x = layer(x, { srcMask: mask, ...rest })
    return this.norm === null ? x : this.norm(x)
  }
}
