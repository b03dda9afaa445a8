/** Losses as modules. Options as of the functions of the same name; tensors among them are buffers. */
import {
  crossEntropy,
  multiMarginLoss,
  nllLoss,
  type CrossEntropyOptions,
  type MultiMarginOptions,
  type NllOptions,
  crossEntropyOptions,
  multiMarginOptions,
  nllOptions,
} from '../functional/class-loss.ts'
import {
  gaussianNllLoss,
  huberLoss,
  l1Loss,
  mseLoss,
  poissonNllLoss,
  smoothL1Loss,
  softMarginLoss,
  type ElementLoss,
  type GaussianNllOptions,
  type HuberOptions,
  type LossOptions,
  type PoissonNllOptions,
  type OtherLoss,
  type Reduction,
  type ScoreLoss,
  type SmoothL1Options,
  gaussianNllOptions,
  huberOptions,
  lossOptions,
  poissonNllOptions,
  scored,
  smoothL1Options,
} from '../functional/loss.ts'
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
import {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  klDiv,
  multilabelSoftMarginLoss,
  type KlDivOptions,
  type LogitsLossOptions,
  type WeightedLossOptions,
  klDivOptions,
  logitsLossOptions,
  weightedLossOptions,
} from '../functional/probability-loss.ts'
import { signature, type Rows, type ValuesOf } from '../signature/signature.ts'
import { tensor } from '../engine/kinds.ts'
import type { Fits } from '../tensor/methods/arithmetic.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Module } from './module.ts'

export const NEW_MSE_LOSS = /* @__PURE__ */ signature('MSELoss', {}, lossOptions)
export const NEW_L1_LOSS = /* @__PURE__ */ signature('L1Loss', {}, lossOptions)
export const NEW_SMOOTH_L1_LOSS = /* @__PURE__ */ signature('SmoothL1Loss', {}, smoothL1Options)
export const NEW_HUBER_LOSS = /* @__PURE__ */ signature('HuberLoss', {}, huberOptions)
export const NEW_POISSON_NLL_LOSS = /* @__PURE__ */ signature('PoissonNLLLoss', {}, poissonNllOptions)
export const NEW_SOFT_MARGIN_LOSS = /* @__PURE__ */ signature('SoftMarginLoss', {}, lossOptions)
export const NEW_KL_DIV_LOSS = /* @__PURE__ */ signature('KLDivLoss', {}, klDivOptions)
export const NEW_HINGE_EMBEDDING_LOSS = /* @__PURE__ */ signature('HingeEmbeddingLoss', {}, hingeEmbeddingOptions)
export const NEW_GAUSSIAN_NLL_LOSS = /* @__PURE__ */ signature('GaussianNLLLoss', {}, gaussianNllOptions)
export const NEW_MARGIN_RANKING_LOSS = /* @__PURE__ */ signature('MarginRankingLoss', {}, marginRankingOptions)
export const NEW_COSINE_EMBEDDING_LOSS = /* @__PURE__ */ signature('CosineEmbeddingLoss', {}, cosineEmbeddingOptions)
export const NEW_TRIPLET_MARGIN_LOSS = /* @__PURE__ */ signature('TripletMarginLoss', {}, tripletMarginOptions)
export const NEW_CROSS_ENTROPY_LOSS = /* @__PURE__ */ signature('CrossEntropyLoss', {}, crossEntropyOptions)
export const NEW_NLL_LOSS = /* @__PURE__ */ signature('NLLLoss', {}, nllOptions)
export const NEW_BCE_LOSS = /* @__PURE__ */ signature('BCELoss', {}, weightedLossOptions)
export const NEW_BCE_WITH_LOGITS_LOSS = /* @__PURE__ */ signature('BCEWithLogitsLoss', {}, logitsLossOptions)
export const NEW_MULTI_LABEL_SOFT_MARGIN_LOSS = /* @__PURE__ */ signature(
  'MultiLabelSoftMarginLoss',
  {},
  weightedLossOptions,
)
export const NEW_MULTI_MARGIN_LOSS = /* @__PURE__ */ signature('MultiMarginLoss', {}, multiMarginOptions)

const SCORED = /* @__PURE__ */ signature('forward', scored)
const WITH_VARIANCE = /* @__PURE__ */ signature('forward', { ...scored, variance: tensor })
const PAIR = /* @__PURE__ */ signature('forward', { input1: tensor, input2: tensor, target: tensor })
const TRIPLET = /* @__PURE__ */ signature('forward', { anchor: tensor, positive: tensor, negative: tensor })

