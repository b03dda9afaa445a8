/** Elementwise methods. Shapes broadcast and dtypes promote as in PyTorch. */
import { UNARY_FLOAT, UNARY_NUMBER, type DType } from '../../backend/contract.ts'
import { OptionError } from '../../backend/errors.ts'
import type { Arg } from '../door.ts'
import { Handle } from '../handle.ts'
import { one } from '../one.ts'
import { NONE, type Op } from '../op.ts'
import * as ops from '../ops/arithmetic.ts'
import * as combined from '../ops/combination.ts'
import { bitwiseNot, nanToNum, special, type Special } from '../ops/special.ts'
import type { Promote, Real, WithNumber } from '../static-dtype.ts'
import type { Broadcast, Broadcasts } from '../static-shape.ts'
import type { Tensor } from '../tensor.ts'

/** A tensor, or a number, which is read at run time and never becomes a constant of a prepared program. */
export type Operand = Tensor | number
export interface AlphaOptions<N extends number = number> {
  /** Factor of the other operand; default 1. */
  readonly alpha?: N
}
type RoundingMode = 'floor' | 'trunc' | null
export interface DivOptions<R extends RoundingMode = RoundingMode> {
  /** 'floor' and 'trunc' round the quotient, and integers stay integers; null (the default) divides real numbers. */
  readonly roundingMode?: R
}
export interface ValueOptions {
  /** Factor of the product or quotient; default 1. */
  readonly value?: number
}
export interface ClampOptions<O extends Operand = Operand> {
  /** Lower bound; default none. */
  readonly min?: O | null
  /** Upper bound; default none. */
  readonly max?: O | null
}
export interface NanOptions {
  /** In the place of NaN; default 0. */
  readonly nan?: number
  /** In the place of infinity; null (the default) is the greatest finite number of the dtype. */
  readonly posinf?: number | null
  /** In the place of -infinity; null (the default) is the least finite number of the dtype. */
  readonly neginf?: number | null
}
export interface CloseOptions {
  /** Relative tolerance; default 1e-5. */
  readonly rtol?: number
  /** Absolute tolerance; default 1e-8. */
  readonly atol?: number
  /** Whether NaN is close to NaN; default false. */
  readonly equalNan?: boolean
}

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
type Compared<A extends Operand, B extends Operand> = Tensor<Broadcast<ShapeOf<A>, ShapeOf<B>>, 'bool'>
/** A factor, if there is one, makes float32 of integers unless it is an integer itself. */
type Scaled<A extends Operand, B extends Operand, N extends number> = Tensor<
  Broadcast<ShapeOf<A>, ShapeOf<B>>,
  [N] extends [never] ? Promoted<A, B> : WithNumber<Promoted<A, B>, number>
>

type Unary = (typeof UNARY_NUMBER | typeof UNARY_FLOAT)[number] | Special
/** Functions whose result has the dtype of the operand. */
type Keeping = (typeof UNARY_NUMBER)[number] | 'floor' | 'ceil' | 'round' | 'trunc' | 'relu'
/** Functions that ask, and give bool. */
type Asking = 'isnan' | 'isinf' | 'isfinite' | 'isposinf' | 'isneginf' | 'signbit'
type UnaryResult<N extends Unary, T extends Tensor> = N extends Keeping
  ? Unchanged<T>
  : N extends Asking
    ? Tensor<T['shape'], 'bool'>
    : N extends 'square'
      ? Tensor<T['shape'], WithNumber<T['dtype'], 1>>
      : Realized<T>
type UnaryMethods = {
  [N in Unary]: <T extends Tensor>(this: T) => UnaryResult<N, T>
}
/**
 * A method without arguments per elementwise function of one operand: `neg abs sign floor ceil round exp expm1 log log1p
 * sin cos atan tanh sqrt erf`, and those of `ops/special.ts`. Integers become float32 where results are real.
 */
export interface Arithmetic extends UnaryMethods {}

