/** Random programs, as they are and lowered as core does, with and without their sizes, against the evaluator in float64. */
import { lower, type DType, type Program, type TensorType } from '@glissade/core/backend'
import { expect, test } from 'vitest'
import { evaluate } from '../../core/src/ir/evaluate.ts'
import { print } from '../../core/src/ir/print.ts'
import { randomProgram } from '../../core/src/ir/random-program.ts'
import { operand, run } from '../../cpu/test/one-node.ts'
import { makeBackend } from '../src/backend.ts'

const memoryBytes = 2 ** 32
const [specialised, generic] = await Promise.all(
  [0, Infinity].map((genericNodes) => makeBackend({ memoryBytes, threads: 1, genericNodes })),
)
const DTYPES: readonly DType[] = ['float32', 'int32', 'uint8', 'bool']
const PROGRAMS = 1500
const BATCH = 100

/** float32 arithmetic over up to 30 nodes: what cancels is bounded by the magnitudes of the program, up to 1000. */
const RELATIVE = 1e-4
const ABSOLUTE = 2e-3

function typesOf(program: Program): TensorType[] {
  return [
    ...program.inputs,
    ...program.scalars.map((dtype): TensorType => ({ dtype, shape: [] })),
    ...program.nodes.flatMap((node) => node.types),
  ]
}

function check(seed: number): void {
  const { program, inputs, scalars } = randomProgram(seed, { dtypes: DTYPES })
  const want = evaluate(program, inputs, scalars)
  const types = typesOf(program)
  const operands = program.inputs.map(({ dtype, shape }, i) => operand(dtype, shape, [...inputs[i]!]))
  const lowered = lower(program, specialised!.capabilities)
  for (const [name, variant, backend] of [
    ['as it is', program, specialised!],
    ['lowered', lowered, specialised!],
    ['as it is, generic', program, generic!],
    ['lowered, generic', lowered, generic!],
  ] as const) {
    const got = run(backend, variant, operands, scalars)
    want.forEach((values, k) => {
      const { dtype } = types[program.outputs[k]!]!
      expect(got[k]!.length).toBe(values.length)
      values.forEach((value, i) => {
        const result = got[k]![i]!
        const allowed = dtype === 'float32' ? ABSOLUTE + RELATIVE * Math.abs(value) : 0
        if (!(Object.is(result, value) || Math.abs(result - value) <= allowed))
          expect.fail(`seed ${seed}, ${name}: output ${k} at ${i} is ${result}, want ${value}\n${print(variant)}`)
      })
    })
  }
}

test.each(Array.from({ length: PROGRAMS / BATCH }, (_, i) => i * BATCH))(
  'programs from seed %i on give what they mean',
  (first) => {
    for (let seed = first; seed < first + BATCH; seed++) check(seed)
  },
  60_000,
)
