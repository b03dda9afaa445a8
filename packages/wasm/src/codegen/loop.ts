/**
 * Writes `loop` composites: one pass over a space, four elements at a time along its last axis, element by element where
 * less than four are left (in the same instructions, so that a result does not depend on where it lies).
 *
 * Reductions have a fixed order that depends on the shape alone. Every level of the nest has sums of its own, and an axis
 * of more than CHUNK steps is cut, so that an error grows with the depth of the tree rather than with the number of terms.
 */
import { numel, stridesOf } from '@glissade/core/backend'
import type { LoopAttributes, Node, Program, Shape, TensorType } from '@glissade/core/backend'
import { add, i32, i32x4, mul, op, type Code } from '../emitter/code.ts'
import type { Local } from '../emitter/function.ts'
import {
  accumulatorsOf,
  CHUNK,
  foldLanes,
  freshSums,
  identity,
  mergeSums,
  resultOf,
  type Accumulator,
  type Sums,
} from './accumulator.ts'
import { axisToDivide, countOf, full, startOf, type Division, type Range } from './division.ts'
import {
  binary,
  bytesOf,
  cast,
  constantVector,
  loadSplat,
  loadVector,
  storeFirst,
  storeVector,
  UNARY,
  type Place,
} from './lanes.ts'
import { alongLine, LANES } from './line.ts'
import { IOTA, isRead, merge, parts, planOf, type Axis, type Leaf, type Plan, type Pointer } from './loop-plan.ts'
import { anyUnusual, choose, usualExp, type Vector } from './math.ts'

/** Bodies up to so many nodes are written four times, for four independent sums. */
const SHORT_BODY = 6
/** A line is divided at whole cache lines, so that no two threads write one. */
const LINE_ELEMENTS = 64
/** Functions of many instructions, which are not written four times. */
const LONG: ReadonlySet<string> = new Set(['mod', 'pow', 'div'])
/** Several vectors at a time share its constants, and hide the time that one takes from step to step. */
const isShared = ([, node]: readonly [value: number, node: Node]): boolean => node.op === 'exp'
/** Vectors of every value of a body. */
type Values = Map<number, readonly Vector[]>

export function writeLoop(
  place: Place,
  division: Division,
  { space, axes }: LoopAttributes,
  body: Program,
  args: readonly Code<'i32'>[],
  results: readonly Code<'i32'>[],
  resultTypes: readonly TensorType[],
): void {
  if (numel(space) === 0) return writeEmpty(place, division, planOf(body), results, resultTypes)
  for (const plan of parts(planOf(body)))
    // Reductions that nothing reads are gone from the body, but not from the attributes.
    new LoopWriter(place, division, plan, space, plan.reductions.length === 0 ? [] : axes, args, results).write()
}

/** Over nothing a sum is 0 and a product 1. */
function writeEmpty(
  { f }: Place,
  division: Division,
  plan: Plan,
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
          identity(kind, dtype),
        ),
      ),
    )
  }
}

class LoopWriter {
  readonly place: Place
  readonly division: Division
  readonly plan: Plan
  /** Of all reductions; those of reduction r are at `places[r]`. */
  readonly accumulators: readonly Accumulator[]
  readonly places: readonly (readonly number[])[]
  readonly pointers: Pointer[] = []
  readonly pointerOf = new Map<Leaf, number>()
  readonly resultPointer = new Map<number, number>()
  readonly axes: readonly Axis[]
  /** The last axis, four elements at a time. */
  readonly inner: Axis
  readonly outer: readonly Axis[]
  readonly hoisted = new Map<Leaf, Vector>()
  /** What the counter of the last axis counts: bytes of wide elements, or elements where widths differ. */
  readonly unit: number

  constructor(
    place: Place,
    division: Division,
    plan: Plan,
    space: Shape,
    axes: readonly number[],
    args: readonly Code<'i32'>[],
    results: readonly Code<'i32'>[],
  ) {
    this.place = place
    this.division = division
    this.plan = plan
    const own = plan.reductions.map(accumulatorsOf)
    this.accumulators = own.flat()
    this.places = own.map((list) => list.map((accumulator) => this.accumulators.indexOf(accumulator)))
    const known = new Map<string, number>()
    const pointer = (key: string, made: Pointer): number => {
      const index = known.get(key) ?? this.pointers.push(made) - 1
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
      this.pointerOf.set(leaf, pointer(`${leaf.input}:${leaf.strides.join()}`, { start, strides: leaf.strides, unit }))
    }
    const whole = stridesOf(space)
    const kept = stridesOf(space.filter((_, axis) => !axes.includes(axis)))
    const keptStrides = space.map((_, axis) => (axes.includes(axis) ? 0 : kept.shift()!))
    for (const [value, result] of plan.stores)
      this.resultPointer.set(
        result,
        pointer(`store ${result}`, {
          start: results[result]!,
          strides: whole,
          unit: bytesOf(plan.types[value]!.dtype),
        }),
      )
    for (const { result, dtype } of plan.reductions)
      this.resultPointer.set(
        result,
        pointer(`store ${result}`, { start: results[result]!, strides: keptStrides, unit: bytesOf(dtype) }),
      )
    const merged = merge(space, axes, this.pointers)
    this.axes = merged
    this.inner = merged.at(-1) ?? { size: 1, reduced: false, strides: this.pointers.map((p) => p.unit) }
    this.outer = merged.slice(0, -1)
    this.unit = this.inner.strides.every((stride) => stride === 0 || stride === 4) ? 4 : 1
  }

