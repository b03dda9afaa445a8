/** AdamW: Adam whose weight decay does not go through the averages. */
import { boolean, number } from '../signature/kind.ts'
import { optional, signature } from '../signature/signature.ts'
import { adam, adamOptions, adamRows, type AdamOptions } from './adam.ts'
import { assertFused, optimized, type Options } from './options.ts'
import { Optimizer } from './optimizer.ts'
import type { Params } from './param-group.ts'

/** As Adam's; `weightDecay` is 1e-2 by default and decoupled. */
export type AdamWOptions = AdamOptions

const options = {
  ...adamRows,
  /** lr * weightDecay * p is taken from p. Default 1e-2. */
  weightDecay: optional(number, 1e-2),
  /** Default true, which is what makes it AdamW. */
  decoupledWeightDecay: optional(boolean, true),
}
export const ADAM_W = /* @__PURE__ */ signature('AdamW', { params: optimized }, options)

/**
 * Adam with weight decay past the averages: p is multiplied by 1 - lr weightDecay at every step.
 * `params` are parameters, pairs of name and parameter, or groups of
 * them with options of their own. Errors: OptionError for options out of their range (those of groups are not checked) and for
 * parameters that cannot be optimized.
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.AdamW.html, https://arxiv.org/abs/1711.05101
 *
 * @example
 * ```ts
 * import { tensor } from '@glissade/core'
 * import * as optim from '@glissade/core/optim'
 *
 * const w = tensor([1, -2], { requiresGrad: true })
 * const optimizer = new optim.AdamW([w], { lr: 0.1, weightDecay: 0.1 })
 * for (let step = 0; step < 3; step++) {
 *   optimizer.zeroGrad()
 *   const loss = w.square().sum()
 *   loss.backward()
 *   optimizer.step()
 *   console.log((await loss.item()).toFixed(3)) // 5.000, 4.326, 3.713
 * }
 * ```
 */
export class AdamW extends Optimizer<AdamWOptions> {
  constructor(params: Params<AdamWOptions>, options?: Options<AdamWOptions>)
  constructor(params: Params<AdamWOptions>) {
    const all = adamOptions('AdamW', ADAM_W.read(arguments))
    super(adam, params, all)
    assertFused('AdamW', all)
  }
  override get absent(): Partial<AdamWOptions> {
    return {
      amsgrad: false,
      maximize: false,
      foreach: null,
      capturable: false,
      differentiable: false,
      fused: null,
      decoupledWeightDecay: true,
    }
  }
}
