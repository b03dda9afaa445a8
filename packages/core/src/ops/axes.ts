/** Dimensions as users give them: negative ones count from the end. */
import type { Shape } from '../contract/contract.ts'
import { IndexError, OptionError } from '../contract/errors.ts'

/** A dimension of a tensor of this rank, from 0. 0-d tensors accept 0 and -1, as PyTorch's do. */
export function normalizeDim(operation: string, dim: number | undefined, rank: number): number {
  const limit = Math.max(rank, 1)
  // Only JavaScript without types comes here, for instance with a number where the options belong.
  if (dim === undefined)
    throw new OptionError(operation, 'dim is missing; options are passed by name, in one object: { dim: 0 }')
  if (!Number.isInteger(dim) || dim < -limit || dim >= limit)
    throw new IndexError(operation, `dimension out of range: expected to be in [${-limit}, ${limit - 1}] (got ${dim})`)
  return dim < 0 ? dim + limit : dim
}

/** Several dimensions, ascending; undefined and [] mean all. */
export function normalizeDims(
  operation: string,
  dims: number | readonly number[] | null | undefined,
  shape: Shape,
): number[] {
  const rank = shape.length
  if (dims == null || (Array.isArray(dims) && dims.length === 0)) return shape.map((_, axis) => axis)
  const list = (typeof dims === 'number' ? [dims] : [...dims])
    .map((dim) => normalizeDim(operation, dim, rank))
    .toSorted((a, b) => a - b)
  const repeated = list.find((dim, i) => i > 0 && dim === list[i - 1])
  if (repeated !== undefined) throw new OptionError(operation, `dim ${repeated} appears more than once`)
  return rank === 0 ? [] : list
}
