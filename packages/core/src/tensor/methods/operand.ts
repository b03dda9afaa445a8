/** What the compiler knows of elementwise results: shapes broadcast, dtypes promote. */
import type { DType } from '../../backend/contract.ts'
import type { Promote, Real, WithNumber } from '../static-dtype.ts'
import type { Broadcast, Broadcasts } from '../static-shape.ts'
import type { Tensor } from '../tensor.ts'

/** A tensor, or a number, which is read at run time and never becomes a constant of a prepared program. */
export type Operand = Tensor | number
/** The shape of an operand; numbers are 0-d. */
export type ShapeOf<O extends Operand> = O extends Tensor ? O['shape'] : readonly []
/** The dtype of the result of two operands. */
export type Promoted<A extends Operand, B extends Operand> = A extends Tensor
  ? B extends Tensor
    ? Promote<A['shape'], A['dtype'], B['shape'], B['dtype']>
    : WithNumber<A['dtype'], Extract<B, number>>
  : B extends Tensor
    ? WithNumber<B['dtype'], Extract<A, number>>
    : DType
/** Operands that are sure not to broadcast are refused by the compiler. */
export type Fits<Operation extends string, A extends Operand, B extends Operand> = Broadcasts<
  Operation,
  ShapeOf<A>,
  ShapeOf<B>
>
/** Shapes broadcast, dtypes promote. */
export type Combined<A extends Operand, B extends Operand> = Tensor<Broadcast<ShapeOf<A>, ShapeOf<B>>, Promoted<A, B>>
/** As Combined, but integers become float32. */
export type RealCombined<A extends Operand, B extends Operand> = Tensor<
  Broadcast<ShapeOf<A>, ShapeOf<B>>,
  RealPromoted<A, B>
>
/** The dtype of a real result of two operands, of which integers become float32 first. */
export type RealPromoted<A extends Operand, B extends Operand> = A extends Tensor
  ? B extends Tensor
    ? Promote<A['shape'], Real<A['dtype']>, B['shape'], Real<B['dtype']>>
    : Real<A['dtype']>
  : B extends Tensor
    ? Real<B['dtype']>
    : 'float32'
/** Of the shape and dtype of a tensor. */
export type Unchanged<T extends Tensor> = Tensor<T['shape'], T['dtype']>
/** Of the shape of a tensor, with real numbers. */
export type Realized<T extends Tensor> = Tensor<T['shape'], Real<T['dtype']>>
export type Compared<A extends Operand, B extends Operand> = Tensor<Broadcast<ShapeOf<A>, ShapeOf<B>>, 'bool'>
/** A factor, if there is one, makes float32 of integers unless it is an integer itself. */
export type Scaled<A extends Operand, B extends Operand, N extends number> = Tensor<
  Broadcast<ShapeOf<A>, ShapeOf<B>>,
  [N] extends [never] ? Promoted<A, B> : WithNumber<Promoted<A, B>, number>
>
