/** A smaller learning rate for the first epochs. */
import { OptionError, StateError } from '../../backend/errors.ts'
import type { AnyOptimizer } from '../optimizer.ts'
import { LRScheduler, type ScheduleOptions } from './lr-scheduler.ts'

export interface ConstantLROptions extends ScheduleOptions {
  /** From 0 to 1; default 1/3. */
  readonly factor?: number | undefined
  /** Epochs until the learning rate is whole again; default 5. */
  readonly totalIters?: number | undefined
}

/**
 * Multiplies the learning rates by `factor` until epoch `totalIters`.
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ConstantLR.html
 */
export class ConstantLR extends LRScheduler<{ factor: number; total_iters: number }> {
  constructor(optimizer: AnyOptimizer, { factor = 1 / 3, totalIters = 5, lastEpoch }: ConstantLROptions = {}) {
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
