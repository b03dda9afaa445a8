/** Lines along one axis, as argmax, cumsum, sort, gather and softmax walk them. */
import { numel, type Shape } from '@glissade/core/backend'

/** A shape seen from one axis: `outer` blocks of `size` lines of `inner` elements. */
export interface Lines {
  readonly outer: number
  readonly size: number
  readonly inner: number
}

/** The shape seen from this axis. */
export const around = (shape: Shape, axis: number): Lines => ({
  outer: numel(shape.slice(0, axis)),
  size: shape[axis]!,
  inner: numel(shape.slice(axis + 1)),
})
