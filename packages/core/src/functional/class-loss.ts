/** Losses of class scores: [n, classes, ...space] against classes [n, ...space], or [classes] against one class. */
import { DTypeError, OptionError, ShapeError } from '../contract/errors.ts'
import type { Builder, Sym } from '../ir/builder.ts'
import { isFloat, sameShape } from '../ir/type.ts'
import { integer, number, oneOf } from '../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../signature/signature.ts'
import { apply, type Arg } from '../engine/door.ts'
import { scalar, tensor } from '../engine/kinds.ts'
import { traceComposite } from '../ir/composite.ts'
import { Op } from '../engine/op.ts'
import { one } from '../tensor/one.ts'
import { toFloat } from '../ops/promotion.ts'
import { pickOp } from '../ops/pick.ts'
import { noSuchClass } from '../ops/refusal.ts'
import { logSoftmaxOp } from '../ops/softmax.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { lossOptions, reduced, scored, type Reduced, type Reducing, type Reduction, type ScoreLoss } from './loss.ts'

export const nllOptions = {
  /** One factor per class; 'mean' divides by the sum of the factors used. null: all 1. */
  weight: optional(tensor, null),
  /** Targets of this value count nothing. */
  ignoreIndex: optional(integer, -100),
  ...lossOptions,
}
export const crossEntropyOptions = {
  ...nllOptions,
  /** Share of the target that is spread evenly over all classes. */
  labelSmoothing: optional(number, 0),
}
export const multiMarginOptions = {
  /** Exponent of the differences. */
  p: optional(oneOf(1, 2), 1),
  /** How far the target's score must be above the others. */
  margin: optional(scalar, 1),
  /** One factor per class; null: all 1. */
  weight: optional(tensor, null),
  ...lossOptions,
}
export type NllOptions<R extends Reduction = Reduction> = Reducing<OptionsOf<typeof nllOptions>, R>
export type CrossEntropyOptions<R extends Reduction = Reduction> = Reducing<OptionsOf<typeof crossEntropyOptions>, R>
export type MultiMarginOptions<R extends Reduction = Reduction> = Reducing<OptionsOf<typeof multiMarginOptions>, R>

export const NLL_LOSS = /* @__PURE__ */ signature('nllLoss', scored, nllOptions)
export const CROSS_ENTROPY = /* @__PURE__ */ signature('crossEntropy', scored, crossEntropyOptions)
export const MULTI_MARGIN_LOSS = /* @__PURE__ */ signature('multiMarginLoss', scored, multiMarginOptions)

interface Nll extends Reduced {
  readonly ignoreIndex: number
}

/** The axis of classes, and the targets as int32. */
function targetsOf(operation: string, scores: Sym, target: Sym): { axis: number; targets: Sym; classes: number } {
  const { shape } = scores
  const axis = shape.length === 1 ? 0 : 1
  if (shape.length === 0 || !sameShape(target.shape, shape.toSpliced(axis, 1)))
    throw new ShapeError(
      operation,
      [shape, target.shape],
      'needs input [n, classes, ...space] and target [n, ...space]',
    )
  if (target.type.kind !== 'integer')
    throw new DTypeError(
      operation,
      [target.dtype],
      'class targets are int32; use to("int32"), or probabilities of the input\'s shape',
    )
  return { axis, targets: target.cast('int32'), classes: shape[axis]! }
}
const scoresAt = (operation: string, scores: Sym, targets: Sym, axis: number): Sym =>
  traceComposite(pickOp, scores.builder, [scores, targets], {
    axis,
    says: noSuchClass(operation, scores.shape[axis]!),
  })[0]!
/** One factor per class, at every element. */
const factorsOf = (weight: Sym, scores: Sym, axis: number): Sym =>
  weight.cast(scores.dtype).restore(
    [...scores.shape.keys()].filter((other) => other !== axis),
    scores.shape,
  )

function assertWeight(operation: string, input: Sym, weight: Sym | undefined, classes: number): void {
  if (weight !== undefined && !sameShape(weight.shape, [classes]))
    throw new ShapeError(
      operation,
      [weight.shape, input.shape],
      `the weight must be [${classes}], one factor per class`,
    )
}

