/** Sums and maxima over sliding windows: per tap, one pass over a line of positions. */
import { planWindows } from '@glissade/codegen'
import { numel } from '@glissade/core/backend'
import type { HostArray, Kernel, Kernels, TensorType, Window } from '@glissade/core/backend'
import { slidingTaps } from './taps.ts'

interface Pass {
  /** Before the taps of a line. */
  readonly begin: () => void
  /** Lays the elements at `base + offset + index` upon the line; an index of -1 is padding. */
  readonly tap: (x: HostArray, base: number, offset: number, indices: Int32Array, from: number) => void
  /** The line is complete. */
  readonly end: (out: HostArray, at: number) => void
}

const windowed =
  (pass: (positions: number) => Pass) =>
  (attrs: Window, [x]: readonly TensorType[], [out]: readonly TensorType[]) => {
    const { planes, space: shape, positions } = planWindows(attrs, x!, out!)
    const space = numel(shape)
    const { outer, last } = slidingTaps(attrs, shape, positions)
    const { begin, tap, end } = pass(last.positions)
    return ([from]: readonly HostArray[], [to]: readonly HostArray[]): void => {
      let at = 0
      for (let i = 0; i < planes; i++)
        for (let p = 0; p < outer.positions; p++) {
          begin()
          for (let t = 0; t < outer.taps; t++) {
            const offset = outer.offsets[t * outer.positions + p]!
            if (offset < 0) continue
            for (let u = 0; u < last.taps; u++) tap(from!, i * space, offset, last.offsets, u * last.positions)
          }
          end(to!, at)
          at += last.positions
        }
    }
  }

const windowSum: Kernel<'windowSum'> = windowed((positions) => {
  const totals = new Float64Array(positions)
  return {
    begin: () => totals.fill(0),
    tap(x, base, offset, indices, from) {
      for (let q = 0; q < positions; q++) {
        const index = indices[from + q]!
        if (index >= 0) totals[q]! += x[base + offset + index]!
      }
    },
    end(out, at) {
      for (let q = 0; q < positions; q++) out[at + q] = totals[q]!
    },
  }
})

const windowArgmax: Kernel<'windowArgmax'> = windowed((positions) => {
  const best = new Float64Array(positions)
  const where = new Int32Array(positions)
  const choice = new Float64Array(2)
  return {
    begin: () => where.fill(-1),
    // Taps come in row-major order, so the first of equals stays. NaN is greatest.
    tap(x, base, offset, indices, from) {
      for (let q = 0; q < positions; q++) {
        const index = indices[from + q]!
        if (index < 0) continue
        const value = x[base + offset + index]!
        const known = best[q]!
        const before = where[q]!
        // Chosen by arithmetic: which of two elements is greater is anyone's guess, the processor's too.
        const isBetter =
          Number(before < 0) | Number(value > known) | (Number(value !== value) & Number(known === known))
        choice[0] = known
        choice[1] = value
        best[q] = choice[isBetter]!
        where[q] = before + isBetter * (offset + index - before)
      }
    },
    // A window without elements has no maximum: 0, so that gathering by it stays inside.
    end(out, at) {
      for (let q = 0; q < positions; q++) out[at + q] = Math.max(0, where[q]!)
    },
  }
})

export const windows: Pick<Kernels, 'windowSum' | 'windowArgmax'> = { windowSum, windowArgmax }
