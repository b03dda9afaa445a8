/** RMSprop: steps scaled by the running average of the squared gradient. */
import { boolean, number } from '../signature/kind.ts'
import { optional, signature } from '../signature/signature.ts'
import { Composite } from '../engine/op.ts'
import { assertNotNegative, common, optimized, rate, type GroupOptions, type Options } from './options.ts'
import { Optimizer } from './optimizer.ts'
import type { Params } from './param-group.ts'
import type { Rule } from './rule.ts'

const options = {
  /** Learning rate, a number or a 1-element tensor. Default 1e-2. */
  lr: optional(rate, 1e-2),
  /** Decay of the running average. Default 0.99. */
  alpha: optional(number, 0.99),
  /** Added to the denominator. Default 1e-8. */
  eps: optional(number, 1e-8),
  /** weightDecay * p is added to the gradient. Default 0. */
  weightDecay: optional(number, 0),
  /** Default 0. */
  momentum: optional(number, 0),
  /** Subtract the square of the average gradient, so that its variance scales the step. Default false. */
  centered: optional(boolean, false),
  /** Accepted: every step can be recorded. Default false. */
  capturable: optional(boolean, false),
  ...common,
}
export interface RMSpropOptions extends GroupOptions<typeof options> {}
export const RMSPROP = /* @__PURE__ */ signature('RMSprop', { params: optimized }, options)

/**
 * Per parameter p with gradient g (-g to maximize), in this order:
 *   g += weightDecay p;  v = alpha v + (1 - alpha) g^2
 *   centered: a = alpha a + (1 - alpha) g, s = sqrt(v - a^2) + eps, else s = sqrt(v) + eps
 *   with momentum: buffer = momentum buffer + g / s, p -= lr buffer, else p -= lr g / s
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.RMSprop.html
 */
export const rmspropUpdate = new Composite('rmsprop', (args, { momentum, centered, weightDecay, maximize }) => {
  const [p, grad, square, ...others] = args
  const buffer = momentum ? others.shift()! : null
  const average = centered ? others.shift()! : null
  const [decay, mu, alpha, rest, eps, lr] = others
  let g = maximize ? grad!.neg() : grad!
  if (weightDecay) g = g.add(p!.mul(decay!))
  const v = square!.mul(alpha!).add(g.mul(g).mul(rest!))
  const a = average === null ? null : average.mul(alpha!).add(g.mul(rest!))
  const s = (a === null ? v : v.sub(a.mul(a))).sqrt().add(eps!)
  if (buffer === null) return [p!.sub(g.mul(lr!).div(s)), v, ...(a === null ? [] : [a])]
  const next = buffer.mul(mu!).add(g.div(s))
  return [p!.sub(next.mul(lr!)), v, next, ...(a === null ? [] : [a])]
})

const numbers = ['weight_decay', 'momentum', 'alpha', '1 - alpha', 'eps', 'lr'] as const

/** The rule of RMSprop: its state, its numbers and its update. */
export const rmsprop: Rule<RMSpropOptions, typeof numbers> = {
  name: 'rmsprop',
  update: rmspropUpdate,
  counts: true,
  initial: () => 0,
  state: ({ momentum, centered }) => [
    'square_avg',
    ...(momentum > 0 ? ['momentum_buffer'] : []),
    ...(centered ? ['grad_avg'] : []),
  ],
  structure: {
    momentum: ({ momentum }) => momentum > 0,
    centered: ({ centered }) => centered,
    weightDecay: ({ weightDecay }) => weightDecay !== 0,
    maximize: ({ maximize }) => maximize,
  },
  numbers,
  hyper: ({ lr, momentum, alpha, eps, weightDecay }) => [weightDecay, momentum, alpha, 1 - alpha, eps, lr],
  scaled: ['lr'],
}

/**
 * RMSprop: steps divided by the root of a running average of squared gradients, with or without momentum.
 * `params` are parameters, pairs of name and parameter, or groups of
 * them with options of their own. Errors: OptionError for options out of their range (those of groups are not checked) and for
 * parameters that cannot be optimized.
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.RMSprop.html
 *
 * @example
 * ```ts
 * import { tensor } from '@glissade/core'
 * import * as optim from '@glissade/core/optim'
 *
 * const w = tensor([1, -2], { requiresGrad: true })
 * const optimizer = new optim.RMSprop([w], { lr: 0.1 })
 * for (let step = 0; step < 3; step++) {
 *   optimizer.zeroGrad()
 *   const loss = w.square().sum()
 *   loss.backward()
 *   optimizer.step()
 *   console.log((await loss.item()).toFixed(3)) // 5.000, 1.000, 0.304
 * }
 * ```
 */
export class RMSprop extends Optimizer<RMSpropOptions> {
  constructor(params: Params<RMSpropOptions>, options?: Options<RMSpropOptions>)
  constructor(params: Params<RMSpropOptions>) {
    const all = RMSPROP.read(arguments) as RMSpropOptions
    assertNotNegative('RMSprop', 'learning rate', all.lr)
    assertNotNegative('RMSprop', 'epsilon value', all.eps)
    assertNotNegative('RMSprop', 'momentum value', all.momentum)
    assertNotNegative('RMSprop', 'weight_decay value', all.weightDecay)
    assertNotNegative('RMSprop', 'alpha value', all.alpha)
    super(rmsprop, params, all)
  }
  override get absent(): Partial<RMSpropOptions> {
    return { momentum: 0, centered: false, foreach: null, maximize: false, differentiable: false, capturable: false }
  }
}