abstract class Loss<R extends Rows, A extends readonly unknown[] = [input: Tensor, target: Tensor]> extends Module<A> {
  readonly options: ValuesOf<R>
  constructor(read: ValuesOf<R>) {
    super()
    this.options = read
  }
}
/** A loss with a factor per class or element, which is a buffer. */
abstract class WeightedLoss<R extends Rows & typeof weightedLossOptions> extends Loss<Omit<R, 'weight'>> {
  readonly weight: Tensor | null = null
  constructor(read: ValuesOf<R>) {
    const { weight, ...rest } = read
    super(rest)
    if (weight !== null) this.registerBuffer('weight', weight)
  }
}

/**
 * The squared difference (input - target)^2. Shapes broadcast, with a warning; the result is a mean unless `reduction` says
 * otherwise.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.MSELoss.html
 *
 * @example
 * ```ts
 * import { tensor } from '@glissade/core'
 * import * as nn from '@glissade/core/nn'
 *
 * const criterion = new nn.MSELoss()
 * const loss = criterion(tensor([1, 2]), tensor([1, 4]))
 * console.log(await loss.item()) // 2
 * ```
 */
export class MSELoss<R extends Reduction = 'mean'> extends Loss<typeof lossOptions> {
  constructor(options?: LossOptions<R>)
  constructor() {
    super(NEW_MSE_LOSS.read(arguments))
  }
  forward(input: Tensor, target: Tensor): Tensor {
    SCORED.read(arguments, this.constructor.name)
    return mseLoss(input, target, this.options)
  }
}
export interface MSELoss<R extends Reduction = 'mean'> {
  <A extends Tensor, B extends Tensor>(input: A, target: B & Fits<'MSELoss', A, B>): ElementLoss<A, B, R>
}
/**
 * The absolute difference |input - target|. Shapes broadcast, with a warning; the result is a mean unless `reduction` says
 * otherwise.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.L1Loss.html
 *
 * @example
 * ```ts
 * import { tensor } from '@glissade/core'
 * import * as nn from '@glissade/core/nn'
 *
 * const criterion = new nn.L1Loss({ reduction: 'sum' })
 * const loss = criterion(tensor([1, 2]), tensor([2, 4]))
 * console.log(await loss.item()) // 3
 * ```
 */
export class L1Loss<R extends Reduction = 'mean'> extends Loss<typeof lossOptions> {
  constructor(options?: LossOptions<R>)
  constructor() {
    super(NEW_L1_LOSS.read(arguments))
  }
  forward(input: Tensor, target: Tensor): Tensor {
    SCORED.read(arguments, this.constructor.name)
    return l1Loss(input, target, this.options)
  }
}
export interface L1Loss<R extends Reduction = 'mean'> {
  <A extends Tensor, B extends Tensor>(input: A, target: B & Fits<'L1Loss', A, B>): ElementLoss<A, B, R>
}
/**
 * Squares below `beta` (default 1), absolute values above.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.SmoothL1Loss.html
 *
 * @example
 * ```ts
 * import { tensor } from '@glissade/core'
 * import * as nn from '@glissade/core/nn'
 *
 * const criterion = new nn.SmoothL1Loss({ reduction: 'none' })
 * const losses = criterion(tensor([0.5, 3]), tensor([0, 0]))
 * console.log(await losses.toArray()) // [ 0.125, 2.5 ]
 * ```
 */
export class SmoothL1Loss<R extends Reduction = 'mean'> extends Loss<typeof smoothL1Options> {
  constructor(options?: SmoothL1Options<R>)
  constructor() {
    super(NEW_SMOOTH_L1_LOSS.read(arguments))
  }
  forward(input: Tensor, target: Tensor): Tensor {
    SCORED.read(arguments, this.constructor.name)
    return smoothL1Loss(input, target, this.options)
  }
}
export interface SmoothL1Loss<R extends Reduction = 'mean'> {
  <A extends Tensor, B extends Tensor>(input: A, target: B & Fits<'SmoothL1Loss', A, B>): ElementLoss<A, B, R>
}
/**
 * Squares up to `delta` (default 1), absolute values above.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.HuberLoss.html
 *
 * @example
 * ```ts
 * import { tensor } from '@glissade/core'
 * import * as nn from '@glissade/core/nn'
 *
 * const criterion = new nn.HuberLoss({ delta: 2, reduction: 'none' })
 * const losses = criterion(tensor([1, 3]), tensor([0, 0]))
 * console.log(await losses.toArray()) // [ 0.5, 4 ]
 * ```
 */
