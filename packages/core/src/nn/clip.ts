/** Limits of gradients. No values are read. */
import { OptionError } from '../contract/errors.ts'
import { normOf } from '../functional/distance.ts'
import type { Sym } from '../ir/builder.ts'
import { number } from '../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../signature/signature.ts'
import { apply } from '../engine/door.ts'
import { noGrad } from '../engine/grad-node.ts'
import { scalar } from '../engine/kinds.ts'
import { one } from '../tensor/one.ts'
import { NONE, Op } from '../engine/op.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { listed, oneOrMore } from './tensor-list.ts'

const normOptions = {
  /** The norm's exponent; may be Infinity. */
  normType: optional(number, 2),
}
export interface ClipNormOptions extends OptionsOf<typeof normOptions> {}

export const CLIP_GRAD_NORM_ = /* @__PURE__ */ signature(
  'clipGradNorm_',
  { parameters: oneOrMore, maxNorm: scalar },
  normOptions,
)
export const CLIP_GRAD_VALUE_ = /* @__PURE__ */ signature('clipGradValue_', {
  parameters: oneOrMore,
  clipValue: scalar,
})

const withGrad = (operation: string, tensors: Tensor | Iterable<Tensor>): Tensor[] =>
  listed(operation, tensors).filter((tensor) => tensor.grad !== null)

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
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html
 */
export function clipGradNorm_(parameters: Tensor | Iterable<Tensor>, maxNorm: number, options?: ClipNormOptions): Tensor
export function clipGradNorm_(parameters: Tensor | Iterable<Tensor>, maxNorm: number): Tensor {
  const { normType } = CLIP_GRAD_NORM_.read(arguments)
  if (!(normType > 0)) throw new OptionError('clipGradNorm_', `normType must be greater than 0 (got ${normType})`)
  const grads = withGrad('clipGradNorm_', parameters).map((parameter) => parameter.grad!)
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
export function clipGradValue_(parameters: Tensor | Iterable<Tensor>, clipValue: number): void {
  CLIP_GRAD_VALUE_.read(arguments)
  for (const { grad } of withGrad('clipGradValue_', parameters))
    noGrad(() => grad!.assign(one(clipValueOp, NONE, grad!, clipValue)))
}
