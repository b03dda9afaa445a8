/** Calls of the sums of products: dot and conv. */
import type { Attributes, Shape } from '@glissade/core/backend'
import {
  FLOATS,
  INTEGERS,
  isFloat,
  listed,
  NUMBERS,
  operand,
  show,
  small,
  wide,
  type Generator,
  type Sample,
} from './sample.ts'

/** [...batch], m, k, n */
const SIZES: readonly (readonly [Shape, number, number, number])[] = [
  [[], 1, 1, 1],
  [[], 3, 4, 5],
  [[], 1, 7, 3],
  [[], 4, 3, 1],
  [[2], 3, 4, 2],
  [[2, 3], 2, 3, 2],
  [[], 3, 0, 2],
  [[], 0, 3, 2],
  [[0], 2, 3, 2],
  [[], 17, 33, 9],
  [[], 2, 130, 3],
]

const dot: Generator<'dot'> = () =>
  NUMBERS.flatMap((dtype) =>
    SIZES.flatMap(([batch, m, k, n]) =>
      [false, true].flatMap((transposeA) =>
        [false, true].flatMap((transposeB): Sample<Attributes['dot']>[] => {
          const a = [...batch, ...(transposeA ? [k, m] : [m, k])]
          const b = [...batch, ...(transposeB ? [n, k] : [k, n])]
          const way =
            [transposeA ? 'transposeA' : '', transposeB ? 'transposeB' : ''].filter(Boolean).join(' ') || 'as they are'
          const attrs = { transposeA, transposeB }
          const call = (what: string, fill?: Parameters<typeof operand>[2]): Sample<Attributes['dot']> => ({
            what: `${way}, ${what}`,
            attrs,
            operands: [operand(dtype, a, fill), operand(dtype, b, fill)],
          })
          const ordinary = call('ordinary')
          if (isFloat(dtype)) return [ordinary, { ...call('small integers', small(dtype)), exact: true }]
          return INTEGERS.includes(dtype) && k === 4 ? [ordinary, call('whole range', wide(dtype))] : [ordinary]
        }),
      ),
    ),
  ).concat(
    FLOATS.map((dtype): Sample<Attributes['dot']> => ({
      what: 'a NaN and an infinity in one row each',
      attrs: { transposeA: false, transposeB: false },
      operands: [operand(dtype, [3, 2], listed(1, NaN, Infinity, 1, 2, 3)), operand(dtype, [2, 2], listed(1, 2, 3, 4))],
      special: 'NaN and infinities',
    })),
  )

interface Convolution extends Partial<Attributes['conv']> {
  readonly x: Shape
  readonly w: Shape
}
const CONVOLUTIONS: readonly Convolution[] = [
  { x: [1, 1, 5], w: [1, 1, 3] },
  { x: [2, 3, 7], w: [4, 3, 2], strides: [2] },
  { x: [1, 2, 6], w: [2, 2, 3], padding: [[1, 2]] },
  { x: [1, 2, 6], w: [2, 2, 3], padding: [[-1, -2]] },
  { x: [2, 2, 9], w: [1, 2, 3], dilation: [2], padding: [[2, 1]] },
  { x: [1, 2, 4], w: [3, 2, 2], inputDilation: [3] },
  { x: [2, 4, 5], w: [6, 2, 2], groups: 2 },
  { x: [1, 3, 5], w: [3, 1, 3], groups: 3, padding: [[1, 1]] },
  { x: [2, 3, 5, 6], w: [4, 3, 3, 2] },
  {
    x: [1, 2, 6, 5],
    w: [2, 2, 3, 3],
    strides: [2, 1],
    padding: [
      [1, 1],
      [0, 2],
    ],
  },
  {
    x: [1, 2, 7, 8],
    w: [2, 2, 2, 3],
    dilation: [2, 1],
    strides: [1, 2],
    padding: [
      [1, 0],
      [2, 1],
    ],
  },
  {
    x: [1, 4, 4, 4],
    w: [4, 2, 3, 3],
    groups: 2,
    padding: [
      [1, 1],
      [1, 1],
    ],
    inputDilation: [2, 1],
  },
  // Gradients of strides: positions that meet some taps and not others, and some that meet none.
  { x: [2, 3, 4], w: [2, 3, 3], inputDilation: [2], padding: [[2, 3]] },
  { x: [1, 2, 3], w: [2, 2, 1], inputDilation: [3], padding: [[1, 2]] },
  { x: [1, 2, 4], w: [2, 2, 3], inputDilation: [3], dilation: [2], padding: [[-2, -1]] },
  { x: [1, 2, 4], w: [2, 2, 2], inputDilation: [2], dilation: [2], strides: [2] },
  {
    x: [2, 4, 3, 4],
    w: [4, 2, 4, 3],
    groups: 2,
    inputDilation: [2, 3],
    padding: [
      [2, 2],
      [1, 0],
    ],
  },
  { x: [2, 2, 4, 4], w: [2, 2, 1, 1] },
  {
    x: [1, 2, 3, 4, 3],
    w: [2, 2, 2, 2, 2],
    padding: [
      [0, 1],
      [1, 0],
      [1, 1],
    ],
  },
  { x: [1, 1, 3, 4, 5], w: [2, 1, 2, 3, 2], strides: [1, 2, 1], dilation: [1, 1, 2] },
  { x: [1, 1, 2], w: [1, 1, 3] },
  { x: [0, 2, 5], w: [3, 2, 2] },
  {
    x: [1, 8, 9, 9],
    w: [8, 8, 3, 3],
    padding: [
      [1, 1],
      [1, 1],
    ],
  },
]

const conv: Generator<'conv'> = () =>
  FLOATS.flatMap((dtype) =>
    CONVOLUTIONS.flatMap(({ x, w, ...given }): Sample<Attributes['conv']>[] => {
      const each = <T>(one: T): T[] => x.slice(2).map(() => one)
      const attrs: Attributes['conv'] = {
        strides: each(1),
        padding: each([0, 0] as const),
        dilation: each(1),
        inputDilation: each(1),
        groups: 1,
        ...given,
      }
      const what =
        Object.entries(given)
          .map(([name, value]) => `${name} ${Array.isArray(value) ? show(value) : String(value)}`)
          .join(' ') || 'plain'
      return [
        { what: `${what}, ordinary`, attrs, operands: [operand(dtype, x), operand(dtype, w)] },
        {
          what: `${what}, small integers`,
          attrs,
          operands: [operand(dtype, x, small(dtype)), operand(dtype, w, small(dtype))],
          exact: true,
        },
      ]
    }),
  )

export const products: { readonly dot: Generator<'dot'>; readonly conv: Generator<'conv'> } = { dot, conv }
