/**
 * One base for all optimizers: groups of parameters with options of their own, state by parameter, and one program per
 * group and step. What is computed is the rule's. Nothing here reads values from a device.
 */
import { StateError } from '../contract/errors.ts'
import { describe } from '../signature/describe.ts'
import { any, boolean, fn } from '../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../signature/signature.ts'
import { apply, type Arg } from '../engine/door.ts'
import type { Device } from '../engine/device.ts'
import { enableGrad, noGrad } from '../engine/grad-node.ts'
import type { Op } from '../engine/op.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { currentTracer, hostEffect, liveNumbers, type Scalar } from '../engine/tracer.ts'
import type { Removable } from '../engine/grad-node.ts'
import { clearGrad } from '../tensor/clear-grad.ts'
import { copyGroup } from './clone.ts'
import { assertPlain, numbersOf } from './group-numbers.ts'
import { globalAfter, globalBefore, Hooks, type StepArgs, type StepPostHook, type StepPreHook } from './hooks.ts'
import { Journal } from './journal.ts'
import {
  assertGroups,
  groupsOf,
  makeGroup,
  fileKey,
  type BaseOptions,
  type GroupInput,
  type ParamGroup,
  type Params,
} from './param-group.ts'
import { assertRate } from './options.ts'
import { ParameterState } from './parameter-state.ts'
import { pythonText } from './python-text.ts'
import { isTensor } from './record.ts'
import { groupOp, structureOf, type GroupAttributes, type Rule } from './rule.ts'
import { pack, unpack, type OptimizerStateDict } from './state-dict.ts'

/** Parameters of one group that one program updates. */
interface Batch {
  readonly device: Device
  /** No state yet: the update makes it. */
  readonly fresh: boolean
  /** Steps counted before this one. */
  readonly step: number
  readonly params: Tensor[]
}

const NO_STATE: ReadonlyMap<string, Tensor> = new Map()

const zeroGradRows = {
  /** Gradients become null instead of zeros. Default true. */
  setToNone: optional(boolean, true),
}
const prependRows = {
  /** Run it before the hooks that are there. Default false. */
  prepend: optional(boolean, false),
}
export const ZERO_GRAD = /* @__PURE__ */ signature('zeroGrad', {}, zeroGradRows)
export const STEP = /* @__PURE__ */ signature('step', { closure: optional(fn()) })
export const ADD_PARAM_GROUP = /* @__PURE__ */ signature('addParamGroup', { group: any() })
export const LOAD_STATE_DICT = /* @__PURE__ */ signature('loadStateDict', { state: any() })
export const STEP_HOOK = /* @__PURE__ */ signature('registerStepHook', { hook: fn() })
export const PREPENDED_HOOK = /* @__PURE__ */ signature('registerHook', { hook: fn() }, prependRows)

/**
 * The base of all optimizers: groups of parameters, their options and their state. A rule says what a step computes.
 * Errors: OptionError where parameters or groups are not what they should be.
 * Source: https://pytorch.org/docs/stable/optim.html
 */
export abstract class Optimizer<O extends BaseOptions> {
  /** Options and parameters per group; writing to them takes effect at the next step. */
  readonly paramGroups: ParamGroup<O>[] = []
  /** Options of groups that do not say otherwise. */
  readonly defaults: O
  /** Steps taken by parameter, where the optimizer counts them. */
  readonly steps: Map<Tensor, number> = new Map()
  /** @internal Entries of loaded state dicts that belong to no parameter. */
  readonly foreign: Map<unknown, unknown> = new Map()
  /** @internal Whether it ever stepped: schedulers warn when they come first. */
  stepped = false
  /** @internal */
  readonly rule: Rule<O>
  readonly #op: Op<GroupAttributes>
  readonly #flags: readonly ((options: O) => boolean)[]
  readonly #journal = new Journal()
  readonly #tensors = new ParameterState(this.#journal)
  readonly #beforeStep = new Hooks<StepPreHook<this>>()
  readonly #afterStep = new Hooks<StepPostHook<this>>()
  readonly #beforeSave = new Hooks<(optimizer: this) => void>()
  readonly #afterSave = new Hooks<
    (optimizer: this, state: OptimizerStateDict) => OptimizerStateDict | undefined | void
  >()
  readonly #beforeLoad = new Hooks<
    (optimizer: this, state: OptimizerStateDict) => OptimizerStateDict | undefined | void
  >()
  readonly #afterLoad = new Hooks<(optimizer: this) => void>()

