/** Calls of the primitives that make one element out of many. */
import type { Axes, DType, REDUCTION, Shape } from '@glissade/core/backend'
import {
  between,
  INTEGERS,
  isFloat,
  listed,
  NUMBERS,
  operand,
  show,
  small,
  wide,
  type Fill,
  type Generator,
  type Sample,
} from './sample.ts'

type Reduction = (typeof REDUCTION)[number]

const CALLS: readonly (readonly [Shape, readonly number[]])[] = [
  [[], []],
  [[1], [0]],
  [[7], [0]],
  [[3, 4], [0]],
  [[3, 4], [1]],
  [
    [3, 4],
    [0, 1],
  ],
  [[3, 4], []],
  [[2, 3, 4], [0]],
  [[2, 3, 4], [1]],
  [[2, 3, 4], [2]],
  [
    [2, 3, 4],
    [0, 2],
  ],
  [
    [2, 3, 4],
    [0, 1],
  ],
  [
    [2, 3, 4],
    [1, 2],
  ],
  [
    [1, 5, 1],
    [0, 2],
  ],
  [
    [2, 3, 4, 5],
    [1, 3],
  ],
  [
    [2, 3, 4, 5],
    [0, 2],
  ],
  [[0, 3], [1]],
  [[130], [0]],
  [[4, 70], [1]],
  [[70, 4], [0]],
  [[3, 70, 2], [1]],
]
const EMPTY: readonly (readonly [Shape, readonly number[]])[] = [
  [[0], [0]],
  [[2, 0, 3], [1]],
  [
    [2, 0],
    [0, 1],
  ],
]

const ordinaryFill = (op: Reduction, dtype: DType): Fill | undefined =>
  op === 'prod'
    ? isFloat(dtype)
      ? between(0.6, 1.5)
      : dtype === 'int32'
        ? listed(1, -1, 3, 1, 2, -1, 1)
        : listed(1, 3, 1, 2, 5)
    : undefined

const reduction = (op: Reduction) => (): Sample<Axes>[] =>
  NUMBERS.flatMap((dtype): Sample<Axes>[] => {
    const call = (what: string, shape: Shape, axes: readonly number[], fill?: Fill): Sample<Axes> => ({
      what: `axes ${show(axes)}, ${what}`,
      attrs: { axes },
      operands: [operand(dtype, shape, fill)],
    })
    const calls = CALLS.map(([shape, axes]) => call('ordinary', shape, axes, ordinaryFill(op, dtype)))
    const sums = op === 'sum' || op === 'prod'
    if (sums) calls.push(...EMPTY.map(([shape, axes]) => call('nothing', shape, axes)))
    if (INTEGERS.includes(dtype))
      return [...calls, call('whole range', [3, 40], [1], wide(dtype)), call('whole range', [40, 3], [0], wide(dtype))]
    const exact = op === 'prod' ? listed(1, -1, 2, -1, 0.5, 1, -1) : small(dtype)
    const special = (what: string, shape: Shape, axes: readonly number[], ...list: number[]): Sample<Axes> => ({
      ...call(what, shape, axes, listed(...list)),
      special: 'NaN and infinities',
    })
    return [
      ...calls,
      ...CALLS.map(([shape, axes]): Sample<Axes> => ({ ...call('small integers', shape, axes, exact), exact: true })),
      special('a NaN in the middle', [5, 3], [1], 1, 2, 3, 4, NaN, 6, NaN, 1, 1, 7, 8, NaN, -1, -2, -3),
      special('a NaN in the middle', [3, 5], [0], 1, 2, 3, 4, NaN, 6, NaN, 1, 1, 7, 8, NaN, -1, -2, -3),
      special('infinities', [4, 2], [1], Infinity, 1, -Infinity, 2, Infinity, -Infinity, -Infinity, -Infinity),
    ]
  })

const LINES: readonly (readonly [Shape, number])[] = [
  [[1], 0],
  [[9], 0],
  [[3, 4], 0],
  [[3, 4], 1],
  [[2, 3, 4], 0],
  [[2, 3, 4], 1],
  [[2, 3, 4], 2],
  [[70], 0],
  [[3, 70], 1],
  [[0, 3], 1],
  [[2, 1, 3], 1],
]

const argmax: Generator<'argmax'> = () =>
  NUMBERS.flatMap((dtype): Sample<{ axis: number }>[] => [
    ...LINES.map(([shape, axis]) => ({
      what: `axis ${axis}, ordinary`,
      attrs: { axis },
      operands: [operand(dtype, shape)],
    })),
    ...LINES.map(([shape, axis]) => ({
      what: `axis ${axis}, ties`,
      attrs: { axis },
      operands: [operand(dtype, shape, listed(2, 1, 2, 2, 0, 2, 1))],
    })),
    {
      what: 'axis 0, below zero',
      attrs: { axis: 0 },
      operands: [operand(dtype, [5], dtype === 'uint8' ? listed(7, 9, 8) : listed(-7, -3, -5))],
    },
    ...(isFloat(dtype)
      ? [
          {
            what: 'axis 1, NaN is greatest',
            attrs: { axis: 1 },
            operands: [operand(dtype, [4, 3], listed(1, NaN, 3, NaN, 2, NaN, Infinity, 1, NaN, 1, 2, 3))],
            special: 'NaN and infinities' as const,
          },
          {
            what: 'axis 0, infinities',
            attrs: { axis: 0 },
            operands: [operand(dtype, [3, 2], listed(-Infinity, 1, -Infinity, Infinity, -Infinity, Infinity))],
            special: 'NaN and infinities' as const,
          },
        ]
      : []),
  ])

const cumsum: Generator<'cumsum'> = () =>
  NUMBERS.flatMap((dtype) =>
    [false, true].flatMap((reverse): Sample<{ axis: number; reverse: boolean }>[] => {
      const way = reverse ? 'reverse ' : ''
      const calls = [...LINES, [[2, 0], 1] as const, [[4, 3, 2], 0] as const]
      return [
        ...calls.map(([shape, axis]) => ({
          what: `${way}axis ${axis}, ordinary`,
          attrs: { axis, reverse },
          operands: [operand(dtype, shape)],
        })),
        ...(isFloat(dtype) ? calls : []).map(([shape, axis]) => ({
          what: `${way}axis ${axis}, small integers`,
          attrs: { axis, reverse },
          operands: [operand(dtype, shape, small(dtype))],
          exact: true as const,
        })),
        ...(isFloat(dtype)
          ? [
              {
                what: `${way}axis 0, a NaN`,
                attrs: { axis: 0, reverse },
                operands: [operand(dtype, [5], listed(1, 2, NaN, 4, 5))],
                special: 'NaN and infinities' as const,
              },
            ]
          : [
              {
                what: `${way}axis 0, whole range`,
                attrs: { axis: 0, reverse },
                operands: [operand(dtype, [40], wide(dtype))],
              },
            ]),
      ]
    }),
  )

export const reductions: { readonly [P in Reduction | 'argmax' | 'cumsum']: Generator<P> } = {
  sum: reduction('sum'),
  prod: reduction('prod'),
  max: reduction('max'),
  min: reduction('min'),
  argmax,
  cumsum,
}
