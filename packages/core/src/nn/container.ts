/** Modules and parameters in lists and dictionaries. Children are named '0', '1', ... or by their keys. */
import { OptionError, StateError } from '../contract/errors.ts'
import { describe } from '../signature/describe.ts'
import { either, integer, kind, string, type Kind } from '../signature/kind.ts'
import { optional, rest, signature } from '../signature/signature.ts'
import { tensor } from '../engine/kinds.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { structureChanged } from '../engine/tracer.ts'
import * as kinds from './kinds.ts'
import { isModule, Module, NAMED_CHILDREN, type AnyModule } from './module.ts'
import { isParameter, Parameter } from './parameter.ts'
import { isPlain } from './state.ts'

type Fields<T> = Record<string | number, T>

/** An index from 0; negative ones count from the end. Throws OptionError. */
function at(operation: string, index: number, length: number): number {
  if (!Number.isInteger(index) || index < -length || index >= length)
    throw new OptionError(operation, `index ${index} is out of range of ${length}`)
  return index < 0 ? index + length : index
}

/** What iterates; its items are looked at when they are there: a generator runs only once. */
const iterable = <T>(what: string): Kind<Iterable<T>> =>
  kind(`a list of ${what}`, (value) => Symbol.iterator in Object(value) && typeof value !== 'string')
const named: Kind<Readonly<Record<string, AnyModule>>> = /* @__PURE__ */ kind(
  'a plain object of modules by key',
  (value) => isPlain(value) && Object.values(value).every(isModule),
  (value) => (Symbol.iterator in Object(value) ? 'Object.fromEntries makes one of pairs' : null),
)
/** All items of a list of one kind. Errors: OptionError for another one. */
function items<T>(operation: string, list: Iterable<T>, of: Kind<unknown>): T[] {
  const all = [...list]
  for (const item of all)
    if (!of.accepts(item)) {
      const help = of.hint?.(item) ?? null
      throw new OptionError(
        operation,
        `each item must be ${of.wanted} (got ${describe(item)})${help === null ? '' : `; ${help}`}`,
      )
    }
  return all
}

export const GET = /* @__PURE__ */ signature('get', { index: integer })
export const SET = /* @__PURE__ */ signature('set', { index: integer, module: /* @__PURE__ */ kinds.module() })
export const APPEND = /* @__PURE__ */ signature('append', { module: /* @__PURE__ */ kinds.module() })
export const EXTEND = /* @__PURE__ */ signature('extend', { modules: /* @__PURE__ */ iterable('modules') })
export const INSERT = /* @__PURE__ */ signature('insert', { index: integer, module: /* @__PURE__ */ kinds.module() })

/** Children under consecutive numbers. */
abstract class ModuleSequence<M extends AnyModule, A extends readonly unknown[]> extends Module<A> {
  /** Number of children. */
  override get length(): number {
    return this.namedChildren().length
  }
  /** The children, by number. Errors: StateError where something else was put into the place of a child. */
  override namedChildren(): [string, AnyModule][] {
    NAMED_CHILDREN.read(arguments)
    for (const [name, child] of Object.entries(this))
      if (/^\d+$/.test(name) && !isModule(child))
        throw new StateError(this.constructor.name, `child ${name} must be a module (got ${describe(child)})`)
    return super.namedChildren()
  }
  /** Child `index`; negative ones count from the end. */
  get(index: number): M {
    GET.read(arguments)
    return this.#entry(index)[1]
  }
  #entry(index: number): [string, M] {
    return this.namedChildren()[at(this.constructor.name, index, this.length)] as [string, M]
  }
  /** Puts `module` in the place of child `index`. */
  set(index: number, module: M): this {
    SET.read(arguments)
    ;(this as unknown as Fields<M>)[this.#entry(index)[0]] = module
    structureChanged()
    return this
  }
  /** Adds a child at the end. */
  append(module: M): this {
    APPEND.read(arguments)
    return this.add('append', [module])
  }
  /** Adds children at the end. */
  extend(modules: Iterable<M>): this {
    EXTEND.read(arguments)
    return this.add('extend', modules)
  }
  /** @internal */
  protected add(operation: string, modules: Iterable<M>): this {
    for (const child of items(operation, modules, kinds.module<M>()))
      (this as unknown as Fields<M>)[this.length] = child
    structureChanged()
    return this
  }
  /** Puts `module` before child `index`, which with all after it moves on by one. */
  insert(index: number, module: M): this {
    INSERT.read(arguments)
    const list = [...this]
    if (this.namedChildren().some(([name], i) => name !== String(i)))
      throw new StateError(this.constructor.name, 'children with names of their own have no place to insert at')
    list.splice(index < 0 ? Math.max(0, index + list.length) : index, 0, module)
    list.forEach((child, i) => ((this as unknown as Fields<M>)[i] = child))
    structureChanged()
    return this
  }
  *[Symbol.iterator](): IterableIterator<M> {
    for (const [, child] of this.namedChildren()) yield child as M
  }
}

