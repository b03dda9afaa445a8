/** Schedulers made of schedulers: one after the other, or all at once. */
import { OptionError } from '../../contract/errors.ts'
import { integer, kind, list, type Kind } from '../../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../../signature/signature.ts'
import type { AnyOptimizer } from '../optimizer.ts'
import { scheduled, scheduleRows } from './kinds.ts'
import { ReduceLROnPlateau } from './reduce-lr-on-plateau.ts'
import { Scheduler, type SchedulerState } from './scheduler.ts'

function assertParts(
  operation: string,
  optimizer: AnyOptimizer | undefined,
  schedulers: readonly Scheduler[],
  none: string,
): void {
  if (schedulers.length === 0) throw new OptionError(operation, none)
  schedulers.forEach((scheduler, i) => {
    if (scheduler instanceof ReduceLROnPlateau)
      throw new OptionError(
        operation,
        `${operation} does not support \`ReduceLROnPlateau\` scheduler as it requires additional kwargs to be specified when ` +
          `calling \`step\`, but got one at index ${i} in the given schedulers sequence.`,
      )
    if (scheduler.optimizer !== optimizer)
      throw new OptionError(
        operation,
        `${operation} expects all schedulers to belong to the same optimizer, but got scheduler ${scheduler.constructor.name} at index ${i} with another one`,
      )
  })
}

abstract class Combined extends Scheduler {
  /** The parts, in order. */
  readonly schedulers: readonly Scheduler[]
  constructor(optimizer: AnyOptimizer, schedulers: readonly Scheduler[]) {
    super(optimizer)
    this.schedulers = [...schedulers]
  }
  /** Goes to the next epoch, in all schedulers that it concerns. */
  step(): void {
    this.replayed(() => this.stepParts())
  }
  protected abstract stepParts(): void
  /** @internal */
  advance(): void {
    this.step()
  }
  /** @internal */
  undo(): void {
    for (const scheduler of this.schedulers) scheduler.undo()
  }
  protected save(): Record<string, unknown> {
    return { _last_lr: this.lastLr, _schedulers: this.schedulers.map((scheduler) => scheduler.stateDict()) }
  }
  protected load({ _schedulers: parts, _last_lr: lastLr }: Readonly<Record<string, unknown>>): void {
    if (Array.isArray(parts)) {
      if (parts.length !== this.schedulers.length)
        throw new OptionError(
          `${this.name}.loadStateDict`,
          `the state dict has ${parts.length} schedulers, here are ${this.schedulers.length}`,
        )
      parts.forEach((part: unknown, i) => this.schedulers[i]!.loadStateDict(part as SchedulerState))
    }
    if (lastLr !== undefined) this.lastLr = lastLr as number[]
  }
}

/** How many milestones lie at or before an epoch. */
const passed = (milestones: readonly number[], epoch: number): number =>
  milestones.filter((milestone) => milestone <= epoch).length

const listOfSchedulers: Kind<readonly Scheduler[]> = /* @__PURE__ */ list(
  kind('a scheduler', (value) => value instanceof Scheduler),
)
const rows = {
  /** Schedulers of this optimizer; their first steps are undone. */
  schedulers: listOfSchedulers,
  /** The epochs at which the next one takes over: one fewer than schedulers. */
  milestones: list(integer),
  ...scheduleRows,
}
export interface SequentialLROptions extends OptionsOf<typeof rows> {}
export const SEQUENTIAL_LR = /* @__PURE__ */ signature('SequentialLR', scheduled, rows)

/**
 * Runs one scheduler after the other; each starts anew at its milestone.
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.SequentialLR.html
 *
 * @example
 * ```ts
 * import { zeros } from '@glissade/core'
 * import * as optim from '@glissade/core/optim'
 *
 * const optimizer = new optim.SGD([zeros([2], { requiresGrad: true })], { lr: 0.1 })
 * const warmUp = new optim.lrScheduler.LinearLR(optimizer, { startFactor: 0.5, totalIters: 2 })
 * const decay = new optim.lrScheduler.ExponentialLR(optimizer, { gamma: 0.5 })
 * const scheduler = new optim.lrScheduler.SequentialLR(optimizer, { schedulers: [warmUp, decay], milestones: [2] })
 * for (let epoch = 0; epoch < 4; epoch++) {
 *   console.log(scheduler.getLastLr()[0]!.toFixed(3)) // 0.050, 0.075, 0.100, 0.050
 *   optimizer.step()
 *   scheduler.step()
 * }
 * ```
 */
