/**
 * Operands and attributes for every primitive, chosen so that each loop of its kernel runs: sizes below and above a block
 * of results, axes at every place, empty and 0-d shapes. Elements are small multiples of 1/4, so that sums are exact in
 * every dtype and a wrong index cannot hide in a tolerance; `rough` elements are for functions that round anyway.
 */
import {
  BINARY_NUMBER,
  COMPARISON,
  LOGIC,
  REDUCTION,
  UNARY_FLOAT,
  UNARY_NUMBER,
  numel,
  type Attributes,
  type DType,
  type Primitive,
  type Shape,
} from '@glissade/core/backend'
import { operand, type Operand } from './one-node.ts'

export interface Case<P extends Primitive> {
  readonly attrs: Attributes[P]
  readonly operands: readonly Operand[]
}

const FLOAT: readonly DType[] = ['float32', 'float64']
const INTEGER: readonly DType[] = ['int32', 'uint8']
const NUMBER: readonly DType[] = [...FLOAT, ...INTEGER]
const ANY: readonly DType[] = [...NUMBER, 'bool']

/** Numerical Recipes' linear congruential generator: the same elements in every run. */
let state = 1
const random = (count: number): number => {
  state = (Math.imul(state, 1664525) + 1013904223) | 0
  return Math.floor(((state >>> 0) / 2 ** 32) * count)
}

function element(dtype: DType): number {
  if (dtype === 'bool') return random(2)
  if (dtype === 'uint8') return random(256)
  return dtype === 'int32' ? random(41) - 20 : (random(33) - 16) / 4
}

/** Elements of a dtype that are exact. */
const exact = (dtype: DType, shape: Shape): Operand =>
  operand(
    dtype,
    shape,
    Array.from({ length: numel(shape) }, () => element(dtype)),
  )
const rough = (dtype: DType, shape: Shape): Operand =>
  operand(
    dtype,
    shape,
    Array.from({ length: numel(shape) }, () => Math.fround((random(2 ** 20) / 2 ** 20) * 3 + 0.01)),
  )
const indices = (shape: Shape, size: number): Operand =>
  operand(
    'int32',
    shape,
    Array.from({ length: numel(shape) }, () => random(size)),
  )

const SHAPES: readonly Shape[] = [
  [],
  [1],
  [7],
  [0],
  [3, 0],
  [4, 5],
  [2, 3, 4],
  [2, 1, 3, 2],
  [17, 33],
  [2, 20, 19],
  [3, 70],
]
const RANKED = SHAPES.filter((shape) => shape.length > 0)

const each = <T, P extends Primitive>(list: readonly T[], make: (item: T) => Case<P>[]): Case<P>[] => list.flatMap(make)
const axesOf = (shape: Shape): number[] => shape.map((_, axis) => axis)

function subsets(list: readonly number[]): number[][] {
  return list.reduce<number[][]>((sets, item) => [...sets, ...sets.map((set) => [...set, item])], [[]])
}

function permutations(list: readonly number[]): number[][] {
  if (list.length === 0) return [[]]
  return list.flatMap((first) => permutations(list.filter((item) => item !== first)).map((rest) => [first, ...rest]))
}

type Rows<P extends Primitive> = { [K in P]: () => Case<K>[] }
const rows = <P extends Primitive>(names: readonly P[], cases: (op: P) => Case<P>[]): Rows<P> =>
  Object.fromEntries(names.map((op) => [op, () => cases(op)])) as unknown as Rows<P>

/** Operations without attributes on operands of one shape. */
const plain =
  (dtypes: readonly DType[], count: number, make: typeof exact) =>
  <P extends Primitive>(): Case<P>[] =>
    each(dtypes, (dtype) =>
      SHAPES.map((shape) => ({
        attrs: {} as Attributes[P],
        operands: Array.from({ length: count }, () => make(dtype, shape)),
      })),
    )

/** Per axis one of `choices`, in all combinations. */
const combinations = <T>(choices: readonly T[], rank: number): T[][] =>
  rank === 0 ? [[]] : combinations(choices, rank - 1).flatMap((rest) => choices.map((choice) => [...rest, choice]))

