/** Losses between numbers: how far `input` is from `target`, element by element. Shapes broadcast. */
import type { Shape } from '../contract/contract.ts'
import { numel } from '../contract/dtype.ts'
import { OptionError, ShapeError } from '../contract/errors.ts'
import type { Sym } from '../ir/builder.ts'
import { sameShape } from '../ir/type.ts'
import { boolean, number, oneOf } from '../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../signature/signature.ts'
import { noGrad } from '../engine/grad-node.ts'
import type { Fits, RealPromoted } from '../tensor/methods/arithmetic.ts'
import { scalar, tensor } from '../engine/kinds.ts'
import { traceComposite } from '../ir/composite.ts'
import { NONE, Op } from '../engine/op.ts'
import { one } from '../tensor/one.ts'
import { broadcastShapes, toFloat, unify } from '../ops/promotion.ts'
import { refuseWhere } from '../ops/refusal.ts'
import { warnInLoops } from '../engine/warning.ts'
import type { DTypeOf, Real } from '../tensor/static-dtype.ts'
import type { AnyShape, Broadcast, ShapeOf } from '../tensor/static-shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { logSigmoidOp } from './activation.ts'

/** How the losses of the elements become the result. */
export type Reduction = 'mean' | 'sum' | 'none'
export const lossOptions = {
  /** 'mean' and 'sum' give one number, 'none' one per element. */
  reduction: optional(oneOf('mean', 'sum', 'none'), 'mean'),
}
/** Options of a loss by their table; `R` is the reduction where it is known, on which the result's shape depends. */
export type Reducing<Options extends object, R> = Omit<Options, 'reduction'> & {
  /** 'mean' and 'sum' give one number, 'none' one per element. Default 'mean'. */
  readonly reduction?: R | undefined
}
export type LossOptions<R extends Reduction = Reduction> = Reducing<OptionsOf<typeof lossOptions>, R>
/** What most losses take. */
export const scored = { input: tensor, target: tensor }
/** The shape of a loss: 0-d, but that of the elements' losses, `S`, where nothing is reduced. */
export type LossShape<R extends string, S extends Shape = AnyShape> = 'none' extends R
  ? [R] extends ['none']
    ? S
    : AnyShape
  : readonly []
/** The loss of an input and a target that broadcast. */
export type ElementLoss<A extends Tensor, B extends Tensor, R extends string> = Tensor<
  LossShape<R, Broadcast<ShapeOf<A>, ShapeOf<B>>>,
  RealPromoted<A, B>
>
/** The loss of scores per class. */
export type ScoreLoss<A extends Tensor, R extends string> = Tensor<LossShape<R>, Real<DTypeOf<A>>>
/** A loss whose dtype follows from more than its input. */
export type OtherLoss<R extends string> = Tensor<LossShape<R>>
export const smoothL1Options = {
  ...lossOptions,
  /** Below this difference the loss is a square; not negative. */
  beta: optional(number, 1),
}
export const huberOptions = {
  ...lossOptions,
  /** Up to this difference the loss is a square; greater than 0. */
  delta: optional(number, 1),
}
export const poissonNllOptions = {
  /** Whether the input is the logarithm of the rate. */
  logInput: optional(boolean, true),
  /** Whether Stirling's log t! is added. */
  full: optional(boolean, false),
  /** Added to the rate under the logarithm, where `logInput` is false. */
  eps: optional(scalar, 1e-8),
  ...lossOptions,
}
export const gaussianNllOptions = {
  /** Whether 0.5 log(2 pi) is added. */
  full: optional(boolean, false),
  /** The least variance; greater than 0. */
  eps: optional(scalar, 1e-6),
  ...lossOptions,
}
export type SmoothL1Options<R extends Reduction = Reduction> = Reducing<OptionsOf<typeof smoothL1Options>, R>
export type HuberOptions<R extends Reduction = Reduction> = Reducing<OptionsOf<typeof huberOptions>, R>
export type PoissonNllOptions<R extends Reduction = Reduction> = Reducing<OptionsOf<typeof poissonNllOptions>, R>
export type GaussianNllOptions<R extends Reduction = Reduction> = Reducing<OptionsOf<typeof gaussianNllOptions>, R>

