/** Equal elements, NaN and infinities in long lines, where kernels that take several at once lose track of which came first. */
import type { Attributes, DType, Primitive, Shape } from '@glissade/core/backend'
import { integers, listed, operand, show, small, type Fill, type Generator, type Sample } from './sample.ts'

/** Beyond 256 threads, 1,024 elements and a chunk of either, alone and beside others. */
const LINES: readonly (readonly [Shape, number])[] = [
  [[300], 0],
  [[1500], 0],
  [[2, 600], 1],
  [[600, 3], 0],
  [[2, 520, 3], 1],
]
const FLOATS: readonly DType[] = ['float32', 'float64']

/** Here and there something, elsewhere `otherwise`: late, next to each other, and at the ends of vectors. */
const sprinkled =
  (otherwise: Fill, ...what: readonly number[]): Fill =>
  (random, i) =>
    i % 97 === 96 ? what[Math.floor(i / 97) % what.length]! : otherwise(random, i)
const late =
  (place: number, value: number, otherwise: Fill): Fill =>
  (random, i) =>
    i === place ? value : otherwise(random, i)
const rising: Fill = (_, i) => i % 251
/** Here and there nearly infinite, of either sign. */
const withLargest = sprinkled(rising, 3.4e38, -3.4e38)
const FEW = integers(0, 3)

const along =
  <A extends { readonly axis: number }>(
    more: readonly Omit<A, 'axis'>[],
    way: (attrs: A) => string,
  ): (() => Sample<A>[]) =>
  () =>
    LINES.flatMap(([shape, axis]) =>
      more.flatMap((rest) => {
        const attrs = { ...rest, axis } as A
        const call: (dtype: DType, what: string, fill: Fill, special?: true) => Sample<A> = (
          dtype,
          what,
          fill,
          special,
        ) => ({
          what: `${way(attrs)}axis ${axis}, ${what} in a long line`,
          attrs,
          operands: [operand(dtype, shape, fill)],
          exact: true,
          ...(special === undefined ? {} : { special: 'NaN and infinities' }),
        })
        const size = shape.reduce((n, s) => n * s, 1)
        return [
          ...(['float32', 'int32', 'uint8', 'float64'] as const).map((dtype) => call(dtype, 'ties', FEW)),
          ...FLOATS.flatMap((dtype) => [
            call(dtype, 'NaN and infinities', sprinkled(rising, NaN, Infinity, -Infinity), true),
            call(dtype, 'one late NaN', late(size - 2, NaN, rising), true),
            call(dtype, 'one late infinity', late(size - 2, Infinity, withLargest), true),
            call(dtype, 'one infinity below', late(size - 2, -Infinity, withLargest), true),
            call(dtype, 'only infinities and NaN', listed(-Infinity, Infinity, NaN, -Infinity), true),
          ]),
        ]
      }),
    )

/** The greatest twice, far from each other. */
const apart =
  (first: number, second: number): Fill =>
  (_, i) =>
    i === first || i === second ? 9 : i % 7
const argmax: Generator<'argmax'> = () => [
  ...along<Attributes['argmax']>([{}], () => '')(),
  ...(['float32', 'int32'] as const).flatMap((dtype) =>
    (
      [
        [3, 900],
        [255, 256],
        [0, 1499],
        [700, 1400],
      ] as const
    ).map(([first, second]): Sample<Attributes['argmax']> => ({
      what: `axis 0, equal at ${first} and ${second}`,
      attrs: { axis: 0 },
      operands: [operand(dtype, [1500], apart(first, second))],
      exact: true,
    })),
  ),
]

const reduction = (): Sample<Attributes['max']>[] =>
  FLOATS.flatMap((dtype) =>
    LINES.flatMap(([shape, axis]): Sample<Attributes['max']>[] => {
      const call = (what: string, fill: Fill): Sample<Attributes['max']> => ({
        what: `axes ${show([axis])}, ${what} in a long line`,
        attrs: { axes: [axis] },
        operands: [operand(dtype, shape, fill)],
        special: 'NaN and infinities',
        exact: true,
      })
      const size = shape.reduce((n, s) => n * s, 1)
      return [
        call('one late NaN', late(size - 2, NaN, listed(1, 2))),
        call('infinities', sprinkled(listed(1, 2), -Infinity)),
        call('infinities of both signs', sprinkled(listed(1, 2), Infinity, -Infinity, -Infinity)),
      ]
    }),
  )

