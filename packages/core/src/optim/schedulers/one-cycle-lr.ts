/** One rise and one fall over the whole training. */
import { OptionError, StateError } from '../../contract/errors.ts'
import { boolean, number } from '../../signature/kind.ts'
import { optional, signature, type OptionsOf, type ValuesOf } from '../../signature/signature.ts'
import type { AnyOptimizer } from '../optimizer.ts'
import { ratePerGroup, scheduled, scheduleRows, strategies, type AnnealStrategy } from './kinds.ts'
import { LRScheduler } from './lr-scheduler.ts'
import { setMomentum, usesBeta1 } from './momentum.ts'
import { perGroup, type ScheduledGroup } from './scheduler.ts'

const rows = {
  /** The learning rate at the top, or one per group. */
  maxLr: ratePerGroup,
  /** Steps in all. Default null: `epochs` times `stepsPerEpoch`. */
  totalSteps: optional(number, null),
  /** Needed without `totalSteps`. Default null. */
  epochs: optional(number, null),
  /** Needed without `totalSteps`. Default null. */
  stepsPerEpoch: optional(number, null),
  /** The part of the steps that rises. Default 0.3. */
  pctStart: optional(number, 0.3),
  /** Default 'cos'. */
  annealStrategy: optional(strategies, 'cos'),
  /** Momentum goes down from `maxMomentum` to `baseMomentum` while the learning rate rises. Default true. */
  cycleMomentum: optional(boolean, true),
  /** Default 0.85. */
  baseMomentum: optional(ratePerGroup, 0.85),
  /** Default 0.95. */
  maxMomentum: optional(ratePerGroup, 0.95),
  /** It starts with maxLr / divFactor. Default 25. */
  divFactor: optional(number, 25),
  /** It ends with maxLr / divFactor / finalDivFactor. Default 1e4. */
  finalDivFactor: optional(number, 1e4),
  /** Fall symmetrically first, and to the end from there. Default false. */
  threePhase: optional(boolean, false),
  ...scheduleRows,
}
export interface OneCycleLROptions extends OptionsOf<typeof rows> {}
export const ONE_CYCLE_LR = /* @__PURE__ */ signature('OneCycleLR', scheduled, rows)

/** One stretch of the schedule; rates and momenta are keys of the group, as files name them. */
interface Phase {
  readonly end_step: number
  readonly start_lr: 'initial_lr' | 'max_lr'
  readonly end_lr: 'initial_lr' | 'max_lr' | 'min_lr'
  readonly start_momentum: 'max_momentum' | 'base_momentum'
  readonly end_momentum: 'max_momentum' | 'base_momentum'
}
const KEYS = {
  initial_lr: 'initialLr',
  max_lr: 'maxLr',
  min_lr: 'minLr',
  max_momentum: 'maxMomentum',
  base_momentum: 'baseMomentum',
} as const

interface Phases {
  total_steps: number
  _schedule_phases: readonly Phase[]
  _anneal_func_type: AnnealStrategy
  cycle_momentum: boolean
  use_beta1: boolean
}

function assertPositive(name: string, value: number): void {
  if (!(Number.isInteger(value) && value > 0))
    throw new OptionError('OneCycleLR', `Expected positive integer ${name}, but got ${value}`)
}

function stepsOf({ totalSteps, epochs, stepsPerEpoch }: ValuesOf<typeof rows>): number {
  if (totalSteps !== null) {
    assertPositive('total_steps', totalSteps)
    return totalSteps
  }
  if (epochs === null || stepsPerEpoch === null)
    throw new OptionError('OneCycleLR', 'You must define either total_steps OR (epochs AND steps_per_epoch)')
  assertPositive('epochs', epochs)
  assertPositive('steps_per_epoch', stepsPerEpoch)
  return epochs * stepsPerEpoch
}

function phasesOf(total: number, start: number, three: boolean): Phase[] {
  const rise: Phase = {
    end_step: start * total - 1,
    start_lr: 'initial_lr',
    end_lr: 'max_lr',
    start_momentum: 'max_momentum',
    end_momentum: 'base_momentum',
  }
  if (!three)
    return [
      rise,
      {
        end_step: total - 1,
        start_lr: 'max_lr',
        end_lr: 'min_lr',
        start_momentum: 'base_momentum',
        end_momentum: 'max_momentum',
      },
    ]
  return [
    rise,
    {
      end_step: 2 * start * total - 2,
      start_lr: 'max_lr',
      end_lr: 'initial_lr',
      start_momentum: 'base_momentum',
      end_momentum: 'max_momentum',
    },
    {
      end_step: total - 1,
      start_lr: 'initial_lr',
      end_lr: 'min_lr',
      start_momentum: 'max_momentum',
      end_momentum: 'max_momentum',
    },
  ]
}

