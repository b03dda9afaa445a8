/**
 * Records what a function does with tensors as one program. Tensors from outside become inputs by reference (read anew
 * at every run), what the function assigns to them becomes outputs, and what happens on the host (draws, counters,
 * numbers of optimizers) is noted in order, to be repeated at every run.
 */
import type { HostArray } from '../backend/dtype.ts'
import { StateError } from '../backend/errors.ts'
import type { Program } from '../backend/contract.ts'
import { Builder, type Sym } from '../ir/builder.ts'
import type { Type } from '../ir/type.ts'
import type { Device } from '../tensor/device.ts'
import { wrap } from '../tensor/door.ts'
import type { GradNode } from '../tensor/grad-node.ts'
import { Handle, type Cell } from '../tensor/handle.ts'
import type { Entry } from '../tensor/op.ts'
import type { LiveNumber, LiveNumbers, Scalar, Tracer } from '../tensor/tracer.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Value } from '../tensor/value.ts'
import type { StateRow } from './state-row.ts'

/** What happens on the host at every run, in the order of recording. */
export type HostEvent =
  | { readonly kind: 'effect'; readonly run: () => void; readonly remember: () => () => void }
  | {
      readonly kind: 'numbers'
      readonly source: LiveNumbers
      readonly reads: { readonly index: number; readonly scalar: number }[]
    }
  | { readonly kind: 'draw'; readonly type: Type; readonly fill: (out: HostArray) => void; readonly input: number }

/** Where an input of the program comes from at every run. */
export type Source =
  | { readonly kind: 'argument'; readonly index: number }
  | { readonly kind: 'cell'; readonly cell: Cell }
  /** The gradient that the tensor has at that run: a step that accumulates leaves another tensor there every time. */
  | { readonly kind: 'gradient'; readonly handle: Handle }
  | { readonly kind: 'draw' }
  /** State that lies side by side (`join-state.ts`). */
  | { readonly kind: 'row'; readonly row: StateRow }

/** Where an output of the program goes. */
export type Target =
  | { readonly kind: 'result'; readonly index: number }
  /** A tensor from outside moves to it; `input` is its own value before; new state lives as long as its `owner`. */
  | { readonly kind: 'cell'; readonly cell: Cell; readonly input: number | null; readonly owner: Cell | null }
  | { readonly kind: 'gradient'; readonly handle: Handle }
  /** The gradient that the tensor has moves to it (clipping). */
  | { readonly kind: 'gradient value'; readonly handle: Handle }
  | { readonly kind: 'row'; readonly row: StateRow; readonly input: number }

export interface Guard {
  readonly what: string
  readonly read: () => unknown
  readonly value: unknown
}

/** Structure that the recording took for granted: asked for when something may have changed it. */
export interface Premise {
  readonly what: string
  readonly read: () => readonly unknown[]
  readonly value: readonly unknown[]
}

export interface Recording {
  readonly program: Program
  readonly sources: readonly Source[]
  readonly targets: readonly Target[]
  readonly events: readonly HostEvent[]
  readonly guards: readonly Guard[]
  readonly premises: readonly Premise[]
  /** Tensors from outside, and whether they required gradients: the recording holds only while that is so. */
  readonly roots: readonly { readonly handle: Handle; readonly tracked: boolean }[]
  /** Parameters whose gradient was used up and is not kept; and those whose gradient is dropped. */
  readonly consumed: readonly Handle[]
  readonly cleared: readonly Handle[]
  /** It made state (momentum buffers) and can run only once. */
  readonly once: boolean
  /** Takes back what the recording did to state on the host. */
  readonly revert: () => void
}

interface Captured {
  readonly cell: Cell
  readonly handle: Handle
  readonly value: Value
  readonly sym: Sym
  readonly input: number
  /** Whose gradient it is, where it was found as one. */
  readonly gradientOf: Handle | null
  readonly node: GradNode | null
  readonly index: number
}

