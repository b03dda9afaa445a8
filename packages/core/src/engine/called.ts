/** Functions that are made of others: what goes wrong inside is told in the name of what was called. */
import { inNameOf, isGlissadeError } from '../contract/errors.ts'
import { currentTracer } from './tracer.ts'

/** An error of this library in the name of `operation`; any other as it is, and so what a tracer forbids the function that it traces. */
export function named(error: unknown, operation: string): unknown {
  if (!isGlissadeError(error) || error.operation === operation) return error
  if (error.glissadeError === 'StateError' && currentTracer() !== null) return error
  return inNameOf(error, operation)
}

/** Runs what `operation` consists of. */
export function called<T>(operation: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw named(error, operation)
  }
}
