/**
 * Calls of usual sizes: beyond 65,536 elements, 256 threads, 1,024 terms, five axes. Elements are small integers or numbered,
 * so that the answer is exact in any order.
 */
import type { Attributes, DType, Primitive, Shape } from '@glissade/core/backend'
import { BINARY_NUMBER, COMPARISON, LOGIC, numel, UNARY_FLOAT, UNARY_NUMBER } from '@glissade/core/backend'
import {
  between,
  integers,
  isFloat,
  listed,
  operand,
  ordinary,
  show,
  small,
  type Fill,
  type Generator,
  type OperandSpec,
  type Sample,
} from './sample.ts'

/** Elements of elementwise operations: more than 17 bits count, by the definition of a thousand. */
const [FEW, TIMES]: readonly [Shape, number] = [[1009], 131]
/** More than 16 bits count, and no multiple of anything. */
const MANY = 70_001
const LONG = 5_003

/** All different as far as the dtype goes, and the same in no two rows of usual lengths. */
const numbered = (dtype: DType): Fill =>
  dtype === 'bool'
    ? (_, i) => Number((i * 7) % 13 < 5)
    : dtype === 'uint8'
      ? (_, i) => (i * 7 + (i >> 8) + 1) & 255
      : (_, i) => i - 5
/** Every operand and result: 4 bytes, 1 byte, and integers. */
const SOME: readonly DType[] = ['float32', 'int32', 'bool']

// ---- Element by element ---------------------------------------------------------------------------------------------

/** Where all of them are defined and none overflows. */
const DOMAINS: { readonly [op: string]: Fill } = {
  log: between(0.1, 9),
  log1p: between(-0.5, 9),
  sqrt: between(0, 9),
}
const unary =
  (op: string): Generator<Primitive> =>
  () => [{ what: 'many', attrs: {}, operands: [operand('float32', FEW, DOMAINS[op] ?? between(-3, 3))], times: TIMES }]
/** Divisors and exponents that no integer operation minds. */
const second: Fill = listed(1, 2, 3, -1, 4, -2)
const binary =
  (op: string, dtypes: readonly DType[]): Generator<Primitive> =>
  () =>
    dtypes.map((dtype): Sample => {
      const operands: OperandSpec[] =
        op === 'pow' && isFloat(dtype)
          ? [operand(dtype, FEW, between(0.1, 4)), operand(dtype, FEW, between(-2, 2))]
          : [operand(dtype, FEW, small(dtype)), operand(dtype, FEW, op === 'and' ? small(dtype) : second)]
      return { what: 'many', attrs: {}, operands, times: TIMES }
    })
const rows = <P extends Primitive>(
  ops: readonly P[],
  row: (op: P) => Generator<Primitive>,
): { [K in P]: Generator<K> } =>
  Object.fromEntries(ops.map((op) => [op, row(op)])) as unknown as { [K in P]: Generator<K> }

/** A shape with each of its axes. */
const oneByOne = (shape: Shape): (readonly [Shape, readonly number[]])[] => shape.map((_, axis) => [shape, [axis]])

// ---- Many to one ----------------------------------------------------------------------------------------------------

