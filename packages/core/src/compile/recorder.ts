/**
 * Records what a function does with tensors as one program. Its operands, and tensors from outside, become inputs by
 * reference (read anew at every run), what the function assigns to them becomes outputs, and what happens on the host (draws,
 * counters, numbers of optimizers) is noted in order, to be repeated at every run.
 */
import type { Elements } from '../contract/dtype.ts'
import { StateError } from '../contract/errors.ts'
import { Builder, type Sym } from '../ir/builder.ts'
import { writeOperation } from '../ir/operation.ts'
import type { Type } from '../ir/type.ts'
import type { Generator } from '../random/generator.ts'
import { defaultDevice, type Device } from '../engine/device.ts'
import { isGradEnabled, LeafNode, latestNode, type GradNode } from '../engine/grad-node.ts'
import { Handle, type Cell } from '../engine/handle.ts'
import type { Entry } from '../engine/op.ts'
import type { Tensor } from '../tensor/tensor.ts'
import {
  structureVersion,
  type Fill,
  type LiveNumber,
  type LiveNumbers,
  type NamedOptimizer,
  type Scalar,
  type Tracer,
} from '../engine/tracer.ts'
import { assertReadable, Value } from '../engine/value.ts'
import { Fields } from './fields.ts'
import { NumberOperand } from './number-operand.ts'
import { Origins } from './origins.ts'
import type {
  Guard,
  HostEvent,
  Mark,
  TensorRef,
  Premise,
  Recording,
  ResultLeaf,
  Root,
  Source,
  Target,
} from './recording.ts'
import type { Structure } from './structure.ts'

interface Captured {
  readonly value: Value
  readonly sym: Sym
  readonly input: number
  readonly source: Source
}
interface GradState {
  readonly before: Tensor | null
  readonly consumed: boolean
}

export interface RecorderOptions {
  /** Of the compiled function, for errors. */
  readonly name: string
  readonly gradients: boolean
  /** Modules that earlier recordings came upon: what they are is looked at before the function changes it. */
  readonly modules: Iterable<object>
  /** Numbers that the recording to compare with reads: only the effects of the function change them. */
  readonly numbers: readonly LiveNumbers[]
  /** Whether operations stay nodes. Default: they are written out. */
  readonly operations?: boolean
  /** Modules that the user named, and those in them, with their paths. */
  readonly named?: ReadonlyMap<object, string>
}

export class Recorder implements Tracer {
  readonly builder: Builder = new Builder()
  readonly #options: RecorderOptions
  /** That of the first tensor. */
  #device: Device | null = null
  /** Whether it holds for this default device only. */
  #isDefault = false
  readonly #undo: (() => void)[] = []
  readonly #made = new Map<Cell, number | null>()
  readonly #optimizers = new Set<NamedOptimizer>()
  readonly #origins: Origins
  #now: readonly number[]
  readonly #sources: Source[] = []
  readonly #events: HostEvent[] = []
  readonly #guards: Guard[] = []
  readonly #premises: Premise[] = []
  readonly #settled = new Set<object>()
  readonly #fields = new Fields()
  readonly #operands = new Map<Handle, number>()
  readonly #numbers: NumberOperand[] = []
  readonly #standing: (() => void)[] = []
  readonly #captured = new Map<Cell, Captured>()
  /** Places on the tape, as they were, of what holds its own elements. */
  readonly #nodes = new Map<Handle, { readonly node: GradNode | null; readonly index: number }>()
  readonly #roots: Root[] = []
  /** Views from outside, and what they had read last. */
  readonly #views = new Map<Handle, Value>()
  /** Made while recording, of the elements of tensors that were there. */
  readonly #lent = new Set<Handle>()
  readonly #scalars = new Map<LiveNumber, Map<string, Sym>>()
  readonly #grads = new Map<Handle, GradState>()
  /** Whose gradient is set, also where nothing came of it this time. */
  readonly #gradsWritten = new Set<Handle>()
  /** From gradients of before to the tensors that have them. */
  readonly #gradientOf = new Map<Handle, TensorRef>()
  readonly #consumed = new Map<Handle, Tensor | null>()
  readonly #persistent = new Map<Handle, Cell>()
  /** Nodes up to this one are history of before. */
  readonly #latest = latestNode()
  readonly #version = structureVersion()

  constructor(options: RecorderOptions) {
    this.#options = options
    this.#now = this.#numbersNow()
    this.#origins = new Origins(options.named ?? new Map())
    for (const module of options.modules) this.#fields.add(module)
    this.guard('whether gradients are recorded', () => isGradEnabled())
  }