const windowCases = <P extends 'windowSum' | 'windowArgmax'>(): Case<P>[] =>
  each(NUMBER, (dtype) =>
    (
      [
        [[9], { window: [3], strides: [2], padding: [[1, 1]], dilation: [1] }],
        [[9], { window: [2], strides: [1], padding: [[0, 0]], dilation: [3] }],
        [
          [2, 3, 8, 8],
          {
            window: [2, 2],
            strides: [2, 2],
            padding: [
              [0, 0],
              [0, 0],
            ],
            dilation: [1, 1],
          },
        ],
        [
          [2, 7, 6],
          {
            window: [3, 2],
            strides: [1, 2],
            padding: [
              [1, 0],
              [0, 1],
            ],
            dilation: [2, 1],
          },
        ],
        [
          [4, 3, 5],
          {
            window: [2, 2, 3],
            strides: [1, 1, 1],
            padding: [
              [0, 0],
              [1, 1],
              [1, 1],
            ],
            dilation: [1, 1, 1],
          },
        ],
        [[0, 4], { window: [2], strides: [1], padding: [[0, 0]], dilation: [1] }],
        [[5, 2], { window: [3], strides: [1], padding: [[0, 0]], dilation: [1] }],
      ] as const
    ).map(([shape, attrs]) => ({ attrs: attrs as Attributes[P], operands: [exact(dtype, shape)] })),
  )

type Conv = Attributes['conv']
const convolution = (rank: number, change: Partial<Conv> = {}): Conv => ({
  strides: Array.from({ length: rank }, () => 1),
  padding: Array.from({ length: rank }, () => [0, 0] as const),
  dilation: Array.from({ length: rank }, () => 1),
  inputDilation: Array.from({ length: rank }, () => 1),
  groups: 1,
  ...change,
})

const CONVOLUTIONS: readonly (readonly [x: Shape, w: Shape, attrs: Conv])[] = [
  [[2, 3, 9], [4, 3, 3], convolution(1)],
  [[2, 4, 9], [6, 2, 3], convolution(1, { groups: 2, padding: [[1, 2]], strides: [2] })],
  [
    [2, 3, 8, 7],
    [5, 3, 3, 3],
    convolution(2, {
      padding: [
        [1, 1],
        [1, 1],
      ],
    }),
  ],
  [
    [2, 3, 8, 7],
    [5, 3, 3, 2],
    convolution(2, {
      strides: [2, 3],
      dilation: [2, 1],
      padding: [
        [0, 3],
        [2, 0],
      ],
    }),
  ],
  [
    [1, 4, 6, 6],
    [4, 1, 3, 3],
    convolution(2, {
      groups: 4,
      padding: [
        [1, 1],
        [1, 1],
      ],
    }),
  ],
  [[2, 5, 6, 6], [3, 5, 1, 1], convolution(2)],
  [[2, 4, 5, 5], [6, 2, 1, 1], convolution(2, { groups: 2 })],
  [[2, 4, 5, 5], [6, 4, 1, 1], convolution(2, { strides: [2, 2] })],
  // The gradient of a strided convolution: zeros between the elements, and padding that may crop.
  [
    [2, 3, 4, 4],
    [2, 3, 3, 3],
    convolution(2, {
      inputDilation: [2, 2],
      padding: [
        [2, 3],
        [2, 2],
      ],
    }),
  ],
  [
    [2, 3, 6, 6],
    [2, 3, 2, 3],
    convolution(2, {
      inputDilation: [3, 1],
      padding: [
        [-1, -2],
        [-1, 0],
      ],
    }),
  ],
  // The gradient of the weights: a window larger than the result.
  [
    [3, 4, 7, 6],
    [5, 4, 6, 5],
    convolution(2, {
      padding: [
        [1, 0],
        [0, 1],
      ],
    }),
  ],
  [
    [3, 4, 9, 9],
    [5, 4, 4, 4],
    convolution(2, {
      dilation: [2, 2],
      padding: [
        [1, 1],
        [1, 1],
      ],
    }),
  ],
  [
    [2, 2, 3, 4, 5],
    [3, 2, 2, 2, 3],
    convolution(3, {
      padding: [
        [1, 0],
        [0, 1],
        [1, 1],
      ],
      strides: [1, 2, 1],
    }),
  ],
  [[0, 2, 5], [3, 2, 2], convolution(1)],
  [[2, 2, 3], [3, 2, 5], convolution(1)],
  [[2, 2, 0], [3, 2, 2], convolution(1, { padding: [[2, 1]] })],
  // More than one tile of positions.
  [
    [1, 16, 44, 44],
    [2, 16, 3, 3],
    convolution(2, {
      padding: [
        [1, 1],
        [1, 1],
      ],
    }),
  ],
]

