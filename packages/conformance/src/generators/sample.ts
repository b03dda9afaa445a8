/** One call of a primitive, as data: what a generator makes and a case runs. */
import type { Attributes, DType, Primitive, Shape, TensorType } from '@glissade/core/backend'
import { DTYPES, DTYPE_NAMES, isFloat, numel } from '@glissade/core/backend'
import { Random } from '@glissade/core/ir'
import type { Operand } from '../session.ts'

/** The element at position i. */
export type Fill = (random: Random, i: number) => number

export interface OperandSpec {
  readonly type: TensorType
  readonly fill: Fill
}

/** Values that WGSL's accuracy rules leave open. The zeros' signs and subnormals are `should`, the others `must`. */
export type Special = 'NaN and infinities' | 'signed zeros' | 'subnormals' | 'numbers of every size'

export interface Sample<A = object> {
  /** The last part of the id. */
  readonly what: string
  /** The dtype in the id; by default that of the first operand. */
  readonly dtype?: DType
  readonly attrs: A
  readonly operands: readonly OperandSpec[]
  readonly special?: Special
  /** Every partial result is exact in the dtype, so nothing may be off: a wrong index cannot hide in a tolerance. */
  readonly exact?: true
  /** Its operands, which are lines, come so many times over: many elements by the definition of a few. */
  readonly times?: number
}
export type Generator<P extends Primitive> = () => Sample<Attributes[P]>[]

export const FLOATS: readonly DType[] = DTYPE_NAMES.filter(isFloat)
export const INTEGERS: readonly DType[] = DTYPE_NAMES.filter((dtype) => DTYPES[dtype].kind === 'integer')
export const NUMBERS: readonly DType[] = [...FLOATS, ...INTEGERS]
export const ALL: readonly DType[] = [...NUMBERS, 'bool']
export { isFloat }
/** How far the exponents of a float dtype go, by those of float32: kit-wide ranges of sizes are scaled by it. */
export const reachOf = (dtype: DType): number => Math.min(1, DTYPES[dtype].least / DTYPES.float32.least)

/** 0-d, one element, none, a line, odd sizes, more than a work group. */
export const SHAPES: readonly Shape[] = [[], [1], [0], [7], [2, 0, 3], [3, 5], [2, 3, 4], [301]]

// ---- Elements -------------------------------------------------------------------------------------------------------

export const between =
  (low: number, high: number): Fill =>
  (random) =>
    low + random.number() * (high - low)
export const integers =
  (low: number, high: number): Fill =>
  (random) =>
    random.integer(low, high)
export const listed =
  (...list: readonly number[]): Fill =>
  (_, i) =>
    list[i % list.length]!
/** Sizes from 2^low to 2^high, all equally often. */
export const exponents =
  (low: number, high: number): Fill =>
  (random) =>
    2 ** (low + random.number() * (high - low))

const MANTISSA = 2 ** 23
/**
 * Every exponent in turn, with both signs and any mantissa (the least and the greatest often), and what is special among them,
 * so that kernels which look at several elements at once meet it beside ordinary ones.
 */
export const everySize =
  (dtype: DType, shift: Fill = () => 0): Fill =>
  (random, i) => {
    // Exponents of normal numbers.
    const low = DTYPES[dtype].least
    const high = 1 - low
    if (i % 41 === 40) return listed(NaN, Infinity, -Infinity, 0, -0)(random, (i - 40) / 41)
    const exponent = low + (Math.floor(i / 2) % (high - low + 1)) + shift(random, i)
    const digits = random.chance(0.2) ? (random.chance(0.5) ? 0 : MANTISSA - 1) : random.integer(0, MANTISSA - 1)
    const size = (1 + digits / MANTISSA) * 2 ** Math.max(low, Math.min(high, exponent))
    return i % 2 === 0 ? size : -size
  }
/** Elements with which it comes to every exponent twice or more, whatever the dtype. */
export const EVERY_SIZE = 4099

/** Integers from -`size` (0 where there are no negative ones) to `size`. */
const about = (dtype: DType, size: number, positive = size): Fill =>
  DTYPES[dtype].range[0] < 0 ? integers(-size, size) : integers(0, Math.min(positive, DTYPES[dtype].range[1]))
export const ordinary = (dtype: DType): Fill => (isFloat(dtype) ? between(-3, 3) : about(dtype, 9, 15))
/** Small integers: sums and products of a few dozen are exact in every dtype. */
export const small = (dtype: DType): Fill => about(dtype, 4)
/** Everything that an integer dtype holds. */
export const wide = (dtype: DType): Fill => integers(...DTYPES[dtype].range)

export const operand = (dtype: DType, shape: Shape, fill: Fill = ordinary(dtype)): OperandSpec => ({
  type: { dtype, shape },
  fill,
})
/** Lines so many times as long. */
export const longer = (operands: readonly OperandSpec[], times: number): OperandSpec[] =>
  operands.map(({ type: { dtype, shape }, fill }) =>
    operand(
      dtype,
      shape.map((size) => size * times),
      fill,
    ),
  )
/** The elements, one behind the other so often that there are `size`. */
export const repeated = (data: ArrayLike<number>, size: number): Float64Array =>
  Float64Array.from({ length: size }, (_, i) => data[i % data.length]!)
/** Exactly these, along one axis. */
export const vector = (dtype: DType, ...list: readonly number[]): OperandSpec =>
  operand(dtype, [list.length], listed(...list))

/** FNV-1a, so that elements depend on the case's name and on nothing else. */
export function seedOf(name: string): number {
  let state = 0x811c9dc5
  for (let i = 0; i < name.length; i++) state = Math.imul(state ^ name.charCodeAt(i), 0x01000193)
  return state
}

/** Elements, exactly representable in their dtypes. */
export function draw(operands: readonly OperandSpec[], seed: number): Operand[] {
  const random = new Random(seed)
  return operands.map(({ type, fill }) => {
    const data = new Float64Array(numel(type.shape))
    const { round } = DTYPES[type.dtype]
    for (let i = 0; i < data.length; i++) data[i] = round(fill(random, i))
    return { type, data }
  })
}

export const show = (list: readonly unknown[]): string => `[${list.join(',')}]`
