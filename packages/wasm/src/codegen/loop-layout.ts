/** Where a loop walks: the pointers of its operands and results, and the axes that they have in common, in bytes. */
import { nestOf, type Access, type Axis, type Leaf, type LoopPlan } from '@glissade/codegen'
import { i32, type Code } from '../emitter/code.ts'
import { bytesOf } from './stored.ts'

export interface LoopLayout {
  /** Where the pointers start: one per different way to read an operand, then one per result. */
  readonly starts: readonly Code<'i32'>[]
  /** Which pointer reads a leaf, and which writes a result. */
  readonly pointerOf: ReadonlyMap<Leaf, number>
  readonly resultPointer: ReadonlyMap<number, number>
  /** Strides of every pointer, in bytes (of counters, in counts). */
  readonly axes: readonly Axis[]
  /** The last axis, four elements at a time. */
  readonly inner: Axis
  readonly outer: readonly Axis[]
  /** What the counter of the last axis counts: bytes of wide elements, or elements where widths differ. */
  readonly unit: number
}

const unitOf = (access: Access): number => (access.kind === 'count' ? 1 : bytesOf(access.dtype))

export function layoutOf(plan: LoopPlan, args: readonly Code<'i32'>[], results: readonly Code<'i32'>[]): LoopLayout {
  const { accesses, accessOf, resultAccess, axes: loops } = nestOf(plan)
  const units = accesses.map(unitOf)
  // What a counter points to is its value.
  const starts = accesses.map((access) =>
    access.kind === 'count' ? i32(0) : (access.kind === 'read' ? args : results)[access.index]!,
  )
  const axes = loops.map((axis): Axis => ({ ...axis, strides: axis.strides.map((stride, i) => stride * units[i]!) }))
  const inner = axes.at(-1) ?? { size: 1, reduced: false, strides: units }
  return {
    starts,
    pointerOf: accessOf,
    resultPointer: resultAccess,
    axes,
    inner,
    outer: axes.slice(0, -1),
    unit: inner.strides.every((stride) => stride === 0 || stride === 4) ? 4 : 1,
  }
}
