/** What becomes of numbers between two of a narrower dtype: the nearest, to even at ties, in one rounding. */
import { DTYPES, holds, largestOf, type DType } from '@glissade/core/backend'
import { inexact, type Case } from '../case.ts'
import { FLOATS } from '../generators/sample.ts'
import { law, programOf, same } from './law.ts'

/** Ties of `to`, what lies beside them by as little as `from` has, and the ends of its range. */
function between(from: DType, to: DType): number[] {
  const [{ digits: many }, { digits, least }] = [DTYPES[from], DTYPES[to]]
  const half = 2 ** -digits
  const little = 2 ** (1 - many)
  const ties = [1 + half, 1 + 3 * half, 2 - half]
  const near = ties.flatMap((x) => [x, x + little, x - little])
  const scaled = [0, -least, least].flatMap((exponent) => near.map((x) => x * 2 ** exponent))
  // Subnormal: multiples of half a step.
  const step = 2 ** (least - digits)
  const small = [1, 2, 3, 5, 7].flatMap((n) => [n * step, n * step * (1 + little), n * step * (1 - little / 2)])
  const beyond = largestOf(to) * (1 + half / 2)
  return [...scaled, ...small, largestOf(to), beyond, 2 * largestOf(to)].flatMap((x) => [x, -x])
}

const pairs = FLOATS.flatMap((from) =>
  FLOATS.filter((to) => !holds(to, from)).map((to) => ({
    from,
    to,
    numbers: between(from, to).map(DTYPES[from].round),
  })),
)

export const rounding: readonly Case[] = pairs.map(({ from, to, numbers }) => {
  const type = { dtype: from, shape: [numbers.length] }
  return law(
    `eager/cast/${from}/[${numbers.length}]/to ${to}: ties and their neighbours`,
    async (session) => {
      const program = programOf([type], ([x], _, builder) => [builder.emit('cast', { dtype: to }, [x!])])
      const [got] = await session.execute(program, [{ type, data: numbers }])
      return same(got!, numbers.map(DTYPES[to].round), `cast to ${to}`, to)
    },
    { dtypes: [from, to], excuse: (backend) => inexact(backend, 'ties', () => [{ op: 'cast', attrs: { dtype: to } }]) },
  )
})
