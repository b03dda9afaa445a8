/** Losses of probabilities, as modules. */
import type { ElementLoss, OtherLoss, Reduction } from '../functional/loss.ts'
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
import { signature } from '../signature/signature.ts'
import type { Fits } from '../tensor/methods/arithmetic.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Loss, WeightedLoss, SCORED } from './loss-base.ts'

export const NEW_KL_DIV_LOSS = /* @__PURE__ */ signature('KLDivLoss', {}, klDivOptions)
export const NEW_BCE_LOSS = /* @__PURE__ */ signature('BCELoss', {}, weightedLossOptions)
export const NEW_BCE_WITH_LOGITS_LOSS = /* @__PURE__ */ signature('BCEWithLogitsLoss', {}, logitsLossOptions)
export const NEW_MULTI_LABEL_SOFT_MARGIN_LOSS = /* @__PURE__ */ signature(
  'MultiLabelSoftMarginLoss',
  {},
  weightedLossOptions,
)

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
