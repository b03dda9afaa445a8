/**
 * Averages of a model's weights while it trains: equally weighted (SWA) or exponential (EMA). The averages are computed
 * on the device; how many models went in is a buffer, so nothing is read.
 * Source: https://pytorch.org/docs/stable/optim.html#weight-averaging-swa-and-ema, https://arxiv.org/abs/1803.05407
 */
import { OptionError } from '../contract/errors.ts'
import { isModule, Module, type AnyModule } from '../nn/module.ts'
import { Parameter } from '../nn/parameter.ts'
import { boolean, fn, kind, number, type Kind } from '../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../signature/signature.ts'
import { copyFor } from '../tensor/elements.ts'
import { noGrad } from '../engine/grad-node.ts'
import { one } from '../tensor/one.ts'
import { Op, NONE } from '../engine/op.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { filledLike } from './state-dict.ts'

/** The new average from the old one, the model's value, and the number of models averaged before (0-d). */
export type AverageFunction = (average: Tensor, current: Tensor, averaged: Tensor) => Tensor

/** decay * average + (1 - decay) * current. OptionError where `decay` is not in [0, 1]. */
export function getEmaAvgFn(decay = 0.999): AverageFunction {
  GET_EMA_AVG_FN.read(arguments)
  if (!(decay >= 0 && decay <= 1))
    throw new OptionError(
      'getEmaAvgFn',
      `Invalid decay value ${decay} provided. Please provide a value in [0,1] range.`,
    )
  return (average, current) => average.mul(decay).add(current.mul(1 - decay))
}
/** average + (current - average) / (n + 1): every model counts alike. */
export function getSwaAvgFn(): AverageFunction {
  GET_SWA_AVG_FN.read(arguments)
  return (average, current, averaged) => average.add(current.sub(average).div(averaged.add(1)))
}

const rows = {
  /** How a model goes into the average. Default: equally weighted. */
  avgFn: optional(fn<AverageFunction>()),
  /** Average the buffers too; without it they are the model's. Default false. */
  useBuffers: optional(boolean, false),
}
export interface AveragedModelOptions extends OptionsOf<typeof rows> {}
const model: Kind<AnyModule> = /* @__PURE__ */ kind('a module', isModule)
export const AVERAGED_MODEL = /* @__PURE__ */ signature('AveragedModel', { model }, rows)
export const UPDATE_PARAMETERS = /* @__PURE__ */ signature('updateParameters', { model: optional(model) })
export const GET_EMA_AVG_FN = /* @__PURE__ */ signature('getEmaAvgFn', { decay: optional(number) })
export const GET_SWA_AVG_FN = /* @__PURE__ */ signature('getSwaAvgFn')

/** The first model is taken as it is: (averaged, mean, current) gives current where nothing was averaged before. Means of integers are cut. */
const begunOp: Op = new Op('averaging', ([averaged, mean, current]) => [
  averaged!.eq(0).expand(mean!.shape).where(current!, mean!.cast(current!.dtype)),
])

/** Itself where it is what the other is, or a copy that is. */
const likeThat = (x: Tensor, other: Tensor): Tensor =>
  x.dtype === other.dtype && x.device === other.device ? x : copyFor(other, x)

/**
 * A model with averaged weights. Calling it runs the given model with them in place of its own, in this module's own
 * training mode. Its state dict has PyTorch's keys: `n_averaged` and `module.<key>`.
 * Source: https://pytorch.org/docs/stable/optim.html#stochastic-weight-averaging
 */
export class AveragedModel<A extends readonly unknown[], R> extends Module<A, R> {
  readonly #model: Module<A, R>
  readonly #average: AverageFunction
  readonly #useBuffers: boolean
  /** Averages by the model's keys. */
  readonly #averages: Map<string, Tensor> = new Map()
  readonly #averaged: Tensor

  constructor(averaged: Module<A, R>, options?: AveragedModelOptions)
  constructor(averaged: Module<A, R>) {
    super()
    const { avgFn = getSwaAvgFn(), useBuffers } = AVERAGED_MODEL.read(arguments)
    this.#model = averaged
    this.#average = avgFn
    this.#useBuffers = useBuffers
    for (const [key, parameter] of averaged.namedParameters()) {
      const average = new Parameter(
        noGrad(() => parameter.clone()),
        { requiresGrad: parameter.requiresGrad },
      )
      this.#averages.set(key, average)
      ;(this as unknown as Record<string, unknown>)[`module.${key}`] = average
    }
    const [first] = this.#averages.values()
    if (first === undefined) throw new OptionError('AveragedModel', 'the model has no parameters to average')
    this.#averaged = noGrad(() => filledLike(first, 0).sum().to('int32'))
    this.registerBuffer('n_averaged', this.#averaged)
    const persistent = averaged.stateDict()
    for (const [key, buffer] of averaged.namedBuffers()) {
      const average = noGrad(() => buffer.clone())
      this.#averages.set(key, average)
      this.registerBuffer(`module.${key}`, average, { persistent: persistent.has(key) })
    }
  }

  /**
   * Takes the current weights of the model (the one given to the constructor, or another of the same make) into the averages,
   * wherever and of whatever dtype they are.
   */
  updateParameters(current: AnyModule = this.#model): void {
    UPDATE_PARAMETERS.read(arguments)
    const parameters = new Map(current.namedParameters())
    const values = new Map<string, Tensor>([...parameters, ...current.namedBuffers()])
    noGrad(() => {
      for (const [key, average] of this.#averages) {
        const given = values.get(key)
        if (given === undefined) throw new OptionError('AveragedModel', `the model has no ${key}`)
        const value = likeThat(given, average)
        const next =
          parameters.has(key) || this.#useBuffers
            ? one(begunOp, NONE, this.#averaged, this.#average(average, value, this.#averaged), value)
            : value
        average.assign(next)
      }
      this.#averaged.assign(this.#averaged.add(1))
    })
  }

  /** Runs the model with the averages in the place of its parameters and buffers. */
  forward(...args: A): R {
    const targets = new Map<string, Tensor>([...this.#model.namedParameters(), ...this.#model.namedBuffers()])
    const modes = this.#model.modules().map((module): [AnyModule, boolean] => [module, module.training])
    const own = noGrad(() => [...this.#averages].map(([key]): [string, Tensor] => [key, targets.get(key)!.clone()]))
    const buffers = new Set(this.#model.namedBuffers().map(([key]) => key))
    this.#model.train(this.training)
    try {
      noGrad(() => {
        for (const [key, average] of this.#averages) {
          const target = targets.get(key)!
          target.assign(copyFor(target, average))
        }
      })
      return this.#model(...args)
    } finally {
      for (const [module, mode] of modes) module.train(mode)
      noGrad(() => {
        for (const [key, value] of own) {
          if (buffers.has(key)) this.#averages.get(key)!.assign(copyFor(this.#averages.get(key)!, targets.get(key)!))
          targets.get(key)!.assign(value)
        }
      })
    }
  }
}
