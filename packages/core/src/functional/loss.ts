/** Losses between numbers: how far `input` is from `target`, element by element. Shapes broadcast. */
import type { Shape } from '../backend/contract.ts'
import { numel } from '../backend/dtype.ts'
import { OptionError } from '../backend/errors.ts'
import type { Sym } from '../ir/builder.ts'
import { byName } from '../tensor/by-name.ts'
import { noGrad } from '../tensor/grad-node.ts'
import type { Fits, RealPromoted } from '../tensor/methods/arithmetic.ts'
import { NONE, Op, traceComposite } from '../tensor/op.ts'
import { one } from '../tensor/one.ts'
import { toFloat, unify } from '../tensor/ops/promotion.ts'
import type { Float, Real } from '../tensor/static-dtype.ts'
import type { Broadcast } from '../tensor/static-shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { logSigmoidOp } from './activation.ts'

/** How the losses of the elements become the result. */
export type Reduction = 'mean' | 'sum' | 'none'
export interface LossOptions<R extends Reduction = Reduction> {
  /** 'mean' and 'sum' give one number, 'none' one per element; default 'mean'. */
  readonly reduction?: R
}
/** The shape of a loss: 0-d, but that of the elements' losses, `S`, where nothing is reduced. */
export type LossShape<R extends string, S extends Shape = Shape> = 'none' extends R
  ? [R] extends ['none']
    ? S
    : Shape
  : readonly []
/** The loss of an input and a target that broadcast. */
export type ElementLoss<A extends Tensor, B extends Tensor, R extends string> = Tensor<
  LossShape<R, Broadcast<A['shape'], B['shape']>>,
  RealPromoted<A, B>
>
/** The loss of scores per class. */
export type ScoreLoss<A extends Tensor, R extends string> = Tensor<LossShape<R>, Real<A['dtype']>>
/** A loss whose dtype follows from more than its input. */
export type OtherLoss<R extends string> = Tensor<LossShape<R>, Float>
export interface SmoothL1Options<R extends Reduction = Reduction> extends LossOptions<R> {
  /** Below this difference the loss is a square; default 1. */
  readonly beta?: number
}
export interface HuberOptions<R extends Reduction = Reduction> extends LossOptions<R> {
  /** Up to this difference the loss is a square; default 1. */
  readonly delta?: number
}
export interface PoissonNllOptions<R extends Reduction = Reduction> extends LossOptions<R> {
  /** Whether the input is the logarithm of the rate; default true. */
  readonly logInput?: boolean
  /** Whether Stirling's log t! is added; default false. */
  readonly full?: boolean
  /** Added to the rate under the logarithm, where `logInput` is false; default 1e-8. */
  readonly eps?: number
}
export interface GaussianNllOptions<R extends Reduction = Reduction> extends LossOptions<R> {
  /** Whether 0.5 log(2 pi) is added; default false. */
  readonly full?: boolean
  /** The least variance; default 1e-6. */
  readonly eps?: number
}
export interface Reduced {
  readonly reduction: Reduction
}

const all = (x: Sym): number[] => x.shape.map((_, axis) => axis)
export function reduced(operation: string, x: Sym, reduction: Reduction): Sym {
  if (reduction === 'none') return x
  if (reduction !== 'mean' && reduction !== 'sum')
    throw new OptionError(operation, `reduction is 'mean', 'sum' or 'none' (got ${String(reduction)})`)
  const total = x.sum(all(x))
  return reduction === 'sum' ? total : total.div(numel(x.shape))
}

/** An operation from the loss of one element; its operands (tensors and run-time numbers) come of one type. */
export const elementLoss = <A extends Reduced = Reduced>(
  name: string,
  rule: (x: Sym, t: Sym, rest: Sym[], attrs: A) => Sym,
): Op<A> =>
  new Op<A>(name, (operands, attrs) => {
    const [x, t, ...rest] = unify(name, operands.map(toFloat))
    return [reduced(name, rule(x!, t!, rest, attrs), attrs.reduction)]
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
  return z.le(delta!).where(d.mul(d).mul(0.5), z.sub(delta!.mul(0.5)).mul(delta!))
})

/**
 * (input - target)^2. Shapes broadcast.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.mse_loss.html
 */
