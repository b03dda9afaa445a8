/** Adam, and with decoupled weight decay AdamW: steps scaled by running averages of the gradient and of its square. */
import { boolean, number } from '../signature/kind.ts'
import { optional, signature, type ValuesOf } from '../signature/signature.ts'
import { Composite } from '../engine/op.ts'
import {
  assertFused,
  assertNotNegative,
  reject,
  betas,
  common,
  optimized,
  rate,
  type GroupOptions,
  type Options,
} from './options.ts'
import { Optimizer } from './optimizer.ts'
import type { Params } from './param-group.ts'
import type { Rule } from './rule.ts'

export const adamRows = {
  /** Learning rate, a number or a 1-element tensor. Default 1e-3. */
  lr: optional(rate, 1e-3),
  /** Decay of the running averages of the gradient and of its square. Default [0.9, 0.999]. */
  betas: optional(betas, [0.9, 0.999]),
  /** Added to the denominator. Default 1e-8. */
  eps: optional(number, 1e-8),
  /** weightDecay * p is added to the gradient, or, decoupled, lr * weightDecay * p is taken from p. Default 0. */
  weightDecay: optional(number, 0),
  /** Divide by the greatest average so far. Default false. */
  amsgrad: optional(boolean, false),
  ...common,
  /** Accepted: every step can be recorded. Default false. */
  capturable: optional(boolean, false),
  /** Accepted: a group is one program anyway. Default null. */
  fused: optional(boolean, null),
  /** Weight decay past the averages, as AdamW has it. Default false. */
  decoupledWeightDecay: optional(boolean, false),
}
export interface AdamOptions extends GroupOptions<typeof adamRows> {}
export const ADAM = /* @__PURE__ */ signature('Adam', { params: optimized }, adamRows)

/**
 * At step t of parameter p with gradient g (-g to maximize):
 *   decoupled: p -= lr weightDecay p, else g += weightDecay p
 *   m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2;  with amsgrad w = max(w, v), else w = v
 *   p -= lr / (1 - beta1^t) * m / (sqrt(w) / sqrt(1 - beta2^t) + eps)
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.Adam.html, https://arxiv.org/abs/1412.6980
 */
export const adamUpdate = new Composite('adam', (args, { amsgrad, weightDecay, decoupled, maximize }) => {
  const [p, grad, average, square, greatest] = args
  const [decay, shrink, beta1, rest1, beta2, rest2, stepSize, root, eps] = args.slice(amsgrad ? 5 : 4)
  let g = maximize ? grad!.neg() : grad!
  let start = p!
  if (weightDecay && decoupled) start = p!.sub(p!.mul(shrink!))
  else if (weightDecay) g = g.add(p!.mul(decay!))
  const m = average!.mul(beta1!).add(g.mul(rest1!))
  const v = square!.mul(beta2!).add(g.mul(g).mul(rest2!))
  const w = amsgrad ? greatest!.maximum(v) : v
  const denominator = w.sqrt().div(root!).add(eps!)
  const next = start.sub(m.mul(stepSize!).div(denominator))
  return amsgrad ? [next, m, v, w] : [next, m, v]
})

const numbers = [
  'weight_decay',
  'lr * weight_decay',
  'beta1',
  '1 - beta1',
  'beta2',
  '1 - beta2',
  'lr / (1 - beta1 ** step)',
  'sqrt(1 - beta2 ** step)',
  'eps',
] as const

/** The rule of Adam and AdamW: its state, its numbers and its update. */
export const adam: Rule<AdamOptions, typeof numbers> = {
  name: 'adam',
  update: adamUpdate,
  counts: true,
  initial: () => 0,
  state: ({ amsgrad }) => (amsgrad ? ['exp_avg', 'exp_avg_sq', 'max_exp_avg_sq'] : ['exp_avg', 'exp_avg_sq']),
  structure: {
    amsgrad: ({ amsgrad }) => amsgrad,
    weightDecay: ({ weightDecay }) => weightDecay !== 0,
    decoupled: ({ decoupledWeightDecay }) => decoupledWeightDecay,
    maximize: ({ maximize }) => maximize,
  },
  numbers,
  hyper: ({ lr, betas: [beta1, beta2], weightDecay, eps }, step) => [
    weightDecay,
    lr * weightDecay,
    beta1,
    1 - beta1,
    beta2,
    1 - beta2,
    lr / (1 - beta1 ** step),
    Math.sqrt(1 - beta2 ** step),
    eps,
  ],
  scaled: ['lr * weight_decay', 'lr / (1 - beta1 ** step)'],
}

/** The options that were read, in PyTorch's ranges. */
export function adamOptions(operation: string, read: ValuesOf<typeof adamRows>): AdamOptions {
  const all = read as AdamOptions
  assertNotNegative(operation, 'learning rate', all.lr)
  assertNotNegative(operation, 'epsilon value', all.eps)
  all.betas.forEach((beta, i) => {
    if (!(beta >= 0 && beta < 1)) reject(operation, `beta parameter at index ${i}`, beta)
  })
  assertNotNegative(operation, 'weight_decay value', all.weightDecay)
  return { ...all, betas: Object.freeze([...all.betas] as [number, number]) }
}

/**
 * Adam: steps of about `lr`, by running averages of the gradient and of its square.
 * `params` are parameters, pairs of name and parameter, or groups of
 * them with options of their own. Errors: OptionError for options out of their range (those of groups are not checked) and for
 * parameters that cannot be optimized.
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.Adam.html, https://arxiv.org/abs/1412.6980
 *
 * @example
 * ```ts
 * import { tensor } from '@glissade/core'
 * import * as optim from '@glissade/core/optim'
 *
 * const w = tensor([1, -2], { requiresGrad: true })
 * const optimizer = new optim.Adam([w], { lr: 0.1 })
 * for (let step = 0; step < 3; step++) {
 *   optimizer.zeroGrad()
 *   const loss = w.square().sum()
 *   loss.backward()
 *   optimizer.step()
 *   console.log((await loss.item()).toFixed(3)) // 5.000, 4.420, 3.881
 * }
 * ```
 */
export class Adam extends Optimizer<AdamOptions> {
  constructor(params: Params<AdamOptions>, options?: Options<AdamOptions>)
  constructor(params: Params<AdamOptions>) {
    const all = adamOptions('Adam', ADAM.read(arguments))
    super(adam, params, all)
    assertFused('Adam', all)
  }
  override get absent(): Partial<AdamOptions> {
    return {
      amsgrad: false,
      maximize: false,
      foreach: null,
      capturable: false,
      differentiable: false,
      fused: null,
      decoupledWeightDecay: false,
    }
  }
}
