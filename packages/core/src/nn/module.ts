/** The base of all modules. A module is a function: its own call runs `forward` with hooks and with the module's path noted. */
import type { Backend, DType } from '../contract/contract.ts'
import { DTypeError, OptionError, StateError } from '../contract/errors.ts'
import { isFloat } from '../ir/type.ts'
import { describe } from '../signature/describe.ts'
import { boolean, device, dtype, either, fn as aFunction, string } from '../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../signature/signature.ts'
import { relocate } from '../tensor/elements.ts'
import { noGrad, type Removable } from '../engine/grad-node.ts'
import * as kinds from '../engine/kinds.ts'
import { clearGrad } from '../tensor/clear-grad.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { currentTracer, hostEffect, structureChanged } from '../engine/tracer.ts'
import { Callable } from './callable.ts'
import { fieldError, textOf, type FieldKinds } from './fields.ts'
import { assertFinite } from './finite.ts'
import { argumentsOf, hookInto, resultOf, type ForwardHook, type ForwardPreHook } from './forward-hooks.ts'
import { isParameter, type Parameter } from './parameter.ts'
import { currentPath, located, running } from './running.ts'
import {
  entriesOf,
  isSaved,
  loadInto,
  stateDict,
  type LoadResult,
  type Saved,
  type State,
  type StateDict,
  type Target,
} from './state.ts'

// oxlint-disable-next-line no-explicit-any -- a list of modules has every signature in it
export type AnyModule = Module<any, any>

/** Whether something is a module of any copy of this library. */
export const isModule = (value: unknown): value is AnyModule =>
  typeof value === 'function' && (value as { glissadeModule?: unknown }).glissadeModule === true

const bufferOptions = {
  /** Whether it is in the state dict. */
  persistent: optional(boolean, true),
}
const loadOptions = {
  /** Whether missing and unexpected keys are errors. */
  strict: optional(boolean, true),
}
const zeroGradOptions = {
  /** Whether gradients become null; otherwise zeros. */
  setToNone: optional(boolean, true),
}
export interface BufferOptions extends OptionsOf<typeof bufferOptions> {}
export interface LoadOptions extends OptionsOf<typeof loadOptions> {}
export interface ZeroGradOptions extends OptionsOf<typeof zeroGradOptions> {}

export const TRAINING = /* @__PURE__ */ signature('training', { mode: boolean })
const HOOK = { hook: /* @__PURE__ */ aFunction() }
export const REGISTER_BUFFER = /* @__PURE__ */ signature(
  'registerBuffer',
  { name: string, value: optional(kinds.tensor, null) },
  bufferOptions,
)
export const NAMED_CHILDREN = /* @__PURE__ */ signature('namedChildren')
export const CHILDREN = /* @__PURE__ */ signature('children')
export const NAMED_MODULES = /* @__PURE__ */ signature('namedModules', { prefix: optional(string) })
export const MODULES = /* @__PURE__ */ signature('modules')
export const NAMED_PARAMETERS = /* @__PURE__ */ signature('namedParameters')
export const PARAMETERS = /* @__PURE__ */ signature('parameters')
export const NAMED_BUFFERS = /* @__PURE__ */ signature('namedBuffers')
export const BUFFERS = /* @__PURE__ */ signature('buffers')
export const TRAIN = /* @__PURE__ */ signature('train', { mode: optional(boolean) })
export const EVAL = /* @__PURE__ */ signature('eval')
export const ZERO_GRAD = /* @__PURE__ */ signature('zeroGrad', {}, zeroGradOptions)
export const REQUIRES_GRAD_ = /* @__PURE__ */ signature('requiresGrad_', { wanted: optional(boolean) })
export const APPLY = /* @__PURE__ */ signature('apply', { fn: /* @__PURE__ */ aFunction() })
export const TO = /* @__PURE__ */ signature('to', { target: /* @__PURE__ */ either(device, dtype) })
export const STATE_DICT = /* @__PURE__ */ signature('stateDict')
export const LOAD_STATE_DICT = /* @__PURE__ */ signature('loadStateDict', { state: stateDict }, loadOptions)
export const REGISTER_FORWARD_PRE_HOOK = /* @__PURE__ */ signature('registerForwardPreHook', HOOK)
export const REGISTER_FORWARD_HOOK = /* @__PURE__ */ signature('registerForwardHook', HOOK)

