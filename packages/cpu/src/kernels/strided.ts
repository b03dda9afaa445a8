/**
 * Copies between two regular grids of elements: the one loop nest behind every operation that only moves elements. Its
 * innermost two axes get a loop of their own.
 */
import type { GridAxis } from '@glissade/codegen'
import type { HostArray } from '@glissade/core/backend'

/** Copies from `x`, starting at `from`, into `out`, starting at `to`. */
export type Copy = (x: HostArray, from: number, out: HostArray, to: number) => void

/** From this length on one call of `set` or `fill` is faster than a loop. */
const SET_LENGTH = 48
/** A tile of a transposition: 16 float32 are a cache line. */
const TILE = 16

const contiguous = (size: number): Copy =>
  size < SET_LENGTH
    ? (x, from, out, to) => {
        for (let i = 0; i < size; i++) out[to + i] = x[from + i]!
      }
    : (x, from, out, to) => {
        out.set(x.length === size ? x : x.subarray(from, from + size), to)
      }

const line = ({ size, from: fromStep, to: toStep }: GridAxis): Copy => {
  if (fromStep === 1 && toStep === 1) return contiguous(size)
  if (fromStep === 0 && toStep === 1) return (x, from, out, to) => void out.fill(x[from]!, to, to + size)
  return (x, from, out, to) => {
    for (let i = 0; i < size; i++) {
      out[to] = x[from]!
      from += fromStep
      to += toStep
    }
  }
}

/** Lines that are read across: in tiles, so that the cache lines read are still there for the next line written. */
const transposed =
  (rows: GridAxis, columns: GridAxis): Copy =>
  (x, from, out, to) => {
    for (let row = 0; row < rows.size; row += TILE) {
      const lastRow = Math.min(row + TILE, rows.size)
      for (let column = 0; column < columns.size; column += TILE) {
        const lastColumn = Math.min(column + TILE, columns.size)
        for (let i = row; i < lastRow; i++) {
          let source = from + i * rows.from + column * columns.from
          let target = to + i * rows.to + column * columns.to
          for (let j = column; j < lastColumn; j++) {
            out[target] = x[source]!
            source += columns.from
            target += columns.to
          }
        }
      }
    }
  }

/** Short lines: a loop in a loop, for a call per line would cost more than the line. */
const plane =
  (rows: GridAxis, columns: GridAxis): Copy =>
  (x, from, out, to) => {
    for (let i = 0; i < rows.size; i++) {
      let source = from + i * rows.from
      let target = to + i * rows.to
      for (let j = 0; j < columns.size; j++) {
        out[target] = x[source]!
        source += columns.from
        target += columns.to
      }
    }
  }

const repeat =
  (axis: GridAxis, copy: Copy): Copy =>
  (x, from, out, to) => {
    for (let i = 0; i < axis.size; i++) {
      copy(x, from, out, to)
      from += axis.from
      to += axis.to
    }
  }

/** A copy as a loop nest; axes are merged already, outermost first. */
export function strided(grid: readonly GridAxis[]): Copy {
  const axes = [...grid]
  const columns = axes.pop() ?? { size: 1, from: 1, to: 1 }
  const rows = axes.at(-1)
  let copy: Copy
  if (
    rows === undefined ||
    (columns.size >= SET_LENGTH && (columns.from === 0 || columns.from === 1) && columns.to === 1)
  )
    copy = line(columns)
  else {
    axes.pop()
    copy =
      rows.from < columns.from && rows.size >= TILE && columns.size >= TILE
        ? transposed(rows, columns)
        : plane(rows, columns)
  }
  while (axes.length > 0) copy = repeat(axes.pop()!, copy)
  return copy
}
