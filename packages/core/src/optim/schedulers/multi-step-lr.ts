/** Decays at given epochs. */
import { kind, number, type Kind } from '../../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../../signature/signature.ts'
import type { AnyOptimizer } from '../optimizer.ts'
import { entriesOf, IntegerKeys } from '../record.ts'
import { scheduled, scheduleRows } from './kinds.ts'
import { LRScheduler } from './lr-scheduler.ts'

const epochs: Kind<Iterable<number>> = /* @__PURE__ */ kind(
  'a list of epochs',
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    Symbol.iterator in value &&
    [...(value as Iterable<unknown>)].every(number.accepts),
)
const rows = {
  /** Epochs at which to decay; one that is repeated decays as often. */
  milestones: epochs,
  /** Default 0.1. */
  gamma: optional(number, 0.1),
  ...scheduleRows,
}
export interface MultiStepLROptions extends OptionsOf<typeof rows> {}
export const MULTI_STEP_LR = /* @__PURE__ */ signature('MultiStepLR', scheduled, rows)

/**
 * Multiplies the learning rates by gamma at every milestone.
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.MultiStepLR.html
 *
 * @example
 * ```ts
 * import { zeros } from '@glissade/core'
 * import * as optim from '@glissade/core/optim'
 *
 * const optimizer = new optim.SGD([zeros([2], { requiresGrad: true })], { lr: 0.1 })
 * const scheduler = new optim.lrScheduler.MultiStepLR(optimizer, { milestones: [1, 3] })
 * for (let epoch = 0; epoch < 4; epoch++) {
 *   console.log(scheduler.getLastLr()[0]!.toFixed(3)) // 0.100, 0.010, 0.010, 0.001
 *   optimizer.step()
 *   scheduler.step()
 * }
 * ```
 */
export class MultiStepLR extends LRScheduler<{ milestones: IntegerKeys<number>; gamma: number }> {
  constructor(optimizer: AnyOptimizer, options: MultiStepLROptions)
  constructor(optimizer: AnyOptimizer) {
    const { milestones, gamma, lastEpoch } = MULTI_STEP_LR.read(arguments)
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
