/** Decays at regular epochs. */
import { OptionError } from '../../backend/errors.ts'
import type { AnyOptimizer } from '../optimizer.ts'
import { LRScheduler, type ScheduleOptions } from './lr-scheduler.ts'

export interface StepLROptions extends ScheduleOptions {
  /** Epochs between decays. */
  readonly stepSize: number
  /** Default 0.1. */
  readonly gamma?: number | undefined
}

/**
 * Multiplies the learning rates by gamma every `stepSize` epochs.
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.StepLR.html
 */
export class StepLR extends LRScheduler<{ step_size: number; gamma: number }> {
  constructor(optimizer: AnyOptimizer, { stepSize, gamma = 0.1, lastEpoch }: StepLROptions) {
    if (stepSize === 0) throw new OptionError('StepLR', 'stepSize must not be 0 (integer modulo by zero)')
    super(optimizer, { step_size: stepSize, gamma }, { lastEpoch })
  }
  protected chained(): readonly number[] {
    const { step_size: size, gamma } = this.settings
    const decays = this.lastEpoch !== 0 && this.lastEpoch % size === 0
    return this.groups.map(({ lr }) => (decays ? lr * gamma : lr))
  }
  protected override closed(): readonly number[] {
    const { step_size: size, gamma } = this.settings
    return this.baseLrs.map((lr) => lr * gamma ** Math.floor(this.lastEpoch / size))
  }
}