  constructor(rule: Rule<O>, params: Params<O>, defaults: O) {
    if (new.target === (Optimizer as unknown))
      throw new StateError('Optimizer', 'the base has no update of its own; use a subclass')
    assertRate(this.constructor.name, defaults.lr)
    this.rule = rule
    this.#op = groupOp(rule)
    this.#flags = Object.values(rule.structure)
    this.defaults = defaults
    for (const group of groupsOf(this.constructor.name, params))
      this.paramGroups.push(makeGroup(this.constructor.name, group, defaults, this.paramGroups))
  }

  /** State tensors by parameter and PyTorch's name. They follow a parameter that was moved to another device or cast. */
  get state(): Map<Tensor, Map<string, Tensor>> {
    return this.#tensors.follow(this.paramGroups)
  }

  /** The brand: present on optimizers of every copy of this library. */
  get glissadeOptimizer(): true {
    return true
  }
  /** @internal What options get that older files do not have. */
  get absent(): Partial<O> {
    return {}
  }

  /**
   * Adds parameters with options of their own; missing options are the defaults.
   * Errors: OptionError; then nothing was added.
   * Source: https://pytorch.org/docs/stable/generated/torch.optim.Optimizer.add_param_group.html
   */
  addParamGroup(group: GroupInput<O>): void {
    ADD_PARAM_GROUP.read(arguments)
    this.paramGroups.push(makeGroup(`${this.constructor.name}.addParamGroup`, group, this.defaults, this.paramGroups))
  }

  /** Forgets the gradients; with `setToNone: false` they become zeros instead of null. */
  zeroGrad(options?: OptionsOf<typeof zeroGradRows>): void
  zeroGrad(): void {
    const { setToNone } = ZERO_GRAD.read(arguments)
    assertGroups(this.constructor.name, this.paramGroups)
    for (const { params } of this.paramGroups) for (const param of params) clearGrad(param, setToNone)
  }

  /**
   * Updates every parameter that has a gradient; gradients are left as they are. A closure is run first, with gradients
   * recorded, and its result is returned. Where the update fails, parameters, state and counts are what they were before it.
   * Source: https://pytorch.org/docs/stable/generated/torch.optim.Optimizer.step.html
   */
  step(): undefined
  step<T>(closure: () => T): T
  step<T>(closure?: () => T): T | undefined {
    STEP.read(arguments)
    let args: StepArgs = closure === undefined ? [] : [closure]
    currentTracer()?.holds?.(`the hooks of ${this.constructor.name}`, this.#beforeStep, () =>
      [globalBefore, this.#beforeStep, this.#afterStep, globalAfter].flatMap((hooks) => [...hooks]),
    )
    for (const hooks of [globalBefore, this.#beforeStep]) {
      for (const hook of hooks) {
        const replaced: unknown = hook(this, args) ?? args
        if (!Array.isArray(replaced))
          throw new StateError(
            `${this.constructor.name}.step`,
            `a pre-hook must return nothing or an array of new arguments (got ${describe(replaced)})`,
          )
        args = replaced as StepArgs
      }
    }
    const [run] = args as [(() => T)?]
    const result = run === undefined ? undefined : enableGrad(run)
    assertGroups(this.constructor.name, this.paramGroups)
    currentTracer()?.optimizer?.(this)
    // A recorded step holds while there are these groups; each group adds what it depends on.
    currentTracer()?.guard?.(`the groups of ${this.constructor.name}`, () => this.paramGroups.length)
    const mode = this.defaults.differentiable ? enableGrad : noGrad
    this.#journal.whole(mode, () => {
      for (const [at, group] of this.paramGroups.entries()) {
        if (currentTracer() !== null) assertPlain(this.constructor.name, group)
        const params = [...group.params]
        currentTracer()?.guard?.(`the parameters of group ${at} of ${this.constructor.name}`, () =>
          this.#hasParams(at, group, params),
        )
        for (const batch of this.#batches(group)) {
          this.#advance(batch)
          this.#update(group, batch)
        }
      }
    })
    this.stepped = true
    for (const hooks of [this.#afterStep, globalAfter]) for (const hook of hooks) hook(this, args)
    return result
  }

  /** Parameters with gradients, by device and state; one that is listed twice is updated twice, one after the other. */
  #batches(group: ParamGroup<O>): Batch[] {
    const { initial, counts } = this.rule
    const names = this.rule.state(group)
    const value = initial(group)
    const batches: Batch[] = []
    const times = new Map<Tensor, number>()
    for (const param of group.params) {
      if (param.grad === null) continue
      const { device } = param.value
      if (value !== null) this.createState(param, names, value)
      const state = this.state.get(param)
      const fresh = names.some((name) => state?.has(name) !== true)
      const time = times.get(param) ?? 0
      times.set(param, time + 1)
      const step = counts ? (this.steps.get(param) ?? 0) + time : 0
      const fitting = batches.find(
        (batch) =>
          batch.device === device &&
          batch.fresh === fresh &&
          batch.step === step &&
          (time === 0 || !batch.params.includes(param)),
      )
      if (fitting === undefined) batches.push({ device, fresh, step, params: [param] })
      else fitting.params.push(param)
    }
    return batches
  }

  /** @internal State tensors that are missing, filled with one number. They are made at once, also while a step is recorded. */
  createState(param: Tensor, names: readonly string[], value: number): void {
    this.#tensors.create(param, names, value)
  }

  /** Counts the step. A recorded step counts at every run. */
  #advance({ params }: Batch): void {
    if (!this.rule.counts) return
    const remember = (): (() => void) => {
      // Counts of one batch are alike.
      const counted = this.steps.has(params[0]!)
      return () => {
        for (const param of params) {
          if (counted) this.steps.set(param, this.steps.get(param)! - 1)
          else this.steps.delete(param)
        }
      }
    }
    this.#journal.noteEager(remember)
    hostEffect(() => {
      for (const param of params) this.steps.set(param, (this.steps.get(param) ?? 0) + 1)
    }, remember)
  }

