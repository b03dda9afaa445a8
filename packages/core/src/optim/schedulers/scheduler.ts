/** What all schedulers have: an optimizer whose learning rates they set, and state in PyTorch's layout. */
import { OptionError, StateError } from '../../contract/errors.ts'
import { describe } from '../../signature/describe.ts'
import { isOptimizer, type AnyOptimizer } from '../optimizer.ts'
import type { ParamGroup } from '../param-group.ts'
import { hostEffect, tracing } from '../../engine/tracer.ts'
import { copyOf, isLike, kindOf, plainOf, recordOf } from '../record.ts'

/** A group as schedulers see it: numbers to set. */
export type ScheduledGroup = ParamGroup<{ lr: number; momentum?: number; betas?: readonly [number, number] }>

/** State under PyTorch's names. What is loaded may be a Map, as files give it. */
export type SchedulerState = Readonly<Record<string, unknown>> | ReadonlyMap<unknown, unknown>

/** One value per group: a list as it is, a single value repeated. */
export function perGroup(
  operation: string,
  name: string,
  optimizer: AnyOptimizer,
  value: number | readonly number[],
): number[] {
  const count = optimizer.paramGroups.length
  if (!Array.isArray(value)) return Array<number>(count).fill(value as number)
  if (value.length !== count)
    throw new OptionError(
      operation,
      `${name} must have the same length as optimizer.param_groups. ${name} has ${value.length} values, param_groups has ${count}.`,
    )
  return [...(value as readonly number[])]
}

/** The base of all schedulers: it sets the learning rates of an optimizer's groups, on the host. Call `optimizer.step()` first. */
export abstract class Scheduler {
  readonly optimizer: AnyOptimizer
  /** @internal */
  lastLr: number[] = []

  constructor(optimizer: AnyOptimizer) {
    if (!isOptimizer(optimizer)) throw new OptionError(new.target.name, `${kindOf(optimizer)} is not an Optimizer`)
    this.optimizer = optimizer
    for (const group of this.groups)
      if (typeof group.lr !== 'number')
        throw new OptionError(
          new.target.name,
          'a tensor as lr would have to be read to be scheduled; use a number, which compiled steps read at every run too',
        )
  }

  /** The name in messages. */
  protected get name(): string {
    return this.constructor.name
  }
  /** @internal */
  get groups(): ScheduledGroup[] {
    return this.optimizer.paramGroups as ScheduledGroup[]
  }
  /** The learning rates of the groups that this scheduler set last. */
  getLastLr(): number[] {
    return [...this.lastLr]
  }
  /** @internal */
  setLr(values: readonly number[]): void {
    const { groups } = this
    if (values.length !== groups.length)
      throw new StateError(
        this.name,
        `the optimizer has ${groups.length} param groups, but the scheduler was made for ${values.length}; make a new one`,
      )
    groups.forEach((group, i) => (group.lr = values[i]!))
    this.noteLr()
  }
  /** @internal */
  noteLr(): void {
    this.lastLr = this.groups.map((group) => group.lr)
  }

  /**
   * A step, whole or not at all. Where a function is being recorded, it is repeated at every run; the parts of a scheduler step
   * with it.
   */
  protected replayed(step: () => void): void {
    hostEffect(
      () => this.whole(() => tracing(null, step)),
      () => this.#remember(),
    )
  }
  /** A step that leaves everything as it was where it fails. */
  protected whole(step: () => void): void {
    const revert = this.#remember()
    try {
      step()
    } catch (error) {
      revert()
      throw error
    }
  }
  /** Gives what puts the scheduler and the groups back to what they are now. Steps replace lists, and do not change them. */
  #remember(): () => void {
    const state = this.save()
    const groups = this.groups.map((group) => ({ ...group }))
    return () => {
      this.load(state)
      this.groups.forEach((group, i) => Object.assign(group, groups[i]))
    }
  }

  /** The state, under PyTorch's names. A copy. */
  stateDict(): Record<string, unknown> {
    return copyOf(this.save())
  }
  /** Takes over a state dict, which is copied; keys that it lacks stay. The learning rates of the optimizer are its own state. */
  loadStateDict(state: SchedulerState): void {
    const operation = `${this.name}.loadStateDict`
    const loaded = plainOf(copyOf(recordOf(operation, 'a state dict', state))) as Record<string, unknown>
    for (const [key, now] of Object.entries(this.save())) {
      const value = key in loaded ? loaded[key] : now
      if (!isLike(now, value) && !(value === null && this.infinite.includes(key)))
        throw new OptionError(operation, `'${key}' is ${describe(value)}, which it cannot be`)
    }
    this.load(loaded)
  }
  /** Numbers that may be infinite: JSON gives null for them. */
  protected get infinite(): readonly string[] {
    return []
  }
  protected abstract save(): Record<string, unknown>
  protected abstract load(state: Readonly<Record<string, unknown>>): void

  /** @internal Undoes the count of the first step: another scheduler decides when this one begins. */
  abstract undo(): void
  /** @internal Makes the first step. */
  abstract begin(): void
  /** @internal Jumps to epoch 0. */
  abstract restart(): void
  /** @internal Steps without further arguments, or throws. */
  abstract advance(): void
}