export const MSE_LOSS = /* @__PURE__ */ signature('mseLoss', scored, lossOptions)
export const L1_LOSS = /* @__PURE__ */ signature('l1Loss', scored, lossOptions)
export const SMOOTH_L1_LOSS = /* @__PURE__ */ signature('smoothL1Loss', scored, smoothL1Options)
export const HUBER_LOSS = /* @__PURE__ */ signature('huberLoss', scored, huberOptions)
export const POISSON_NLL_LOSS = /* @__PURE__ */ signature('poissonNllLoss', scored, poissonNllOptions)
export const GAUSSIAN_NLL_LOSS = /* @__PURE__ */ signature(
  'gaussianNllLoss',
  { ...scored, variance: tensor },
  gaussianNllOptions,
)
export const SOFT_MARGIN_LOSS = /* @__PURE__ */ signature('softMarginLoss', scored, lossOptions)

export interface Reduced {
  readonly reduction: Reduction
}

const all = (x: Sym): number[] => x.shape.map((_, axis) => axis)
export function reduced(x: Sym, reduction: Reduction): Sym {
  if (reduction === 'none') return x
  const total = x.sum(all(x))
  return reduction === 'sum' ? total : total.div(numel(x.shape))
}

/** Shapes that differ are broadcast, as in PyTorch, and the user is told: [n, 1] against [n] are n * n losses. */
export function compared(operation: string, input: Tensor, target: Tensor): void {
  if (sameShape(input.shape, target.shape)) return
  const shape = broadcastShapes(operation, [input.shape, target.shape])
  warnInLoops(
    operation,
    `the target's shape [${target.shape.join(',')}] is not the input's, [${input.shape.join(',')}]: every loss is computed ` +
      `over [${shape.join(',')}], which is seldom meant; give both one shape`,
  )
}

/** An operation from the loss of one element; its operands (tensors and run-time numbers) come of one type. */
export const elementLoss = <A extends Reduced = Reduced>(
  name: string,
  rule: (x: Sym, t: Sym, rest: Sym[], attrs: A) => Sym,
): Op<A> =>
  new Op<A>(name, (operands, attrs) => {
    const [x, t, ...rest] = unify(name, operands.map(toFloat))
    return [reduced(rule(x!, t!, rest, attrs), attrs.reduction)]
  })

const mseOp: Op<Reduced> = /* @__PURE__ */ elementLoss('mseLoss', (x, t) => {
  const difference = x.sub(t)
  return difference.mul(difference)
})
const l1Op: Op<Reduced> = /* @__PURE__ */ elementLoss('l1Loss', (x, t) => x.sub(t).abs())
const smoothL1Op: Op<Reduced> = /* @__PURE__ */ elementLoss('smoothL1Loss', (x, t, [beta]) => {
  const d = x.sub(t)
  const z = d.abs()
  return z.lt(beta!).where(d.mul(d).mul(0.5).div(beta!), z.sub(beta!.mul(0.5)))
})
const huberOp: Op<Reduced> = /* @__PURE__ */ elementLoss('huberLoss', (x, t, [delta]) => {
  const d = x.sub(t)
  const z = d.abs()
  return z.lt(delta!).where(d.mul(d).mul(0.5), z.sub(delta!.mul(0.5)).mul(delta!))
})

/**
 * (input - target)^2. Shapes broadcast.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.mse_loss.html
 */
