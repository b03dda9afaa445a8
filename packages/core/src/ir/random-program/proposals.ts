/** How a random program comes by a node of each primitive: operands from the pool, and attributes that fit them. */
import {
  UNARY_FLOAT,
  type Attributes,
  type Axes,
  type DType,
  type None,
  type Primitive,
  type Shape,
  type Window,
} from '../../contract/contract.ts'
import { isFloat, typeOf } from '../type.ts'
import { ANY, FLOAT, INTEGER, LOGICAL, MAX_RANK, NUMBER, type Known, type Pool, type Wanted } from './pool.ts'
import type { Random } from './random.ts'

/** A node with attributes of the type A. */
interface Proposed<A> {
  readonly attrs: A
  /** An operand may be null, where the pool had none. */
  readonly args: readonly (Known | null)[]
}
/** null where the pool has no first operand. What it proposes may still be turned down, for its types or elements. */
export type Proposal<A> = (pool: Pool) => Proposed<A> | null

/** Attributes and further operands, once there is a first one. */
const given =
  <A>(
    dtypes: readonly DType[],
    wanted: Wanted,
    rest: (x: Known, random: Random, pool: Pool) => Proposed<A> | null,
  ): Proposal<A> =>
  (pool) => {
    const x = pool.any(dtypes, wanted)
    return x === null ? null : rest(x, pool.random, pool)
  }

const unary = (dtypes: readonly DType[], wanted: Wanted = {}): Proposal<None> =>
  given(dtypes, wanted, (x) => ({ attrs: {}, args: [x] }))

const binary = (dtypes: readonly DType[], wanted: Wanted = {}, wantedSecond: Wanted = wanted): Proposal<None> =>
  given(dtypes, wanted, (x, _, pool) => ({ attrs: {}, args: [x, pool.of(x.type, wantedSecond)] }))

/** Integer and floating-point operands under different conditions. */
const either =
  <A>(ofFloats: Proposal<A>, ofIntegers: Proposal<A>): Proposal<A> =>
  (pool) =>
    pool.random.chance(0.6) ? (ofFloats(pool) ?? ofIntegers(pool)) : (ofIntegers(pool) ?? ofFloats(pool))

const axesOf = ({ type }: Known): number[] => type.shape.map((_, axis) => axis)
const someAxes = (x: Known, random: Random): number[] => axesOf(x).filter(() => random.chance(0.5))

const reduction = (wanted: Wanted = {}): Proposal<Axes> =>
  given(NUMBER, wanted, (x, random) => ({ attrs: { axes: someAxes(x, random) }, args: [x] }))

/** Windows that mostly fit; shapes and elements decide whether they do. */
const windowed: Proposal<Window> = given(NUMBER, { rank: 1 }, (x, random) => {
  const rank = random.integer(1, Math.min(2, x.type.shape.length))
  const each = <T>(one: () => T): T[] => Array.from({ length: rank }, one)
  return {
    attrs: {
      window: each(() => random.integer(1, 3)),
      strides: each(() => random.integer(1, 2)),
      padding: each(() => [random.integer(0, 1), random.integer(0, 1)] as const),
      dilation: each(() => (random.chance(0.8) ? 1 : 2)),
    },
    args: [x],
  }
})

function reshaped(shape: Shape, random: Random): number[] {
  const axis = random.integer(0, shape.length - 1)
  const size = shape[axis] ?? 1
  const divisor = [5, 4, 3, 2, 1].find((n) => size % n === 0 && n !== size) ?? 1
  return random.choose<() => number[]>([
    () => [shape.reduce((product, n) => product * n, 1)],
    () => shape.toSpliced(random.integer(0, shape.length), 0, 1),
    () => shape.filter((n) => n !== 1),
    () => (axis > 0 ? shape.toSpliced(axis - 1, 2, shape[axis - 1]! * size) : [...shape]),
    () => (shape.length > 0 ? shape.toSpliced(axis, 1, divisor, size / divisor) : []),
    () => random.shuffle(shape),
  ])()
}

/** An index into `axis` of x. */
const indexInto = (x: Known, axis: number, pool: Pool): Known | null =>
  pool.any(['int32'], { low: 0, high: x.type.shape[axis]! - 1, elements: 12 })

