/** Calls of the primitives whose indices are values. */
import type { Attributes, Shape } from '@glissade/core/backend'
import {
  ALL,
  integers,
  isFloat,
  listed,
  NUMBERS,
  operand,
  ordinary,
  small,
  wide,
  type Generator,
  type Sample,
} from './sample.ts'

/** x, axis, index */
const CALLS: readonly (readonly [Shape, number, Shape])[] = [
  [[5], 0, [3]],
  [[5], 0, []],
  [[5], 0, [2, 2]],
  [[4, 3], 0, [6]],
  [[4, 3], 1, [2]],
  [[2, 5, 3], 1, [4]],
  [[2, 5, 3], 1, [2, 2]],
  [[2, 3, 4], 2, [3]],
  [[3, 4], 0, [0]],
  [[0, 4], 1, [2]],
  [[9, 2], 0, [70]],
]

const gather: Generator<'gather'> = () =>
  ALL.flatMap((dtype): Sample<Attributes['gather']>[] => [
    ...CALLS.map(([x, axis, index]) => ({
      what: `axis ${axis}, ordinary`,
      attrs: { axis },
      operands: [
        operand(dtype, x, dtype === 'bool' ? ordinary('bool') : (_, i) => i + 1),
        operand('int32', index, integers(0, x[axis]! - 1)),
      ],
    })),
    {
      what: 'axis 0, first and last',
      attrs: { axis: 0 },
      operands: [operand(dtype, [4, 2]), operand('int32', [4], listed(0, 3, 3, 0))],
    },
    ...(isFloat(dtype) ? [0, 1] : []).map((axis): Sample<Attributes['gather']> => ({
      what: `axis ${axis}, special`,
      attrs: { axis },
      operands: [
        operand(dtype, [5, 5], listed(NaN, 1, Infinity, -Infinity, 2, -3)),
        operand('int32', [7], listed(4, 0, 1, 3, 2, 2, 0)),
      ],
      special: 'NaN and infinities',
    })),
  ])

const scatterAdd: Generator<'scatterAdd'> = () =>
  NUMBERS.flatMap((dtype): Sample<Attributes['scatterAdd']>[] => {
    const call = (
      what: string,
      fill: Parameters<typeof operand>[2],
      [x, axis, index]: (typeof CALLS)[number],
    ): Sample<Attributes['scatterAdd']> => ({
      what: `axis ${axis}, ${what}`,
      attrs: { axis },
      operands: [
        operand(dtype, x, fill),
        operand('int32', index, integers(0, x[axis]! - 1)),
        operand(dtype, x.toSpliced(axis, 1, ...index), fill),
      ],
    })
    return [
      ...CALLS.map((shapes) => call('ordinary', ordinary(dtype), shapes)),
      ...(isFloat(dtype) ? CALLS : []).map((shapes): Sample<Attributes['scatterAdd']> => ({
        ...call('small integers', small(dtype), shapes),
        exact: true,
      })),
      ...(isFloat(dtype) ? [] : [call('whole range', wide(dtype), [[3, 4], 0, [9]])]),
      {
        what: 'axis 0, all to one place',
        attrs: { axis: 0 },
        operands: [
          operand(dtype, [3], small(dtype)),
          operand('int32', [40], listed(1)),
          operand(dtype, [40], small(dtype)),
        ],
        exact: true,
      },
    ]
  })

const LINES: readonly (readonly [Shape, number])[] = [
  [[1], 0],
  [[9], 0],
  [[70], 0],
  [[3, 5], 0],
  [[3, 5], 1],
  [[2, 5, 3], 1],
  [[4, 2, 3], 0],
  [[0, 3], 1],
  [[2, 0], 1],
  [[130, 2], 0],
]
const sort: Generator<'sort'> = () =>
  NUMBERS.flatMap((dtype) =>
    [false, true].flatMap((descending): Sample<Attributes['sort']>[] => {
      const way = descending ? 'descending ' : ''
      const calls = (what: string, fill?: Parameters<typeof operand>[2]): Sample<Attributes['sort']>[] =>
        LINES.map(([shape, axis]) => ({
          what: `${way}axis ${axis}, ${what}`,
          attrs: { axis, descending },
          operands: [operand(dtype, shape, fill)],
        }))
      return [
        ...calls('ordinary', dtype === 'int32' || dtype === 'uint8' ? wide(dtype) : undefined),
        ...calls('ties', listed(2, 1, 2, 0, 1, 2, 2)),
        ...(isFloat(dtype)
          ? [
              {
                what: `${way}axis 0, NaN is greatest`,
                attrs: { axis: 0, descending },
                operands: [operand(dtype, [8], listed(1, NaN, -Infinity, 3, NaN, Infinity, 0, -1))],
                special: 'NaN and infinities' as const,
              },
            ]
          : []),
      ]
    }),
  )

export const indexing: { readonly [P in 'gather' | 'scatterAdd' | 'sort']: Generator<P> } = { gather, scatterAdd, sort }
