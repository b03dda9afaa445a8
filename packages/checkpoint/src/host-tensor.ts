/** The neutral value that files are read to and written from: an element type, a shape, and a plain typed array. */
import { describe, type Refuse } from './error.ts'

/** The array that holds each host element type. A bool is a byte of 0 or 1. */
export interface HostArrays {
  float32: Float32Array
  float64: Float64Array
  int32: Int32Array
  uint8: Uint8Array
  bool: Uint8Array
}

/** Element types in memory. */
export type HostDType = keyof HostArrays

/** Element types in files. Those that are no `HostDType` are converted by the rules of `readSafetensors`. */
export type FileDType =
  | HostDType
  | 'float16'
  | 'bfloat16'
  | 'float8_e4m3fn'
  | 'float8_e5m2'
  | 'float8_e8m0fnu'
  | 'int8'
  | 'int16'
  | 'int64'
  | 'uint16'
  | 'uint32'
  | 'uint64'

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
