/**
 * Shapes known to the compiler: from the shapes of operands to the shape of the result. A size that is not known is
 * `number`; where the number of dimensions is not known, the shape is AnyShape. Nothing here exists at run time. Rules
 * that name dimensions are in static-axis.ts.
 */
import type { DType, Shape } from '../contract/contract.ts'

/**
 * A shape of which nothing is known. It fits wherever a shape is asked for, which no type but `any` does: what was said of one
 * tensor does not bind the results of code that says nothing.
 */
// oxlint-disable-next-line no-explicit-any
export type AnyShape = any
/** As AnyShape, of a size. */
// oxlint-disable-next-line no-explicit-any
export type AnySize = any
/** What the brand of a tensor says to the compiler. */
export interface Typed {
  readonly glissadeTensor: { readonly shape: Shape; readonly dtype: DType }
}
/** The shape of a tensor as its type parameter says it. */
export type ShapeOf<T extends Typed> = T['glissadeTensor']['shape']
/** `[2, 3]` and `readonly [2, 3]` are one shape. */
export type Fixed<S extends Shape> = { readonly [K in keyof S]: S[K] }
/** A shape as it was given to a function; one of any rank is not known. Nothing is inferred from where the result goes. */
export type GivenShape<S extends Shape> = S extends infer T extends Shape
  ? number extends T['length']
    ? AnyShape
    : Fixed<T>
  : never
/** What is read from a tensor. Only `any` has keys that no list has. */
export type ReadShape<S extends Shape> = keyof S extends keyof number[] | `${number}` ? Fixed<S> : Shape

/** What a parameter asks for in vain where sizes cannot fit: the message stands in the compiler's error. */
export interface ShapeMismatch<Message extends string> {
  readonly shapeMismatch: Message
}
/** Whether not even the number of dimensions is known. */
export type Unranked<S extends Shape> = number extends S['length'] ? true : false
/** Says to the compiler that a rule gives a shape, also while its operands are type parameters. */
export type AsShape<S> = S extends Shape ? S : AnyShape

// ---- Broadcasting ----------------------------------------------------------------------------------------------------

/** Aligned at the right; 1 gives way to the other size, and an unknown size to a known one, as it is that or 1. */
export type Broadcast<A extends Shape, B extends Shape> = true extends Unranked<A> | Unranked<B>
  ? AnyShape
  : AsShape<BroadcastRanked<A, B>>
type BroadcastRanked<A extends Shape, B extends Shape, Out extends Shape = readonly []> = A extends readonly [
  ...infer P extends Shape,
  infer X extends number,
]
  ? B extends readonly [...infer Q extends Shape, infer Y extends number]
    ? BroadcastRanked<P, Q, readonly [Common<X, Y>, ...Out]>
    : readonly [...A, ...Out]
  : readonly [...B, ...Out]
type Common<X extends number, Y extends number> = X extends 1 ? Y : Y extends 1 ? X : number extends X ? Y : X

// ---- Products --------------------------------------------------------------------------------------------------------

/** [...batch, m, k] by [...batch, k, n]; a vector is a row on the left and a column on the right, and its axis goes. */
export type Matmul<A extends Shape, B extends Shape> = true extends Unranked<A> | Unranked<B>
  ? AnyShape
  : AsShape<MatmulRanked<A, B>>
type MatmulRanked<A extends Shape, B extends Shape> = B extends readonly [number]
  ? WithoutLast<A>
  : B extends readonly [...infer Q extends Shape, number, infer N extends number]
    ? A extends readonly [...infer P extends Shape, infer M extends number, number]
      ? readonly [...BroadcastRanked<P, Q>, M, N]
      : readonly [...Q, N]
    : AnyShape
type WithoutLast<S extends Shape> = S extends readonly [...infer P extends Shape, number] ? P : AnyShape
/** [..., n] with another last size. */
export type WithLast<S extends Shape, N extends number> =
  true extends Unranked<S> ? AnyShape : AsShape<readonly [...WithoutLast<S>, KnownSize<N>]>

/** [...] with one more size at the end. */
export type Followed<S extends Shape, N extends number> =
  true extends Unranked<S> ? AnyShape : AsShape<readonly [...S, KnownSize<N>]>
type KnownSize<N extends number> = number extends N ? AnySize : N

// ---- Sizes that cannot fit -------------------------------------------------------------------------------------------

/**
 * No shape is assignable to it, but what the compiler puts in the place of a type parameter is: so a check of shapes
 * that are type parameters counts as passed, and generic code compiles.
 */
type Undecided = 'undecided'
type Pair = readonly [number, number]
/** The part of an error about these sizes. */
type Sizes<Clash> = Clash extends Pair ? `${Clash[0]} and ${Clash[1]}` : string
/** The first sizes from the right that are known, different, and not 1; false where there are none. */
type BroadcastClash<A extends Shape, B extends Shape> = [A] extends [Undecided]
  ? false
  : [B] extends [Undecided]
    ? false
    : true extends Unranked<A> | Unranked<B>
      ? false
      : ClashFromRight<A, B>
type ClashFromRight<A extends Shape, B extends Shape> = A extends readonly [
  ...infer P extends Shape,
  infer X extends number,
]
  ? B extends readonly [...infer Q extends Shape, infer Y extends number]
    ? 1 extends X | Y
      ? ClashFromRight<P, Q>
      : [X & Y] extends [never]
        ? readonly [X, Y]
        : ClashFromRight<P, Q>
    : false
  : false
/** The inner sizes of a matrix product where they are known and different; else false. */
type InnerClash<A extends Shape, B extends Shape> = [A] extends [Undecided]
  ? false
  : [B] extends [Undecided]
    ? false
    : true extends Unranked<A> | Unranked<B>
      ? false
      : [Last<A> & Inner<B>] extends [never]
        ? readonly [Last<A>, Inner<B>]
        : false
type Last<S extends Shape> = S extends readonly [...Shape, infer K extends number] ? K : number
type Inner<S extends Shape> = S extends readonly [...Shape, infer K extends number, number] ? K : Last<S>

/** `unknown`, which asks for nothing, unless the shapes are sure not to broadcast. */
export type Broadcasts<Operation extends string, A extends Shape, B extends Shape> =
  BroadcastClash<A, B> extends Pair
    ? ShapeMismatch<`${Operation}: sizes ${Sizes<BroadcastClash<A, B>>} do not broadcast`>
    : unknown
/** `unknown`, unless the inner sizes of a matrix product are sure to differ. */
export type Multiplies<Operation extends string, A extends Shape, B extends Shape> =
  InnerClash<A, B> extends Pair
    ? ShapeMismatch<`${Operation}: inner dimensions ${Sizes<InnerClash<A, B>>} differ`>
    : unknown