/** One row per primitive; the compiler counts them. */
export const cases: { readonly [P in Exclude<Primitive, 'reshape'>]: () => Case<P>[] } = {
  ...rows(UNARY_NUMBER, plain(NUMBER, 1, exact)),
  ...rows(['floor', 'ceil', 'round'], plain(FLOAT, 1, exact)),
  ...rows(
    UNARY_FLOAT.filter((op) => !['floor', 'ceil', 'round'].includes(op)) as readonly Exclude<
      (typeof UNARY_FLOAT)[number],
      'floor' | 'ceil' | 'round'
    >[],
    plain(FLOAT, 1, rough),
  ),
  ...rows(BINARY_NUMBER, (op) => [
    ...plain(op === 'pow' ? INTEGER : NUMBER, 2, exact)<typeof op>(),
    ...plain(FLOAT, 2, rough)<typeof op>(),
  ]),
  ...rows(COMPARISON, plain(ANY, 2, exact)),
  ...rows(LOGIC, plain([...INTEGER, 'bool'], 2, exact)),
  not: plain([...INTEGER, 'bool'], 1, exact),
  where: () =>
    each(ANY, (dtype) =>
      SHAPES.map((shape) => ({
        attrs: {},
        operands: [exact('bool', shape), exact(dtype, shape), exact(dtype, shape)],
      })),
    ),
  cast: () => each(ANY, (from) => ANY.map((dtype) => ({ attrs: { dtype }, operands: [exact(from, [4, 5])] }))),

  ...rows(REDUCTION, (op) =>
    each(NUMBER, (dtype) =>
      [...SHAPES, [2, 3, 2, 3], [2, 3, 2, 3, 2]]
        .filter((shape) => op === 'sum' || op === 'prod' || !shape.includes(0))
        .flatMap((shape) =>
          subsets(axesOf(shape)).map((axes) => ({
            attrs: { axes },
            // Products of many quarters are not exact: signs and ones are.
            operands: [
              op === 'prod' && FLOAT.includes(dtype)
                ? operand(
                    dtype,
                    shape,
                    Array.from({ length: numel(shape) }, () => (random(3) === 0 ? -1 : 1)),
                  )
                : exact(dtype, shape),
            ],
          })),
        ),
    ),
  ),
  argmax: () =>
    each(NUMBER, (dtype) =>
      RANKED.flatMap((shape) =>
        axesOf(shape)
          .filter((axis) => shape[axis]! > 0)
          .map((axis) => ({ attrs: { axis }, operands: [exact(dtype, shape)] })),
      ),
    ),
  cumsum: () =>
    each(NUMBER, (dtype) =>
      RANKED.flatMap((shape) =>
        axesOf(shape).flatMap((axis) =>
          [false, true].map((reverse) => ({ attrs: { axis, reverse }, operands: [exact(dtype, shape)] })),
        ),
      ),
    ),

  permute: () =>
    each(ANY, (dtype) =>
      [...SHAPES, [3, 4, 17, 18], [20, 3, 40]].flatMap((shape) =>
        permutations(axesOf(shape)).map((order) => ({ attrs: { order }, operands: [exact(dtype, shape)] })),
      ),
    ),
  expand: () =>
    each(ANY, (dtype) =>
      (
        [
          [[], [3, 4]],
          [[], []],
          [[1], [0]],
          [[5], [3, 5]],
          [
            [1, 5],
            [70, 5],
          ],
          [
            [3, 1],
            [3, 70],
          ],
          [
            [3, 1],
            [3, 4],
          ],
          [[70], [3, 70]],
          [
            [2, 1, 3],
            [2, 4, 3],
          ],
          [
            [2, 1, 1, 3],
            [5, 2, 4, 2, 3],
          ],
          [
            [1, 4, 1],
            [3, 4, 5],
          ],
          [
            [4, 5],
            [4, 5],
          ],
        ] as const
      ).map(([from, shape]) => ({ attrs: { shape }, operands: [exact(dtype, from)] })),
    ),
  slice: () =>
    each(ANY, (dtype) =>
      SHAPES.flatMap((shape) =>
        combinations(
          [
            [0, 0, 1],
            [1, 0, 1],
            [0, 1, 2],
            [1, 1, 3],
          ] as const,
          shape.length,
        ).map((choice) => ({
          attrs: {
            start: shape.map((size, axis) => Math.min(size, choice[axis]![0])),
            stop: shape.map((size, axis) => Math.max(Math.min(size, choice[axis]![0]), size - choice[axis]![1])),
            step: shape.map((_, axis) => choice[axis]![2]),
          },
          operands: [exact(dtype, shape)],
        })),
      ),
    ),
  pad: () =>
    each(ANY, (dtype) =>
      SHAPES.filter((shape) => shape.length < 4).flatMap((shape) =>
        combinations(
          [
            [0, 0, 0],
            [1, 0, 2],
            [0, 2, 0],
          ] as const,
          shape.length,
        ).map((choice) => ({
          attrs: {
            low: shape.map((_, axis) => choice[axis]![0]),
            high: shape.map((_, axis) => choice[axis]![1]),
            interior: shape.map((_, axis) => choice[axis]![2]),
            value: 1,
          },
          operands: [exact(dtype, shape)],
        })),
      ),
    ),
  flip: () =>
    each(ANY, (dtype) =>
      SHAPES.flatMap((shape) =>
        subsets(axesOf(shape)).map((axes) => ({ attrs: { axes }, operands: [exact(dtype, shape)] })),
      ),
    ),
  concat: () =>
    each(ANY, (dtype) =>
      RANKED.flatMap((shape) =>
        axesOf(shape).flatMap((axis) =>
          [[1], [2, 3], [0, 4, 60]].map((sizes) => ({
            attrs: { axis },
            operands: sizes.map((size) => exact(dtype, shape.with(axis, size))),
          })),
        ),
      ),
    ),
  constant: () =>
    each(ANY, (dtype) =>
      SHAPES.flatMap((shape) => [
        { attrs: { dtype, shape, value: 1 }, operands: [] },
        { attrs: { dtype, shape, value: exact(dtype, shape).data }, operands: [] },
      ]),
    ),
  iota: () =>
    each(NUMBER, (dtype) =>
      RANKED.flatMap((shape) => axesOf(shape).map((axis) => ({ attrs: { dtype, shape, axis }, operands: [] }))),
    ),

  dot: () =>
    each(NUMBER, (dtype) =>
      combinations([0, 1, 3, 4, 6, 9], 2).flatMap(([m, n]) =>
        [0, 1, 5].flatMap((k) =>
          combinations([false, true], 2).flatMap(([transposeA, transposeB]) =>
            [[], [3], [2, 2]].map((batch) => ({
              attrs: { transposeA: transposeA!, transposeB: transposeB! },
              operands: [
                exact(dtype, [...batch, ...(transposeA ? [k, m!] : [m!, k])]),
                exact(dtype, [...batch, ...(transposeB ? [n!, k] : [k, n!])]),
              ],
            })),
          ),
        ),
      ),
    ),
  conv: () =>
    each(FLOAT, (dtype) =>
      CONVOLUTIONS.map(([x, w, attrs]) => ({ attrs, operands: [exact(dtype, x), exact(dtype, w)] })),
    ),
  windowSum: windowCases,
  windowArgmax: windowCases,

  gather: () =>
    each(ANY, (dtype) =>
      RANKED.flatMap((shape) =>
        axesOf(shape)
          .filter((axis) => shape[axis]! > 0)
          .flatMap((axis) =>
            [[], [5], [2, 3], [0]].map((index) => ({
              attrs: { axis },
              operands: [exact(dtype, shape), indices(index, shape[axis]!)],
            })),
          ),
      ),
    ),
  scatterAdd: () =>
    each(NUMBER, (dtype) =>
      RANKED.flatMap((shape) =>
        axesOf(shape)
          .filter((axis) => shape[axis]! > 0)
          .flatMap((axis) =>
            [[], [5], [2, 3], [0]].map((index) => ({
              attrs: { axis },
              operands: [
                exact(dtype, shape),
                indices(index, shape[axis]!),
                exact(dtype, shape.toSpliced(axis, 1, ...index)),
              ],
            })),
          ),
      ),
    ),
  sort: () =>
    each(NUMBER, (dtype) =>
      RANKED.flatMap((shape) =>
        axesOf(shape).flatMap((axis) =>
          [false, true].map((descending) => ({ attrs: { axis, descending }, operands: [exact(dtype, shape)] })),
        ),
      ),
    ),
}
