/** Losses between probabilities. */
import { ShapeError } from '../contract/errors.ts'
import type { Sym } from '../ir/builder.ts'
import { boolean, oneOf } from '../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../signature/signature.ts'
import type { Fits } from '../tensor/methods/arithmetic.ts'
import { tensor } from '../engine/kinds.ts'
import { traceComposite } from '../ir/composite.ts'
import { Composite, NONE, Op } from '../engine/op.ts'
import { one } from '../tensor/one.ts'
import { toFloat, unify } from '../ops/promotion.ts'
import type { ShapeOf } from '../tensor/static-shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { logSigmoidOp } from './activation.ts'
import {
  compared,
  lossOptions,
  reduced,
  scored,
  type ElementLoss,
  type LossShape,
  type OtherLoss,
  type Reduced,
  type Reducing,
  type Reduction,
} from './loss.ts'

export const weightedLossOptions = {
  /** A factor per element, or per class (multilabelSoftMarginLoss), broadcast to the input; null: all 1. */
  weight: optional(tensor, null),
  ...lossOptions,
}
export const logitsLossOptions = {
  ...weightedLossOptions,
  /** A factor of the positive targets, broadcast to the input; null: all 1. */
  posWeight: optional(tensor, null),
}
export const klDivOptions = {
  /** As of the other losses; 'batchmean', the divergence per sample, divides the sum by the first axis. */
  reduction: optional(oneOf('mean', 'sum', 'none', 'batchmean'), 'mean'),
  /** Whether the target holds logarithms too. */
  logTarget: optional(boolean, false),
}
export type WeightedLossOptions<R extends Reduction = Reduction> = Reducing<OptionsOf<typeof weightedLossOptions>, R>
export type LogitsLossOptions<R extends Reduction = Reduction> = Reducing<OptionsOf<typeof logitsLossOptions>, R>
export type KlDivOptions<R extends Reduction | 'batchmean' = Reduction | 'batchmean'> = Reducing<
  OptionsOf<typeof klDivOptions>,
  R
>

export const BINARY_CROSS_ENTROPY = /* @__PURE__ */ signature('binaryCrossEntropy', scored, weightedLossOptions)
export const BINARY_CROSS_ENTROPY_WITH_LOGITS = /* @__PURE__ */ signature(
  'binaryCrossEntropyWithLogits',
  scored,
  logitsLossOptions,
)
export const KL_DIV = /* @__PURE__ */ signature('klDiv', scored, klDivOptions)
export const MULTILABEL_SOFT_MARGIN_LOSS = /* @__PURE__ */ signature(
  'multilabelSoftMarginLoss',
  scored,
  weightedLossOptions,
)

/** log(x), at least -100. */
const boundedLog = (log: Sym): Sym => log.lt(-100).where(-100, log)
/** -(t log x + (1 - t) log(1 - x)), both operands of one type. */
const crossBinary = (x: Sym, t: Sym): Sym => {
  const [yes, no] = [boundedLog(x.log()), boundedLog(x.neg().log1p())]
  return t.sub(1).mul(no).sub(t.mul(yes))
}
// dx = (x - t) / max(x (1 - x), 1e-12), which is finite also where the logarithms are bounded.
export const crossBinaryOp = /* @__PURE__ */ new Composite(
  'binaryCrossEntropyElement',
  ([x, t]) => [crossBinary(x!, t!)],
  ([g], [x, t]) => {
    const product = x!.mul(x!.like(1).sub(x!))
    const dx = x!.sub(t!).div(product.lt(1e-12).where(1e-12, product))
    return [g!.mul(dx), g!.mul(boundedLog(x!.neg().log1p()).sub(boundedLog(x!.log())))]
  },
)

const bceOp: Op<Reduced> = /* @__PURE__ */ new Op('binaryCrossEntropy', (operands, { reduction }, builder) => {
  const [x, t, weight] = operands.map(toFloat)
  const [input, target] = unify('binaryCrossEntropy', [x!, t!])
  const [losses] = traceComposite(crossBinaryOp, builder, [input!, target!], NONE)
  return [reduced(weight === undefined ? losses! : weighted('binaryCrossEntropy', losses!, weight), reduction)]
})

function weighted(operation: string, losses: Sym, weight: Sym): Sym {
  const [a, b] = unify(operation, [losses, weight])
  return a!.mul(b!)
}

function assertSameShape(operation: string, input: Tensor, target: Tensor): void {
  if (input.shape.join() !== target.shape.join())
    throw new ShapeError(operation, [input.shape, target.shape], 'input and target must have one shape')
}

/**
 * -(t log x + (1 - t) log(1 - x)) for probabilities x; logarithms are at least -100. Values outside [0, 1] give NaN.
 * @param options `weight`, broadcast to the input
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.binary_cross_entropy.html
 */
export function binaryCrossEntropy<A extends Tensor, R extends Reduction = 'mean'>(
  input: A,
  target: Tensor,
  options?: WeightedLossOptions<R>,
): Tensor<LossShape<R, ShapeOf<A>>>
export function binaryCrossEntropy(input: Tensor, target: Tensor): Tensor {
  const { reduction, weight } = BINARY_CROSS_ENTROPY.read(arguments)
  assertSameShape('binaryCrossEntropy', input, target)
  return weight === null ? one(bceOp, { reduction }, input, target) : one(bceOp, { reduction }, input, target, weight)
}