  /** In a recorded step the numbers are read at every run. */
  #numbers(group: ParamGroup<O>, { params }: Batch): readonly Scalar[] {
    return liveNumbers(
      () => numbersOf(this.constructor.name, this.rule, group, this.defaults, this.steps.get(params[0]!) ?? 0),
      this,
      group,
    )
  }

  /** The options that select the program, as one number. */
  #selection(group: ParamGroup<O>): number {
    let bits = isTensor(group.lr) ? 1 : 0
    for (const of of this.#flags) bits = bits * 2 + (of(group) ? 1 : 0)
    return bits
  }
  /** Whether the group at this place is that group, with these parameters. */
  #hasParams(at: number, group: ParamGroup<O>, params: readonly Tensor[]): boolean {
    const now = group.params
    if (this.paramGroups[at] !== group || now.length !== params.length) return false
    for (let i = 0; i < params.length; i++) if (now[i] !== params[i]) return false
    return true
  }
  /** Parameters whose counts differ are in different batches; 0 where there is one. */
  #unevenness({ params }: ParamGroup<O>): number | string {
    const first = this.steps.get(params[0]!) ?? 0
    if (params.every((param) => (this.steps.get(param) ?? 0) === first)) return 0
    return params.map((param) => (this.steps.get(param) ?? 0) - first).join()
  }

  #update(group: ParamGroup<O>, batch: Batch): void {
    const { params, fresh } = batch
    currentTracer()?.guard?.(`the options of ${this.constructor.name}`, () => this.#selection(group))
    // Asked for its state, the optimizer lets it follow the parameters.
    currentTracer()?.holds?.(`the state of ${this.constructor.name}`, batch, () =>
      params.flatMap((param) => [...(this.state.get(param) ?? NO_STATE)].flat()),
    )
    if (isTensor(group.lr))
      currentTracer()?.guard?.(`the tensor that is the learning rate of ${this.constructor.name}`, () => group.lr)
    if (this.rule.counts)
      currentTracer()?.guard?.(`the step counts of ${this.constructor.name}`, () => this.#unevenness(group))
    const after = this.rule.state(group)
    const before = fresh ? [] : after
    const args: Arg[] = []
    for (const param of params) {
      args.push(param, param.grad!)
      currentTracer()?.consumed?.(param)
      for (const name of before) args.push(this.state.get(param)!.get(name)!)
    }
    args.push(...this.#numbers(group, batch))
    const lrTensor = isTensor(group.lr)
    if (lrTensor) args.push(group.lr)
    const structure = { ...structureOf(this.rule, group), ...(fresh && after.length > 0 ? { first: true } : {}) }
    const results = apply(
      this.#op,
      { count: params.length, width: 2 + before.length, lrTensor, structure },
      args,
    ) as Tensor[]
    let at = 0
    for (const param of params) {
      this.#journal.assign(param, results[at++]!)
      for (const name of after) this.#tensors.put(param, name, results[at++]!)
    }
  }

  /**
   * PyTorch's layout, with its snake_case keys: state by the index of the parameter over all groups, and the options of
   * the groups. A copy: training does not change it.
   * Source: https://pytorch.org/docs/stable/generated/torch.optim.Optimizer.state_dict.html
   */
  stateDict(): OptimizerStateDict {
    for (const hook of this.#beforeSave) hook(this)
    assertGroups(`${this.constructor.name}.stateDict`, this.paramGroups)
    let state = pack(this)
    for (const hook of this.#afterSave) state = hook(this, state) ?? state
    return state
  }
  /**
   * Takes state and all options from a state dict, whose tensors may be tensors or, from files, host arrays. It is
   * copied, cast to the parameters' dtypes, and not changed. Parameters stay. Files of older versions load.
   * Errors: OptionError where the groups do not fit; then nothing has changed.
   * Source: https://pytorch.org/docs/stable/generated/torch.optim.Optimizer.load_state_dict.html
   */
  loadStateDict(state: OptimizerStateDict): void {
    LOAD_STATE_DICT.read(arguments, `${this.constructor.name}.loadStateDict`)
    let loaded = state
    for (const hook of this.#beforeLoad) loaded = hook(this, loaded) ?? loaded
    const put = unpack(`${this.constructor.name}.loadStateDict`, this, loaded)
    this.#journal.whole(noGrad, () => {
      for (const [param, name, value] of put) this.#tensors.put(param, name, value)
    })
    for (const hook of this.#afterLoad) hook(this)
  }

  /** A deep copy: parameters, gradients, options and state of its own; without hooks. */
  clone(): this {
    assertGroups(`${this.constructor.name}.clone`, this.paramGroups)
    const copies = new Map<Tensor, Tensor>()
    const Class = this.constructor as new (params: unknown, options: O) => this
    const groups = this.paramGroups.map((group) => copyGroup(group, copies))
    const copy = new Class(groups, { ...this.defaults })
    for (const key of Object.keys(this) as (keyof this)[]) if (!(key in copy)) copy[key] = this[key]
    copy.loadStateDict(this.stateDict())
    copy.stepped = this.stepped
    return copy
  }

  /** `hook(optimizer, args)` runs before every step; an array that it returns takes the place of the arguments. */
  registerStepPreHook(hook: StepPreHook<this>): Removable {
    return this.#beforeStep.add(hook, STEP_HOOK.read(arguments, 'registerStepPreHook'))
  }
  /** `hook(optimizer, args)` runs after every step. */
  registerStepPostHook(hook: StepPostHook<this>): Removable {
    return this.#afterStep.add(hook, STEP_HOOK.read(arguments, 'registerStepPostHook'))
  }
  /** `hook(optimizer)` runs before the state dict is made. */
  registerStateDictPreHook(hook: (optimizer: this) => void, options?: OptionsOf<typeof prependRows>): Removable {
    return this.#beforeSave.add(hook, PREPENDED_HOOK.read([hook, options], 'registerStateDictPreHook'))
  }
  /** `hook(optimizer, stateDict)` may change the state dict or return another. */
  registerStateDictPostHook(
    hook: (optimizer: this, state: OptimizerStateDict) => OptimizerStateDict | undefined | void,
    options?: OptionsOf<typeof prependRows>,
  ): Removable {
    return this.#afterSave.add(hook, PREPENDED_HOOK.read([hook, options], 'registerStateDictPostHook'))
  }
  /** `hook(optimizer, stateDict)` runs before loading; a state dict that it returns is loaded instead. */
  registerLoadStateDictPreHook(
    hook: (optimizer: this, state: OptimizerStateDict) => OptimizerStateDict | undefined | void,
    options?: OptionsOf<typeof prependRows>,
  ): Removable {
    return this.#beforeLoad.add(hook, PREPENDED_HOOK.read([hook, options], 'registerLoadStateDictPreHook'))
  }
  /** `hook(optimizer)` runs after loading. */
  registerLoadStateDictPostHook(hook: (optimizer: this) => void, options?: OptionsOf<typeof prependRows>): Removable {
    return this.#afterLoad.add(hook, PREPENDED_HOOK.read([hook, options], 'registerLoadStateDictPostHook'))
  }

  /** As PyTorch prints optimizers. */
  toString(): string {
    const groups = this.paramGroups.map((group, i) => {
      const lines = Object.entries(group)
        .filter(([key, value]) => key !== 'params' && !(key === 'fused' && value === null))
        .map(([key, value]): [string, unknown] => [fileKey(key, this.defaults), value])
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, value]) => `    ${key}: ${pythonText(value)}\n`)
      return `\nParameter Group ${i}\n${lines.join('')}`
    })
    return `${this.constructor.name} (${groups.join('')})`
  }
}

// oxlint-disable-next-line no-explicit-any -- schedulers take every optimizer
export type AnyOptimizer = Optimizer<any>

/** Whether something is an optimizer of any copy of this library. */
export const isOptimizer = (value: unknown): value is AnyOptimizer =>
  typeof value === 'object' && value !== null && (value as { glissadeOptimizer?: unknown }).glissadeOptimizer === true
