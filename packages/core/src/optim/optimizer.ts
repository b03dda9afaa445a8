/**
 * One base for all optimizers. A rule is numbers computed on the host in double at every step (`hyper`), and an update
 * recorded once over tensors and those numbers; so schedules and bias corrections stay alive in compiled steps. The
 * parameters of a group are updated by one program.
 */
import { OptionError } from '../backend/errors.ts'
import type { Sym } from '../ir/builder.ts'
import { apply, type Arg } from '../tensor/door.ts'
import { enableGrad, noGrad } from '../tensor/grad-node.ts'
import { keepWith } from '../tensor/lifetime.ts'
import { Op, traceComposite } from '../tensor/op.ts'
import { Tensor } from '../tensor/tensor.ts'
import { currentTracer, hostEffect, LiveNumber, type Scalar } from '../tensor/tracer.ts'
import { clearGrad } from '../nn/module.ts'

/** Structural options: they select the program, so they are part of its key. */
export type Structure = Readonly<Record<string, boolean>>

export interface Rule<O extends object> {
  /** The composite's name, as backends list it in `capabilities.runs`. */
  readonly name: string
  /** State tensors per parameter, under PyTorch's names. */
  readonly state: (options: O) => readonly string[]
  readonly structure: (options: O) => Structure
  /** Numbers read anew at every step, in double. `step` counts from 1. */
  readonly hyper: (options: O, step: number) => readonly number[]
  /** The update of one parameter; `state` is empty the first time. Gives the new parameter and the new state. */
  readonly update: Op<Structure>
}

export type ParamGroup<O extends object> = O & { params: Tensor[] }

/** Updates every parameter of a call: operands are p, g and the state of each, then the numbers. */
function groupOp<O extends object>(rule: Rule<O>): Op<{ width: number; structure: Structure }> {
  return new Op(`${rule.name}.group`, (args, { width, structure }, builder) => {
    const tensors = args.filter((arg) => builder.inputs.length > arg.id)
    const numbers = args.slice(tensors.length)
    const results: Sym[] = []
    for (let at = 0; at < tensors.length; at += width)
      results.push(...traceComposite(rule.update, builder, [...tensors.slice(at, at + width), ...numbers.map((number) => number.cast(tensors[at]!.dtype))], structure))
    return results
  })
}

/** Parameters, groups of parameters with options of their own. */
export type Params<O extends object> = Iterable<Tensor> | Iterable<Partial<O> & { params: Iterable<Tensor> | Tensor }>

export abstract class Optimizer<O extends object> {
  /** Options and parameters per group; writing to them takes effect at the next step. */
  readonly paramGroups: ParamGroup<O>[] = []
  /** Options of groups that do not say otherwise. */
  readonly defaults: O
  /** State tensors by parameter and PyTorch's name. */
  readonly state: Map<Tensor, Map<string, Tensor>> = new Map()
  readonly #rule: Rule<O>
  readonly #op: Op<{ width: number; structure: Structure }>
  #steps = 0

  constructor(rule: Rule<O>, params: Params<O>, defaults: O) {
    this.#rule = rule
    this.#op = groupOp(rule)
    this.defaults = defaults
    const list = [...params] as (Tensor | (Partial<O> & { params: Iterable<Tensor> | Tensor }))[]
    if (list.length === 0) throw new OptionError(rule.name, 'the optimizer got an empty parameter list')
    if (list[0] instanceof Tensor) this.addParamGroup({ params: list as Tensor[] } as Partial<O> & { params: Tensor[] })
    else for (const group of list) this.addParamGroup(group as Partial<O> & { params: Iterable<Tensor> | Tensor })
  }

  /** Adds parameters with options of their own; missing options are the defaults. */
  addParamGroup(group: Partial<O> & { params: Iterable<Tensor> | Tensor }): void {
    const params = group.params instanceof Tensor ? [group.params] : [...group.params]
    for (const param of params) {
      if (!(param instanceof Tensor)) throw new OptionError(this.#rule.name, `the optimizer takes tensors (got ${typeof param})`)
      if (!param.isLeaf) throw new OptionError(this.#rule.name, "can't optimize a non-leaf tensor")
    }
    if (this.paramGroups.some((known) => known.params.some((param) => params.includes(param))))
      throw new OptionError(this.#rule.name, 'some parameters appear in more than one parameter group')
    this.paramGroups.push({ ...this.defaults, ...group, params })
  }

  /** Forgets the gradients; with `setToNone: false` they become zeros instead of null. */
  zeroGrad({ setToNone = true }: { readonly setToNone?: boolean } = {}): void {
    for (const { params } of this.paramGroups) for (const param of params) clearGrad(param, setToNone)
  }

  /** Updates every parameter that has a gradient. A closure is run first, with gradients, and its result is returned. */
  step(): undefined
  step<T>(closure: () => T): T
  step<T>(closure?: () => T): T | undefined {
    const result = closure === undefined ? undefined : enableGrad(closure)
    hostEffect(() => this.#steps++)
    noGrad(() => {
      for (const group of this.paramGroups) this.#update(group)
    })
    return result
  }

  #update(group: ParamGroup<O>): void {
    const rule = this.#rule
    const names = rule.state(group)
    const structure = rule.structure(group)
    currentTracer()?.guard?.(() => this.#signature(group))
    const fresh: Tensor[] = []
    const known: Tensor[] = []
    for (const param of group.params) {
      if (param.grad === null) continue
      const state = this.state.get(param)
      if (names.length > 0 && names.every((name) => state?.has(name))) known.push(param)
      else fresh.push(param)
    }
    const numbers = this.#numbers(group)
    if (fresh.length > 0) this.#run(fresh, [], names, structure, numbers)
    if (known.length > 0) this.#run(known, names, names, structure, numbers)
  }

  /** What a recorded step of this group depends on, apart from numbers and gradients. */
  #signature(group: ParamGroup<O>): string {
    const structure = Object.values(this.#rule.structure(group)).map(Number).join('')
    return `${structure}/${group.params.length}/${group.params.reduce((count, param) => count + (this.state.has(param) ? 1 : 0), 0)}`
  }

  /** In a recorded step the numbers are read at every run. */
  #numbers(group: ParamGroup<O>): readonly Scalar[] {
    const values = this.#rule.hyper(group, this.#steps)
    if (currentTracer() === null) return values
    return values.map((_, i) => new LiveNumber(() => this.#rule.hyper(group, this.#steps)[i]!))
  }

  #run(params: readonly Tensor[], before: readonly string[], after: readonly string[], structure: Structure, numbers: readonly Scalar[]): void {
    const args: Arg[] = []
    for (const param of params) {
      args.push(param, param.grad!)
      currentTracer()?.consumed?.(param)
      for (const name of before) args.push(this.state.get(param)!.get(name)!)
    }
    args.push(...numbers)
    const results = apply(this.#op, { width: 2 + before.length, structure: { ...structure, first: before.length === 0 } }, args) as Tensor[]
    let at = 0
    for (const param of params) {
      param.assign(results[at++]!)
      if (after.length === 0) continue
      let state = this.state.get(param)
      if (state === undefined) this.state.set(param, (state = new Map()))
      for (const name of after) {
        const fresh = results[at++]!
        const old = state.get(name)
        if (old === undefined) state.set(name, keepWith(fresh, param))
        else old.assign(fresh)
      }
    }
  }
}
