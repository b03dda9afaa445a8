/** What modules of losses have in common: options as of the functions of the same name; tensors among them are buffers. */
import { scored } from '../functional/loss.ts'
import { weightedLossOptions } from '../functional/probability-loss.ts'
import { signature, type Rows, type ValuesOf } from '../signature/signature.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Module } from './module.ts'

/** What most losses are called with. */
export const SCORED = /* @__PURE__ */ signature('forward', scored)

export abstract class Loss<
  R extends Rows,
  A extends readonly unknown[] = [input: Tensor, target: Tensor],
> extends Module<A> {
  readonly options: ValuesOf<R>
  constructor(read: ValuesOf<R>) {
    super()
    this.options = read
  }
}
/** A loss with a factor per class or element, which is a buffer. */
export abstract class WeightedLoss<R extends Rows & typeof weightedLossOptions> extends Loss<Omit<R, 'weight'>> {
  readonly weight: Tensor | null = null
  constructor(read: ValuesOf<R>) {
    const { weight, ...rest } = read
    super(rest)
    if (weight !== null) this.registerBuffer('weight', weight)
  }
}
