/** Adagrad: steps scaled by the sum of all squared gradients. */
import { Op } from '../tensor/op.ts'
import { assertFused, assertNotNegative, withDefaults, type Options } from './options.ts'
import { Optimizer } from './optimizer.ts'
import type { BaseOptions, Params } from './param-group.ts'
import type { Rule, Structure } from './rule.ts'

export interface AdagradOptions extends BaseOptions {
  /** Learning rate, a number or a 1-element tensor; default 1e-2. */
  lr: number
  /** Step t uses lr / (1 + (t - 1) lrDecay); default 0. */
  lrDecay: number
  /** Added to the denominator; default 1e-10. */
  eps: number
  /** weightDecay * p is added to the gradient; default 0. */
  weightDecay: number
  /** What the sum of squares starts with; default 0. */
  initialAccumulatorValue: number
  /** Accepted: a group is one program anyway. */
  foreach: boolean | null
  /** Ascend instead of descend; default false. */
  maximize: boolean
  differentiable: boolean
  /** Accepted: a group is one program anyway. */
  fused: boolean | null
}

/**
 * At step t of parameter p with gradient g (-g to maximize):
 *   g += weightDecay p;  sum += g^2;  p -= lr / (1 + (t - 1) lrDecay) * g / (sqrt(sum) + eps)
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.Adagrad.html
 */
const update: Op<Structure> = new Op(
  'adagrad',
  ([p, grad, before, decay, stepSize, eps], { weightDecay, maximize }) => {
    let g = maximize === true ? grad!.neg() : grad!
    if (weightDecay === true) g = g.add(p!.mul(decay!))
    const sum = before!.add(g.mul(g))
    return [p!.sub(g.mul(stepSize!).div(sum.sqrt().add(eps!))), sum]
  },
  { composite: true },
)

export const adagrad: Rule<AdagradOptions> = {
  name: 'adagrad',
  update,
  counts: true,
  initial: ({ initialAccumulatorValue }) => initialAccumulatorValue,
  state: () => ['sum'],
  structure: ({ weightDecay, maximize }) => ({ weightDecay: weightDecay !== 0, maximize }),
  hyper: ({ lr, lrDecay, weightDecay, eps }, step) => [weightDecay, lr / (1 + (step - 1) * lrDecay), eps],
  scaled: [1],
}

const DEFAULTS: AdagradOptions = {
  lr: 1e-2,
  lrDecay: 0,
  eps: 1e-10,
  weightDecay: 0,
  initialAccumulatorValue: 0,
  foreach: null,
  maximize: false,
  differentiable: false,
  fused: null,
}

export class Adagrad extends Optimizer<AdagradOptions> {
  /**
   * The state of the parameters is made at once, as in PyTorch.
   * @param params parameters, pairs of name and parameter, or groups of them with options of their own
   * Errors: OptionError for options out of their range (those of groups are not checked) and for parameters that cannot
   * be optimized.
   */
  constructor(params: Params<AdagradOptions>, options: Options<AdagradOptions> = {}) {
    const all = withDefaults('Adagrad', DEFAULTS, options)
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
