import type { Program, TensorType } from './contract.ts'

/** The type of every value of a program, by number: inputs, scalars, then what each node computes. */
export const valueTypes = ({ inputs, scalars, nodes }: Program): TensorType[] => [
  ...inputs,
  ...scalars.map((dtype): TensorType => ({ dtype, shape: [] })),
  ...nodes.flatMap((node) => node.types),
]