/** Around a block of threads, long, beyond it; along each axis, with few and many beside it. */
const LINES: readonly (readonly [Shape, readonly number[]])[] = [
  [[255], [0]],
  [[256], [0]],
  [[257], [0]],
  [[1023], [0]],
  [[1025], [0]],
  [[2 ** 18 + 7], [0]],
  [[2, LONG], [1]],
  [[LONG, 3], [0]],
  [[3, 1500, 7], [1]],
  [[2, 30_011, 2], [1]],
  [[40, 300], [1]],
  [[300, 40], [0]],
  [
    [300, 40],
    [0, 1],
  ],
  [
    [7, 50, 60],
    [0, 2],
  ],
  [[MANY, 2], [1]],
  [
    [3, 20, 30, 20],
    [0, 2, 3],
  ],
  // Four and five axes, each alone.
  ...oneByOne([3, 2, 4, 2]),
  ...oneByOne([2, 3, 2, 4, 3]),
  // More than five axes, of which every other, the outer and the inner ones go.
  [
    [2, 3, 2, 3, 2, 3],
    [1, 3, 5],
  ],
  [
    [3, 2, 3, 2, 3, 2],
    [0, 2, 4],
  ],
  [
    [2, 3, 2, 1, 3, 2, 2],
    [0, 1, 5],
  ],
  [
    [2, 2, 3, 2, 2, 3, 2],
    [2, 3, 4],
  ],
]
/** Eleven factors that make -1, whichever way a line goes through them; and integers that wrap. */
const FACTORS = listed(1, -1, 2, -1, 0.5, 1, -1, 0.5, 2, 1, -1)
const ODD = listed(1, 3, -1, 5, 1, -3)
const reduction = (op: 'sum' | 'prod' | 'max' | 'min') => (): Sample<Attributes['sum']>[] =>
  (['float32', 'int32'] as const).flatMap((dtype) =>
    LINES.map(([shape, axes]): Sample<Attributes['sum']> => {
      // The greatest is the last of all but one, far down every line.
      const far: Fill = (_, i) => (op === 'max' ? i : -i)
      const fill = op === 'prod' ? (dtype === 'int32' ? ODD : FACTORS) : op === 'sum' ? small(dtype) : far
      return { what: `axes ${show(axes)}, long`, attrs: { axes }, operands: [operand(dtype, shape, fill)], exact: true }
    }),
  )

const AXIS: readonly (readonly [Shape, number])[] = [
  [[257], 0],
  [[1025], 0],
  [[LONG], 0],
  [[2, 1300], 1],
  [[1300, 3], 0],
  [[2, 700, 5], 1],
  [[300, 40], 1],
  [[300, 40], 0],
  [[2, 3, 2, 3, 2, 3], 3],
  ...[[3, 2, 4, 2], [2, 3, 2, 4, 3]].flatMap((shape) => shape.map((_, axis) => [shape, axis] as const)), // oxfmt-ignore
]
const WIDER: readonly (readonly [Shape, number])[] = [
  [[MANY], 0],
  [[MANY, 2], 1],
  [[2, MANY], 0],
]
/** Each element but one is repeated far away, so that the first of equals counts. */
const waves: Fill = (_, i) => (i * 37) % 101
const argmax: Generator<'argmax'> = () =>
  (['float32', 'int32'] as const).flatMap((dtype) =>
    [...AXIS, ...WIDER].flatMap(([shape, axis]): Sample<{ axis: number }>[] => {
      const call = (what: string, fill: Fill): Sample<{ axis: number }> => ({
        what: `axis ${axis}, ${what}`,
        attrs: { axis },
        operands: [operand(dtype, shape, fill)],
        exact: true,
      })
      return [call('rising', (_, i) => i), call('waves', waves)]
    }),
  )
const cumsum: Generator<'cumsum'> = () =>
  (['float32', 'int32'] as const).flatMap((dtype) =>
    [...AXIS, ...WIDER].flatMap(([shape, axis]) =>
      [false, true].map((reverse): Sample<Attributes['cumsum']> => ({
        what: `${reverse ? 'reverse ' : ''}axis ${axis}, long`,
        attrs: { axis, reverse },
        operands: [operand(dtype, shape, small(dtype))],
        exact: true,
      })),
    ),
  )
const sort: Generator<'sort'> = () =>
  (['float32', 'int32', 'uint8'] as const).flatMap((dtype) =>
    [...AXIS, ...(dtype === 'float32' ? WIDER : [])].flatMap(([shape, axis]) =>
      [false, true].map((descending): Sample<Attributes['sort']> => ({
        what: `${descending ? 'descending ' : ''}axis ${axis}, long`,
        attrs: { axis, descending },
        operands: [operand(dtype, shape, dtype === 'uint8' ? numbered(dtype) : (_, i) => ((i * 7919) % 10_007) - 300)],
        exact: true,
      })),
    ),
  )

