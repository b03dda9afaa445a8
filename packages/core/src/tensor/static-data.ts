/** Data of a tensor known to the compiler: from nested arrays to shape and dtype, and back. */
import type { DType, Shape } from '../contract/contract.ts'
import type { Elements } from '../contract/dtype.ts'
import type { Nested, TensorData } from '../engine/host.ts'
import type { AnyDType } from './static-dtype.ts'
import type { AnyShape, AsShape } from './static-shape.ts'

/** A list per dimension; bool as booleans. Where the rank is not known, the caller knows it. */
export type NestedOf<S extends Shape, D extends DType> = number extends S['length'] ? AnyElements : Lists<S, Element<D>>
// oxlint-disable-next-line no-explicit-any
type AnyElements = any
type Element<D extends DType> = DType extends D ? AnyElements : D extends 'bool' ? boolean : number
type Lists<S extends Shape, E> = S extends readonly [number, ...infer R extends Shape] ? Lists<R, E>[] : E

/** The shape of literal nested arrays; of other arrays the rank. */
export type ShapeOfData<A extends TensorData> = A extends Elements ? readonly [number] : AsShape<Lengths<A>>
type Lengths<A> = Nested extends A
  ? AnyShape
  : A extends readonly unknown[]
    ? A extends readonly []
      ? readonly [0]
      : Lengths<A[number]> extends infer R extends Shape
        ? readonly [A['length'], ...R]
        : AnyShape
    : readonly []
/** float32 for numbers, bool for booleans, a typed array's own. */
export type DTypeOfData<A extends TensorData> = A extends Float32Array
  ? 'float32'
  : A extends Float64Array
    ? 'float64'
    : A extends Int32Array
      ? 'int32'
      : A extends Uint8Array
        ? 'uint8'
        : DTypeOfLeaf<A>
type DTypeOfLeaf<A> = Nested extends A
  ? AnyDType
  : A extends readonly unknown[]
    ? A extends readonly []
      ? 'float32'
      : DTypeOfLeaf<A[number]>
    : A extends boolean
      ? 'bool'
      : 'float32'
