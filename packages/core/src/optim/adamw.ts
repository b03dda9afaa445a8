/** AdamW: Adam whose weight decay does not go through the averages. */
import { adam, ADAM_DEFAULTS, adamOptions, type AdamOptions } from './adam.ts'
import { assertFused, type Options } from './options.ts'
import { Optimizer } from './optimizer.ts'
import type { Params } from './param-group.ts'

/** As Adam's; `weightDecay` is 1e-2 by default and decoupled. */
export type AdamWOptions = AdamOptions

const DEFAULTS: AdamWOptions = { ...ADAM_DEFAULTS, weightDecay: 1e-2, decoupledWeightDecay: true }

/** Source: https://pytorch.org/docs/stable/generated/torch.optim.AdamW.html, https://arxiv.org/abs/1711.05101 */
export class AdamW extends Optimizer<AdamWOptions> {
  /**
   * @param params parameters, pairs of name and parameter, or groups of them with options of their own
   * Errors: OptionError for options out of their range (those of groups are not checked) and for parameters that cannot
   * be optimized.
   */
  constructor(params: Params<AdamWOptions>, options: Options<AdamWOptions> = {}) {
    const all = adamOptions('AdamW', DEFAULTS, options)
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