export class HuberLoss<R extends Reduction = 'mean'> extends Loss<typeof huberOptions> {
  constructor(options?: HuberOptions<R>)
  constructor() {
    super(NEW_HUBER_LOSS.read(arguments))
  }
  forward(input: Tensor, target: Tensor): Tensor {
    SCORED.read(arguments, this.constructor.name)
    return huberLoss(input, target, this.options)
  }
}
export interface HuberLoss<R extends Reduction = 'mean'> {
  <A extends Tensor, B extends Tensor>(input: A, target: B & Fits<'HuberLoss', A, B>): ElementLoss<A, B, R>
}
/**
 * exp(input) - target input, for counts: `input` is the logarithm of a rate, or with `logInput: false` the rate, of the
 * target's shape.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.PoissonNLLLoss.html
 *
 * @example
 * ```ts
 * import { tensor } from '@glissade/core'
 * import * as nn from '@glissade/core/nn'
 *
 * const criterion = new nn.PoissonNLLLoss({ logInput: false })
 * const loss = criterion(tensor([1, 4]), tensor([0, 0])) // rates, and counts that were seen
 * console.log(await loss.item()) // 2.5
 * ```
 */
export class PoissonNLLLoss<R extends Reduction = 'mean'> extends Loss<typeof poissonNllOptions> {
  constructor(options?: PoissonNllOptions<R>)
  constructor() {
    super(NEW_POISSON_NLL_LOSS.read(arguments))
  }
  forward(input: Tensor, target: Tensor): Tensor {
    SCORED.read(arguments, this.constructor.name)
    return poissonNllLoss(input, target, this.options)
  }
}
export interface PoissonNLLLoss<R extends Reduction = 'mean'> {
  <A extends Tensor, B extends Tensor>(input: A, target: B & Fits<'PoissonNLLLoss', A, B>): ElementLoss<A, B, R>
}
/**
 * log(1 + exp(-target input)), for targets 1 and -1 of the input's shape.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.SoftMarginLoss.html
 *
 * @example
 * ```ts
 * import { tensor } from '@glissade/core'
 * import * as nn from '@glissade/core/nn'
 *
 * const criterion = new nn.SoftMarginLoss()
 * const loss = criterion(tensor([0, 0]), tensor([1, -1]))
 * console.log((await loss.item()).toFixed(4)) // 0.6931
 * ```
 */
export class SoftMarginLoss<R extends Reduction = 'mean'> extends Loss<typeof lossOptions> {
  constructor(options?: LossOptions<R>)
  constructor() {
    super(NEW_SOFT_MARGIN_LOSS.read(arguments))
  }
  forward(input: Tensor, target: Tensor): Tensor {
    SCORED.read(arguments, this.constructor.name)
    return softMarginLoss(input, target, this.options)
  }
}
export interface SoftMarginLoss<R extends Reduction = 'mean'> {
  <A extends Tensor, B extends Tensor>(input: A, target: B & Fits<'SoftMarginLoss', A, B>): ElementLoss<A, B, R>
}
/**
 * target (log(target) - input), input in logarithms; 'batchmean' is the divergence per sample.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.KLDivLoss.html
 *
 * @example
 * ```ts
 * import { tensor } from '@glissade/core'
 * import * as nn from '@glissade/core/nn'
 *
 * const criterion = new nn.KLDivLoss({ reduction: 'batchmean' })
 * const predicted = tensor([[0.5, 0.5]]).log()
 * const loss = criterion(predicted, tensor([[1, 0]]))
 * console.log((await loss.item()).toFixed(4)) // 0.6931
 * ```
 */
