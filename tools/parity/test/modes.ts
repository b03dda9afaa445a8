/** The two ways to run a training step: they must give the same numbers. */
import { compile } from '@glissade/core'

type Step<A extends readonly unknown[], R> = (...args: A) => R

/** `compiled` keeps the gradients, so that they can be compared as well. */
export const modes = {
  eager: <A extends readonly unknown[], R>(step: Step<A, R>): Step<A, R> => step,
  compiled: <A extends readonly unknown[], R>(step: Step<A, R>): Step<A, R> => compile(step, { gradients: true }),
}
export type Mode = keyof typeof modes
export const MODES: readonly Mode[] = ['eager', 'compiled']
