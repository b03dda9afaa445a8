/**
 * The base of all modules. A module is a function: its own call runs `forward` with hooks and with the module's path
 * noted. It is a closure whose prototype is the class, so no code is generated.
 */
import type { Backend, DType } from '../backend/contract.ts'
import { DTypeError, OptionError, ShapeError } from '../backend/errors.ts'
import { isFloat } from '../ir/type.ts'
import { locateWith } from '../tensor/anomaly.ts'
import { byName } from '../tensor/by-name.ts'
import { currentTracer, structureChanged } from '../tensor/tracer.ts'
import { noGrad } from '../tensor/grad-node.ts'
import { Tensor } from '../tensor/tensor.ts'
import { isParameter, type Parameter } from './parameter.ts'

/** Names to tensors, in PyTorch's keys (`0.weight`). */
export type StateDict = Map<string, Tensor>
export interface LoadResult {
  readonly missingKeys: readonly string[]
  readonly unexpectedKeys: readonly string[]
}
export type ForwardPreHook<M, A extends readonly unknown[]> = (module: M, args: A) => A | void
export type ForwardHook<M, A extends readonly unknown[], R> = (module: M, args: A, result: R) => R | void
export interface Removable {
  remove(): void
}

// oxlint-disable-next-line no-explicit-any -- a list of modules has every signature in it
export type AnyModule = Module<any, any>

export const isModule = (value: unknown): value is AnyModule =>
  typeof value === 'function' && (value as { glissadeModule?: unknown }).glissadeModule === true

/** Modules whose forward is running, outermost first. */
const running: AnyModule[] = []

/** Names from the outermost running module to the innermost: `encoder.layers.0`. */
export function currentPath(): string {
  const names: string[] = []
  for (let i = 1; i < running.length; i++) {
    const name = running[i - 1]!.namedChildren().find(([, child]) => child === running[i])?.[0]
    names.push(name ?? running[i]!.constructor.name)
  }
  return names.join('.')
}
locateWith(currentPath)

/** Says in the message where in the model the error happened; once, at the innermost module. */
function locate(error: unknown): void {
  if (!(error instanceof Error) || running.length < 2 || 'modulePath' in error) return
  const path = currentPath()
  Object.defineProperty(error, 'modulePath', { value: path })
  error.message += ` [in ${path}: ${running.at(-1)!.constructor.name}]`
}

/** Makes every instance a function that runs `run`. Fields of subclasses, private ones too, lie on that function. */
abstract class Callable {
  constructor() {
    const self = ((...args: readonly unknown[]) => self.run(args)) as unknown as this
    structureChanged()
    // A function's own name and length would hide fields of those names.
    delete (self as { name?: string }).name
    delete (self as { length?: number }).length
    Object.setPrototypeOf(self, new.target.prototype)
    // oxlint-disable-next-line no-constructor-return -- the module is the function
    return self
  }
  /** @internal */
  abstract run(args: readonly unknown[]): unknown
}

export interface Module<A extends readonly unknown[], R> {
  (...args: A): R
}

/**
 * Subclasses assign parameters and modules to their fields and write `forward`; callers write `model(x)`.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Module.html
 */
export abstract class Module<A extends readonly unknown[] = [Tensor], R = Tensor> extends Callable {
  #training = true
  /** Names, and whether they are in the state dict. */
  readonly #buffers = new Map<string, boolean>()
  readonly #before = new Set<ForwardPreHook<AnyModule, A>>()
  readonly #after = new Set<ForwardHook<AnyModule, A, R>>()
  abstract forward(...args: A): R