export class KLDivLoss<R extends Reduction | 'batchmean' = 'mean'> extends Loss<typeof klDivOptions> {
  constructor(options?: KlDivOptions<R>)
  constructor() {
    super(NEW_KL_DIV_LOSS.read(arguments))
  }
  forward(input: Tensor, target: Tensor): Tensor {
    SCORED.read(arguments, this.constructor.name)
    return klDiv(input, target, this.options)
  }
}
export interface KLDivLoss<R extends Reduction | 'batchmean' = 'mean'> {
  <A extends Tensor, B extends Tensor>(input: A, target: B & Fits<'KLDivLoss', A, B>): ElementLoss<A, B, R>
}
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
 * 0.5 (log(var) + (input - target)^2 / var), for targets and variances of the input's shape.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.GaussianNLLLoss.html
 *
 * @example
 * ```ts
 * import { tensor } from '@glissade/core'
 * import * as nn from '@glissade/core/nn'
 *
 * const criterion = new nn.GaussianNLLLoss()
 * const loss = criterion(tensor([1, 3]), tensor([1, 1]), tensor([1, 1])) // means, values and variances
 * console.log(await loss.item()) // 1
 * ```
 */
export class GaussianNLLLoss<R extends Reduction = 'mean'> extends Loss<
  typeof gaussianNllOptions,
  [input: Tensor, target: Tensor, variance: Tensor]
