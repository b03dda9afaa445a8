/** Up and down between two learning rates. */
import { OptionError } from '../../backend/errors.ts'
import type { AnyOptimizer } from '../optimizer.ts'
import { propertiesOf } from './lambda-lr.ts'
import { LRScheduler, type ScheduleOptions } from './lr-scheduler.ts'
import { setMomentum, usesBeta1 } from './momentum.ts'
import { perGroup } from './scheduler.ts'

export type CyclicMode = 'triangular' | 'triangular2' | 'exp_range'
export type ScaleMode = 'cycle' | 'iterations'

export interface CyclicLROptions extends ScheduleOptions {
  /** The lower learning rate, or one per group. */
  readonly baseLr: number | readonly number[]
  /** The upper learning rate, or one per group. */
  readonly maxLr: number | readonly number[]
  /** Steps up; default 2000. */
  readonly stepSizeUp?: number | undefined
  /** Steps down; default as many as up. */
  readonly stepSizeDown?: number | null | undefined
  /** Equal cycles, cycles that halve, or peaks that decay by `gamma` per step. Default 'triangular'. */
  readonly mode?: CyclicMode | undefined
  /** Default 1. */
  readonly gamma?: number | undefined
  /** The height of a cycle, from 0 to 1, instead of `mode`; default null: what `mode` says. */
  readonly scaleFn?: ((x: number) => number) | null | undefined
  /** Whether `scaleFn` takes the number of the cycle or of the step; default 'cycle'. */
  readonly scaleMode?: ScaleMode | undefined
  /** Momentum goes from `maxMomentum` down to `baseMomentum` while the learning rate rises. Default true. */
  readonly cycleMomentum?: boolean | undefined
  /** Default 0.8. */
  readonly baseMomentum?: number | readonly number[] | undefined
  /** Default 0.9. */
  readonly maxMomentum?: number | readonly number[] | undefined
}

interface Cycle {
  max_lrs: number[]
  total_size: number
  step_ratio: number
  mode: CyclicMode
  gamma: number
  _scale_fn_custom: ((x: number) => number) | null
  scale_mode: ScaleMode
  cycle_momentum: boolean
  use_beta1: boolean
  base_momentums: number[]
  max_momentums: number[]
}

const MODES: Readonly<Record<CyclicMode, ScaleMode>> = {
  triangular: 'cycle',
  triangular2: 'cycle',
  exp_range: 'iterations',
}

/** The height of cycle x, or at step x, from 0 to 1. */
function heightOf({ _scale_fn_custom: custom, mode, gamma }: Cycle, x: number): number {
  if (custom !== null) return custom(x)
  if (mode === 'exp_range') return gamma ** x
  return mode === 'triangular2' ? 1 / 2 ** (x - 1) : 1
}

/**
 * Step after every batch.
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CyclicLR.html, https://arxiv.org/abs/1506.01186
 */
export class CyclicLR extends LRScheduler<Cycle> {
  constructor(optimizer: AnyOptimizer, options: CyclicLROptions) {
    const {
      stepSizeUp = 2000,
      stepSizeDown,
      mode = 'triangular',
      gamma = 1,
      scaleFn = null,
      scaleMode = 'cycle',
    } = options
    const { cycleMomentum = true, baseMomentum = 0.8, maxMomentum = 0.9, lastEpoch = -1 } = options
    const baseLrs = perGroup('CyclicLR', 'base_lr', optimizer, options.baseLr)
    const maxLrs = perGroup('CyclicLR', 'max_lr', optimizer, options.maxLr)
    if (!(mode in MODES) && scaleFn === null) throw new OptionError('CyclicLR', 'mode is invalid and scale_fn is None')
    if (stepSizeUp === 0) throw new OptionError('CyclicLR', 'stepSizeUp must not be 0 (float division by zero)')
    const beta1 = cycleMomentum && usesBeta1('CyclicLR', optimizer)
    const total = stepSizeUp + (stepSizeDown ?? stepSizeUp)
    const settings: Cycle = {
      max_lrs: maxLrs,
      total_size: total,
      step_ratio: stepSizeUp / total,
      mode,
      gamma,
      _scale_fn_custom: scaleFn,
      scale_mode: scaleFn === null ? MODES[mode] : scaleMode,
      cycle_momentum: cycleMomentum,
      use_beta1: beta1,
      base_momentums: cycleMomentum ? perGroup('CyclicLR', 'base_momentum', optimizer, baseMomentum) : [],
      max_momentums: cycleMomentum ? perGroup('CyclicLR', 'max_momentum', optimizer, maxMomentum) : [],
    }
    if (lastEpoch === -1) {
      optimizer.paramGroups.forEach((group, i) => {
        group.lr = baseLrs[i]!
        if (!cycleMomentum) return
        group.maxMomentum = settings.max_momentums[i]!
        group.baseMomentum = settings.base_momentums[i]!
      })
    }
    super(optimizer, settings, { lastEpoch })
    this.baseLrs = baseLrs
  }

  protected chained(): readonly number[] {
    const { settings, lastEpoch } = this
    const { total_size: total, step_ratio: ratio } = settings
    const cycle = Math.floor(1 + lastEpoch / total)
    // Where in the cycle, from 0 to 1; it rises until `ratio` and falls from there.
    const x = 1 + lastEpoch / total - cycle
    const height = x <= ratio ? x / ratio : (x - 1) / (ratio - 1)
    const scale = heightOf(settings, settings.scale_mode === 'cycle' ? cycle : lastEpoch)
    if (settings.cycle_momentum) {
      this.groups.forEach((group, i) => {
        const [low, high] = [settings.base_momentums[i]!, settings.max_momentums[i]!]
        setMomentum(group, settings.use_beta1, high - (high - low) * height * scale)
      })
    }
    return this.baseLrs.map((low, i) => low + (settings.max_lrs[i]! - low) * height * scale)
  }

  protected override save(): Record<string, unknown> {
    const { _scale_fn_custom: custom } = this.settings
    return { ...super.save(), _scale_fn_custom: custom === null ? null : propertiesOf(custom) }
  }
  protected override load({ _scale_fn_custom: properties, ...rest }: Readonly<Record<string, unknown>>): void {
    super.load(rest)
    const { _scale_fn_custom: custom } = this.settings
    if (custom !== null && typeof properties === 'object' && properties !== null) Object.assign(custom, properties)
  }
}
