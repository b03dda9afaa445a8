/**
 * Nests of loops over a space: what is walked over it has a stride along every axis. Axes of one element are left out, and
 * neighbours that everything steps through as through one become one.
 */
import { stridesOf, type Shape } from '@glissade/core/backend'

/** A loop of a nest. */
export interface Axis {
  readonly size: number
  /** Whether it disappears, as the axes of a reduction do. */
  readonly reduced: boolean
  /** Per access, in the unit that the access was given in. */
  readonly strides: readonly number[]
}

/**
 * The loops that a space needs, outermost first.
 * @param accesses per access its strides along all axes of the space
 * @param reduced axes that disappear: these are not merged with axes that stay. Default: none
 */
export function nest(space: Shape, accesses: readonly (readonly number[])[], reduced: readonly number[] = []): Axis[] {
  const merged: Axis[] = []
  space.forEach((size, axis) => {
    if (size === 1) return
    const strides = accesses.map((access) => access[axis]!)
    const isReduced = reduced.includes(axis)
    const outer = merged.at(-1)
    if (outer?.reduced === isReduced && outer.strides.every((stride, i) => stride === strides[i]! * size))
      merged[merged.length - 1] = { size: outer.size * size, reduced: isReduced, strides }
    else merged.push({ size, reduced: isReduced, strides })
  })
  return merged
}

/** Strides over a space of a value that is broadcast to it: shapes are aligned at the right, size 1 repeats. In elements. */
export function broadcastStrides(shape: Shape, space: Shape): number[] {
  const own = stridesOf(shape)
  const lead = space.length - shape.length
  return space.map((_, axis) => (axis < lead || shape[axis - lead] === 1 ? 0 : own[axis - lead]!))
}

/** Strides over a space of what has lost these axes: 0 along them. In elements. */
export function keptStrides(space: Shape, axes: readonly number[]): number[] {
  const kept = stridesOf(space.filter((_, axis) => !axes.includes(axis)))
  let next = 0
  return space.map((_, axis) => (axes.includes(axis) ? 0 : kept[next++]!))
}

/** Where an element lies: index times stride, over all axes. */
export const offsetOf = (index: readonly number[], strides: readonly number[]): number =>
  index.reduce((sum, i, axis) => sum + i * strides[axis]!, 0)

/** Where the elements of a space lie, in row-major order. */
export function offsets(space: Shape, strides: readonly number[], start = 0): Int32Array {
  let list = Int32Array.of(start)
  space.forEach((size, axis) => {
    const inner = new Int32Array(list.length * size)
    for (let i = 0; i < list.length; i++)
      for (let j = 0; j < size; j++) inner[i * size + j] = list[i]! + j * strides[axis]!
    list = inner
  })
  return list
}
