/** From one factor to another in a line: warm-up. */
import { OptionError } from '../../backend/errors.ts'
import type { AnyOptimizer } from '../optimizer.ts'
import { LRScheduler, type ScheduleOptions } from './lr-scheduler.ts'

export interface LinearLROptions extends ScheduleOptions {
  /** Greater than 0, at most 1; default 1/3. */
  readonly startFactor?: number | undefined
  /** From 0 to 1; default 1. */
  readonly endFactor?: number | undefined
  /** Epochs until `endFactor`; default 5. */
  readonly totalIters?: number | undefined
}

/**
 * Multiplies the learning rates by a factor that goes from `startFactor` to `endFactor` in `totalIters` epochs.
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LinearLR.html
 */
export class LinearLR extends LRScheduler<{ start_factor: number; end_factor: number; total_iters: number }> {
  constructor(
    optimizer: AnyOptimizer,
    { startFactor = 1 / 3, endFactor = 1, totalIters = 5, lastEpoch }: LinearLROptions = {},
  ) {
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