interface GradState {
  readonly before: Tensor | null
  readonly consumed: boolean
}

export class Recorder implements Tracer {
  readonly builder: Builder = new Builder()
  readonly #device: Device
  readonly #keepGradients: boolean
  readonly #rehearsal: boolean
  readonly #undo: (() => void)[] = []
  readonly #sources: Source[] = []
  readonly #events: HostEvent[] = []
  readonly #guards: Guard[] = []
  readonly #premises: Omit<Premise, 'value'>[] = []
  readonly #roots: { readonly handle: Handle; readonly tracked: boolean }[] = []
  readonly #captured = new Map<Cell, Captured>()
  readonly #numbers = new Map<LiveNumber, Map<string, Sym>>()
  readonly #grads = new Map<Handle, GradState>()
  /** From gradients of before to the tensors that have them. */
  readonly #gradientOf = new Map<Handle, Handle>()
  readonly #consumed = new Map<Handle, Tensor | null>()
  readonly #persistent = new Map<Handle, Cell>()
  readonly #views = new Set<Handle>()

  constructor(device: Device, { gradients, rehearsal }: { readonly gradients: boolean; readonly rehearsal: boolean }) {
    this.#device = device
    this.#rehearsal = rehearsal
    this.#keepGradients = gradients
  }

  #value(sym: Sym): Value {
    return new Value(sym.type, this.#device, null, 0, sym)
  }
  #input(type: Type, source: Source): Sym {
    this.#sources.push(source)
    return this.builder.input(type)
  }
  /** A tensor operand of the function. */
  argument(type: Type, index: number): Tensor {
    return wrap(this.#value(this.#input(type, { kind: 'argument', index }))) as Tensor
  }

  touch(handle: Handle): void {
    handle.eachRoot((root) => {
      if (root !== handle) this.#views.add(handle)
      const { cell } = root
      const { value } = cell
      if (value.sym !== null) {
        if (value.sym.builder !== this.builder)
          throw new StateError(
            'compile',
            'a tensor of another recorded function is used here; return it from there first',
          )
        return
      }
      if (value.device !== this.#device)
        throw new StateError(
          'compile',
          `the step runs on ${this.#device.backend.name}, but a tensor is on ${value.device.backend.name}; move it with to()`,
        )
      const input = this.#sources.length
      const gradientOf = this.#gradientOf.get(root) ?? null
      const sym = this.#input(
        value.type,
        gradientOf === null ? { kind: 'cell', cell } : { kind: 'gradient', handle: gradientOf },
      )
      const { node, index } = root
      this.#captured.set(cell, { cell, handle: root, value, sym, input, gradientOf, node, index })
      cell.value = this.#value(sym)
      this.#roots.push({ handle: root, tracked: root.node !== null })
    })
  }

  run(entry: Entry, args: readonly Value[], numbers: readonly Scalar[]): Value[] {
    const operands = args.map((value) => value.sym!)
    const scalars = numbers.map((number, i) => {
      const dtype = entry.program.scalars[i]!
      return typeof number === 'number' ? this.builder.fill(dtype, [], number) : this.#live(number, dtype)
    })
    return this.builder.inline(entry.program, [...operands, ...scalars]).map((sym) => this.#value(sym))
  }
  #live(number: LiveNumber, dtype: Program['scalars'][number]): Sym {
    let byType = this.#numbers.get(number)
    if (byType === undefined) this.#numbers.set(number, (byType = new Map()))
    let sym = byType.get(dtype)
    if (sym === undefined) {
      const index = this.builder.scalars.length
      byType.set(dtype, (sym = this.builder.scalar(dtype)))
      const read = { index: number.index, scalar: index }
      const event = this.#events.find((known) => known.kind === 'numbers' && known.source === number.source)
      if (event?.kind === 'numbers') event.reads.push(read)
      else this.#events.push({ kind: 'numbers', source: number.source, reads: [read] })
    }
    return sym
  }
  draw(type: Type, _: Device, fill: (out: HostArray) => void): Value {
    const input = this.#sources.length
    const sym = this.#input(type, { kind: 'draw' })
    this.#events.push({ kind: 'draw', type, fill, input })
    return this.#value(sym)
  }
  constant(type: Type, _: Device, elements: HostArray): Value {
    return this.#value(this.builder.data(type.dtype, type.shape, [...elements]))
  }
  enter(path: string): () => void {
    const before = this.builder.origin
    this.builder.origin = path === '' ? before : path
    return () => (this.builder.origin = before)
  }
  guard(what: string, read: () => unknown, value: unknown = read()): void {
    this.#guards.push({ what, read, value })
  }
  holds(what: string, read: () => readonly unknown[]): void {
    this.#premises.push({ what, read })
  }
  effect(run: () => void, remember: () => () => void): void {
    this.#events.push({ kind: 'effect', run, remember })
    if (this.#rehearsal) return
    this.undo(remember())
    run()
  }
  undo(revert: () => void): void {
    this.#undo.push(revert)
  }
  touchGrad(handle: Handle, access: 'read' | 'write'): void {
    if (this.#grads.has(handle) || this.#made(handle)) return
    const before = handle.rawGrad
    this.#grads.set(handle, { before, consumed: handle.gradConsumed })
    if (before !== null) this.#gradientOf.set(before, handle)
    if (access === 'read') this.guard('whether a tensor has a gradient', () => handle.rawGrad === null, before === null)
  }
  /** Whether a handle was made while recording. */
  #made(handle: Handle): boolean {
    return handle.cell.value.sym !== null && !this.#captured.has(handle.cell)
  }
  consumed(parameter: Handle): void {
    this.#consumed.set(parameter, parameter.rawGrad)
  }
  outside({ cell }: Handle): Value | null {
    return this.#captured.get(cell)?.value ?? (cell.value.sym === null ? cell.value : null)
  }
  persist(state: Handle, owner: Handle): void {
    this.#persistent.set(state, owner.cell)
  }

  /** The recording, with these results; everything outside is as it was before. */
  finish(results: readonly Handle[]): Recording {
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
    results.forEach((handle, index) => output(symOf(handle), { kind: 'result', index }))
    for (const { cell, sym, input, gradientOf } of this.#captured.values()) {
      if (cell.value.sym === sym) continue
      if (gradientOf === null) output(cell.value.sym!, { kind: 'cell', cell, input, owner: null })
      else output(cell.value.sym!, { kind: 'gradient value', handle: gradientOf })
    }
    for (const [state, owner] of this.#persistent)
      output(state.value.sym!, { kind: 'cell', cell: state.cell, input: null, owner })
    const consumed: Handle[] = []
    const cleared: Handle[] = []
    for (const [handle, { before }] of this.#grads) {
      const after = handle.rawGrad
      if (after === before) continue
      if (after === null) cleared.push(handle)
      else if (!this.#keepGradients && this.#consumed.get(handle) === after) consumed.push(handle)
      else output(symOf(after), { kind: 'gradient', handle })
    }
    const program = this.builder.finish(outputs)
    this.restore()
    return {
      program,
      targets,
      consumed,
      cleared,
      sources: this.#sources,
      events: this.#events,
      guards: this.#guards,
      premises: this.#premises.map(({ what, read }) => ({ what, read, value: read() })),
      roots: this.#roots,
      once: this.#persistent.size > 0,
      revert: () => this.revert(),
    }
  }

  /** Takes back what the recording did to state on the host. */
  revert(): void {
    for (const revert of this.#undo.toReversed()) revert()
  }

  /** Puts every tensor from outside back to the value that it had. */
  restore(): void {
    for (const { cell, handle, value, node, index } of this.#captured.values()) {
      cell.value = value
      handle.restoreNode(node, index)
    }
    for (const [handle, { before, consumed }] of this.#grads) handle.restoreGrad(before, consumed)
    for (const view of this.#views) view.eachRoot(() => {})
  }
}
