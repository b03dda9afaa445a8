/** Learning rates of two groups over the steps of a scheduler, for the checklist. */
import { zeros } from '@glissade/core'
import * as optim from '@glissade/core/optim'
import { lrsOf } from './scheduler-cases.ts'
import { expectClose } from './tensors.ts'

/** Tolerance of lr_schedulers.json. */
export const SAME = { rtol: 1e-12, atol: 1e-15 }
export const BASE = [0.05, 0.5]

export const sgd = (lrs: readonly number[] = BASE, momentum = 0): optim.SGD =>
  new optim.SGD(
    lrs.map((lr) => ({ params: [zeros([1], { requiresGrad: true })], lr })),
    { momentum },
  )

/** Learning rates per group now and after each of `steps` steps. */
export function ratesOf(optimizer: optim.AnyOptimizer, steps: number, step: (k: number) => void): number[][] {
  const rates = [lrsOf(optimizer)]
  for (let k = 0; k < steps; k++) {
    optimizer.step()
    step(k)
    rates.push(lrsOf(optimizer))
  }
  return rates
}
/** The learning rates are those at the start times factor(t), t from 0. */
export function expectFactors(
  optimizer: optim.AnyOptimizer,
  steps: number,
  step: (k: number) => void,
  factor: (t: number, group: number) => number,
): void {
  const wanted = Array.from({ length: steps + 1 }, (_, t) => BASE.map((lr, group) => lr * factor(t, group)))
  expectClose(ratesOf(optimizer, steps, step).flat(), wanted.flat(), { rtol: 1e-10, atol: 1e-15 }, 'learning rates')
}

/** Factors of the closed forms, by class and options of PyTorch. */
const closed: readonly [cls: string, kwargs: Record<string, unknown>, factor: (t: number) => number][] = [
  ['StepLR', { step_size: 3, gamma: 0.1 }, (t) => 0.1 ** Math.floor(t / 3)],
  ['MultiStepLR', { milestones: [2, 5, 9], gamma: 0.1 }, (t) => 0.1 ** [2, 5, 9].filter((m) => m <= t).length],
  ['MultiStepLR', { milestones: [9, 2, 2], gamma: 0.5 }, (t) => 0.5 ** [2, 2, 9].filter((m) => m <= t).length],
  ['ConstantLR', { factor: 0.5, total_iters: 5 }, (t) => (t < 5 ? 0.5 : 1)],
  ['LinearLR', { start_factor: 0.5, total_iters: 4 }, (t) => 0.5 + (0.5 * Math.min(t, 4)) / 4],
  ['LinearLR', { start_factor: 0.25, end_factor: 0.6, total_iters: 4 }, (t) => 0.25 + (0.35 * Math.min(t, 4)) / 4],
  ['ExponentialLR', { gamma: 0.9 }, (t) => 0.9 ** t],
  ['PolynomialLR', { total_iters: 5, power: 0.9 }, (t) => (1 - Math.min(t, 5) / 5) ** 0.9],
  ['CosineAnnealingLR', { T_max: 10 }, (t) => (1 + Math.cos((Math.PI * t) / 10)) / 2],
]
export const named = closed.map(
  ([cls, kwargs, factor]): [string, string, Record<string, unknown>, (t: number) => number] => [
    `${cls} ${JSON.stringify(kwargs)}`,
    cls,
    kwargs,
    factor,
  ],
)
