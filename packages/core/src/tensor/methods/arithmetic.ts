/** Elementwise methods. Shapes broadcast and dtypes promote as in PyTorch. */
import { UNARY_FLOAT, UNARY_NUMBER } from '../../backend/contract.ts'
import { OptionError } from '../../backend/errors.ts'
import type { Arg } from '../door.ts'
import { Handle } from '../handle.ts'
import { one } from '../one.ts'
import { NONE, type Op } from '../op.ts'
import * as ops from '../ops/arithmetic.ts'
import * as combined from '../ops/combination.ts'
import { bitwiseNot, nanToNum, special, type Special } from '../ops/special.ts'
import type { Tensor } from '../tensor.ts'

/** A tensor, or a number, which is read at run time and never becomes a constant of a prepared program. */
export type Operand = Tensor | number
export interface AlphaOptions {
  /** Factor of the other operand; default 1. */
  readonly alpha?: number
}
export interface ValueOptions {
  /** Factor of the product or quotient; default 1. */
  readonly value?: number
}
export interface ClampOptions {
  readonly min?: Operand | null
  readonly max?: Operand | null
}
export interface CloseOptions {
  /** Relative tolerance; default 1e-5. */
  readonly rtol?: number
  /** Absolute tolerance; default 1e-8. */
  readonly atol?: number
  /** Whether NaN is close to NaN; default false. */
  readonly equalNan?: boolean
}

type Unary = (typeof UNARY_NUMBER | typeof UNARY_FLOAT)[number] | Special
/**
 * A method without arguments per elementwise function of one operand: `neg abs sign floor ceil round exp expm1 log log1p
 * sin cos atan tanh sqrt erf`, and those of `ops/special.ts`. Integers become float32 where results are real.
 */
export interface Arithmetic extends Record<Unary, () => Tensor> {}

