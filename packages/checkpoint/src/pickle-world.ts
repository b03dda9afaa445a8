/** What the reader of a pickle knows of the world outside it: a table of names, storages, and what to do with the rest. */
import type { Allowance } from './allowance.ts'
import type { Refuse } from './error.ts'

/** A name that a pickle may mention: a function to call with a tuple of arguments, or a value that it stands for. */
export type PickleGlobal =
  | { readonly call: (args: readonly unknown[], refuse: Refuse, allowance: Allowance) => unknown }
  | { readonly value: unknown }

/** What the reader of a pickle knows of the world outside it. */
export interface PickleWorld {
  /** By dotted name, `module.name`; these and the containers of Python itself are all that a pickle may mention. */
  readonly globals: ReadonlyMap<string, PickleGlobal>
  /** What a persistent id stands for: PyTorch's storages are outside the pickle. */
  readonly persistent: (id: unknown, refuse: Refuse) => unknown
  /**
   * Completes what one of the `globals` made, where it is part of the value; `refuse` knows that place. Returns whether
   * it is such a thing.
   */
  readonly complete: (made: object, refuse: Refuse) => boolean
  /** Sets the state of what one of the `globals` made. Returns whether it is such a thing. */
  readonly build: (made: object, state: unknown) => boolean
  /** What becomes of what is no value: an error with its place, or an `Unreadable`. */
  readonly unreadable: 'refuse' | 'keep'
  readonly allowance: Allowance
}
