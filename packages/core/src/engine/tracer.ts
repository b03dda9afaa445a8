/** What receives operations while a function is traced, instead of a device. */
import type { Elements } from '../contract/dtype.ts'
import type { Type } from '../ir/type.ts'
import type { Generator } from '../random/generator.ts'
import type { Device } from './device.ts'
import type { GradNode } from './grad-node.ts'
import type { Handle } from './handle.ts'
import type { Entry } from './op.ts'
import type { Value } from './value.ts'

/** Writes random numbers. */
export type Fill = (generator: Generator, out: Elements) => void

/** Numbers that are read together, anew at every run of a recorded program. */
export interface LiveNumbers {
  readonly read: () => readonly number[]
  /** Whose numbers they are, and those of which of its groups. */
  readonly owner?: NamedOptimizer | null
  readonly group?: NamedOptimizer['paramGroups'][number] | null
}

/** What an optimizer says of itself, by which its state and its numbers are named. */
export interface NamedOptimizer {
  readonly paramGroups: readonly { readonly params: readonly Handle[]; readonly lr: unknown }[]
  readonly state: ReadonlyMap<Handle, ReadonlyMap<string, Handle>>
  readonly rule: { readonly numbers: readonly string[] }
}

/** One of them; in eager code it is read at once. */
export class LiveNumber {
  readonly source: LiveNumbers
  readonly index: number
  constructor(source: LiveNumbers, index: number) {
    this.source = source
    this.index = index
  }
  read(): number {
    return this.source.read()[this.index]!
  }
  /** The number, where integers are treated in another way than fractions; NaN: as a fraction. Asking makes its kind a premise. */
  ask(): number {
    return NaN
  }
}

/** The numbers that `read` gives now; where a function is being recorded, they are read again at every run. */
export function liveNumbers(
  read: LiveNumbers['read'],
  owner: NamedOptimizer | null = null,
  group: NamedOptimizer['paramGroups'][number] | null = null,
): readonly Scalar[] {
  const now = read()
  if (tracer === null) return now
  const source: LiveNumbers = { read, owner, group }
  return now.map((_, index) => new LiveNumber(source, index))
}
export type Scalar = number | LiveNumber
const numberOf = (x: Scalar): number => (typeof x === 'number' ? x : x.read())
/** a b, read anew at every run where one of them is. */
export function productOf(a: Scalar, b: Scalar): number {
  if (typeof a === 'number' && typeof b === 'number') return a * b
  return new LiveNumber({ read: () => [numberOf(a) * numberOf(b)] }, 0) as unknown as number
}

let tracer: Tracer | null = null
let structure = 0

/** Grows whenever modules, their mode, or what requires gradients may have changed. */
export const structureVersion = (): number => structure
export function structureChanged(): void {
  structure++
}

export interface Tracer {
  /** Called for every operand before its value is read: a tensor from outside becomes an input. */
  touch(handle: Handle): void
  /** Writes the entry's program over values of the tracer. */
  run(entry: Entry, args: readonly Value[], numbers: readonly Scalar[]): Value[]
  /** A value that `fill` writes anew at every run. */
  draw(type: Type, device: Device, generator: Generator, fill: Fill): Value
  /** A value with these elements. */
  constant(type: Type, device: Device, elements: Elements): Value
  /** From now until the returned function is called, nodes come from this module, whose path from the outermost one this is. */
  enter?(module: object, path: string): () => void
  /** What the recorded program depends on: it holds only while `read` gives what it gives now. Asked at every run; `what` is for
   * messages. */
  guard?(what: string, read: () => unknown): void
  /**
   * The same for structure, which seldom changes: `read` is asked again only when something called `structureChanged`. What
   * it gives now is what has to be; only the first time for each `of`, which may change as the function goes on.
   */
  holds?(what: string, of: object, read: () => readonly unknown[]): void
  /** From now on the function itself decides what `holds` asks of this object. */
  settles?(of: object): void
  /** A module runs, or is asked for its parts: what JavaScript can see of its fields is a premise. */
  module?(module: object): void
  /** A handle was made that shares the elements of another. */
  lent?(copy: Handle): void
  /** Backward goes through this node, until the returned function is called. */
  walk?(node: GradNode): () => void
  /** This optimizer steps. */
  optimizer?(optimizer: NamedOptimizer): void
  /** The gradient of a tensor is about to be read or replaced. */
  touchGrad?(handle: Handle, access: 'read' | 'write'): void
  /** An optimizer used up the gradient of this parameter. */
  consumed?(parameter: Handle): void
  /** A tensor made while tracing belongs to state outside (a momentum buffer): it gets its value with every run. */
  persist?(state: Handle, owner: Handle): void
  /** The value that a tensor from outside had before the trace; null for one made inside. */
  outside?(handle: Handle): Value | null
  /** A change of host state: done now, unless nothing is to happen yet, and repeated in order at every run. */
  effect?(run: () => void, remember: () => () => void): void
  /** State outside was made for what is recorded, all of it this number, which is the same state however often it is made. */
  made?(state: Handle, value: number): void
  /** How to take back a change of host state where the recording fails or was only a rehearsal. */
  undo?(revert: () => void): void
}

export const currentTracer = (): Tracer | null => tracer

/** Runs `fn` with operations going to `to`. */
export function tracing<T>(to: Tracer | null, fn: () => T): T {
  const before = tracer
  tracer = to
  try {
    return fn()
  } finally {
    tracer = before
  }
}

/**
 * Changes host state (a counter, a schedule) now and, where a function is being recorded, again at every run of the
 * recorded program, in the order of recording.
 * @param remember called before such a change; what it gives takes the change back where the run fails
 */
export function hostEffect(run: () => void, remember: () => () => void): void {
  if (tracer?.effect === undefined) run()
  else tracer.effect(run, remember)
}