interface Picked {
  /** Minus the weighted log-probability of each target; 0 where ignored. */
  readonly losses: Sym
  /** The weight of each target; 0 where ignored. */
  readonly weights: Sym
  readonly counted: Sym
  readonly axis: number
}

function picked(operation: string, logs: Sym, target: Sym, weight: Sym | undefined, ignoreIndex: number): Picked {
  const { axis, targets, classes } = targetsOf(operation, logs, target)
  assertWeight(operation, logs, weight, classes)
  const counted = targets.eq(ignoreIndex).not()
  const classOf = counted.where(targets, 0)
  const found = scoresAt(operation, logs, classOf, axis)
  const factors = weight === undefined ? found.like(1) : weight.cast(found.dtype).gather(classOf, 0)
  const weights = counted.where(factors, 0)
  const scaled = weight === undefined ? found : found.mul(factors)
  return { losses: counted.where(scaled.neg(), 0), weights, counted, axis }
}

function combine(losses: Sym, divisor: Sym, reduction: Reduction): Sym {
  if (reduction !== 'mean') return reduced(losses, reduction)
  const all = [...losses.shape.keys()]
  return losses.sum(all).div(divisor.sum(all))
}

const nllOp: Op<Nll> = /* @__PURE__ */ new Op('nllLoss', ([input, target, weight], { reduction, ignoreIndex }) => {
  const { losses, weights } = picked('nllLoss', toFloat(input!), target!, weight, ignoreIndex)
  return [combine(losses, weights, reduction)]
})

/**
 * -weight[target] input[target], from log-probabilities.
 * @param input [n, classes, ...space] or [classes]
 * @param target int32 [n, ...space] or []
 * Errors: ShapeError, DTypeError; IndexError for a target that is not a class.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.nll_loss.html
 */
export function nllLoss<A extends Tensor, R extends Reduction = 'mean'>(
  input: A,
  target: Tensor,
  options?: NllOptions<R>,
): ScoreLoss<A, R>
export function nllLoss(input: Tensor, target: Tensor): Tensor {
  const { weight, ignoreIndex, reduction } = NLL_LOSS.read(arguments)
  return one(nllOp, { reduction, ignoreIndex }, input, target, ...(weight === null ? [] : [weight]))
}

interface CrossEntropy extends Nll {
  readonly weight: boolean
  readonly smooth: boolean
}

/** Log-probabilities over the classes of logits. */
const logsOf = (input: Sym, builder: Builder): Sym =>
  traceComposite(logSoftmaxOp, builder, [toFloat(input)], { axis: input.rank === 1 ? 0 : 1 })[0]!

/** The loss, and the log-probabilities, which backward needs. */
const crossEntropyOp: Op<CrossEntropy> = /* @__PURE__ */ new Op(
  'crossEntropy',
  ([input, target, ...rest], attrs, builder) => {
    const name = 'crossEntropy'
    const { reduction, ignoreIndex, smooth } = attrs
    if (input!.rank === 0) throw new ShapeError(name, [input!.shape], 'needs an axis of classes')
    const logs = logsOf(input!, builder)
    const weight = attrs.weight ? rest[0] : undefined
    const { losses, weights, counted, axis } = picked(name, logs, target!, weight, ignoreIndex)
    const hard = combine(losses, weights, reduction)
    if (!smooth) return [hard, logs]
    // (1 - s) loss of the target + s / classes times the losses of all classes
    const smoothing = rest.at(-1)!.cast(logs.dtype)
    const factors = weight === undefined ? logs : logs.mul(factorsOf(weight, logs, axis))
    const spread = combine(counted.where(factors.sum([axis]).neg(), 0), weights, reduction)
    return [hard.mul(smoothing.like(1).sub(smoothing)).add(spread.mul(smoothing.div(logs.shape[axis]!))), logs]
  },
)