interface WithLogits extends Reduced {
  readonly weight: boolean
  readonly posWeight: boolean
}
const logitsOp: Op<WithLogits> = /* @__PURE__ */ new Op(
  'binaryCrossEntropyWithLogits',
  (operands, { reduction, weight, posWeight }, builder) => {
    const name = 'binaryCrossEntropyWithLogits'
    const [x, t, ...rest] = unify(name, operands.map(toFloat))
    // (1 - t) x - (1 + (pos - 1) t) log sigmoid(x)
    const [log] = traceComposite(logSigmoidOp, builder, [x!], NONE)
    const scaled = posWeight ? rest.at(-1)!.sub(1).mul(t!).add(1).mul(log!) : log!
    const losses = t!.like(1).sub(t!).mul(x!).sub(scaled)
    return [reduced(weight ? losses.mul(rest[0]!) : losses, reduction)]
  },
)

/**
 * binaryCrossEntropy of sigmoid(input), without overflow.
 * @param options `weight` and `posWeight` (of the positive targets), broadcast to the input
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.binary_cross_entropy_with_logits.html
 */
export function binaryCrossEntropyWithLogits<A extends Tensor, R extends Reduction = 'mean'>(
  input: A,
  target: Tensor,
  options?: LogitsLossOptions<R>,
): Tensor<LossShape<R, ShapeOf<A>>>
export function binaryCrossEntropyWithLogits(input: Tensor, target: Tensor): Tensor {
  const { reduction, weight, posWeight } = BINARY_CROSS_ENTROPY_WITH_LOGITS.read(arguments)
  assertSameShape('binaryCrossEntropyWithLogits', input, target)
  const rest = [weight, posWeight].filter((given) => given !== null)
  return one(logitsOp, { reduction, weight: weight !== null, posWeight: posWeight !== null }, input, target, ...rest)
}

interface KlDiv extends Reduced {
  readonly logTarget: boolean
  readonly batchmean: boolean
}
const klDivOp: Op<KlDiv> = /* @__PURE__ */ new Op('klDiv', (operands, { reduction, logTarget, batchmean }) => {
  const [x, t] = unify('klDiv', operands.map(toFloat))
  const zero = t!.eq(0)
  // t log t, which is 0 at 0
  const entropy = zero.where(0, t!.mul(zero.where(1, t!).log()))
  const losses = logTarget ? t!.exp().mul(t!.sub(x!)) : entropy.sub(t!.mul(x!))
  const total = reduced(losses, reduction)
  return [batchmean ? total.div(operands[0]!.shape[0] ?? 1) : total]
})

/**
 * target (log(target) - input), where the input holds log-probabilities, and with `logTarget` the target
 * too. 'mean' is over elements; 'batchmean' (the divergence per sample) divides the sum by the first axis.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.kl_div.html
 */
export function klDiv<A extends Tensor, B extends Tensor, R extends Reduction | 'batchmean' = 'mean'>(
  input: A,
  target: B & Fits<'klDiv', A, B>,
  options?: KlDivOptions<R>,
): ElementLoss<A, B, R>
export function klDiv(input: Tensor, target: Tensor): Tensor {
  const { reduction, logTarget } = KL_DIV.read(arguments)
  compared('klDiv', input, target)
  const batchmean = reduction === 'batchmean'
  return one(klDivOp, { reduction: batchmean ? 'sum' : reduction, logTarget, batchmean }, input, target)
}

interface MultiLabel extends Reduced {
  readonly weight: boolean
}
const multiLabelOp: Op<MultiLabel> = /* @__PURE__ */ new Op(
  'multilabelSoftMarginLoss',
  (operands, { reduction, weight }, builder) => {
    const name = 'multilabelSoftMarginLoss'
    const [x, t, scale] = unify(name, operands.map(toFloat))
    const [yes] = traceComposite(logSigmoidOp, builder, [x!], NONE)
    const [no] = traceComposite(logSigmoidOp, builder, [x!.neg()], NONE)
    const losses = t!.mul(yes!).add(t!.like(1).sub(t!).mul(no!)).neg()
    const scaled = weight ? losses.mul(scale!) : losses
    const classes = scaled.rank - 1
    return [reduced(scaled.sum([classes]).div(scaled.shape[classes]!), reduction)]
  },
)
/**
 * Mean over the classes (last axis) of binaryCrossEntropyWithLogits. `weight`: one per class.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.multilabel_soft_margin_loss.html
 */
export function multilabelSoftMarginLoss<R extends Reduction = 'mean'>(
  input: Tensor,
  target: Tensor,
  options?: WeightedLossOptions<R>,
): OtherLoss<R>
export function multilabelSoftMarginLoss(input: Tensor, target: Tensor): Tensor {
  const { reduction, weight } = MULTILABEL_SOFT_MARGIN_LOSS.read(arguments)
  compared('multilabelSoftMarginLoss', input, target)
  const rest = weight === null ? [] : [weight]
  return one(multiLabelOp, { reduction, weight: weight !== null }, input, target, ...rest)
}
