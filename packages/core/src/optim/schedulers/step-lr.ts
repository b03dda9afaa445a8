/** Decays at regular epochs. */
import { OptionError } from '../../contract/errors.ts'
import { number } from '../../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../../signature/signature.ts'
import type { AnyOptimizer } from '../optimizer.ts'
import { scheduled, scheduleRows } from './kinds.ts'
import { LRScheduler } from './lr-scheduler.ts'

const rows = {
  /** Epochs between decays. */
  stepSize: number,
  /** Default 0.1. */
  gamma: optional(number, 0.1),
  ...scheduleRows,
}
export interface StepLROptions extends OptionsOf<typeof rows> {}
export const STEP_LR = /* @__PURE__ */ signature('StepLR', scheduled, rows)

/**
 * Multiplies the learning rates by gamma every `stepSize` epochs.
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.StepLR.html
 *
 * @example
 * ```ts
 * import { zeros } from '@glissade/core'
 * import * as optim from '@glissade/core/optim'
 *
 * const optimizer = new optim.SGD([zeros([2], { requiresGrad: true })], { lr: 0.1 })
 * const scheduler = new optim.lrScheduler.StepLR(optimizer, { stepSize: 2 })
 * for (let epoch = 0; epoch < 4; epoch++) {
 *   console.log(scheduler.getLastLr()[0]!.toFixed(3)) // 0.100, 0.100, 0.010, 0.010
 *   optimizer.step()
 *   scheduler.step()
 * }
 * ```
 */
export class StepLR extends LRScheduler<{ step_size: number; gamma: number }> {
  constructor(optimizer: AnyOptimizer, options: StepLROptions)
  constructor(optimizer: AnyOptimizer) {
    const { stepSize, gamma, lastEpoch } = STEP_LR.read(arguments)
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
