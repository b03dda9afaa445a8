/** Cycling momentum against the learning rate: `momentum`, or the first of Adam's `betas`. */
import { OptionError } from '../../contract/errors.ts'
import type { AnyOptimizer } from '../optimizer.ts'
import type { ScheduledGroup } from './scheduler.ts'

/** Whether the optimizer has betas; OptionError where it has neither them nor momentum. */
export function usesBeta1(operation: string, { defaults }: AnyOptimizer): boolean {
  const options = defaults as object
  if (!('momentum' in options) && !('betas' in options))
    throw new OptionError(
      operation,
      'optimizer must support momentum with `cycle_momentum` option enabled, or beta1; pass cycleMomentum: false',
    )
  return 'betas' in options
}

export function setMomentum(group: ScheduledGroup, beta1: boolean, value: number): void {
  if (beta1) group.betas = Object.freeze([value, group.betas![1]] as [number, number])
  else group.momentum = value
}
