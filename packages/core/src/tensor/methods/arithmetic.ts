/** Elementwise methods. Shapes broadcast and dtypes promote as in PyTorch. */
import { OptionError } from '../../contract/errors.ts'
import { boolean, number, oneOf } from '../../signature/kind.ts'
import { called } from '../../engine/called.ts'
import { optional, signature, type OptionsOf, type Signature } from '../../signature/signature.ts'
import type { Arg } from '../../engine/door.ts'
import { Handle } from '../../engine/handle.ts'
import { operand, scalar, tensor } from '../../engine/kinds.ts'
import { one } from '../one.ts'
import { NONE, type Op } from '../../engine/op.ts'
import * as ops from '../../ops/arithmetic.ts'
import * as combined from '../../ops/combination.ts'
import { bitwiseNot, nanToNum, special } from '../../ops/special.ts'
import type { Complete, Gives, Unary } from '../../ops/unary.ts'
import type { Broadcast, ShapeOf } from '../static-shape.ts'
import type { DTypeOf, WithNumber } from '../static-dtype.ts'
import type { Tensor } from '../tensor.ts'
import { productOf } from '../../engine/tracer.ts'
import type {
  Combined,
  Compared,
  Fits,
  Operand,
  Promoted,
  RealCombined,
  Realized,
  Scaled,
  OperandShape,
  Unchanged,
} from './operand.ts'

export type * from './operand.ts'

// ---- What methods take -----------------------------------------------------------------------------------------------

const withOther = { other: operand }
const alphaOptions = {
  /** Factor of the other operand. Default: 1. */
  alpha: optional(scalar),
}
export interface AlphaOptions<N extends number = number> extends OptionsOf<typeof alphaOptions> {
  readonly alpha?: N | undefined
}
const ROUNDED = { real: ops.div, floor: ops.divFloor, trunc: ops.divTrunc }
type RoundingMode = 'floor' | 'trunc' | null
const divOptions = {
  /** 'floor' and 'trunc' round the quotient, and integers stay integers; null (the default) divides real numbers. */
  roundingMode: optional(oneOf('floor', 'trunc'), null),
}
export interface DivOptions<R extends RoundingMode = RoundingMode> extends OptionsOf<typeof divOptions> {
  readonly roundingMode?: R | undefined
}
const valueOptions = {
  /** Factor of the product or quotient; default 1. */
  value: optional(scalar, 1),
}
export interface ValueOptions extends OptionsOf<typeof valueOptions> {}
const clampOptions = {
  /** Lower bound; default none. */
  min: optional(operand, null),
  /** Upper bound; default none. */
  max: optional(operand, null),
}
export interface ClampOptions<O extends Operand = Operand> extends OptionsOf<typeof clampOptions> {
  readonly min?: O | null | undefined
  readonly max?: O | null | undefined
}
const nanOptions = {
  /** In the place of NaN; default 0. */
  nan: optional(number, 0),
  /** In the place of infinity; null (the default) is the greatest finite number of the dtype. */
  posinf: optional(number, null),
  /** In the place of -infinity; null (the default) is the least finite number of the dtype. */
  neginf: optional(number, null),
}
export interface NanOptions extends OptionsOf<typeof nanOptions> {}
export const closeOptions = {
  /** Relative tolerance; default 1e-5. */
  rtol: optional(scalar, 1e-5),
  /** Absolute tolerance; default 1e-8. */
  atol: optional(scalar, 1e-8),
  /** Whether NaN is close to NaN; default false. */
  equalNan: optional(boolean, false),
}
export interface CloseOptions extends OptionsOf<typeof closeOptions> {}

export const ADD = /* @__PURE__ */ signature('add', withOther, alphaOptions)
export const SUB = /* @__PURE__ */ signature('sub', withOther, alphaOptions)
export const RSUB = /* @__PURE__ */ signature('rsub', withOther, alphaOptions)
export const DIV = /* @__PURE__ */ signature('div', withOther, divOptions)
export const POW = /* @__PURE__ */ signature('pow', { exponent: operand })
export const LOGICAL_NOT = /* @__PURE__ */ signature('logicalNot')
export const BITWISE_NOT = /* @__PURE__ */ signature('bitwiseNot')
export const LERP = /* @__PURE__ */ signature('lerp', { end: tensor, weight: operand })
export const ADDCMUL = /* @__PURE__ */ signature('addcmul', { a: tensor, b: tensor }, valueOptions)
export const ADDCDIV = /* @__PURE__ */ signature('addcdiv', { a: tensor, b: tensor }, valueOptions)
export const CLAMP = /* @__PURE__ */ signature('clamp', {}, clampOptions)
export const CLAMP_MIN = /* @__PURE__ */ signature('clampMin', { min: operand })
export const CLAMP_MAX = /* @__PURE__ */ signature('clampMax', { max: operand })
export const WHERE = /* @__PURE__ */ signature('where', { condition: tensor, other: operand })
export const MASKED_FILL = /* @__PURE__ */ signature('maskedFill', { mask: tensor, value: operand })
export const NAN_TO_NUM = /* @__PURE__ */ signature('nanToNum', {}, nanOptions)
export const ISCLOSE = /* @__PURE__ */ signature('isclose', withOther, closeOptions)

