/** Losses as modules. */
import { crossEntropy, mseLoss, type LossOptions } from '../functional/loss.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Module } from './module.ts'

/** Mean (or sum, or every) squared difference of input and target. */
export class MSELoss extends Module<[input: Tensor, target: Tensor]> {
  readonly options: LossOptions
  constructor(options: LossOptions = {}) {
    super()
    this.options = options
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return mseLoss(input, target, this.options)
  }
}

/** -log softmax(input)[target]: logits [n, classes] and int32 classes [n]. */
export class CrossEntropyLoss extends Module<[input: Tensor, target: Tensor]> {
  readonly options: LossOptions & { readonly ignoreIndex?: number }
  constructor(options: LossOptions & { readonly ignoreIndex?: number } = {}) {
    super()
    this.options = options
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return crossEntropy(input, target, this.options)
  }
}