export function mseLoss<A extends Tensor, B extends Tensor, R extends Reduction = 'mean'>(
  input: A,
  target: B & Fits<'mseLoss', A, B>,
  options: LossOptions<R> = {},
): ElementLoss<A, B, R> {
  const { reduction = 'mean' as R } = byName('mseLoss', options)
  return one(mseOp, { reduction }, input, target)
}
/** |input - target|; gradient 0 where they are equal. */
export function l1Loss<A extends Tensor, B extends Tensor, R extends Reduction = 'mean'>(
  input: A,
  target: B & Fits<'l1Loss', A, B>,
  options: LossOptions<R> = {},
): ElementLoss<A, B, R> {
  const { reduction = 'mean' as R } = byName('l1Loss', options)
  return one(l1Op, { reduction }, input, target)
}
/**
 * 0.5 d^2 / beta where |d| < beta, else |d| - 0.5 beta; default beta 1, and beta 0 is l1Loss.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.smooth_l1_loss.html
 */
export function smoothL1Loss<A extends Tensor, B extends Tensor, R extends Reduction = 'mean'>(
  input: A,
  target: B & Fits<'smoothL1Loss', A, B>,
  options?: SmoothL1Options<R>,
): ElementLoss<A, B, R>
export function smoothL1Loss(input: Tensor, target: Tensor, options: SmoothL1Options = {}): Tensor {
  const { reduction = 'mean', beta = 1 } = byName('smoothL1Loss', options)
  if (!(beta >= 0)) throw new OptionError('smoothL1Loss', `beta must not be negative (got ${beta})`)
  return beta === 0 ? l1Loss(input, target, { reduction }) : one(smoothL1Op, { reduction }, input, target, beta)
}
/**
 * 0.5 d^2 where |d| <= delta, else delta (|d| - 0.5 delta); default delta 1.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.huber_loss.html
 */
export function huberLoss<A extends Tensor, B extends Tensor, R extends Reduction = 'mean'>(
  input: A,
  target: B & Fits<'huberLoss', A, B>,
  options: HuberOptions<R> = {},
): ElementLoss<A, B, R> {
  const { reduction = 'mean' as R, delta = 1 } = byName('huberLoss', options)
  if (!(delta > 0)) throw new OptionError('huberLoss', `delta must be greater than 0 (got ${delta})`)
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
 * exp(x) - t x, or x - t log(x + eps) without `logInput` (default true); `full` (default false) adds Stirling's log t!.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.poisson_nll_loss.html
 */
export function poissonNllLoss<A extends Tensor, B extends Tensor, R extends Reduction = 'mean'>(
  input: A,
  target: B & Fits<'poissonNllLoss', A, B>,
  options: PoissonNllOptions<R> = {},
): ElementLoss<A, B, R> {
  const { reduction = 'mean' as R, logInput = true, full = false, eps = 1e-8 } = byName('poissonNllLoss', options)
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
/** What lifts x to the limit. */
const shortfallOp: Op = /* @__PURE__ */ new Op('shortfall', ([x, limit]) => {
  const bound = limit!.cast(x!.dtype).expand(x!.shape)
  return [x!.lt(bound).where(bound.sub(x!), 0)]
})
/**
 * 0.5 (log(var) + (input - target)^2 / var), var at least `eps` (1e-6); `full` adds 0.5 log(2 pi).
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.gaussian_nll_loss.html
 */
export function gaussianNllLoss<R extends Reduction = 'mean'>(
  input: Tensor,
  target: Tensor,
  variance: Tensor,
  options: GaussianNllOptions<R> = {},
): OtherLoss<R> {
  const { reduction = 'mean' as R, full = false, eps = 1e-6 } = byName('gaussianNllLoss', options)
  // The bound has no gradient of its own: PyTorch clamps without recording.
  const bounded = variance.add(noGrad(() => one(shortfallOp, NONE, variance, eps)))
  return one(gaussianOp, { reduction, full }, input, target, bounded)
}

const softMarginOp: Op<Reduced> = /* @__PURE__ */ new Op('softMarginLoss', (operands, { reduction }, builder) => {
  const [x, t] = unify('softMarginLoss', operands.map(toFloat))
  // log(1 + exp(-t x)) = -log sigmoid(t x)
  return [reduced('softMarginLoss', traceComposite(logSigmoidOp, builder, [t!.mul(x!)], NONE)[0]!.neg(), reduction)]
})
/** log(1 + exp(-target input)), targets 1 or -1. */
export function softMarginLoss<A extends Tensor, B extends Tensor, R extends Reduction = 'mean'>(
  input: A,
  target: B & Fits<'softMarginLoss', A, B>,
  options: LossOptions<R> = {},
): ElementLoss<A, B, R> {
  const { reduction = 'mean' as R } = byName('softMarginLoss', options)
  return one(softMarginOp, { reduction }, input, target)
}
