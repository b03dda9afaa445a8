/** Losses of scores of classes, as modules. */
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
import type { Reduction, ScoreLoss } from '../functional/loss.ts'
import { signature } from '../signature/signature.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { WeightedLoss, SCORED } from './loss-base.ts'

export const NEW_CROSS_ENTROPY_LOSS = /* @__PURE__ */ signature('CrossEntropyLoss', {}, crossEntropyOptions)
export const NEW_NLL_LOSS = /* @__PURE__ */ signature('NLLLoss', {}, nllOptions)
export const NEW_MULTI_MARGIN_LOSS = /* @__PURE__ */ signature('MultiMarginLoss', {}, multiMarginOptions)

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
