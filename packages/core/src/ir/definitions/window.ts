/** Windows that slide over the last axes, as in pooling. */
import type { Shape, Window } from '../../contract/contract.ts'
import { stridesOf } from '../../contract/dtype.ts'
import { ShapeError } from '../../contract/errors.ts'
import { each, isGreater, position, tabulate, type Definition } from './value.ts'

interface Sliding extends Omit<Window, 'window'> {
  readonly space: Shape
  readonly inputDilation?: readonly number[]
}

/** Which input element lies under tap `tap` of the window at `at`; null on padding and between dilated elements. */
export function inputIndex(
  { space, strides, padding, dilation, inputDilation }: Sliding,
  at: readonly number[],
  tap: readonly number[],
): number[] | null {
  const index = space.map((_, i) => {
    const dilated = at[i]! * strides[i]! - padding[i]![0] + tap[i]! * dilation[i]!
    return dilated / (inputDilation?.[i] ?? 1)
  })
  return index.every((i, axis) => Number.isInteger(i) && i >= 0 && i < space[axis]!) ? index : null
}

export const windowSum: Definition<'windowSum'> = ({ window, ...sliding }, [x], [type]) => {
  const { shape } = x!.type
  const lead = shape.length - window.length
  const strides = stridesOf(shape)
  return [
    tabulate(type!, (index) => {
      let sum = 0
      each(window, (tap) => {
        const source = inputIndex({ space: shape.slice(lead), ...sliding }, index.slice(lead), tap)
        if (source !== null) sum += x!.data[position(strides, [...index.slice(0, lead), ...source])]!
      })
      return sum
    }),
  ]
}

export const windowArgmax: Definition<'windowArgmax'> = ({ window, ...sliding }, [x], [type]) => {
  const { shape } = x!.type
  const lead = shape.length - window.length
  const strides = stridesOf(shape)
  const space = shape.slice(lead)
  return [
    tabulate(type!, (index) => {
      let best = { at: -1, value: 0 }
      each(window, (tap) => {
        const source = inputIndex({ space, ...sliding }, index.slice(lead), tap)
        if (source === null) return
        const value = x!.data[position(strides, [...index.slice(0, lead), ...source])]!
        if (best.at < 0 || isGreater(value, best.value)) best = { at: position(stridesOf(space), source), value }
      })
      if (best.at < 0) throw new ShapeError('windowArgmax', [shape], 'a window lies wholly in the padding')
      return best.at
    }),
  ]
}
