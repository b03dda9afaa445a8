/** Losses as modules. Options as of the functions of the same name; tensors among them are buffers. */
import {
  crossEntropy,
  multiMarginLoss,
  nllLoss,
  type CrossEntropyOptions,
  type MultiMarginOptions,
  type NllOptions,
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
} from '../functional/loss.ts'
import {
  cosineEmbeddingLoss,
  hingeEmbeddingLoss,
  marginRankingLoss,
  tripletMarginLoss,
  type MarginOptions,
  type TripletMarginOptions,
} from '../functional/margin-loss.ts'
import {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  klDiv,
  multilabelSoftMarginLoss,
  type KlDivOptions,
  type LogitsLossOptions,
  type WeightedLossOptions,
} from '../functional/probability-loss.ts'
import { byName } from '../tensor/by-name.ts'
import type { Fits } from '../tensor/methods/arithmetic.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Module } from './module.ts'

abstract class Loss<
  O extends object,
  A extends readonly unknown[] = [input: Tensor, target: Tensor],
> extends Module<A> {
  readonly options: O
  constructor(options: O) {
    super()
    this.options = byName(new.target.name, options)
  }
}
/** A loss with a factor per class or element, which is a buffer. */
abstract class WeightedLoss<O extends { readonly weight?: Tensor | null | undefined }> extends Loss<Omit<O, 'weight'>> {
  readonly weight: Tensor | null = null
  constructor(options: O) {
    const { weight = null, ...rest } = byName(new.target.name, options)
    super(rest)
    if (weight !== null) this.registerBuffer('weight', weight)
  }
}

/** (input - target)^2. */
export class MSELoss<R extends Reduction = 'mean'> extends Loss<LossOptions> {
  constructor(options: LossOptions<R> = {}) {
    super(options)
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return mseLoss(input, target, this.options)
  }
}
export interface MSELoss<R extends Reduction = 'mean'> {
  <A extends Tensor, B extends Tensor>(input: A, target: B & Fits<'MSELoss', A, B>): ElementLoss<A, B, R>
}
/** |input - target|. */
export class L1Loss<R extends Reduction = 'mean'> extends Loss<LossOptions> {
  constructor(options: LossOptions<R> = {}) {
    super(options)
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return l1Loss(input, target, this.options)
  }
}
export interface L1Loss<R extends Reduction = 'mean'> {
  <A extends Tensor, B extends Tensor>(input: A, target: B & Fits<'L1Loss', A, B>): ElementLoss<A, B, R>
}
/** Squares below `beta` (default 1), absolute values above. */
export class SmoothL1Loss<R extends Reduction = 'mean'> extends Loss<SmoothL1Options> {
  constructor(options: SmoothL1Options<R> = {}) {
    super(options)
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return smoothL1Loss(input, target, this.options)
  }
}
export interface SmoothL1Loss<R extends Reduction = 'mean'> {
  <A extends Tensor, B extends Tensor>(input: A, target: B & Fits<'SmoothL1Loss', A, B>): ElementLoss<A, B, R>
}
/** Squares up to `delta` (default 1), absolute values above. */
export class HuberLoss<R extends Reduction = 'mean'> extends Loss<HuberOptions> {
  constructor(options: HuberOptions<R> = {}) {
    super(options)
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return huberLoss(input, target, this.options)
  }
}
export interface HuberLoss<R extends Reduction = 'mean'> {
  <A extends Tensor, B extends Tensor>(input: A, target: B & Fits<'HuberLoss', A, B>): ElementLoss<A, B, R>
}
/** exp(input) - target input. */
export class PoissonNLLLoss<R extends Reduction = 'mean'> extends Loss<PoissonNllOptions> {
  constructor(options: PoissonNllOptions<R> = {}) {
    super(options)
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return poissonNllLoss(input, target, this.options)
  }
}
export interface PoissonNLLLoss<R extends Reduction = 'mean'> {
  <A extends Tensor, B extends Tensor>(input: A, target: B & Fits<'PoissonNLLLoss', A, B>): ElementLoss<A, B, R>
}
/** log(1 + exp(-target input)). */
export class SoftMarginLoss<R extends Reduction = 'mean'> extends Loss<LossOptions> {
  constructor(options: LossOptions<R> = {}) {
    super(options)
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return softMarginLoss(input, target, this.options)
  }
}
export interface SoftMarginLoss<R extends Reduction = 'mean'> {
  <A extends Tensor, B extends Tensor>(input: A, target: B & Fits<'SoftMarginLoss', A, B>): ElementLoss<A, B, R>
}
/** target (log(target) - input), input in logarithms; 'batchmean' is the divergence per sample. */
export class KLDivLoss<R extends Reduction | 'batchmean' = 'mean'> extends Loss<KlDivOptions> {
  constructor(options: KlDivOptions<R> = {}) {
    super(options)
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return klDiv(input, target, this.options)
  }
}
export interface KLDivLoss<R extends Reduction | 'batchmean' = 'mean'> {
  <A extends Tensor, B extends Tensor>(input: A, target: B & Fits<'KLDivLoss', A, B>): ElementLoss<A, B, R>
}
/** input where the target is 1, max(0, margin - input) where it is -1. */
export class HingeEmbeddingLoss<R extends Reduction = 'mean'> extends Loss<MarginOptions> {
  constructor(options: MarginOptions<R> = {}) {
    super(options)
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return hingeEmbeddingLoss(input, target, this.options)
  }
}
export interface HingeEmbeddingLoss<R extends Reduction = 'mean'> {
  <A extends Tensor, B extends Tensor>(input: A, target: B & Fits<'HingeEmbeddingLoss', A, B>): ElementLoss<A, B, R>
}
/** 0.5 (log(var) + (input - target)^2 / var). */
export class GaussianNLLLoss<R extends Reduction = 'mean'> extends Loss<
  GaussianNllOptions,
  [input: Tensor, target: Tensor, variance: Tensor]
