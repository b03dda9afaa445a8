/** What a reduction keeps while it runs: a vector, or two for extremes of real numbers. */
import { identity, type Reducer, type Reduction } from '@glissade/codegen'
import { DTYPES } from '@glissade/core/backend'
import type { DType } from '@glissade/core/backend'
import { i32x4, op, shuffle } from '../emitter/code.ts'
import type { FunctionWriter, Local } from '../emitter/function.ts'
import { binary, constantVector, type BinaryOp, type Writing } from './lanes.ts'
import type { Vector } from './math.ts'

/** Steps of one axis that fall into one sum, and sums into the one above, so that an error grows with the depth of the tree. */
export const CHUNK = 128
/** How an axis of more steps is cut: in chunks of the greatest power of CHUNK below its size. */
export function chunkOf(size: number): number {
  let chunk = 1
  while (chunk * CHUNK < size) chunk *= CHUNK
  return chunk
}

export interface Accumulator {
  readonly dtype: DType
  /** What of the body it takes in. */
  readonly value: number
  readonly identity: Vector
  take(place: Writing, sum: Vector, x: Vector): Vector
  merge(place: Writing, a: Vector, b: Vector): Vector
}

const isFloat = (dtype: DType): boolean => DTYPES[dtype].kind === 'float'
const COMBINE: Readonly<Record<Reducer, BinaryOp>> = { sum: 'add', prod: 'mul', max: 'maximum', min: 'minimum' }

/** What a reduction begins with. Bytes are reduced as words, and 0 has the same bits in all dtypes. */
export function identityVector(kind: Reducer, dtype: DType): Vector {
  const wide = dtype === 'uint8' ? 'int32' : dtype
  const first = identity(kind, wide)
  return first === 0 ? i32x4(0) : constantVector(wide, first)
}

/**
 * A maximum that is NaN where any element is takes V8 eight instructions. Here one of the two vectors is the maximum of the
 * numbers, and the other one has all bits set where a NaN was seen: three instructions.
 */
export function accumulatorsOf({ op: kind, dtype, value }: Reduction): readonly Accumulator[] {
  const start = identityVector(kind, dtype)
  if (isFloat(dtype) && (kind === 'max' || kind === 'min')) {
    const extreme = (_: Writing, a: Vector, b: Vector): Vector => op(kind === 'max' ? 'f32x4.pmax' : 'f32x4.pmin', a, b)
    return [
      { dtype, value, identity: start, take: extreme, merge: extreme },
      {
        dtype,
        value,
        identity: i32x4(0),
        take: (_, seen, x) => op('v128.or', seen, op('f32x4.ne', x, x)),
        merge: (_, a, b) => op('v128.or', a, b),
      },
    ]
  }
  const combine = (place: Writing, a: Vector, b: Vector): Vector =>
    binary(COMBINE[kind], place, a, b, dtype === 'uint8' ? 'int32' : dtype)
  return [{ dtype, value, identity: start, take: combine, merge: combine }]
}

/** The result, of the vectors of its accumulators. */
export const resultOf = ([first, ...seen]: readonly Vector[]): Vector =>
  seen.reduce((result, mask) => op('v128.or', result, mask), first!)

/** A local for each accumulator. */
export type Sums = readonly Local<'v128'>[]

export const freshSums = (f: FunctionWriter, accumulators: readonly Accumulator[]): Sums =>
  accumulators.map(({ identity: start }) => f.let(start))
/** Adds sums to others. */
export function mergeSums(
  place: Writing,
  accumulators: readonly Accumulator[],
  into: Sums,
  sums: readonly Vector[],
): void {
  accumulators.forEach((each, k) => place.f.set(into[k]!, each.merge(place, into[k]!, sums[k]!)))
}
/** Every lane becomes the result over all four. */
export function foldLanes(place: Writing, accumulators: readonly Accumulator[], sums: Sums): void {
  const halves = sums.map((sum) => shuffle(sum, sum, 2, 3, 0, 1))
  mergeSums(place, accumulators, sums, halves)
  const neighbours = sums.map((sum) => shuffle(sum, sum, 1, 0, 3, 2))
  mergeSums(place, accumulators, sums, neighbours)
}
/** Four float32 become their sum, in every lane. */
export function addLanes(f: FunctionWriter, sum: Local<'v128'>): void {
  f.set(sum, op('f32x4.add', sum, shuffle(sum, sum, 2, 3, 0, 1)))
  f.set(sum, op('f32x4.add', sum, shuffle(sum, sum, 1, 0, 3, 2)))
}
