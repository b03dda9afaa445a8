/**
 * Writes `loop` composites: one pass over a space, four elements at a time along its last axis, element by element where
 * less than four are left (in the same instructions, so that a result does not depend on where it lies).
 *
 * Reductions have a fixed order that depends on the shape alone. Every level of the nest has sums of its own, and an axis
 * of more than CHUNK steps is cut, and so on, so that an error grows with the depth of the tree rather than with the number of terms.
 */
import { apart, planLoop, type Axis, type LoopPlan } from '@glissade/codegen'
import { numel } from '@glissade/core/backend'
import type { LoopAttributes, Program, TensorType } from '@glissade/core/backend'
import { add, i32, op, type Code } from '../emitter/code.ts'
import type { Local } from '../emitter/function.ts'
import {
  accumulatorsOf,
  CHUNK,
  chunkOf,
  foldLanes,
  freshSums,
  identityVector,
  mergeSums,
  resultOf,
  type Accumulator,
  type Sums,
} from './accumulator.ts'
import { axisToDivide, countOf, full, startOf, type Division, type Range } from './division.ts'
import { storeFirst, storeVector, type Writing } from './lanes.ts'
import { alongLine, LANES } from './line.ts'
import { isShared, LoopBody } from './loop-body.ts'
import { layoutOf, type LoopLayout } from './loop-layout.ts'
import type { Vector } from './math.ts'
import { bytesOf } from './stored.ts'

/** Bodies up to so many nodes are written four times, for four independent sums. */
const SHORT_BODY = 6
/** A line is divided at whole cache lines, so that no two threads write one. */
const LINE_ELEMENTS = 64
/** Functions of many instructions, which are not written four times. */
const LONG: ReadonlySet<string> = new Set(['mod', 'pow', 'div'])
export function writeLoop(
  place: Writing,
  division: Division,
  attrs: LoopAttributes,
  body: Program,
  args: readonly Code<'i32'>[],
  results: readonly Code<'i32'>[],
  resultTypes: readonly TensorType[],
): void {
  const whole = planLoop(attrs, body)
  if (numel(attrs.space) === 0) return writeEmpty(place, division, whole, results, resultTypes)
  for (const plan of apart(whole)) new LoopWriter(place, division, plan, layoutOf(plan, args, results)).write()
}

/** Over nothing a sum is 0 and a product 1. */
function writeEmpty(
  { f }: Writing,
  division: Division,
  plan: LoopPlan,
  results: readonly Code<'i32'>[],
  types: readonly TensorType[],
): void {
  for (const { op: kind, dtype, result } of plan.reductions) {
    const { begin, end } = division.range(f, numel(types[result]!.shape))
    f.for(begin, end, 1, (i) =>
      f.emit(
        storeFirst(
          dtype,
          add(results[result]!, bytesOf(dtype) === 4 ? op('i32.shl', i, i32(2)) : i),
          0,
          identityVector(kind, dtype),
        ),
      ),
    )
  }
}

class LoopWriter {
  readonly place: Writing
  readonly division: Division
  readonly plan: LoopPlan
  /** Of all reductions; those of reduction r are at `places[r]`. */
  readonly accumulators: readonly Accumulator[]
  readonly places: readonly (readonly number[])[]
  readonly layout: LoopLayout
  readonly body: LoopBody

  constructor(place: Writing, division: Division, plan: LoopPlan, layout: LoopLayout) {
    this.place = place
    this.division = division
    this.plan = plan
    this.layout = layout
    const own = plan.reductions.map(accumulatorsOf)
    this.accumulators = own.flat()
    this.places = own.map((list) => list.map((accumulator) => this.accumulators.indexOf(accumulator)))
    this.body = new LoopBody(place, plan, layout, this.accumulators)
  }

