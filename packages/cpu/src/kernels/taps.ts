/**
 * Windows as tables: which element lies under a tap of a window at a position. The innermost axis has its own table and
 * the others share one, so that both stay small and a line of elements needs one look-up in the second.
 */
import { stridesOf } from '@glissade/core/backend'
import type { Shape } from '@glissade/core/backend'

export interface Taps {
  readonly taps: number
  readonly positions: number
  /** At `tap * positions + position`: the element's offset within the space, or -1 in padding or between elements. */
  readonly offsets: Int32Array
}

export interface Sliding {
  readonly window: readonly number[]
  readonly strides: readonly number[]
  readonly padding: readonly (readonly [number, number])[]
  readonly dilation: readonly number[]
  readonly inputDilation?: readonly number[]
}

function along(attrs: Sliding, axis: number, length: number, positions: number): Taps {
  const taps = attrs.window[axis]!
  const apart = attrs.inputDilation?.[axis] ?? 1
  const offsets = new Int32Array(taps * positions)
  for (let tap = 0; tap < taps; tap++)
    for (let position = 0; position < positions; position++) {
      const place = position * attrs.strides[axis]! + tap * attrs.dilation[axis]! - attrs.padding[axis]![0]
      const inside = place >= 0 && place % apart === 0 && place / apart < length
      offsets[tap * positions + position] = inside ? place / apart : -1
    }
  return { taps, positions, offsets }
}

/** Taps of a space and of one more axis inside it, as one; `stride` is that of the new axis, in elements. */
function combine(outer: Taps, inner: Taps, stride: number): Taps {
  const taps = outer.taps * inner.taps
  const positions = outer.positions * inner.positions
  const offsets = new Int32Array(taps * positions)
  let at = 0
  for (let t = 0; t < outer.taps; t++)
    for (let u = 0; u < inner.taps; u++)
      for (let p = 0; p < outer.positions; p++)
        for (let q = 0; q < inner.positions; q++) {
          const offset = outer.offsets[t * outer.positions + p]!
          const index = inner.offsets[u * inner.positions + q]!
          offsets[at++] = offset < 0 || index < 0 ? -1 : offset + index * stride
        }
  return { taps, positions, offsets }
}

/** Tables for a window sliding over `space` to `positions`. The element's offset is the sum of both, if none is -1. */
export function slidingTaps(attrs: Sliding, space: Shape, positions: Shape): { outer: Taps; last: Taps } {
  const strides = stridesOf(space)
  const axes = space.map((length, axis) => along(attrs, axis, length, positions[axis]!))
  const last = axes.pop()!
  let outer: Taps = { taps: 1, positions: 1, offsets: Int32Array.of(0) }
  axes.forEach((axis, i) => (outer = combine(outer, axis, strides[i]!)))
  return { outer, last }
}
