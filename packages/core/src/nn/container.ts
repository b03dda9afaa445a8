/** Modules and parameters in lists and dictionaries. Children are named '0', '1', ... or by their keys. */
import { OptionError, StateError } from '../backend/errors.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { structureChanged } from '../tensor/tracer.ts'
import { isModule, Module, type AnyModule } from './module.ts'
import { isParameter, Parameter } from './parameter.ts'

type Fields<T> = Record<string | number, T>

/** An index from 0; negative ones count from the end. Throws OptionError. */
function at(operation: string, index: number, length: number): number {
  if (!Number.isInteger(index) || index < -length || index >= length)
    throw new OptionError(operation, `index ${index} is out of range of ${length}`)
  return index < 0 ? index + length : index
}
function assertModule(operation: string, value: unknown): void {
  if (!isModule(value))
    throw new OptionError(operation, `holds modules (got ${value === null ? 'null' : typeof value})`)
}

/** Children under consecutive numbers. */
abstract class ModuleSequence<M extends AnyModule, A extends readonly unknown[]> extends Module<A> {
  /** Number of children. */
  override get length(): number {
    return this.namedChildren().length
  }
  /** Child `index`; negative ones count from the end. */
  get(index: number): M {
    return (this as unknown as Fields<M>)[at(this.constructor.name, index, this.length)]!
  }
  /** Puts `module` in the place of child `index`. */
  set(index: number, module: M): this {
    assertModule(this.constructor.name, module)
    ;(this as unknown as Fields<M>)[at(this.constructor.name, index, this.length)] = module
    structureChanged()
    return this
  }
  /** Adds a child at the end. */
  append(module: M): this {
    assertModule(this.constructor.name, module)
    ;(this as unknown as Fields<M>)[this.length] = module
    structureChanged()
    return this
  }
  extend(modules: Iterable<M>): this {
    for (const module of modules) this.append(module)
    return this
  }
  /** Puts `module` before child `index`, which with all after it moves on by one. */
  insert(index: number, module: M): this {
    const list = [...this]
    list.splice(index < 0 ? Math.max(0, index + list.length) : index, 0, module)
    list.forEach((child, i) => ((this as unknown as Fields<M>)[i] = child))
    structureChanged()
    return this
  }
  *[Symbol.iterator](): IterableIterator<M> {
    for (const [, child] of this.namedChildren()) yield child as M
  }
}

/**
 * Runs modules one after the other. From a record its keys are the names.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Sequential.html
 */
export class Sequential extends ModuleSequence<Module, [input: Tensor]> {
  constructor(named: Readonly<Record<string, Module>>)
  constructor(...modules: Module[])
  constructor(...modules: (Module | Readonly<Record<string, Module>>)[]) {
    super()
    const [first] = modules
    if (modules.length === 1 && typeof first === 'object')
      Object.assign(this, checkedNames(this, Object.entries(first)))
    else for (const module of modules) this.append(module as Module)
  }
  override get(index: number): Module {
    return this.namedChildren()[at('Sequential', index, this.length)]![1] as Module
  }
  forward(input: Tensor): Tensor {
    let value = input
    for (const child of this) value = child(value)
    return value
  }
}

/**
 * A list of modules, for a forward of one's own.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ModuleList.html
 */
export class ModuleList<M extends AnyModule = Module> extends ModuleSequence<M, readonly unknown[]> {
  constructor(modules: Iterable<M> = []) {
    super()
    this.extend(modules)
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

/**
 * Modules by key, for a forward of one's own.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ModuleDict.html
 */
export class ModuleDict<M extends AnyModule = Module> extends Module<readonly unknown[]> {
  constructor(modules: Readonly<Record<string, M>> = {}) {
    super()
    this.update(modules)
  }
  override get length(): number {
    return this.namedChildren().length
  }
  get(key: string): M {
    const child = this.namedChildren().find(([name]) => name === key)
    if (child === undefined) throw new OptionError('ModuleDict', `no module has the key '${key}'`)
    return child[1] as M
  }
  has(key: string): boolean {
    return this.namedChildren().some(([name]) => name === key)
  }
  set(key: string, module: M): this {
    return this.update({ [key]: module })
  }
  delete(key: string): boolean {
    structureChanged()
    return this.has(key) && delete (this as unknown as Fields<M>)[key]
  }
  update(modules: Readonly<Record<string, M>>): this {
    for (const module of Object.values(modules)) assertModule('ModuleDict', module)
    Object.assign(this, checkedNames(this, Object.entries(modules)))
    structureChanged()
    return this
  }
  keys(): string[] {
    return this.namedChildren().map(([name]) => name)
  }
  values(): M[] {
    return this.namedChildren().map(([, child]) => child as M)
  }
  entries(): [string, M][] {
    return this.namedChildren() as [string, M][]
  }
  forward(): never {
    throw new StateError('ModuleDict', 'it is a dictionary and has no forward; call its modules')
  }
}

/** Plain tensors become parameters. */
const parameterOf = (tensor: Tensor): Parameter => (isParameter(tensor) ? tensor : new Parameter(tensor))
const printed = (name: string, parameter: Parameter): string =>
  `  (${name}): Parameter containing: [torch.${parameter.dtype} of size ${parameter.shape.length === 0 ? '' : parameter.shape.join('x')}]`

/** A list of parameters. Source: https://pytorch.org/docs/stable/generated/torch.nn.ParameterList.html */
export class ParameterList extends Module<readonly unknown[]> {
  constructor(parameters: Iterable<Tensor> = []) {
    super()
    this.extend(parameters)
  }
  override get length(): number {
    return this.#entries().length
  }
  get(index: number): Parameter {
    return (this as unknown as Fields<Parameter>)[at('ParameterList', index, this.length)]!
  }
  append(parameter: Tensor): this {
    ;(this as unknown as Fields<Parameter>)[this.length] = parameterOf(parameter)
    structureChanged()
    return this
  }
  extend(parameters: Iterable<Tensor>): this {
    for (const parameter of parameters) this.append(parameter)
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
