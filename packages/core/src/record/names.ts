/** Names for what a recording reads and gives: keys of state dicts, options of optimizers, paths in operands and results. */
import { StateError } from '../contract/errors.ts'
import { Handle, type Cell } from '../engine/handle.ts'
import type { LiveNumbers, NamedOptimizer } from '../engine/tracer.ts'
import type { AnyModule } from '../nn/module.ts'
import { isParameter } from '../nn/parameter.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { TensorRef, Recording, Source, Target } from '../compile/recording.ts'
import type { Recorded, RecordedInput, RecordedOutput, RecordedResult, RecordedScalar, StateInput } from './recorded.ts'
import type { Operands } from '../compile/trace.ts'

interface State {
  readonly kind: 'parameter' | 'buffer'
  readonly key: string
  readonly tensor: Tensor
}
/** Parameters and buffers under all their keys: a module that stands in two places has two. */
export function stateOf(model: AnyModule, prefix: string, around: readonly AnyModule[] = []): State[] {
  if (around.includes(model)) return []
  const join = (name: string): string => (prefix === '' ? name : `${prefix}.${name}`)
  const inner = [...around, model]
  return [
    ...Object.entries(model).flatMap(([name, value]: [string, unknown]): State[] =>
      isParameter(value) ? [{ kind: 'parameter', key: join(name), tensor: value }] : [],
    ),
    // Its own have no point in their names.
    ...model
      .namedBuffers()
      .flatMap(([name, tensor]): State[] => (name.includes('.') ? [] : [{ kind: 'buffer', key: join(name), tensor }])),
    ...model.namedChildren().flatMap(([name, child]) => stateOf(child, join(name), inner)),
  ]
}

/** `.loss` is `loss`, `[0].loss` is itself; a single leaf is `whole`. */
const named = (path: string, whole: string): string => (path === '' ? whole : path.replace(/^\./, ''))

type Known = Exclude<RecordedInput, { readonly kind: 'operand' | 'gradient' | 'draw' }>

export class Names {
  readonly #operation: string
  readonly #recording: Recording
  readonly #operands: Operands
  /** Of the leaves of operands. */
  readonly #paths: readonly string[]
  readonly #known = new Map<Cell, Known>()
  readonly #optimizers = new Map<NamedOptimizer, string>()
  /** How often a name was asked for. */
  readonly #taken = new Map<string, number>()

  /**
   * @param models with the prefixes of their keys
   * @param operands names of operands, by place
   */
  constructor(
    operation: string,
    recording: Recording,
    operands: Operands,
    models: readonly (readonly [prefix: string, model: AnyModule])[],
    given: readonly string[],
  ) {
    this.#operation = operation
    this.#recording = recording
    this.#operands = operands
    this.#paths = operands.structure
      .paths()
      .map((path) => path.replace(/^\[(\d+)\]/, (_, at: string) => given[Number(at)] ?? `operand ${at}`))
    for (const [prefix, model] of models) this.#noteModel(prefix, model)
    for (const optimizer of recording.optimizers)
      this.#optimizers.set(optimizer, this.#unique(optimizer.constructor.name))
    for (const [optimizer, name] of this.#optimizers) this.#noteOptimizer(optimizer, name)
  }

  recorded(): Recorded {
    const { program, sources, targets, once } = this.#recording
    const inputs = sources.map((source) => this.#input(source))
    return {
      program,
      inputs,
      scalars: this.#scalars(),
      outputs: targets.map((target) => this.#output(target, inputs)),
      results: this.#results(),
      isFirstStep: once,
    }
  }

  /** A name that nothing else has. */
  #unique(name: string): string {
    const times = (this.#taken.get(name) ?? 0) + 1
    this.#taken.set(name, times)
    return times === 1 ? name : this.#unique(`${name} (${times})`)
  }

  #noteModel(prefix: string, model: AnyModule): void {
    const views = new Map<Cell, { readonly kind: StateInput['kind']; readonly keys: string[]; readonly root: Handle }>()
    const states = new Map<Cell, StateInput & { readonly names: string[]; readonly views: string[] }>()
    for (const { kind, key, tensor } of stateOf(model, prefix)) {
      const { root } = tensor
      if (root !== tensor) {
        const view = views.get(root.cell)
        if (view === undefined) views.set(root.cell, { kind, keys: [key], root })
        else view.keys.push(key)
        continue
      }
      const known = states.get(tensor.cell)
      if (known === undefined) states.set(tensor.cell, { kind, name: key, names: [key], views: [], tensor })
      else known.names.push(key)
    }
    for (const [cell, { kind, keys, root }] of views) {
      const known = states.get(cell)
      if (known === undefined)
        states.set(cell, { kind, name: `${keys[0]!}.base`, names: [], views: keys, tensor: root as Tensor })
      else known.views.push(...keys)
    }
    for (const [cell, state] of states) {
      const known = this.#known.get(cell)
      if (known === undefined) {
        this.#assertApart(state)
        this.#known.set(cell, state)
      } else if (known.kind === 'parameter' || known.kind === 'buffer')
        this.#known.set(cell, {
          ...known,
          names: [...known.names, ...state.names],
          views: [...known.views, ...state.views],
        })
    }
  }
  #assertApart({ name, names, views }: StateInput): void {
    for (const key of [name, ...names.slice(1), ...views])
      if (this.#taken.has(key))
        throw new StateError(
          this.#operation,
          `two models have '${key}'; name them: { modules: { generator, discriminator } }`,
        )
    for (const key of [name, ...names.slice(1), ...views]) this.#taken.set(key, 1)
  }

