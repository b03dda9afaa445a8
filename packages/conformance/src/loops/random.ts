/** Seeded random programs of what loops are made of, and their gradients. */
import type { DType } from '@glissade/core/backend'
import { BINARY_NUMBER, COMPARISON, LOGIC, REDUCTION, UNARY_FLOAT, UNARY_NUMBER } from '@glissade/core/backend'
import { randomProgram } from '@glissade/core/ir'
import type { Case } from '../case.ts'
import { gradientProgram } from '../derivative.ts'
import { draw, operand, seedOf } from '../generators/sample.ts'
import type { Operand } from '../session.ts'
import { loopCase, type Whole } from './case.ts'
import { fusedOrNull } from './fused.ts'

const PRIMITIVES = [
  ...UNARY_NUMBER,
  ...UNARY_FLOAT,
  ...BINARY_NUMBER,
  ...COMPARISON,
  ...LOGIC,
  ...REDUCTION,
  'not',
  'where',
  'cast',
  'expand',
  'constant',
  'iota',
] as const
const BASE: readonly DType[] = ['float32', 'int32', 'bool']
const families: { readonly [D in Exclude<DType, 'int32' | 'bool'>]: number } = {
  float32: 120,
  uint8: 40,
  float16: 40,
  float64: 40,
}
const GRADIENTS = 40

/** Seeds of programs in which there is nothing to fuse are passed over, by this much. */
const FURTHER = 1000

function atRandom(seed: number, dtypes: readonly DType[], differentiable: boolean): Whole {
  const primitives = [...PRIMITIVES]
  const { program, inputs, scalars } = randomProgram(seed, { dtypes, primitives, differentiable, minNodes: 6 })
  const operands = inputs.map((data, i): Operand => ({ type: program.inputs[i]!, data }))
  const backward = differentiable ? gradientProgram(program) : program
  if (fusedOrNull(backward) === null) return atRandom(seed + FURTHER, dtypes, differentiable)
  const cotangents = backward.inputs.slice(operands.length).map(({ dtype, shape }) => operand(dtype, shape))
  return {
    program: backward,
    operands: [...operands, ...draw(cotangents, seedOf(`loop ${seed}`))],
    scalars,
  }
}
export const randomLoops = (): Case[] => [
  ...Object.entries(families).flatMap(([name, count]) => {
    const dtypes = [...new Set<DType>([...BASE, name as DType])]
    return Array.from({ length: count }, (_, seed) =>
      loopCase(`compiled/loop/${name}/-/random ${seed}`, () => atRandom(seed, dtypes, false), dtypes, {
        isRandom: true,
      }),
    )
  }),
  ...Array.from({ length: GRADIENTS }, (_, seed) =>
    loopCase(`compiled/loop/float32/-/random ${seed}, gradient`, () => atRandom(seed, BASE, true), BASE, {
      isRandom: true,
    }),
  ),
]
