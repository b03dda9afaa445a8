/** Combinations of primitives: kernels read what others wrote, in scratch that is used again and again. */
import { LOOP, lower, type Backend, type DType, type Program, type TensorType } from '@glissade/core/backend'
import { describe, expect, test } from 'vitest'
import { evaluate } from '../../core/src/ir/evaluate.ts'
import { randomProgram } from '../../core/src/ir/random-program.ts'
import { cpu } from '../src/index.ts'
import { operand, run } from './one-node.ts'

const PROGRAMS = 1000
const GROUP = 100

/**
 * Relative to the larger of 1 and the element. The definition is rounded to float32 after each node as the kernels are,
 * so what differs is the order of sums: seldom, and then by a unit in the last place that later nodes magnify.
 */
const TOLERANCE: Readonly<Record<DType, number>> = {
  float16: 0,
  float32: 1e-5,
  float64: 1e-13,
  int32: 0,
  uint8: 0,
  bool: 0,
}

function dtypesOf({ inputs, scalars, nodes, outputs }: Program): DType[] {
  const scalarTypes = scalars.map((dtype): TensorType => ({ dtype, shape: [] }))
  const types = [...inputs, ...scalarTypes, ...nodes.flatMap((node) => node.types)]
  return outputs.map((value) => types[value]!.dtype)
}

/** How programs reach the backend: node by node, as source, and lowered as core lowers them. */
const ways: Readonly<
  Record<string, { readonly create: () => Backend; readonly given: (program: Program) => Program }>
> = {
  'node by node': { create: () => cpu({ source: false }), given: (program) => program },
  'as source': { create: () => cpu(), given: (program) => program },
  fused: { create: () => cpu(), given: (program) => lower(program, cpu().capabilities) },
}

test('fusion finds loops in most random programs', () => {
  const programs = Array.from({ length: GROUP }, (_, seed) => ways['fused']!.given(randomProgram(seed).program))
  expect(programs.filter(({ nodes }) => nodes.some(({ op }) => op === LOOP)).length).toBeGreaterThan(GROUP / 2)
})

describe.each(Object.entries(ways))(
  `${PROGRAMS} random programs, %s, give what their primitives mean`,
  (__, { create, given }) => {
    test.each(Array.from({ length: PROGRAMS / GROUP }, (_, i) => i * GROUP))('from seed %i on', (first) => {
      const backend = create()
      for (let seed = first; seed < first + GROUP; seed++) {
        const { program, inputs, scalars } = randomProgram(seed, { dtypes: Object.keys(TOLERANCE) as DType[] })
        const operands = program.inputs.map(({ dtype, shape }, i) => operand(dtype, shape, [...inputs[i]!]))
        const got = run(backend, given(program), operands, scalars)
        const want = evaluate(program, inputs, scalars, { round: true })
        dtypesOf(program).forEach((dtype, output) => {
          expect(got[output]!.length).toBe(want[output]!.length)
          got[output]!.forEach((value, i) => {
            const wanted = want[output]![i]!
            const isNear = Math.abs(value - wanted) <= TOLERANCE[dtype] * Math.max(1, Math.abs(wanted))
            if (!isNear && !Object.is(value, wanted))
              expect.fail(
                `seed ${seed}: output ${output}, index ${i} of ${want[output]!.length} is ${value}, want ${wanted}`,
              )
          })
        })
      }
      expect(backend.memory().live).toBe(0)
    })
  },
)
