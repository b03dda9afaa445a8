/** Activations and normalised exponentials, as functions. */
import type { Sym } from '../ir/builder.ts'
import { Op, NONE } from '../tensor/op.ts'
import { one } from '../tensor/one.ts'
import { normalizeDim } from '../tensor/ops/axes.ts'
import { toFloat } from '../tensor/ops/promotion.ts'
import type { Tensor } from '../tensor/tensor.ts'

// NaN stays NaN; the gradient at 0 is 0, as in PyTorch.
const reluOp: Op = new Op('relu', ([x]) => [x!.le(0).where(0, x!)])
const sigmoidOp: Op = new Op('sigmoid', ([x]) => [sigmoidOf(toFloat(x!))], {
  composite: ([g], _, [out]) => [g!.mul(out!.mul(out!.like(1).sub(out!)))],
})
interface Axis { readonly axis: number }

/** 1 / (1 + exp(-x)), whose exp overflows to infinity and the quotient to 0 where x is very negative. */
const sigmoidOf = (x: Sym): Sym => x.like(1).div(x.neg().exp().add(1))

/** x - max, whose exp is finite; the maximum cancels. A row of -inf keeps its NaN, as in PyTorch. */
const shifted = (x: Sym, axis: number): Sym => x.sub(x.max([axis]).restore([axis], x.shape))

const softmaxOp: Op<Axis> = new Op('softmax', ([x], { axis }) => {
  const e = shifted(toFloat(x!), axis).exp()
  return [e.div(e.sum([axis]).restore([axis], e.shape))]
}, {
  // dx = y (g - sum(g y))
  composite: ([g], _, [y], attrs) => {
    const { axis } = attrs as Axis
    const weighted = g!.mul(y!)
    return [weighted.sub(y!.mul(weighted.sum([axis]).restore([axis], y!.shape)))]
  },
})
export const logSoftmaxOp: Op<Axis> = new Op('logSoftmax', ([x], { axis }) => {
  const s = shifted(toFloat(x!), axis)
  return [s.sub(s.exp().sum([axis]).log().restore([axis], s.shape))]
}, {
  // dx = g - softmax(x) sum(g)
  composite: ([g], _, [y], attrs) => {
    const { axis } = attrs as Axis
    return [g!.sub(y!.exp().mul(g!.sum([axis]).restore([axis], y!.shape)))]
  },
})

/** max(x, 0). Gradient 0 at 0. Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.relu.html */
export const relu = (input: Tensor): Tensor => one(reluOp, NONE, input)
/** 1 / (1 + exp(-x)). */
export const sigmoid = (input: Tensor): Tensor => one(sigmoidOp, NONE, input)
export const tanh = (input: Tensor): Tensor => input.tanh()

/** exp(x) / sum(exp(x)) over `dim`. Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.softmax.html */
export const softmax = (input: Tensor, { dim }: { dim: number }): Tensor =>
  one(softmaxOp, { axis: normalizeDim('softmax', dim, input.shape.length) }, input)
/** log(softmax(x)), computed as x - max - log(sum(exp(x - max))). */
export const logSoftmax = (input: Tensor, { dim }: { dim: number }): Tensor =>
  one(logSoftmaxOp, { axis: normalizeDim('logSoftmax', dim, input.shape.length) }, input)
