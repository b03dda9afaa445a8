/** Seeded random programs of 3 to 30 nodes: a backend that fuses breaks on combinations. */
import { DTYPES, DTYPE_NAMES, valueTypes, type DType } from '@glissade/core/backend'
import { Random, randomProgram, unreadProgram, type RandomProgram } from '@glissade/core/ir'
import { bounded } from './bounds.ts'
import { lacking, type Case } from './case.ts'
import { compare } from './compare.ts'
import { differentiable, directional, gradientProgram } from './derivative.ts'
import { FLOATS, seedOf } from './generators/sample.ts'
import { withSession, type Operand } from './session.ts'
import { explained } from './shrink.ts'

interface Family {
  readonly name: string
  readonly dtypes: readonly DType[]
  readonly count: number
}
const BASE: readonly DType[] = ['float32', 'int32', 'bool']
const FAMILIES: readonly Family[] = [
  { name: 'float32', dtypes: BASE, count: 120 },
  ...DTYPE_NAMES.filter((dtype) => !BASE.includes(dtype)).map((name) => ({ name, dtypes: [...BASE, name], count: 40 })),
]
const GRADIENTS = 40
const UNREAD = 40
/** Finite differences may step this far: programs were drawn so that no kink lies within. */
const STEP = 1e-5

const valueCase = (name: string, dtypes: readonly DType[], seed: number, make: () => RandomProgram): Case => ({
  id: `compiled/program/${name}/-/random ${seed}`,
  level: 'must',
  excuse: (backend) => lacking(backend, dtypes),
  run: (backend) =>
    explained(backend, make(), async (session, { program, inputs, scalars }) => {
      const operands = inputs.map((data, i): Operand => ({ type: program.inputs[i]!, data }))
      const wanted = bounded(program, inputs, scalars, backend.capabilities.accuracy)
      return compare(wanted, await session.execute(program, operands, scalars), (_, index) => `[${index}]`)
    }),
})

const gradientCase = (dtype: DType, seed: number): Case => ({
  id: `compiled/program/${dtype}/-/gradient of random ${seed}`,
  level: 'must',
  excuse: (backend) => lacking(backend, [...BASE, dtype]),
  run: (backend) =>
    withSession(backend, async (session) => {
      const { program, inputs, scalars } = randomProgram(seed, {
        dtypes: [dtype, 'int32', 'bool'],
        differentiable: true,
        maxNodes: 20,
      })
      const random = new Random(seedOf(`gradient ${seed}`))
      const types = valueTypes(program)
      const numbers = (size: number): Float64Array =>
        Float64Array.from({ length: size }, () => DTYPES[dtype].round(random.number() * 2 - 1))
      const { wanted, given } = differentiable(program)
      const cotangents = given.map((i): Operand => {
        const type = types[program.outputs[i]!]!
        return { type, data: numbers(type.shape.reduce((n, size) => n * size, 1)) }
      })
      const direction = wanted.map((i) => numbers(inputs[i]!.length))
      const backward = gradientProgram(program)
      const all = [...inputs, ...cotangents.map(({ data }) => data)]
      const bounds = bounded(backward, all, scalars, backend.capabilities.accuracy)
      const operands = [...inputs.map((data, i): Operand => ({ type: program.inputs[i]!, data })), ...cotangents]
      const got = await session.execute(backward, operands, scalars)
      // The gradient along the direction, and how far it may be off.
      let [along, allowed, size] = [0, 0, 1]
      bounds.forEach(({ error, data }, k) =>
        error.forEach((e, i) => {
          along += got[k]![i]! * direction[k]![i]!
          allowed += e * Math.abs(direction[k]![i]!)
          size += Math.abs(data[i]! * direction[k]![i]!)
        }),
      )
      const want = directional(
        program,
        inputs,
        scalars,
        cotangents.map(({ data }) => data),
        direction,
        STEP,
      )
      const ops = program.nodes.map((node) => node.op).join(' ')
      return compare(
        [{ type: { dtype, shape: [] }, data: [want], error: [allowed + 1e-5 * size] }],
        [[along]],
        () => `the gradient along one direction of ${ops}`,
      )
    }),
})

const seeds = (count: number): number[] => Array.from({ length: count }, (_, seed) => seed)

export const randomCases = (): Case[] => [
  ...FAMILIES.flatMap(({ name, dtypes, count }) =>
    seeds(count).map((seed) => valueCase(name, dtypes, seed, () => randomProgram(seed, { dtypes }))),
  ),
  ...seeds(UNREAD).map((seed) => valueCase('unread', ['float32'], seed, () => unreadProgram(seed))),
  ...FLOATS.filter((dtype) => dtype !== 'float64').flatMap((dtype) =>
    seeds(GRADIENTS).map((seed) => gradientCase(dtype, seed)),
  ),
]
