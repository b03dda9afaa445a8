/**
 * Programs that become loops, as data: every size around the widths of vector instructions, operands that repeat along
 * every axis with reductions over every set of axes, numbers of the run, results in the place of operands, special values.
 */
import type { DType, Shape } from '@glissade/core/backend'
import { ALL, between, isFloat, listed, NUMBERS, operand, show, small, vector } from '../generators/sample.ts'
import type { Call } from './case.ts'

// ---- Sizes ----------------------------------------------------------------------------------------------------------

/** Up to one more than the elements of the widest vectors, four at a time; then around a block of them. */
const SIZES = [...Array.from({ length: 17 }, (_, i) => i + 1), 31, 33, 63, 65, 129]
/** The space, by the size of one axis, and the axes that are reduced. */
const spaces: { readonly [what: string]: readonly [space: (n: number) => Shape, axes: readonly number[]] } = {
  'a line': [(n) => [n], [0]],
  rows: [(n) => [3, n], [1]],
  columns: [(n) => [3, n], [0]],
  'the middle': [(n) => [2, n, 3], [1]],
}

/** Small integers: x + b and its negation element by element, and all four reductions of x - b; exact in every dtype. */
const sized = (what: string, dtype: DType, shape: Shape, axes: readonly number[]): Call => ({
  what: `${what} and four reductions, small integers`,
  // The products of sums of dozens of numbers are exact only if most of them are 1.
  operands: [operand(dtype, shape, listed(2, 1, 1, 3, 1, 2, 2)), operand(dtype, [shape.at(-1)!], listed(1, 0))],
  write: ([x, b]) => {
    const wide = b!.expand(shape)
    const near = x!.maximum(wide).minimum(2)
    return [x!.add(wide), x!.sub(wide).sum(axes), x!.max(axes), x!.neg().min(axes), near.sub(1).maximum(1).prod(axes)]
  },
  exact: true,
})
const logical = (n: number): Call => ({
  what: 'logic over bytes',
  operands: [operand('bool', [n]), operand('bool', [n]), operand('int32', [n], small('int32'))],
  write: ([a, b, x]) => [a!.and(b!.not()), a!.or(x!.lt(0)), b!.where(x!, x!.neg())],
})
/** Rounded in every element: a tail that is computed otherwise may differ, but within the same bounds. */
const transcendental = (n: number): Call => ({
  what: 'exp, tanh and their sum',
  operands: [operand('float32', [n])],
  write: ([x]) => {
    const y = x!.exp().mul(x!.tanh())
    return [y, y.sum([0])]
  },
})

// ---- Broadcasting and reductions ------------------------------------------------------------------------------------

const LONG = 1021
const SPACE: Shape = [3, 5, 7]
const REPEATED: readonly Shape[] = [[], [7], [5, 1], [5, 7], [3, 1, 1], [3, 1, 7], [3, 5, 1], [1, 5, 1]]
const SUBSETS: readonly (readonly number[])[] = [[], [0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]]

const repeated = (dtype: DType, shape: Shape, axes: readonly number[]): Call => ({
  what: `repeated, axes ${show(axes)}`,
  operands: [operand(dtype, SPACE, small(dtype)), operand(dtype, shape, small(dtype))],
  write: ([x, b], _, builder) => {
    const y = x!.mul(b!.expand(SPACE)).add(builder.iota(dtype, SPACE, 1))
    return axes.length === 0 ? [y, y.lt(x!)] : [y.sum(axes), y.max(axes), x!.sub(y).min(axes)]
  },
  exact: true,
})
/** A reduction whose result, repeated, the next loop reads. */
const twice = (axes: readonly number[]): Call => ({
  what: `centred and scaled, axes ${show(axes)}`,
  operands: [operand('float32', SPACE, between(-3, 3))],
  write: ([x]) => {
    const n = axes.reduce((product, axis) => product * SPACE[axis]!, 1)
    const mean = x!.sum(axes).div(n)
    const centred = x!.sub(mean.restore(axes, SPACE))
    const variance = centred.mul(centred).sum(axes).div(n)
    return [centred.div(variance.add(0.01).sqrt().restore(axes, SPACE)), mean, variance]
  },
})

// ---- Numbers of the run, and results in the place of operands -------------------------------------------------------

const places: readonly Call[] = [
  ...[1, 5, 16, 37].map((n): Call => ({
    what: 'numbers of the run',
    operands: [operand('float32', [n])],
    scalars: [0.5, -3],
    write: ([x], [a, b]) => [x!.mul(a!.expand([n])).add(b!.expand([n])), x!.sum([0]).mul(a!)],
  })),
  ...[1, 6, 35].map((n): Call => ({
    what: 'run again with other elements and numbers',
    operands: [operand('float32', [4, n], small('float32'))],
    scalars: [2],
    write: ([x], [a]) => {
      const y = x!.mul(a!.expand([4, n]))
      return [y, y.sum([1]), y.max([1]), y.sum([0, 1])]
    },
    exact: true,
    again: true,
  })),
  ...[3, 18, 33].flatMap((n): Call[] => [
    {
      what: 'both results in the place of operands',
      operands: [operand('float32', [n], small('float32')), operand('float32', [n], small('float32'))],
      write: ([x, y]) => [x!.add(y!), x!.mul(y!).sub(1)],
      donated: [0, 1],
      exact: true,
    },
    {
      what: 'a result in the place of an operand, and its sum',
      operands: [operand('int32', [n]), operand('int32', [n])],
      write: ([x, y]) => {
        const next = x!.sub(y!)
        return [next, next.sum([0]), y!.neg()]
      },
      donated: [0, null, 1],
    },
  ]),
  ...[[], [1], [1, 1]].map((shape: number[]): Call => ({
    what: 'one element',
    operands: [operand('float32', shape, small('float32')), operand('float32', shape, small('float32'))],
    write: ([x, y]) => [x!.add(y!).mul(2), x!.mul(y!).sum(shape.map((_, axis) => axis))],
    exact: true,
  })),
  ...[[0], [3, 0], [0, 3]].map((shape: number[]): Call => ({
    what: 'beside a loop over nothing',
    operands: [operand('float32', shape), operand('float32', [9], small('float32'))],
    write: ([x, y]) => [x!.mul(2), x!.add(1).sum(shape.map((_, axis) => axis)), y!.add(1), y!.sum([0])],
    exact: true,
  })),
]