// ---- Movement -------------------------------------------------------------------------------------------------------

type Calls<P extends Primitive> = readonly (readonly [Shape, Attributes[P]])[]
const moving =
  <P extends Primitive>(name: (attrs: Attributes[P]) => string, calls: Calls<P>): Generator<P> =>
  () =>
    SOME.flatMap((dtype) =>
      calls.map(([shape, attrs]): Sample<Attributes[P]> => ({
        what: name(attrs),
        attrs,
        operands: [operand(dtype, shape, numbered(dtype))],
        exact: true,
      })),
    )
const SIX = [2, 3, 2, 4, 2, 3]
const reshape = moving<'reshape'>(
  ({ shape }) => `to ${show(shape)}`,
  [
    [[300, 257], { shape: [257, 300] }],
    [SIX, { shape: [3, 2, 4, 2, 3, 2] }],
  ],
)
const permute = moving<'permute'>(
  ({ order }) => `order ${show(order)}`,
  [
    [[300, 257], { order: [1, 0] }],
    [[64, 64], { order: [1, 0] }],
    [[33, 65, 34], { order: [2, 1, 0] }],
    [[33, 65, 34], { order: [1, 0, 2] }],
    [[33, 65, 34], { order: [0, 2, 1] }],
    [[33, 65, 34], { order: [1, 2, 0] }],
    [[4, 50, 4, 16], { order: [0, 2, 1, 3] }],
    [[16, 10, 11, 12], { order: [0, 2, 3, 1] }],
    [SIX, { order: [5, 3, 1, 0, 2, 4] }],
    [SIX, { order: [1, 0, 3, 2, 5, 4] }],
    [[2, 1, 3, 2, 2, 3, 2], { order: [6, 0, 5, 2, 4, 1, 3] }],
  ],
)
const expand = moving<'expand'>(
  ({ shape }) => `to ${show(shape)}`,
  [
    [[], { shape: [MANY] }],
    [[257], { shape: [300, 257] }],
    [[300, 1], { shape: [300, 257] }],
    [[30, 1, 50], { shape: [30, 60, 50] }],
    [[1, 60, 1], { shape: [30, 60, 50] }],
    [[2, 1, 2, 1, 2, 1], { shape: SIX }],
    [[1, 3, 1, 4, 1, 3], { shape: SIX }],
    [[3, 1, 4, 1, 1], { shape: [2, 3, 2, 4, 2, 3] }],
  ],
)
const span = (start: readonly number[], stop: readonly number[], step: readonly number[]): Attributes['slice'] => ({
  start,
  stop,
  step,
})
const slice = moving<'slice'>(
  ({ start, stop, step }) => start.map((from, i) => `${from}:${stop[i]}:${step[i]}`).join(' '),
  [
    [[MANY], span([3], [MANY - 2], [1])],
    [[MANY], span([1], [MANY], [3])],
    [[400, 300], span([50, 20], [390, 280], [1, 1])],
    [[400, 300], span([0, 0], [400, 300], [7, 2])],
    [[30, 60, 50], span([1, 0, 0], [29, 60, 50], [2, 1, 1])],
    [SIX, span([1, 0, 0, 1, 0, 1], [2, 3, 2, 4, 2, 3], [1, 2, 1, 2, 1, 1])],
  ],
)
const edges = (low: readonly number[], high: readonly number[], interior = low.map(() => 0)): Attributes['pad'] => ({
  low,
  high,
  interior,
  value: 1,
})
const pad = moving<'pad'>(
  ({ low, high, interior, value }) => `${show(low)} ${show(high)} ${show(interior)} with ${value}`,
  [
    [[LONG], edges([30_000], [40_000])],
    [[300, 200], edges([1, 2], [3, 40])],
    [[200, 100], edges([0, 1], [2, 0], [1, 2])],
    [SIX, edges([1, 0, 0, 1, 0, 0], [0, 1, 0, 0, 0, 2], [0, 0, 1, 0, 0, 1])],
  ],
)
const flip = moving<'flip'>(
  ({ axes }) => `axes ${show(axes)}`,
  [
    [[MANY], { axes: [0] }],
    [[300, 257], { axes: [0] }],
    [[300, 257], { axes: [1] }],
    [[30, 60, 50], { axes: [1] }],
    [SIX, { axes: [1, 3, 4] }],
  ],
)
const PARTS: readonly (readonly [number, readonly Shape[]])[] = [
  [0, [[40_001], [30_011]]],
  [
    1,
    [
      [300, 100],
      [300, 157],
    ],
  ],
  [
    0,
    [
      [100, 257],
      [200, 257],
    ],
  ],
  [1, [[3], [20], [1], [300], [7]].map(([size]) => [60, size!, 5])],
  [3, [SIX, SIX.with(3, 1)]],
]
const concat: Generator<'concat'> = () =>
  SOME.flatMap((dtype) =>
    PARTS.map(([axis, shapes]): Sample<Attributes['concat']> => ({
      what: `axis ${axis}, ${shapes.length} large parts`,
      attrs: { axis },
      operands: shapes.map((shape, k) => operand(dtype, shape, (random, i) => numbered(dtype)(random, i + 1000 * k))),
      exact: true,
    })),
  )
