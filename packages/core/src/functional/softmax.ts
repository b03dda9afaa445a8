/** Normalised exponentials. */
import type { DType } from '../backend/contract.ts'
import { byName } from '../tensor/by-name.ts'
import type { Op } from '../tensor/op.ts'
import { one } from '../tensor/one.ts'
import { normalizeDim } from '../tensor/ops/axes.ts'
import type { Axis } from '../tensor/ops/reduction.ts'
import { logSoftmaxOp, softmaxOp } from '../tensor/ops/softmax.ts'
import type { Real } from '../tensor/static-dtype.ts'
import type { Tensor } from '../tensor/tensor.ts'

export interface SoftmaxOptions<D extends DType = DType> {
  /** The dimension whose entries sum to 1. */
  readonly dim: number
  /** The input is cast to it first. Default: the input's, float32 for integers. */
  readonly dtype?: D
}

function along<R>(op: Op<Axis>, input: Tensor, options: SoftmaxOptions): R {
  const { dim, dtype } = byName(op.name, options)
  const x = dtype === undefined ? input : input.to(dtype)
  const axis = normalizeDim(op.name, dim, x.shape.length)
  return x.shape.length === 0 ? (one(op, { axis }, x.reshape([1])).reshape([]) as Tensor as R) : one(op, { axis }, x)
}

/**
 * exp(x) / sum(exp(x)) over `dim`. A row of -inf gives NaN.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.softmax.html
 */
export const softmax = <T extends Tensor, D extends DType = T['dtype']>(
  input: T,
  options: SoftmaxOptions<D>,
): Tensor<T['shape'], Real<NoInfer<D>>> => along(softmaxOp, input, options)
/**
 * log(softmax(x)), computed as x - max - log(sum(exp(x - max))).
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.log_softmax.html
 */
export const logSoftmax = <T extends Tensor, D extends DType = T['dtype']>(
  input: T,
  options: SoftmaxOptions<D>,
): Tensor<T['shape'], Real<NoInfer<D>>> => along(logSoftmaxOp, input, options)
/** softmax(-x). Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.softmin.html */
export function softmin<T extends Tensor, D extends DType = T['dtype']>(
  input: T,
  options: SoftmaxOptions<D>,
): Tensor<T['shape'], Real<NoInfer<D>>> {
  byName('softmin', options)
  return softmax(input.neg(), options)
}