export class Arithmetic extends Handle {
  /** this + alpha other. */
  add(other: Operand, { alpha }: AlphaOptions = {}): Tensor {
    return scaledOf(this, ops.add, other, alpha)
  }
  /** this - alpha other. */
  sub(other: Operand, { alpha }: AlphaOptions = {}): Tensor {
    return scaledOf(this, ops.sub, other, alpha)
  }
  /** other - alpha this. */
  rsub(other: Operand, { alpha = 1 }: AlphaOptions = {}): Tensor {
    return one(ops.sub, NONE, other as Arg, alpha === 1 ? this : this.mul(alpha))
  }
  mul(other: Operand): Tensor {
    return withOf(this, ops.mul, other)
  }
  /** Division with real results (integers become float32); `roundingMode` 'floor' and 'trunc' keep integers. */
  div(other: Operand, { roundingMode = null }: { readonly roundingMode?: 'floor' | 'trunc' | null } = {}): Tensor {
    if (roundingMode !== null && roundingMode !== 'floor' && roundingMode !== 'trunc')
      throw new OptionError('div', `roundingMode is 'floor', 'trunc' or null (got '${String(roundingMode)}')`)
    return withOf(
      this,
      roundingMode === 'floor' ? ops.floorDivide : roundingMode === 'trunc' ? ops.truncDivide : ops.div,
      other,
    )
  }
  /** The quotient rounded down. */
  floorDivide(other: Operand): Tensor {
    return withOf(this, ops.floorDivide, other)
  }
  pow(exponent: Operand): Tensor {
    return withOf(this, ops.pow, exponent)
  }
  /** Remainder with the sign of the divisor. */
  remainder(other: Operand): Tensor {
    return withOf(this, ops.rem, other)
  }
  /** Remainder with the sign of the dividend. */
  fmod(other: Operand): Tensor {
    return withOf(this, ops.fmod, other)
  }
  /** The greater element; NaN where either is. A tie shares the gradient. */
  maximum(other: Operand): Tensor {
    return withOf(this, ops.maximum, other)
  }
  minimum(other: Operand): Tensor {
    return withOf(this, ops.minimum, other)
  }
  eq(other: Operand): Tensor {
    return withOf(this, ops.eq, other)
  }
  ne(other: Operand): Tensor {
    return withOf(this, ops.ne, other)
  }
  lt(other: Operand): Tensor {
    return withOf(this, ops.lt, other)
  }
  le(other: Operand): Tensor {
    return withOf(this, ops.le, other)
  }
  gt(other: Operand): Tensor {
    return withOf(this, ops.gt, other)
  }
  ge(other: Operand): Tensor {
    return withOf(this, ops.ge, other)
  }
  logicalAnd(other: Operand): Tensor {
    return withOf(this, ops.logicalAnd, other)
  }
  logicalOr(other: Operand): Tensor {
    return withOf(this, ops.logicalOr, other)
  }
  logicalXor(other: Operand): Tensor {
    return withOf(this, combined.logicalXor, other)
  }
  logicalNot(): Tensor {
    return one(ops.logicalNot, NONE, this)
  }
  bitwiseAnd(other: Operand): Tensor {
    return withOf(this, combined.bitwiseAnd, other)
  }
  bitwiseOr(other: Operand): Tensor {
    return withOf(this, combined.bitwiseOr, other)
  }
  bitwiseXor(other: Operand): Tensor {
    return withOf(this, combined.bitwiseXor, other)
  }
  bitwiseNot(): Tensor {
    return one(bitwiseNot, NONE, this)
  }
  /** The angle of the point (other, this), in radians from -pi to pi. */
  atan2(other: Operand): Tensor {
    return withOf(this, combined.atan2, other)
  }
  /** sqrt(this^2 + other^2), without overflow on the way. */
  hypot(other: Operand): Tensor {
    return withOf(this, combined.hypot, other)
  }
  /** log(exp(this) + exp(other)) */
  logaddexp(other: Operand): Tensor {
    return withOf(this, combined.logaddexp, other)
  }
  /** log2(2^this + 2^other) */
  logaddexp2(other: Operand): Tensor {
    return withOf(this, combined.logaddexp2, other)
  }
  /** this log(other), 0 where this is 0. */
  xlogy(other: Operand): Tensor {
    return withOf(this, combined.xlogy, other)
  }
  /** The size of this with the sign of other. */
  copysign(other: Operand): Tensor {
    return withOf(this, combined.copysign, other)
  }
  /** this + weight (end - this). */
  lerp(end: Tensor, weight: Operand): Tensor {
    return one(combined.lerp, NONE, this, end, weight as Arg)
  }
  /** this + value a b. */
  addcmul(a: Tensor, b: Tensor, { value = 1 }: ValueOptions = {}): Tensor {
    return one(combined.addcmul, NONE, this, a, b, value)
  }
  /** this + value a / b. */
  addcdiv(a: Tensor, b: Tensor, { value = 1 }: ValueOptions = {}): Tensor {
    return one(combined.addcdiv, NONE, this, a, b, value)
  }
  /**
   * Elements no smaller than `min` and no greater than `max`; one may be left out. The gradient is 1 on the closed interval.
   * Errors: OptionError without any bound. Source: https://pytorch.org/docs/stable/generated/torch.clamp.html
   */
  clamp({ min, max }: ClampOptions): Tensor {
    if (min == null && max == null) throw new OptionError('clamp', 'give min, max or both')
    if (min == null) return withOf(this, combined.clampMax, max!)
    if (max == null) return withOf(this, combined.clampMin, min)
    return one(combined.clamp, NONE, this, min as Arg, max as Arg)
  }
  clampMin(min: Operand): Tensor {
    return this.clamp({ min })
  }
  clampMax(max: Operand): Tensor {
    return this.clamp({ max })
  }
  /** Elements of this where `condition` is true, else of `other`. */
  where(condition: Tensor, other: Operand): Tensor {
    return one(ops.where, NONE, condition, this, other as Arg)
  }
  /** `value` (a number or a 0-d tensor) where the bool mask, which broadcasts, is true. */
  maskedFill(mask: Tensor, value: Operand): Tensor {
    return one(combined.maskedFill, NONE, this, mask, value as Arg)
  }
  /** NaN becomes `nan` (0), infinities `posinf` and `neginf` (the greatest and least finite numbers). */
  nanToNum({
    nan = 0,
    posinf = null,
    neginf = null,
  }: { readonly nan?: number; readonly posinf?: number | null; readonly neginf?: number | null } = {}): Tensor {
    return one(nanToNum, { nan, posinf, neginf }, this)
  }
  /** Where |this - other| <= atol + rtol |other|. */
  isclose(other: Operand, { rtol = 1e-5, atol = 1e-8, equalNan = false }: CloseOptions = {}): Tensor {
    return one(combined.isclose, { equalNan }, this, other as Arg, rtol, atol)
  }
}

const methods: readonly [Unary, Op][] = [
  ...[...UNARY_NUMBER, ...UNARY_FLOAT].map((name): [Unary, Op] => [name, ops.unary[name]]),
  ...(Object.keys(special) as Special[]).map((name): [Unary, Op] => [name, special[name]]),
]
for (const [name, op] of methods) {
  Arithmetic.prototype[name] = function (this: Arithmetic): Tensor {
    return one(op, NONE, this)
  }
}

function withOf(self: Arithmetic, op: Op, other: Operand): Tensor {
  return one(op, NONE, self, other as Arg)
}

function scaledOf(self: Arithmetic, op: Op, other: Operand, alpha: number | undefined): Tensor {
  return withOf(self, op, alpha === undefined ? other : typeof other === 'number' ? other * alpha : other.mul(alpha))
}
