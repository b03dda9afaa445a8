/** Adagrad: steps scaled by the sum of all squared gradients. */
import { boolean, number } from '../signature/kind.ts'
import { optional, signature } from '../signature/signature.ts'
import { Composite } from '../engine/op.ts'
import { assertFused, assertNotNegative, common, optimized, rate, type GroupOptions, type Options } from './options.ts'
import { Optimizer } from './optimizer.ts'
import type { Params } from './param-group.ts'
import type { Rule } from './rule.ts'

const options = {
  /** Learning rate, a number or a 1-element tensor. Default 1e-2. */
  lr: optional(rate, 1e-2),
  /** Step t uses lr / (1 + (t - 1) lrDecay). Default 0. */
  lrDecay: optional(number, 0),
  /** weightDecay * p is added to the gradient. Default 0. */
  weightDecay: optional(number, 0),
  /** What the sum of squares starts with. Default 0. */
  initialAccumulatorValue: optional(number, 0),
  /** Added to the denominator. Default 1e-10. */
  eps: optional(number, 1e-10),
  ...common,
  /** Accepted: a group is one program anyway. Default null. */
  fused: optional(boolean, null),
}
export interface AdagradOptions extends GroupOptions<typeof options> {}
export const ADAGRAD = /* @__PURE__ */ signature('Adagrad', { params: optimized }, options)

/**
 * At step t of parameter p with gradient g (-g to maximize):
 *   g += weightDecay p;  sum += g^2;  p -= lr / (1 + (t - 1) lrDecay) * g / (sqrt(sum) + eps)
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.Adagrad.html
 */
export const adagradUpdate = new Composite(
  'adagrad',
  ([p, grad, before, decay, stepSize, eps], { weightDecay, maximize }) => {
    let g = maximize ? grad!.neg() : grad!
    if (weightDecay) g = g.add(p!.mul(decay!))
    const sum = before!.add(g.mul(g))
    return [p!.sub(g.mul(stepSize!).div(sum.sqrt().add(eps!))), sum]
  },
)

const numbers = ['weight_decay', 'lr / (1 + (step - 1) * lr_decay)', 'eps'] as const

/** The rule of Adagrad: its state, its numbers and its update. */
export const adagrad: Rule<AdagradOptions, typeof numbers> = {
  name: 'adagrad',
  update: adagradUpdate,
  counts: true,
  initial: ({ initialAccumulatorValue }) => initialAccumulatorValue,
  state: () => ['sum'],
  structure: {
    weightDecay: ({ weightDecay }) => weightDecay !== 0,
    maximize: ({ maximize }) => maximize,
  },
  numbers,
  hyper: ({ lr, lrDecay, weightDecay, eps }, step) => [weightDecay, lr / (1 + (step - 1) * lrDecay), eps],
  scaled: ['lr / (1 + (step - 1) * lr_decay)'],
}

/**
 * Adagrad: steps divided by the root of the sum of all squared gradients so far.
 * The state of the parameters is made at once, as in PyTorch. `params` are parameters, pairs of name and parameter, or groups of
 * them with options of their own. Errors: OptionError for options out of their range (those of groups are not checked) and for
 * parameters that cannot be optimized.
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.Adagrad.html
 *
 * @example
 * ```ts
 * import { tensor } from '@glissade/core'
 * import * as optim from '@glissade/core/optim'
 *
 * const w = tensor([1, -2], { requiresGrad: true })
 * const optimizer = new optim.Adagrad([w], { lr: 0.5 })
 * for (let step = 0; step < 3; step++) {
 *   optimizer.zeroGrad()
 *   const loss = w.square().sum()
 *   loss.backward()
 *   optimizer.step()
 *   console.log((await loss.item()).toFixed(3)) // 5.000, 2.500, 1.516
 * }
 * ```
 */
export class Adagrad extends Optimizer<AdagradOptions> {
  constructor(params: Params<AdagradOptions>, options?: Options<AdagradOptions>)
  constructor(params: Params<AdagradOptions>) {
    const all = ADAGRAD.read(arguments) as AdagradOptions
    assertNotNegative('Adagrad', 'learning rate', all.lr)
    assertNotNegative('Adagrad', 'lr_decay value', all.lrDecay)
    assertNotNegative('Adagrad', 'weight_decay value', all.weightDecay)
    assertNotNegative('Adagrad', 'initial_accumulator_value value', all.initialAccumulatorValue)
    assertNotNegative('Adagrad', 'epsilon value', all.eps)
    super(adagrad, params, all)
    assertFused('Adagrad', all)
    for (const { params: own } of this.paramGroups) {
      for (const param of own) {
        this.steps.set(param, 0)
        this.createState(param, ['sum'], all.initialAccumulatorValue)
      }
    }
  }
  override get absent(): Partial<AdagradOptions> {
    return { foreach: null, maximize: false, differentiable: false, fused: null }
  }
}
