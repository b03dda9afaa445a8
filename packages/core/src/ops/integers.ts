/**
 * Integers that must not wrap without a word. PyTorch sums them in int64, which is not here: what int32 cannot hold is refused.
 * (Elementwise `add`, `sub` and `mul` wrap, as PyTorch's of int32 do.)
 */
import type { DType } from '../contract/contract.ts'
import { DTYPES, holds } from '../contract/dtype.ts'
import type { Sym } from '../ir/builder.ts'
import { isFloat } from '../ir/type.ts'
import { refuseWhere } from './refusal.ts'

/** What int32 is short of. */
const WRAPS = 2 ** 31

/** `wrapped`, unless it is not what float32 makes of the same: a number that wrapped is off by all there are, and more. */
export function exactly(operation: string, wrapped: Sym, near: Sym): Sym {
  const { dtype } = wrapped
  const [least, greatest] = DTYPES[dtype].range
  const apart = near.sub(wrapped.cast('float32')).abs()
  // Beyond float32's range a product with a 0 in it is NaN, and 0 is what it is.
  const bad = apart
    .lt((greatest - least + 1) / 2)
    .not()
    .and(near.eq(near))
  return refuseWhere(bad, wrapped, 'DTypeError', operation, `a result is beyond ${dtype}; use to('float32') first`)
}

/** bool and integers narrower than int32 count as int32. */
export const widen = (x: Sym): Sym => (isFloat(x.dtype) ? x : x.cast('int32'))
type Rule = (x: Sym) => Sym

/** A sum of at most `terms` elements by a rule that is linear in its operand. */
export function sumOf(operation: string, x: Sym, terms: number, rule: Rule): Sym {
  const sum = rule(widen(x))
  if (isFloat(x.dtype) || terms * 2 ** DTYPES[x.dtype].digits <= WRAPS) return sum
  return exactly(operation, sum, rule(x.cast('float32')))
}
/** A product of elements by a rule. */
export function productOf(operation: string, x: Sym, rule: Rule): Sym {
  const product = rule(widen(x))
  return isFloat(x.dtype) || x.dtype === 'bool' ? product : exactly(operation, product, rule(x.cast('float32')))
}
/** The matrix product; its operands have one dtype. */
export function dotOf(operation: string, a: Sym, b: Sym): Sym {
  const product = a.dot(b)
  return isFloat(a.dtype) ? product : exactly(operation, product, a.cast('float32').dot(b.cast('float32')))
}

/** A 0-d value in another dtype; one that is beyond an integer dtype is refused, NaN too. Fractions are cut off. */
export function castNumber(operation: string, value: Sym, dtype: DType): Sym {
  if (!isInteger(dtype) || holds(dtype, value.dtype)) return value.cast(dtype)
  const [least, greatest] = DTYPES[dtype].range
  // Bounds that float32 has: fractions beside the range are cut off to what is in it.
  const above = least === 0 ? value.like(-1).lt(value) : value.like(least).le(value)
  const inside = above.and(value.lt(greatest + 1))
  const text = `a number is beyond ${dtype}, which is from ${least} to ${greatest}`
  return refuseWhere(inside.not(), value, 'OptionError', operation, text).cast(dtype)
}

export const isInteger = (dtype: DType): boolean => DTYPES[dtype].kind === 'integer'
