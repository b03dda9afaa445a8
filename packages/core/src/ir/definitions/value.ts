/**
 * What the definitions of the primitives are written with: values as float64 elements, and ways to walk over them.
 * Meant to be read and checked; nothing here is fast.
 */
import type { Attributes, DType, Primitive, Shape } from '../../contract/contract.ts'
import { DTYPES, stridesOf } from '../../contract/dtype.ts'
import { isFloat, type Type } from '../type.ts'

/** Elements in row-major order. Integers are exact, bool is 0 or 1. */
export interface Value {
  readonly type: Type
  readonly data: Float64Array
}

/** The elements of every result, from the operands and the result types that `infer` gave. */
export type Definition<P extends Primitive> = (
  attrs: Attributes[P],
  args: readonly Value[],
  types: readonly Type[],
) => Float64Array[]

/** What an element keeps of a result: integers wrap; floats keep all, since definitions give unrounded answers. */
export const stored = Object.fromEntries(
  Object.entries(DTYPES).map(([dtype, { kind, round }]) => [dtype, kind === 'float' ? (x: number) => x : round]),
) as { readonly [D in DType]: (x: number) => number }

/** The element that a number given as data (a constant, a scalar) becomes on every backend. */
export const represent = (dtype: DType, x: number): number => DTYPES[dtype].round(x)

/** The product of two int32 has up to 62 bits, more than a float64 holds: imul keeps the lowest 32. */
export const product = (dtype: DType): ((a: number, b: number) => number) =>
  isFloat(dtype) ? (a, b) => a * b : Math.imul

/** Calls `visit` with every index of `shape` in row-major order. The index is one array, changed between the calls. */
export function each(shape: Shape, visit: (index: readonly number[], at: number) => void): void {
  if (shape.includes(0)) return
  const index = shape.map(() => 0)
  for (let at = 0; ; at++) {
    visit(index, at)
    let axis = shape.length - 1
    while (axis >= 0 && index[axis] === shape[axis]! - 1) index[axis--] = 0
    if (axis < 0) return
    index[axis]!++
  }
}

/** Calls `visit` with the positions of every line of elements along `axis`, lines in row-major order. */
export function eachLine(
  shape: Shape,
  axis: number,
  visit: (positions: readonly number[], line: number) => void,
): void {
  const stride = stridesOf(shape)[axis]!
  each(shape.toSpliced(axis, 1), (index, line) => {
    const start = position(stridesOf(shape), index.toSpliced(axis, 0, 0))
    const positions = Array.from({ length: shape[axis]! }, (_, i) => start + i * stride)
    visit(positions, line)
  })
}

/** Where the element at `index` lies. */
export function position(strides: readonly number[], index: readonly number[]): number {
  let sum = 0
  for (let axis = 0; axis < index.length; axis++) sum += index[axis]! * strides[axis]!
  return sum
}

/** The elements of `type` by a formula of their index. */
export function tabulate(type: Type, formula: (index: readonly number[], at: number) => number): Float64Array {
  const data = new Float64Array(type.size)
  each(type.shape, (index, at) => (data[at] = stored[type.dtype](formula(index, at))))
  return data
}

/** The order of `argmax`, `windowArgmax` and `sort`, where NaN counts as greatest. */
export const isGreater = (a: number, b: number): boolean => a > b || (Number.isNaN(a) && !Number.isNaN(b))