/** Targets are probabilities of the input's shape. */
const soften: Op<Omit<CrossEntropy, 'ignoreIndex'>> = /* @__PURE__ */ new Op(
  'crossEntropySoft',
  ([input, target, ...rest], attrs, builder) => {
    const logs = logsOf(input!, builder)
    const axis = input!.rank === 1 ? 0 : 1
    const classes = logs.shape[axis]!
    let t = target!.cast(logs.dtype)
    if (attrs.smooth) {
      const smoothing = rest.at(-1)!.cast(logs.dtype)
      t = t.mul(smoothing.like(1).sub(smoothing)).add(smoothing.div(classes))
    }
    let products = logs.mul(t)
    if (attrs.weight) {
      assertWeight('crossEntropy', input!, rest[0], classes)
      products = products.mul(factorsOf(rest[0]!, logs, axis))
    }
    const losses = products.sum([axis]).neg()
    return [reduced(losses, attrs.reduction), logs]
  },
)

/**
 * -log softmax(input)[target], from logits.
 * @param input [n, classes, ...space] or [classes]
 * @param target int32 [n, ...space] or []: classes; or floating point of the input's shape: probabilities
 * Errors: ShapeError, DTypeError; IndexError for a target that is not a class.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html
 */
export function crossEntropy<A extends Tensor, R extends Reduction = 'mean'>(
  input: A,
  target: Tensor,
  options?: CrossEntropyOptions<R>,
): ScoreLoss<A, R>
export function crossEntropy(input: Tensor, target: Tensor): Tensor {
  const { weight, ignoreIndex, reduction, labelSmoothing } = CROSS_ENTROPY.read(arguments)
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1))
    throw new OptionError('crossEntropy', `labelSmoothing must be between 0 and 1 (got ${labelSmoothing})`)
  const smooth = labelSmoothing > 0
  const args: Arg[] = [input, target, ...(weight === null ? [] : [weight]), ...(smooth ? [labelSmoothing] : [])]
  const shared = { reduction, weight: weight !== null, smooth }
  if (!isFloat(target.dtype) || !sameShape(target.shape, input.shape))
    return apply(crossEntropyOp, { ...shared, ignoreIndex }, args)[0] as Tensor
  if (ignoreIndex >= 0)
    throw new OptionError(
      'crossEntropy',
      `ignoreIndex is for targets that are classes, not probabilities (got ${ignoreIndex})`,
    )
  return apply(soften, shared, args)[0] as Tensor
}

interface MultiMargin extends Reduced {
  readonly p: number
  readonly weight: boolean
}
const multiMarginOp: Op<MultiMargin> = /* @__PURE__ */ new Op(
  'multiMarginLoss',
  ([input, target, margin, weight], { reduction, p }, builder) => {
    const name = 'multiMarginLoss'
    const x = toFloat(input!)
    if (x.rank > 2) throw new ShapeError(name, [x.shape], 'the input must be [n, classes] or [classes]')
    // One item alone may have no dimension for its classes, and one for its target.
    const alone = x.rank < 2 && target!.type.size === 1
    const scores = alone ? x.reshape([x.type.size]) : x
    const { axis, targets, classes } = targetsOf(name, scores, alone ? target!.reshape([]) : target!)
    assertWeight(name, x, weight, classes)
    const { shape } = scores
    const own = builder.iota('int32', shape, axis).eq(targets.restore([axis], shape))
    const margins = scores.sub(scoresAt(name, scores, targets, axis).restore([axis], shape)).add(margin!.cast(x.dtype))
    // Nothing flows where the margin is just kept.
    const excess = margins.le(0).where(0, margins)
    const powers = p === 1 ? excess : excess.mul(excess)
    const scaled =
      weight === undefined ? powers : powers.mul(weight.cast(x.dtype).gather(targets, 0).restore([axis], shape))
    const losses = own.where(0, scaled).sum([axis]).div(classes)
    return [reduced(reduction === 'none' ? losses.reshape(target!.shape) : losses, reduction)]
  },
)
/**
 * Mean over the other classes i of max(0, margin - input[target] + input[i])^p.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.multi_margin_loss.html
 */
export function multiMarginLoss<A extends Tensor, R extends Reduction = 'mean'>(
  input: A,
  target: Tensor,
  options?: MultiMarginOptions<R>,
): ScoreLoss<A, R>
export function multiMarginLoss(input: Tensor, target: Tensor): Tensor {
  const { p, margin, weight, reduction } = MULTI_MARGIN_LOSS.read(arguments)
  return one(
    multiMarginOp,
    { reduction, p, weight: weight !== null },
    input,
    target,
    margin,
    ...(weight === null ? [] : [weight]),
  )
}