export class Arithmetic extends Handle {
  /** this + alpha other. */
  add<T extends Tensor, O extends Operand, N extends number = never>(
    this: T,
    other: O & Fits<'add', T, O>,
    { alpha }: AlphaOptions<N> = {},
  ): Scaled<T, O, N> {
    return scaledOf(this, ops.add, other, alpha)
  }
  /** this - alpha other. */
  sub<T extends Tensor, O extends Operand, N extends number = never>(
    this: T,
    other: O & Fits<'sub', T, O>,
    { alpha }: AlphaOptions<N> = {},
  ): Scaled<T, O, N> {
    return scaledOf(this, ops.sub, other, alpha)
  }
  /** other - alpha this. */
  rsub<T extends Tensor, O extends Operand, N extends number = never>(
    this: T,
    other: O & Fits<'rsub', T, O>,
    options?: AlphaOptions<N>,
  ): Scaled<T, O, N>
  rsub(this: Tensor, other: Operand, { alpha = 1 }: AlphaOptions = {}): Tensor {
    return one(ops.sub, NONE, other as Arg, alpha === 1 ? this : this.mul(alpha))
  }
  mul<T extends Tensor, O extends Operand>(this: T, other: O & Fits<'mul', T, O>): Combined<T, O> {
    return withOf(this, ops.mul, other)
  }
  /** Division with real results (integers become float32); `roundingMode` 'floor' and 'trunc' keep integers. */
  div<T extends Tensor, O extends Operand, R extends RoundingMode = null>(
    this: T,
    other: O & Fits<'div', T, O>,
    { roundingMode = null as R }: DivOptions<R> = {},
  ): R extends null ? RealCombined<T, O> : Combined<T, O> {
    if (roundingMode !== null && roundingMode !== 'floor' && roundingMode !== 'trunc')
      throw new OptionError('div', `roundingMode is 'floor', 'trunc' or null (got '${String(roundingMode)}')`)
    return withOf(
      this,
      roundingMode === 'floor' ? ops.floorDivide : roundingMode === 'trunc' ? ops.truncDivide : ops.div,
      other,
    )
  }
  /** The quotient rounded down. */
  floorDivide<T extends Tensor, O extends Operand>(this: T, other: O & Fits<'floorDivide', T, O>): Combined<T, O> {
    return withOf(this, ops.floorDivide, other)
  }
  pow<T extends Tensor, O extends Operand>(this: T, exponent: O & Fits<'pow', T, O>): Combined<T, O> {
    return withOf(this, ops.pow, exponent)
  }
  /** Remainder with the sign of the divisor. */
  remainder<T extends Tensor, O extends Operand>(this: T, other: O & Fits<'remainder', T, O>): Combined<T, O> {
    return withOf(this, ops.rem, other)
  }
  /** Remainder with the sign of the dividend. */
  fmod<T extends Tensor, O extends Operand>(this: T, other: O & Fits<'fmod', T, O>): Combined<T, O> {
    return withOf(this, ops.fmod, other)
  }
  /** The greater element; NaN where either is. A tie shares the gradient. */
  maximum<T extends Tensor, O extends Operand>(this: T, other: O & Fits<'maximum', T, O>): Combined<T, O> {
    return withOf(this, ops.maximum, other)
  }
  minimum<T extends Tensor, O extends Operand>(this: T, other: O & Fits<'minimum', T, O>): Combined<T, O> {
    return withOf(this, ops.minimum, other)
  }
  eq<T extends Tensor, O extends Operand>(this: T, other: O & Fits<'eq', T, O>): Compared<T, O> {
    return withOf(this, ops.eq, other)
  }
  ne<T extends Tensor, O extends Operand>(this: T, other: O & Fits<'ne', T, O>): Compared<T, O> {
    return withOf(this, ops.ne, other)
  }
  lt<T extends Tensor, O extends Operand>(this: T, other: O & Fits<'lt', T, O>): Compared<T, O> {
    return withOf(this, ops.lt, other)
  }
  le<T extends Tensor, O extends Operand>(this: T, other: O & Fits<'le', T, O>): Compared<T, O> {
    return withOf(this, ops.le, other)
  }
  gt<T extends Tensor, O extends Operand>(this: T, other: O & Fits<'gt', T, O>): Compared<T, O> {
    return withOf(this, ops.gt, other)
  }
  ge<T extends Tensor, O extends Operand>(this: T, other: O & Fits<'ge', T, O>): Compared<T, O> {
    return withOf(this, ops.ge, other)
  }
  logicalAnd<T extends Tensor, O extends Operand>(this: T, other: O & Fits<'logicalAnd', T, O>): Compared<T, O> {
    return withOf(this, ops.logicalAnd, other)
  }
  logicalOr<T extends Tensor, O extends Operand>(this: T, other: O & Fits<'logicalOr', T, O>): Compared<T, O> {
    return withOf(this, ops.logicalOr, other)
  }
  logicalXor<T extends Tensor, O extends Operand>(this: T, other: O & Fits<'logicalXor', T, O>): Compared<T, O> {
    return withOf(this, combined.logicalXor, other)
  }
  logicalNot<T extends Tensor>(this: T): Tensor<T['shape'], 'bool'> {
    return one(ops.logicalNot, NONE, this)
  }
  bitwiseAnd<T extends Tensor, O extends Operand>(this: T, other: O & Fits<'bitwiseAnd', T, O>): Combined<T, O> {
    return withOf(this, combined.bitwiseAnd, other)
  }
  bitwiseOr<T extends Tensor, O extends Operand>(this: T, other: O & Fits<'bitwiseOr', T, O>): Combined<T, O> {
    return withOf(this, combined.bitwiseOr, other)
  }
  bitwiseXor<T extends Tensor, O extends Operand>(this: T, other: O & Fits<'bitwiseXor', T, O>): Combined<T, O> {
    return withOf(this, combined.bitwiseXor, other)
  }
  bitwiseNot<T extends Tensor>(this: T): Unchanged<T> {
    return one(bitwiseNot, NONE, this)
  }
  /** The angle of the point (other, this), in radians from -pi to pi. */
  atan2<T extends Tensor, O extends Operand>(this: T, other: O & Fits<'atan2', T, O>): RealCombined<T, O> {
    return withOf(this, combined.atan2, other)
  }
  /** sqrt(this^2 + other^2), without overflow on the way. */
  hypot<T extends Tensor, O extends Operand>(this: T, other: O & Fits<'hypot', T, O>): RealCombined<T, O> {
    return withOf(this, combined.hypot, other)
  }
  /** log(exp(this) + exp(other)) */
  logaddexp<T extends Tensor, O extends Operand>(this: T, other: O & Fits<'logaddexp', T, O>): RealCombined<T, O> {
    return withOf(this, combined.logaddexp, other)
  }
  /** log2(2^this + 2^other) */
  logaddexp2<T extends Tensor, O extends Operand>(this: T, other: O & Fits<'logaddexp2', T, O>): RealCombined<T, O> {
    return withOf(this, combined.logaddexp2, other)
  }
  /** this log(other), 0 where this is 0. */
  xlogy<T extends Tensor, O extends Operand>(this: T, other: O & Fits<'xlogy', T, O>): RealCombined<T, O> {
    return withOf(this, combined.xlogy, other)
  }
  /** The size of this with the sign of other. */
  copysign<T extends Tensor, O extends Operand>(this: T, other: O & Fits<'copysign', T, O>): RealCombined<T, O> {
    return withOf(this, combined.copysign, other)
  }
  /** this + weight (end - this). */
  lerp(this: Tensor, end: Tensor, weight: Operand): Tensor {
    return one(combined.lerp, NONE, this, end, weight as Arg)
  }
  /** this + value a b. */
  addcmul(this: Tensor, a: Tensor, b: Tensor, { value = 1 }: ValueOptions = {}): Tensor {
    return one(combined.addcmul, NONE, this, a, b, value)
  }
  /** this + value a / b. */
  addcdiv(this: Tensor, a: Tensor, b: Tensor, { value = 1 }: ValueOptions = {}): Tensor {
    return one(combined.addcdiv, NONE, this, a, b, value)
  }
  /**
   * Elements no smaller than `min` and no greater than `max`; one may be left out. The gradient is 1 on the closed interval.
   * Errors: OptionError without any bound. Source: https://pytorch.org/docs/stable/generated/torch.clamp.html
   */
  clamp<T extends Tensor>(this: T, bounds: ClampOptions<number>): Tensor<T['shape'], WithNumber<T['dtype'], number>>
  clamp(this: Tensor, bounds: ClampOptions): Tensor
  clamp(this: Tensor, { min, max }: ClampOptions): Tensor {
    if (min == null && max == null) throw new OptionError('clamp', 'give min, max or both')
    if (min == null) return withOf(this, combined.clampMax, max!)
    if (max == null) return withOf(this, combined.clampMin, min)
    return one(combined.clamp, NONE, this, min as Arg, max as Arg)
  }
  clampMin<T extends Tensor, O extends Operand>(this: T, min: O & Fits<'clampMin', T, O>): Combined<T, O> {
    return withOf(this, combined.clampMin, min)
  }
  clampMax<T extends Tensor, O extends Operand>(this: T, max: O & Fits<'clampMax', T, O>): Combined<T, O> {
    return withOf(this, combined.clampMax, max)
  }
  /** Elements of this where `condition` is true, else of `other`. */
  where<T extends Tensor, C extends Tensor, O extends Operand>(
    this: T,
    condition: C & Fits<'where', T, C>,
    other: O & Fits<'where', T, O>,
  ): Tensor<Broadcast<Broadcast<T['shape'], ShapeOf<O>>, C['shape']>, Promoted<T, O>>
  where(this: Tensor, condition: Tensor, other: Operand): Tensor {
    return one(ops.where, NONE, condition, this, other as Arg)
  }
  /** `value` (a number or a 0-d tensor) where the bool mask, which broadcasts, is true. */
  maskedFill<T extends Tensor, M extends Tensor>(
    this: T,
    mask: M & Fits<'maskedFill', T, M>,
    value: Operand,
  ): Tensor<Broadcast<T['shape'], M['shape']>, T['dtype']>
  maskedFill(this: Tensor, mask: Tensor, value: Operand): Tensor {
    return one(combined.maskedFill, NONE, this, mask, value as Arg)
  }
  /** NaN becomes `nan` (0), infinities `posinf` and `neginf` (the greatest and least finite numbers). */
  nanToNum<T extends Tensor>(this: T, { nan = 0, posinf = null, neginf = null }: NanOptions = {}): Unchanged<T> {
    return one(nanToNum, { nan, posinf, neginf }, this)
  }
  /** Where |this - other| <= atol + rtol |other|. */
  isclose<T extends Tensor, O extends Operand>(
    this: T,
    other: O & Fits<'isclose', T, O>,
    { rtol = 1e-5, atol = 1e-8, equalNan = false }: CloseOptions = {},
  ): Compared<T, O> {
    return one(combined.isclose, { equalNan }, this, other as Arg, rtol, atol)
  }
}

const methods: readonly [Unary, Op][] = [
  ...[...UNARY_NUMBER, ...UNARY_FLOAT].map((name): [Unary, Op] => [name, ops.unary[name]]),
  ...(Object.keys(special) as Special[]).map((name): [Unary, Op] => [name, special[name]]),
]
for (const [name, op] of methods) {
  ;(Arithmetic.prototype as Record<Unary, unknown>)[name] = function (this: Arithmetic): Tensor {
    return one(op, NONE, this)
  }
}

function withOf<R>(self: Tensor, op: Op, other: Operand): R {
  return one(op, NONE, self, other as Arg)
}

function scaledOf<R>(self: Tensor, op: Op, other: Operand, alpha: number | undefined): R {
  return withOf(self, op, alpha === undefined ? other : typeof other === 'number' ? other * alpha : other.mul(alpha))
}
