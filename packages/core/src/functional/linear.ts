/** Affine maps. */
import { numel } from '../backend/dtype.ts'
import { ShapeError } from '../backend/errors.ts'
import { Op, NONE } from '../tensor/op.ts'
import { one } from '../tensor/one.ts'
import { unify } from '../tensor/ops/promotion.ts'
import type { Tensor } from '../tensor/tensor.ts'

const linearOp: Op = new Op('linear', ([x, weight, bias]) => {
  const [out, k] = weight!.shape
  if (weight!.rank !== 2) throw new ShapeError('linear', [weight!.shape], 'the weight must be [outFeatures, inFeatures]')
  if (x!.rank === 0 || x!.shape.at(-1) !== k)
    throw new ShapeError('linear', [x!.shape, weight!.shape], `the last axis of the input must be inFeatures, ${k}`)
  const rows = numel(x!.shape.slice(0, -1))
  const y = x!.reshape([rows, k!]).dot(weight!, false, true).reshape([...x!.shape.slice(0, -1), out!])
  if (bias === undefined) return [y]
  const [sum, offset] = unify('linear', [y, bias])
  return [sum!.add(offset!)]
})

/**
 * x weight' + bias.
 * @param input [..., inFeatures]
 * @param weight [outFeatures, inFeatures]
 * @param bias [outFeatures]; optional
 * @returns [..., outFeatures]
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.linear.html
 */
export const linear = (input: Tensor, weight: Tensor, bias?: Tensor | null): Tensor =>
  bias == null ? one(linearOp, NONE, input, weight) : one(linearOp, NONE, input, weight, bias)