/** Hundreds of updates of one place, of a few in turn, and of every other. */
const HITS: { readonly [what: string]: (size: number) => Fill } = {
  'all to the last': (size) => listed(size - 1),
  'few in turn': (size) => (_, i) => [0, size - 1, 2, 2, 0][i % 5]!,
  'in runs': (size) => (_, i) => Math.floor(i / 70) % size,
}
const scatterAdd: Generator<'scatterAdd'> = () =>
  (['float32', 'float64', 'int32', 'uint8'] as const).flatMap((dtype) =>
    (
      [
        [[5], 0],
        [[5, 3], 0],
        [[3, 6], 1],
        [[2, 4, 5], 1],
      ] as const
    ).flatMap(([x, axis]) =>
      Object.entries(HITS).map(([what, fill]): Sample<Attributes['scatterAdd']> => ({
        what: `axis ${axis}, 700 updates, ${what}`,
        attrs: { axis },
        operands: [
          operand(dtype, x, small(dtype)),
          operand('int32', [700], fill(x[axis]!)),
          operand(dtype, (x as Shape).toSpliced(axis, 1, 700), small(dtype)),
        ],
        exact: true,
      })),
    ),
  )

const WINDOWS: readonly (readonly [Shape, readonly number[], readonly number[]])[] = [
  [[2, 700], [300], [100]],
  [
    [25, 25],
    [17, 17],
    [2, 3],
  ],
  [
    [2, 3, 20, 20],
    [16, 20],
    [4, 1],
  ],
]
const windowArgmax: Generator<'windowArgmax'> = () =>
  FLOATS.flatMap((dtype) =>
    WINDOWS.flatMap(([x, window, strides]): Sample<Attributes['windowArgmax']>[] => {
      const call = (what: string, fill: Fill, special?: true): Sample<Attributes['windowArgmax']> => ({
        what: `window ${show(window)} strides ${show(strides)}, ${what} in a large window`,
        attrs: { window, strides, padding: window.map(() => [1, 1] as const), dilation: window.map(() => 1) },
        operands: [operand(dtype, x, fill)],
        exact: true,
        ...(special === undefined ? {} : { special: 'NaN and infinities' }),
      })
      return [
        call('ties', FEW),
        call('rising', (_, i) => i),
        call('below zero', (_, i) => -1 - (i % 9)),
        call('NaN and infinities', sprinkled(rising, NaN, Infinity, -Infinity, NaN), true),
      ]
    }),
  )

const cumsum: Generator<'cumsum'> = () =>
  FLOATS.flatMap((dtype) =>
    LINES.flatMap(([shape, axis]) =>
      [false, true].map((reverse): Sample<Attributes['cumsum']> => ({
        what: `${reverse ? 'reverse ' : ''}axis ${axis}, infinities and a NaN in a long line`,
        attrs: { axis, reverse },
        operands: [operand(dtype, shape, sprinkled(listed(1, 2, -1), Infinity, Infinity, NaN))],
        exact: true,
        special: 'NaN and infinities',
      })),
    ),
  )

/** As many of one place as there are tokens of one word in a batch. */
const thousands = (): Sample<Attributes['scatterAdd']>[] =>
  (['float32', 'int32'] as const).flatMap((dtype) =>
    (
      [
        [[3], 0],
        [[2, 3, 2], 1],
      ] as const
    ).map(([x, axis]): Sample<Attributes['scatterAdd']> => ({
      // oxfmt-ignore
      what: `axis ${axis}, 5000 updates of one place`,
      attrs: { axis },
      operands: [
        operand(dtype, x, small(dtype)),
        operand('int32', [5000], listed(1)),
        operand(dtype, (x as Shape).toSpliced(axis, 1, 5000), small(dtype)),
      ],
      exact: true,
    })),
  )

export const lines: { readonly [P in Primitive]?: Generator<P> } = {
  argmax,
  max: reduction,
  min: reduction,
  sum: reduction,
  sort: along<Attributes['sort']>([{ descending: false }, { descending: true }], ({ descending }) =>
    descending ? 'descending ' : '',
  ),
  cumsum,
  scatterAdd: () => [...scatterAdd(), ...thousands()],
  windowArgmax,
}
