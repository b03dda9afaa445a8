/** From one factor to another in a line: warm-up. */
import { OptionError } from '../../contract/errors.ts'
import { number } from '../../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../../signature/signature.ts'
import type { AnyOptimizer } from '../optimizer.ts'
import { scheduled, scheduleRows } from './kinds.ts'
import { LRScheduler } from './lr-scheduler.ts'

const rows = {
  /** Greater than 0, at most 1. Default 1/3. */
  startFactor: optional(number, 1 / 3),
  /** From 0 to 1. Default 1. */
  endFactor: optional(number, 1),
  /** Epochs until `endFactor`. Default 5. */
  totalIters: optional(number, 5),
  ...scheduleRows,
}
export interface LinearLROptions extends OptionsOf<typeof rows> {}
export const LINEAR_LR = /* @__PURE__ */ signature('LinearLR', scheduled, rows)

/**
 * Multiplies the learning rates by a factor that goes from `startFactor` to `endFactor` in `totalIters` epochs.
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LinearLR.html
 *
 * @example
 * ```ts
 * import { zeros } from '@glissade/core'
 * import * as optim from '@glissade/core/optim'
 *
 * const optimizer = new optim.SGD([zeros([2], { requiresGrad: true })], { lr: 0.1 })
 * const scheduler = new optim.lrScheduler.LinearLR(optimizer, { startFactor: 0.5, totalIters: 2 })
 * for (let epoch = 0; epoch < 4; epoch++) {
 *   console.log(scheduler.getLastLr()[0]!.toFixed(3)) // 0.050, 0.075, 0.100, 0.100
 *   optimizer.step()
 *   scheduler.step()
 * }
 * ```
 */
export class LinearLR extends LRScheduler<{ start_factor: number; end_factor: number; total_iters: number }> {
  constructor(optimizer: AnyOptimizer, options?: LinearLROptions)
  constructor(optimizer: AnyOptimizer) {
    const { startFactor, endFactor, totalIters, lastEpoch } = LINEAR_LR.read(arguments)
    if (startFactor > 1 || startFactor <= 0)
      throw new OptionError(
        'LinearLR',
        'Starting multiplicative factor expected to be greater than 0 and less or equal to 1.',
      )
    if (endFactor > 1 || endFactor < 0)
      throw new OptionError('LinearLR', 'Ending multiplicative factor expected to be between 0 and 1.')
    super(optimizer, { start_factor: startFactor, end_factor: endFactor, total_iters: totalIters }, { lastEpoch })
  }
  protected chained(): readonly number[] {
    const { start_factor: start, end_factor: end, total_iters: total } = this.settings
    if (this.lastEpoch === 0) return this.groups.map(({ lr }) => lr * start)
    if (this.isInitial || this.lastEpoch > total) return this.groups.map(({ lr }) => lr)
    return this.groups.map(
      ({ lr }) => lr * (1 + (end - start) / (total * start + (this.lastEpoch - 1) * (end - start))),
    )
  }
  protected override closed(): readonly number[] {
    const { start_factor: start, end_factor: end, total_iters: total } = this.settings
    return this.baseLrs.map((lr) => lr * (start + ((end - start) * Math.min(total, this.lastEpoch)) / total))
  }
}
