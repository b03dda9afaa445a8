/** The numbers of a product of matrices, and where its operands' elements lie. */
import { isFloat, numel, type Attributes, type DType, type TensorType } from '@glissade/core/backend'
import { literal, valueType } from '../../wgsl/index.ts'

export interface Sizes {
  readonly batch: number
  readonly m: number
  readonly n: number
  readonly k: number
  readonly dtype: DType
  /** Distances of an operand's elements: from row to row, and from term to term; from column to column likewise. */
  readonly a: { readonly row: number; readonly term: number }
  readonly b: { readonly column: number; readonly term: number }
}

export function sizesOf(
  { transposeA, transposeB }: Attributes['dot'],
  a: TensorType,
  { shape, dtype }: TensorType,
): Sizes {
  const [m, n] = shape.slice(-2) as [number, number]
  const k = a.shape.at(transposeA ? -2 : -1)!
  return {
    batch: numel(shape.slice(0, -2)),
    m,
    n,
    k,
    dtype,
    a: transposeA ? { row: 1, term: m } : { row: k, term: 1 },
    b: transposeB ? { column: k, term: 1 } : { column: 1, term: n },
  }
}

/** Terms after which a long sum of floats goes on in a part of its own (docs/decisions/0016-long-sums.md). */
export const PART = 256
export const isLong = ({ dtype, k }: Sizes): boolean => isFloat(dtype) && k > 2 * PART

/** The type of several results side by side. */
export const vectorOf = (dtype: DType, count: number): string =>
  count === 1 ? valueType(dtype) : `vec${count}<${valueType(dtype)}>`
export const zeroOf = (dtype: DType, count: number): string => `${vectorOf(dtype, count)}(${literal(0, dtype)})`
/** A result as its dtype has it: products and sums of bytes are exact modulo 2^32, and so modulo 256. */
export const wrapped = (dtype: DType, text: string): string => (dtype === 'uint8' ? `(${text} & 255)` : text)
