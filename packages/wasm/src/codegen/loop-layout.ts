/** Where a loop walks: the pointers of its operands and results, and the axes that they have in common. */
import { stridesOf } from '@glissade/core/backend'
import type { Shape } from '@glissade/core/backend'
import { i32, type Code } from '../emitter/code.ts'
import { bytesOf } from './lanes.ts'
import { IOTA, isRead, type Leaf, type Plan } from './loop-plan.ts'

/** An axis of the nest: strides of every pointer, in bytes (of `iota`, in counts). */
export interface Axis {
  readonly size: number
  readonly reduced: boolean
  readonly strides: readonly number[]
}

/** Pointers of a loop: one per different way to read an operand, then one per result. */
interface Pointer {
  readonly start: Code<'i32'>
  readonly strides: readonly number[]
  readonly unit: number
}

export interface Layout {
  readonly pointers: readonly Pointer[]
  /** Which pointer reads a leaf, and which writes a result. */
  readonly pointerOf: ReadonlyMap<Leaf, number>
  readonly resultPointer: ReadonlyMap<number, number>
  readonly axes: readonly Axis[]
  /** The last axis, four elements at a time. */
  readonly inner: Axis
  readonly outer: readonly Axis[]
  /** What the counter of the last axis counts: bytes of wide elements, or elements where widths differ. */
  readonly unit: number
}

/** Without axes of one element; neighbours that continue each other for every pointer become one. */
function merge(space: Shape, axes: readonly number[], pointers: readonly Pointer[]): Axis[] {
  const merged: Axis[] = []
  space.forEach((size, axis) => {
    if (size === 1) return
    const strides = pointers.map((pointer) => pointer.strides[axis]! * pointer.unit)
    const reduced = axes.includes(axis)
    const outer = merged.at(-1)
    if (outer?.reduced === reduced && outer.strides.every((stride, i) => stride === strides[i]! * size))
      merged[merged.length - 1] = { size: outer.size * size, reduced, strides }
    else merged.push({ size, reduced, strides })
  })
  return merged
}

export function layoutOf(
  plan: Plan,
  space: Shape,
  axes: readonly number[],
  args: readonly Code<'i32'>[],
  results: readonly Code<'i32'>[],
): Layout {
  const pointers: Pointer[] = []
  const pointerOf = new Map<Leaf, number>()
  const resultPointer = new Map<number, number>()
  const known = new Map<string, number>()
  const pointer = (key: string, made: Pointer): number => {
    const index = known.get(key) ?? pointers.push(made) - 1
    known.set(key, index)
    return index
  }
  const used = new Set([
    ...plan.computed.flatMap(([, node]) => node.args),
    ...plan.reductions.map(({ value }) => value),
    ...plan.stores.map(([value]) => value),
  ])
  for (const [value, leaf] of plan.leaves) {
    if (!used.has(value) || !isRead(leaf)) continue
    const start = leaf.input === IOTA ? i32(0) : args[leaf.input]!
    const unit = leaf.input === IOTA ? 1 : bytesOf(leaf.dtype)
    pointerOf.set(leaf, pointer(`${leaf.input}:${leaf.strides.join()}`, { start, strides: leaf.strides, unit }))
  }
  const whole = stridesOf(space)
  const kept = stridesOf(space.filter((_, axis) => !axes.includes(axis)))
  const keptStrides = space.map((_, axis) => (axes.includes(axis) ? 0 : kept.shift()!))
  for (const [value, result] of plan.stores)
    resultPointer.set(
      result,
      pointer(`store ${result}`, {
        start: results[result]!,
        strides: whole,
        unit: bytesOf(plan.types[value]!.dtype),
      }),
    )
  for (const { result, dtype } of plan.reductions)
    resultPointer.set(
      result,
      pointer(`store ${result}`, { start: results[result]!, strides: keptStrides, unit: bytesOf(dtype) }),
    )
  const merged = merge(space, axes, pointers)
  const inner = merged.at(-1) ?? { size: 1, reduced: false, strides: pointers.map((pointer_) => pointer_.unit) }
  return {
    pointers,
    pointerOf,
    resultPointer,
    axes: merged,
    inner,
    outer: merged.slice(0, -1),
    unit: inner.strides.every((stride) => stride === 0 || stride === 4) ? 4 : 1,
  }
}
