/** Shapes known to the compiler, by rules that name dimensions. Negative dimensions count from the end. */
import type { Shape } from '../contract/contract.ts'
import type { AnyShape, AsShape, Unranked } from './static-shape.ts'
import type { Index } from './methods/subscript.ts'

/** One dimension, several, or all of them: null, the default. */
export type Dims = number | readonly number[] | null

/** A dimension from 0; `number` where it is not known, never where there is no such dimension. */
export type Axis<S extends Shape, D extends number> = D extends number
  ? number extends D
    ? number
    : `${D}` extends `-${infer N}`
      ? FromEnd<S, N>
      : `${D}` extends keyof S
        ? D
        : never
  : never
type FromEnd<S extends Shape, N extends string, Passed extends readonly unknown[] = [unknown]> = S extends readonly [
  ...infer P extends Shape,
  number,
]
  ? N extends `${Passed['length']}`
    ? P['length']
    : FromEnd<P, N, [...Passed, unknown]>
  : never
/** A rule on axes of a shape, where both are known. */
type Decided<S extends Shape, A extends number, Result> =
  true extends Unranked<S> ? AnyShape : number extends A ? AnyShape : [A] extends [never] ? AnyShape : AsShape<Result>

/** The size of one axis. */
type SizeAt<S extends Shape, A extends number> = S[A] extends number ? S[A] : number
/** Without these axes. */
type Without<
  S extends Shape,
  A extends number,
  Out extends Shape = readonly [],
  Passed extends readonly unknown[] = [],
> = S extends readonly [infer H extends number, ...infer R extends Shape]
  ? Without<R, A, Passed['length'] extends A ? Out : readonly [...Out, H], [...Passed, unknown]>
  : Out
/** With another size at these axes. */
type With<S extends Shape, A extends number, N extends number> = {
  readonly [K in keyof S]: K extends `${A}` ? N : S[K]
}
/** With one more size, before axis `A`. */
type Insert<
  S extends Shape,
  A extends number,
  N extends number,
  Out extends Shape = readonly [],
> = Out['length'] extends A
  ? readonly [...Out, N, ...S]
  : S extends readonly [infer H extends number, ...infer R extends Shape]
    ? Insert<R, A, N, readonly [...Out, H]>
    : AnyShape

/** After a reduction the dimensions are gone, or 1 with `Keep`. Over all of them the rank is 0, whatever it was. */
export type Reduced<S extends Shape, D extends Dims, Keep extends boolean> = [D] extends [null | readonly []]
  ? [Keep] extends [false]
    ? readonly []
    : true extends Unranked<S>
      ? AnyShape
      : AsShape<{ readonly [K in keyof S]: [Keep] extends [true] ? 1 : number }>
  : null extends D
    ? AnyShape
    : ReducedAxes<S, Axis<S, D extends Shape ? D[number] : Extract<D, number>>, Keep>
type ReducedAxes<S extends Shape, A extends number, Keep extends boolean> = S extends readonly []
  ? readonly []
  : Decided<S, A, Keep extends true ? With<S, A, 1> : Without<S, A>>
/** Without one dimension. */
export type Removed<S extends Shape, D extends number> = Decided<S, Axis<S, D>, Without<S, Axis<S, D>>>
/** With another size in one dimension. */
export type Resized<S extends Shape, D extends number, N extends number> = Decided<
  S,
  Axis<S, D>,
  With<S, Axis<S, D>, N>
>
/** With a new dimension, which stands at `D` of the result. */
export type Inserted<S extends Shape, D extends number, N extends number = 1> = Decided<
  S,
  Axis<readonly [...S, 1], D>,
  Insert<S, Axis<readonly [...S, 1], D>, N>
>
/** Without the dimensions of size 1: all, or one. */
export type Squeezed<S extends Shape, D extends Dims> = [D] extends [null]
  ? true extends Unranked<S>
    ? AnyShape
    : AsShape<WithoutOnes<S>>
  : [D] extends [number]
    ? number extends SizeAt<S, Axis<S, D>>
      ? AnyShape
      : SizeAt<S, Axis<S, D>> extends 1
        ? Removed<S, D>
        : S
    : AnyShape
type WithoutOnes<S extends Shape, Out extends Shape = readonly []> = S extends readonly [
  infer H extends number,
  ...infer R extends Shape,
]
  ? number extends H
    ? AnyShape
    : WithoutOnes<R, H extends 1 ? Out : readonly [...Out, H]>
  : Out
/** Two dimensions swapped. */
export type Transposed<S extends Shape, D extends number = -2, E extends number = -1> = Decided<
  S,
  Axis<S, D> | Axis<S, E>,
  {
    readonly [K in keyof S]: K extends `${Axis<S, D>}`
      ? SizeAt<S, Axis<S, E>>
      : K extends `${Axis<S, E>}`
        ? SizeAt<S, Axis<S, D>>
        : S[K]
  }
>
/** A matrix turned; vectors and 0-d tensors stay. */
export type MatrixTransposed<S extends Shape> = S extends readonly [infer M extends number, infer N extends number]
  ? readonly [N, M]
  : S
/** Dimension i of the result is dimension `P[i]`. */
export type Permuted<S extends Shape, P extends Shape> = Decided<
  S,
  Axis<S, P[number]>,
  { readonly [K in keyof P]: SizeAt<S, Axis<S, P[K]>> }
>
/** As asked for; a size of -1 follows from the number of elements, which the compiler does not compute. */
export type Reshaped<N extends Shape> = AsShape<{ readonly [K in keyof N]: N[K] extends -1 ? number : N[K] }>
/** From dimension `D` on one dimension, whose size is known only where it was one before. */
export type Flattened<S extends Shape, D extends number> = S extends readonly []
  ? readonly [1]
  : Decided<S, Axis<S, D>, Flatten<S, Axis<S, D>>>
type Flatten<S extends Shape, A extends number, Out extends Shape = readonly []> = Out['length'] extends A
  ? S extends readonly [number]
    ? readonly [...Out, ...S]
    : readonly [...Out, number]
  : S extends readonly [infer H extends number, ...infer R extends Shape]
    ? Flatten<R, A, readonly [...Out, H]>
    : AnyShape
/** `x[...]` with numbers, `':'`, slices and null; other indices make the shape unknown. */
export type Indexed<S extends Shape, I extends readonly Index[]> =
  true extends Unranked<S> ? AnyShape : number extends I['length'] ? AnyShape : AsShape<IndexedRanked<S, I>>
type IndexedRanked<S extends Shape, I extends readonly Index[], Out extends Shape = readonly []> = I extends readonly [
  infer First extends Index,
  ...infer Rest extends readonly Index[],
]
  ? [First] extends [null]
    ? IndexedRanked<S, Rest, readonly [...Out, 1]>
    : S extends readonly [infer H extends number, ...infer R extends Shape]
      ? [First] extends [number]
        ? IndexedRanked<R, Rest, Out>
        : [First] extends [':']
          ? IndexedRanked<R, Rest, readonly [...Out, H]>
          : [First] extends [
                { readonly start?: number | null; readonly glissadeTensor?: never; readonly length?: never },
              ]
            ? IndexedRanked<R, Rest, readonly [...Out, number]>
            : AnyShape
      : AnyShape
  : readonly [...Out, ...S]
