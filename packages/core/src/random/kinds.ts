/** Kinds of argument that random numbers have: seeds, and arrays to be filled. */
import { kind, type Kind } from '../signature/kind.ts'

export type FloatArray = Float32Array | Float64Array
/** What whole numbers are drawn into, besides BigInt64Array, which stands for PyTorch's int64. */
export type NumberArray = FloatArray | Int32Array | Uint8Array

const isFloats = (value: unknown): boolean => value instanceof Float32Array || value instanceof Float64Array
const isNumbers = (value: unknown): boolean =>
  isFloats(value) || value instanceof Int32Array || value instanceof Uint8Array

export const floats: Kind<FloatArray> = /* @__PURE__ */ kind('a Float32Array or Float64Array', isFloats)
export const numbers: Kind<NumberArray> = /* @__PURE__ */ kind(
  'a Float32Array, Float64Array, Int32Array or Uint8Array',
  isNumbers,
)
export const anyNumbers: Kind<NumberArray | BigInt64Array> = /* @__PURE__ */ kind(
  'a Float32Array, Float64Array, Int32Array, Uint8Array or BigInt64Array',
  (value) => isNumbers(value) || value instanceof BigInt64Array,
)
export const byteArray: Kind<Uint8Array> = /* @__PURE__ */ kind('a Uint8Array', (value) => value instanceof Uint8Array)
export const seedNumber: Kind<number | bigint> = /* @__PURE__ */ kind(
  'a number or a bigint',
  (value) => typeof value === 'number' || typeof value === 'bigint',
)
export const bound: Kind<number | bigint> = /* @__PURE__ */ kind(
  'an integer or a bigint',
  (value) => Number.isInteger(value) || typeof value === 'bigint',
)
