/** Distances and angles as modules. */
import {
  cosineSimilarity,
  cosineSimilarityOptions,
  distanceOptions,
  pairwiseDistance,
  type CosineSimilarityOptions,
  type DistanceOptions,
} from '../functional/distance.ts'
import { signature, type ValuesOf } from '../signature/signature.ts'
import { tensor } from '../engine/kinds.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Module } from './module.ts'

export const NEW_COSINE_SIMILARITY = /* @__PURE__ */ signature('CosineSimilarity', {}, cosineSimilarityOptions)
export const NEW_PAIRWISE_DISTANCE = /* @__PURE__ */ signature('PairwiseDistance', {}, distanceOptions)
const PAIR = /* @__PURE__ */ signature('forward', { x1: tensor, x2: tensor })

/**
 * The cosine of the angle between two tensors along `dim`.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.CosineSimilarity.html
 */
export class CosineSimilarity extends Module<[x1: Tensor, x2: Tensor]> {
  readonly options: ValuesOf<typeof cosineSimilarityOptions>
  constructor(options?: CosineSimilarityOptions)
  constructor() {
    super()
    this.options = NEW_COSINE_SIMILARITY.read(arguments)
  }
  forward(x1: Tensor, x2: Tensor): Tensor {
    PAIR.read(arguments, this.constructor.name)
    return cosineSimilarity(x1, x2, this.options)
  }
}
/** |x1 - x2 + eps|_p over the last dimension. Source: https://pytorch.org/docs/stable/generated/torch.nn.PairwiseDistance.html */
export class PairwiseDistance extends Module<[x1: Tensor, x2: Tensor]> {
  readonly options: ValuesOf<typeof distanceOptions>
  constructor(options?: DistanceOptions)
  constructor() {
    super()
    this.options = NEW_PAIRWISE_DISTANCE.read(arguments)
  }
  forward(x1: Tensor, x2: Tensor): Tensor {
    PAIR.read(arguments, this.constructor.name)
    return pairwiseDistance(x1, x2, this.options)
  }
}
