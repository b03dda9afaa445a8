/** What a recording is: a program, where its operands come from at every run and where its results go, and what it takes for granted. */
import type { Program } from '../contract/contract.ts'
import type { Type } from '../ir/type.ts'
import type { Generator } from '../random/generator.ts'
import type { Device } from '../engine/device.ts'
import type { GradHook } from '../engine/grad-node.ts'
import type { Cell, Handle } from '../engine/handle.ts'
import type { Fill, LiveNumbers, NamedOptimizer } from '../engine/tracer.ts'
import type { Fields } from './fields.ts'
import type { StateRow } from './state-row.ts'
import type { Structure } from './structure.ts'

/** A tensor from outside, or the operand at this leaf, which is another one at every call. */
export type TensorRef = Handle | number
export const tensorAt = (place: TensorRef, leaves: readonly unknown[]): Handle =>
  typeof place === 'number' ? (leaves[place] as Handle) : place

/** What happens on the host at every run, in the order of recording. */
export type HostEvent =
  | { readonly kind: 'effect'; readonly run: () => void; readonly remember: () => () => void }
  | {
      readonly kind: 'numbers'
      readonly source: LiveNumbers
      /** As they were at this point of the recording, whose effects have happened: those of the first run. */
      readonly first: readonly number[]
      readonly reads: { readonly index: number; readonly scalar: number }[]
    }
  /** The number at this leaf of the operands. */
  | { readonly kind: 'operand'; readonly leaf: number; readonly scalar: number }
  | {
      readonly kind: 'draw'
      readonly type: Type
      readonly generator: Generator
      readonly fill: Fill
      readonly input: number
    }

/** Where an input of the program comes from at every run. */
export type Source =
  | { readonly kind: 'operand'; readonly leaf: number }
  | { readonly kind: 'cell'; readonly cell: Cell }
  /** The gradient that the tensor has at that run: a step that accumulates leaves another tensor there every time. */
  | { readonly kind: 'gradient'; readonly of: TensorRef }
  | { readonly kind: 'draw'; readonly origin: string | undefined }
  /** State that lies side by side (`lowered.ts`). */
  | { readonly kind: 'row'; readonly row: StateRow }

/** Where an output of the program goes. */
export type Target =
  | { readonly kind: 'result'; readonly index: number }
  /** The gradient that a result has. */
  | { readonly kind: 'result gradient'; readonly index: number }
  /** An operand that the function wrote to. */
  | { readonly kind: 'operand'; readonly leaf: number }
  /** A tensor from outside moves to it; `input` is its own value before; new state lives as long as its `owner`. */
  | { readonly kind: 'cell'; readonly cell: Cell; readonly input: number | null; readonly owner: Cell | null }
  | { readonly kind: 'gradient'; readonly of: TensorRef }
  /** The gradient that the tensor has moves to it (clipping). */
  | { readonly kind: 'gradient value'; readonly of: TensorRef }
  | { readonly kind: 'row'; readonly row: StateRow; readonly input: number }

export interface Guard {
  readonly what: string
  readonly read: (leaves: readonly unknown[]) => unknown
  readonly value: unknown
}

/** Structure that the recording took for granted: asked for when something may have changed it. */
export interface Premise {
  readonly what: string
  readonly read: () => readonly unknown[]
  readonly value: readonly unknown[]
}

/** A tensor from outside as it was: the recording holds only while that is so. */
export interface Root {
  readonly handle: Handle
  readonly type: Type
  readonly device: Device
  readonly isTracked: boolean
  readonly hooks: readonly GradHook[]
}

/** What becomes of a tensor's place on the tape at every run. */
export interface Mark {
  readonly of: TensorRef
  /** `leaf` and `none`: it was made to require gradients, or not to; `past`: what was written has a history, which is not kept. */
  readonly node: 'leaf' | 'none' | 'past'
}

/** A leaf of the results. */
export type ResultLeaf =
  /** Made by the run; one tensor at two places is one. */
  | { readonly kind: 'made'; readonly index: number }
  | { readonly kind: 'operand'; readonly leaf: number }
  | { readonly kind: 'constant'; readonly value: unknown }

export interface Recording {
  readonly device: Device
  /** The version of structure when it began. */
  readonly version: number
  readonly program: Program
  readonly sources: readonly Source[]
  readonly targets: readonly Target[]
  readonly events: readonly HostEvent[]
  readonly guards: readonly Guard[]
  readonly premises: readonly Premise[]
  readonly fields: Fields
  readonly roots: readonly Root[]
  /** State that optimizers made for it, in order, and the number that all of it is; null for what the recording itself computes. */
  readonly made: ReadonlyMap<Cell, number | null>
  /** Modules that no other module called, and optimizers that stepped, in order. */
  readonly models: ReadonlySet<object>
  readonly optimizers: ReadonlySet<NamedOptimizer>
  /** Cells from outside, and whether they are written. */
  readonly outside: ReadonlyMap<Cell, boolean>
  /** Leaves of operands that are written. */
  readonly written: ReadonlySet<number>
  /** The kinds of numbers among the operands, where integer tensors asked. */
  readonly kinds: ReadonlyMap<number, string>
  readonly results: { readonly structure: Structure; readonly leaves: readonly ResultLeaf[] }
  readonly marks: readonly Mark[]
  /** Tensors whose gradient was used up and is not kept; and those whose gradient is dropped. */
  readonly consumed: readonly TensorRef[]
  readonly cleared: readonly TensorRef[]
  /** It made state (momentum buffers) and can run only once. */
  readonly once: boolean
  /** Takes back what the recording did to state on the host. */
  readonly revert: () => void
}