// ---- Methods without options, by tables ------------------------------------------------------------------------------

/** Functions of two operands. */
const mixing = {
  /** this times other, element by element; `matmul` is the product of matrices. */
  mul: ops.mul,
  /** The quotient rounded down. */
  floorDivide: ops.floorDivide,
  /** Remainder with the sign of the divisor. */
  remainder: ops.rem,
  /** Remainder with the sign of the dividend. */
  fmod: ops.fmod,
  /** The greater element; NaN where either is. A tie shares the gradient. */
  maximum: ops.maximum,
  /** The lesser element; NaN where either is. A tie shares the gradient. */
  minimum: ops.minimum,
  /** The bits that are set in both; logical on bool. Errors: DTypeError for floating-point numbers. */
  bitwiseAnd: combined.bitwiseAnd,
  /** The bits that are set in either; logical on bool. Errors: DTypeError for floating-point numbers. */
  bitwiseOr: combined.bitwiseOr,
  /** The bits that are set in one of the two; logical on bool. Errors: DTypeError for floating-point numbers. */
  bitwiseXor: combined.bitwiseXor,
}
/** Those with real results. */
const mixingReal = {
  /** The angle of the point (other, this), in radians from -pi to pi. */
  atan2: combined.atan2,
  /** sqrt(this^2 + other^2), without overflow on the way. */
  hypot: combined.hypot,
  /** log(exp(this) + exp(other)), without overflow on the way. */
  logaddexp: combined.logaddexp,
  /** log2(2^this + 2^other), without overflow on the way. */
  logaddexp2: combined.logaddexp2,
  /** this log(other), 0 where this is 0. */
  xlogy: combined.xlogy,
  /** The size of this with the sign of other. */
  copysign: combined.copysign,
}
/** Those that ask, and give bool. */
const comparing = {
  /** Where elements are equal, as bool; false where either is NaN. */
  eq: ops.eq,
  /** Where elements differ, as bool; true where either is NaN. */
  ne: ops.ne,
  /** Where this is less than other, as bool; false where either is NaN. */
  lt: ops.lt,
  /** Where this is less than other or equal, as bool; false where either is NaN. */
  le: ops.le,
  /** Where this is greater than other, as bool; false where either is NaN. */
  gt: ops.gt,
  /** Where this is greater than other or equal, as bool; false where either is NaN. */
  ge: ops.ge,
  /** Where both are other than 0, as bool. */
  logicalAnd: ops.logicalAnd,
  /** Where either is other than 0, as bool. */
  logicalOr: ops.logicalOr,
  /** Where one of the two is other than 0, as bool. */
  logicalXor: combined.logicalXor,
}
type MixingMethods = {
  [N in keyof typeof mixing]: <T extends Tensor, O extends Operand>(this: T, other: O & Fits<N, T, O>) => Combined<T, O>
}
type MixingRealMethods = {
  [N in keyof typeof mixingReal]: <T extends Tensor, O extends Operand>(
    this: T,
    other: O & Fits<N, T, O>,
  ) => RealCombined<T, O>
}
type ComparingMethods = {
  [N in keyof typeof comparing]: <T extends Tensor, O extends Operand>(
    this: T,
    other: O & Fits<N, T, O>,
  ) => Compared<T, O>
}

type UnaryResult<G extends Gives, T extends Tensor> = G extends 'same'
  ? Unchanged<T>
  : G extends 'number'
    ? Tensor<ShapeOf<T>, WithNumber<DTypeOf<T>, 1>>
    : G extends 'real'
      ? Realized<T>
      : Tensor<ShapeOf<T>, 'bool'>
type UnaryMethods = {
  [N in keyof Complete<Unary>]: <T extends Tensor>(this: T) => UnaryResult<Unary[N], T>
}