  /** @internal The one door: hooks, the path of the module, and `forward`. */
  run(args: readonly unknown[]): unknown {
    running.push(this)
    const tracer = currentTracer()
    const leave = tracer?.enter?.(currentPath())
    if (running.length === 1)
      tracer?.holds?.(this.constructor.name, () => this.modules().flatMap((part) => part.#parts()))
    try {
      let operands = args as A
      for (const hook of this.#before) operands = hook(this, operands) ?? operands
      let result = this.forward(...operands)
      for (const hook of this.#after) result = hook(this, operands, result) ?? result
      return result
    } catch (error) {
      locate(error)
      throw error
    } finally {
      leave?.()
      running.pop()
    }
  }

  /** The brand: present on modules of every copy of this library. */
  get glissadeModule(): true {
    return true
  }
  /** Whether dropout drops and batch norm learns; set by train() and eval(). */
  get training(): boolean {
    // A recorded program holds only for the mode that it was recorded in.
    currentTracer()?.holds?.(this.constructor.name, () => [this.#training])
    return this.#training
  }

  /** All that a recorded call takes for granted of this module, apart from its children. */
  #parts(): unknown[] {
    const parameters = Object.values(this).filter((value) => isParameter(value))
    const buffers = this.#namedBuffers().map(([, buffer]) => buffer)
    return [this, ...parameters, ...buffers, ...this.#before, ...this.#after]
  }

  /** A tensor that belongs to the state but is not trained. `persistent` (default true): it is in the state dict. */
  registerBuffer(name: string, value: Tensor, options: { readonly persistent?: boolean } = {}): void {
    const { persistent = true } = byName('registerBuffer', options)
    this.#buffers.set(name, persistent)
    ;(this as unknown as Record<string, unknown>)[name] = value
    structureChanged()
  }

  /** The modules directly below under their names, in the order of definition. */
  namedChildren(): [string, AnyModule][] {
    return Object.entries(this).filter((entry): entry is [string, AnyModule] => isModule(entry[1]))
  }
  /** The modules directly below, each once. */
  children(): AnyModule[] {
    return [...new Set(this.namedChildren().map(([, child]) => child))]
  }
  /** This module and all below it, each once, with their paths ('' for this). */
  namedModules(prefix = '', seen: Set<AnyModule> = new Set()): [string, AnyModule][] {
    if (seen.has(this)) return []
    seen.add(this)
    return [
      [prefix, this],
      ...this.namedChildren().flatMap(([name, child]) => child.namedModules(join(prefix, name), seen)),
    ]
  }
  modules(): AnyModule[] {
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
    return this.#named((module) =>
      Object.entries(module).filter((entry): entry is [string, Parameter] => isParameter(entry[1])),
    )
  }
  parameters(): Parameter[] {
    return this.namedParameters().map(([, parameter]) => parameter)
  }
  /** Buffers with their keys, each once. */
  namedBuffers(): [string, Tensor][] {
    return this.#named((module) => module.#namedBuffers())
  }
  buffers(): Tensor[] {
    return this.namedBuffers().map(([, buffer]) => buffer)
  }

  /** Switches this module and all below it to training mode (or, with false, out of it). */
  train(mode = true): this {
    for (const module of this.modules()) module.#training = mode
    structureChanged()
    return this
  }
  eval(): this {
    return this.train(false)
  }
  /** Forgets all gradients; with `setToNone: false` they become zeros instead of null. */
  zeroGrad(options: { readonly setToNone?: boolean } = {}): void {
    const { setToNone = true } = byName('zeroGrad', options)
    for (const parameter of this.parameters()) clearGrad(parameter, setToNone)
  }
  requiresGrad_(wanted = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad = wanted
    return this
  }
  /** Calls `fn` on every module below this one, then on this one. */
  apply(fn: (module: AnyModule) => void): this {
    for (const child of this.children()) child.apply(fn)
    fn(this)
    return this
  }

  /**
   * Moves parameters and buffers to a device, or casts those of floating point, gradients included. The tensors stay the
   * same objects, so an optimizer made before keeps them.
   * Errors: DTypeError for a dtype that is no floating-point one.
   */
  to(target: DType | Backend): this {
    if (typeof target === 'string' && !isFloat(target))
      throw new DTypeError('to', [target], 'a module is cast to float32 or float64')
    for (const tensor of [...this.parameters(), ...this.buffers()]) move(tensor, target)
    return this
  }

  /** Parameters and persistent buffers under PyTorch's keys. The tensors share the values of this moment. */
  stateDict(): StateDict {
    return new Map(this.#persistent().map(([key, value]) => [key, noGrad(() => value.clone())]))
  }
  /** A module that stands in two places has two keys. */
  #persistent(prefix = ''): [string, Tensor][] {
    const own: [string, Tensor][] = [
      ...Object.entries(this).filter((entry): entry is [string, Parameter] => isParameter(entry[1])),
      ...this.#namedBuffers().filter(([name]) => this.#buffers.get(name) === true),
    ]
    return [
      ...own.map(([name, value]): [string, Tensor] => [join(prefix, name), value]),
      ...this.namedChildren().flatMap(([name, child]) => child.#persistent(join(prefix, name))),
    ]
  }
  #namedBuffers(): [string, Tensor][] {
    return [...this.#buffers.keys()].map((name) => [name, (this as unknown as Record<string, Tensor>)[name]!])
  }
  /**
   * Copies values in by key. With `strict` (default) missing and unexpected keys throw OptionError; a wrong shape always
   * throws ShapeError, before anything is changed.
   */
  loadStateDict(state: ReadonlyMap<string, Tensor>, options: { readonly strict?: boolean } = {}): LoadResult {
    const { strict = true } = byName('loadStateDict', options)
    const targets = new Map(this.#persistent())
    const missingKeys = [...targets.keys()].filter((key) => !state.has(key))
    const unexpectedKeys = [...state.keys()].filter((key) => !targets.has(key))
    if (strict && missingKeys.length + unexpectedKeys.length > 0)
      throw new OptionError(
        'loadStateDict',
        [
          `Error(s) in loading state_dict for ${this.constructor.name}:`,
          ...(missingKeys.length > 0 ? [`\tMissing key(s) in state_dict: ${quoted(missingKeys)}. `] : []),
          ...(unexpectedKeys.length > 0 ? [`\tUnexpected key(s) in state_dict: ${quoted(unexpectedKeys)}. `] : []),
        ].join('\n'),
      )
    for (const [key, target] of targets) {
      const source = state.get(key)
      if (source !== undefined && source.shape.join() !== target.shape.join())
        throw new ShapeError('loadStateDict', [source.shape, target.shape], `size mismatch for ${key}`)
    }
    noGrad(() => {
      for (const [key, target] of targets) {
        const source = state.get(key)
        if (source !== undefined) target.copy_(source.clone())
      }
    })
    return { missingKeys, unexpectedKeys }
  }

  /** Called before `forward` with the arguments; a list that it returns takes their place. In order of registration. */
  registerForwardPreHook(hook: ForwardPreHook<this, A>): Removable {
    return hookInto(this.#before, hook as ForwardPreHook<AnyModule, A>)
  }
  /** Called after `forward` with arguments and result; what it returns, if anything, takes the result's place. */
  registerForwardHook(hook: ForwardHook<this, A, R>): Removable {
    return hookInto(this.#after, hook as ForwardHook<AnyModule, A, R>)
  }

  /** What stands between the brackets of the printed module. */
  extraRepr(): string {
    return ''
  }
  /** As PyTorch prints modules. */
  override toString(): string {
    const extra = this.extraRepr() === '' ? [] : this.extraRepr().split('\n')
    const children = this.namedChildren().map(
      ([name, child]) => `(${name}): ${child.toString().replaceAll('\n', '\n  ')}`,
    )
    const { name } = this.constructor
    if (children.length === 0 && extra.length <= 1) return `${name}(${extra.join('')})`
    return `${name}(\n  ${[...extra, ...children].join('\n  ')}\n)`
  }
}

const join = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`)
const quoted = (keys: readonly string[]): string => keys.map((key) => `"${key}"`).join(', ')

function move(tensor: Tensor, target: DType | Backend): void {
  if (typeof target === 'string' && !isFloat(tensor.dtype)) return
  const { grad } = tensor
  const moved = tensor.detach().to(target)
  const movedGrad = grad?.detach().to(target) ?? null
  tensor.grad = null
  tensor.cell.moveTo(moved.value)
  tensor.grad = movedGrad
}

function hookInto<H>(hooks: Set<H>, hook: H): Removable {
  hooks.add(hook)
  structureChanged()
  return {
    remove() {
      hooks.delete(hook)
      structureChanged()
    },
  }
}

/** @internal */
export function clearGrad(parameter: Tensor, setToNone: boolean): void {
  if (setToNone || parameter.grad === null) parameter.grad = null
  else parameter.grad = noGrad(() => parameter.grad!.mul(0).detach())
}
