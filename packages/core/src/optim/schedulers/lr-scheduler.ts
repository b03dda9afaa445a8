/**
 * The base of schedulers that compute learning rates from the number of the epoch: one step at a time from the current
 * rates (chained), or, where there is a formula, for any epoch (closed form).
 */
import { OptionError } from '../../contract/errors.ts'
import { number } from '../../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../../signature/signature.ts'
import type { AnyOptimizer } from '../optimizer.ts'
import { warn } from '../../engine/warning.ts'
import type { scheduleRows } from './kinds.ts'
import { Scheduler } from './scheduler.ts'

/** The method, as a value to compare. */
const stepOf = (optimizer: AnyOptimizer): unknown => Reflect.get(optimizer, 'step')

const MORE = 'See more details at https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate'

/** Why `step(epoch)` warns. */
export const EPOCH_DEPRECATION: string =
  'The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where possible. Please use ' +
  '`scheduler.step()` to step the scheduler. During the deprecation, if epoch is different from None, the closed form ' +
  'is used instead of the new chainable form, where available.'

export interface ScheduleOptions extends OptionsOf<typeof scheduleRows> {}

export const SCHEDULER_STEP = /* @__PURE__ */ signature('step', { epoch: optional(number) })

/**
 * The base of schedulers that compute learning rates from the number of the epoch. `S` is what the schedule is made of, under
 * PyTorch's names; it is part of the state dict. Subclasses pass it to the constructor, and write `chained` and, where there is
 * one, `closed`. The constructor makes the first step, before the fields and private methods of the subclass are there: what it
 * needs belongs into the settings. Errors: OptionError where `optimizer` is none, or is resumed without `initialLr`.
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LRScheduler.html
 */
export abstract class LRScheduler<S extends object = object> extends Scheduler {
  /** What the schedule is made of. */
  readonly settings: S
  /** Learning rates at the start, per group. */
  baseLrs: number[]
  lastEpoch: number
  /** Steps made, the first one at construction included. */
  protected stepCount = 0
  /** Whether this is the step at construction. */
  protected isInitial = false
  #within = false
  readonly #stepMethod: unknown

  constructor(optimizer: AnyOptimizer, settings: S, { lastEpoch = -1 }: ScheduleOptions = {}) {
    super(optimizer)
    this.settings = settings
    this.groups.forEach((group, i) => {
      if (lastEpoch === -1) group.initialLr ??= group.lr
      else if (group.initialLr === undefined)
        throw new OptionError(
          this.name,
          `param 'initial_lr' is not specified in param_groups[${i}] when resuming an optimizer; load the state dict of ` +
            'the optimizer first, or leave out lastEpoch',
        )
    })
    this.baseLrs = this.groups.map((group) => group.initialLr!)
    this.lastEpoch = lastEpoch
    this.#stepMethod = stepOf(optimizer)
    this.begin()
  }

  /** The learning rates of the epoch `lastEpoch`, from the current ones. */
  protected abstract chained(): readonly number[]
  /** The learning rates of the epoch `lastEpoch`, from those at the start. */
  protected closed?(): readonly number[]

  /** The learning rates that a step sets. Outside of steps it warns: what you want is `getLastLr()`. */
  getLr(): number[] {
    if (!this.#within)
      warn(
        this.name,
        'To get the last learning rate computed by the scheduler, please use `get_last_lr()` (here: getLastLr())',
      )
    return [...this.chained()]
  }

  /** Goes to the next epoch, or (deprecated) to `epoch`, by the closed form where there is one. */
  step(epoch?: number): void {
    SCHEDULER_STEP.read(arguments, this.name)
    this.replayed(() => this.count(epoch))
  }
  /** What `step` does. */
  protected count(epoch?: number): void {
    if (this.stepCount === 1) this.#warnOfOrder()
    this.stepCount++
    if (epoch !== undefined) warn(this.name, EPOCH_DEPRECATION)
    this.goTo(epoch)
  }
  protected goTo(epoch?: number): void {
    this.lastEpoch = epoch ?? this.lastEpoch + 1
    this.setLr(epoch !== undefined && this.closed !== undefined ? this.closed() : this.compute())
  }
  /** The learning rates of a step. */
  protected compute(): number[] {
    this.#within = true
    try {
      return this.getLr()
    } finally {
      this.#within = false
    }
  }
  #warnOfOrder(): void {
    if (stepOf(this.optimizer) !== this.#stepMethod)
      warn(
        this.name,
        'Seems like `optimizer.step()` has been overridden after learning rate scheduler initialization. Please, make ' +
          `sure to call \`optimizer.step()\` before \`lr_scheduler.step()\`. ${MORE}`,
      )
    else if (!this.optimizer.stepped)
      warn(
        this.name,
        'Detected call of `lr_scheduler.step()` before `optimizer.step()`. You should call them in the opposite order: ' +
          '`optimizer.step()` before `lr_scheduler.step()`. Failure to do this will result in skipping the first value ' +
          `of the learning rate schedule. ${MORE}`,
      )
  }

  /** @internal */
  undo(): void {
    this.lastEpoch--
  }
  /** @internal */
  begin(): void {
    this.stepCount = 0
    this.isInitial = true
    try {
      this.step()
    } finally {
      this.isInitial = false
    }
  }
  /** @internal */
  restart(): void {
    this.goTo(0)
  }
  /** @internal */
  advance(): void {
    this.step()
  }

  protected save(): Record<string, unknown> {
    return {
      ...this.settings,
      base_lrs: this.baseLrs,
      last_epoch: this.lastEpoch,
      _step_count: this.stepCount,
      _is_initial: false,
      _get_lr_called_within_step: false,
      _last_lr: this.lastLr,
    }
  }
  protected load(state: Readonly<Record<string, unknown>>): void {
    const { base_lrs: baseLrs, last_epoch: lastEpoch, _step_count: stepCount, _last_lr: lastLr } = state
    for (const key of Object.keys(this.settings))
      if (key in state) (this.settings as Record<string, unknown>)[key] = state[key]
    if (baseLrs !== undefined) this.baseLrs = baseLrs as number[]
    if (lastEpoch !== undefined) this.lastEpoch = lastEpoch as number
    if (stepCount !== undefined) this.stepCount = stepCount as number
    if (lastLr !== undefined) this.lastLr = lastLr as number[]
  }
}
