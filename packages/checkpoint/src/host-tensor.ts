/** The neutral value that files are read to and written from: an element type, a shape, and a plain typed array. */
import type { DType, DTypeTraits } from '@glissade/core/backend'
import { describe, type Refuse } from './error.ts'

/** Element types in memory: those of tensors. */
export type HostDType = DType

/** The array that holds each of them. A bool is a byte of 0 or 1, a float16 a float32 of the same value. */
export type HostArrays = { readonly [D in HostDType]: DTypeTraits[D]['elements'] }

/** Element types that only files have, and what holds their values in memory, by the rules of `readSafetensors`. */
export interface Converted {
  bfloat16: 'float32'
  float8_e4m3fn: 'float32'
  float8_e5m2: 'float32'
  float8_e8m0fnu: 'float32'
  int8: 'int32'
  int16: 'int32'
  int64: 'int32'
  uint16: 'int32'
  uint32: 'int32'
  uint64: 'int32'
}
/** Element types in files. */
export type FileDType = HostDType | keyof Converted

/**
 * A tensor in host memory: contiguous, row-major.
 *
 * `as` is its element type in the file. Readers state it where it differs from `dtype`, so that writing gives the
 * file's type back; writers take it as the order to convert, and without it write `dtype`. An int32 may be written as
 * any integer type that holds all its values, a float32 as float16, bfloat16 or float8 (rounded to nearest even).
 */
export type HostTensor = {
  [D in HostDType]: {
    readonly dtype: D
    readonly shape: readonly number[]
    readonly data: HostArrays[D]
    readonly as?: FileDType
  }
}[HostDType]

/** PyTorch's limit on the number of dimensions (64, from its dispatcher's bitset of axes). */
const MAX_RANK = 64

/** A shape read from a file and its number of elements, or a refusal: whole, not negative, and countable. */
export function readShape(dims: readonly unknown[], refuse: Refuse): { shape: readonly number[]; count: number } {
  if (dims.length > MAX_RANK) refuse(`a shape of ${dims.length} dimensions; at most ${MAX_RANK} are read`)
  const shape = dims.map((dim) => readCount(dim, 'the shape', refuse))
  if (shape.includes(0)) return { shape, count: 0 }
  const count = shape.reduce((product, dim) => product * dim, 1)
  // Past 2^53 the product is not exact.
  if (count > Number.MAX_SAFE_INTEGER) refuse(`the shape [${shape.join(',')}] is too large`)
  return { shape, count }
}

/** A whole number of at least 0 read from a file, or a refusal that says whose it is. */
export function readCount(value: unknown, owner: string, refuse: Refuse): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    return refuse(`${owner} has ${describe(value)} where a whole number of at least 0 belongs`)
  }
  return value + 0 // -0 becomes 0
}
