/** Works at their places: which storages of a program they read and write, and where in them. */
import type { DType } from '@glissade/core/backend'
import type { Work } from '../kernels/kernel.ts'

/** A storage that runs bind: an input or output of the program, a piece of scratch, or the numbers of its constants. */
export interface Bound {
  readonly of: 'input' | 'output' | 'scratch' | 'table'
  readonly index: number
  /** What of it is bound, a multiple of 4. */
  readonly bytes: number
}

/** Where elements lie: in words of a storage, by its number in the plan. */
export interface InMemory {
  readonly of: 'memory'
  readonly dtype: DType
  readonly storage: number
  readonly word: number
  readonly words: number
}
/** A scalar of the program: a word of the run's numbers. */
export interface InNumbers {
  readonly of: 'numbers'
  readonly dtype: DType
  readonly word: number
}
export type Operand = InMemory | InNumbers

/** The work of a node, or a part of it. */
export interface Stage {
  readonly op: string
  readonly work: Work
  readonly operands: readonly Operand[]
  readonly results: readonly InMemory[]
  /** Where the numbers of its constant lie. */
  readonly table: InMemory | null
  /** The word of the run's numbers that names the node in a failure. */
  readonly failure: number | null
}

/** What a stage reads, as far as it lies in memory. */
export function readsOf({ work, operands, table }: Stage): readonly InMemory[] {
  const read = work.operands === undefined ? operands : work.operands.map((operand) => operands[operand]!)
  return [...read, ...(table === null ? [] : [table])].filter((operand) => operand.of === 'memory')
}

/** The storages that a stage reads or writes. */
export const storagesOf = (stage: Stage): readonly number[] =>
  [...readsOf(stage), ...stage.results].map(({ storage }) => storage)
