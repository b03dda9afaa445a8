/** Where values lie that nobody asked for: between nodes, and between the parts of a row. */
import type { Backend } from '@glissade/core/backend'
import type { Case } from '../case.ts'
import { all, f32, law, list, programOf, same } from './law.ts'

/** Elements of which two parts do not fit into a storage. */
const scratchSize = ({ capabilities }: Backend): number => Math.floor(capabilities.limits.allocationBytes / 4 / 1.6)
const LARGEST_SCRATCH = 2 ** 21

/** Room for what a program needs between its nodes, of which no single storage holds all. */
const scratch: readonly Case[] = [
  law(
    'compiled/memory/float32/-/more scratch than one storage holds',
    async (session) => {
      const size = scratchSize(session.backend)
      const program = programOf([f32(size)], ([x]) => {
        // Four values that are all there until the last one is.
        const parts = list(4).map((k) =>
          x!
            .flip([0])
            .mul(k + 1)
            .flip([0]),
        )
        return [parts.map((part) => part.flip([0])).reduce((sum, part) => sum.add(part)), parts[3]!.flip([0])]
      })
      const got = await session.execute(program, [{ type: f32(size), data: list(size, (i) => i % 7) }])
      const backwards = list(size, (i) => (size - 1 - i) % 7)
      return all(
        same(
          got[0]!,
          backwards.map((x) => 10 * x),
          'x + 2x + 3x + 4x, backwards',
        ),
        same(
          got[1]!,
          backwards.map((x) => 4 * x),
          '4x, backwards',
        ),
      )
    },
    {
      excuse: (backend) =>
        scratchSize(backend) > LARGEST_SCRATCH ? 'one storage holds all that a program of the kit needs' : null,
    },
  ),
]
/** Parts that lie where places are aligned, with gaps between them that nobody reads. */
const gaps: readonly Case[] = ([3, 10] as const).map((size) =>
  law(
    `compiled/aliasing/float32/[${size}]/parts of a row, and what lies between them is read by nobody`,
    async (session) => {
      const { alignment } = session.backend.capabilities.limits
      const stride = Math.max(Math.ceil((size * 4) / Math.max(4, alignment)) * Math.max(4, alignment), size * 4 + 4) / 4
      const program = programOf([f32(size), f32(size), f32(size)], ([a, b, c], _, builder) => {
        const row = builder.concat(
          [
            a!.add(1),
            builder.gap('float32', stride - size),
            b!.mul(2),
            builder.gap('float32', stride - size),
            c!.neg(),
          ],
          0,
        )
        const whole = row.mul(3)
        return list(3).map((k) => whole.slice([k * stride], [k * stride + size]).add(1))
      })
      const got = await session.execute(
        program,
        list(3).map((k) => ({ type: f32(size), data: list(size, (i) => i + k) })),
      )
      const formulas = [(x: number) => 3 * (x + 1) + 1, (x: number) => 6 * (x + 1) + 1, (x: number) => -3 * (x + 2) + 1]
      return all(...got.map((elements, k) => same(elements, list(size, formulas[k]), `part ${k}`)))
    },
  ),
)

/** Numbers of a run need no place among values; who looks for a view of one finds it where the number is. */
const numbers: readonly Case[] = [
  law(
    'compiled/aliasing/float32/[3]/views of the numbers of a run',
    async (session) => {
      const program = programOf(
        [f32(3)],
        ([x], [k, m]) => {
          const row = k!.reshape([1, 1])
          return [
            row,
            row.slice([0, 0], [1, 1]).reshape([1]),
            m!.reshape([1]),
            x!.mul(k!.reshape([1]).expand([3])),
            m!.reshape([1, 1]).slice([0, 0], [1, 1]).mul(3),
          ]
        },
        { scalars: ['float32', 'int32'] },
      )
      const got = await session.execute(program, [{ type: f32(3), data: [1, 2, 3] }], [1.5, -7])
      return all(
        same(got[0]!, [1.5], 'the first number as a row'),
        same(got[1]!, [1.5], 'a slice of that row'),
        same(got[2]!, [-7], 'the second number', 'int32'),
        same(got[3]!, [1.5, 3, 4.5], 'x times the first'),
        same(got[4]!, [-21], 'three times a slice of the second', 'int32'),
      )
    },
    { dtypes: ['float32', 'int32'] },
  ),
]

export const places: readonly Case[] = [...scratch, ...gaps, ...numbers]
