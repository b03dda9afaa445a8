/** Dtypes known to the compiler: from the dtypes of operands to the dtype of the result, as ops/promotion.ts computes it. */
import type { DType, Shape } from '../contract/contract.ts'
import type { ShapeOf, Typed, Unranked } from './static-shape.ts'

/** A dtype of which nothing is known: it fits everywhere, as AnyShape does. So is that of parameters, which `module.to()` casts. */
// oxlint-disable-next-line no-explicit-any
export type AnyDType = any
/** The dtype of a tensor as its type parameter says it. */
export type DTypeOf<T extends Typed> = T['glissadeTensor']['dtype']
/** What is read from a tensor. Only `any` has keys that no text has. */
export type ReadDType<D extends DType> = keyof D extends keyof string ? D : DType
/** What follows from nothing known is not known. */
type Follows<D extends DType, Result> = DType extends D ? AnyDType : Result

interface OfDType {
  /** Where results are real numbers, integers become float32. */
  readonly real: { bool: 'float32'; uint8: 'float32'; int32: 'float32'; float32: 'float32'; float64: 'float64' }
  /** Sums of bool and uint8 are counted in int32. */
  readonly sum: { bool: 'int32'; uint8: 'int32'; int32: 'int32'; float32: 'float32'; float64: 'float64' }
  /** Beside an integer. */
  readonly integer: { bool: 'int32'; uint8: 'uint8'; int32: 'int32'; float32: 'float32'; float64: 'float64' }
  readonly array: {
    bool: Uint8Array
    uint8: Uint8Array
    int32: Int32Array
    float32: Float32Array
    float64: Float64Array
  }
}
/** A dtype as it was given to a function. */
export type GivenDType<D extends DType> = Follows<D, D>
export type Real<D extends DType> = Follows<D, OfDType['real'][D]>
export type Sum<D extends DType> = Follows<D, OfDType['sum'][D]>
/** The elements on the host. */
export type ElementsOf<D extends DType> = OfDType['array'][ReadDType<D>]

/** Of two operands with dimensions, or two without: the higher one. */
interface Higher {
  bool: { bool: 'bool'; uint8: 'uint8'; int32: 'int32'; float32: 'float32'; float64: 'float64' }
  uint8: { bool: 'uint8'; uint8: 'uint8'; int32: 'int32'; float32: 'float32'; float64: 'float64' }
  int32: { bool: 'int32'; uint8: 'int32'; int32: 'int32'; float32: 'float32'; float64: 'float64' }
  float32: { bool: 'float32'; uint8: 'float32'; int32: 'float32'; float32: 'float32'; float64: 'float64' }
  float64: { bool: 'float64'; uint8: 'float64'; int32: 'float64'; float32: 'float64'; float64: 'float64' }
}
/** Of an operand with dimensions (the row) and one without: the latter counts only where it is of a higher kind. */
interface Dimensioned {
  bool: { bool: 'bool'; uint8: 'uint8'; int32: 'int32'; float32: 'float32'; float64: 'float64' }
  uint8: { bool: 'uint8'; uint8: 'uint8'; int32: 'uint8'; float32: 'float32'; float64: 'float64' }
  int32: { bool: 'int32'; uint8: 'int32'; int32: 'int32'; float32: 'float32'; float64: 'float64' }
  float32: { bool: 'float32'; uint8: 'float32'; int32: 'float32'; float32: 'float32'; float64: 'float32' }
  float64: { bool: 'float64'; uint8: 'float64'; int32: 'float64'; float32: 'float64'; float64: 'float64' }
}
/** Whether the rank is 0; `boolean` where it is not known. */
type Scalar<S extends Shape> = true extends Unranked<S> ? boolean : S extends readonly [] ? true : false
/** PyTorch's table, for operands of these shapes. Source: https://pytorch.org/docs/stable/tensor_attributes.html */
export type Promote<S extends Shape, D extends DType, T extends Shape, E extends DType> = Follows<
  D,
  Follows<E, Ranked<Scalar<S>, D, Scalar<T>, E>>
>
type Ranked<A extends boolean, D extends DType, B extends boolean, E extends DType> = A extends true
  ? B extends true
    ? Higher[D][E]
    : Dimensioned[E][D]
  : B extends true
    ? Dimensioned[D][E]
    : Higher[D][E]
/** Beside a number: an integer keeps integers, a fraction makes them float32. One that is not known may be either. */
export type WithNumber<D extends DType, N extends number> = Follows<
  D,
  `${N}` extends `${bigint}`
    ? OfDType['integer'][D]
    : `${N}` extends `${string}.${string}`
      ? Real<D>
      : OfDType['integer'][D] | Real<D>
>
/** Of a list of operands: what the first two give, and that with the third, and so on. */
export type PromoteAll<L extends readonly Typed[]> = L extends readonly [
  infer A extends Typed,
  infer B extends Typed,
  ...infer R extends readonly Typed[],
]
  ? PromoteAll<
      readonly [
        { glissadeTensor: { shape: ShapeOf<A>; dtype: Promote<ShapeOf<A>, DTypeOf<A>, ShapeOf<B>, DTypeOf<B>> } },
        ...R,
      ]
    >
  : DTypeOf<L[number]>
