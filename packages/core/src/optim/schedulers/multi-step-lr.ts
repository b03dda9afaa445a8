/** Decays at given epochs. */
import type { AnyOptimizer } from '../optimizer.ts'
import { entriesOf, IntegerKeys } from '../record.ts'
import { LRScheduler, type ScheduleOptions } from './lr-scheduler.ts'

export interface MultiStepLROptions extends ScheduleOptions {
  /** Epochs at which to decay; one that is repeated decays as often. */
  readonly milestones: Iterable<number>
  /** Default 0.1. */
  readonly gamma?: number | undefined
}

/**
 * Multiplies the learning rates by gamma at every milestone.
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.MultiStepLR.html
 */
export class MultiStepLR extends LRScheduler<{ milestones: IntegerKeys<number>; gamma: number }> {
  constructor(optimizer: AnyOptimizer, { milestones, gamma = 0.1, lastEpoch }: MultiStepLROptions) {
    const counts = new IntegerKeys<number>()
    for (const epoch of milestones) counts.set(epoch, (counts.get(epoch) ?? 0) + 1)
    super(optimizer, { milestones: counts, gamma }, { lastEpoch })
  }
  protected chained(): readonly number[] {
    const { milestones, gamma } = this.settings
    const times = milestones.get(this.lastEpoch)
    return this.groups.map(({ lr }) => (times === undefined ? lr : lr * gamma ** times))
  }
  protected override closed(): readonly number[] {
    const { milestones, gamma } = this.settings
    let passed = 0
    for (const [epoch, times] of milestones) if (epoch <= this.lastEpoch) passed += times
    return this.baseLrs.map((lr) => lr * gamma ** passed)
  }
  /** A dict with integers as keys comes back with text as keys from JSON. */
  protected override load(state: Readonly<Record<string, unknown>>): void {
    const { milestones, ...rest } = state
    super.load(rest)
    if (milestones === undefined) return
    const entries = entriesOf(this.name, 'milestones', milestones)
    this.settings.milestones = new IntegerKeys(
      entries.map(([epoch, times]): [number, number] => [Number(epoch), times as number]),
    )
  }
}
