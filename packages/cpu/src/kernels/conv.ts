/**
 * Convolution as matrix products: the elements under every tap of the window are laid out as a matrix (im2col), a tile of
 * output positions at a time, and multiplied by the weights. Padding, dilation and the zeros between input elements are
 * all in the tables of `taps.ts`. A window of one element needs no matrix: the input is one.
 */
import { convSizes } from '@glissade/codegen'
import { DTYPES, numel } from '@glissade/core/backend'
import type { Attributes, DType, HostArray, Kernel, Kernels } from '@glissade/core/backend'
import { multiply, type Multiply } from './dot.ts'
import { slidingTaps, type Taps } from './taps.ts'

/** Elements of a tile: 1 MiB of float32, so that it stays in the second-level cache until it is multiplied. */
const TILE = 2 ** 18

// Shared by all convolutions: it holds nothing from one tile to the next. Grows to the largest tile asked for.
const columns = new Map<DType, HostArray>()

function columnsFor(dtype: DType, size: number): HostArray {
  const known = columns.get(dtype)
  if (known !== undefined && known.length >= size) return known
  const { array, bytes } = DTYPES[dtype]
  const larger = new array(new ArrayBuffer(size * bytes), 0, size)
  columns.set(dtype, larger)
  return larger
}

/** Lays out the elements under the window at `count` outer positions from `first` on; `start` is where the channels start. */
type Arrangement = (x: HostArray, start: number, first: number, count: number, matrix: HostArray) => void

/** A row per channel and tap, a column per position. */
const byTap =
  (channels: number, space: number, outer: Taps, last: Taps): Arrangement =>
  (x, start, first, count, matrix) => {
    let at = 0
    for (let c = 0; c < channels; c++)
      for (let t = 0; t < outer.taps; t++)
        for (let u = 0; u < last.taps; u++)
          for (let p = first; p < first + count; p++) {
            const offset = outer.offsets[t * outer.positions + p]!
            const base = start + c * space + offset
            for (let q = 0; q < last.positions; q++) {
              const index = last.offsets[u * last.positions + q]!
              matrix[at++] = offset < 0 || index < 0 ? 0 : x[base + index]!
            }
          }
  }

/** A row per position, a column per channel and tap: longer lines where the window is larger than the result. */
const byPosition =
  (channels: number, space: number, outer: Taps, last: Taps): Arrangement =>
  (x, start, first, count, matrix) => {
    let at = 0
    for (let p = first; p < first + count; p++)
      for (let q = 0; q < last.positions; q++)
        for (let c = 0; c < channels; c++)
          for (let t = 0; t < outer.taps; t++) {
            const offset = outer.offsets[t * outer.positions + p]!
            const base = start + c * space + offset
            for (let u = 0; u < last.taps; u++) {
              const index = last.offsets[u * last.positions + q]!
              matrix[at++] = offset < 0 || index < 0 ? 0 : x[base + index]!
            }
          }
  }

const isPointwise = (attrs: Attributes['conv'], window: readonly number[]): boolean =>
  window.every((size) => size === 1) &&
  attrs.strides.every((stride) => stride === 1) &&
  attrs.inputDilation.every((apart) => apart === 1) &&
  attrs.padding.every(([low, high]) => low === 0 && high === 0)

const kernel: Kernel<'conv'> = (attrs, [x, w], [out]) => {
  const { dtype } = x!
  const window = w!.shape.slice(2)
  const space = numel(x!.shape.slice(2))
  // Per group: out[m, n] = w[m, k] matrix[k, n].
  const { n: batch, channels, outputs: m, groups, positions: results } = convSizes(attrs, x!, w!, out!)
  const k = channels * numel(window)
  if (numel(out!.shape) === 0) return () => {}

  const product = (n: number, row: number, column: number): Multiply =>
    multiply(dtype, { m, k, n, a: { row: k, column: 1 }, b: { row, column }, out: { row: results, column: 1 } })

  if (isPointwise(attrs, window)) {
    const whole = product(space, space, 1)
    return ([input, weights], [result]) => {
      for (let i = 0; i < batch * groups; i++)
        whole(weights!, (i % groups) * m * k, input!, i * k * space, result!, i * m * results)
    }
  }

  const { outer, last } = slidingTaps({ ...attrs, window }, x!.shape.slice(2), out!.shape.slice(2))
  const wide = last.taps > last.positions
  const layOut = (wide ? byPosition : byTap)(channels, space, outer, last)
  // Tiles of whole lines of output positions.
  const lines = Math.max(1, Math.min(outer.positions, Math.floor(TILE / (k * last.positions || 1))))
  const tiled = (count: number): Multiply => {
    const n = count * last.positions
    return wide ? product(n, 1, k) : product(n, n, 1)
  }
  const full = tiled(lines)
  const rest = tiled(outer.positions % lines)
  return ([input, weights], [result]) => {
    const matrix = columnsFor(dtype, k * lines * last.positions)
    for (let i = 0; i < batch * groups; i++)
      for (let first = 0; first < outer.positions; first += lines) {
        const count = Math.min(lines, outer.positions - first)
        layOut(input!, i * channels * space, first, count, matrix)
        const multiplyTile = count === lines ? full : rest
        multiplyTile(weights!, (i % groups) * m * k, matrix, 0, result!, i * m * results + first * last.positions)
      }
  }
}

export const conv: Pick<Kernels, 'conv'> = { conv: kernel }
