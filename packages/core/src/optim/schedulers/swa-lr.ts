/** To a learning rate that stays: for averaging weights. */
import { OptionError } from '../../backend/errors.ts'
import type { AnyOptimizer } from '../optimizer.ts'
import { LRScheduler, type ScheduleOptions } from './lr-scheduler.ts'
import type { AnnealStrategy } from './one-cycle-lr.ts'
import { perGroup } from './scheduler.ts'

export interface SWALROptions extends ScheduleOptions {
  /** The learning rate to go to, or one per group. */
  readonly swaLr: number | readonly number[]
  /** Epochs on the way; default 10. */
  readonly annealEpochs?: number | undefined
  /** Default 'cos'. */
  readonly annealStrategy?: AnnealStrategy | undefined
}

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
 */
export class SWALR extends LRScheduler<Anneal> {
  constructor(optimizer: AnyOptimizer, { swaLr, annealEpochs = 10, annealStrategy = 'cos', lastEpoch }: SWALROptions) {
    const rates = perGroup('SWALR', 'swa_lr', optimizer, swaLr)
    if (!(annealStrategy in ANNEAL))
      throw new OptionError(
        'SWALR',
        `anneal_strategy must be one of 'cos' or 'linear', instead got ${annealStrategy as string}`,
      )
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
