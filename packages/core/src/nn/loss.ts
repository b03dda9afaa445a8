/** Losses of numbers, element by element, as modules. */
import {
  gaussianNllLoss,
  huberLoss,
  l1Loss,
  mseLoss,
  poissonNllLoss,
  smoothL1Loss,
  softMarginLoss,
  type ElementLoss,
  type GaussianNllOptions,
  type HuberOptions,
  type LossOptions,
  type PoissonNllOptions,
  type OtherLoss,
  type Reduction,
  type SmoothL1Options,
  gaussianNllOptions,
  huberOptions,
  lossOptions,
  poissonNllOptions,
  scored,
  smoothL1Options,
} from '../functional/loss.ts'
import { signature } from '../signature/signature.ts'
import type { Fits } from '../tensor/methods/arithmetic.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { tensor } from '../engine/kinds.ts'
import { Loss, SCORED } from './loss-base.ts'

export const NEW_MSE_LOSS = /* @__PURE__ */ signature('MSELoss', {}, lossOptions)
export const NEW_L1_LOSS = /* @__PURE__ */ signature('L1Loss', {}, lossOptions)
export const NEW_SMOOTH_L1_LOSS = /* @__PURE__ */ signature('SmoothL1Loss', {}, smoothL1Options)
export const NEW_HUBER_LOSS = /* @__PURE__ */ signature('HuberLoss', {}, huberOptions)
export const NEW_POISSON_NLL_LOSS = /* @__PURE__ */ signature('PoissonNLLLoss', {}, poissonNllOptions)
export const NEW_GAUSSIAN_NLL_LOSS = /* @__PURE__ */ signature('GaussianNLLLoss', {}, gaussianNllOptions)
export const NEW_SOFT_MARGIN_LOSS = /* @__PURE__ */ signature('SoftMarginLoss', {}, lossOptions)
const WITH_VARIANCE = /* @__PURE__ */ signature('forward', { ...scored, variance: tensor })

/**
 * The squared difference (input - target)^2. Shapes broadcast, with a warning; the result is a mean unless `reduction` says
 * otherwise.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.MSELoss.html
 *
 * @example
 * ```ts
 * import { tensor } from '@glissade/core'
 * import * as nn from '@glissade/core/nn'
 *
 * const criterion = new nn.MSELoss()
 * const loss = criterion(tensor([1, 2]), tensor([1, 4]))
 * console.log(await loss.item()) // 2
 * ```
 */
export class MSELoss<R extends Reduction = 'mean'> extends Loss<typeof lossOptions> {
  constructor(options?: LossOptions<R>)
  constructor() {
    super(NEW_MSE_LOSS.read(arguments))
  }
  forward(input: Tensor, target: Tensor): Tensor {
    SCORED.read(arguments, this.constructor.name)
    return mseLoss(input, target, this.options)
  }
}
export interface MSELoss<R extends Reduction = 'mean'> {
  <A extends Tensor, B extends Tensor>(input: A, target: B & Fits<'MSELoss', A, B>): ElementLoss<A, B, R>
}

/**
 * The absolute difference |input - target|. Shapes broadcast, with a warning; the result is a mean unless `reduction` says
 * otherwise.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.L1Loss.html
 *
 * @example
 * ```ts
 * import { tensor } from '@glissade/core'
 * import * as nn from '@glissade/core/nn'
 *
 * const criterion = new nn.L1Loss({ reduction: 'sum' })
 * const loss = criterion(tensor([1, 2]), tensor([2, 4]))
 * console.log(await loss.item()) // 3
 * ```
 */
export class L1Loss<R extends Reduction = 'mean'> extends Loss<typeof lossOptions> {
  constructor(options?: LossOptions<R>)
  constructor() {
    super(NEW_L1_LOSS.read(arguments))
  }
  forward(input: Tensor, target: Tensor): Tensor {
    SCORED.read(arguments, this.constructor.name)
    return l1Loss(input, target, this.options)
  }
}
export interface L1Loss<R extends Reduction = 'mean'> {
  <A extends Tensor, B extends Tensor>(input: A, target: B & Fits<'L1Loss', A, B>): ElementLoss<A, B, R>
}

/**
 * Squares below `beta` (default 1), absolute values above.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.SmoothL1Loss.html
 *
 * @example
 * ```ts
 * import { tensor } from '@glissade/core'
 * import * as nn from '@glissade/core/nn'
 *
 * const criterion = new nn.SmoothL1Loss({ reduction: 'none' })
 * const losses = criterion(tensor([0.5, 3]), tensor([0, 0]))
 * console.log(await losses.toArray()) // [ 0.125, 2.5 ]
 * ```
 */
export class SmoothL1Loss<R extends Reduction = 'mean'> extends Loss<typeof smoothL1Options> {
  constructor(options?: SmoothL1Options<R>)
  constructor() {
    super(NEW_SMOOTH_L1_LOSS.read(arguments))
  }
  forward(input: Tensor, target: Tensor): Tensor {
    SCORED.read(arguments, this.constructor.name)
    return smoothL1Loss(input, target, this.options)
  }
}
export interface SmoothL1Loss<R extends Reduction = 'mean'> {
  <A extends Tensor, B extends Tensor>(input: A, target: B & Fits<'SmoothL1Loss', A, B>): ElementLoss<A, B, R>
}

