/** Losses of distances with a margin, as modules. */
import type { ElementLoss, OtherLoss, Reduction } from '../functional/loss.ts'
import {
  cosineEmbeddingLoss,
  hingeEmbeddingLoss,
  marginRankingLoss,
  tripletMarginLoss,
  type MarginOptions,
  type TripletMarginOptions,
  cosineEmbeddingOptions,
  hingeEmbeddingOptions,
  marginRankingOptions,
  tripletMarginOptions,
} from '../functional/margin-loss.ts'
import { signature } from '../signature/signature.ts'
import type { Fits } from '../tensor/methods/arithmetic.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { tensor } from '../engine/kinds.ts'
import { Loss, SCORED } from './loss-base.ts'

export const NEW_HINGE_EMBEDDING_LOSS = /* @__PURE__ */ signature('HingeEmbeddingLoss', {}, hingeEmbeddingOptions)
export const NEW_MARGIN_RANKING_LOSS = /* @__PURE__ */ signature('MarginRankingLoss', {}, marginRankingOptions)
export const NEW_COSINE_EMBEDDING_LOSS = /* @__PURE__ */ signature('CosineEmbeddingLoss', {}, cosineEmbeddingOptions)
export const NEW_TRIPLET_MARGIN_LOSS = /* @__PURE__ */ signature('TripletMarginLoss', {}, tripletMarginOptions)
const PAIR = /* @__PURE__ */ signature('forward', { input1: tensor, input2: tensor, target: tensor })
const TRIPLET = /* @__PURE__ */ signature('forward', { anchor: tensor, positive: tensor, negative: tensor })

/**
 * input where the target is 1, max(0, margin - input) where it is -1.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.HingeEmbeddingLoss.html
 *
 * @example
 * ```ts
 * import { tensor } from '@glissade/core'
 * import * as nn from '@glissade/core/nn'
 *
 * const criterion = new nn.HingeEmbeddingLoss({ reduction: 'none' })
 * const losses = criterion(tensor([0.25, 0.25]), tensor([1, -1]))
 * console.log(await losses.toArray()) // [ 0.25, 0.75 ]
 * ```
 */
export class HingeEmbeddingLoss<R extends Reduction = 'mean'> extends Loss<typeof hingeEmbeddingOptions> {
  constructor(options?: MarginOptions<R>)
  constructor() {
    super(NEW_HINGE_EMBEDDING_LOSS.read(arguments))
  }
  forward(input: Tensor, target: Tensor): Tensor {
    SCORED.read(arguments, this.constructor.name)
    return hingeEmbeddingLoss(input, target, this.options)
  }
}
export interface HingeEmbeddingLoss<R extends Reduction = 'mean'> {
  <A extends Tensor, B extends Tensor>(input: A, target: B & Fits<'HingeEmbeddingLoss', A, B>): ElementLoss<A, B, R>
}

/**
 * max(0, -target (input1 - input2) + margin); default margin 0.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.MarginRankingLoss.html
 *
 * @example
 * ```ts
 * import { tensor } from '@glissade/core'
 * import * as nn from '@glissade/core/nn'
 *
 * const criterion = new nn.MarginRankingLoss({ margin: 0.5, reduction: 'none' })
 * const losses = criterion(tensor([2, 2]), tensor([1, 3]), tensor([1, 1])) // 1: the first should be greater
 * console.log(await losses.toArray()) // [ 0, 1.5 ]
 * ```
 */
export class MarginRankingLoss<R extends Reduction = 'mean'> extends Loss<
  typeof marginRankingOptions,
  [input1: Tensor, input2: Tensor, target: Tensor]
> {
  constructor(options?: MarginOptions<R>)
  constructor() {
    super(NEW_MARGIN_RANKING_LOSS.read(arguments))
  }
  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    PAIR.read(arguments, this.constructor.name)
    return marginRankingLoss(input1, input2, target, this.options)
  }
}
export interface MarginRankingLoss<R extends Reduction = 'mean'> {
  (input1: Tensor, input2: Tensor, target: Tensor): OtherLoss<R>
}

/**
 * 1 - cos where the target is 1, max(0, cos - margin) where it is -1, of vectors [n, size] or [size].
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.CosineEmbeddingLoss.html
 *
 * @example
 * ```ts
 * import { tensor } from '@glissade/core'
 * import * as nn from '@glissade/core/nn'
 *
 * const criterion = new nn.CosineEmbeddingLoss({ reduction: 'none' })
 * const losses = criterion(tensor([[1, 0], [1, 0]]), tensor([[0, 1], [0, 1]]), tensor([1, -1]))
 * console.log(await losses.toArray()) // [ 1, 0 ]
 * ```
 */
export class CosineEmbeddingLoss<R extends Reduction = 'mean'> extends Loss<
  typeof cosineEmbeddingOptions,
  [input1: Tensor, input2: Tensor, target: Tensor]
> {
  constructor(options?: MarginOptions<R>)
  constructor() {
    super(NEW_COSINE_EMBEDDING_LOSS.read(arguments))
  }
  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    PAIR.read(arguments, this.constructor.name)
    return cosineEmbeddingLoss(input1, input2, target, this.options)
  }
}
export interface CosineEmbeddingLoss<R extends Reduction = 'mean'> {
  (input1: Tensor, input2: Tensor, target: Tensor): OtherLoss<R>
}

/**
 * max(0, |anchor - positive| - |anchor - negative| + margin), of vectors in the last dimension.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.TripletMarginLoss.html
 *
 * @example
 * ```ts
 * import { tensor } from '@glissade/core'
 * import * as nn from '@glissade/core/nn'
 *
 * const criterion = new nn.TripletMarginLoss()
 * const loss = criterion(tensor([[0, 0]]), tensor([[0, 3]]), tensor([[3, 0]]))
 * console.log((await loss.item()).toFixed(4)) // 1.0000
 * ```
 */
export class TripletMarginLoss<R extends Reduction = 'mean'> extends Loss<
  typeof tripletMarginOptions,
  [anchor: Tensor, positive: Tensor, negative: Tensor]
> {
  constructor(options?: TripletMarginOptions<R>)
  constructor() {
    super(NEW_TRIPLET_MARGIN_LOSS.read(arguments))
  }
  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    TRIPLET.read(arguments, this.constructor.name)
    return tripletMarginLoss(anchor, positive, negative, this.options)
  }
}
export interface TripletMarginLoss<R extends Reduction = 'mean'> {
  (anchor: Tensor, positive: Tensor, negative: Tensor): OtherLoss<R>
}
