/** Distances and angles as modules. */
import { cosineSimilarity, pairwiseDistance, type DistanceOptions } from '../functional/distance.ts'
import { byName } from '../tensor/by-name.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Module } from './module.ts'

/** The cosine of the angle between two tensors along `dim` (default 1). */
export class CosineSimilarity extends Module<[x1: Tensor, x2: Tensor]> {
  readonly options: { readonly dim?: number; readonly eps?: number }
  constructor(options: { readonly dim?: number; readonly eps?: number } = {}) {
    super()
    this.options = byName('CosineSimilarity', options)
  }
  forward(x1: Tensor, x2: Tensor): Tensor {
    return cosineSimilarity(x1, x2, this.options)
  }
}
/** |x1 - x2 + eps|_p over the last dimension. */
export class PairwiseDistance extends Module<[x1: Tensor, x2: Tensor]> {
  readonly options: DistanceOptions & { readonly keepdim?: boolean }
  constructor(options: DistanceOptions & { readonly keepdim?: boolean } = {}) {
    super()
    this.options = byName('PairwiseDistance', options)
  }
  forward(x1: Tensor, x2: Tensor): Tensor {
    return pairwiseDistance(x1, x2, this.options)
  }
}
