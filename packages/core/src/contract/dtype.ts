/** The element types as a table: one row each. */
import type { DType, Shape, TensorType } from './contract.ts'

export type HostArray = Float32Array | Float64Array | Int32Array | Uint8Array
/** Bytes in memory that is not shared: `Uint8Array<ArrayBuffer>`, which compilers before TypeScript 5.7 cannot read. */
export type OwnBytes = ReturnType<typeof Uint8Array.of>
/** As OwnBytes, of integers. */
export type OwnIntegers = ReturnType<typeof Int32Array.of>

interface Row {
  readonly bytes: number
  readonly kind: 'float' | 'integer' | 'bool'
  readonly array: new (buffer: ArrayBufferLike, byteOffset: number, length: number) => HostArray
}

/** Bytes per element and the typed array of every dtype. */
export const DTYPES: { readonly [D in DType]: Row } = {
  float32: { bytes: 4, kind: 'float', array: Float32Array },
  float64: { bytes: 8, kind: 'float', array: Float64Array },
  int32: { bytes: 4, kind: 'integer', array: Int32Array },
  uint8: { bytes: 1, kind: 'integer', array: Uint8Array },
  bool: { bytes: 1, kind: 'bool', array: Uint8Array },
}

/** The least and the greatest number of an integer dtype. */
export const RANGES: { readonly [D in DType]?: readonly [least: number, greatest: number] } = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint8: [0, 255],
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Number of elements: the product of the sizes. */
export function numel(shape: Shape): number {
  let n = 1
  for (let i = 0; i < shape.length; i++) n *= shape[i]!
  return n
}

/** Row-major strides in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length)
  let stride = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride
    stride *= shape[axis]!
  }
  return strides
}

/** What a value takes. */
export const bytesOf = ({ dtype, shape }: TensorType): number => numel(shape) * DTYPES[dtype].bytes
