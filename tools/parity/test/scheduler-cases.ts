/** Schedulers as the fixtures write them: class and keyword arguments, or calls as text. */
import * as optim from '@glissade/core/optim'
import { camelCased, evaluate, literal, type Callable } from './python.ts'

const { lrScheduler } = optim

/** Parameters of PyTorch's constructors that cases pass by position. */
const POSITIONAL: Readonly<Record<string, readonly string[]>> = {
  StepLR: ['step_size', 'gamma'],
  MultiStepLR: ['milestones', 'gamma'],
  ConstantLR: ['factor', 'total_iters'],
  LinearLR: ['start_factor', 'end_factor', 'total_iters'],
  ExponentialLR: ['gamma'],
  PolynomialLR: ['total_iters', 'power'],
  CosineAnnealingLR: ['T_max', 'eta_min'],
  CosineAnnealingWarmRestarts: ['T_0', 'T_mult', 'eta_min'],
  CyclicLR: ['base_lr', 'max_lr', 'step_size_up', 'step_size_down', 'mode', 'gamma'],
  OneCycleLR: ['max_lr', 'total_steps', 'epochs', 'steps_per_epoch', 'pct_start', 'anneal_strategy'],
  LambdaLR: ['lr_lambda'],
  MultiplicativeLR: ['lr_lambda'],
  ReduceLROnPlateau: ['mode', 'factor', 'patience', 'threshold', 'threshold_mode', 'cooldown', 'min_lr', 'eps'],
}

type Make = new (optimizer: optim.AnyOptimizer, options: object) => optim.lrScheduler.Scheduler
/** A scheduler of any class, stepped as its class wants. */
export type AnyScheduler = optim.lrScheduler.Scheduler & { step(...args: readonly unknown[]): void }

export function makeScheduler(
  cls: string,
  optimizer: optim.AnyOptimizer,
  kwargs: Readonly<Record<string, unknown>>,
): AnyScheduler {
  if (cls === 'SequentialLR' || cls === 'ChainedScheduler') {
    const { schedulers, ...rest } = kwargs
    const parts = (schedulers as string[]).map((source) => schedulerFrom(source, optimizer))
    if (cls === 'ChainedScheduler') return new lrScheduler.ChainedScheduler(parts)
    return new lrScheduler.SequentialLR(optimizer, {
      schedulers: parts,
      ...camelCased(rest),
    } as unknown as optim.lrScheduler.SequentialLROptions)
  }
  const Class = lrScheduler[cls as keyof typeof lrScheduler] as unknown as Make
  const { lr_lambda: lambda } = kwargs
  const options = { ...camelCased(kwargs), ...(typeof lambda === 'string' ? { lrLambda: literal(lambda) } : {}) }
  return new Class(optimizer, options) as AnyScheduler
}

/** A scheduler from a call as text, whose optimizer goes without saying. */
export function schedulerFrom(source: string, optimizer: optim.AnyOptimizer): AnyScheduler {
  const call =
    (cls: string): Callable =>
    (args, kwargs) =>
      makeScheduler(cls, optimizer, {
        ...Object.fromEntries(args.map((value, i) => [POSITIONAL[cls]![i]!, value])),
        ...kwargs,
      })
  const names = new Map<string, unknown>(Object.keys(POSITIONAL).map((cls) => [cls, call(cls)]))
  return evaluate(source, { names, attribute: () => undefined }) as AnyScheduler
}

export const lrsOf = (optimizer: optim.AnyOptimizer): number[] =>
  optimizer.paramGroups.map((group) => group.lr as number)
