/** Affine maps. */
import { numel } from '../contract/dtype.ts'
import { ShapeError } from '../contract/errors.ts'
import { sameShape } from '../ir/type.ts'
import { optional, signature } from '../signature/signature.ts'
import { tensor } from '../engine/kinds.ts'
import type { Promoted } from '../tensor/methods/arithmetic.ts'
import { Op, NONE } from '../engine/op.ts'
import { one } from '../tensor/one.ts'
import { resultType, unify } from '../ops/promotion.ts'
import type { Multiplies, ShapeOf, WithLast } from '../tensor/static-shape.ts'
import type { Tensor } from '../tensor/tensor.ts'

const linearOp: Op = /* @__PURE__ */ new Op('linear', ([x, weight, bias]) => {
  const [out, k] = weight!.shape
  if (weight!.rank !== 2)
    throw new ShapeError('linear', [weight!.shape], 'the weight must be [outFeatures, inFeatures]')
  if (x!.rank === 0 || x!.shape.at(-1) !== k)
    throw new ShapeError('linear', [x!.shape, weight!.shape], `the last axis of the input must be inFeatures, ${k}`)
  const rows = numel(x!.shape.slice(0, -1))
  const dtype = resultType([x!, weight!])
  const y = x!
    .cast(dtype)
    .reshape([rows, k!])
    .dot(weight!.cast(dtype), false, true)
    .reshape([...x!.shape.slice(0, -1), out!])
  if (bias === undefined) return [y]
  const [sum, added] = unify('linear', [y, bias])
  return [sum!.add(added!)]
})

// y_o = x1' W_o x2 + b_o: the products x1_i x2_j of each row, flat, times W as [out, in1 in2].
const bilinearOp: Op = /* @__PURE__ */ new Op('bilinear', ([x, y, weight, bias]) => {
  if (weight!.rank !== 3)
    throw new ShapeError('bilinear', [weight!.shape], 'the weight must be [outFeatures, in1Features, in2Features]')
  const [out, first, second] = weight!.shape as [number, number, number]
  const lead = x!.shape.slice(0, -1)
  if (x!.shape.at(-1) !== first || y!.shape.at(-1) !== second || !sameShape(lead, y!.shape.slice(0, -1)))
    throw new ShapeError(
      'bilinear',
      [x!.shape, y!.shape, weight!.shape],
      `inputs must be [..., ${first}] and [..., ${second}] with equal leading axes`,
    )
  const rows = numel(lead)
  const wide = [rows, first, second]
  const products = x!
    .reshape([rows, first, 1])
    .expand(wide)
    .mul(y!.reshape([rows, 1, second]).expand(wide))
  const z = products
    .reshape([rows, first * second])
    .dot(weight!.reshape([out, first * second]), false, true)
    .reshape([...lead, out])
  return [bias === undefined ? z : z.add(bias.expand(z.shape))]
})

/** null: none. */
const offset = optional(tensor, null)
export const LINEAR = /* @__PURE__ */ signature('linear', { input: tensor, weight: tensor, bias: offset })
export const BILINEAR = /* @__PURE__ */ signature('bilinear', {
  input1: tensor,
  input2: tensor,
  weight: tensor,
  bias: offset,
})

/**
 * x weight' + bias.
 * @param input [..., inFeatures]
 * @param weight [outFeatures, inFeatures]
 * @param bias [outFeatures]; optional
 * @returns [..., outFeatures]
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.linear.html
 */
export function linear<T extends Tensor, W extends Tensor>(
  input: T,
  weight: W & Multiplies<'linear', ShapeOf<T>, readonly [ShapeOf<W>[1], number]>,
  bias?: Tensor | null,
): Tensor<WithLast<ShapeOf<T>, ShapeOf<W>[0]>, Promoted<T, W>> {
  LINEAR.read(arguments)
  return bias == null ? one(linearOp, NONE, input, weight) : one(linearOp, NONE, input, weight, bias)
}

/**
 * x1' weight x2 + bias.
 * @param input1 [..., in1Features]
 * @param input2 [..., in2Features]
 * @param weight [outFeatures, in1Features, in2Features]
 * @param bias [outFeatures]; optional
 * @returns [..., outFeatures]
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.bilinear.html
 */
export function bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias?: Tensor | null): Tensor {
  BILINEAR.read(arguments)
  const operands = [input1, input2, weight]
  return one(bilinearOp, NONE, ...(bias == null ? operands : [...operands, bias]))
}
