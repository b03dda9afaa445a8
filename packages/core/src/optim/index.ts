/** `@glissade/core/optim`: optimizers, schedulers of their learning rates, and averages of weights. */
export { Adagrad, adagrad, type AdagradOptions } from './adagrad.ts'
export { Adam, adam, type AdamOptions } from './adam.ts'
export { AdamW, type AdamWOptions } from './adamw.ts'
export {
  AveragedModel,
  getEmaAvgFn,
  getSwaAvgFn,
  type AverageFunction,
  type AveragedModelOptions,
} from './averaging.ts'
export {
  registerOptimizerStepPostHook,
  registerOptimizerStepPreHook,
  type StepArgs,
  type StepPostHook,
  type StepPreHook,
} from './hooks.ts'
export * as lrScheduler from './schedulers/index.ts'
export { isOptimizer, Optimizer, type AnyOptimizer } from './optimizer.ts'
export type { Options } from './options.ts'
export type { BaseOptions, GroupInput, ParamEntry, ParamGroup, Params } from './param-group.ts'
export { RMSprop, rmsprop, type RMSpropOptions } from './rmsprop.ts'
export { structureOf, type Rule, type Structure } from './rule.ts'
export { SGD, sgd, type SGDOptions } from './sgd.ts'
export type { OptimizerStateDict, StateEntry } from './state-dict.ts'
export type { HostElements } from '../tensor/elements.ts'
export { onWarning, type WarningHandler } from '../engine/warning.ts'