export const NEW_SEQUENTIAL = /* @__PURE__ */ signature('Sequential', {
  modules: /* @__PURE__ */ rest(either(kinds.module(), named)),
})

/**
 * Runs modules one after the other. From a record its keys are the names.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Sequential.html
 */
export class Sequential extends ModuleSequence<Module, [input: Tensor]> {
  constructor(named: Readonly<Record<string, Module>>)
  constructor(...modules: Module[])
  constructor(...modules: (Module | Readonly<Record<string, Module>>)[]) {
    super()
    NEW_SEQUENTIAL.read(arguments)
    const [first] = modules
    if (modules.length === 1 && isPlain(first)) Object.assign(this, checkedNames(this, Object.entries(first)))
    else this.add('Sequential', modules as Module[])
  }
  forward(input: Tensor): Tensor {
    kinds.PASSED_ON.read(arguments, this.constructor.name)
    let value = input
    for (const child of this) value = child(value)
    return value
  }
}

export const NEW_MODULE_LIST = /* @__PURE__ */ signature('ModuleList', {
  modules: optional(/* @__PURE__ */ iterable('modules')),
})

/**
 * A list of modules, for a forward of one's own.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ModuleList.html
 */
export class ModuleList<M extends AnyModule = Module> extends ModuleSequence<M, readonly unknown[]> {
  constructor(modules: Iterable<M> = []) {
    super()
    NEW_MODULE_LIST.read(arguments)
    this.add('ModuleList', modules)
  }
  forward(): never {
    throw new StateError('ModuleList', 'it is a list and has no forward; call its modules')
  }
}

/** Keys become fields of `owner`, so the names of its methods cannot be keys. */
function checkedNames<T>(owner: object, entries: readonly (readonly [string, T])[]): Record<string, T> {
  for (const [name] of entries)
    if (name === '' || name.includes('.') || name in (Object.getPrototypeOf(owner) as object))
      throw new OptionError(
        owner.constructor.name,
        `'${name}' cannot be a key: it is empty, has a point, or is what modules themselves have`,
      )
  return Object.fromEntries(entries)
}

export const NEW_MODULE_DICT = /* @__PURE__ */ signature('ModuleDict', { modules: optional(named) })
export const GET_KEY = /* @__PURE__ */ signature('get', { key: string })
export const HAS_KEY = /* @__PURE__ */ signature('has', { key: string })
export const SET_KEY = /* @__PURE__ */ signature('set', { key: string, module: /* @__PURE__ */ kinds.module() })
export const DELETE_KEY = /* @__PURE__ */ signature('delete', { key: string })
export const KEYS = /* @__PURE__ */ signature('keys')
export const VALUES = /* @__PURE__ */ signature('values')
export const ENTRIES = /* @__PURE__ */ signature('entries')
export const UPDATE = /* @__PURE__ */ signature('update', { modules: named })

/**
 * Modules by key, for a forward of one's own.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ModuleDict.html
 */