export function mseLoss<A extends Tensor, B extends Tensor, R extends Reduction = 'mean'>(
  input: A,
  target: B & Fits<'mseLoss', A, B>,
  options?: LossOptions<R>,
): ElementLoss<A, B, R>
export function mseLoss(input: Tensor, target: Tensor): Tensor {
  const { reduction } = MSE_LOSS.read(arguments)
  compared('mseLoss', input, target)
  return one(mseOp, { reduction }, input, target)
}
/**
 * |input - target|; gradient 0 where they are equal.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.l1_loss.html
 */
export function l1Loss<A extends Tensor, B extends Tensor, R extends Reduction = 'mean'>(
  input: A,
  target: B & Fits<'l1Loss', A, B>,
  options?: LossOptions<R>,
): ElementLoss<A, B, R>
export function l1Loss(input: Tensor, target: Tensor): Tensor {
  const { reduction } = L1_LOSS.read(arguments)
  compared('l1Loss', input, target)
  return one(l1Op, { reduction }, input, target)
}
/**
 * 0.5 d^2 / beta where |d| < beta, else |d| - 0.5 beta; and beta 0 is l1Loss.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.smooth_l1_loss.html
 */
export function smoothL1Loss<A extends Tensor, B extends Tensor, R extends Reduction = 'mean'>(
  input: A,
  target: B & Fits<'smoothL1Loss', A, B>,
  options?: SmoothL1Options<R>,
): ElementLoss<A, B, R>
export function smoothL1Loss(input: Tensor, target: Tensor): Tensor {
  const { reduction, beta } = SMOOTH_L1_LOSS.read(arguments)
  if (!(beta >= 0)) throw new OptionError('smoothL1Loss', `beta must not be negative (got ${beta})`)
  compared('smoothL1Loss', input, target)
  return beta === 0 ? one(l1Op, { reduction }, input, target) : one(smoothL1Op, { reduction }, input, target, beta)
}
/**
 * 0.5 d^2 where |d| <= delta, else delta (|d| - 0.5 delta).
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.huber_loss.html
 */
export function huberLoss<A extends Tensor, B extends Tensor, R extends Reduction = 'mean'>(
  input: A,
  target: B & Fits<'huberLoss', A, B>,
  options?: HuberOptions<R>,
): ElementLoss<A, B, R>
export function huberLoss(input: Tensor, target: Tensor): Tensor {
  const { reduction, delta } = HUBER_LOSS.read(arguments)
  if (!(delta > 0)) throw new OptionError('huberLoss', `delta must be greater than 0 (got ${delta})`)
  compared('huberLoss', input, target)
  return one(huberOp, { reduction }, input, target, delta)
}

interface Poisson extends Reduced {
  readonly logInput: boolean
  readonly full: boolean
}
const poissonOp: Op<Poisson> = /* @__PURE__ */ elementLoss<Poisson>(
  'poissonNllLoss',
  (x, t, [eps], { logInput, full }) => {
    const loss = logInput ? x.exp().sub(t.mul(x)) : x.sub(t.mul(x.add(eps!).log()))
    if (!full) return loss
    // Stirling: log t! = t log t - t + 0.5 log(2 pi t), for t > 1.
    const large = t.like(1).lt(t)
    const safe = large.where(t, 1)
    const stirling = safe
      .mul(safe.log())
      .sub(safe)
      .add(
        safe
          .mul(2 * Math.PI)
          .log()
          .mul(0.5),
      )
    return loss.add(large.where(stirling, 0))
  },
)
/**
 * exp(x) - t x, or x - t log(x + eps) without `logInput`; `full` adds Stirling's log t!.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.poisson_nll_loss.html
 */
export function poissonNllLoss<A extends Tensor, B extends Tensor, R extends Reduction = 'mean'>(
  input: A,
  target: B & Fits<'poissonNllLoss', A, B>,
  options?: PoissonNllOptions<R>,
): ElementLoss<A, B, R>
export function poissonNllLoss(input: Tensor, target: Tensor): Tensor {
  const { reduction, logInput, full, eps } = POISSON_NLL_LOSS.read(arguments)
  compared('poissonNllLoss', input, target)
  return one(poissonOp, { reduction, logInput, full }, input, target, eps)
}

