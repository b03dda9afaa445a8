/** One call of a primitive, as data: what a generator makes and a case runs. */
import type { Attributes, DType, Primitive, Shape, TensorType } from '@glissade/core/backend'
import { DTYPES, numel } from '@glissade/core/backend'
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
}
export type Generator<P extends Primitive> = () => Sample<Attributes[P]>[]

export const FLOATS: readonly DType[] = ['float32', 'float64']
export const INTEGERS: readonly DType[] = ['int32', 'uint8']
export const NUMBERS: readonly DType[] = [...FLOATS, ...INTEGERS]
export const ALL: readonly DType[] = [...NUMBERS, 'bool']
export const isFloat = (dtype: DType): boolean => DTYPES[dtype].kind === 'float'

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

/** Exponents of normal numbers. */
const NORMAL: { readonly [D in DType]?: readonly [number, number] } = { float32: [-126, 127], float64: [-1022, 1023] }
const MANTISSA = 2 ** 23
/**
 * Every exponent in turn, with both signs and any mantissa (the least and the greatest often), and what is special among them,
 * so that kernels which look at several elements at once meet it beside ordinary ones.
 */
export const everySize =
  (dtype: DType, shift: Fill = () => 0): Fill =>
  (random, i) => {
    const [low, high] = NORMAL[dtype]!
    if (i % 41 === 40) return listed(NaN, Infinity, -Infinity, 0, -0)(random, (i - 40) / 41)
    const exponent = low + (Math.floor(i / 2) % (high - low + 1)) + shift(random, i)
    const digits = random.chance(0.2) ? (random.chance(0.5) ? 0 : MANTISSA - 1) : random.integer(0, MANTISSA - 1)
    const size = (1 + digits / MANTISSA) * 2 ** Math.max(low, Math.min(high, exponent))
    return i % 2 === 0 ? size : -size
  }
/** Elements with which it comes to every exponent twice or more, whatever the dtype. */
export const EVERY_SIZE = 4099

const ORDINARY: { readonly [D in DType]: Fill } = {
  float32: between(-3, 3),
  float64: between(-3, 3),
  int32: integers(-9, 9),
  uint8: integers(0, 15),
  bool: integers(0, 1),
}
export const ordinary = (dtype: DType): Fill => ORDINARY[dtype]
const SMALL: { readonly [D in DType]: Fill } = {
  ...ORDINARY,
  float32: integers(-4, 4),
  float64: integers(-4, 4),
  int32: integers(-4, 4),
  uint8: integers(0, 4),
}
/** Small integers: sums and products of a few dozen are exact in every dtype. */
export const small = (dtype: DType): Fill => SMALL[dtype]
/** Everything that an integer dtype holds. */
export const wide = (dtype: DType): Fill => (dtype === 'uint8' ? integers(0, 255) : integers(-(2 ** 31), 2 ** 31 - 1))

export const operand = (dtype: DType, shape: Shape, fill: Fill = ordinary(dtype)): OperandSpec => ({
  type: { dtype, shape },
  fill,
})
/** Exactly these, along one axis. */
export const vector = (dtype: DType, ...list: readonly number[]): OperandSpec =>
  operand(dtype, [list.length], listed(...list))

/** What an element becomes where it is stored. */
export const STORED: { readonly [D in DType]: (x: number) => number } = {
  float32: Math.fround,
  float64: (x) => x,
  int32: (x) => x | 0,
  uint8: (x) => x & 255,
  bool: (x) => (x === 0 ? 0 : 1),
}

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
    const store = STORED[type.dtype]
    for (let i = 0; i < data.length; i++) data[i] = store(fill(random, i))
    return { type, data }
  })
}

export const show = (list: readonly unknown[]): string => `[${list.join(',')}]`
