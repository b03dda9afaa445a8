/** How elements that lie side by side are walked: several vectors at a time, where fewer are left one, and at last single elements. */
import { add, i32, op, type Code } from '../emitter/code.ts'
import type { FunctionWriter } from '../emitter/function.ts'
import { bytesIn, isFull, startOf, type Range } from './division.ts'

export const LANES = 4
/** Longer lines of a generic function are walked as if their length were not known. */
const SHORT = 16

/** `width` vectors at a time, one, and an element. */
export const widths = (width: number): readonly (readonly [count: number, lanes: number])[] =>
  width > 1
    ? [
        [width, LANES],
        [1, LANES],
        [1, 1],
      ]
    : [
        [1, LANES],
        [1, 1],
      ]

/** `write(v, width, lanes)` for `width` vectors, or one element, from v on; v counts `unit` for each element. */
export function alongLine(
  f: FunctionWriter,
  range: Range,
  width: number,
  unit: number,
  write: (v: Code<'i32'>, width: number, lanes: number) => void,
): void {
  if (isFull(range) && !(f.isGeneric && range.end - range.begin > SHORT)) {
    let at = range.begin
    for (const [count, lanes] of widths(width)) {
      const end = at + Math.floor((range.end - at) / (count * lanes)) * count * lanes
      if (end === at + count * lanes) write(i32(at * unit), count, lanes)
      else f.for(at * unit, end * unit, count * lanes * unit, (v) => write(v, count, lanes))
      at = end
    }
    return
  }
  const at = f.let(startOf(range, i32(0), unit))
  const end = f.let(add(at, bytesIn(range, unit)))
  const last = f.local('i32')
  for (const [count, lanes] of widths(width)) {
    const step = count * lanes * unit
    // Steps are powers of two.
    f.set(last, add(at, op('i32.and', op('i32.sub', end, at), i32(-step))))
    f.for(at, last, step, (v) => write(v, count, lanes))
    f.set(at, last)
  }
  f.free(at, end, last)
}