export class SequentialLR extends Combined {
  lastEpoch: number
  #milestones: readonly number[]
  constructor(optimizer: AnyOptimizer, options: SequentialLROptions)
  constructor(optimizer: AnyOptimizer) {
    const { schedulers, milestones, lastEpoch } = SEQUENTIAL_LR.read(arguments)
    assertParts(
      'SequentialLR',
      optimizer,
      schedulers,
      'SequentialLR expects at least one scheduler, but got no scheduler.',
    )
    if (milestones.length !== schedulers.length - 1)
      throw new OptionError(
        'SequentialLR',
        'Sequential Schedulers expects number of schedulers provided to be one more than the number of milestone points, ' +
          `but got number of schedulers ${schedulers.length} and the number of milestones to be equal to ${milestones.length}`,
      )
    super(optimizer, schedulers)
    this.#milestones = [...milestones]
    this.lastEpoch = lastEpoch + 1
    for (const group of this.groups) group.lr = group.initialLr!
    this.undo()
    this.begin()
  }
  /** @internal The first step of the part that epoch 0 belongs to. */
  begin(): void {
    const first = this.schedulers[passed(this.#milestones, 0)]!
    first.begin()
    this.lastLr = first.getLastLr()
  }
  /** @internal */
  restart(): void {
    this.lastEpoch = 0
    const first = this.schedulers[passed(this.#milestones, 0)]!
    first.restart()
    this.lastLr = first.getLastLr()
  }
  protected stepParts(): void {
    this.lastEpoch++
    const at = passed(this.#milestones, this.lastEpoch)
    const current = this.schedulers[at]!
    if (at > 0 && this.#milestones[at - 1] === this.lastEpoch) current.restart()
    else current.advance()
    this.lastLr = current.getLastLr()
  }
  protected override save(): Record<string, unknown> {
    return { _milestones: this.#milestones, last_epoch: this.lastEpoch, ...super.save() }
  }
  protected override load(state: Readonly<Record<string, unknown>>): void {
    super.load(state)
    if (state['_milestones'] !== undefined) this.#milestones = state['_milestones'] as number[]
    if (state['last_epoch'] !== undefined) this.lastEpoch = state['last_epoch'] as number
  }
}

const chained = {
  /** Default: that of the first scheduler. */
  optimizer: optional(scheduled.optimizer),
}
export interface ChainedSchedulerOptions extends OptionsOf<typeof chained> {}
export const CHAINED_SCHEDULER = /* @__PURE__ */ signature(
  'ChainedScheduler',
  { schedulers: listOfSchedulers },
  chained,
)

/**
 * Steps several chainable schedulers at once.
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ChainedScheduler.html
 *
 * @example
 * ```ts
 * import { zeros } from '@glissade/core'
 * import * as optim from '@glissade/core/optim'
 *
 * const optimizer = new optim.SGD([zeros([2], { requiresGrad: true })], { lr: 0.1 })
 * const warmUp = new optim.lrScheduler.ConstantLR(optimizer, { factor: 0.5, totalIters: 1 })
 * const decay = new optim.lrScheduler.ExponentialLR(optimizer, { gamma: 0.5 })
 * const scheduler = new optim.lrScheduler.ChainedScheduler([warmUp, decay])
 * for (let epoch = 0; epoch < 4; epoch++) {
 *   console.log(scheduler.getLastLr()[0]!.toFixed(3)) // 0.050, 0.050, 0.025, 0.013
 *   optimizer.step()
 *   scheduler.step()
 * }
 * ```
 */
export class ChainedScheduler extends Combined {
  constructor(schedulers: readonly Scheduler[], options?: ChainedSchedulerOptions)
  constructor(schedulers: readonly Scheduler[]) {
    const { optimizer = schedulers[0]?.optimizer } = CHAINED_SCHEDULER.read(arguments)
    assertParts(
      'ChainedScheduler',
      optimizer,
      schedulers,
      'ChainedScheduler expects at least one scheduler to be chained, but got no scheduler.',
    )
    super(optimizer!, schedulers)
    this.noteLr()
  }
  /** @internal */
  begin(): void {
    this.step()
  }
  /** @internal */
  restart(): void {
    for (const scheduler of this.schedulers) scheduler.restart()
    this.noteLr()
  }
  protected stepParts(): void {
    for (const scheduler of this.schedulers) scheduler.advance()
    this.noteLr()
  }
}