  write(): void {
    const { f } = this.place
    const starts = this.pointers.map((pointer) => f.let(pointer.start))
    const kept = this.outer.filter((axis) => !axis.reduced)
    const reduced = this.outer.filter((axis) => axis.reduced)
    // Threads divide an axis that stays: where none does, one of them does it all.
    const part = this.axisToDivide()
    const isLine = part === this.inner
    const range = this.division.range(f, part?.size ?? 1, isLine ? LINE_ELEMENTS : 1)
    const line = isLine ? range : full(this.inner.size)
    const nest = (axes: readonly Axis[], pointers: readonly Code<'i32'>[]): void => {
      const [axis, ...rest] = axes
      if (axis !== undefined)
        return this.steps(axis, axis === part ? range : full(axis.size), pointers, (moved) => nest(rest, moved))
      if (this.plan.reductions.length === 0) this.elementwise(line, pointers)
      else if (this.inner.reduced) this.reduceRows(reduced, pointers)
      else this.reduceColumns(line, reduced, pointers)
    }
    if (part === undefined) f.repeat(countOf(range), () => nest(kept, starts))
    else nest(kept, starts)
  }
  axisToDivide(): Axis | undefined {
    const kept = this.axes.filter((axis) => !axis.reduced)
    const units = kept.map(({ size }, i) => ({
      size: kept[i] === this.inner ? Math.floor(size / LINE_ELEMENTS) : size,
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

  /** What every element of a line shares is read once. */
  hoist(pointers: readonly Code<'i32'>[], among: readonly Axis[]): void {
    const { f } = this.place
    for (const [leaf, i] of this.pointerOf) {
      if (!isRead(leaf) || !among.every((axis) => axis.strides[i] === 0) || leaf.input === IOTA) continue
      this.hoisted.set(leaf, f.let(loadSplat(leaf.dtype, pointers[i]!)))
    }
  }
  unhoist(): void {
    this.place.f.free(...([...this.hoisted.values()] as Local[]))
    this.hoisted.clear()
  }

  /** A range of the inner axis, in units. */
  line(width: number, range: Range, write: (v: Code<'i32'>, width: number, lanes: number) => void): void {
    alongLine(this.place.f, range, width, this.unit, write)
  }

  /** Where pointer i is at v of the line. */
  address(pointers: readonly Code<'i32'>[], i: number, v: Code<'i32'>): Code<'i32'> {
    const stride = this.inner.strides[i]!
    if (stride === 0) return pointers[i]!
    return add(pointers[i]!, mul(v, stride / this.unit))
  }

  /** Computes the body for `count` vectors (or one element) from v on, and does with the values what `use` says. */
  compute(
    pointers: readonly Code<'i32'>[],
    v: Code<'i32'>,
    count: number,
    lanes: number,
    use: (values: Values) => void,
  ): void {
    const { f } = this.place
    const { plan } = this
    const locals: Vector[] = []
    const keep = (value: Vector): Vector => {
      const local = f.let(value)
      locals.push(local)
      return local
    }
    const read = (leaf: Leaf, u: number): Vector => {
      if (!isRead(leaf)) return constantVector(leaf.dtype, leaf.constant)
      const known = this.hoisted.get(leaf)
      if (known !== undefined) return known
      const i = this.pointerOf.get(leaf)!
      const moves = this.inner.strides[i] !== 0
      const address = this.address(pointers, i, v)
      if (leaf.input === IOTA) {
        const first = op('i32x4.splat', address)
        const counted =
          moves && lanes > 1 ? op('i32x4.add', first, i32x4(4 * u, 4 * u + 1, 4 * u + 2, 4 * u + 3)) : first
        return keep(cast(keep(counted), 'int32', leaf.dtype))
      }
      const offset = moves ? u * LANES * bytesOf(leaf.dtype) : 0
      return keep(moves && lanes > 1 ? loadVector(leaf.dtype, address, offset) : loadSplat(leaf.dtype, address, offset))
    }
    const operandOf = (values: Values, value: number): readonly Vector[] => {
      const known = values.get(value)
      if (known !== undefined) return known
      const vectors = Array.from({ length: count }, (_, u) => read(plan.leaves.get(value)!, u))
      values.set(value, vectors)
      return vectors
    }
    const { computed } = plan
    const first = count > 1 ? computed.findIndex(isShared) : -1
    const from = (start: number, values: Values): void => {
      for (let i = start; i < computed.length; i++) {
        const [value, node] = computed[i]!
        const operands = node.args.map((arg) => operandOf(values, arg))
        if (i !== first) {
          values.set(value, this.apply(node, operands).map(keep))
          continue
        }
        // All that follows stands twice: where the ways met again, V8 would keep every value in memory.
        const way = (vectors: readonly Vector[]): void => from(i + 1, new Map(values).set(value, vectors))
        f.if(
          anyUnusual(f, operands[0]!),
          () => way(this.apply(node, operands).map(keep)),
          () => way(usualExp(f, operands[0]!)),
        )
        return
      }
      for (const { value } of plan.reductions) operandOf(values, value)
      for (const [value] of plan.stores) operandOf(values, value)
      use(values)
    }
    from(0, new Map())
    f.free(...(locals as Local[]))
  }

  apply(node: Node, [x, y, z]: readonly (readonly Vector[])[]): readonly Vector[] {
    const { types, leaves } = this.plan
    const dtype = types[node.args[0]!]!.dtype
    if (y === undefined)
      return node.op === 'cast'
        ? x!.map((a) => cast(a, dtype, node.types[0]!.dtype))
        : x!.map((a) => UNARY[node.op]!(this.place, a, dtype))
    if (node.op === 'where') return x!.map((a, u) => choose(a, y[u]!, z![u]!))
    const exponent = node.op === 'pow' ? leaves.get(node.args[1]!) : undefined
    // Exactly x x, as everywhere.
    const isSquare = exponent !== undefined && !isRead(exponent) && exponent.constant === 2
    return x!.map((a, u) => binary(isSquare ? 'mul' : node.op, this.place, a, isSquare ? a : y[u]!, dtype))
  }

  store(
    pointers: readonly Code<'i32'>[],
    v: Code<'i32'>,
    lanes: number,
    values: ReadonlyMap<number, readonly Vector[]>,
  ): void {
    for (const [value, result] of this.plan.stores) {
      const { dtype } = this.plan.types[value]!
      const address = this.address(pointers, this.resultPointer.get(result)!, v)
      values
        .get(value)!
        .forEach((vector, u) =>
          this.place.f.emit((lanes > 1 ? storeVector : storeFirst)(dtype, address, u * LANES * bytesOf(dtype), vector)),
        )
    }
  }

  elementwise(range: Range, pointers: readonly Code<'i32'>[]): void {
    this.hoist(pointers, [this.inner])
    // Two vectors share the additions of addresses, a quarter of the time of an update; more bring nothing.
    const pairs = this.inner.size >= LINE_ELEMENTS && this.plan.computed.length <= SHORT_BODY
    this.line(this.sharedWidth ?? (pairs ? 2 : 1), range, (v, width, lanes) =>
      this.elements(
        pointers,
        v,
        lanes,
        Array.from({ length: width }, () => []),
      ),
    )
    this.unhoist()
  }

  /** A vector (or one element) for each entry of `sums`: computed, stored, and taken into those sums. */
  elements(pointers: readonly Code<'i32'>[], v: Code<'i32'>, lanes: number, sums: readonly Sums[]): void {
    const { f } = this.place
    const { stores, computed } = this.plan
    const take = (k: number, u: number, x: Vector): void =>
      f.set(sums[u]![k]!, this.accumulators[k]!.take(this.place, sums[u]![k]!, x))
    // A sum that both ways of a fork went on with would lie in memory; what they stored is read back sooner.
    const forks = sums.length > 1 && computed.some(isShared)
    const storedAs = this.accumulators.map(({ value }) =>
      forks ? stores.find(([stored]) => stored === value) : undefined,
    )
    this.compute(pointers, v, sums.length, lanes, (values) => {
      this.store(pointers, v, lanes, values)
      this.accumulators.forEach(({ value }, k) => {
        if (storedAs[k] === undefined) values.get(value)!.forEach((x, u) => take(k, u, x))
      })
    })
    storedAs.forEach((store, k) => {
      if (store === undefined) return
      const { dtype } = this.accumulators[k]!
      const address = this.address(pointers, this.resultPointer.get(store[1])!, v)
      sums.forEach((_, u) => take(k, u, loadVector(dtype, address, u * LANES * bytesOf(dtype))))
    })
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

  /** Loops over reduced axes; every step of all but the last, and every chunk of that, has sums of its own. */
  tree(
    axes: readonly Axis[],
    pointers: readonly Code<'i32'>[],
    into: Sums[],
    write: (pointers: readonly Code<'i32'>[], sums: Sums[]) => void,
  ): void {
    const [axis, ...rest] = axes
    if (axis === undefined) return write(pointers, into)
    const fresh = (run: (sums: Sums[]) => void): void => {
      const sums = into.map(() => this.sums())
      run(sums)
      sums.forEach((own, u) => this.take(into[u]!, own))
    }
    const step = (moved: readonly Code<'i32'>[], sums: Sums[]): void => this.tree(rest, moved, sums, write)
    if (rest.length > 0)
      return this.steps(axis, full(axis.size), pointers, (moved) => fresh((sums) => step(moved, sums)))
    if (axis.size <= CHUNK) return this.steps(axis, full(axis.size), pointers, (moved) => step(moved, into))
    const chunk = { ...axis, strides: axis.strides.map((stride) => stride * CHUNK) }
    const chunks = Math.floor(axis.size / CHUNK)
    this.steps(chunk, full(chunks), pointers, (moved) =>
      fresh((sums) => this.steps(axis, full(CHUNK), moved, (inner) => step(inner, sums))),
    )
    const left = axis.size - chunks * CHUNK
    const { f } = this.place
    const moved = pointers.map((pointer, i) =>
      axis.strides[i] === 0 ? pointer : f.let(add(pointer, chunks * chunk.strides[i]!)),
    )
    fresh((sums) => this.steps(axis, full(left), moved, (inner) => step(inner, sums)))
  }

  /** Vectors side by side in a reduction, each with its own sums. */
  get width(): number {
    if (this.inner.size < LANES * LANES) return 1
    const { computed } = this.plan
    return (
      this.sharedWidth ?? (computed.length <= SHORT_BODY && !computed.some(([, node]) => LONG.has(node.op)) ? LANES : 1)
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
        this.inner.strides[i] === 0 ? pointer : f.let(this.address(pointers, i, v)),
      )
      const sums = Array.from({ length: width }, () => this.sums())
      this.tree(reduced, moved, sums, (at, own) => this.elements(at, i32(0), lanes, own))
      this.plan.reductions.forEach(({ dtype, result }, r) => {
        const i = this.resultPointer.get(result)!
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
      f.free(...sums.flat(), ...(moved.filter((_, i) => this.inner.strides[i] !== 0) as Local[]))
    })
  }

  /** The last axis is reduced: lanes are added up at the end. */
  reduceRows(reduced: readonly Axis[], pointers: readonly Code<'i32'>[]): void {
    const { f } = this.place
    this.hoist(
      pointers,
      this.axes.filter((axis) => axis.reduced),
    )
    // Four lanes of the vectors, and one of the elements that are left.
    const total = this.sums()
    const rest = this.sums()
    this.tree(reduced, pointers, [total, rest], (at, [whole, single]) => this.row(at, whole!, single!))
    this.unhoist()
    foldLanes(this.place, this.accumulators, total)
    this.merge(total, rest)
    this.plan.reductions.forEach(({ dtype, result }, r) =>
      f.emit(
        storeFirst(
          dtype,
          pointers[this.resultPointer.get(result)!]!,
          0,
          resultOf(this.places[r]!.map((k) => total[k]!)),
        ),
      ),
    )
    f.free(...total, ...rest)
  }
  row(pointers: readonly Code<'i32'>[], vectors: Sums, single: Sums): void {
    const { f } = this.place
    const { size } = this.inner
    const { width } = this
    const part = (from: number, end: number, at: readonly Code<'i32'>[], into: Sums): void => {
      const sums = Array.from({ length: width }, () => this.sums())
      this.line(width, { begin: from, end }, (v, count, lanes) => {
        this.elements(at, v, lanes, lanes > 1 ? sums.slice(0, count) : [single])
      })
      for (let gap = 1; gap < width; gap *= 2)
        for (let u = 0; u + gap < width; u += 2 * gap) this.merge(sums[u]!, sums[u + gap]!)
      this.take(into, sums[0]!)
      f.free(...sums.slice(1).flat())
    }
    const chunk = CHUNK * LANES * width
    const chunks = Math.floor(size / chunk)
    if (chunks <= 1) return part(0, size, pointers, vectors)
    const axis: Axis = { ...this.inner, strides: this.inner.strides.map((stride) => stride * chunk) }
    this.steps(axis, full(chunks), pointers, (moved) => part(0, chunk, moved, vectors))
    if (chunks * chunk < size) part(chunks * chunk, size, pointers, vectors)
  }
}
