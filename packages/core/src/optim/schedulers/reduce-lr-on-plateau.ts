/** Decays when a metric stops improving. */
import { OptionError, StateError } from '../../contract/errors.ts'
import { number, oneOf } from '../../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../../signature/signature.ts'
import type { AnyOptimizer } from '../optimizer.ts'
import { currentTracer } from '../../engine/tracer.ts'
import { kindOf } from '../record.ts'
import { warn } from '../../engine/warning.ts'
import { inWordsOf, ratePerGroup, scheduled } from './kinds.ts'
import { EPOCH_DEPRECATION } from './lr-scheduler.ts'
import { Scheduler } from './scheduler.ts'

const rows = {
  /** Whether smaller or greater metrics are better. Default 'min'. */
  mode: optional(
    inWordsOf(oneOf('min', 'max'), (mode) => `mode ${String(mode)} is unknown!`),
    'min',
  ),
  /** Less than 1. Default 0.1. */
  factor: optional(number, 0.1),
  /** Epochs without improvement that are borne. Default 10. */
  patience: optional(number, 10),
  /** What counts as improvement. Default 1e-4. */
  threshold: optional(number, 1e-4),
  /** Whether `threshold` is a part of the best metric or a difference. Default 'rel'. */
  thresholdMode: optional(
    inWordsOf(oneOf('rel', 'abs'), (mode) => `threshold mode ${String(mode)} is unknown!`),
    'rel',
  ),
  /** Epochs after a decay in which none is counted as bad. Default 0. */
  cooldown: optional(number, 0),
  /** The least learning rate, or one per group. Default 0. */
  minLr: optional(ratePerGroup, 0),
  /** Smaller decays are left out. Default 1e-8. */
  eps: optional(number, 1e-8),
}
export interface PlateauOptions extends OptionsOf<typeof rows> {}
export const REDUCE_LR_ON_PLATEAU = /* @__PURE__ */ signature('ReduceLROnPlateau', scheduled, rows)

interface Watch {
  factor: number
  default_min_lr: number | null
  min_lrs: number[]
  patience: number
  cooldown: number
  eps: number
  last_epoch: number
  mode: 'min' | 'max'
  threshold: number
  threshold_mode: 'rel' | 'abs'
  best: number
  cooldown_counter: number
  num_bad_epochs: number
}

const worst = (mode: 'min' | 'max'): number => (mode === 'min' ? Infinity : -Infinity)

/**
 * Multiplies the learning rates by `factor` when a metric has not improved for more than `patience` steps. `step(metric)` takes a
 * number: read a loss first, with `await loss.item()`.
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ReduceLROnPlateau.html
 *
 * @example
 * ```ts
 * import { zeros } from '@glissade/core'
 * import * as optim from '@glissade/core/optim'
 *
 * const optimizer = new optim.SGD([zeros([2], { requiresGrad: true })], { lr: 0.1 })
 * const scheduler = new optim.lrScheduler.ReduceLROnPlateau(optimizer, { patience: 1 })
 * for (let epoch = 0; epoch < 4; epoch++) {
 *   console.log(scheduler.getLastLr()[0]!.toFixed(3)) // 0.100, 0.100, 0.100, 0.010
 *   optimizer.step()
 *   scheduler.step(1) // a loss that stays the same
 * }
 * ```
 */
export class ReduceLROnPlateau extends Scheduler {
  readonly #watch: Watch

