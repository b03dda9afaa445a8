/** Losses as modules. Options as of the functions of the same name; tensors among them are buffers. */
import {
  crossEntropy,
  multiMarginLoss,
  nllLoss,
  type CrossEntropyOptions,
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
  type LossOptions,
} from '../functional/loss.ts'
import {
  cosineEmbeddingLoss,
  hingeEmbeddingLoss,
  marginRankingLoss,
  tripletMarginLoss,
  type MarginOptions,
} from '../functional/margin-loss.ts'
import {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  klDiv,
  multilabelSoftMarginLoss,
} from '../functional/probability-loss.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Module } from './module.ts'

abstract class Loss<
  O extends object,
  A extends readonly unknown[] = [input: Tensor, target: Tensor],
> extends Module<A> {
  readonly options: O
  constructor(options: O) {
    super()
    this.options = options
  }
}
/** A loss with a factor per class or element, which is a buffer. */
abstract class WeightedLoss<O extends object> extends Loss<O> {
  readonly weight: Tensor | null = null
  constructor(weight: Tensor | null, options: O) {
    super(options)
    if (weight !== null) this.registerBuffer('weight', weight)
  }
}
interface Weighted {
  readonly weight?: Tensor | null
}

/** (input - target)^2. */
export class MSELoss extends Loss<LossOptions> {
  constructor(options: LossOptions = {}) {
    super(options)
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return mseLoss(input, target, this.options)
  }
}
/** |input - target|. */
export class L1Loss extends Loss<LossOptions> {
  constructor(options: LossOptions = {}) {
    super(options)
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return l1Loss(input, target, this.options)
  }
}
/** Squares below `beta` (default 1), absolute values above. */
export class SmoothL1Loss extends Loss<LossOptions & { readonly beta?: number }> {
  constructor(options: LossOptions & { readonly beta?: number } = {}) {
    super(options)
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return smoothL1Loss(input, target, this.options)
  }
}
/** Squares up to `delta` (default 1), absolute values above. */
export class HuberLoss extends Loss<LossOptions & { readonly delta?: number }> {
  constructor(options: LossOptions & { readonly delta?: number } = {}) {
    super(options)
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return huberLoss(input, target, this.options)
  }
}
/** exp(input) - target input. */
export class PoissonNLLLoss extends Loss<
  LossOptions & { readonly logInput?: boolean; readonly full?: boolean; readonly eps?: number }
> {
  constructor(
    options: LossOptions & { readonly logInput?: boolean; readonly full?: boolean; readonly eps?: number } = {},
  ) {
    super(options)
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return poissonNllLoss(input, target, this.options)
  }
}
/** log(1 + exp(-target input)). */
export class SoftMarginLoss extends Loss<LossOptions> {
  constructor(options: LossOptions = {}) {
    super(options)
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return softMarginLoss(input, target, this.options)
  }
}
/** target (log(target) - input), input in logarithms; 'batchmean' is the divergence per sample. */
export class KLDivLoss extends Loss<{
  readonly reduction?: LossOptions['reduction'] | 'batchmean'
  readonly logTarget?: boolean
}> {
  constructor(
    options: { readonly reduction?: LossOptions['reduction'] | 'batchmean'; readonly logTarget?: boolean } = {},
  ) {
    super(options)
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return klDiv(input, target, this.options)
  }
}
/** input where the target is 1, max(0, margin - input) where it is -1. */
export class HingeEmbeddingLoss extends Loss<MarginOptions> {
  constructor(options: MarginOptions = {}) {
    super(options)
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return hingeEmbeddingLoss(input, target, this.options)
  }
}
/** 0.5 (log(var) + (input - target)^2 / var). */
export class GaussianNLLLoss extends Loss<
  LossOptions & { readonly full?: boolean; readonly eps?: number },
  [input: Tensor, target: Tensor, variance: Tensor]
