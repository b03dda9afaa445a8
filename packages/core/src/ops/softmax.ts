/** Normalised exponentials, as one node with a gradient over their result. */
import type { CompositeGradient } from '../ir/composite.ts'
import type { Sym } from '../ir/builder.ts'
import { Composite } from '../engine/op.ts'
import { toFloat } from './promotion.ts'
import type { AlongAxis } from './reduction.ts'

/** x - max, whose exp is finite; the maximum cancels. A row of -inf keeps its NaN, as in PyTorch; of nothing there is none. */
const shifted = (x: Sym, axis: number): Sym => (x.shape[axis] === 0 ? x : x.sub(x.max([axis]).restore([axis], x.shape)))

// dx = y (g - sum(g y))
const softmaxGradient: CompositeGradient<AlongAxis> = ([g], _, [y], { axis }) => {
  const weighted = g!.mul(y!)
  return [weighted.sub(y!.mul(weighted.sum([axis]).restore([axis], y!.shape)))]
}
// dx = g - softmax(x) sum(g)
const logSoftmaxGradient: CompositeGradient<AlongAxis> = ([g], _, [y], { axis }) => [
  g!.sub(y!.exp().mul(g!.sum([axis]).restore([axis], y!.shape))),
]

export const softmaxOp = /* @__PURE__ */ new Composite(
  'softmax',
  ([x], { axis }) => {
    const e = shifted(toFloat(x!), axis).exp()
    const sum = e.sum([axis])
    // One quotient for each row instead of one for each element; the sum is at least 1.
    return [e.mul(sum.like(1).div(sum).restore([axis], e.shape))]
  },
  softmaxGradient,
)
export const logSoftmaxOp = /* @__PURE__ */ new Composite(
  'logSoftmax',
  ([x], { axis }) => {
    const s = shifted(toFloat(x!), axis)
    return [s.sub(s.exp().sum([axis]).log().restore([axis], s.shape))]
  },
  logSoftmaxGradient,
)
