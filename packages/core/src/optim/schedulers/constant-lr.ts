/** A smaller learning rate for the first epochs. */
import { OptionError, StateError } from '../../contract/errors.ts'
import { number } from '../../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../../signature/signature.ts'
import type { AnyOptimizer } from '../optimizer.ts'
import { scheduled, scheduleRows } from './kinds.ts'
import { LRScheduler } from './lr-scheduler.ts'

const rows = {
  /** From 0 to 1. Default 1/3. */
  factor: optional(number, 1 / 3),
  /** Epochs until the learning rate is whole again. Default 5. */
  totalIters: optional(number, 5),
  ...scheduleRows,
}
export interface ConstantLROptions extends OptionsOf<typeof rows> {}
export const CONSTANT_LR = /* @__PURE__ */ signature('ConstantLR', scheduled, rows)

/**
 * Multiplies the learning rates by `factor` until epoch `totalIters`.
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ConstantLR.html
 *
 * @example
 * ```ts
 * import { zeros } from '@glissade/core'
 * import * as optim from '@glissade/core/optim'
 *
 * const optimizer = new optim.SGD([zeros([2], { requiresGrad: true })], { lr: 0.1 })
 * const scheduler = new optim.lrScheduler.ConstantLR(optimizer, { factor: 0.5, totalIters: 2 })
 * for (let epoch = 0; epoch < 4; epoch++) {
 *   console.log(scheduler.getLastLr()[0]!.toFixed(3)) // 0.050, 0.050, 0.100, 0.100
 *   optimizer.step()
 *   scheduler.step()
 * }
 * ```
 */
export class ConstantLR extends LRScheduler<{ factor: number; total_iters: number }> {
  constructor(optimizer: AnyOptimizer, options?: ConstantLROptions)
  constructor(optimizer: AnyOptimizer) {
    const { factor, totalIters, lastEpoch } = CONSTANT_LR.read(arguments)
    if (factor > 1 || factor < 0)
      throw new OptionError('ConstantLR', 'Constant multiplicative factor expected to be between 0 and 1.')
    super(optimizer, { factor, total_iters: totalIters }, { lastEpoch })
  }
  protected chained(): readonly number[] {
    const { factor, total_iters: total } = this.settings
    if (this.lastEpoch === 0) return this.groups.map(({ lr }) => lr * factor)
    if (this.lastEpoch !== total) return this.groups.map(({ lr }) => lr)
    if (factor === 0) throw new StateError('ConstantLR', 'a factor of 0 cannot be undone (float division by zero)')
    return this.groups.map(({ lr }) => lr * (1 / factor))
  }
  protected override closed(): readonly number[] {
    const { factor, total_iters: total } = this.settings
    return this.baseLrs.map((lr) => lr * (factor + (this.lastEpoch >= total ? 1 : 0) * (1 - factor)))
  }
}
