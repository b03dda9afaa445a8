/** To zero along a polynomial. */
import type { AnyOptimizer } from '../optimizer.ts'
import { LRScheduler, type ScheduleOptions } from './lr-scheduler.ts'

export interface PolynomialLROptions extends ScheduleOptions {
  /** Epochs until 0; default 5. */
  readonly totalIters?: number | undefined
  /** Default 1: a line. */
  readonly power?: number | undefined
}

/**
 * The learning rates at epoch t are those at the start times (1 - t / totalIters)^power.
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.PolynomialLR.html
 */
export class PolynomialLR extends LRScheduler<{ total_iters: number; power: number }> {
  constructor(optimizer: AnyOptimizer, { totalIters = 5, power = 1, lastEpoch }: PolynomialLROptions = {}) {
    super(optimizer, { total_iters: totalIters, power }, { lastEpoch })
  }
  protected chained(): readonly number[] {
    const { total_iters: total, power } = this.settings
    if (this.isInitial || this.lastEpoch > total) return this.groups.map(({ lr }) => lr)
    const factor = ((1 - this.lastEpoch / total) / (1 - (this.lastEpoch - 1) / total)) ** power
    return this.groups.map(({ lr }) => lr * factor)
  }
  protected override closed(): readonly number[] {
    const { total_iters: total, power } = this.settings
    return this.baseLrs.map((lr) => lr * (1 - Math.min(total, this.lastEpoch) / total) ** power)
  }
}