  write(): void {
    const { f } = this.place
    const starts = this.layout.starts.map((start) => f.let(start))
    const kept = this.layout.outer.filter((axis) => !axis.reduced)
    const reduced = this.layout.outer.filter((axis) => axis.reduced)
    // Threads divide an axis that stays: where none does, one of them does it all.
    const part = this.axisToDivide()
    const isLine = part === this.layout.inner
    const range = this.division.range(f, part?.size ?? 1, isLine ? LINE_ELEMENTS : 1)
    const line = isLine ? range : full(this.layout.inner.size)
    const nest = (axes: readonly Axis[], pointers: readonly Code<'i32'>[]): void => {
      const [axis, ...rest] = axes
      if (axis !== undefined)
        return this.steps(axis, axis === part ? range : full(axis.size), pointers, (moved) => nest(rest, moved))
      if (this.plan.reductions.length === 0) this.elementwise(line, pointers)
      else if (this.layout.inner.reduced) this.reduceRows(reduced, pointers)
      else this.reduceColumns(line, reduced, pointers)
    }
    if (part === undefined) f.repeat(countOf(range), () => nest(kept, starts))
    else nest(kept, starts)
  }
  axisToDivide(): Axis | undefined {
    const kept = this.layout.axes.filter((axis) => !axis.reduced)
    const units = kept.map(({ size }, i) => ({
      size: kept[i] === this.layout.inner ? Math.floor(size / LINE_ELEMENTS) : size,
    }))
    return kept[axisToDivide(units, this.division.threads)]
  }

  /** The steps of a range along an axis; pointers move by their strides. */
  steps(
    axis: Axis,
    range: Range,
    pointers: readonly Code<'i32'>[],
    write: (pointers: readonly Code<'i32'>[]) => void,
  ): void {
    const { f } = this.place
    const moved = pointers.map((pointer, i) =>
      axis.strides[i] === 0 ? pointer : f.let(startOf(range, pointer, axis.strides[i]!)),
    )
    f.repeat(countOf(range), () => {
      write(moved)
      moved.forEach((pointer, i) => {
        if (axis.strides[i] !== 0) f.set(pointer as Local<'i32'>, add(pointer, axis.strides[i]!))
      })
    })
    f.free(...(moved.filter((_, i) => axis.strides[i] !== 0) as Local[]))
  }

  /** A range of the inner axis, in units. */
  line(width: number, range: Range, write: (v: Code<'i32'>, width: number, lanes: number) => void): void {
    alongLine(this.place.f, range, width, this.layout.unit, write)
  }

  elementwise(range: Range, pointers: readonly Code<'i32'>[]): void {
    this.body.hoist(pointers, [this.layout.inner])
    // Two vectors share the additions of addresses, a quarter of the time of an update; more bring nothing.
    const pairs = this.layout.inner.size >= LINE_ELEMENTS && this.plan.computed.length <= SHORT_BODY
    this.line(this.sharedWidth ?? (pairs ? 2 : 1), range, (v, width, lanes) =>
      this.body.elements(
        pointers,
        v,
        lanes,
        Array.from({ length: width }, () => []),
      ),
    )
    this.body.unhoist()
  }

  /** New sums, one per accumulator. */
  sums(): Sums {
    return freshSums(this.place.f, this.accumulators)
  }
  /** Adds sums to others. */
  merge(into: Sums, sums: readonly Vector[]): void {
    mergeSums(this.place, this.accumulators, into, sums)
  }
  /** Adds sums to those of the level above. */
  take(into: Sums, sums: Sums): void {
    this.merge(into, sums)
    this.place.f.free(...sums)
  }

  /** Loops over reduced axes; every step of all but the last, and every chunk of each, has sums of its own. */
  tree(
    axes: readonly Axis[],
    pointers: readonly Code<'i32'>[],
    into: Sums[],
    write: (pointers: readonly Code<'i32'>[], sums: Sums[]) => void,
  ): void {
    const [axis, ...rest] = axes
    if (axis === undefined) return write(pointers, into)
    this.chunks(axis, axis.size, pointers, into, (moved, sums) => {
      if (rest.length === 0) write(moved, sums)
      else this.fresh(sums, (own) => this.tree(rest, moved, own, write))
    })
  }
  /** The first `size` steps along an axis. */
  chunks(
    axis: Axis,
    size: number,
    pointers: readonly Code<'i32'>[],
    into: Sums[],
    write: (pointers: readonly Code<'i32'>[], sums: Sums[]) => void,
  ): void {
    const chunk = chunkOf(size)
    if (chunk === 1) return this.steps(axis, full(size), pointers, (moved) => write(moved, into))
    const long = { ...axis, strides: axis.strides.map((stride) => stride * chunk) }
    const count = Math.floor(size / chunk)
    this.steps(long, full(count), pointers, (moved) =>
      this.fresh(into, (sums) => this.chunks(axis, chunk, moved, sums, write)),
    )
    const left = size - count * chunk
    if (left === 0) return
    const { f } = this.place
    const moved = pointers.map((pointer, i) =>
      axis.strides[i] === 0 ? pointer : f.let(add(pointer, count * long.strides[i]!)),
    )
    this.fresh(into, (sums) => this.chunks(axis, left, moved, sums, write))
    f.free(...(moved.filter((_, i) => axis.strides[i] !== 0) as Local[]))
  }
  /** Sums of their own for what `run` adds up. */
  fresh(into: Sums[], run: (sums: Sums[]) => void): void {
    const sums = into.map(() => this.sums())
    run(sums)
    sums.forEach((own, u) => this.take(into[u]!, own))
  }

