/** Decays at every epoch. */
import { number } from '../../signature/kind.ts'
import { signature, type OptionsOf } from '../../signature/signature.ts'
import type { AnyOptimizer } from '../optimizer.ts'
import { scheduled, scheduleRows } from './kinds.ts'
import { LRScheduler } from './lr-scheduler.ts'

const rows = {
  /** The factor of every epoch. */
  gamma: number,
  ...scheduleRows,
}
export interface ExponentialLROptions extends OptionsOf<typeof rows> {}
export const EXPONENTIAL_LR = /* @__PURE__ */ signature('ExponentialLR', scheduled, rows)

/**
 * Multiplies the learning rates by gamma at every epoch.
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ExponentialLR.html
 *
 * @example
 * ```ts
 * import { zeros } from '@glissade/core'
 * import * as optim from '@glissade/core/optim'
 *
 * const optimizer = new optim.SGD([zeros([2], { requiresGrad: true })], { lr: 0.1 })
 * const scheduler = new optim.lrScheduler.ExponentialLR(optimizer, { gamma: 0.5 })
 * for (let epoch = 0; epoch < 4; epoch++) {
 *   console.log(scheduler.getLastLr()[0]!.toFixed(3)) // 0.100, 0.050, 0.025, 0.013
 *   optimizer.step()
 *   scheduler.step()
 * }
 * ```
 */
export class ExponentialLR extends LRScheduler<{ gamma: number }> {
  constructor(optimizer: AnyOptimizer, options: ExponentialLROptions)
  constructor(optimizer: AnyOptimizer) {
    const { gamma, lastEpoch } = EXPONENTIAL_LR.read(arguments)
    super(optimizer, { gamma }, { lastEpoch })
  }
  protected chained(): readonly number[] {
    return this.groups.map(({ lr }) => (this.isInitial ? lr : lr * this.settings.gamma))
  }
  protected override closed(): readonly number[] {
    return this.baseLrs.map((lr) => lr * this.settings.gamma ** this.lastEpoch)
  }
}
