/** Stochastic gradient descent: the one algorithm that every backend runs or replaces by a kernel with the same numbers. */
import { OptionError } from '../contract/errors.ts'
import { boolean, number } from '../signature/kind.ts'
import { optional, signature } from '../signature/signature.ts'
import { Composite } from '../engine/op.ts'
import { assertFused, reject, common, optimized, rate, type GroupOptions, type Options } from './options.ts'
import { Optimizer } from './optimizer.ts'
import type { Params } from './param-group.ts'
import type { Rule } from './rule.ts'

const options = {
  /** Learning rate, a number or a 1-element tensor. Default 1e-3. */
  lr: optional(rate, 1e-3),
  /** Default 0. */
  momentum: optional(number, 0),
  /** How much of the gradient momentum leaves out, after the first step. Default 0. */
  dampening: optional(number, 0),
  /** L2 penalty: weightDecay * p is added to the gradient. Default 0. */
  weightDecay: optional(number, 0),
  /** Look ahead along the momentum; needs momentum and no dampening. Default false. */
  nesterov: optional(boolean, false),
  ...common,
  /** Accepted: a group is one program anyway. Default null. */
  fused: optional(boolean, null),
}
export interface SGDOptions extends GroupOptions<typeof options> {}
export const SGD_SIGNATURE = /* @__PURE__ */ signature('SGD', { params: optimized }, options)

/**
 * Per parameter p with gradient g, in this order:
 *   g = maximize ? -g : g;  g += weightDecay p;
 *   buffer = first time ? g : momentum buffer + (1 - dampening) g;  g = nesterov ? g + momentum buffer : buffer;
 *   p -= lr g
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.SGD.html
 */
export const sgdUpdate = new Composite('sgd', (args, { first, momentum, weightDecay, nesterov, maximize }) => {
  const [p, grad, buffer] = args
  const [decay, mu, keep, lr] = args.slice(first || !momentum ? 2 : 3)
  let g = maximize ? grad!.neg() : grad!
  if (weightDecay) g = g.add(p!.mul(decay!))
  if (!momentum) return [p!.sub(g.mul(lr!))]
  const next = first ? g : buffer!.mul(mu!).add(g.mul(keep!))
  g = nesterov ? g.add(next.mul(mu!)) : next
  return [p!.sub(g.mul(lr!)), next]
})

const numbers = ['weight_decay', 'momentum', '1 - dampening', 'lr'] as const

/** The rule of SGD: its state, its numbers and its update. */
export const sgd: Rule<SGDOptions, typeof numbers> = {
  name: 'sgd',
  update: sgdUpdate,
  counts: false,
  // momentum * -0 + g is g, bit for bit: of the two zeros only -0 leaves g = -0 as it is.
  initial: ({ dampening }) => (dampening === 0 ? -0 : null),
  state: ({ momentum }) => (momentum !== 0 ? ['momentum_buffer'] : []),
  structure: {
    // Said by the step that makes the buffer.
    first: () => false,
    momentum: ({ momentum }) => momentum !== 0,
    weightDecay: ({ weightDecay }) => weightDecay !== 0,
    nesterov: ({ nesterov }) => nesterov,
    maximize: ({ maximize }) => maximize,
  },
  numbers,
  hyper: ({ lr, momentum, dampening, weightDecay }) => [weightDecay, momentum, 1 - dampening, lr],
  scaled: ['lr'],
}

/**
 * Stochastic gradient descent: p -= lr g, where g is the gradient or, with `momentum`, a running sum of gradients.
 * `params` are parameters, pairs of name and parameter, or groups of
 * them with options of their own. Errors: OptionError for options out of their range (those of groups are not checked) and for
 * parameters that cannot be optimized.
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.SGD.html
 *
 * @example
 * ```ts
 * import { tensor } from '@glissade/core'
 * import * as optim from '@glissade/core/optim'
 *
 * const w = tensor([1, -2], { requiresGrad: true })
 * const optimizer = new optim.SGD([w], { lr: 0.1, momentum: 0.9 })
 * for (let step = 0; step < 3; step++) {
 *   optimizer.zeroGrad()
 *   const loss = w.square().sum()
 *   loss.backward()
 *   optimizer.step()
 *   console.log((await loss.item()).toFixed(3)) // 5.000, 3.200, 1.058
 * }
 * ```
 */
export class SGD extends Optimizer<SGDOptions> {
  constructor(params: Params<SGDOptions>, options?: Options<SGDOptions>)
  constructor(params: Params<SGDOptions>) {
    const all = SGD_SIGNATURE.read(arguments) as SGDOptions
    const { lr, momentum, dampening, weightDecay, nesterov } = all
    // NaN passes, as in PyTorch.
    if (typeof lr === 'number' && lr < 0) reject('SGD', 'learning rate', lr)
    if (momentum < 0) reject('SGD', 'momentum value', momentum)
    if (weightDecay < 0) reject('SGD', 'weight_decay value', weightDecay)
    if (nesterov && (momentum <= 0 || dampening !== 0))
      throw new OptionError('SGD', 'Nesterov momentum requires a momentum and zero dampening')
    super(sgd, params, all)
    assertFused('SGD', all)
  }
  override get absent(): Partial<SGDOptions> {
    return { nesterov: false, maximize: false, foreach: null, differentiable: false, fused: null }
  }
}
