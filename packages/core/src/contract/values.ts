/** How the values of a program are numbered: first the inputs, then the scalars, then the results of each node in turn. */
import type { Program, TensorType } from './contract.ts'

/** The type of every value of a program, by number. */
export const valueTypes = ({ inputs, scalars, nodes }: Program): TensorType[] => [
  ...inputs,
  ...scalars.map((dtype): TensorType => ({ dtype, shape: [] })),
  ...nodes.flatMap((node) => node.types),
]

/** What is known of values by their numbers. */
export interface Values {
  readonly types: readonly TensorType[]
  /** The first value that a node computes. */
  readonly firstResult: number
  /** Per node its first result. */
  readonly starts: readonly number[]
  /** Per value the node that computes it; -1 for inputs and scalars. */
  readonly producer: Int32Array
}

/** The values of a program. */
export function valuesOf(program: Program): Values {
  const types = valueTypes(program)
  const firstResult = program.inputs.length + program.scalars.length
  const producer = new Int32Array(types.length).fill(-1)
  let next = firstResult
  const starts = program.nodes.map((node, i) => {
    const start = next
    next += node.types.length
    producer.fill(i, start, next)
    return start
  })
  return { types, firstResult, starts, producer }
}