/**
 * Squares up to `delta` (default 1), absolute values above.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.HuberLoss.html
 *
 * @example
 * ```ts
 * import { tensor } from '@glissade/core'
 * import * as nn from '@glissade/core/nn'
 *
 * const criterion = new nn.HuberLoss({ delta: 2, reduction: 'none' })
 * const losses = criterion(tensor([1, 3]), tensor([0, 0]))
 * console.log(await losses.toArray()) // [ 0.5, 4 ]
 * ```
 */
export class HuberLoss<R extends Reduction = 'mean'> extends Loss<typeof huberOptions> {
  constructor(options?: HuberOptions<R>)
  constructor() {
    super(NEW_HUBER_LOSS.read(arguments))
  }
  forward(input: Tensor, target: Tensor): Tensor {
    SCORED.read(arguments, this.constructor.name)
    return huberLoss(input, target, this.options)
  }
}
export interface HuberLoss<R extends Reduction = 'mean'> {
  <A extends Tensor, B extends Tensor>(input: A, target: B & Fits<'HuberLoss', A, B>): ElementLoss<A, B, R>
}

/**
 * exp(input) - target input, for counts: `input` is the logarithm of a rate, or with `logInput: false` the rate, of the
 * target's shape.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.PoissonNLLLoss.html
 *
 * @example
 * ```ts
 * import { tensor } from '@glissade/core'
 * import * as nn from '@glissade/core/nn'
 *
 * const criterion = new nn.PoissonNLLLoss({ logInput: false })
 * const loss = criterion(tensor([1, 4]), tensor([0, 0])) // rates, and counts that were seen
 * console.log(await loss.item()) // 2.5
 * ```
 */
export class PoissonNLLLoss<R extends Reduction = 'mean'> extends Loss<typeof poissonNllOptions> {
  constructor(options?: PoissonNllOptions<R>)
  constructor() {
    super(NEW_POISSON_NLL_LOSS.read(arguments))
  }
  forward(input: Tensor, target: Tensor): Tensor {
    SCORED.read(arguments, this.constructor.name)
    return poissonNllLoss(input, target, this.options)
  }
}
export interface PoissonNLLLoss<R extends Reduction = 'mean'> {
  <A extends Tensor, B extends Tensor>(input: A, target: B & Fits<'PoissonNLLLoss', A, B>): ElementLoss<A, B, R>
}

/**
 * 0.5 (log(var) + (input - target)^2 / var), for targets and variances of the input's shape.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.GaussianNLLLoss.html
 *
 * @example
 * ```ts
 * import { tensor } from '@glissade/core'
 * import * as nn from '@glissade/core/nn'
 *
 * const criterion = new nn.GaussianNLLLoss()
 * const loss = criterion(tensor([1, 3]), tensor([1, 1]), tensor([1, 1])) // means, values and variances
 * console.log(await loss.item()) // 1
 * ```
 */
export class GaussianNLLLoss<R extends Reduction = 'mean'> extends Loss<
  typeof gaussianNllOptions,
  [input: Tensor, target: Tensor, variance: Tensor]
> {
  constructor(options?: GaussianNllOptions<R>)
  constructor() {
    super(NEW_GAUSSIAN_NLL_LOSS.read(arguments))
  }
  forward(input: Tensor, target: Tensor, variance: Tensor): Tensor {
    WITH_VARIANCE.read(arguments, this.constructor.name)
    return gaussianNllLoss(input, target, variance, this.options)
  }
}
export interface GaussianNLLLoss<R extends Reduction = 'mean'> {
  (input: Tensor, target: Tensor, variance: Tensor): OtherLoss<R>
}

/**
 * log(1 + exp(-target input)), for targets 1 and -1 of the input's shape.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.SoftMarginLoss.html
 *
 * @example
 * ```ts
 * import { tensor } from '@glissade/core'
 * import * as nn from '@glissade/core/nn'
 *
 * const criterion = new nn.SoftMarginLoss()
 * const loss = criterion(tensor([0, 0]), tensor([1, -1]))
 * console.log((await loss.item()).toFixed(4)) // 0.6931
 * ```
 */
export class SoftMarginLoss<R extends Reduction = 'mean'> extends Loss<typeof lossOptions> {
  constructor(options?: LossOptions<R>)
  constructor() {
    super(NEW_SOFT_MARGIN_LOSS.read(arguments))
  }
  forward(input: Tensor, target: Tensor): Tensor {
    SCORED.read(arguments, this.constructor.name)
    return softMarginLoss(input, target, this.options)
  }
}
export interface SoftMarginLoss<R extends Reduction = 'mean'> {
  <A extends Tensor, B extends Tensor>(input: A, target: B & Fits<'SoftMarginLoss', A, B>): ElementLoss<A, B, R>
}
