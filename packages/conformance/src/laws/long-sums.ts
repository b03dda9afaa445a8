/**
 * Sums of many equal terms. One running sum in the dtype's own precision rounds each of them the same way, and ends a
 * thousandth off; what random terms add up to does not show it.
 */
import { typeOf } from '@glissade/core/ir'
import type { Attributes, Primitive, Program, Shape } from '@glissade/core/backend'
import { epsilonOf, numel, valueTypes } from '@glissade/core/backend'
import type { Case, Measurement } from '../case.ts'
import { compare } from '../compare.ts'
import { show } from '../generators/sample.ts'
import { single } from '../program.ts'
import { unheld } from '../session.ts'
import { LONG_SUM } from '../tolerance.ts'
import { law, list } from './law.ts'

const TERMS = 2 ** 17
/** All terms of one operand; not a power of two, nor are its products. */
const TERM = Math.fround(0.1)
const FACTOR = Math.fround(0.3)

/** @param count terms of the element at an index of the result; one number where all have as many */
function longSum<P extends Primitive>(
  op: P,
  what: string,
  attrs: Attributes[P],
  shapes: readonly Shape[],
  count: number | ((index: number) => number),
): Case {
  const types = shapes.map((shape) => typeOf('float32', shape))
  const program: Program = single(op, attrs, types)
  return law(
    `eager/${op}/float32/${shapes.map(show).join('x')}/${what}, long sums`,
    async (session): Promise<Measurement> => {
      const [got] = await session.execute(
        program,
        types.map((type, k) => ({ type, data: new Float32Array(numel(type.shape)).fill(k === 0 ? TERM : FACTOR) })),
      )
      const term = shapes.length === 1 ? TERM : TERM * FACTOR
      const want = list(got!.length, (i) => term * (typeof count === 'number' ? count : count(i)))
      const error = want.map((sum) => LONG_SUM * epsilonOf('float32') * sum)
      return compare([{ type: program.nodes[0]!.types[0]!, data: want, error }], [got!], (_, i) => `${op}[${i}]`)
    },
    { excuse: (backend) => unheld(backend, valueTypes(program)) },
  )
}

/** One operand's rows and columns, or those of its transpose. */
const matrix = (rows: number, columns: number, isTransposed: boolean): Shape =>
  isTransposed ? [columns, rows] : [rows, columns]

const dots = [false, true].flatMap((transposeA) =>
  [false, true].flatMap((transposeB) =>
    // A dot product, a product of few rows and columns, and one that is worth packing.
    [
      [1, 1],
      [2, 3],
      [4, 5],
    ].map(([m, n]) =>
      longSum(
        'dot',
        `${transposeA ? 'transposeA ' : ''}${transposeB ? 'transposeB ' : ''}`,
        { transposeA, transposeB },
        [matrix(m!, TERMS, transposeA), matrix(TERMS, n!, transposeB)],
        TERMS,
      ),
    ),
  ),
)

const sliding = (window: Shape): { window: Shape; strides: Shape; padding: [number, number][]; dilation: Shape } => ({
  window,
  strides: window.map(() => 1),
  padding: window.map(() => [0, 0]),
  dilation: window.map(() => 1),
})
const convolution = (what: string, groups: number, x: Shape, w: Shape): Case => {
  const { window: _, ...rest } = sliding(w.slice(2))
  const attrs = { ...rest, inputDilation: rest.strides, groups }
  return longSum('conv', what, attrs, [x, w], numel(w.slice(1)))
}

export const longSums: readonly Case[] = [
  longSum('sum', 'all', { axes: [0] }, [[TERMS]], TERMS),
  longSum('sum', 'rows', { axes: [1] }, [[2, TERMS + 3]], TERMS + 3),
  longSum('sum', 'columns', { axes: [0] }, [[TERMS, 3]], TERMS),
  longSum('sum', 'the first axis and the last', { axes: [0, 2] }, [[TERMS / 4, 2, 4]], TERMS),
  longSum('cumsum', 'forwards', { axis: 0, reverse: false }, [[TERMS]], (i) => i + 1),
  longSum('cumsum', 'reverse', { axis: 0, reverse: true }, [[TERMS, 2]], (i) => TERMS - Math.floor(i / 2)),
  ...dots,
  convolution('few positions', 1, [1, 2, TERMS / 2], [2, 2, TERMS / 2]),
  convolution('a window of two axes', 1, [2, 1, TERMS / 256, 260], [3, 1, TERMS / 256, 256]),
  convolution('a filter per channel', 2, [1, 2, TERMS / 16 + 30], [2, 1, TERMS / 16]),
  convolution('a filter per channel, few positions', 2, [1, 2, TERMS + 1], [2, 1, TERMS]),
  convolution('a filter per group', 2, [1, 128, TERMS / 64 + 1], [2, 64, TERMS / 64]),
  longSum('windowSum', 'one window', sliding([TERMS]), [[TERMS]], TERMS),
  longSum('windowSum', 'side by side', sliding([64, TERMS / 256]), [[64, TERMS / 256 + 8]], TERMS / 4),
]