export class ModuleDict<M extends AnyModule = Module> extends Module<readonly unknown[]> {
  constructor(modules: Readonly<Record<string, M>> = {}) {
    super()
    NEW_MODULE_DICT.read(arguments)
    this.update(modules)
  }
  override get length(): number {
    return this.namedChildren().length
  }
  /** The module that stands under a key. Errors: OptionError where there is none. */
  get(key: string): M {
    GET_KEY.read(arguments)
    const child = this.namedChildren().find(([name]) => name === key)
    if (child === undefined) throw new OptionError('ModuleDict', `no module has the key '${key}'`)
    return child[1] as M
  }
  /** Whether there is a module of this key. */
  has(key: string): boolean {
    HAS_KEY.read(arguments)
    return this.namedChildren().some(([name]) => name === key)
  }
  /** Puts a module under a key, in the place of one that is there. */
  set(key: string, module: M): this {
    SET_KEY.read(arguments)
    return this.update({ [key]: module })
  }
  /** Removes the module of a key; whether there was one. */
  delete(key: string): boolean {
    DELETE_KEY.read(arguments)
    structureChanged()
    return this.has(key) && delete (this as unknown as Fields<M>)[key]
  }
  /** Puts every module of a plain object under its key. */
  update(modules: Readonly<Record<string, M>>): this {
    UPDATE.read(arguments)
    Object.assign(this, checkedNames(this, Object.entries(modules)))
    structureChanged()
    return this
  }
  /** The keys, in the order in which they were added. */
  keys(): string[] {
    KEYS.read(arguments)
    return this.namedChildren().map(([name]) => name)
  }
  /** The modules, in the order of their keys. */
  values(): M[] {
    VALUES.read(arguments)
    return this.namedChildren().map(([, child]) => child as M)
  }
  /** The keys with their modules. */
  entries(): [string, M][] {
    ENTRIES.read(arguments)
    return this.namedChildren() as [string, M][]
  }
  forward(): never {
    throw new StateError('ModuleDict', 'it is a dictionary and has no forward; call its modules')
  }
}

/** Plain tensors become parameters. */
const parameterOf = (given: Tensor): Parameter => (isParameter(given) ? given : new Parameter(given))
const printed = (name: string, parameter: Parameter): string =>
  `  (${name}): Parameter containing: [torch.${parameter.dtype} of size ${parameter.shape.length === 0 ? '' : parameter.shape.join('x')}]`

export const NEW_PARAMETER_LIST = /* @__PURE__ */ signature('ParameterList', {
  parameters: optional(/* @__PURE__ */ iterable('tensors')),
})
export const APPEND_PARAMETER = /* @__PURE__ */ signature('append', { parameter: tensor })
export const EXTEND_PARAMETERS = /* @__PURE__ */ signature('extend', {
  parameters: /* @__PURE__ */ iterable('tensors'),
})

/** A list of parameters, for a forward of one's own. Source: https://pytorch.org/docs/stable/generated/torch.nn.ParameterList.html */
export class ParameterList extends Module<readonly unknown[]> {
  constructor(parameters: Iterable<Tensor> = []) {
    super()
    NEW_PARAMETER_LIST.read(arguments)
    this.#add('ParameterList', parameters)
  }
  override get length(): number {
    return this.#entries().length
  }
  /** Parameter `index`; negative ones count from the end. */
  get(index: number): Parameter {
    GET.read(arguments)
    return (this as unknown as Fields<Parameter>)[at('ParameterList', index, this.length)]!
  }
  /** Adds a parameter at the end; a tensor becomes one. */
  append(parameter: Tensor): this {
    APPEND_PARAMETER.read(arguments)
    return this.#add('append', [parameter])
  }
  /** Adds parameters at the end; tensors become some. */
  extend(parameters: Iterable<Tensor>): this {
    EXTEND_PARAMETERS.read(arguments)
    return this.#add('extend', parameters)
  }
  #add(operation: string, tensors: Iterable<Tensor>): this {
    for (const each of items(operation, tensors, tensor))
      (this as unknown as Fields<Parameter>)[this.length] = parameterOf(each)
    structureChanged()
    return this
  }
  #entries(): [string, Parameter][] {
    return Object.entries(this).filter((entry): entry is [string, Parameter] => isParameter(entry[1]))
  }
  *[Symbol.iterator](): IterableIterator<Parameter> {
    for (const [, parameter] of this.#entries()) yield parameter
  }
  forward(): never {
    throw new StateError('ParameterList', 'it is a list and has no forward')
  }
  override extraRepr(): string {
    return this.#entries()
      .map(([name, parameter]) => printed(name, parameter))
      .join('\n')
  }
}
