/** What is done to many parameters at once: `nn.utils`. No values are read. */
import { OptionError, ShapeError } from '../backend/errors.ts'
import type { Sym } from '../ir/builder.ts'
import { apply } from '../tensor/door.ts'
import { noGrad } from '../tensor/grad-node.ts'
import { NONE, Op } from '../tensor/op.ts'
import { one } from '../tensor/one.ts'
import { normOf } from '../functional/distance.ts'
import type { Tensor } from '../tensor/tensor.ts'

type Tensors = Tensor | Iterable<Tensor>
const listed = (tensors: Tensors): Tensor[] => ('glissadeTensor' in tensors ? [tensors] : [...tensors])
const withGrad = (tensors: Tensors): Tensor[] => listed(tensors).filter((tensor) => tensor.grad !== null)

const flat = (x: Sym): Sym => x.reshape([x.type.size])

// total = |(|g_1|, |g_2|, ...)|; every g becomes g min(1, max / (total + 1e-6)).
const clipNormOp: Op<{ p: number }> = /* @__PURE__ */ new Op('clipGradNorm', (args, { p }, builder) => {
  const grads = args.slice(0, -1)
  const norms = grads.map((g) => normOf(flat(g), p, 0).cast(grads[0]!.dtype).reshape([1]))
  const total = normOf(builder.concat(norms, 0), p, 0)
  const scale = args.at(-1)!.cast(total.dtype).div(total.add(1e-6))
  const factor = scale.lt(1).or(scale.eq(scale).not()).where(scale, 1)
  return [total, ...grads.map((g) => g.mul(factor.cast(g.dtype)))]
})

/**
 * Scales all gradients so that their common norm is at most `maxNorm`. Gives the norm before.
 * @param options `normType`: the norm's exponent, default 2; may be Infinity
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html
 */
export function clipGradNorm_(
  parameters: Tensors,
  maxNorm: number,
  { normType = 2 }: { readonly normType?: number } = {},
): Tensor {
  if (!(normType > 0)) throw new OptionError('clipGradNorm_', `normType must be greater than 0 (got ${normType})`)
  const grads = withGrad(parameters).map((parameter) => parameter.grad!)
  if (grads.length === 0) return one(zeroOp, NONE)
  return noGrad(() => {
    const [total, ...clipped] = apply(clipNormOp, { p: normType }, [...grads, maxNorm]) as [Tensor, ...Tensor[]]
    grads.forEach((grad, i) => grad.assign(clipped[i]!))
    return total
  })
}
const zeroOp: Op = /* @__PURE__ */ new Op('zero', (_, __, builder) => [builder.fill('float32', [], 0)])

const clipValueOp: Op = /* @__PURE__ */ new Op('clipGradValue', ([g, limit]) => {
  const bound = limit!.cast(g!.dtype).expand(g!.shape)
  return [g!.maximum(bound.neg()).minimum(bound)]
})
/**
 * Limits every element of the gradients to [-clipValue, clipValue].
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_value_.html
 */
export function clipGradValue_(parameters: Tensors, clipValue: number): void {
  for (const { grad } of withGrad(parameters)) noGrad(() => grad!.assign(one(clipValueOp, NONE, grad!, clipValue)))
}

const joinOp: Op = /* @__PURE__ */ new Op('parametersToVector', (args, _, builder) => [
  builder.concat(args.map(flat), 0),
])
/** All elements as one vector, in order; gradients flow through it. */
export const parametersToVector = (parameters: Iterable<Tensor>): Tensor =>
  apply(joinOp, NONE, [...parameters])[0] as Tensor

/** Assigns parts of `vector` to the parameters, in order. Errors: ShapeError where the lengths differ. */
export function vectorToParameters(vector: Tensor, parameters: Iterable<Tensor>): void {
  const list = [...parameters]
  const total = list.reduce((sum, parameter) => sum + parameter.numel(), 0)
  if (vector.shape.length !== 1 || vector.numel() !== total)
    throw new ShapeError('vectorToParameters', [vector.shape], `the parameters have ${total} elements`)
  noGrad(() => {
    let start = 0
    for (const parameter of list) {
      parameter.assign(vector.narrow(0, start, parameter.numel()).reshape(parameter.shape))
      start += parameter.numel()
    }
  })
}
