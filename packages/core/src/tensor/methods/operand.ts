/** What the compiler knows of elementwise results: shapes broadcast, dtypes promote. */
import type { AnyDType, DTypeOf, Promote, Real, WithNumber } from '../static-dtype.ts'
import type { Broadcast, Broadcasts, ShapeOf } from '../static-shape.ts'
import type { Tensor } from '../tensor.ts'

/** A tensor, or a number, which is read at run time and never becomes a constant of a prepared program. */
export type Operand = Tensor | number
/** The shape of an operand; numbers are 0-d. */
export type OperandShape<O extends Operand> = O extends Tensor ? ShapeOf<O> : readonly []
/** The dtype of the result of two operands. */
export type Promoted<A extends Operand, B extends Operand> = A extends Tensor
  ? B extends Tensor
    ? Promote<ShapeOf<A>, DTypeOf<A>, ShapeOf<B>, DTypeOf<B>>
    : WithNumber<DTypeOf<A>, Extract<B, number>>
  : B extends Tensor
    ? WithNumber<DTypeOf<B>, Extract<A, number>>
    : AnyDType
/** Operands that are sure not to broadcast are refused by the compiler. */
export type Fits<Operation extends string, A extends Operand, B extends Operand> = Broadcasts<
  Operation,
  OperandShape<A>,
  OperandShape<B>
>
/** Shapes broadcast, dtypes promote. */
export type Combined<A extends Operand, B extends Operand> = Tensor<
  Broadcast<OperandShape<A>, OperandShape<B>>,
  Promoted<A, B>
>
/** As Combined, but integers become float32. */
export type RealCombined<A extends Operand, B extends Operand> = Tensor<
  Broadcast<OperandShape<A>, OperandShape<B>>,
  RealPromoted<A, B>
>
/** The dtype of a real result of two operands, of which integers become float32 first. */
export type RealPromoted<A extends Operand, B extends Operand> = A extends Tensor
  ? B extends Tensor
    ? Promote<ShapeOf<A>, Real<DTypeOf<A>>, ShapeOf<B>, Real<DTypeOf<B>>>
    : Real<DTypeOf<A>>
  : B extends Tensor
    ? Real<DTypeOf<B>>
    : 'float32'
/** Of the shape and dtype of a tensor. */
export type Unchanged<T extends Tensor> = Tensor<ShapeOf<T>, DTypeOf<T>>
/** Of the shape of a tensor, with real numbers. */
export type Realized<T extends Tensor> = Tensor<ShapeOf<T>, Real<DTypeOf<T>>>
export type Compared<A extends Operand, B extends Operand> = Tensor<Broadcast<OperandShape<A>, OperandShape<B>>, 'bool'>
/** A factor, if there is one, makes float32 of integers unless it is an integer itself. */
export type Scaled<A extends Operand, B extends Operand, N extends number> = Tensor<
  Broadcast<OperandShape<A>, OperandShape<B>>,
  [N] extends [never] ? Promoted<A, B> : WithNumber<Promoted<A, B>, number>
>
