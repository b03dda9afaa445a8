/** What numbers a dtype has. */
import { DTYPES, epsilonOf, largestOf, type FloatDType } from '../contract/dtype.ts'
import type { DType } from '../contract/contract.ts'
import { floatDtype, integerDtype } from '../signature/kind.ts'
import { optional, signature } from '../signature/signature.ts'

export const FINFO = /* @__PURE__ */ signature('finfo', { dtype: optional(floatDtype, 'float32') })
export const IINFO = /* @__PURE__ */ signature('iinfo', { dtype: integerDtype })

/** The numbers of a floating-point dtype. */
export interface FloatInfo {
  readonly dtype: FloatDType
  readonly bits: number
  /** The distance from 1 to the next number. */
  readonly eps: number
  /** The least and the greatest finite number. */
  readonly min: number
  readonly max: number
  /** The smallest positive number with all its digits; `tiny` is another name of it. */
  readonly smallestNormal: number
  readonly tiny: number
}
/** The numbers of an integer dtype. */
export interface IntegerInfo {
  readonly dtype: DType
  readonly bits: number
  readonly min: number
  readonly max: number
}

/**
 * What numbers a floating-point dtype has, by default float32. Errors: OptionError for another dtype.
 * Source: https://pytorch.org/docs/stable/type_info.html
 *
 * @example
 * ```ts
 * import { finfo } from '@glissade/core'
 *
 * console.log(finfo('float16').max) // 65504
 * ```
 */
export function finfo(dtype?: FloatDType): FloatInfo
export function finfo(dtype: FloatDType = 'float32'): FloatInfo {
  FINFO.read(arguments)
  const max = largestOf(dtype)
  const tiny = 2 ** DTYPES[dtype].least
  return { dtype, bits: 8 * DTYPES[dtype].bytes, eps: epsilonOf(dtype), min: -max, max, smallestNormal: tiny, tiny }
}
/**
 * What numbers an integer dtype has. Errors: OptionError for another dtype.
 * Source: https://pytorch.org/docs/stable/type_info.html
 */
export function iinfo(dtype: DType): IntegerInfo {
  IINFO.read(arguments)
  const { bytes, range } = DTYPES[dtype]
  return { dtype, bits: 8 * bytes, min: range[0], max: range[1] }
}