// ---- Counters and powers --------------------------------------------------------------------------------------------

/** A counter along each axis, also the one of vectors and what is left of it. */
const counted = (dtype: DType, shape: Shape, axis: number): Call => ({
  what: `counted along ${axis}`,
  operands: [operand(dtype, shape, small(dtype))],
  write: ([x], _, builder) => {
    const count = builder.iota(dtype, shape, axis)
    return [x!.add(count), count.sub(x!).sum([axis]), count.lt(x!)]
  },
  exact: true,
})
/** Powers that kernels write in other ways, as they stand in a program. */
const EXPONENTS = [0, 1, 2, 3, 4, 0.5, -0.5, -1, -2, 5]
const powers = (n: number): Call => ({
  what: `powers of ${EXPONENTS.join(' ')}`,
  operands: [operand('float32', [n], between(0.3, 3))],
  write: ([x]) => EXPONENTS.map((exponent) => x!.pow(exponent)),
})
const countersAndPowers: readonly Call[] = [
  ...(['float32', 'int32'] as const).flatMap((dtype) =>
    ([[37], [3, 19], [19, 3], [2, 5, 18], [LONG]] as const).flatMap((shape) =>
      shape.map((_, axis) => counted(dtype, shape, axis)),
    ),
  ),
  ...[5, 37].map(powers),
  {
    what: 'odd and even powers of negative numbers',
    operands: [operand('float32', [19], listed(-2, -1, -0.5, 0.5, 1, 3))],
    write: ([x]) => [1, 2, 3, 4, -1, -2].map((exponent) => x!.pow(exponent)),
  },
]

// ---- Special values -------------------------------------------------------------------------------------------------

/** Long enough that one lies in the first lanes of a vector, one in the last, and one behind the last whole vector. */
const at = (n: number, where: readonly number[], value: number): number[] =>
  Array.from({ length: n }, (_, i) => (where.includes(i) ? value : (i % 5) - 2))
const specials = (dtype: DType): Call[] => [
  ...[0, 3, 7, 16, 18].flatMap((place) =>
    [NaN, Infinity, -Infinity].flatMap((value): Call[] => {
      const operands = [vector(dtype, ...at(19, [place], value)), vector(dtype, ...at(19, [], 0).map((x) => -x))]
      const special = 'NaN and infinities'
      return [
        {
          what: `${value} at ${place}`,
          operands,
          write: ([x, y]) => [x!.maximum(y!), x!.minimum(y!), x!.lt(y!).where(x!, y!), x!.max([0]), x!.min([0])],
          special,
        },
        { what: `${value} at ${place}, added`, operands, write: ([x]) => [x!.neg().sum([0]), x!.prod([0])], special },
      ]
    }),
  ),
  {
    what: 'nothing but -Infinity',
    operands: [vector(dtype, ...at(19, [], 0).map(() => -Infinity))],
    write: ([x]) => [x!.max([0]), x!.neg().min([0])],
    special: 'NaN and infinities',
  },
  {
    what: 'nothing but -Infinity, in exp',
    operands: [vector(dtype, ...at(19, [], 0).map(() => -Infinity))],
    write: ([x]) => [x!.exp().sum([0])],
    special: 'NaN and infinities',
  },
  {
    what: 'signed zeros',
    operands: [vector(dtype, ...at(19, [0, 3, 17], -0)), vector(dtype, ...at(19, [0, 1, 17], 0))],
    write: ([x, y]) => [x!.neg(), x!.mul(y!), x!.add(y!), x!.sub(y!), y!.eq(0).where(x!.neg(), y!), x!.abs()],
    special: 'signed zeros',
  },
]

export const loopCalls = (): Call[] => [
  ...SIZES.flatMap((n) => [
    ...NUMBERS.flatMap((dtype) =>
      Object.entries(spaces).map(([what, [space, axes]]) => sized(what, dtype, space(n), axes)),
    ),
    logical(n),
    transcendental(n),
  ]),
  ...(['float32', 'int32'] as const).flatMap((dtype) =>
    REPEATED.flatMap((shape) => SUBSETS.map((axes) => repeated(dtype, shape, axes))),
  ),
  ...SUBSETS.slice(1).map(twice),
  ...places,
  ...countersAndPowers,
  ...ALL.filter(isFloat).flatMap(specials),
]
