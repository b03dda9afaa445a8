/** Instructions as trees: what a function is made of before it becomes bytes or text. Nothing here knows the formats. */
import { instructionsOf, LANE, MEMORY, PLAIN, type BULK, type Result, type ValueType } from './instructions.ts'

/** An instruction with its operands, giving a value of type T, or nothing. */
export interface Code<T extends Result = Result> {
  readonly type: T
  readonly op: string
  readonly args: readonly Code[]
  /** The number of a local, function, lane or label; the value of a constant. */
  readonly immediate?: number
  /** Added to the address. */
  readonly offset?: number
  /** Of `v128.const` and `i8x16.shuffle`. */
  readonly bytes?: Uint8Array
  /** Of blocks, loops and conditions. */
  readonly body?: readonly Code[]
  readonly otherwise?: readonly Code[]
}

/** Of a byte in the memory; counts are written as addresses too. */
export type Address = Code<'i32'>

type Names<T> = { [S in keyof T]: keyof T[S] }[keyof T]
type Signature<T, N> = { [S in keyof T]: N extends keyof T[S] ? S : never }[keyof T]
type Codes<P> = P extends `${infer First} ${infer Rest}`
  ? [...Codes<First>, ...Codes<Rest>]
  : P extends ValueType
    ? [Code<P>]
    : never
type Operands<T, N> = Signature<T, N> extends infer S ? (S extends `${infer P} -> ${string}` ? Codes<P> : never) : never
type Given<T, N> =
  Signature<T, N> extends infer S ? (S extends `${string} -> ${infer R extends Result}` ? Code<R> : never) : never

const results = new Map([PLAIN, LANE, MEMORY].flatMap(instructionsOf).map(([name, { result }]) => [name, result]))

/** An instruction on values. */
export function op<N extends Names<typeof PLAIN>>(name: N, ...args: Operands<typeof PLAIN, N>): Given<typeof PLAIN, N> {
  return { type: results.get(name), op: name, args } as unknown as Given<typeof PLAIN, N>
}
export function lane<N extends Names<typeof LANE>>(
  name: N,
  immediate: number,
  ...args: Operands<typeof LANE, N>
): Given<typeof LANE, N> {
  return { type: results.get(name), op: name, args, immediate } as unknown as Given<typeof LANE, N>
}
/** A load or store at `address + offset`; a constant in the address goes into the offset. */
export function at<N extends Names<typeof MEMORY>>(
  name: N,
  offset: number,
  ...args: Operands<typeof MEMORY, N>
): Given<typeof MEMORY, N> {
  const operands: Code[] = args
  let total = offset
  const address = operands[0]!
  const constant = address.op === 'i32.add' ? constantOf(address.args[1]!) : null
  if (constant !== null && constant > 0) {
    operands[0] = address.args[0]!
    total += constant
  }
  return { type: results.get(name), op: name, args: operands, offset: total } as unknown as Given<typeof MEMORY, N>
}
export function storeLane(offset: number, index: number, address: Code<'i32'>, value: Code<'v128'>): Code<'void'> {
  return { type: 'void', op: 'v128.store32_lane', args: [address, value], offset, immediate: index }
}
export function bulk(
  name: Names<typeof BULK>,
  target: Code<'i32'>,
  source: Code<'i32'>,
  length: Code<'i32'>,
): Code<'void'> {
  return { type: 'void', op: name, args: [target, source, length] }
}

/** Operands of what has none: one list for thousands of constants and locals. */
export const NONE: readonly never[] = []

export const i32 = (value: number): Code<'i32'> => ({ type: 'i32', op: 'i32.const', args: NONE, immediate: value | 0 })
export const i64 = (value: number): Code<'i64'> => ({ type: 'i64', op: 'i64.const', args: NONE, immediate: value })
export const f32 = (value: number): Code<'f32'> => ({
  type: 'f32',
  op: 'f32.const',
  args: NONE,
  immediate: Math.fround(value),
})
export const f64 = (value: number): Code<'f64'> => ({ type: 'f64', op: 'f64.const', args: NONE, immediate: value })

const vector = (array: Float32Array | Float64Array | Int32Array): Code<'v128'> => ({
  type: 'v128',
  op: 'v128.const',
  args: NONE,
  bytes: new Uint8Array(array.buffer),
})
/**
 * The same number in every lane. As a splat and not as a constant: V8 moves a splat out of loops and keeps it in a register
 * or on the stack, but writes a vector constant anew at every use, in three instructions.
 */
export const f32x4 = (value: number): Code<'v128'> => op('f32x4.splat', f32(value))
export const i32x4 = (...values: [number] | [number, number, number, number]): Code<'v128'> => {
  if (values.length > 1) return vector(Int32Array.from(values))
  return values[0] === 0 ? vector(new Int32Array(4)) : op('i32x4.splat', i32(values[0]))
}
export const f64x2 = (value: number): Code<'v128'> => vector(new Float64Array(2).fill(value))
/** 64 bits, given as its high and low halves, in both lanes. */
export const i64x2 = (high: number, low: number): Code<'v128'> => vector(Int32Array.of(low, high, low, high))

/** Lanes of 32 bits picked from two vectors: 0 to 3 from the first, 4 to 7 from the second. */
export function shuffle(a: Code<'v128'>, b: Code<'v128'>, ...lanes: [number, number, number, number]): Code<'v128'> {
  const bytes = Uint8Array.from(lanes.flatMap((l) => [4 * l, 4 * l + 1, 4 * l + 2, 4 * l + 3]))
  return { type: 'v128', op: 'i8x16.shuffle', args: [a, b], bytes }
}
/** The lowest byte of every lane of 32 bits, in the lowest four bytes. */
export function lowBytes(a: Code<'v128'>): Code<'v128'> {
  return {
    type: 'v128',
    op: 'i8x16.shuffle',
    args: [a, a],
    bytes: Uint8Array.from({ length: 16 }, (_, i) => (4 * i) % 16),
  }
}
/** `a` where the condition is not 0, else `b`; both are computed. */
export function select<T extends ValueType>(a: Code<T>, b: Code<T>, condition: Code<'i32'>): Code<T> {
  return { type: a.type, op: 'select', args: [a, b, condition] }
}

const constantOf = (code: Code): number | null => (code.op === 'i32.const' ? code.immediate! : null)

/** Sums and products of addresses, constants folded. */
export function add(a: Code<'i32'>, b: Code<'i32'> | number): Code<'i32'> {
  const x = constantOf(a)
  const y = typeof b === 'number' ? b : constantOf(b)
  if (y === 0) return a
  if (x !== null && y !== null) return i32(x + y)
  const right = typeof b === 'number' ? i32(b) : b
  return x === 0 ? right : op('i32.add', a, right)
}
export function mul(a: Code<'i32'>, b: Code<'i32'> | number): Code<'i32'> {
  const x = constantOf(a)
  const y = typeof b === 'number' ? b : constantOf(b)
  if (x === 0 || y === 0) return i32(0)
  if (y === 1) return a
  if (x !== null && y !== null) return i32(Math.imul(x, y))
  if (y !== null && y > 0 && (y & (y - 1)) === 0) return op('i32.shl', a, i32(Math.log2(y)))
  const right = typeof b === 'number' ? i32(b) : b
  return x === 1 ? right : op('i32.mul', a, right)
}
export const lessThan = (a: Code<'i32'>, b: Code<'i32'> | number): Code<'i32'> =>
  op('i32.lt_u', a, typeof b === 'number' ? i32(b) : b)