const constant: Generator<'constant'> = () =>
  SOME.flatMap((dtype) =>
    ([[1025], [2, 3, 700], [MANY], SIX] as const).flatMap((shape): Sample<Attributes['constant']>[] => {
      const fill = numbered(dtype)
      const value = Array.from({ length: numel(shape) }, (_, i) => fill(null as never, i))
      return [
        { dtype, what: `${show(shape)} of a long list`, attrs: { dtype, shape, value }, operands: [], exact: true },
        { dtype, what: `${show(shape)} of 1`, attrs: { dtype, shape, value: 1 }, operands: [], exact: true },
      ]
    }),
  )
const iota: Generator<'iota'> = () =>
  (['float32', 'int32'] as const).flatMap((dtype) =>
    (
      [
        [[MANY], 0],
        [[300, 257], 0],
        [[300, 257], 1],
        [[3, 700, 40], 1],
        [SIX, 3],
      ] as const
    ).map(([shape, axis]): Sample<Attributes['iota']> => ({
      dtype,
      what: `${show(shape)} axis ${axis}`,
      attrs: { dtype, shape, axis },
      operands: [],
      exact: true,
    })),
  )

// ---- Windows --------------------------------------------------------------------------------------------------------

const WINDOWS: readonly (Partial<Attributes['windowSum']> & { readonly x: Shape; readonly window: Shape })[] = [
  { x: [2, 16, 28, 28], window: [2, 2], strides: [2, 2] },
  {
    x: [2, 16, 15, 15],
    window: [3, 3],
    strides: [2, 2],
    padding: [
      [1, 1],
      [1, 1],
    ],
  },
  { x: [2, 20, 20], window: [17, 17] },
  { x: [2, 600], window: [300] },
  { x: [3, 24, 24], window: [20, 20], strides: [4, 4] },
  { x: [2, 40, 40], window: [3, 3], strides: [5, 4] },
  { x: [MANY], window: [3], strides: [3] },
  { x: [3, 12, 12, 12], window: [2, 2, 2], strides: [2, 2, 2] },
  { x: [2, 64], window: [5], dilation: [9] },
]
const windowed = () => (): Sample<Attributes['windowSum']>[] =>
  (['float32', 'int32'] as const).flatMap((dtype) =>
    WINDOWS.map(({ x, window, ...given }): Sample<Attributes['windowSum']> => {
      const each = <T>(one: T): T[] => window.map(() => one)
      const options = Object.entries(given).map(([name, value]) => `${name} ${show(value)}`)
      return {
        what: [`window ${show(window)}`, ...options, 'usual'].join(' '),
        attrs: { window, strides: each(1), padding: each([0, 0] as const), dilation: each(1), ...given },
        operands: [operand(dtype, x, integers(-50, 50))],
        exact: true,
      }
    }),
  )