> {
  constructor(options?: GaussianNllOptions<R>)
  constructor() {
    super(NEW_GAUSSIAN_NLL_LOSS.read(arguments))
  }
  forward(input: Tensor, target: Tensor, variance: Tensor): Tensor {
    WITH_VARIANCE.read(arguments, this.constructor.name)
    return gaussianNllLoss(input, target, variance, this.options)
  }
}
export interface GaussianNLLLoss<R extends Reduction = 'mean'> {
  (input: Tensor, target: Tensor, variance: Tensor): OtherLoss<R>
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
/**
 * -log softmax(input)[target]: logits [n, classes, ...] and int32 classes [n, ...], or probabilities.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html
 *
 * @example
 * ```ts
 * import { tensor } from '@glissade/core'
 * import * as nn from '@glissade/core/nn'
 *
 * const criterion = new nn.CrossEntropyLoss()
 * const logits = tensor([[2, 0, 0], [0, 0, 2]])
 * const classes = tensor([0, 1], { dtype: 'int32' })
 * console.log((await criterion(logits, classes).item()).toFixed(4)) // 1.2395
 * ```
 */
export class CrossEntropyLoss<R extends Reduction = 'mean'> extends WeightedLoss<typeof crossEntropyOptions> {
  constructor(options?: CrossEntropyOptions<R>)
  constructor() {
    super(NEW_CROSS_ENTROPY_LOSS.read(arguments))
  }
  forward(input: Tensor, target: Tensor): Tensor {
    SCORED.read(arguments, this.constructor.name)
    return crossEntropy(input, target, { ...this.options, weight: this.weight })
  }
}
export interface CrossEntropyLoss<R extends Reduction = 'mean'> {
  <A extends Tensor>(input: A, target: Tensor): ScoreLoss<A, R>
}
/**
 * -input[target]: log-probabilities [n, classes, ...] and int32 classes [n, ...].
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.NLLLoss.html
 *
 * @example
 * ```ts
 * import { tensor } from '@glissade/core'
 * import * as nn from '@glissade/core/nn'
 *
 * const criterion = new nn.NLLLoss()
 * const logProbabilities = tensor([[0.5, 0.5], [0.25, 0.75]]).log()
 * const classes = tensor([0, 1], { dtype: 'int32' })
 * console.log((await criterion(logProbabilities, classes).item()).toFixed(4)) // 0.4904
 * ```
 */
export class NLLLoss<R extends Reduction = 'mean'> extends WeightedLoss<typeof nllOptions> {
  constructor(options?: NllOptions<R>)
  constructor() {
    super(NEW_NLL_LOSS.read(arguments))
  }
  forward(input: Tensor, target: Tensor): Tensor {
    SCORED.read(arguments, this.constructor.name)
    return nllLoss(input, target, { ...this.options, weight: this.weight })
  }
}
export interface NLLLoss<R extends Reduction = 'mean'> {
  <A extends Tensor>(input: A, target: Tensor): ScoreLoss<A, R>
}
/**
 * -(t log x + (1 - t) log(1 - x)) of probabilities x in [0, 1], for targets t of the same shape.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.BCELoss.html
 *
 * @example
 * ```ts
 * import { tensor } from '@glissade/core'
 * import * as nn from '@glissade/core/nn'
 *
 * const criterion = new nn.BCELoss()
 * const loss = criterion(tensor([0.5, 0.5]), tensor([1, 0]))
 * console.log((await loss.item()).toFixed(4)) // 0.6931
 * ```
 */
export class BCELoss<R extends Reduction = 'mean'> extends WeightedLoss<typeof weightedLossOptions> {
  constructor(options?: WeightedLossOptions<R>)
  constructor() {
    super(NEW_BCE_LOSS.read(arguments))
  }
  forward(input: Tensor, target: Tensor): Tensor {
    SCORED.read(arguments, this.constructor.name)
    return binaryCrossEntropy(input, target, { ...this.options, weight: this.weight })
  }
}
export interface BCELoss<R extends Reduction = 'mean'> {
  (input: Tensor, target: Tensor): OtherLoss<R>
}
/**
 * BCELoss of sigmoid(input), without overflow. `weight` and `pos_weight` are buffers.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html
 *
 * @example
 * ```ts
 * import { tensor } from '@glissade/core'
 * import * as nn from '@glissade/core/nn'
 *
 * const criterion = new nn.BCEWithLogitsLoss({ posWeight: tensor([3]) })
 * const loss = criterion(tensor([[0], [0]]), tensor([[1], [0]])) // positives count three times
 * console.log((await loss.item()).toFixed(4)) // 1.3863
 * ```
 */
export class BCEWithLogitsLoss<R extends Reduction = 'mean'> extends WeightedLoss<typeof weightedLossOptions> {
  readonly pos_weight: Tensor | null = null
  constructor(options?: LogitsLossOptions<R>)
  constructor() {
    const { posWeight, ...rest } = NEW_BCE_WITH_LOGITS_LOSS.read(arguments)
    super(rest)
    if (posWeight !== null) this.registerBuffer('pos_weight', posWeight)
  }
  forward(input: Tensor, target: Tensor): Tensor {
    SCORED.read(arguments, this.constructor.name)
    return binaryCrossEntropyWithLogits(input, target, {
      ...this.options,
      weight: this.weight,
      posWeight: this.pos_weight,
    })
  }
}
export interface BCEWithLogitsLoss<R extends Reduction = 'mean'> {
  (input: Tensor, target: Tensor): OtherLoss<R>
}
/**
 * The mean over classes, the last dimension, of BCEWithLogitsLoss: a sample [n, classes] may be of several classes.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.MultiLabelSoftMarginLoss.html
 *
 * @example
 * ```ts
 * import { tensor } from '@glissade/core'
 * import * as nn from '@glissade/core/nn'
 *
 * const criterion = new nn.MultiLabelSoftMarginLoss()
 * const loss = criterion(tensor([[0, 0, 0]]), tensor([[1, 0, 1]])) // a sample of classes 0 and 2
 * console.log((await loss.item()).toFixed(4)) // 0.6931
 * ```
 */
export class MultiLabelSoftMarginLoss<R extends Reduction = 'mean'> extends WeightedLoss<typeof weightedLossOptions> {
  constructor(options?: WeightedLossOptions<R>)
  constructor() {
    super(NEW_MULTI_LABEL_SOFT_MARGIN_LOSS.read(arguments))
  }
  forward(input: Tensor, target: Tensor): Tensor {
    SCORED.read(arguments, this.constructor.name)
    return multilabelSoftMarginLoss(input, target, { ...this.options, weight: this.weight })
  }
}
export interface MultiLabelSoftMarginLoss<R extends Reduction = 'mean'> {
  (input: Tensor, target: Tensor): OtherLoss<R>
}
/**
 * Mean over the other classes i of max(0, margin - input[target] + input[i])^p, for scores [n, classes] and int32 classes [n].
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.MultiMarginLoss.html
 *
 * @example
 * ```ts
 * import { tensor } from '@glissade/core'
 * import * as nn from '@glissade/core/nn'
 *
 * const criterion = new nn.MultiMarginLoss()
 * const loss = criterion(tensor([[0.5, 1, 0, 0]]), tensor([1], { dtype: 'int32' }))
 * console.log(await loss.item()) // 0.125
 * ```
 */
export class MultiMarginLoss<R extends Reduction = 'mean'> extends WeightedLoss<typeof multiMarginOptions> {
  constructor(options?: MultiMarginOptions<R>)
  constructor() {
    super(NEW_MULTI_MARGIN_LOSS.read(arguments))
  }
  forward(input: Tensor, target: Tensor): Tensor {
    SCORED.read(arguments, this.constructor.name)
    return multiMarginLoss(input, target, { ...this.options, weight: this.weight })
  }
}
export interface MultiMarginLoss<R extends Reduction = 'mean'> {
  <A extends Tensor>(input: A, target: Tensor): ScoreLoss<A, R>
}
