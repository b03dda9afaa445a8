/** Sizes per dimension of space, from what users pass: one number for all, or a list. */
import { OptionError } from '../backend/errors.ts'

/** One number for every dimension of space, or one each. */
export type Sizes = number | readonly number[]

/** `rank` whole numbers of at least `least`; throws OptionError. */
export function sizes(operation: string, name: string, value: Sizes, rank: number, least = 0): readonly number[] {
  const list = typeof value === 'number' ? Array.from({ length: rank }, () => value) : value
  if (!Array.isArray(list) || list.length !== rank || !list.every((size) => Number.isInteger(size) && size >= least))
    throw new OptionError(
      operation,
      `${name} must be an integer from ${least}, or a list of ${rank} of them (got ${JSON.stringify(value)})`,
    )
  return list as readonly number[]
}
