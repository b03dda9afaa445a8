/** Windows that slide over the last axes of a value: which elements lie under their taps, and where none are missing. */
import { numel, stridesOf, type Shape, type TensorType, type Window } from '@glissade/core/backend'

/** A window along one axis. */
export interface WindowAxis {
  /** Elements of the axis. */
  readonly size: number
  readonly taps: number
  readonly positions: number
  readonly stride: number
  readonly dilation: number
  /** Padding before the first element. */
  readonly low: number
}
/** Windows over planes: the axes before those that they slide over. */
export interface WindowPlan {
  readonly planes: number
  readonly space: Shape
  readonly positions: Shape
  /** Of the space, in elements. */
  readonly strides: readonly number[]
  readonly axes: readonly WindowAxis[]
}

/** Windows of any operation: a convolution's slide over the axes after images and channels. */
export function planWindows(
  { window, strides, padding, dilation }: Window,
  x: TensorType,
  result: TensorType,
): WindowPlan {
  const lead = x.shape.length - window.length
  const space = x.shape.slice(lead)
  const positions = result.shape.slice(lead)
  return {
    planes: numel(x.shape.slice(0, lead)),
    space,
    positions,
    strides: stridesOf(space),
    axes: window.map((taps, i) => ({
      size: space[i]!,
      taps,
      positions: positions[i]!,
      stride: strides[i]!,
      dilation: dilation[i]!,
      low: padding[i]![0],
    })),
  }
}

/** Taps t of a position that meet elements, 0 <= p stride - low + t dilation < size; the first meets element `at`. */
export function tapsInside(
  { size, taps, stride, dilation, low }: Omit<WindowAxis, 'positions'>,
  position: number,
): { readonly first: number; readonly count: number; readonly at: number } {
  const start = position * stride - low
  const first = Math.max(0, Math.ceil(-start / dilation))
  const count = Math.max(0, Math.min(taps, Math.ceil((size - start) / dilation)) - first)
  return { first, count, at: start + first * dilation }
}

/** The positions whose windows lie wholly inside: from the first of them to below the second. */
export function positionsInside({ size, taps, positions, stride, dilation, low }: WindowAxis): [number, number] {
  const room = size + low - (taps - 1) * dilation
  return [Math.ceil(low / stride), Math.min(positions, Math.ceil(room / stride))]
}