const unary: Readonly<Record<keyof Unary, Op>> = { ...ops.unary, ...special }
const binary: Readonly<Record<Binary, Op>> = { ...mixing, ...mixingReal, ...comparing }
type Binary = keyof typeof mixing | keyof typeof mixingReal | keyof typeof comparing

const eachOf = <N extends string>(table: Readonly<Record<N, Op>>, takes: Record<string, typeof operand>) =>
  Object.fromEntries(Object.keys(table).map((name) => [name, signature(name, takes)])) as Record<N, Signature>
export const UNARY = /* @__PURE__ */ eachOf(unary, {})
export const BINARY = /* @__PURE__ */ eachOf(binary, withOther)

/** The methods of the tables: functions of one operand, of two, and comparisons. */
export interface Arithmetic extends UnaryMethods, MixingMethods, MixingRealMethods, ComparingMethods {}

export class Arithmetic extends Handle {
  /** this + alpha other. */
  add<T extends Tensor, O extends Operand, N extends number = never>(
    this: T,
    other: O & Fits<'add', T, O>,
    options?: AlphaOptions<N>,
  ): Scaled<T, O, N>
  add(this: Tensor, other: Operand): Tensor {
    return scaledOf(this, ops.add, other, ADD.read(arguments).alpha)
  }
  /** this - alpha other. */
  sub<T extends Tensor, O extends Operand, N extends number = never>(
    this: T,
    other: O & Fits<'sub', T, O>,
    options?: AlphaOptions<N>,
  ): Scaled<T, O, N>
  sub(this: Tensor, other: Operand): Tensor {
    return scaledOf(this, ops.sub, other, SUB.read(arguments).alpha)
  }
  /** other - alpha this. */
  rsub<T extends Tensor, O extends Operand, N extends number = never>(
    this: T,
    other: O & Fits<'rsub', T, O>,
    options?: AlphaOptions<N>,
  ): Scaled<T, O, N>
  rsub(this: Tensor, other: Operand): Tensor {
    const { alpha } = RSUB.read(arguments)
    return called('rsub', () =>
      one(ops.sub, NONE, other as Arg, alpha === undefined || alpha === 1 ? this : this.mul(alpha)),
    )
  }
  /** Division with real results (integers become float32); `roundingMode` 'floor' and 'trunc' keep integers. */
  div<T extends Tensor, O extends Operand, R extends RoundingMode = null>(
    this: T,
    other: O & Fits<'div', T, O>,
    options?: DivOptions<R>,
  ): R extends null ? RealCombined<T, O> : Combined<T, O>
  div(this: Tensor, other: Operand): Tensor {
    const { roundingMode } = DIV.read(arguments)
    return withOf(this, ROUNDED[roundingMode ?? 'real'], other)
  }
  /** this to the power of the exponent. Negative powers of integers are those of 1 / this, rounded towards 0. */
  pow<T extends Tensor, O extends Operand>(this: T, exponent: O & Fits<'pow', T, O>): Combined<T, O> {
    POW.read(arguments)
    return withOf(this, ops.pow, exponent)
  }
  /** Where elements are 0, as bool. */
  logicalNot<T extends Tensor>(this: T): Tensor<ShapeOf<T>, 'bool'> {
    LOGICAL_NOT.read(arguments)
    return one(ops.logicalNot, NONE, this)
  }
  /** All bits turned over; logical on bool. Errors: DTypeError for floating-point numbers. */
  bitwiseNot<T extends Tensor>(this: T): Unchanged<T> {
    BITWISE_NOT.read(arguments)
    return one(bitwiseNot, NONE, this)
  }
  /** this + weight (end - this). */
  lerp(this: Tensor, end: Tensor, weight: Operand): Tensor {
    LERP.read(arguments)
    return one(combined.lerp, NONE, this, end, weight as Arg)
  }
  /** this + value a b. */
  addcmul(this: Tensor, a: Tensor, b: Tensor, options?: ValueOptions): Tensor
  addcmul(this: Tensor, a: Tensor, b: Tensor): Tensor {
    return one(combined.addcmul, NONE, this, a, b, ADDCMUL.read(arguments).value)
  }
  /** this + value a / b. */
  addcdiv(this: Tensor, a: Tensor, b: Tensor, options?: ValueOptions): Tensor
  addcdiv(this: Tensor, a: Tensor, b: Tensor): Tensor {
    return one(combined.addcdiv, NONE, this, a, b, ADDCDIV.read(arguments).value)
  }
  /**
   * Elements no smaller than `min` and no greater than `max`; one may be left out. The gradient is 1 on the closed interval.
   * Errors: OptionError without any bound. Source: https://pytorch.org/docs/stable/generated/torch.clamp.html
   */
  clamp<T extends Tensor>(this: T, bounds: ClampOptions<number>): Tensor<ShapeOf<T>, WithNumber<DTypeOf<T>, number>>
  clamp(this: Tensor, bounds: ClampOptions): Tensor
  clamp(this: Tensor): Tensor {
    const { min, max } = CLAMP.read(arguments)
    if (min === null && max === null) throw new OptionError('clamp', 'give min, max or both')
    return called('clamp', () => {
      if (min === null) return withOf(this, combined.clampMax, max!)
      if (max === null) return withOf(this, combined.clampMin, min)
      return one(combined.clamp, NONE, this, min as Arg, max as Arg)
    })
  }
  /** The greater of each element and `min`; NaN where either is. */
  clampMin<T extends Tensor, O extends Operand>(this: T, min: O & Fits<'clampMin', T, O>): Combined<T, O> {
    CLAMP_MIN.read(arguments)
    return withOf(this, combined.clampMin, min)
  }
  /** The lesser of each element and `max`; NaN where either is. */
  clampMax<T extends Tensor, O extends Operand>(this: T, max: O & Fits<'clampMax', T, O>): Combined<T, O> {
    CLAMP_MAX.read(arguments)
    return withOf(this, combined.clampMax, max)
  }
  /** Elements of this where `condition` is true, else of `other`. */
  where<T extends Tensor, C extends Tensor, O extends Operand>(
    this: T,
    condition: C & Fits<'where', T, C>,
    other: O & Fits<'where', T, O>,
  ): Tensor<Broadcast<Broadcast<ShapeOf<T>, OperandShape<O>>, ShapeOf<C>>, Promoted<T, O>>
  where(this: Tensor, condition: Tensor, other: Operand): Tensor {
    WHERE.read(arguments)
    return one(ops.where, NONE, condition, this, other as Arg)
  }
  /** `value` (a number or a 0-d tensor) where the bool mask, which broadcasts, is true. */
  maskedFill<T extends Tensor, M extends Tensor>(
    this: T,
    mask: M & Fits<'maskedFill', T, M>,
    value: Operand,
  ): Tensor<Broadcast<ShapeOf<T>, ShapeOf<M>>, DTypeOf<T>>
  maskedFill(this: Tensor, mask: Tensor, value: Operand): Tensor {
    MASKED_FILL.read(arguments)
    return one(combined.maskedFill, NONE, this, mask, value as Arg)
  }
  /** NaN becomes `nan` (0), infinities `posinf` and `neginf` (the greatest and least finite numbers). */
  nanToNum<T extends Tensor>(this: T, options?: NanOptions): Unchanged<T>
  nanToNum(this: Tensor): Tensor {
    return one(nanToNum, NAN_TO_NUM.read(arguments), this)
  }
  /** Where |this - other| <= atol + rtol |other|. */
  isclose<T extends Tensor, O extends Operand>(
    this: T,
    other: O & Fits<'isclose', T, O>,
    options?: CloseOptions,
  ): Compared<T, O>
  isclose(this: Tensor, other: Operand): Tensor {
    const { rtol, atol, equalNan } = ISCLOSE.read(arguments)
    return one(combined.isclose, { equalNan }, this, other as Arg, rtol, atol)
  }
}

const methods = Arithmetic.prototype as unknown as Record<keyof Unary | Binary, unknown>
for (const [name, op] of Object.entries(unary) as [keyof Unary, Op][]) {
  const takes = UNARY[name]
  methods[name] = function (this: Tensor): Tensor {
    // Reading nothing has its price too.
    if (arguments.length > 0) takes.read(arguments)
    return one(op, NONE, this)
  }
}
for (const [name, op] of Object.entries(binary) as [Binary, Op][]) {
  const takes = BINARY[name]
  methods[name] = function (this: Tensor, other: Operand): Tensor {
    takes.read(arguments)
    return one(op, NONE, this, other as Arg)
  }
}

function withOf<R>(self: Tensor, op: Op, other: Operand): R {
  return one(op, NONE, self, other as Arg)
}

function scaledOf(self: Tensor, op: Op, other: Operand, alpha: number | undefined): Tensor {
  if (alpha === undefined) return withOf(self, op, other)
  return withOf(self, op, other instanceof Handle ? called(op.name, () => other.mul(alpha)) : productOf(other, alpha))
}
