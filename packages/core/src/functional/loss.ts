/** Losses, as functions. */
import { numel } from '../backend/dtype.ts'
import { DTypeError, ShapeError } from '../backend/errors.ts'
import type { Sym } from '../ir/builder.ts'
import { Op, traceComposite } from '../tensor/op.ts'
import { one } from '../tensor/one.ts'
import { unify } from '../tensor/ops/promotion.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { logSoftmaxOp } from './activation.ts'

/** How the losses of the elements become the result; default 'mean'. */
export type Reduction = 'mean' | 'sum' | 'none'
export interface LossOptions {
  readonly reduction?: Reduction
}

const all = (x: Sym): number[] => x.shape.map((_, axis) => axis)
export function reduced(x: Sym, reduction: Reduction): Sym {
  if (reduction === 'none') return x
  const total = x.sum(all(x))
  return reduction === 'sum' ? total : total.div(numel(x.shape))
}

const mseOp: Op<{ reduction: Reduction }> = new Op('mseLoss', (operands, { reduction }) => {
  const [input, target] = unify('mseLoss', operands)
  const difference = input!.sub(target!)
  return [reduced(difference.mul(difference), reduction)]
})

/**
 * (input - target)^2. Shapes broadcast.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.mse_loss.html
 */
export const mseLoss = (input: Tensor, target: Tensor, { reduction = 'mean' }: LossOptions = {}): Tensor =>
  one(mseOp, { reduction }, input, target)

interface CrossEntropy { readonly reduction: Reduction; readonly ignoreIndex: number }

const crossEntropyOp: Op<CrossEntropy> = new Op('crossEntropy', ([input, target], { reduction, ignoreIndex }, builder) => {
  const { shape } = input!
  const [rows, classes] = shape as [number, number]
  if (target!.dtype !== 'int32') throw new DTypeError('crossEntropy', [target!.dtype], 'class targets are int32')
  if (input!.rank !== 2 || target!.rank !== 1 || target!.shape[0] !== rows)
    throw new ShapeError('crossEntropy', [shape, target!.shape], 'needs input [n, classes] and target [n]')
  const [logs] = traceComposite(logSoftmaxOp, builder, [input!], { axis: 1 })
  const counted = target!.eq(ignoreIndex).not()
  // Row i, class t lies at i * classes + t of the flat log-probabilities; an ignored row takes class 0 and then counts 0.
  const at = builder.iota('int32', [rows], 0).mul(classes).add(counted.where(target!, 0))
  const losses = counted.where(logs!.reshape([rows * classes]).gather(at, 0).neg(), 0)
  if (reduction !== 'mean') return [reduced(losses, reduction)]
  return [losses.sum([0]).div(counted.cast(losses.dtype).sum([0]))]
})

/**
 * -log softmax(input)[target], from logits.
 * @param input [n, classes]
 * @param target int32 [n], classes from 0
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html
 */
export const crossEntropy = (
  input: Tensor, target: Tensor, { reduction = 'mean', ignoreIndex = -100 }: LossOptions & { readonly ignoreIndex?: number } = {},
): Tensor => one(crossEntropyOp, { reduction, ignoreIndex }, input, target)
