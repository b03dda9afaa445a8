/** Half a cosine down, again and again. */
import { OptionError } from '../../contract/errors.ts'
import { number } from '../../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../../signature/signature.ts'
import type { AnyOptimizer } from '../optimizer.ts'
import { scheduled, scheduleRows } from './kinds.ts'
import { LRScheduler } from './lr-scheduler.ts'

const rows = {
  /** Epochs until the first restart. */
  t0: number,
  /** Every period is so many times as long as the one before; a whole number. Default 1. */
  tMult: optional(number, 1),
  /** Default 0. */
  etaMin: optional(number, 0),
  ...scheduleRows,
}
export interface WarmRestartsOptions extends OptionsOf<typeof rows> {}
export const WARM_RESTARTS = /* @__PURE__ */ signature('CosineAnnealingWarmRestarts', scheduled, rows)

interface Restarts {
  T_0: number
  T_i: number
  T_mult: number
  eta_min: number
  T_cur: number
}

/** Which period `epoch` lies in, and where. */
function locate(settings: Restarts, epoch: number): void {
  if (!(epoch >= 0))
    throw new OptionError('CosineAnnealingWarmRestarts', `Expected non-negative epoch, but got ${epoch}`)
  const { T_0: first, T_mult: factor } = settings
  if (epoch < first) {
    settings.T_i = first
    settings.T_cur = epoch
  } else if (factor === 1) settings.T_cur = epoch % first
  else {
    // n periods of T0 factor^i epochs end at T0 (factor^n - 1) / (factor - 1).
    const n = Math.trunc(logarithm((epoch / first) * (factor - 1) + 1, factor))
    settings.T_cur = epoch - (first * (factor ** n - 1)) / (factor - 1)
    settings.T_i = first * factor ** n
  }
}

/**
 * With c epochs since the last restart and a period of T, the learning rates are
 * etaMin + (initial - etaMin) (1 + cos(pi c / T)) / 2.
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingWarmRestarts.html
 *
 * @example
 * ```ts
 * import { zeros } from '@glissade/core'
 * import * as optim from '@glissade/core/optim'
 *
 * const optimizer = new optim.SGD([zeros([2], { requiresGrad: true })], { lr: 0.1 })
 * const scheduler = new optim.lrScheduler.CosineAnnealingWarmRestarts(optimizer, { t0: 2 })
 * for (let epoch = 0; epoch < 4; epoch++) {
 *   console.log(scheduler.getLastLr()[0]!.toFixed(3)) // 0.100, 0.050, 0.100, 0.050
 *   optimizer.step()
 *   scheduler.step()
 * }
 * ```
 */
export class CosineAnnealingWarmRestarts extends LRScheduler<Restarts> {
  constructor(optimizer: AnyOptimizer, options: WarmRestartsOptions)
  constructor(optimizer: AnyOptimizer) {
    const { t0, tMult, etaMin, lastEpoch } = WARM_RESTARTS.read(arguments)
    if (!(Number.isInteger(t0) && t0 > 0))
      throw new OptionError('CosineAnnealingWarmRestarts', `Expected positive integer T_0, but got ${t0}`)
    if (!(Number.isInteger(tMult) && tMult >= 1))
      throw new OptionError('CosineAnnealingWarmRestarts', `Expected integer T_mult >= 1, but got ${tMult}`)
    super(optimizer, { T_0: t0, T_i: t0, T_mult: tMult, eta_min: etaMin, T_cur: lastEpoch }, { lastEpoch })
  }
  protected chained(): readonly number[] {
    const { T_i: period, T_cur: current, eta_min: etaMin } = this.settings
    return this.baseLrs.map((lr) => etaMin + ((lr - etaMin) * (1 + Math.cos((Math.PI * current) / period))) / 2)
  }
  /** Goes to the next epoch, or to `epoch`, which may be a fraction and may go back. */
  protected override count(epoch?: number): void {
    const { settings } = this
    const to = epoch ?? (this.lastEpoch < 0 ? 0 : undefined)
    if (to === undefined) {
      settings.T_cur++
      if (settings.T_cur >= settings.T_i) {
        settings.T_cur %= settings.T_i
        settings.T_i *= settings.T_mult
      }
    } else locate(settings, to)
    this.lastEpoch = Math.floor(to ?? this.lastEpoch + 1)
    this.setLr(this.compute())
  }
  /** @internal */
  override restart(): void {
    this.step(0)
  }
}

/** log(x) to an integer base; powers of the base give whole numbers, as the quotient of logarithms does not always. */
function logarithm(x: number, base: number): number {
  const quotient = Math.log(x) / Math.log(base)
  const nearest = Math.round(quotient)
  return base ** nearest === x ? nearest : quotient
}
