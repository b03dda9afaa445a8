/** Dtypes known to the compiler: from the dtypes of operands to the dtype of the result, as ops/promotion.ts computes it. */
import type { DTYPE_NAMES, DType, Shape } from '../contract/contract.ts'
import type { DTypeTraits } from '../contract/dtype.ts'
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
  readonly real: { [D in DType]: DTypeTraits[D]['kind'] extends 'float' ? D : 'float32' }
  /** Sums of bool and uint8 are counted in int32. */
  readonly sum: { [D in DType]: DTypeTraits[D]['kind'] extends 'float' ? D : 'int32' }
  /** Beside an integer. */
  readonly integer: { [D in DType]: DTypeTraits[D]['kind'] extends 'bool' ? 'int32' : D }
}
/** A dtype as it was given to a function. */
export type GivenDType<D extends DType> = Follows<D, D>
export type Real<D extends DType> = Follows<D, OfDType['real'][D]>
export type Sum<D extends DType> = Follows<D, OfDType['sum'][D]>
/** The elements on the host. */
export type ElementsOf<D extends DType> = DTypeTraits[ReadDType<D>]['elements']

/** Those after D in the order of promotion. */
type After<D, L extends readonly DType[] = typeof DTYPE_NAMES> = L extends readonly [
  infer First,
  ...infer Rest extends readonly DType[],
]
  ? First extends D
    ? Rest[number]
    : After<D, Rest>
  : never
/** Of two operands with dimensions, or two without: the higher one. */
type Higher = { [D in DType]: { [E in DType]: E extends After<D> ? E : D } }
/** Of an operand with dimensions (the row) and one without: the latter counts only where it is of a higher kind. */
type Dimensioned = {
  [D in DType]: { [E in DType]: DTypeTraits[E]['kind'] extends DTypeTraits[D]['kind'] ? D : Higher[D][E] }
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
