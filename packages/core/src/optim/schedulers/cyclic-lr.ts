/** Up and down between two learning rates. */
import { OptionError } from '../../contract/errors.ts'
import { boolean, fn, number, oneOf } from '../../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../../signature/signature.ts'
import type { AnyOptimizer } from '../optimizer.ts'
import { propertiesOf } from './lambda-lr.ts'
import { inWordsOf, ratePerGroup, scheduled, scheduleRows } from './kinds.ts'
import { LRScheduler } from './lr-scheduler.ts'
import { setMomentum, usesBeta1 } from './momentum.ts'
import { perGroup } from './scheduler.ts'

export type CyclicMode = 'triangular' | 'triangular2' | 'exp_range'
export type ScaleMode = 'cycle' | 'iterations'

const rows = {
  /** The lower learning rate, or one per group. */
  baseLr: ratePerGroup,
  /** The upper learning rate, or one per group. */
  maxLr: ratePerGroup,
  /** Steps up. Default 2000. */
  stepSizeUp: optional(number, 2000),
  /** Steps down. Default null: as many as up. */
  stepSizeDown: optional(number, null),
  /** Equal cycles, cycles that halve, or peaks that decay by `gamma` per step. Default 'triangular'. */
  mode: optional(
    inWordsOf(oneOf('triangular', 'triangular2', 'exp_range'), () => 'mode is invalid and scale_fn is None'),
    'triangular',
  ),
  /** Default 1. */
  gamma: optional(number, 1),
  /** The height of a cycle, from 0 to 1, instead of `mode`. Default null: what `mode` says. */
  scaleFn: optional(fn<(x: number) => number>(), null),
  /** Whether `scaleFn` takes the number of the cycle or of the step. Default 'cycle'. */
  scaleMode: optional(oneOf('cycle', 'iterations'), 'cycle'),
  /** Momentum goes from `maxMomentum` down to `baseMomentum` while the learning rate rises. Default true. */
  cycleMomentum: optional(boolean, true),
  /** Default 0.8. */
  baseMomentum: optional(ratePerGroup, 0.8),
  /** Default 0.9. */
  maxMomentum: optional(ratePerGroup, 0.9),
  ...scheduleRows,
}
export interface CyclicLROptions extends OptionsOf<typeof rows> {}
export const CYCLIC_LR = /* @__PURE__ */ signature('CyclicLR', scheduled, rows)

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
 * Moves the learning rates up and down between `baseLr` and `maxLr`. Step after every batch.
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CyclicLR.html, https://arxiv.org/abs/1506.01186
 *
 * @example
 * ```ts
 * import { zeros } from '@glissade/core'
 * import * as optim from '@glissade/core/optim'
 *
 * const optimizer = new optim.SGD([zeros([2], { requiresGrad: true })], { lr: 0.1, momentum: 0.9 })
 * const scheduler = new optim.lrScheduler.CyclicLR(optimizer, { baseLr: 0.1, maxLr: 0.5, stepSizeUp: 2 })
 * for (let epoch = 0; epoch < 6; epoch++) {
 *   console.log(scheduler.getLastLr()[0]!.toFixed(3)) // 0.100, 0.300, 0.500, 0.300, 0.100, 0.300
 *   optimizer.step()
 *   scheduler.step()
 * }
 * ```
 */
export class CyclicLR extends LRScheduler<Cycle> {
  constructor(optimizer: AnyOptimizer, options: CyclicLROptions)
  constructor(optimizer: AnyOptimizer) {
    const options = CYCLIC_LR.read(arguments)
    const { stepSizeUp, stepSizeDown, mode, gamma, scaleFn, scaleMode, cycleMomentum } = options
    const { baseMomentum, maxMomentum, lastEpoch } = options
    const baseLrs = perGroup('CyclicLR', 'base_lr', optimizer, options.baseLr)
    const maxLrs = perGroup('CyclicLR', 'max_lr', optimizer, options.maxLr)
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