export interface Module<A extends readonly unknown[], R> {
  (...args: A): R
}

/**
 * The base of all modules: subclasses assign parameters and modules to their fields and write `forward`; callers write `model(x)`.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Module.html
 *
 * @example
 * ```ts
 * import { randn, type Tensor } from '@glissade/core'
 * import * as nn from '@glissade/core/nn'
 *
 * class Net extends nn.Module {
 *   hidden = new nn.Linear(4, 8)
 *   out = new nn.Linear(8, 2)
 *   forward(x: Tensor): Tensor {
 *     return this.out(this.hidden(x).relu())
 *   }
 * }
 * const net = new Net()
 * console.log(net(randn([3, 4])).shape) // [ 3, 2 ]
 * console.log([...net.stateDict().keys()].join(' ')) // hidden.weight hidden.bias out.weight out.bias
 * ```
 */
export abstract class Module<A extends readonly unknown[] = [Tensor], R = Tensor> extends Callable {
  #training = true
  /** Names, and whether they are in the state dict. */
  readonly #buffers = new Map<string, boolean>()
  readonly #before = new Set<ForwardPreHook<AnyModule, A>>()
  readonly #after = new Set<ForwardHook<AnyModule, A, R>>()
  /** What the module computes. Write `model(input)` instead of calling it: that runs hooks as well. */
  abstract forward(...args: A): R

