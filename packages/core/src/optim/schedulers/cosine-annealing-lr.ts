/** Half a cosine down, and up again. */
import { OptionError } from '../../contract/errors.ts'
import { number } from '../../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../../signature/signature.ts'
import type { AnyOptimizer } from '../optimizer.ts'
import { scheduled, scheduleRows } from './kinds.ts'
import { LRScheduler } from './lr-scheduler.ts'

const rows = {
  /** Epochs down to `etaMin`; then it goes up again. */
  tMax: number,
  /** Default 0. */
  etaMin: optional(number, 0),
  ...scheduleRows,
}
export interface CosineAnnealingLROptions extends OptionsOf<typeof rows> {}
export const COSINE_ANNEALING_LR = /* @__PURE__ */ signature('CosineAnnealingLR', scheduled, rows)

/**
 * The learning rates at epoch t are etaMin + (initial - etaMin) (1 + cos(pi t / tMax)) / 2.
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingLR.html
 *
 * @example
 * ```ts
 * import { zeros } from '@glissade/core'
 * import * as optim from '@glissade/core/optim'
 *
 * const optimizer = new optim.SGD([zeros([2], { requiresGrad: true })], { lr: 0.1 })
 * const scheduler = new optim.lrScheduler.CosineAnnealingLR(optimizer, { tMax: 3 })
 * for (let epoch = 0; epoch < 4; epoch++) {
 *   console.log(scheduler.getLastLr()[0]!.toFixed(3)) // 0.100, 0.075, 0.025, 0.000
 *   optimizer.step()
 *   scheduler.step()
 * }
 * ```
 */
export class CosineAnnealingLR extends LRScheduler<{ T_max: number; eta_min: number }> {
  constructor(optimizer: AnyOptimizer, options: CosineAnnealingLROptions)
  constructor(optimizer: AnyOptimizer) {
    const { tMax, etaMin, lastEpoch } = COSINE_ANNEALING_LR.read(arguments)
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
