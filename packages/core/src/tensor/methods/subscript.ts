/** What is between the brackets of `x[...]`: from the user's indices to a slice, a shape and index tensors. */
import type { Shape } from '../../contract/contract.ts'
import { IndexError, OptionError, ShapeError } from '../../contract/errors.ts'
import { integer, isOptions, kind, positive, type Kind } from '../../signature/kind.ts'
import { optional, signature } from '../../signature/signature.ts'
import { Handle } from '../../engine/handle.ts'
import type { Tensor } from '../tensor.ts'

/** Elements `start, start + step, ...` below `stop`, as Python's slices: negative ends count from the end, steps are positive. */
export interface SliceIndex {
  readonly start?: number | null
  readonly stop?: number | null
  readonly step?: number | null
}
/**
 * An index of one dimension: a number (the dimension disappears), a slice, `':'` (all of it), an int32 tensor or a list of
 * numbers, or a bool tensor (a mask, which may stand for several dimensions); `null` adds a dimension of size 1, and
 * `'...'` stands for as many whole dimensions as are not named.
 */
export type Index = number | SliceIndex | ':' | '...' | null | Tensor | readonly number[]

const sliceEnd = optional(integer, null)
export const SLICE = /* @__PURE__ */ signature('slice', {
  start: sliceEnd,
  stop: sliceEnd,
  step: optional(positive, null),
})

/** What may stand between the brackets. */
export const indexKind: Kind<Index> = /* @__PURE__ */ kind(
  "an integer, slice(), ':', '...', null, a tensor or a list of integers",
  (value) =>
    value === null ||
    value === ':' ||
    value === '...' ||
    Number.isInteger(value) ||
    value instanceof Handle ||
    (Array.isArray(value) && value.every(Number.isInteger)) ||
    isSlice(value),
  (value) => (typeof value === 'string' && /\d*:/.test(value) ? 'use slice(start, stop)' : null),
)
function isSlice(value: unknown): boolean {
  return (
    isOptions(value) &&
    Object.entries(value).every(
      ([name, each]) => ['start', 'stop', 'step'].includes(name) && (each == null || Number.isInteger(each)),
    )
  )
}

/** `x[start:stop:step]`, for `at` and `setAt`. `slice()` is all of a dimension. */
export function slice(start?: number | null, stop?: number | null, step?: number | null): SliceIndex
export function slice(start: number | null = null, stop: number | null = null, step: number | null = null): SliceIndex {
  SLICE.read(arguments)
  return { start, stop, step }
}

export interface Subscript {
  readonly start: readonly number[]
  readonly stop: readonly number[]
  readonly step: readonly number[]
  /** The shape after the slice: dimensions that numbers took are gone, new ones are there. */
  readonly shape: Shape
  readonly advanced: readonly Advanced[]
}
/** An index tensor or list, or a mask. */
export interface Advanced {
  /** The dimension of the sliced shape where it begins, and that of the tensor. */
  readonly axis: number
  readonly dim: number
  readonly index: Tensor | readonly number[]
}

export const isMask = (index: unknown): index is Tensor => index instanceof Handle && index.dtype === 'bool'

/** How many dimensions of the tensor an index stands for. */
const consumed = (index: Index): number =>
  index === null || index === '...' ? 0 : isMask(index) ? index.shape.length : 1

function element(operation: string, index: number, dim: number, size: number): number {
  if (!Number.isInteger(index) || index < -size || index >= size)
    throw new IndexError(operation, `index ${index} is out of range for dimension ${dim} of size ${size}`)
  return index < 0 ? index + size : index
}

function range(operation: string, { start, stop, step }: SliceIndex, size: number): [number, number, number] {
  const by = step ?? 1
  if (!(Number.isInteger(by) && by > 0))
    throw new OptionError(operation, `the step of a slice must be a positive integer (got ${by}); use flip`)
  const clip = (end: number): number => Math.min(size, Math.max(0, end < 0 ? end + size : end))
  const from = clip(start ?? 0)
  return [from, Math.max(from, clip(stop ?? size)), by]
}

export function subscript(operation: string, shape: Shape, indices: readonly Index[]): Subscript {
  const named = indices.reduce<number>((sum, index) => sum + consumed(index), 0)
  if (named > shape.length)
    throw new IndexError(operation, `${named} indices for a tensor of ${shape.length} dimensions`)
  if (indices.filter((index) => index === '...').length > 1)
    throw new OptionError(operation, "only one '...' can stand among the indices")
  const whole = Array.from({ length: shape.length - named }, (): Index => ':')
  const full = indices.includes('...')
    ? indices.flatMap((index) => (index === '...' ? whole : [index]))
    : [...indices, ...whole]
  const result: Subscript & {
    shape: number[]
    start: number[]
    stop: number[]
    step: number[]
    advanced: Advanced[]
  } = { start: [], stop: [], step: [], shape: [], advanced: [] }
  const take = (from: number, to: number, by: number): void => {
    result.start.push(from)
    result.stop.push(to)
    result.step.push(by)
  }
  for (const index of full) {
    const dim = result.start.length
    const size = shape[dim]!
    if (index === null) result.shape.push(1)
    else if (typeof index === 'number') {
      const at = element(operation, index, dim, size)
      take(at, at + 1, 1)
    } else if (index instanceof Handle || Array.isArray(index)) {
      result.advanced.push({ axis: result.shape.length, dim, index: index as Tensor | readonly number[] })
      const covered = shape.slice(dim, dim + consumed(index as Index))
      if (isMask(index) && index.shape.some((length, i) => length !== covered[i]))
        throw new ShapeError(
          operation,
          [index.shape, shape],
          `a mask must have the sizes of the tensor from dimension ${dim} on`,
        )
      for (const length of covered) {
        take(0, length, 1)
        result.shape.push(length)
      }
    } else if (index === ':' || typeof index === 'object') {
      const [from, to, by] = range(operation, index === ':' ? {} : (index as SliceIndex), size)
      take(from, to, by)
      result.shape.push(Math.ceil((to - from) / by))
    } else
      throw new OptionError(
        operation,
        `an index is a number, slice(), ':', '...', null or a tensor (got ${index as string})`,
      )
  }
  return result
}
