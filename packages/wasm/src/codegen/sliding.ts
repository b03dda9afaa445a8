/** Windows that slide over the last axes; where they can, four that lie side by side along the last axis at a time. */
import { positionsInside, type WindowPlan } from '@glissade/codegen'
import type { DType } from '@glissade/core/backend'
import { numel, stridesOf } from '@glissade/core/backend'
import { add, at, i32, lane, mul, op, select, shuffle, type Address, type Code } from '../emitter/code.ts'
import type { FunctionWriter, Local } from '../emitter/function.ts'
import { countOf, startOf, type Division } from './division.ts'
import { loadElement, type Element } from './element.ts'
import { LANES } from './line.ts'
import type { Vector } from './math.ts'
import { bytesOf } from './stored.ts'

/** Up to so many taps are written one after the other. */
const UNROLLED = 16

/** What is kept of a window while it is read, or of four windows in the lanes of vectors. */
export interface Fold<T extends Element | Vector> {
  begin(): void
  take(value: T, tap: Tap): void
  /** The number of the window, and the index of its corner within the space. */
  end(number: Code<'i32'>, corner: Code<'i32'>): void
}
export interface Tap {
  /** From the corner of the window, in elements. */
  readonly distance: Code<'i32'>
  /** Which of the window's. */
  readonly number: Code<'i32'>
  /** Whether it is known to be the window's first. */
  readonly isFirst: boolean
}
export interface Folds {
  readonly one: Fold<Element>
  readonly four: Fold<Vector>
  /** Before the windows of a plane are read. */
  readonly plane?: (number: Code<'i32'>) => void
}

/** Four elements `stride` elements apart; nothing but what lies between the first and the last is read. */
export function loadApart(address: Address, stride: number): Vector {
  if (stride === 1) return at('v128.load', 0, address)
  if (stride === 2) return shuffle(at('v128.load', 0, address), at('v128.load', 12, address), 0, 2, 5, 7)
  const element = (i: number): Code<'i32'> => at('i32.load', 4 * i * stride, address)
  return [1, 2, 3].reduce<Vector>(
    (loaded, i) => lane('i32x4.replace_lane', i, loaded, element(i)),
    op('i32x4.splat', element(0)),
  )
}

/** Reads every window; the caller's folds say what becomes of it. */
export function slide(
  f: FunctionWriter,
  division: Division,
  dtype: DType,
  { planes: count, space, positions, strides, axes }: WindowPlan,
  x: Address,
  { one, four, plane: beginPlane }: Folds,
): void {
  if (count * numel(positions) === 0) return
  const bytes = bytesOf(dtype)
  const last = space.length - 1
  const planes = division.range(f, count)
  const plane = f.let(startOf(planes, x, numel(space) * bytes))
  const number = f.let(startOf(planes, i32(0), numel(positions)))
  const planeNumber = beginPlane === undefined ? null : f.let(startOf(planes, i32(0), 1))
  const tapStrides = stridesOf(axes.map(({ taps }) => taps))
  const corners = space.map(() => f.local('i32'))
  const mayMiss = axes.map((axis) => {
    const [begin, end] = positionsInside(axis)
    return begin > 0 || end < axis.positions
  })
  const isUnrolled = axes.reduce((product, { taps }) => product * taps, 1) <= UNROLLED

  /** Reads the windows whose first corner is at `corners`. */
  const read = (isFour: boolean, base: Local<'i32'>): void => {
    const misses = mayMiss.map((may, i) => may && !(isFour && i === last))
    const isSafe = !misses.includes(true)
    const start = f.let(add(plane, mul(base, bytes)))
    let isFirst = isUnrolled && isSafe
    /** All taps from axis i on, `moving + fixed` elements from the corner; `tap` is the number of the first. */
    const readTaps = (i: number, moving: Code<'i32'>, fixed: number, tap: Code<'i32'>): void => {
      if (i > last) {
        const distance = add(moving, fixed)
        const sum = add(start, mul(distance, bytes))
        // Before the corner of a plane a start may be negative, which a constant offset does not bear.
        const address = isSafe ? sum : f.let(sum)
        const place = { distance, number: tap, isFirst }
        if (isFour) four.take(loadApart(address, axes[last]!.stride), place)
        else one.take(loadElement(dtype, address), place)
        isFirst = false
        if (address !== sum) f.free(address as Local<'i32'>)
        return
      }
      const step = axes[i]!.dilation * strides[i]!
      const within = (t: Code<'i32'>, then: () => void): void => {
        // Without sign a negative position is large.
        if (misses[i]) f.if(op('i32.lt_u', add(corners[i]!, mul(t, axes[i]!.dilation)), i32(space[i]!)), then)
        else then()
      }
      if (isUnrolled)
        for (let t = 0; t < axes[i]!.taps; t++)
          within(i32(t), () => readTaps(i + 1, moving, fixed + t * step, add(tap, t * tapStrides[i]!)))
      else
        f.for(0, axes[i]!.taps, 1, (t) =>
          within(t, () => {
            const moved = f.let(add(moving, mul(t, step)))
            readTaps(i + 1, moved, fixed, add(tap, mul(t, tapStrides[i]!)))
            f.free(moved)
          }),
        )
    }
    const fold = isFour ? four : one
    fold.begin()
    readTaps(0, i32(0), 0, i32(0))
    f.free(start)
  }

  const row = (): void => {
    const first = f.let(
      corners.slice(0, last).reduce<Code<'i32'>>((sum, c, i) => add(sum, mul(c, strides[i]!)), i32(0)),
    )
    const windows = (isFour: boolean, position: Code<'i32'>): void => {
      f.set(corners[last]!, add(mul(position, axes[last]!.stride), -axes[last]!.low))
      const base = f.let(add(first, corners[last]!))
      read(isFour, base)
      const place = f.let(add(number, position))
      if (isFour) four.end(place, base)
      else one.end(place, base)
      f.free(base, place)
    }
    const [begin, end] = positionsInside(axes[last]!)
    if (bytes === 4 && end - begin >= LANES) {
      f.for(0, begin, 1, (j) => windows(false, j))
      // The last four may be partly those before: they are written twice.
      f.for(begin, end, LANES, (j) => {
        if ((end - begin) % LANES === 0) return windows(true, j)
        const position = f.let(select(j, i32(end - LANES), op('i32.lt_u', j, i32(end - LANES))))
        windows(true, position)
        f.free(position)
      })
      f.for(end, positions[last]!, 1, (j) => windows(false, j))
    } else f.for(0, positions[last]!, 1, (j) => windows(false, j))
    f.set(number, add(number, positions[last]!))
    f.free(first)
  }
  const rows = (i: number): void => {
    if (i === last) return row()
    f.set(corners[i]!, i32(-axes[i]!.low))
    f.repeat(positions[i]!, () => {
      rows(i + 1)
      f.set(corners[i]!, add(corners[i]!, axes[i]!.stride))
    })
  }
  f.repeat(countOf(planes), () => {
    if (planeNumber !== null) beginPlane!(planeNumber)
    rows(0)
    if (planeNumber !== null) f.set(planeNumber, add(planeNumber, 1))
    f.set(plane, add(plane, numel(space) * bytes))
  })
}