> {
  constructor(options: GaussianNllOptions<R> = {}) {
    super(options)
  }
  forward(input: Tensor, target: Tensor, variance: Tensor): Tensor {
    return gaussianNllLoss(input, target, variance, this.options)
  }
}
export interface GaussianNLLLoss<R extends Reduction = 'mean'> {
  (input: Tensor, target: Tensor, variance: Tensor): OtherLoss<R>
}
/** max(0, -target (input1 - input2) + margin); default margin 0. */
export class MarginRankingLoss<R extends Reduction = 'mean'> extends Loss<
  MarginOptions,
  [input1: Tensor, input2: Tensor, target: Tensor]
> {
  constructor(options: MarginOptions<R> = {}) {
    super(options)
  }
  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return marginRankingLoss(input1, input2, target, this.options)
  }
}
export interface MarginRankingLoss<R extends Reduction = 'mean'> {
  (input1: Tensor, input2: Tensor, target: Tensor): OtherLoss<R>
}
/** 1 - cos where the target is 1, max(0, cos - margin) where it is -1. */
export class CosineEmbeddingLoss<R extends Reduction = 'mean'> extends Loss<
  MarginOptions,
  [input1: Tensor, input2: Tensor, target: Tensor]
> {
  constructor(options: MarginOptions<R> = {}) {
    super(options)
  }
  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return cosineEmbeddingLoss(input1, input2, target, this.options)
  }
}
export interface CosineEmbeddingLoss<R extends Reduction = 'mean'> {
  (input1: Tensor, input2: Tensor, target: Tensor): OtherLoss<R>
}
/** max(0, |anchor - positive| - |anchor - negative| + margin). */
export class TripletMarginLoss<R extends Reduction = 'mean'> extends Loss<
  TripletMarginOptions,
  [anchor: Tensor, positive: Tensor, negative: Tensor]
> {
  constructor(options: TripletMarginOptions<R> = {}) {
    super(options)
  }
  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return tripletMarginLoss(anchor, positive, negative, this.options)
  }
}
export interface TripletMarginLoss<R extends Reduction = 'mean'> {
  (anchor: Tensor, positive: Tensor, negative: Tensor): OtherLoss<R>
}
/** -log softmax(input)[target]: logits [n, classes, ...] and int32 classes [n, ...], or probabilities. */
export class CrossEntropyLoss<R extends Reduction = 'mean'> extends WeightedLoss<CrossEntropyOptions> {
  constructor(options: CrossEntropyOptions<R> = {}) {
    super(options)
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return crossEntropy(input, target, { ...this.options, weight: this.weight })
  }
}
export interface CrossEntropyLoss<R extends Reduction = 'mean'> {
  <A extends Tensor>(input: A, target: Tensor): ScoreLoss<A, R>
}
/** -input[target]: log-probabilities [n, classes, ...] and int32 classes [n, ...]. */
export class NLLLoss<R extends Reduction = 'mean'> extends WeightedLoss<NllOptions> {
  constructor(options: NllOptions<R> = {}) {
    super(options)
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return nllLoss(input, target, { ...this.options, weight: this.weight })
  }
}
export interface NLLLoss<R extends Reduction = 'mean'> {
  <A extends Tensor>(input: A, target: Tensor): ScoreLoss<A, R>
}
/** -(t log x + (1 - t) log(1 - x)) of probabilities. */
export class BCELoss<R extends Reduction = 'mean'> extends WeightedLoss<WeightedLossOptions> {
  constructor(options: WeightedLossOptions<R> = {}) {
    super(options)
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropy(input, target, { ...this.options, weight: this.weight })
  }
}
export interface BCELoss<R extends Reduction = 'mean'> {
  (input: Tensor, target: Tensor): OtherLoss<R>
}
/** BCELoss of sigmoid(input), without overflow. `weight` and `pos_weight` are buffers. */
export class BCEWithLogitsLoss<R extends Reduction = 'mean'> extends WeightedLoss<
  Omit<LogitsLossOptions, 'posWeight'>
> {
  readonly pos_weight: Tensor | null = null
  constructor(options: LogitsLossOptions<R> = {}) {
    const { posWeight = null, ...rest } = byName(new.target.name, options)
    super(rest)
    if (posWeight !== null) this.registerBuffer('pos_weight', posWeight)
  }
  forward(input: Tensor, target: Tensor): Tensor {
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
/** The mean over classes of BCEWithLogitsLoss. */
export class MultiLabelSoftMarginLoss<R extends Reduction = 'mean'> extends WeightedLoss<WeightedLossOptions> {
  constructor(options: WeightedLossOptions<R> = {}) {
    super(options)
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return multilabelSoftMarginLoss(input, target, { ...this.options, weight: this.weight })
  }
}
export interface MultiLabelSoftMarginLoss<R extends Reduction = 'mean'> {
  (input: Tensor, target: Tensor): OtherLoss<R>
}
/** Mean over the other classes i of max(0, margin - input[target] + input[i])^p. */
export class MultiMarginLoss<R extends Reduction = 'mean'> extends WeightedLoss<MultiMarginOptions> {
  constructor(options: MultiMarginOptions<R> = {}) {
    super(options)
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return multiMarginLoss(input, target, { ...this.options, weight: this.weight })
  }
}
export interface MultiMarginLoss<R extends Reduction = 'mean'> {
  <A extends Tensor>(input: A, target: Tensor): ScoreLoss<A, R>
}
