/** Calls of the primitives that move elements, and of those that make them from nothing. */
import type { Attributes, DType, Primitive, Shape } from '@glissade/core/backend'
import { ALL, isFloat, listed, NUMBERS, operand, show, type Fill, type Generator, type Sample } from './sample.ts'

type Movement = 'reshape' | 'permute' | 'expand' | 'slice' | 'pad' | 'flip' | 'concat' | 'constant' | 'iota'

/** All different, so that one in a wrong place shows. */
const numbered = (dtype: DType): Fill | undefined =>
  dtype === 'bool' ? undefined : dtype === 'uint8' ? (_, i) => (i * 7 + 1) % 256 : (_, i) => i - 5

type Call<P extends Primitive> = readonly [Shape, Attributes[P]]

/** Every call on every dtype, and one with NaN and -0 that must come out as they are. */
const moving =
  <P extends Primitive>(name: (attrs: Attributes[P]) => string, calls: readonly Call<P>[]): Generator<P> =>
  () =>
    ALL.flatMap((dtype): Sample<Attributes[P]>[] => {
      const all = calls.map(([shape, attrs]): Sample<Attributes[P]> => ({
        what: name(attrs),
        attrs,
        operands: [operand(dtype, shape, numbered(dtype))],
      }))
      if (!isFloat(dtype)) return all
      const [shape, attrs] = calls.find(([of]) => of.length === 2)!
      const special: Sample<Attributes[P]> = {
        what: `${name(attrs)}, special`,
        attrs,
        operands: [operand(dtype, shape, listed(NaN, 1, -Infinity, Infinity, 2))],
        special: 'NaN and infinities',
      }
      const signed: Sample<Attributes[P]> = {
        what: `${name(attrs)}, signed zeros`,
        attrs,
        operands: [operand(dtype, shape, listed(0, -0, -0, 1))],
        special: 'signed zeros',
      }
      return [...all, special, signed]
    })

const reshape = moving<'reshape'>(
  ({ shape }) => `to ${show(shape)}`,
  [
    [[6], { shape: [2, 3] }],
    [[2, 3], { shape: [6] }],
    [[2, 3], { shape: [3, 2] }],
    [[1], { shape: [] }],
    [[], { shape: [1, 1] }],
    [[0, 3], { shape: [2, 0] }],
    [[2, 3, 4], { shape: [4, 6] }],
    [[4, 6], { shape: [2, 2, 2, 3] }],
  ],
)
const permute = moving<'permute'>(
  ({ order }) => `order ${show(order)}`,
  [
    [[], { order: [] }],
    [[5], { order: [0] }],
    [[3, 5], { order: [1, 0] }],
    [[3, 5], { order: [0, 1] }],
    [[2, 3, 4], { order: [0, 2, 1] }],
    [[2, 3, 4], { order: [1, 0, 2] }],
    [[2, 3, 4], { order: [2, 1, 0] }],
    [[2, 3, 4], { order: [1, 2, 0] }],
    [[2, 3, 4], { order: [2, 0, 1] }],
    [[2, 0, 4], { order: [2, 0, 1] }],
    [[2, 3, 4, 5], { order: [3, 1, 0, 2] }],
    [[2, 3, 4, 5], { order: [0, 2, 1, 3] }],
    [[17, 19], { order: [1, 0] }],
    [[2, 1, 3, 2, 2], { order: [4, 2, 0, 3, 1] }],
  ],
)
const expand = moving<'expand'>(
  ({ shape }) => `to ${show(shape)}`,
  [
    [[], { shape: [] }],
    [[], { shape: [3] }],
    [[], { shape: [2, 3] }],
    [[3], { shape: [2, 3] }],
    [[1], { shape: [4] }],
    [[1, 3], { shape: [2, 3] }],
    [[2, 1], { shape: [2, 3] }],
    [[2, 1, 4], { shape: [2, 3, 4] }],
    [[1, 3, 1], { shape: [2, 3, 4] }],
    [[2, 1, 1], { shape: [2, 3, 4] }],
    [[3, 1], { shape: [2, 3, 4] }],
    [[1, 4], { shape: [2, 3, 4] }],
    [[1, 1], { shape: [0, 3] }],
    [[2, 1, 3, 1], { shape: [2, 2, 3, 2] }],
    [[1, 2, 1, 3], { shape: [2, 2, 2, 3] }],
    [[1], { shape: [301] }],
  ],
)
const slice = moving<'slice'>(
  ({ start, stop, step }) => start.map((from, i) => `${from}:${stop[i]}:${step[i]}`).join(' ') || 'nothing to cut',
  [
    [[], { start: [], stop: [], step: [] }],
    [[7], { start: [0], stop: [7], step: [1] }],
    [[7], { start: [2], stop: [6], step: [1] }],
    [[7], { start: [1], stop: [7], step: [3] }],
    [[7], { start: [3], stop: [3], step: [1] }],
    [[4, 5], { start: [1, 2], stop: [3, 5], step: [1, 1] }],
    [[4, 5], { start: [0, 1], stop: [4, 5], step: [2, 2] }],
    [[3, 4, 5], { start: [1, 0, 2], stop: [3, 4, 3], step: [1, 3, 1] }],
    [[3, 4, 5], { start: [0, 1, 0], stop: [3, 2, 5], step: [1, 1, 1] }],
    [[3, 4, 5], { start: [2, 3, 4], stop: [3, 4, 5], step: [1, 1, 1] }],
    [[8, 9], { start: [1, 0], stop: [7, 9], step: [2, 4] }],
  ],
)
const pad = moving<'pad'>(
  ({ low, high, interior, value }) => `${show(low)} ${show(high)} ${show(interior)} with ${value}`,
  [
    [[], { low: [], high: [], interior: [], value: 1 }],
    [[4], { low: [2], high: [0], interior: [0], value: 0 }],
    [[4], { low: [0], high: [3], interior: [0], value: 1 }],
    [[4], { low: [1], high: [2], interior: [1], value: 0 }],
    [[0], { low: [2], high: [1], interior: [2], value: 1 }],
    [[1], { low: [0], high: [0], interior: [3], value: 1 }],
    [[2, 3], { low: [1, 0], high: [0, 2], interior: [0, 1], value: 0 }],
    [[2, 3], { low: [0, 2], high: [1, 0], interior: [2, 0], value: 1 }],
    [[2, 3, 2], { low: [1, 0, 1], high: [0, 1, 1], interior: [0, 1, 0], value: 0 }],
    [[2, 0, 2], { low: [0, 1, 0], high: [0, 1, 0], interior: [0, 0, 0], value: 1 }],
  ],
)
const flip = moving<'flip'>(
  ({ axes }) => `axes ${show(axes)}`,
  [
    [[], { axes: [] }],
    [[5], { axes: [0] }],
    [[5], { axes: [] }],
    [[3, 4], { axes: [0] }],
    [[3, 4], { axes: [1] }],
    [[3, 4], { axes: [0, 1] }],
    [[2, 3, 4], { axes: [1] }],
    [[2, 3, 4], { axes: [0, 2] }],
    [[0, 3], { axes: [0] }],
    [[2, 3, 2, 3], { axes: [1, 3] }],
  ],
)

