/** Decays at every epoch. */
import type { AnyOptimizer } from '../optimizer.ts'
import { LRScheduler, type ScheduleOptions } from './lr-scheduler.ts'

export interface ExponentialLROptions extends ScheduleOptions {
  readonly gamma: number
}

/**
 * Multiplies the learning rates by gamma at every epoch.
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ExponentialLR.html
 */
export class ExponentialLR extends LRScheduler<{ gamma: number }> {
  constructor(optimizer: AnyOptimizer, { gamma, lastEpoch }: ExponentialLROptions) {
    super(optimizer, { gamma }, { lastEpoch })
  }
  protected chained(): readonly number[] {
    return this.groups.map(({ lr }) => (this.isInitial ? lr : lr * this.settings.gamma))
  }
  protected override closed(): readonly number[] {
    return this.baseLrs.map((lr) => lr * this.settings.gamma ** this.lastEpoch)
  }
}