export const proposals: { readonly [P in Primitive]: Proposal<Attributes[P]> } = {
  // Real functions take what all of them are defined for, smooth and tame, but for the rows below.
  ...(Object.fromEntries(UNARY_FLOAT.map((op) => [op, unary(FLOAT, { low: 1 / 16, high: 4 })])) as Record<
    (typeof UNARY_FLOAT)[number],
    Proposal<None>
  >),
  neg: unary(NUMBER),
  abs: unary(NUMBER),
  sign: unary(NUMBER, { exact: true }),
  floor: unary(FLOAT, { exact: true }),
  ceil: unary(FLOAT, { exact: true }),
  round: unary(FLOAT, { exact: true }),
  exp: unary(FLOAT, { low: -10, high: 4 }),
  expm1: unary(FLOAT, { low: -10, high: 4 }),
  log: unary(FLOAT, { low: 1 / 16 }),
  log1p: unary(FLOAT, { low: -7 / 8 }),
  // Where WGSL bounds the error.
  sin: unary(FLOAT, { low: -3, high: 3 }),
  cos: unary(FLOAT, { low: -3, high: 3 }),
  atan: unary(FLOAT),
  tanh: unary(FLOAT),
  erf: unary(FLOAT),

  add: binary(NUMBER),
  sub: binary(NUMBER),
  mul: binary(NUMBER),
  div: either(binary(FLOAT, {}, { divisor: true }), binary(INTEGER)),
  mod: binary(NUMBER, { exact: true }, { exact: true, divisor: true }),
  pow: either(binary(FLOAT, { low: 1 / 16, high: 8 }, { low: -3, high: 3 }), binary(INTEGER, {}, { low: 0, high: 31 })),
  maximum: binary(NUMBER),
  minimum: binary(NUMBER),
  eq: binary(ANY, { exact: true }),
  lt: binary(ANY, { exact: true }),
  le: binary(ANY, { exact: true }),
  and: binary(LOGICAL),
  or: binary(LOGICAL),
  not: unary(LOGICAL),

  where: given(ANY, {}, (a, _, pool) => {
    const condition = pool.of(typeOf('bool', a.type.shape))
    return { attrs: {}, args: [condition, a, pool.of(a.type)] }
  }),
  cast: (pool) => {
    const dtype = pool.random.choose(pool.dtypes)
    const x = pool.any(ANY, isFloat(dtype) ? {} : { exact: true })
    return x === null ? null : { attrs: { dtype }, args: [x] }
  },
  sum: reduction(),
  prod: reduction({ low: -4, high: 4 }),
  max: reduction(),
  min: reduction(),
  argmax: given(NUMBER, { rank: 1, exact: true }, (x, random) => ({
    attrs: { axis: random.choose(axesOf(x)) },
    args: [x],
  })),
  cumsum: given(NUMBER, { rank: 1 }, (x, random) => ({
    attrs: { axis: random.choose(axesOf(x)), reverse: random.chance(0.5) },
    args: [x],
  })),

  reshape: given(ANY, {}, (x, random) => ({ attrs: { shape: reshaped(x.type.shape, random) }, args: [x] })),
  permute: given(ANY, {}, (x, random) => ({ attrs: { order: random.shuffle(axesOf(x)) }, args: [x] })),
  expand: given(ANY, { elements: 30 }, (x, random) => {
    const { shape } = x.type
    const lead = Array.from({ length: random.integer(0, MAX_RANK - shape.length) }, () => random.integer(1, 3))
    return {
      attrs: { shape: [...lead, ...shape.map((size) => (size === 1 ? random.integer(1, 4) : size))] },
      args: [x],
    }
  }),
  slice: given(ANY, {}, (x, random) => {
    const { shape } = x.type
    const start = shape.map((size) => random.integer(0, Math.max(0, size - 1)))
    const stop = shape.map((size, axis) => random.integer(Math.min(start[axis]! + 1, size), size))
    return { attrs: { start, stop, step: shape.map(() => random.choose([1, 1, 2, 3])) }, args: [x] }
  }),
  pad: given(ANY, {}, (x, random) => {
    const amounts = (high: number): number[] => axesOf(x).map(() => (random.chance(0.5) ? 0 : random.integer(0, high)))
    const value = random.choose(isFloat(x.type.dtype) ? [0, 1, -1.5] : [0, 1])
    return { attrs: { low: amounts(2), high: amounts(2), interior: amounts(1), value }, args: [x] }
  }),
  flip: given(ANY, {}, (x, random) => ({ attrs: { axes: someAxes(x, random) }, args: [x] })),
  concat: given(ANY, { rank: 1 }, (x, random, pool) => {
    const axis = random.choose(axesOf(x))
    const more = Array.from({ length: random.integer(0, 2) }, () => {
      const shape = x.type.shape.with(axis, random.chance(0.5) ? x.type.shape[axis]! : random.integer(1, 3))
      return pool.of(typeOf(x.type.dtype, shape))
    })
    return { attrs: { axis }, args: random.shuffle([x, ...more]) }
  }),
  constant: (pool) => {
    const type = typeOf(pool.random.choose(pool.dtypes), pool.shape({ elements: 30 }))
    const data = [...pool.draw(type)]
    const value = pool.random.chance(0.5) ? (data[0] ?? 0) : data
    return { attrs: { dtype: type.dtype, shape: type.shape, value }, args: [] }
  },
  iota: (pool) => {
    const dtypes = pool.dtypes.filter((dtype) => NUMBER.includes(dtype))
    const shape = pool.shape({ rank: 1 })
    if (dtypes.length === 0) return null
    const axis = pool.random.integer(0, shape.length - 1)
    return { attrs: { dtype: pool.random.choose(dtypes), shape, axis }, args: [] }
  },

  dot: given(NUMBER, { rank: 2 }, (a, random, pool) => {
    const { dtype, shape } = a.type
    const [transposeA, transposeB] = [random.chance(0.5), random.chance(0.5)]
    const k = shape.at(transposeA ? -2 : -1)!
    const n = random.choose([1, 2, 3, k])
    const b = pool.of(typeOf(dtype, [...shape.slice(0, -2), ...(transposeB ? [n, k] : [k, n])]))
    return { attrs: { transposeA, transposeB }, args: [a, b] }
  }),
  conv: given(FLOAT, { rank: 3 }, (x, random, pool) => {
    const { dtype, shape } = x.type
    const [, channels, ...space] = shape as [number, number, ...number[]]
    const groups = random.choose([1, 2, 3].filter((n) => channels % n === 0))
    const each = <T>(one: () => T): T[] => space.map(one)
    const window = each(() => random.integer(1, 3))
    const w = pool.of(typeOf(dtype, [groups * random.integer(1, 2), channels / groups, ...window]))
    return {
      attrs: {
        strides: each(() => random.integer(1, 2)),
        padding: each(() => [random.integer(-1, 2), random.integer(-1, 2)] as const),
        dilation: each(() => random.choose([1, 1, 2])),
        inputDilation: each(() => random.choose([1, 1, 2])),
        groups,
      },
      args: [x, w],
    }
  }),
  windowSum: windowed,
  windowArgmax: (pool) => {
    const proposed = windowed(pool)
    return proposed?.args[0]!.exact ? proposed : null
  },

  gather: given(ANY, { rank: 1 }, (x, random, pool) => {
    const axis = random.choose(axesOf(x))
    return { attrs: { axis }, args: [x, indexInto(x, axis, pool)] }
  }),
  scatterAdd: given(NUMBER, { rank: 1 }, (x, random, pool) => {
    const axis = random.choose(axesOf(x))
    const index = indexInto(x, axis, pool)
    if (index === null) return null
    const updates = pool.of(typeOf(x.type.dtype, x.type.shape.toSpliced(axis, 1, ...index.type.shape)))
    return { attrs: { axis }, args: [x, index, updates] }
  }),
  sort: given(NUMBER, { rank: 1, exact: true }, (x, random) => ({
    attrs: { axis: random.choose(axesOf(x)), descending: random.chance(0.5) },
    args: [x],
  })),
}