const PARTS: readonly (readonly [number, readonly Shape[]])[] = [
  [0, [[3]]],
  [0, [[3], [2]]],
  [0, [[3], [0], [2]]],
  [
    0,
    [
      [2, 3],
      [1, 3],
    ],
  ],
  [
    1,
    [
      [2, 3],
      [2, 1],
      [2, 2],
    ],
  ],
  [
    1,
    [
      [2, 1, 3],
      [2, 2, 3],
    ],
  ],
  [
    2,
    [
      [2, 2, 1],
      [2, 2, 3],
    ],
  ],
  [
    1,
    [
      [2, 0],
      [2, 0],
    ],
  ],
  [
    0,
    [
      [0, 2],
      [3, 2],
    ],
  ],
  [0, Array.from({ length: 11 }, (_, i) => [i % 3])],
]
const concat: Generator<'concat'> = () =>
  ALL.flatMap((dtype) =>
    PARTS.map(([axis, shapes], n) => ({
      what: `axis ${axis}, ${shapes.length} parts`,
      attrs: { axis },
      operands: shapes.map((shape, i) =>
        operand(dtype, shape, dtype === 'bool' ? undefined : (_, at) => i * 20 + at + n),
      ),
    })),
  )

const VALUES: { readonly [D in DType]: readonly number[] } = {
  float16: [0.1, -3.5, 6e4, 0],
  float32: [0.1, -3.5, 1e30, 0],
  float64: [0.1, -3.5, 1e300, 0],
  int32: [7, -(2 ** 31), 2 ** 31 - 1, 0],
  uint8: [7, 255, 0],
  bool: [1, 0],
}
const constant: Generator<'constant'> = () =>
  ALL.flatMap((dtype) => [
    ...[[], [5], [2, 3], [0]].flatMap((shape) =>
      VALUES[dtype].map((value) => ({
        dtype,
        what: `${show(shape)} of ${value}`,
        attrs: { dtype, shape, value },
        operands: [],
      })),
    ),
    ...[[1], [6], [2, 2, 3], [0], []].map((shape) => {
      const value = Array.from(
        { length: shape.reduce((n, size) => n * size, 1) },
        (_, i) => VALUES[dtype][i % VALUES[dtype].length]!,
      )
      return { dtype, what: `${show(shape)} of a list`, attrs: { dtype, shape, value }, operands: [] }
    }),
    ...(isFloat(dtype)
      ? [
          {
            dtype,
            what: '[2] of NaN',
            attrs: { dtype, shape: [2], value: NaN },
            operands: [],
            special: 'NaN and infinities' as const,
          },
          {
            dtype,
            what: '[3] of a list, infinities',
            attrs: { dtype, shape: [3], value: [NaN, Infinity, -Infinity] },
            operands: [],
            special: 'NaN and infinities' as const,
          },
          {
            dtype,
            what: '[2] of -0',
            attrs: { dtype, shape: [2], value: -0 },
            operands: [],
            special: 'signed zeros' as const,
          },
        ]
      : []),
  ])
const iota: Generator<'iota'> = () =>
  NUMBERS.flatMap((dtype) =>
    (
      [
        [[5], 0],
        [[2, 3], 0],
        [[2, 3], 1],
        [[2, 3, 4], 1],
        [[2, 3, 4], 0],
        [[0, 3], 0],
        [[300], 0],
      ] as const
    ).map(([shape, axis]) => ({
      dtype,
      what: `${show(shape)} axis ${axis}`,
      attrs: { dtype, shape, axis },
      operands: [],
    })),
  )

export const movement: { readonly [P in Movement]: Generator<P> } = {
  reshape,
  permute,
  expand,
  slice,
  pad,
  flip,
  concat,
  constant,
  iota,
}
