/** Rows that are trained, looked up by number. */
import { ShapeError } from '../contract/errors.ts'
import { embedding, embeddingOptions, paddingRow } from '../functional/embedding.ts'
import { boolean, natural } from '../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../signature/signature.ts'
import { tensor } from '../engine/kinds.ts'
import { zeros } from '../tensor/creation.ts'
import { noGrad } from '../engine/grad-node.ts'
import type { Followed, ShapeOf } from '../tensor/static-shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { normal_ } from './init/index.ts'
import { UNARY } from './kinds.ts'
import { Module } from './module.ts'
import { Parameter } from './parameter.ts'
import { placementRows, zeroParameter } from './placement.ts'

const options = { ...embeddingOptions, ...placementRows }
const pretrained = {
  /** Whether the rows stay as they are, and are not trained. */
  freeze: optional(boolean, true),
  ...embeddingOptions,
}
export interface EmbeddingOptions extends OptionsOf<typeof options> {}
export interface PretrainedOptions extends OptionsOf<typeof pretrained> {}

export const NEW_EMBEDDING = /* @__PURE__ */ signature(
  'Embedding',
  { numEmbeddings: natural, embeddingDim: natural },
  options,
)
export const FROM_PRETRAINED = /* @__PURE__ */ signature('fromPretrained', { embeddings: tensor }, pretrained)

/**
 * int32 [...] to [..., embeddingDim]. `weight` is [numEmbeddings, embeddingDim] and starts normal,
 * but zero in the row of `paddingIdx`.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Embedding.html
 */
export class Embedding<N extends number = number, F extends number = number> extends Module {
  readonly numEmbeddings: N
  readonly embeddingDim: F
  readonly paddingIdx: number | null
  weight: Parameter<readonly [N, F]>
  constructor(numEmbeddings: N, embeddingDim: F, options?: EmbeddingOptions)
  constructor(numEmbeddings: N, embeddingDim: F) {
    super()
    const { paddingIdx, ...placement } = NEW_EMBEDDING.read(arguments)
    this.numEmbeddings = numEmbeddings
    this.embeddingDim = embeddingDim
    this.paddingIdx = paddingIdx === null ? null : paddingRow('Embedding', paddingIdx, numEmbeddings)
    this.weight = zeroParameter(this, [numEmbeddings, embeddingDim], placement)
    normal_(this.weight)
    const row = this.paddingIdx
    if (row !== null)
      noGrad(() =>
        this.weight
          .narrow(0, row, 1)
          .assign(zeros([1, embeddingDim], { dtype: this.weight.dtype, device: this.weight.device })),
      )
  }
  /** An embedding of given rows [numEmbeddings, embeddingDim]. */
  static fromPretrained(embeddings: Tensor, options?: PretrainedOptions): Embedding
  static fromPretrained(embeddings: Tensor): Embedding {
    const { freeze, paddingIdx } = FROM_PRETRAINED.read(arguments)
    if (embeddings.shape.length !== 2)
      throw new ShapeError('Embedding', [embeddings.shape], 'the rows must be [numEmbeddings, embeddingDim]')
    const made: Embedding = Object.assign(new Embedding(0, embeddings.shape[1]!), {
      numEmbeddings: embeddings.shape[0]!,
      paddingIdx: paddingIdx === null ? null : paddingRow('Embedding', paddingIdx, embeddings.shape[0]!),
    })
    made.weight = new Parameter(embeddings.detach() as Embedding['weight'], { requiresGrad: !freeze })
    return made
  }
  forward(input: Tensor): Tensor {
    UNARY.read(arguments, this.constructor.name)
    return embedding(input, this.weight, { paddingIdx: this.paddingIdx })
  }
  override extraRepr(): string {
    const shown = this.paddingIdx === null ? '' : `, padding_idx=${this.paddingIdx}`
    return `${this.numEmbeddings}, ${this.embeddingDim}${shown}`
  }
}
// oxlint-disable-next-line no-unused-vars -- an interface merges with a class of the same type parameters
export interface Embedding<N extends number = number, F extends number = number> {
  <T extends Tensor>(input: T): Tensor<Followed<ShapeOf<T>, F>>
}
