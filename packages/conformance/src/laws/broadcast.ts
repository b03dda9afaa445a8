/**
 * Broadcasting is an explicit expand that kernels may fold into their indexing: at leading, middle and trailing axes, on
 * either side, into element-wise nodes, reductions and products. A GPU's clamped out-of-bounds reads make a wrong index
 * silently wrong.
 */
import type { Shape } from '@glissade/core/backend'
import type { Sym } from '@glissade/core/ir'
import { bounded } from '../bounds.ts'
import { lacking, type Case } from '../case.ts'
import { compare } from '../compare.ts'
import { draw, operand, seedOf, show } from '../generators/sample.ts'
import { withSession } from '../session.ts'
import { programOf } from './law.ts'

const SHAPES: readonly (readonly [Shape, Shape])[] = [
  [[3, 4], [4]],
  [
    [3, 4],
    [1, 4],
  ],
  [
    [3, 4],
    [3, 1],
  ],
  [
    [3, 4],
    [1, 1],
  ],
  [[3, 4], []],
  [
    [2, 3, 4],
    [1, 3, 4],
  ],
  [
    [2, 3, 4],
    [2, 1, 4],
  ],
  [
    [2, 3, 4],
    [2, 3, 1],
  ],
  [
    [2, 3, 4],
    [1, 3, 1],
  ],
  [
    [2, 3, 4],
    [2, 1, 1],
  ],
  [
    [2, 3, 4],
    [1, 1, 4],
  ],
  [
    [2, 3, 4],
    [3, 1],
  ],
  [
    [2, 3, 4, 5],
    [1, 3, 1, 5],
  ],
  [
    [2, 3, 4, 5],
    [2, 1, 4, 1],
  ],
  [
    [2, 3, 4, 5],
    [3, 1, 1],
  ],
  [[5, 67], [67]],
  [
    [67, 5],
    [67, 1],
  ],
  [
    [2, 0, 3],
    [1, 1, 3],
  ],
]
type Consumer = (a: Sym, b: Sym) => readonly Sym[]
const CONSUMERS: { readonly [what: string]: Consumer } = {
  'second operand': (a, b) => [a.sub(b.expand(a.shape))],
  'first operand': (a, b) => [b.expand(a.shape).sub(a)],
  'under a reduction': (a, b) => [
    b.expand(a.shape).sum([0]),
    b
      .expand(a.shape)
      .mul(a)
      .sum([a.rank - 1]),
  ],
  'used twice': (a, b) => {
    const wide = b.expand(a.shape)
    return [wide.add(a), wide.mul(wide), wide]
  },
  turned: (a, b) => {
    const order = a.shape.map((_, axis) => a.rank - 1 - axis)
    return [b.expand(a.shape).permute(order).add(a.permute(order))]
  },
}

export const broadcast: readonly Case[] = SHAPES.flatMap(([large, few]) =>
  Object.entries(CONSUMERS).map(([what, write]): Case => {
    const operands = [operand('float32', large), operand('float32', few)]
    const name = `expand/float32/${show(large)}x${show(few)}/broadcast, ${what}`
    return {
      id: `compiled/${name}`,
      level: 'must',
      excuse: (backend) => lacking(backend, ['float32']),
      run: (backend) =>
        withSession(backend, async (session) => {
          const program = programOf(
            operands.map(({ type }) => type),
            ([a, b]) => write(a!, b!),
          )
          const given = draw(operands, seedOf(name))
          const wanted = bounded(
            program,
            given.map(({ data }) => data),
            [],
            backend.capabilities.accuracy,
          )
          return compare(
            wanted,
            await session.execute(program, given),
            (output, index) => `${what} ${output}[${index}]`,
          )
        }),
    }
  }),
)
