/** To zero along a polynomial. */
import { number } from '../../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../../signature/signature.ts'
import type { AnyOptimizer } from '../optimizer.ts'
import { scheduled, scheduleRows } from './kinds.ts'
import { LRScheduler } from './lr-scheduler.ts'

const rows = {
  /** Epochs until 0. Default 5. */
  totalIters: optional(number, 5),
  /** Default 1: a line. */
  power: optional(number, 1),
  ...scheduleRows,
}
export interface PolynomialLROptions extends OptionsOf<typeof rows> {}
export const POLYNOMIAL_LR = /* @__PURE__ */ signature('PolynomialLR', scheduled, rows)

/**
 * The learning rates at epoch t are those at the start times (1 - t / totalIters)^power.
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.PolynomialLR.html
 *
 * @example
 * ```ts
 * import { zeros } from '@glissade/core'
 * import * as optim from '@glissade/core/optim'
 *
 * const optimizer = new optim.SGD([zeros([2], { requiresGrad: true })], { lr: 0.1 })
 * const scheduler = new optim.lrScheduler.PolynomialLR(optimizer, { totalIters: 4, power: 1 })
 * for (let epoch = 0; epoch < 4; epoch++) {
 *   console.log(scheduler.getLastLr()[0]!.toFixed(3)) // 0.100, 0.075, 0.050, 0.025
 *   optimizer.step()
 *   scheduler.step()
 * }
 * ```
 */
export class PolynomialLR extends LRScheduler<{ total_iters: number; power: number }> {
  constructor(optimizer: AnyOptimizer, options?: PolynomialLROptions)
  constructor(optimizer: AnyOptimizer) {
    const { totalIters, power, lastEpoch } = POLYNOMIAL_LR.read(arguments)
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
