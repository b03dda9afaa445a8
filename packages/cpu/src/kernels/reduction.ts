/**
 * Sums and their like. After merging neighbouring axes a reduction is runs of contiguous elements: either each run falls
 * into one result (the last axis is reduced), or runs are laid upon each other (it is kept). Floating-point numbers are
 * accumulated in double and rounded once; a result depends on the shape alone, never on what ran before.
 */
import { around, nest, offsets, type Axis } from '@glissade/codegen'
import { DTYPES, REDUCTION, numel, stridesOf } from '@glissade/core/backend'
import type { HostArray, Kernel, Kernels } from '@glissade/core/backend'

interface Accumulation {
  readonly initial: number
  /** `total` with the elements of a run. */
  readonly run: (total: number, x: HostArray, from: number, end: number) => number
  /** Adds to each of `totals` the element of a run. */
  readonly lay: (totals: Float64Array, x: HostArray, from: number) => void
}

const sum: Accumulation = {
  initial: 0,
  // Four sums, because one addition must wait for the one before it.
  run(total, x, from, end) {
    let a = 0
    let b = 0
    let c = 0
    let d = 0
    let i = from
    for (; i < end - 3; i += 4) {
      a += x[i]!
      b += x[i + 1]!
      c += x[i + 2]!
      d += x[i + 3]!
    }
    for (; i < end; i++) a += x[i]!
    return total + (a + b + (c + d))
  },
  lay(totals, x, from) {
    for (let i = 0; i < totals.length; i++) totals[i]! += x[from + i]!
  },
}

const integerSum: Accumulation = {
  initial: 0,
  run(total, x, from, end) {
    for (let i = from; i < end; i++) total = (total + x[i]!) | 0
    return total
  },
  lay(totals, x, from) {
    for (let i = 0; i < totals.length; i++) totals[i] = (totals[i]! + x[from + i]!) | 0
  },
}

const product: Accumulation = {
  initial: 1,
  run(total, x, from, end) {
    for (let i = from; i < end; i++) total *= x[i]!
    return total
  },
  lay(totals, x, from) {
    for (let i = 0; i < totals.length; i++) totals[i]! *= x[from + i]!
  },
}

const integerProduct: Accumulation = {
  initial: 1,
  run(total, x, from, end) {
    for (let i = from; i < end; i++) total = Math.imul(total, x[i]!)
    return total
  },
  lay(totals, x, from) {
    for (let i = 0; i < totals.length; i++) totals[i] = Math.imul(totals[i]!, x[from + i]!)
  },
}

// Math.max and Math.min of NaN are NaN, as they must be here.
const maximum: Accumulation = {
  initial: -Infinity,
  run(total, x, from, end) {
    for (let i = from; i < end; i++) total = Math.max(total, x[i]!)
    return total
  },
  lay(totals, x, from) {
    for (let i = 0; i < totals.length; i++) totals[i] = Math.max(totals[i]!, x[from + i]!)
  },
}

const minimum: Accumulation = {
  initial: Infinity,
  run(total, x, from, end) {
    for (let i = from; i < end; i++) total = Math.min(total, x[i]!)
    return total
  },
  lay(totals, x, from) {
    for (let i = 0; i < totals.length; i++) totals[i] = Math.min(totals[i]!, x[from + i]!)
  },
}

/** Where the elements of these axes lie. */
const placesOf = (axes: readonly Axis[]): Int32Array =>
  offsets(
    axes.map(({ size }) => size),
    axes.map(({ strides }) => strides[0]!),
  )

const reduction =
  (floats: Accumulation, integers: Accumulation): Kernel<(typeof REDUCTION)[number]> =>
  ({ axes }, [x]) => {
    const { initial, run, lay } = DTYPES[x!.dtype].kind === 'float' ? floats : integers
    if (numel(x!.shape) === 0) return (_, [out]) => void out!.fill(initial)
    const loops = nest(x!.shape, [stridesOf(x!.shape)], axes)
    const { size, reduced } = loops.pop() ?? { size: 1, reduced: true }
    // The last kept axis is a loop and not a list: in a sum over short rows it is nearly as long as the operand.
    const kept = loops.filter((axis) => !axis.reduced)
    const last = kept.pop()
    const count = last?.size ?? 1
    const stride = last?.strides[0] ?? 0
    const starts = placesOf(kept)
    const runs = placesOf(loops.filter((axis) => axis.reduced))

    if (reduced)
      return ([from], [out]) => {
        let at = 0
        for (const start of starts)
          for (let i = 0; i < count; i++) {
            const first = start + i * stride
            let total = initial
            for (let r = 0; r < runs.length; r++) total = run(total, from!, first + runs[r]!, first + runs[r]! + size)
            out![at++] = total
          }
      }
    const totals = new Float64Array(size)
    return ([from], [out]) => {
      let at = 0
      for (const start of starts)
        for (let i = 0; i < count; i++) {
          const first = start + i * stride
          totals.fill(initial)
          for (let r = 0; r < runs.length; r++) lay(totals, from!, first + runs[r]!)
          for (let j = 0; j < size; j++) out![at++] = totals[j]!
        }
    }
  }

const argmax: Kernel<'argmax'> = ({ axis }, [x]) => {
  const { outer, size, inner } = around(x!.shape, axis)
  return ([from], [out]) => {
    for (let block = 0; block < outer; block++)
      for (let i = 0; i < inner; i++) {
        const first = block * size * inner + i
        let best = from![first]!
        let index = 0
        for (let j = 1; j < size; j++) {
          const value = from![first + j * inner]!
          // NaN is greatest, and the first NaN stays.
          if (value > best || (value !== value && best === best)) {
            best = value
            index = j
          }
        }
        out![block * inner + i] = index
      }
  }
}

const cumsum: Kernel<'cumsum'> = ({ axis, reverse }, [x]) => {
  const { outer, size, inner } = around(x!.shape, axis)
  const step = reverse ? -inner : inner
  const start = reverse ? (size - 1) * inner : 0
  return ([from], [out]) => {
    for (let block = 0; block < outer; block++)
      for (let i = 0; i < inner; i++) {
        let at = block * size * inner + start + i
        let total = 0
        for (let j = 0; j < size; j++, at += step) out![at] = total += from![at]!
      }
  }
}

export const reductions: Pick<Kernels, 'sum' | 'prod' | 'max' | 'min' | 'argmax' | 'cumsum'> = {
  sum: reduction(sum, integerSum),
  prod: reduction(product, integerProduct),
  max: reduction(maximum, maximum),
  min: reduction(minimum, minimum),
  argmax,
  cumsum,
}
