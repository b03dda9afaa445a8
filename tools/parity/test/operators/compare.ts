/** Whether results are PyTorch's, and how far they may be. */
import { isTensor } from '@glissade/core'
import { dtypeOf, elementsOf, isTensorData, lostOf, Reader, type TensorData, type Value } from './sample.ts'

/**
 * Twenty times the rounding of float32 (6e-8) is what a handful of operations adds up to; relative to the largest element
 * too, since sums of large terms keep few digits of small results. Where PyTorch's own float32 is further from its float64,
 * twice as far is as right.
 */
const RELATIVE = { float32: 2e-5, float64: 1e-9 }
const OF_LARGEST = { float32: 2e-6, float64: 1e-11 }
const LOST = 2

const shown = (values: ArrayLike<number>): string =>
  Array.from({ length: Math.min(6, values.length) }, (_, i) => Number(values[i]!.toPrecision(7))).join(',')

/** What is left of the weights of a sum, some eighths, where a gradient cancels out: a few roundings of them. */
export const CANCELLED = 5e-7

export interface Allowance {
  /** How many times the tolerance: a derivative takes about twice the operations of what it is of. Default 1. */
  readonly times?: number
  /** An absolute distance that is no difference. */
  readonly floor?: number
  /** Elements that are not compared. */
  readonly except?: readonly boolean[] | null
}

/** Null, or what differs. Zeros of both signs are equal, as they are in PyTorch. */
export function difference(got: unknown, wanted: Value, allowance: Allowance = {}): string | null {
  if (wanted === null || !isTensorData(wanted)) {
    const value = new Reader().value(wanted)
    return got === value || Object.is(got, value) ? null : `${String(got)}, want ${String(value)}`
  }
  if (!isTensor(got)) return `${String(got)}, want a tensor`
  if (String(got.shape) !== String(wanted.s)) return `shape [${got.shape.join(',')}], want [${wanted.s.join(',')}]`
  if (got.dtype !== dtypeOf(wanted.t)) return `dtype ${got.dtype}, want ${wanted.t}`
  return furthest(got.dataSync(), wanted, allowance)
}

function furthest(
  actual: ArrayLike<number>,
  wanted: TensorData,
  { times: order = 1, floor = 0, except = null }: Allowance,
): string | null {
  const elements = elementsOf(wanted)
  const lost = lostOf(wanted)
  const real = wanted.t === 'float32' || wanted.t === 'float64' ? wanted.t : null
  let largest = 0
  for (let i = 0; i < elements.length; i++)
    if (Number.isFinite(elements[i]!)) largest = Math.max(largest, Math.abs(elements[i]!))
  const least = real === null ? 0 : floor + OF_LARGEST[real] * largest
  let worst = 0
  let at = -1
  for (let i = 0; i < elements.length; i++) {
    const [a, w] = [actual[i]!, elements[i]!]
    if (a === w || (Number.isNaN(a) && Number.isNaN(w)) || except?.[i] === true || lost?.[i] === Infinity) continue
    const allowed = real === null ? 0 : RELATIVE[real] * Math.abs(w) + least + LOST * (lost?.[i] ?? 0)
    // A NaN beats every number.
    const over = Math.abs(a - w) / (order * allowed)
    if (!(over <= 1) && !(over <= worst) && !Number.isNaN(worst)) [worst, at] = [over, i]
  }
  if (at < 0) return null
  const times = Number.isFinite(worst) ? ` (${worst.toPrecision(3)} times the tolerance)` : ''
  return `index ${at}: ${actual[at]}, want ${elements[at]}${times} | [${shown(actual)}], want [${shown(elements)}]`
}