  get device(): Device {
    return this.#device ?? defaultDevice()
  }
  #assertHere(device: Device, what: string): void {
    this.#device ??= device
    if (device !== this.#device)
      throw new StateError(
        this.#options.name,
        `the step runs on ${this.#device.backend.name}, but ${what} is on ${device.backend.name}; move it with to()`,
      )
  }
  /** What is made where no device is named is made on another one when the default is another. */
  #assertMadeHere(device: Device, what: string): void {
    this.#assertHere(device, what)
    if (this.#isDefault || device !== defaultDevice()) return
    this.#isDefault = true
    this.guard('the default device', defaultDevice)
  }
  #value(sym: Sym): Value {
    return new Value(sym.type, this.device, null, 0, sym)
  }
  #capture(handle: Handle, source: Source): void {
    const { cell } = handle
    const { value } = cell
    const input = this.#sources.length
    this.#sources.push(source)
    const sym = this.builder.input(value.type)
    this.#captured.set(cell, { value, sym, input, source })
    cell.value = this.#value(sym)
  }

  /**
   * A tensor operand: the tensor itself, whose value is another one at every call.
   * @param isType whether it has no elements and stands for its type
   */
  operand(handle: Handle, leaf: number, isType: boolean): void {
    if (this.#operands.has(handle)) return
    this.#operands.set(handle, leaf)
    this.#nodes.set(handle, { node: handle.node, index: handle.index })
    if (this.#captured.has(handle.cell)) return
    const { value } = handle
    this.#assertHere(value.device, 'an operand')
    if (!isType) assertReadable(this.#options.name, value)
    this.#standing.push(handle.standAlone())
    this.#capture(handle, { kind: 'operand', leaf })
  }
  number(leaf: number, value: number): NumberOperand {
    const number = new NumberOperand(leaf, value)
    this.#numbers.push(number)
    return number
  }
  #placeOf(handle: Handle): TensorRef {
    return this.#operands.get(handle) ?? handle
  }

  touch(handle: Handle): void {
    if (handle.root !== handle && handle.cell.value.sym === null && !this.#views.has(handle)) {
      this.#views.set(handle, handle.cell.value)
      this.#note(handle)
    }
    handle.eachRoot((root) => {
      const { cell } = root
      if (!this.#captured.has(cell)) {
        const { value } = cell
        if (value.sym?.builder === this.builder) return
        if (value.sym !== null)
          throw new StateError(
            this.#options.name,
            'a tensor that an earlier recording made is used here: functions run only while they are recorded, so what they keep in variables and fields has no value; make it outside, before the first call',
          )
        this.#assertHere(value.device, 'a tensor')
        const of = this.#gradientOf.get(root)
        this.#capture(root, of === undefined ? { kind: 'cell', cell } : { kind: 'gradient', of })
      }
      this.#note(root)
    })
  }
  /** A tensor from outside, or another handle of an operand, as it is on the tape. */
  #note(handle: Handle): void {
    if (this.#nodes.has(handle) || this.#lent.has(handle)) return
    const { lastNode: node, index, isTracked, type } = handle
    this.#nodes.set(handle, { node, index })
    const hooks = isTracked ? (node!.hooks?.flat() ?? []) : []
    this.#roots.push({ handle, type, device: this.device, isTracked, hooks })
  }

  run(entry: Entry, args: readonly Value[], numbers: readonly Scalar[]): Value[] {
    if (args.length === 0) this.#assertMadeHere(defaultDevice(), `what ${entry.name} makes`)
    for (let i = 0; i < entry.outputs.length; i++) this.device.assertDType(entry.name, entry.outputs[i]!)
    const operands = args.map((value) => value.sym!)
    const scalars = numbers.map((number, i) => {
      const dtype = entry.program.scalars[i]!
      return typeof number === 'number' ? this.builder.fill(dtype, [], number) : this.#live(number, dtype)
    })
    const all = [...operands, ...scalars]
    const results =
      this.#options.operations === true
        ? writeOperation(this.builder, entry, all)
        : this.builder.inline(entry.program, all)
    return results.map((sym) => this.#value(sym))
  }
  #live(number: LiveNumber, dtype: Entry['program']['scalars'][number]): Sym {
    let byType = this.#scalars.get(number)
    if (byType === undefined) this.#scalars.set(number, (byType = new Map()))
    let sym = byType.get(dtype)
    if (sym === undefined) {
      const scalar = this.builder.scalars.length
      byType.set(dtype, (sym = this.builder.scalar(dtype)))
      if (number instanceof NumberOperand) {
        this.#events.push({ kind: 'operand', leaf: number.leaf, scalar })
        return sym
      }
      const read = { index: number.index, scalar }
      const event = this.#events.find((known) => known.kind === 'numbers' && known.source === number.source)
      if (event?.kind === 'numbers') event.reads.push(read)
      else this.#events.push({ kind: 'numbers', source: number.source, first: number.source.read(), reads: [read] })
    }
    return sym
  }
  draw(type: Type, device: Device, generator: Generator, fill: Fill): Value {
    this.#assertMadeHere(device, 'a random tensor')
    device.assertDType('tensor', type)
    const input = this.#sources.length
    this.#sources.push({ kind: 'draw', origin: this.builder.origin })
    const sym = this.builder.input(type)
    this.#events.push({ kind: 'draw', type, generator, fill, input })
    return this.#value(sym)
  }
  constant(type: Type, device: Device, elements: Elements): Value {
    this.#assertMadeHere(device, 'a new tensor')
    device.assertDType('tensor', type)
    return this.#value(this.builder.data(type.dtype, type.shape, [...elements]))
  }
  enter(module: object, path: string): () => void {
    return this.#from(this.#origins.of(module, path))
  }
  #from(origin: string | undefined): () => void {
    const before = this.builder.origin
    const set = (now: string | undefined): void => this.#origins.note((this.builder.origin = now))
    set(origin)
    return () => set(before)
  }

  guard(what: string, read: (leaves: readonly unknown[]) => unknown, value: unknown = read([])): void {
    this.#guards.push({ what, read, value })
  }
  holds(what: string, of: object, read: () => readonly unknown[]): void {
    if (this.#settled.has(of)) return
    this.#settled.add(of)
    this.#premises.push({ what, read, value: read() })
  }
  settles(of: object): void {
    this.#settled.add(of)
  }
  module(module: object): void {
    this.#fields.add(module)
  }
  effect(run: () => void, remember: () => () => void): void {
    this.#assertNumbersKept()
    this.#events.push({ kind: 'effect', run, remember })
    this.undo(remember())
    run()
    this.#now = this.#numbersNow()
  }
  #numbersNow(): number[] {
    return this.#options.numbers.flatMap((source) => source.read())
  }
  /** What the function itself does to options of optimizers is no effect that a replay could repeat. */
  #assertNumbersKept(): void {
    const now = this.#numbersNow()
    if (now.every((number, i) => Object.is(number, this.#now[i]))) return
    throw new StateError(
      this.#options.name,
      'the function changes options of an optimizer itself, which a replay would not do; use a scheduler, or do it outside',
    )
  }
  made(state: Handle, value: number | null): void {
    this.#made.set(state.cell, value)
  }
  optimizer(optimizer: NamedOptimizer): void {
    this.#optimizers.add(optimizer)
  }
  undo(revert: () => void): void {
    this.#undo.push(revert)
  }
  lent(copy: Handle): void {
    this.#lent.add(copy)
  }
  walk(node: GradNode): () => void {
    if (node.sequence <= this.#latest)
      throw new StateError(
        this.#options.name,
        `gradients would flow on into what made a tensor before this call (${node.name}); pass x.detach(), or compute it inside`,
      )
    return this.#from(this.#origins.at(node))
  }

  touchGrad(handle: Handle, access: 'read' | 'write'): void {
    if (this.#isMade(handle)) return
    if (access === 'write') this.#gradsWritten.add(handle)
    if (this.#grads.has(handle)) return
    const before = handle.rawGrad
    this.#grads.set(handle, { before, consumed: handle.gradConsumed })
    const place = this.#placeOf(handle)
    if (before !== null) this.#gradientOf.set(before, place)
    if (access === 'write') return
    const read =
      typeof place === 'number'
        ? (leaves: readonly unknown[]): boolean => (leaves[place] as Handle).rawGrad === null
        : (): boolean => place.rawGrad === null
    this.guard('whether a tensor has a gradient', read, before === null)
  }
  /** Whether a handle was made while recording. */
  #isMade(handle: Handle): boolean {
    if (this.#lent.has(handle)) return true
    return handle.cell.value.sym !== null && !this.#captured.has(handle.cell) && !this.#views.has(handle)
  }
  consumed(parameter: Handle): void {
    this.#consumed.set(parameter, parameter.rawGrad)
  }
  outside({ cell }: Handle): Value | null {
    return this.#captured.get(cell)?.value ?? (cell.value.sym === null ? cell.value : null)
  }
  persist(state: Handle, owner: Handle): void {
    this.made(state, null)
    this.#persistent.set(state, owner.cell)
  }

  /** @param made the tensors that this recording made, to which it may add one */
  #resultOf(leaf: unknown, made: Handle[]): ResultLeaf {
    if (leaf instanceof NumberOperand) return { kind: 'operand', leaf: leaf.leaf }
    if (!(leaf instanceof Handle)) return { kind: 'constant', value: leaf }
    const operand = this.#operands.get(leaf)
    if (operand !== undefined) return { kind: 'operand', leaf: operand }
    const captured = this.#captured.get(leaf.cell)
    const isOutside = captured === undefined ? leaf.cell.value.sym === null : captured.source.kind === 'cell'
    if (isOutside && leaf.rawGrad === null) return { kind: 'constant', value: leaf }
    if (!made.includes(leaf)) made.push(leaf)
    return { kind: 'made', index: made.indexOf(leaf) }
  }

  /** The recording, with these results; everything outside is as it was before. */
  finish({ structure, leaves }: { readonly structure: Structure; readonly leaves: readonly unknown[] }): Recording {
    this.#assertNumbersKept()
    const outputs: Sym[] = []
    const targets: Target[] = []
    const output = (sym: Sym, target: Target): void => {
      outputs.push(sym)
      targets.push(target)
    }
    const symOf = (handle: Handle): Sym => {
      this.touch(handle)
      return handle.value.sym!
    }
    const made: Handle[] = []
    const results = leaves.map((leaf) => this.#resultOf(leaf, made))
    made.forEach((handle, index) => {
      output(symOf(handle), { kind: 'result', index })
      if (handle.rawGrad !== null) output(symOf(handle.rawGrad), { kind: 'result gradient', index })
    })
    const outside = new Map<Cell, boolean>()
    const written = new Set<number>()
    for (const [cell, { sym, input, source }] of this.#captured) {
      const isWritten = cell.value.sym !== sym
      if (source.kind === 'cell') outside.set(cell, isWritten)
      else if (source.kind === 'operand' && isWritten) written.add(source.leaf)
      if (!isWritten) continue
      if (source.kind === 'gradient') output(cell.value.sym!, { kind: 'gradient value', of: source.of })
      else if (source.kind === 'operand') output(cell.value.sym!, { kind: 'operand', leaf: source.leaf })
      else output(cell.value.sym!, { kind: 'cell', cell, input, owner: null })
    }
    for (const [state, owner] of this.#persistent)
      output(state.value.sym!, { kind: 'cell', cell: state.cell, input: null, owner })
    const consumed: TensorRef[] = []
    const cleared: TensorRef[] = []
    for (const [handle, { before }] of this.#grads) {
      const after = handle.rawGrad
      const of = this.#placeOf(handle)
      if (after === null) {
        if (before !== null || this.#gradsWritten.has(handle)) cleared.push(of)
      } else if (after === before) continue
      else if (!this.#options.gradients && this.#consumed.get(handle) === after) consumed.push(of)
      else output(symOf(after), { kind: 'gradient', of })
    }
    const marks = this.#marks()
    const program = this.builder.finish(outputs)
    this.restore()
    return {
      device: this.device,
      version: this.#version,
      program,
      targets,
      consumed,
      cleared,
      made: this.#made,
      models: this.#origins.roots,
      optimizers: this.#optimizers,
      outside,
      written,
      marks,
      sources: this.#sources,
      events: this.#events,
      guards: this.#guards,
      premises: this.#premises,
      fields: this.#fields,
      roots: this.#roots,
      kinds: new Map(this.#numbers.filter(({ asked }) => asked).map(({ leaf, kind }) => [leaf, kind] as const)),
      results: { structure, leaves: results },
      once: this.#persistent.size > 0,
      revert: () => this.revert(),
    }
  }
  #marks(): Mark[] {
    return [...this.#nodes].flatMap(([handle, { node: before }]): Mark[] => {
      const node = handle.lastNode
      const isView = handle.root !== handle
      if (node === before || (isView && !(node instanceof LeafNode) && !(before instanceof LeafNode))) return []
      return [
        {
          of: this.#placeOf(handle),
          node: node instanceof LeafNode ? 'leaf' : node === null || isView ? 'none' : 'past',
        },
      ]
    })
  }

  /** Takes back what the recording did to state on the host. */
  revert(): void {
    for (const revert of this.#undo.toReversed()) revert()
  }

  /** Puts every tensor from outside back to the value that it had. */
  restore(): void {
    for (const [cell, { value }] of this.#captured) cell.value = value
    for (const [handle, { node, index }] of this.#nodes) handle.restoreNode(node, index)
    for (const [handle, { before, consumed }] of this.#grads) handle.restoreGrad(before, consumed)
    for (const [view, value] of this.#views) {
      view.cell.value = value
      view.eachRoot(() => {})
    }
    for (const restore of this.#standing) restore()
  }
}