  constructor(optimizer: AnyOptimizer, options?: PlateauOptions)
  constructor(optimizer: AnyOptimizer) {
    const { mode, factor, patience, threshold, thresholdMode, cooldown, minLr, eps } =
      REDUCE_LR_ON_PLATEAU.read(arguments)
    if (factor >= 1) throw new OptionError('ReduceLROnPlateau', 'Factor should be < 1.0.')
    super(optimizer)
    const count = this.groups.length
    if (Array.isArray(minLr) && minLr.length !== count)
      throw new OptionError('ReduceLROnPlateau', `expected ${count} min_lrs, got ${minLr.length}`)
    this.#watch = {
      factor,
      patience,
      cooldown,
      eps,
      mode,
      threshold,
      default_min_lr: typeof minLr === 'number' ? minLr : null,
      min_lrs: typeof minLr === 'number' ? Array<number>(count).fill(minLr) : [...minLr],
      last_epoch: 0,
      threshold_mode: thresholdMode,
      best: worst(mode),
      cooldown_counter: 0,
      num_bad_epochs: 0,
    }
    this.noteLr()
  }

  get lastEpoch(): number {
    return this.#watch.last_epoch
  }
  /** The least learning rates, per group; after adding a group to the optimizer, give it one. */
  get minLrs(): number[] {
    return this.#watch.min_lrs
  }
  set minLrs(values: readonly number[]) {
    this.#watch.min_lrs = [...values]
  }

  /** Takes the metric of this step, and lowers the learning rates where it has not improved for too long. */
  step(metrics: number, epoch?: number): void {
    if (currentTracer() !== null)
      throw new StateError(
        'ReduceLROnPlateau',
        'the metric of a recorded step would stay the same; step it outside of the compiled function',
      )
    if (metrics === undefined)
      throw new OptionError('ReduceLROnPlateau', "step() missing 1 required positional argument: 'metrics'")
    if (typeof metrics !== 'number')
      throw new OptionError(
        'ReduceLROnPlateau',
        `metrics must be a number (got ${kindOf(metrics)}); read a tensor first: await loss.item()`,
      )
    if (epoch !== undefined) warn('ReduceLROnPlateau', EPOCH_DEPRECATION)
    this.whole(() => this.#count(metrics, epoch))
  }
  #count(metrics: number, epoch?: number): void {
    const watch = this.#watch
    watch.last_epoch = epoch ?? watch.last_epoch + 1
    if (this.#isBetter(metrics)) {
      watch.best = metrics
      watch.num_bad_epochs = 0
    } else watch.num_bad_epochs++
    if (watch.cooldown_counter > 0) {
      watch.cooldown_counter--
      watch.num_bad_epochs = 0
    }
    if (watch.num_bad_epochs > watch.patience) {
      this.#reduce()
      watch.cooldown_counter = watch.cooldown
      watch.num_bad_epochs = 0
    }
    this.noteLr()
  }
  #isBetter(metric: number): boolean {
    const { mode, threshold, threshold_mode: by, best } = this.#watch
    const sign = mode === 'min' ? -1 : 1
    const bar = by === 'rel' ? best * (1 + sign * threshold) : best + sign * threshold
    return mode === 'min' ? metric < bar : metric > bar
  }
  #reduce(): void {
    const watch = this.#watch
    const { groups } = this
    if (groups.length !== watch.min_lrs.length) {
      if (watch.default_min_lr === null)
        throw new StateError(
          'ReduceLROnPlateau',
          `The number of param groups in the \`optimizer\` (${groups.length}) differs from when \`ReduceLROnPlateau\` was ` +
            `initialized (${watch.min_lrs.length}), usually due to a new param group being added to the optimizer. Please ` +
            'modify the `min_lrs` field (here: minLrs) to match the length of the `optimizer` param groups.',
        )
      watch.min_lrs = Array<number>(groups.length).fill(watch.default_min_lr)
    }
    groups.forEach((group, i) => {
      const next = Math.max(group.lr * watch.factor, watch.min_lrs[i]!)
      if (group.lr - next > watch.eps) group.lr = next
    })
  }

  /** @internal */
  undo(): void {
    throw this.#alone('another scheduler cannot undo its step')
  }
  /** @internal */
  begin(): void {
    throw this.#alone('another scheduler cannot make its first step')
  }
  /** @internal */
  restart(): void {
    throw this.#alone('another scheduler cannot restart it')
  }
  /** @internal */
  advance(): void {
    throw this.#alone('another scheduler cannot step it')
  }
  #alone(what: string): StateError {
    return new StateError('ReduceLROnPlateau', `${what}: it needs the metric`)
  }

  protected override get infinite(): readonly string[] {
    return ['best', 'mode_worse']
  }
  protected save(): Record<string, unknown> {
    return { ...this.#watch, mode_worse: worst(this.#watch.mode), _last_lr: this.lastLr }
  }
  protected load(state: Readonly<Record<string, unknown>>): void {
    const loaded = { ...this.#watch } as Record<string, unknown>
    for (const key of Object.keys(loaded)) if (key in state) loaded[key] = state[key]
    const watch = loaded as unknown as Watch
    assertModes(watch.mode, watch.threshold_mode)
    // JSON has no infinities and gives null for them.
    Object.assign(this.#watch, watch, { best: (watch.best as number | null) ?? worst(watch.mode) })
    if (state['_last_lr'] !== undefined) this.lastLr = state['_last_lr'] as number[]
  }
}

function assertModes(mode: string, thresholdMode: string): void {
  if (mode !== 'min' && mode !== 'max') throw new OptionError('ReduceLROnPlateau', `mode ${mode} is unknown!`)
  if (thresholdMode !== 'rel' && thresholdMode !== 'abs')
    throw new OptionError('ReduceLROnPlateau', `threshold mode ${thresholdMode} is unknown!`)
}
