/** Elementwise methods. */
import type { UNARY_FLOAT, UNARY_NUMBER } from '../../backend/contract.ts'
import type { Arg } from '../door.ts'
import { Handle } from '../handle.ts'
import { one } from '../one.ts'
import { NONE } from '../op.ts'
import * as ops from '../ops/arithmetic.ts'
import type { Tensor } from '../tensor.ts'

/** A tensor, or a number, which is read at run time and never becomes a constant of a prepared program. */
export type Operand = Tensor | number

/** A method per unary primitive: `neg abs sign floor ceil round exp expm1 log log1p sin cos atan tanh sqrt erf`. */
export interface Arithmetic extends Record<(typeof UNARY_NUMBER | typeof UNARY_FLOAT)[number], () => Tensor> {}

export class Arithmetic extends Handle {
  #binary(op: typeof ops.add, other: Operand): Tensor {
    return one(op, NONE, this, other as Arg)
  }
  /** this + alpha other; shapes broadcast, dtypes promote. */
  add(other: Operand, { alpha }: { alpha?: number } = {}): Tensor {
    return this.#binary(ops.add, alpha === undefined ? other : typeof other === 'number' ? other * alpha : other.mul(alpha))
  }
  /** this - alpha other. */
  sub(other: Operand, { alpha }: { alpha?: number } = {}): Tensor {
    return this.#binary(ops.sub, alpha === undefined ? other : typeof other === 'number' ? other * alpha : other.mul(alpha))
  }
  mul(other: Operand): Tensor {
    return this.#binary(ops.mul, other)
  }
  /** Division with real results (integers become float32); `roundingMode` 'floor' and 'trunc' keep integers. */
  div(other: Operand, { roundingMode = null }: { roundingMode?: 'floor' | 'trunc' | null } = {}): Tensor {
    return this.#binary(roundingMode === 'floor' ? ops.floorDivide : roundingMode === 'trunc' ? ops.truncDivide : ops.div, other)
  }
  pow(exponent: Operand): Tensor {
    return this.#binary(ops.pow, exponent)
  }
  /** Remainder with the sign of the divisor. */
  remainder(other: Operand): Tensor {
    return this.#binary(ops.rem, other)
  }
  /** Remainder with the sign of the dividend. */
  fmod(other: Operand): Tensor {
    return this.#binary(ops.fmod, other)
  }
  maximum(other: Operand): Tensor {
    return this.#binary(ops.maximum, other)
  }
  minimum(other: Operand): Tensor {
    return this.#binary(ops.minimum, other)
  }
  eq(other: Operand): Tensor {
    return this.#binary(ops.eq, other)
  }
  ne(other: Operand): Tensor {
    return this.#binary(ops.ne, other)
  }
  lt(other: Operand): Tensor {
    return this.#binary(ops.lt, other)
  }
  le(other: Operand): Tensor {
    return this.#binary(ops.le, other)
  }
  gt(other: Operand): Tensor {
    return this.#binary(ops.gt, other)
  }
  ge(other: Operand): Tensor {
    return this.#binary(ops.ge, other)
  }
  logicalAnd(other: Operand): Tensor {
    return this.#binary(ops.logicalAnd, other)
  }
  logicalOr(other: Operand): Tensor {
    return this.#binary(ops.logicalOr, other)
  }
  logicalNot(): Tensor {
    return one(ops.logicalNot, NONE, this)
  }
  /** Elements of this where `condition` is true, else of `other`. */
  where(condition: Tensor, other: Operand): Tensor {
    return one(ops.where, NONE, condition, this, other as Arg)
  }
  square(): Tensor {
    return this.mul(this as unknown as Tensor)
  }
}

for (const name of Object.keys(ops.unary) as (keyof typeof ops.unary)[]) {
  Arithmetic.prototype[name] = function (this: Arithmetic): Tensor {
    return one(ops.unary[name], NONE, this)
  }
}
