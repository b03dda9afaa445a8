/** To a learning rate that stays: for averaging weights. */
import { OptionError } from '../../contract/errors.ts'
import { number } from '../../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../../signature/signature.ts'
import type { AnyOptimizer } from '../optimizer.ts'
import { ratePerGroup, scheduled, scheduleRows, strategies, type AnnealStrategy } from './kinds.ts'
import { LRScheduler } from './lr-scheduler.ts'
import { perGroup } from './scheduler.ts'

const rows = {
  /** The learning rate to go to, or one per group. */
  swaLr: ratePerGroup,
  /** Epochs on the way. Default 10. */
  annealEpochs: optional(number, 10),
  /** Default 'cos'. */
  annealStrategy: optional(strategies, 'cos'),
  ...scheduleRows,
}
export interface SWALROptions extends OptionsOf<typeof rows> {}
export const SWALR_SIGNATURE = /* @__PURE__ */ signature('SWALR', scheduled, rows)

const ANNEAL: Readonly<Record<AnnealStrategy, (part: number) => number>> = {
  cos: (part) => (1 - Math.cos(Math.PI * part)) / 2,
  linear: (part) => part,
}

interface Anneal {
  anneal_epochs: number
  _anneal_strategy: AnnealStrategy
}

/** The part of the way that is gone at a step. */
const gone = ({ anneal_epochs: epochs, _anneal_strategy: strategy }: Anneal, step: number): number =>
  ANNEAL[strategy](Math.max(0, Math.min(1, step / Math.max(1, epochs))))

/**
 * Moves the learning rates from where they are to `swaLr`.
 * Source: https://pytorch.org/docs/stable/optim.html#stochastic-weight-averaging
 *
 * @example
 * ```ts
 * import { zeros } from '@glissade/core'
 * import * as optim from '@glissade/core/optim'
 *
 * const optimizer = new optim.SGD([zeros([2], { requiresGrad: true })], { lr: 0.1 })
 * const scheduler = new optim.lrScheduler.SWALR(optimizer, { swaLr: 0.5, annealEpochs: 2 })
 * for (let epoch = 0; epoch < 4; epoch++) {
 *   console.log(scheduler.getLastLr()[0]!.toFixed(3)) // 0.100, 0.300, 0.500, 0.500
 *   optimizer.step()
 *   scheduler.step()
 * }
 * ```
 */
export class SWALR extends LRScheduler<Anneal> {
  constructor(optimizer: AnyOptimizer, options: SWALROptions)
  constructor(optimizer: AnyOptimizer) {
    const { swaLr, annealEpochs, annealStrategy, lastEpoch } = SWALR_SIGNATURE.read(arguments)
    const rates = perGroup('SWALR', 'swa_lr', optimizer, swaLr)
    if (!(Number.isInteger(annealEpochs) && annealEpochs >= 0))
      throw new OptionError('SWALR', `anneal_epochs must be equal or greater than 0, got ${annealEpochs}`)
    optimizer.paramGroups.forEach((group, i) => (group.swaLr = rates[i]!))
    super(optimizer, { anneal_epochs: annealEpochs, _anneal_strategy: annealStrategy }, { lastEpoch })
  }
  protected chained(): readonly number[] {
    const step = this.settings.anneal_epochs === 0 ? Math.max(1, this.stepCount - 1) : this.stepCount - 1
    const [before, now] = [gone(this.settings, step - 1), gone(this.settings, step)]
    return this.groups.map(({ lr, swaLr }) => {
      // Where it would have started: lr = before swaLr + (1 - before) start.
      const start = before === 1 ? swaLr! : (lr - before * swaLr!) / (1 - before)
      return swaLr! * now + start * (1 - now)
    })
  }
}
