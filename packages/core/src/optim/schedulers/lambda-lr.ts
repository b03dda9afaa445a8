/** Learning rates from functions of the epoch. */
import { OptionError } from '../../contract/errors.ts'
import { describe } from '../../signature/describe.ts'
import { either, fn, list } from '../../signature/kind.ts'
import { signature, type OptionsOf } from '../../signature/signature.ts'
import type { AnyOptimizer } from '../optimizer.ts'
import { kindOf } from '../record.ts'
import { inWordsOf, scheduled, scheduleRows } from './kinds.ts'
import { LRScheduler } from './lr-scheduler.ts'

/** A factor from the epoch. What a function carries as properties goes into the state dict, the function itself does not. */
export type LrLambda = (epoch: number) => number

const rows = {
  /** One function, or one per group. */
  lrLambda: inWordsOf(either(fn<LrLambda>(), list(fn<LrLambda>())), (value) => {
    const wrong: unknown = Array.isArray(value) ? value.find((each) => typeof each !== 'function') : value
    return `lr_lambda should be a function, but got ${kindOf(wrong)}`
  }),
  ...scheduleRows,
}
export interface LambdaLROptions extends OptionsOf<typeof rows> {}
export const LAMBDA_LR = /* @__PURE__ */ signature('LambdaLR', scheduled, rows)
export const MULTIPLICATIVE_LR = /* @__PURE__ */ signature('MultiplicativeLR', scheduled, rows)

interface Lambdas {
  lr_lambdas: readonly LrLambda[]
}

function lambdasOf(operation: string, optimizer: AnyOptimizer, lrLambda: LrLambda | readonly LrLambda[]): LrLambda[] {
  const count = optimizer.paramGroups.length
  const lambdas = Array.isArray(lrLambda)
    ? [...(lrLambda as readonly LrLambda[])]
    : Array<LrLambda>(count).fill(lrLambda as LrLambda)
  if (lambdas.length !== count)
    throw new OptionError(operation, `Expected ${count} lr_lambdas, but got ${lambdas.length}`)
  return lambdas
}

/** The properties of a function; null where it has none. */
export const propertiesOf = (lambda: object): Record<string, unknown> | null => {
  const own = { ...lambda } as Record<string, unknown>
  return Object.keys(own).length === 0 ? null : own
}

abstract class FunctionLR extends LRScheduler<Lambdas> {
  /** Of group `i` at this epoch. Errors: OptionError where the function gives no number. */
  protected factor(i: number): number {
    const factor: unknown = this.settings.lr_lambdas[i]!(this.lastEpoch)
    if (typeof factor === 'number') return factor
    throw new OptionError(this.constructor.name, `lrLambda must give a number (got ${describe(factor)})`)
  }
  protected override save(): Record<string, unknown> {
    return { ...super.save(), lr_lambdas: this.settings.lr_lambdas.map(propertiesOf) }
  }
  protected override load({ lr_lambdas: properties, ...rest }: Readonly<Record<string, unknown>>): void {
    super.load(rest)
    if (!Array.isArray(properties)) return
    properties.forEach((own: unknown, i) => {
      if (own !== null && i < this.settings.lr_lambdas.length) Object.assign(this.settings.lr_lambdas[i]!, own)
    })
  }
}

/**
 * The learning rates at epoch t are those at the start times `lrLambda(t)`.
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LambdaLR.html
 *
 * @example
 * ```ts
 * import { zeros } from '@glissade/core'
 * import * as optim from '@glissade/core/optim'
 *
 * const optimizer = new optim.SGD([zeros([2], { requiresGrad: true })], { lr: 0.1 })
 * const scheduler = new optim.lrScheduler.LambdaLR(optimizer, { lrLambda: (epoch) => 1 / (1 + epoch) })
 * for (let epoch = 0; epoch < 4; epoch++) {
 *   console.log(scheduler.getLastLr()[0]!.toFixed(3)) // 0.100, 0.050, 0.033, 0.025
 *   optimizer.step()
 *   scheduler.step()
 * }
 * ```
 */
export class LambdaLR extends FunctionLR {
  constructor(optimizer: AnyOptimizer, options: LambdaLROptions)
  constructor(optimizer: AnyOptimizer) {
    const { lrLambda, lastEpoch } = LAMBDA_LR.read(arguments)
    super(optimizer, { lr_lambdas: lambdasOf('LambdaLR', optimizer, lrLambda) }, { lastEpoch })
  }
  protected chained(): readonly number[] {
    return this.baseLrs.map((lr, i) => lr * this.factor(i))
  }
}

/**
 * Multiplies the learning rates by `lrLambda(t)` at every epoch t after the first.
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.MultiplicativeLR.html
 *
 * @example
 * ```ts
 * import { zeros } from '@glissade/core'
 * import * as optim from '@glissade/core/optim'
 *
 * const optimizer = new optim.SGD([zeros([2], { requiresGrad: true })], { lr: 0.1 })
 * const scheduler = new optim.lrScheduler.MultiplicativeLR(optimizer, { lrLambda: () => 0.5 })
 * for (let epoch = 0; epoch < 4; epoch++) {
 *   console.log(scheduler.getLastLr()[0]!.toFixed(3)) // 0.100, 0.050, 0.025, 0.013
 *   optimizer.step()
 *   scheduler.step()
 * }
 * ```
 */
export class MultiplicativeLR extends FunctionLR {
  constructor(optimizer: AnyOptimizer, options: LambdaLROptions)
  constructor(optimizer: AnyOptimizer) {
    const { lrLambda, lastEpoch } = MULTIPLICATIVE_LR.read(arguments)
    super(optimizer, { lr_lambdas: lambdasOf('MultiplicativeLR', optimizer, lrLambda) }, { lastEpoch })
  }
  protected chained(): readonly number[] {
    return this.groups.map(({ lr }, i) => (this.isInitial ? lr : lr * this.factor(i)))
  }
}