interface Gaussian extends Reduced {
  readonly full: boolean
}
const gaussianOp: Op<Gaussian> = /* @__PURE__ */ elementLoss<Gaussian>(
  'gaussianNllLoss',
  (x, t, [variance], { full }) => {
    const d = x.sub(t)
    const loss = variance!.log().add(d.mul(d).div(variance!)).mul(0.5)
    return full ? loss.add(0.5 * Math.log(2 * Math.PI)) : loss
  },
)
/** What lifts a variance to the limit; negative ones are refused. */
const shortfallOp: Op = /* @__PURE__ */ new Op('shortfall', ([x, limit]) => {
  const bound = limit!.cast(x!.dtype).expand(x!.shape)
  const lift = x!.lt(bound).where(bound.sub(x!), 0)
  return [refuseWhere(x!.lt(0), lift, 'OptionError', 'gaussianNllLoss', 'a variance is negative')]
})
/** A variance per element, or per row of the last dimension, which then gets one of size 1. Throws ShapeError. */
function varianceOf(input: Tensor, variance: Tensor): Tensor {
  const rows = input.shape.slice(0, -1)
  if (sameShape(variance.shape, input.shape) || sameShape(variance.shape, [...rows, 1])) return variance
  if (sameShape(variance.shape, rows)) return variance.unsqueeze(-1)
  throw new ShapeError(
    'gaussianNllLoss',
    [input.shape, variance.shape],
    'the variance has the shape of the input, or one number for each of its rows (without the last dimension, or with size 1 there)',
  )
}

/**
 * 0.5 (log(var) + (input - target)^2 / var), var at least `eps`; `full` adds 0.5 log(2 pi).
 * @param variance of the input's shape, or one for each row of its last dimension
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.gaussian_nll_loss.html
 */
export function gaussianNllLoss<R extends Reduction = 'mean'>(
  input: Tensor,
  target: Tensor,
  variance: Tensor,
  options?: GaussianNllOptions<R>,
): OtherLoss<R>
export function gaussianNllLoss(input: Tensor, target: Tensor, variance: Tensor): Tensor {
  const { reduction, full, eps } = GAUSSIAN_NLL_LOSS.read(arguments)
  compared('gaussianNllLoss', input, target)
  // The bound has no gradient of its own: PyTorch clamps without recording.
  const spread = varianceOf(input, variance)
  const bounded = spread.add(noGrad(() => one(shortfallOp, NONE, spread, eps)))
  return one(gaussianOp, { reduction, full }, input, target, bounded)
}

const softMarginOp: Op<Reduced> = /* @__PURE__ */ new Op('softMarginLoss', (operands, { reduction }, builder) => {
  const [x, t] = unify('softMarginLoss', operands.map(toFloat))
  // log(1 + exp(-t x)) = -log sigmoid(t x)
  return [reduced(traceComposite(logSigmoidOp, builder, [t!.mul(x!)], NONE)[0]!.neg(), reduction)]
})
/**
 * log(1 + exp(-target input)), targets 1 or -1.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.soft_margin_loss.html
 */
export function softMarginLoss<A extends Tensor, B extends Tensor, R extends Reduction = 'mean'>(
  input: A,
  target: B & Fits<'softMarginLoss', A, B>,
  options?: LossOptions<R>,
): ElementLoss<A, B, R>
export function softMarginLoss(input: Tensor, target: Tensor): Tensor {
  const { reduction } = SOFT_MARGIN_LOSS.read(arguments)
  compared('softMarginLoss', input, target)
  if (!sameShape(broadcastShapes('softMarginLoss', [input.shape, target.shape]), input.shape))
    throw new ShapeError('softMarginLoss', [input.shape, target.shape], 'the target must broadcast to the input')
  return one(softMarginOp, { reduction }, input, target)
}