> {
  constructor(options: LossOptions & { readonly full?: boolean; readonly eps?: number } = {}) {
    super(options)
  }
  forward(input: Tensor, target: Tensor, variance: Tensor): Tensor {
    return gaussianNllLoss(input, target, variance, this.options)
  }
}
/** max(0, -target (input1 - input2) + margin); default margin 0. */
export class MarginRankingLoss extends Loss<MarginOptions, [input1: Tensor, input2: Tensor, target: Tensor]> {
  constructor(options: MarginOptions = {}) {
    super(options)
  }
  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return marginRankingLoss(input1, input2, target, this.options)
  }
}
/** 1 - cos where the target is 1, max(0, cos - margin) where it is -1. */
export class CosineEmbeddingLoss extends Loss<MarginOptions, [input1: Tensor, input2: Tensor, target: Tensor]> {
  constructor(options: MarginOptions = {}) {
    super(options)
  }
  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return cosineEmbeddingLoss(input1, input2, target, this.options)
  }
}
type TripletOptions = MarginOptions & { readonly p?: number; readonly eps?: number; readonly swap?: boolean }
/** max(0, |anchor - positive| - |anchor - negative| + margin). */
export class TripletMarginLoss extends Loss<TripletOptions, [anchor: Tensor, positive: Tensor, negative: Tensor]> {
  constructor(options: TripletOptions = {}) {
    super(options)
  }
  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return tripletMarginLoss(anchor, positive, negative, this.options)
  }
}
/** -log softmax(input)[target]: logits [n, classes, ...] and int32 classes [n, ...], or probabilities. */
export class CrossEntropyLoss extends WeightedLoss<Omit<CrossEntropyOptions, 'weight'>> {
  constructor({ weight = null, ...options }: Omit<CrossEntropyOptions, 'weight'> & Weighted = {}) {
    super(weight, options)
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return crossEntropy(input, target, { ...this.options, weight: this.weight })
  }
}
/** -input[target]: log-probabilities [n, classes, ...] and int32 classes [n, ...]. */
export class NLLLoss extends WeightedLoss<Omit<NllOptions, 'weight'>> {
  constructor({ weight = null, ...options }: Omit<NllOptions, 'weight'> & Weighted = {}) {
    super(weight, options)
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return nllLoss(input, target, { ...this.options, weight: this.weight })
  }
}
/** -(t log x + (1 - t) log(1 - x)) of probabilities. */
export class BCELoss extends WeightedLoss<LossOptions> {
  constructor({ weight = null, ...options }: LossOptions & Weighted = {}) {
    super(weight, options)
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropy(input, target, { ...this.options, weight: this.weight })
  }
}
/** BCELoss of sigmoid(input), without overflow. `weight` and `pos_weight` are buffers. */
export class BCEWithLogitsLoss extends WeightedLoss<LossOptions> {
  readonly pos_weight: Tensor | null = null
  constructor({
    weight = null,
    posWeight = null,
    ...options
  }: LossOptions & Weighted & { readonly posWeight?: Tensor | null } = {}) {
    super(weight, options)
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
/** The mean over classes of BCEWithLogitsLoss. */
export class MultiLabelSoftMarginLoss extends WeightedLoss<LossOptions> {
  constructor({ weight = null, ...options }: LossOptions & Weighted = {}) {
    super(weight, options)
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return multilabelSoftMarginLoss(input, target, { ...this.options, weight: this.weight })
  }
}
/** Mean over the other classes i of max(0, margin - input[target] + input[i])^p. */
export class MultiMarginLoss extends WeightedLoss<LossOptions & { readonly p?: 1 | 2; readonly margin?: number }> {
  constructor({
    weight = null,
    ...options
  }: LossOptions & { readonly p?: 1 | 2; readonly margin?: number } & Weighted = {}) {
    super(weight, options)
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return multiMarginLoss(input, target, { ...this.options, weight: this.weight })
  }
}
