/** The forms of methods that change their tensor: `x.add_(y)` moves x to the value of `x.add(y)`. */
import type { Signature } from '../../signature/signature.ts'
import type { Tensor } from '../tensor.ts'
import * as arithmetic from './arithmetic.ts'
import * as arrangement from './arrangement.ts'
import * as indexing from './indexing.ts'
import * as product from './product.ts'
import * as reduction from './reduction.ts'

/** Methods that change their tensor, with what they take. */
export const IN_PLACE = {
  /** As `add`, in place. */
  add_: arithmetic.ADD,
  /** As `sub`, in place. */
  sub_: arithmetic.SUB,
  /** As `mul`, in place. */
  mul_: arithmetic.BINARY.mul,
  /** As `div`, in place. */
  div_: arithmetic.DIV,
  /** As `floorDivide`, in place. */
  floorDivide_: arithmetic.BINARY.floorDivide,
  /** As `pow`, in place. */
  pow_: arithmetic.POW,
  /** As `remainder`, in place. */
  remainder_: arithmetic.BINARY.remainder,
  /** As `fmod`, in place. */
  fmod_: arithmetic.BINARY.fmod,
  /** As `atan2`, in place. */
  atan2_: arithmetic.BINARY.atan2,
  /** As `hypot`, in place. */
  hypot_: arithmetic.BINARY.hypot,
  /** As `xlogy`, in place. */
  xlogy_: arithmetic.BINARY.xlogy,
  /** As `copysign`, in place. */
  copysign_: arithmetic.BINARY.copysign,
  /** As `lerp`, in place. */
  lerp_: arithmetic.LERP,
  /** As `addcmul`, in place. */
  addcmul_: arithmetic.ADDCMUL,
  /** As `addcdiv`, in place. */
  addcdiv_: arithmetic.ADDCDIV,
  /** As `clamp`, in place. */
  clamp_: arithmetic.CLAMP,
  /** As `clampMin`, in place. */
  clampMin_: arithmetic.CLAMP_MIN,
  /** As `clampMax`, in place. */
  clampMax_: arithmetic.CLAMP_MAX,
  /** As `maskedFill`, in place. */
  maskedFill_: arithmetic.MASKED_FILL,
  /** As `maskedScatter`, in place. */
  maskedScatter_: indexing.MASKED_SCATTER,
  /** As `nanToNum`, in place. */
  nanToNum_: arithmetic.NAN_TO_NUM,
  /** As `logicalAnd`, in place. */
  logicalAnd_: arithmetic.BINARY.logicalAnd,
  /** As `logicalOr`, in place. */
  logicalOr_: arithmetic.BINARY.logicalOr,
  /** As `logicalXor`, in place. */
  logicalXor_: arithmetic.BINARY.logicalXor,
  /** As `logicalNot`, in place. */
  logicalNot_: arithmetic.LOGICAL_NOT,
  /** As `bitwiseAnd`, in place. */
  bitwiseAnd_: arithmetic.BINARY.bitwiseAnd,
  /** As `bitwiseOr`, in place. */
  bitwiseOr_: arithmetic.BINARY.bitwiseOr,
  /** As `bitwiseXor`, in place. */
  bitwiseXor_: arithmetic.BINARY.bitwiseXor,
  /** As `bitwiseNot`, in place. */
  bitwiseNot_: arithmetic.BITWISE_NOT,
  /** As `neg`, in place. */
  neg_: arithmetic.UNARY.neg,
  /** As `abs`, in place. */
  abs_: arithmetic.UNARY.abs,
  /** As `sign`, in place. */
  sign_: arithmetic.UNARY.sign,
  /** As `floor`, in place. */
  floor_: arithmetic.UNARY.floor,
  /** As `ceil`, in place. */
  ceil_: arithmetic.UNARY.ceil,
  /** As `round`, in place. */
  round_: arithmetic.UNARY.round,
  /** As `trunc`, in place. */
  trunc_: arithmetic.UNARY.trunc,
  /** As `frac`, in place. */
  frac_: arithmetic.UNARY.frac,
  /** As `exp`, in place. */
  exp_: arithmetic.UNARY.exp,
  /** As `exp2`, in place. */
  exp2_: arithmetic.UNARY.exp2,
  /** As `expm1`, in place. */
  expm1_: arithmetic.UNARY.expm1,
  /** As `log`, in place. */
  log_: arithmetic.UNARY.log,
  /** As `log2`, in place. */
  log2_: arithmetic.UNARY.log2,
  /** As `log10`, in place. */
  log10_: arithmetic.UNARY.log10,
  /** As `log1p`, in place. */
  log1p_: arithmetic.UNARY.log1p,
  /** As `sin`, in place. */
  sin_: arithmetic.UNARY.sin,
  /** As `cos`, in place. */
  cos_: arithmetic.UNARY.cos,
  /** As `tan`, in place. */
  tan_: arithmetic.UNARY.tan,
  /** As `asin`, in place. */
  asin_: arithmetic.UNARY.asin,
  /** As `acos`, in place. */
  acos_: arithmetic.UNARY.acos,
  /** As `atan`, in place. */
  atan_: arithmetic.UNARY.atan,
  /** As `sinh`, in place. */
  sinh_: arithmetic.UNARY.sinh,
  /** As `cosh`, in place. */
  cosh_: arithmetic.UNARY.cosh,
  /** As `tanh`, in place. */
  tanh_: arithmetic.UNARY.tanh,
  /** As `asinh`, in place. */
  asinh_: arithmetic.UNARY.asinh,
  /** As `acosh`, in place. */
  acosh_: arithmetic.UNARY.acosh,
  /** As `atanh`, in place. */
  atanh_: arithmetic.UNARY.atanh,
  /** As `sqrt`, in place. */
  sqrt_: arithmetic.UNARY.sqrt,
  /** As `rsqrt`, in place. */
  rsqrt_: arithmetic.UNARY.rsqrt,
  /** As `square`, in place. */
  square_: arithmetic.UNARY.square,
  /** As `reciprocal`, in place. */
  reciprocal_: arithmetic.UNARY.reciprocal,
  /** As `sigmoid`, in place. */
  sigmoid_: arithmetic.UNARY.sigmoid,
  /** As `logit`, in place. */
  logit_: arithmetic.UNARY.logit,
  /** As `relu`, in place. */
  relu_: arithmetic.UNARY.relu,
  /** As `erf`, in place. */
  erf_: arithmetic.UNARY.erf,
  /** As `tril`, in place. */
  tril_: arrangement.TRIL,
  /** As `triu`, in place. */
  triu_: arrangement.TRIU,
  /** As `cumsum`, in place. */
  cumsum_: reduction.CUMSUM,
  /** As `cumprod`, in place. */
  cumprod_: reduction.CUMPROD,
  /** As `addmm`, in place. */
  addmm_: product.ADDMM,
  /** As `addmv`, in place. */
  addmv_: product.ADDMV,
  /** As `baddbmm`, in place. */
  baddbmm_: product.BADDBMM,
  /** As `scatter`, in place. */
  scatter_: indexing.SCATTER,
  /** As `scatterAdd`, in place. */
  scatterAdd_: indexing.SCATTER_ADD,
  /** As `indexAdd`, in place. */
  indexAdd_: indexing.INDEX_ADD,
  /** As `indexCopy`, in place. */
  indexCopy_: indexing.INDEX_COPY,
  /** As `indexFill`, in place. */
  indexFill_: indexing.INDEX_FILL,
  /** As `indexPut`, in place. */
  indexPut_: indexing.INDEX_PUT,
} as const satisfies Readonly<Record<string, Signature>>

/** Each takes what the method takes and gives the tensor back. The result is cast to its dtype where that is of the same kind or a higher one. */
export type InPlace = {
  [N in keyof typeof IN_PLACE]: <T extends Tensor>(this: T, ...args: Parameters<Method<N>>) => T
}
/** The method that an in-place one is the form of. */
type Method<N extends string> = N extends `${infer M extends keyof indexing.Indexing}_` ? indexing.Indexing[M] : never