const ANNEAL: Readonly<Record<AnnealStrategy, (from: number, to: number, part: number) => number>> = {
  cos: (from, to, part) => to + ((from - to) / 2) * (Math.cos(Math.PI * part) + 1),
  linear: (from, to, part) => (to - from) * part + from,
}

/**
 * Raises the learning rates to `maxLr` and lets them fall, once over the whole training. Step after every batch.
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.OneCycleLR.html, https://arxiv.org/abs/1708.07120
 *
 * @example
 * ```ts
 * import { zeros } from '@glissade/core'
 * import * as optim from '@glissade/core/optim'
 *
 * const optimizer = new optim.SGD([zeros([2], { requiresGrad: true })], { lr: 0.1, momentum: 0.9 })
 * const scheduler = new optim.lrScheduler.OneCycleLR(optimizer, { maxLr: 1, totalSteps: 5 })
 * for (let epoch = 0; epoch < 5; epoch++) {
 *   console.log(scheduler.getLastLr()[0]!.toFixed(3)) // 0.040, 0.950, 0.611, 0.188, 0.000
 *   optimizer.step()
 *   scheduler.step()
 * }
 * ```
 */
export class OneCycleLR extends LRScheduler<Phases> {
  constructor(optimizer: AnyOptimizer, options: OneCycleLROptions)
  constructor(optimizer: AnyOptimizer) {
    const options = ONE_CYCLE_LR.read(arguments)
    const { pctStart, annealStrategy, cycleMomentum, baseMomentum, maxMomentum } = options
    const { divFactor, finalDivFactor, threePhase, lastEpoch } = options
    const total = stepsOf(options)
    if (!(pctStart >= 0 && pctStart <= 1))
      throw new OptionError('OneCycleLR', `Expected float between 0 and 1 pct_start, but got ${pctStart}`)
    const beta1 = cycleMomentum && usesBeta1('OneCycleLR', optimizer)
    const maxLrs = perGroup('OneCycleLR', 'max_lr', optimizer, options.maxLr)
    const high = perGroup('OneCycleLR', 'max_momentum', optimizer, maxMomentum)
    const low = perGroup('OneCycleLR', 'base_momentum', optimizer, baseMomentum)
    if (lastEpoch === -1) {
      ;(optimizer.paramGroups as ScheduledGroup[]).forEach((group, i) => {
        group.initialLr = maxLrs[i]! / divFactor
        group.maxLr = maxLrs[i]!
        group.minLr = group.initialLr / finalDivFactor
        if (!cycleMomentum) return
        setMomentum(group, beta1, high[i]!)
        group.maxMomentum = high[i]!
        group.baseMomentum = low[i]!
      })
    }
    const phases = phasesOf(total, pctStart, threePhase)
    super(
      optimizer,
      {
        total_steps: total,
        _schedule_phases: phases,
        _anneal_func_type: annealStrategy,
        cycle_momentum: cycleMomentum,
        use_beta1: beta1,
      },
      { lastEpoch },
    )
  }

  protected chained(): readonly number[] {
    const {
      total_steps: total,
      _schedule_phases: phases,
      _anneal_func_type: strategy,
      cycle_momentum: cycles,
      use_beta1: beta1,
    } = this.settings
    const step = this.lastEpoch
    if (step > total)
      throw new StateError('OneCycleLR', `Tried to step ${step} times. The specified number of total steps is ${total}`)
    const at = phases.findIndex((phase, i) => step <= phase.end_step || i === phases.length - 1)
    const phase = phases[at]!
    const start = at === 0 ? 0 : phases[at - 1]!.end_step
    if (phase.end_step === start)
      throw new OptionError(
        'OneCycleLR',
        `phase ${at} has no steps (float division by zero); pctStart of ${total} steps must not be 1`,
      )
    const part = (step - start) / (phase.end_step - start)
    const anneal = ANNEAL[strategy]
    return this.groups.map((group) => {
      if (cycles)
        setMomentum(group, beta1, anneal(group[KEYS[phase.start_momentum]]!, group[KEYS[phase.end_momentum]]!, part))
      return anneal(group[KEYS[phase.start_lr]]!, group[KEYS[phase.end_lr]]!, part)
    })
  }
}