  /** Vectors side by side in a reduction, each with its own sums. */
  get width(): number {
    if (this.layout.inner.size < LANES * LANES) return 1
    const { computed } = this.plan
    return (
      this.sharedWidth ?? (computed.length <= SHORT_BODY && !computed.some(({ node }) => LONG.has(node.op)) ? LANES : 1)
    )
  }
  /** Vectors side by side where the body has something to share; null elsewhere. */
  get sharedWidth(): number | null {
    const { computed } = this.plan
    if (!computed.some(isShared)) return null
    return computed.length <= SHORT_BODY ? LANES : 2
  }

  /** The last axis stays: every lane has its own sum. */
  reduceColumns(range: Range, reduced: readonly Axis[], pointers: readonly Code<'i32'>[]): void {
    const { f } = this.place
    this.line(this.width, range, (v, width, lanes) => {
      const moved = pointers.map((pointer, i) =>
        this.layout.inner.strides[i] === 0 ? pointer : f.let(this.body.address(pointers, i, v)),
      )
      const sums = Array.from({ length: width }, () => this.sums())
      this.tree(reduced, moved, sums, (at, own) => this.body.elements(at, i32(0), lanes, own))
      this.plan.reductions.forEach(({ dtype, result }, r) => {
        const i = this.layout.resultPointer.get(result)!
        for (let u = 0; u < width; u++)
          f.emit(
            (lanes > 1 ? storeVector : storeFirst)(
              dtype,
              moved[i]!,
              u * LANES * bytesOf(dtype),
              resultOf(this.places[r]!.map((k) => sums[u]![k]!)),
            ),
          )
      })
      f.free(...sums.flat(), ...(moved.filter((_, i) => this.layout.inner.strides[i] !== 0) as Local[]))
    })
  }

  /** The last axis is reduced: lanes are added up at the end. */
  reduceRows(reduced: readonly Axis[], pointers: readonly Code<'i32'>[]): void {
    const { f } = this.place
    this.body.hoist(
      pointers,
      this.layout.axes.filter((axis) => axis.reduced),
    )
    // Four lanes of the vectors, and one of the elements that are left.
    const total = this.sums()
    const rest = this.sums()
    this.tree(reduced, pointers, [total, rest], (at, sums) => this.row(at, sums))
    this.body.unhoist()
    foldLanes(this.place, this.accumulators, total)
    this.merge(total, rest)
    this.plan.reductions.forEach(({ dtype, result }, r) =>
      f.emit(
        storeFirst(
          dtype,
          pointers[this.layout.resultPointer.get(result)!]!,
          0,
          resultOf(this.places[r]!.map((k) => total[k]!)),
        ),
      ),
    )
    f.free(...total, ...rest)
  }
  /** `into`: of vectors, and of single elements. */
  row(pointers: readonly Code<'i32'>[], into: Sums[]): void {
    const { f } = this.place
    const { size } = this.layout.inner
    const { width } = this
    const part = (from: number, end: number, at: readonly Code<'i32'>[], [whole, single]: Sums[]): void => {
      const sums = Array.from({ length: width }, () => this.sums())
      this.line(width, { begin: from, end }, (v, count, lanes) => {
        this.body.elements(at, v, lanes, lanes > 1 ? sums.slice(0, count) : [single!])
      })
      for (let gap = 1; gap < width; gap *= 2)
        for (let u = 0; u + gap < width; u += 2 * gap) this.merge(sums[u]!, sums[u + gap]!)
      this.take(whole!, sums[0]!)
      f.free(...sums.slice(1).flat())
    }
    const chunk = CHUNK * LANES * width
    const count = Math.floor(size / chunk)
    if (count <= 1) return part(0, size, pointers, into)
    const axis: Axis = { ...this.layout.inner, strides: this.layout.inner.strides.map((stride) => stride * chunk) }
    this.chunks(axis, count, pointers, into, (moved, sums) => part(0, chunk, moved, sums))
    if (count * chunk < size) part(count * chunk, size, pointers, into)
  }
}
