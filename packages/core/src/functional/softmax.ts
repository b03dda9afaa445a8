/** Normalised exponentials. */
import type { DType } from '../contract/contract.ts'
import { DTypeError } from '../contract/errors.ts'
import { dtype } from '../signature/kind.ts'
import { optional, signature, type OptionsOf, type ValuesOf } from '../signature/signature.ts'
import { dim, tensor } from '../engine/kinds.ts'
import type { Op } from '../engine/op.ts'
import { one } from '../tensor/one.ts'
import { normalizeDim } from '../ops/axes.ts'
import type { AlongAxis } from '../ops/reduction.ts'
import { logSoftmaxOp, softmaxOp } from '../ops/softmax.ts'
import type { DTypeOf, Real } from '../tensor/static-dtype.ts'
import type { ShapeOf } from '../tensor/static-shape.ts'
import type { Tensor } from '../tensor/tensor.ts'

const options = {
  /** The dimension whose entries sum to 1. */
  dim,
  /** The input is cast to it first. Default: the input's, float32 for integers. */
  dtype: optional(dtype),
}
export interface SoftmaxOptions<D extends DType = DType> extends OptionsOf<typeof options> {
  readonly dtype?: D | undefined
}

export const SOFTMAX = /* @__PURE__ */ signature('softmax', { input: tensor }, options)
export const LOG_SOFTMAX = /* @__PURE__ */ signature('logSoftmax', { input: tensor }, options)
export const SOFTMIN = /* @__PURE__ */ signature('softmin', { input: tensor }, options)

function along<R>(operation: string, op: Op<AlongAxis>, input: Tensor, read: ValuesOf<typeof options>): R {
  const x = read.dtype === undefined ? input : input.to(read.dtype)
  const axis = normalizeDim(operation, read.dim, x.shape.length)
  return x.shape.length === 0 ? (one(op, { axis }, x.reshape([1])).reshape([]) as Tensor as R) : one(op, { axis }, x)
}

/**
 * exp(x) / sum(exp(x)) over `dim`. A row of -inf gives NaN.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.softmax.html
 */
export function softmax<T extends Tensor, D extends DType = DTypeOf<T>>(
  input: T,
  options: SoftmaxOptions<D>,
): Tensor<ShapeOf<T>, Real<NoInfer<D>>>
export function softmax(input: Tensor): Tensor {
  return along('softmax', softmaxOp, input, SOFTMAX.read(arguments))
}
/**
 * log(softmax(x)), computed as x - max - log(sum(exp(x - max))).
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.log_softmax.html
 */
export function logSoftmax<T extends Tensor, D extends DType = DTypeOf<T>>(
  input: T,
  options: SoftmaxOptions<D>,
): Tensor<ShapeOf<T>, Real<NoInfer<D>>>
export function logSoftmax(input: Tensor): Tensor {
  return along('logSoftmax', logSoftmaxOp, input, LOG_SOFTMAX.read(arguments))
}
/** softmax(-x). Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.softmin.html */
export function softmin<T extends Tensor, D extends DType = DTypeOf<T>>(
  input: T,
  options: SoftmaxOptions<D>,
): Tensor<ShapeOf<T>, Real<NoInfer<D>>>
export function softmin(input: Tensor): Tensor {
  const read = SOFTMIN.read(arguments)
  if (input.dtype === 'bool') throw new DTypeError('softmin', [input.dtype], 'needs numbers')
  return along('softmin', softmaxOp, input.neg(), read)
}
