/** Half a cosine down, and up again. */
import { OptionError } from '../../backend/errors.ts'
import type { AnyOptimizer } from '../optimizer.ts'
import { LRScheduler, type ScheduleOptions } from './lr-scheduler.ts'

export interface CosineAnnealingLROptions extends ScheduleOptions {
  /** Epochs down to `etaMin`; then it goes up again. */
  readonly tMax: number
  /** Default 0. */
  readonly etaMin?: number | undefined
}

/**
 * The learning rates at epoch t are etaMin + (initial - etaMin) (1 + cos(pi t / tMax)) / 2.
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingLR.html
 */
export class CosineAnnealingLR extends LRScheduler<{ T_max: number; eta_min: number }> {
  constructor(optimizer: AnyOptimizer, { tMax, etaMin = 0, lastEpoch }: CosineAnnealingLROptions) {
    if (tMax === 0) throw new OptionError('CosineAnnealingLR', 'tMax must not be 0 (float division by zero)')
    super(optimizer, { T_max: tMax, eta_min: etaMin }, { lastEpoch })
  }
  protected chained(): readonly number[] {
    const { T_max: tMax, eta_min: etaMin } = this.settings
    const { lastEpoch } = this
    if (this.isInitial) return this.groups.map(({ lr }) => lr)
    // At the bottom 1 + cos is 0, so there the way up begins with a sum.
    if ((lastEpoch - 1 - tMax) % (2 * tMax) === 0)
      return this.groups.map(({ lr }, i) => lr + ((this.baseLrs[i]! - etaMin) * (1 - Math.cos(Math.PI / tMax))) / 2)
    const ratio = (1 + Math.cos((Math.PI * lastEpoch) / tMax)) / (1 + Math.cos((Math.PI * (lastEpoch - 1)) / tMax))
    return this.groups.map(({ lr }) => ratio * (lr - etaMin) + etaMin)
  }
  protected override closed(): readonly number[] {
    const { T_max: tMax, eta_min: etaMin } = this.settings
    return this.baseLrs.map((lr) => etaMin + ((lr - etaMin) * (1 + Math.cos((Math.PI * this.lastEpoch) / tMax))) / 2)
  }
}