  #noteOptimizer(optimizer: NamedOptimizer, label: string): void {
    optimizer.paramGroups.forEach(({ params, lr }, at) => {
      const note = (handle: unknown, kind: 'parameter' | 'tensor', name: string): void => {
        if (!(handle instanceof Handle) || this.#known.has(handle.root.cell)) return
        const base = { name: this.#unique(name), tensor: handle.root as Tensor }
        this.#known.set(
          handle.root.cell,
          kind === 'tensor' ? { kind, ...base } : { kind, ...base, names: [], views: [] },
        )
      }
      params.forEach((param, i) => note(param, 'parameter', `${label}[${at}].params[${i}]`))
      note(lr, 'tensor', `${label}[${at}].lr`)
    })
    for (const [param, entries] of optimizer.state) {
      const parameter = this.#nameOf(param)
      for (const [entry, tensor] of entries) {
        const made = this.#recording.made
        const isNew = made.has(tensor.cell)
        this.#known.set(tensor.cell, {
          kind: 'optimizer state',
          name: this.#unique(`${parameter}.${entry}`),
          parameter,
          entry,
          tensor: isNew ? null : (tensor as Tensor),
          initial: isNew ? made.get(tensor.cell)! : null,
        })
      }
    }
  }

  /** A tensor that was there, or an operand. */
  #nameOf(place: TensorRef): string {
    if (typeof place === 'number') return this.#paths[place]!
    const leaf = this.#operands.leaves.indexOf(place)
    return leaf >= 0 ? this.#paths[leaf]! : this.#ofCell(place.root.cell, place.root).name
  }
  #ofCell(cell: Cell, handle: Handle | undefined): Known {
    let known = this.#known.get(cell)
    if (known === undefined) {
      const tensor = (handle ?? this.#recording.roots.find((root) => root.handle.cell === cell)!.handle) as Tensor
      this.#known.set(cell, (known = { kind: 'tensor', name: this.#unique('tensor'), tensor }))
    }
    return known
  }

  #input(source: Source): RecordedInput {
    if (source.kind === 'cell') return this.#ofCell(source.cell, undefined)
    if (source.kind === 'operand') return { kind: 'operand', name: this.#paths[source.leaf]! }
    if (source.kind === 'gradient') {
      const of = this.#nameOf(source.of)
      return { kind: 'gradient', name: `${of}.grad`, of }
    }
    if (source.kind === 'row') throw new Error('a recording that is lowered has no names')
    const { generator, fill } = this.#recording.events.find(
      (event) => event.kind === 'draw' && this.#recording.sources[event.input] === source,
    ) as Extract<Recording['events'][number], { readonly kind: 'draw' }>
    const name = source.origin === undefined ? 'draw' : `${source.origin}.draw`
    return { kind: 'draw', name: this.#unique(name), generator, fill }
  }

  #scalars(): RecordedScalar[] {
    const scalars: RecordedScalar[] = []
    for (const event of this.#recording.events) {
      if (event.kind === 'operand') scalars[event.scalar] = { kind: 'operand', name: this.#paths[event.leaf]! }
      else if (event.kind === 'numbers')
        for (const { index, scalar } of event.reads) scalars[scalar] = this.#number(event.source, index)
    }
    return scalars
  }
  #number({ read, owner, group }: LiveNumbers, index: number): RecordedScalar {
    const number = (): number => read()[index]!
    if (owner == null || group == null) return { kind: 'number', name: this.#unique('number'), read: number }
    const optimizer = this.#optimizers.get(owner)!
    const at = owner.paramGroups.indexOf(group)
    const option = owner.rule.numbers[index]!
    return { kind: 'option', name: `${optimizer}[${at}].${option}`, optimizer, group: at, option, read: number }
  }

  #resultNames(): string[] {
    return this.#recording.results.structure.paths().map((path) => named(path, 'result'))
  }
  #output(target: Target, inputs: readonly RecordedInput[]): RecordedOutput {
    const { results, sources } = this.#recording
    const held = (name: string): number | null => {
      const input = inputs.findIndex((known) => known.name === name)
      return input < 0 ? null : input
    }
    if (target.kind === 'cell') {
      const { kind, name } = this.#ofCell(target.cell, undefined)
      return { kind, name, replaces: target.input }
    }
    if (target.kind === 'operand') {
      const input = sources.findIndex((source) => source.kind === 'operand' && source.leaf === target.leaf)
      return { kind: 'operand', name: this.#paths[target.leaf]!, replaces: input < 0 ? null : input }
    }
    if (target.kind === 'gradient' || target.kind === 'gradient value') {
      const name = `${this.#nameOf(target.of)}.grad`
      return { kind: 'gradient', name, replaces: held(name) }
    }
    if (target.kind === 'row') throw new Error('a recording that is lowered has no names')
    const leaf = results.leaves.findIndex((one) => one.kind === 'made' && one.index === target.index)
    const name = this.#resultNames()[leaf]!
    return target.kind === 'result'
      ? { kind: 'result', name, replaces: null }
      : { kind: 'result gradient', name: `${name}.grad`, replaces: null }
  }
  #results(): RecordedResult[] {
    const { results, targets } = this.#recording
    const names = this.#resultNames()
    return results.leaves.map((leaf, i): RecordedResult => {
      const name = names[i]!
      if (leaf.kind === 'operand') return { kind: 'operand', name, operand: this.#paths[leaf.leaf]! }
      if (leaf.kind === 'constant') return { kind: 'constant', name, value: leaf.value }
      return {
        kind: 'output',
        name,
        output: targets.findIndex((target) => target.kind === 'result' && target.index === leaf.index),
      }
    })
  }
}