// ---- Indices --------------------------------------------------------------------------------------------------------

/** x, axis, index */
const LOOKUPS: readonly (readonly [Shape, number, Shape])[] = [
  [[1000, 64], 0, [300]],
  [[50, 700], 0, [20]],
  [[3, 2000], 1, [700]],
  [[2, 500, 33], 1, [40]],
  [[MANY], 0, [1000]],
  [[100], 0, [MANY]],
  [[40, 16], 0, [20, 30]],
  [SIX, 3, [5]],
  ...[[3, 2, 4, 2], [2, 3, 2, 4, 3]].flatMap((shape) => shape.map((_, axis) => [shape, axis, [5]] as const)), // oxfmt-ignore
]
const gather: Generator<'gather'> = () =>
  SOME.flatMap((dtype) =>
    LOOKUPS.map(([x, axis, index]): Sample<Attributes['gather']> => ({
      what: `axis ${axis}, many`,
      attrs: { axis },
      operands: [operand(dtype, x, numbered(dtype)), operand('int32', index, integers(0, x[axis]! - 1))],
      exact: true,
    })),
  )
const scatterAdd: Generator<'scatterAdd'> = () =>
  (['float32', 'int32'] as const).flatMap((dtype) =>
    LOOKUPS.map(([x, axis, index]): Sample<Attributes['scatterAdd']> => ({
      what: `axis ${axis}, many`,
      attrs: { axis },
      operands: [
        operand(dtype, x, small(dtype)),
        operand('int32', index, integers(0, x[axis]! - 1)),
        operand(dtype, x.toSpliced(axis, 1, ...index), small(dtype)),
      ],
      exact: true,
    })),
  )

export const usual: { readonly [P in Exclude<Primitive, 'dot' | 'conv'>]: Generator<P> } = {
  ...rows([...UNARY_NUMBER, ...UNARY_FLOAT], unary),
  ...rows(BINARY_NUMBER, (op) => binary(op, ['float32', 'int32'])),
  ...rows(COMPARISON, (op) => binary(op, ['float32', 'int32'])),
  ...rows(LOGIC, (op) => binary(op, ['int32', 'bool'])),
  not: () =>
    (['int32', 'bool'] as const).map((dtype) => ({
      what: 'many',
      attrs: {},
      operands: [operand(dtype, FEW)],
      times: TIMES,
    })),
  where: () =>
    SOME.map((dtype) => ({
      what: 'many',
      dtype,
      attrs: {},
      operands: [
        operand('bool', FEW),
        operand(dtype, FEW, numbered(dtype)),
        operand(dtype, FEW, (random, i) => numbered(dtype)(random, i + 3)),
      ],
      exact: true,
      times: TIMES,
    })),
  cast: () =>
    SOME.flatMap((from) =>
      SOME.filter((to) => to !== from).map((dtype) => ({
        what: `to ${dtype}: many`,
        attrs: { dtype },
        operands: [operand(from, FEW, isFloat(from) ? between(-9, 9) : ordinary(from))],
        times: TIMES,
      })),
    ),
  sum: reduction('sum'),
  prod: reduction('prod'),
  max: reduction('max'),
  min: reduction('min'),
  argmax,
  cumsum,
  sort,
  reshape,
  permute,
  expand,
  slice,
  pad,
  flip,
  concat,
  constant,
  iota,
  windowSum: windowed(),
  windowArgmax: windowed(),
  gather,
  scatterAdd,
}