  /** @internal The one door: hooks, the path of the module, and `forward`. */
  run(args: readonly unknown[]): unknown {
    running.push(this)
    const tracer = currentTracer()
    const leave = tracer?.enter?.(this, currentPath())
    tracer?.module?.(this)
    tracer?.holds?.(`the hooks of ${this.constructor.name}`, this.#after, () => [...this.#before, ...this.#after])
    try {
      let operands = args as A
      for (const hook of this.#before) operands = (argumentsOf(hook(this, operands)) as A | null) ?? operands
      if (typeof this.forward !== 'function')
        throw new StateError(this.constructor.name, 'it has no forward; write the method: forward(input) { ... }')
      let result = this.forward(...operands)
      for (const hook of this.#after) result = resultOf(hook(this, operands, result), result) ?? result
      return result
    } catch (error) {
      throw located(fieldError(this, error))
    } finally {
      leave?.()
      running.pop()
    }
  }

  /** The brand: present on modules of every copy of this library. */
  get glissadeModule(): true {
    return true
  }
  /** Whether dropout drops and batch norm learns; train() and eval() set it for all modules below as well. */
  get training(): boolean {
    // A recorded program holds only for the mode that it was recorded in.
    currentTracer()?.holds?.(`the mode of ${this.constructor.name}`, this, () => [this.#training])
    return this.#training
  }
  set training(mode: boolean) {
    TRAINING.read([mode])
    Module.#setMode([this], mode)
  }

  /**
   * A tensor that belongs to the state but is not trained; null: a name without one.
   * Errors: OptionError for a name that the module has for something else.
   */
  registerBuffer(name: string, value: Tensor | null, options?: BufferOptions): void
  registerBuffer(name: string, value: Tensor | null): void {
    const { persistent } = REGISTER_BUFFER.read(arguments)
    const fields = this as unknown as Record<string, unknown>
    if (name === '' || name.includes('.'))
      throw new OptionError('registerBuffer', `a buffer's name is not empty and has no point (got '${name}')`)
    // Fields that a class declares are null or undefined before.
    if (name in (Object.getPrototypeOf(this) as object) || (!this.#buffers.has(name) && fields[name] != null))
      throw new OptionError('registerBuffer', `the module has '${name}' already: ${describe(fields[name])}`)
    this.#buffers.set(name, persistent)
    fields[name] = value
    structureChanged()
  }

  /** The modules directly below under their names, in the order of definition. */
  namedChildren(): [string, AnyModule][] {
    NAMED_CHILDREN.read(arguments)
    return Object.entries(this).filter((entry): entry is [string, AnyModule] => isModule(entry[1]))
  }
  /** The modules directly below, each once. */
  children(): AnyModule[] {
    CHILDREN.read(arguments)
    return [...new Set(this.namedChildren().map(([, child]) => child))]
  }
  /** This module and all below it, each once, with their paths ('' for this). */
  namedModules(prefix = ''): [string, AnyModule][] {
    NAMED_MODULES.read(arguments)
    return this.#walk(prefix, new Set())
  }
  #walk(path: string, seen: Set<AnyModule>): [string, AnyModule][] {
    if (seen.has(this)) return []
    seen.add(this)
    currentTracer()?.module?.(this)
    return [[path, this], ...this.namedChildren().flatMap(([name, child]) => child.#walk(join(path, name), seen))]
  }
  /** This module and all below it, each once, from the outside in. */
  modules(): AnyModule[] {
    MODULES.read(arguments)
    return this.namedModules().map(([, module]) => module)
  }
  #named<T>(pick: (module: AnyModule) => readonly [string, T][]): [string, T][] {
    const seen = new Set<T>()
    return this.namedModules().flatMap(([path, module]) =>
      pick(module).flatMap(([name, value]): [string, T][] => {
        if (seen.has(value)) return []
        seen.add(value)
        return [[join(path, name), value]]
      }),
    )
  }
  /** Parameters with their keys, each once, in the order of definition. */
  namedParameters(): [string, Parameter][] {
    NAMED_PARAMETERS.read(arguments)
    return this.#named((module) => module.#ownParameters())
  }
  /** The parameters of this module and of all below it, each once, in the order of definition. */
  parameters(): Parameter[] {
    PARAMETERS.read(arguments)
    return this.namedParameters().map(([, parameter]) => parameter)
  }
  /** Buffers with their keys, each once. */
  namedBuffers(): [string, Tensor][] {
    NAMED_BUFFERS.read(arguments)
    return this.#named((module) => module.#namedBuffers())
  }
  /** The buffers of this module and of all below it, each once. */
  buffers(): Tensor[] {
    BUFFERS.read(arguments)
    return this.namedBuffers().map(([, buffer]) => buffer)
  }

  /** Switches this module and all below it to training mode (or, with false, out of it). */
  train(mode = true): this {
    TRAIN.read(arguments)
    Module.#setMode(this.modules(), mode)
    return this
  }
  static #setMode(modules: readonly AnyModule[], mode: boolean): void {
    const set = (modeOf: (i: number) => boolean): void =>
      modules.forEach((module, i) => {
        if (module.#training === modeOf(i)) return
        module.#training = modeOf(i)
        structureChanged()
      })
    for (const module of modules) currentTracer()?.settles?.(module)
    hostEffect(
      () => set(() => mode),
      () => {
        const before = modules.map((module) => module.#training)
        return () => set((i) => before[i]!)
      },
    )
  }
  /** Switches this module and all below it out of training mode, as `train(false)`. */
  eval(): this {
    EVAL.read(arguments)
    return this.train(false)
  }
  /** Forgets all gradients; with `setToNone: false` they become zeros instead of null. */
  zeroGrad(options?: ZeroGradOptions): void
  zeroGrad(): void {
    const { setToNone } = ZERO_GRAD.read(arguments)
    for (const parameter of this.parameters()) clearGrad(parameter, setToNone)
  }
  /** Sets `requiresGrad` of all parameters and gives the module back. */
  requiresGrad_(wanted = true): this {
    REQUIRES_GRAD_.read(arguments)
    for (const parameter of this.parameters()) parameter.requiresGrad = wanted
    return this
  }
  /** Calls `fn` on every module below this one, then on this one. */
  apply(fn: (module: AnyModule) => void): this {
    APPLY.read(arguments)
    assertFinite('apply', this)
    for (const child of this.children()) child.apply(fn)
    fn(this)
    return this
  }

  /**
   * Moves parameters and buffers to a device, or casts those of floating point, gradients included: all or, where one cannot,
   * none. The tensors stay the same objects, so an optimizer made before keeps them, and its state follows them.
   * Errors: DTypeError for a dtype that is no floating-point one, or that the device does not have; StateError where the
   * device of now cannot be read at once.
   */
  to(target: DType | Backend): this {
    TO.read(arguments)
    if (typeof target === 'string' && !isFloat(target))
      throw new DTypeError('to', [target], 'a module is cast to a floating-point dtype')
    const tensors: Tensor[] = [...this.parameters(), ...this.buffers()]
    relocate(typeof target === 'string' ? tensors.filter(({ dtype: own }) => isFloat(own)) : tensors, (values) =>
      values.to(target),
    )
    return this
  }

  /** Parameters and persistent buffers under PyTorch's keys. The tensors share the values of this moment. */
  stateDict(): StateDict {
    STATE_DICT.read(arguments)
    assertFinite('stateDict', this)
    return new Map(this.#persistent().map(([key, { tensor: value }]) => [key, noGrad(() => value.clone())]))
  }
  /** A module that stands in two places has two keys. */
  #persistent(prefix = ''): [string, Target][] {
    const buffers = this.#namedBuffers().filter(([name]) => this.#buffers.get(name) === true)
    return [
      ...this.#ownParameters().map(([name, value]): [string, Target] => [
        join(prefix, name),
        { tensor: value, fallback: null },
      ]),
      ...buffers.map(([name, value]): [string, Target] => [
        join(prefix, name),
        { tensor: value, fallback: this.whenMissing(name) },
      ]),
      ...this.namedChildren().flatMap(([name, child]) => child.#persistent(join(prefix, name))),
    ]
  }
  #ownParameters(): [string, Parameter][] {
    return Object.entries(this).filter((entry): entry is [string, Parameter] => isParameter(entry[1]))
  }
  #namedBuffers(): [string, Tensor][] {
    return [...this.#buffers.keys()].flatMap((name): [string, Tensor][] => {
      const value = (this as unknown as Record<string, unknown>)[name]
      if (value == null) return []
      if (kinds.tensor.accepts(value)) return [[name, value as Tensor]]
      throw new StateError(this.constructor.name, `the buffer '${name}' is no tensor any more: ${describe(value)}`)
    })
  }
  /** @internal What a buffer becomes that state dicts of older versions do not have; null: it must be there. */
  protected whenMissing(_buffer: string): number | null {
    return null
  }
  /**
   * Copies values in by key, from whatever device or from host memory (`{ shape, data }`, as files give them), cast to the
   * dtypes that the module has. With `strict` missing and unexpected keys throw OptionError; a wrong shape always throws
   * ShapeError, before anything is changed.
   */
  loadStateDict(state: State<Saved>, options?: LoadOptions): LoadResult
  loadStateDict(given: State<Saved>): LoadResult {
    const { strict } = LOAD_STATE_DICT.read(arguments)
    assertFinite('loadStateDict', this)
    const entries = entriesOf('loadStateDict', given, isSaved)
    return loadInto(this.constructor.name, new Map(this.#persistent()), entries, strict)
  }

  /** Called before `forward` with the arguments; a list that it returns takes their place. In order of registration. */
  registerForwardPreHook(hook: ForwardPreHook<this, A>): Removable {
    REGISTER_FORWARD_PRE_HOOK.read(arguments)
    return hookInto(this.#before, hook as ForwardPreHook<AnyModule, A>)
  }
  /** Called after `forward` with arguments and result; what it returns, if anything, takes the result's place. */
  registerForwardHook(hook: ForwardHook<this, A, R>): Removable {
    REGISTER_FORWARD_HOOK.read(arguments)
    return hookInto(this.#after, hook as ForwardHook<AnyModule, A, R>)
  }

  /** @internal What its fields must be, as far as `forward` cannot do without. */
  get fieldKinds(): FieldKinds {
    return {}
  }
  /** What stands between the brackets of the printed module. */
  extraRepr(): string {
    return ''
  }
  /** As PyTorch prints modules. */
  override toString(): string {
    assertFinite('toString', this)
    const text = textOf(this)
    const extra = text === '' ? [] : text.split('\n')
    const children = this.namedChildren().map(
      ([name, child]) => `(${name}): ${child.toString().replaceAll('\n', '\n  ')}`,
    )
    const { name } = this.constructor
    if (children.length === 0 && extra.length <= 1) return `${name}(${extra.join('')})`
    return `${name}(\n  ${[...extra, ...children].join('\n  ')}\n)`
  }
}

const join = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`)
