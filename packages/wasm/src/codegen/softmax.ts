/**
 * Softmax, line by line along its axis. Where no number of a line is large, exp(x) itself is finite and is what gets divided
 * by its sum: neither a maximum nor a difference is taken, and one look at all numbers says for the whole line that their
 * exponentials are of the simple kind. Any other line is done as the definition says, by exp(x - max).
 */
import { around } from '@glissade/codegen'
import { numel } from '@glissade/core/backend'
import type { DType, TensorType } from '@glissade/core/backend'
import { add, f32x4, i32x4, mul, op, type Address } from '../emitter/code.ts'
import type { Local } from '../emitter/function.ts'
import { accumulatorsOf, chunkOf, foldLanes, freshSums, mergeSums, resultOf, type Sums } from './accumulator.ts'
import { axisToDivide, countOf, full, startOf, type Division, type Range } from './division.ts'
import { cast, loadSplat, loadVector, storeFirst, storeVector, UNARY, type Writing } from './lanes.ts'
import { alongLine, LANES, widths } from './line.ts'
import { anyAbove, anyUnusual, div, largest, mul as times, sub, usualExp, type Vector } from './math.ts'
import { bytesOf } from './stored.ts'

/** Up to here sums of exponentials are far from the largest float32, and their quotients from the smallest. */
const SAFE = 64
/** Vectors at a time, which share the constants of exp. */
const WIDTH = 4
/** A thread takes whole cache lines of what lies side by side. */
const LINE_ELEMENTS = 16

/** Equal steps over a line: of `width` vectors or of one element, `stride` elements apart, the first at element `at`. */
interface Stretch {
  readonly at: number
  readonly steps: number
  readonly width: number
  readonly lanes: number
  readonly stride: number
}

/** A line whose elements lie side by side. */
function row(size: number): Stretch[] {
  const found: Stretch[] = []
  let at = 0
  for (const [width, lanes] of widths(WIDTH)) {
    const stride = width * lanes
    const steps = Math.floor((size - at) / stride)
    if (steps > 0) found.push({ at, steps, width, lanes, stride })
    at += steps * stride
  }
  return found
}

/**
 * @param from numbers of any dtype
 * @param to float32 of the same shape
 */
export function writeSoftmax(
  place: Writing,
  division: Division,
  axis: number,
  from: Address,
  to: Address,
  { dtype, shape }: TensorType,
): void {
  if (numel(shape) === 0) return
  const { f } = place
  const { outer, size, inner } = around(shape, axis)
  const block = size * inner
  const isRow = inner === 1
  const divided = axisToDivide(
    [{ size: outer }, { size: isRow ? 0 : Math.floor(inner / LINE_ELEMENTS) }],
    division.threads,
  )
  const blocks = divided === 0 ? division.range(f, outer) : full(outer)
  const across = divided === 1 ? division.range(f, inner, LINE_ELEMENTS) : full(inner)
  const x = f.let(startOf(blocks, from, bytesOf(dtype) * block))
  const y = f.let(startOf(blocks, to, 4 * block))
  f.repeat(countOf(blocks), () => {
    if (isRow) new Line(place, dtype, row(size), true).write(x, y)
    else columns(place, dtype, size, inner, across, x, y)
    f.set(x, add(x, bytesOf(dtype) * block))
    f.set(y, add(y, 4 * block))
  })
  f.free(x, y)
}

/** Lines side by side: each lane has one of its own. */
function columns(
  place: Writing,
  dtype: DType,
  size: number,
  inner: number,
  across: Range,
  x: Address,
  y: Address,
): void {
  const { f } = place
  alongLine(f, across, WIDTH, 1, (i, width, lanes) => {
    const [p, q] = [f.let(add(x, mul(i, bytesOf(dtype)))), f.let(add(y, mul(i, 4)))]
    new Line(place, dtype, [{ at: 0, steps: size, width, lanes, stride: inner }], false).write(p, q)
    f.free(p, q)
  })
}

/** One line, or as many as there are lanes in a stretch. */
class Line {
  readonly place: Writing
  readonly dtype: DType
  readonly stretches: readonly Stretch[]
  /** Whether all lanes belong to one line. */
  readonly isOne: boolean

  constructor(place: Writing, dtype: DType, stretches: readonly Stretch[], isOne: boolean) {
    this.place = place
    this.dtype = dtype
    this.stretches = stretches
    this.isOne = isOne
  }

  write(x: Address, y: Address): void {
    const { f, module } = this.place
    const highest = f.let(i32x4(0))
    this.walk(x, y, (stretch, from) => f.set(highest, op('i32x4.max_s', highest, largest(f, this.read(stretch, from)))))
    // In a function of its own, so that what is seldom done takes no registers.
    const careful = module.function(
      `${f.name}.careful.${this.stretches.map(({ width, lanes }) => width * lanes).join('.')}`,
      ['i32', 'i32'],
      'void',
    )
    new Line({ f: careful, module }, this.dtype, this.stretches, this.isOne).careful(
      careful.param(0, 'i32'),
      careful.param(1, 'i32'),
    )
    f.if(
      anyAbove(f, highest, SAFE),
      () => f.emit(f.call(careful, x, y)),
      () =>
        this.divide(
          x,
          y,
          this.reduce('sum', x, y, (stretch, from, to) => {
            const e = usualExp(f, this.read(stretch, from))
            this.store(stretch, to, e)
            return e
          }),
        ),
    )
    f.free(highest)
  }

  /** By exp(x - max), whatever the numbers are. */
  careful(x: Address, y: Address): void {
    const { f } = this.place
    const most = this.reduce('max', x, y, (stretch, from) => this.read(stretch, from))
    const sums = this.reduce('sum', x, y, (stretch, from, to) => {
      const shifted = this.read(stretch, from).map((value, u) => f.let(sub(value, of(most, u))))
      f.if(
        anyUnusual(f, shifted),
        () =>
          this.store(
            stretch,
            to,
            shifted.map((value) => UNARY.exp(this.place, value, 'float32')),
          ),
        () => this.store(stretch, to, usualExp(f, shifted)),
      )
      // What both ways gave would lie in memory too.
      return this.load('float32', stretch, to)
    })
    this.divide(x, y, sums)
  }
  divide(x: Address, y: Address, sums: readonly Vector[]): void {
    const { f } = this.place
    // One quotient for each line instead of one for each element.
    const factors = sums.map((sum) => f.let(div(f32x4(1), sum)))
    this.walk(x, y, (stretch, _, to) =>
      this.store(
        stretch,
        to,
        this.load('float32', stretch, to).map((e, u) => times(e, of(factors, u))),
      ),
    )
  }

  /** Every step, with the addresses of its operand and of its result. */
  walk(x: Address, y: Address, write: (stretch: Stretch, from: Address, to: Address) => void): void {
    for (const stretch of this.stretches) {
      const at = this.start(stretch, x, y)
      this.steps(stretch, at, stretch.steps, write)
      this.place.f.free(...at)
    }
  }
  start({ at }: Stretch, x: Address, y: Address): [Local<'i32'>, Local<'i32'>] {
    const { f } = this.place
    return [f.let(add(x, bytesOf(this.dtype) * at)), f.let(add(y, 4 * at))]
  }
  steps(
    stretch: Stretch,
    [from, to]: readonly [Local<'i32'>, Local<'i32'>],
    count: number,
    write: (stretch: Stretch, from: Address, to: Address) => void,
  ): void {
    const { f } = this.place
    f.repeat(count, () => {
      write(stretch, from, to)
      f.set(from, add(from, bytesOf(this.dtype) * stretch.stride))
      f.set(to, add(to, 4 * stretch.stride))
    })
  }

  /** Over the line: one vector with the result in every lane, or one for each vector of columns. */
  reduce(
    kind: 'sum' | 'max',
    x: Address,
    y: Address,
    values: (stretch: Stretch, from: Address, to: Address) => readonly Vector[],
  ): Vector[] {
    const { place } = this
    const { f } = place
    const accumulators = accumulatorsOf({ op: kind, dtype: 'float32', value: 0, result: 0 })
    const fresh = (): Sums => freshSums(f, accumulators)
    const merge = (into: Sums, sums: readonly Vector[]): void => mergeSums(place, accumulators, into, sums)
    const found = this.stretches.map((stretch) => {
      const at = this.start(stretch, x, y)
      const totals = Array.from({ length: stretch.width }, fresh)
      const take = (count: number, into: readonly Sums[]): void => {
        const chunk = chunkOf(count)
        const sums = into.map(fresh)
        if (chunk === 1)
          this.steps(stretch, at, count, (_, from, to) =>
            values(stretch, from, to).forEach((value, u) =>
              accumulators.forEach((each, k) => f.set(sums[u]![k]!, each.take(place, sums[u]![k]!, value))),
            ),
          )
        else {
          f.repeat(Math.floor(count / chunk), () => take(chunk, sums))
          if (count % chunk > 0) take(count % chunk, sums)
        }
        sums.forEach((own, u) => {
          merge(into[u]!, own)
          f.free(...own)
        })
      }
      take(stretch.steps, totals)
      f.free(...at)
      return totals
    })
    if (!this.isOne) return found[0]!.map((sums) => f.let(resultOf(sums)))
    const [whole, single] = [fresh(), fresh()]
    this.stretches.forEach(({ lanes }, i) => found[i]!.forEach((sums) => merge(lanes > 1 ? whole : single, sums)))
    foldLanes(place, accumulators, whole)
    merge(whole, single)
    return [f.let(resultOf(whole))]
  }

  /** Numbers of the operand, as float32. */
  read(stretch: Stretch, from: Address): readonly Vector[] {
    const values = this.load(this.dtype, stretch, from)
    if (this.dtype === 'float32') return values
    return values.map((value) => this.place.f.let(cast(value, this.dtype, 'float32')))
  }
  load(dtype: DType, { width, lanes }: Stretch, from: Address): readonly Vector[] {
    return Array.from({ length: width }, (_, u) =>
      this.place.f.let(lanes > 1 ? loadVector(dtype, from, u * LANES * bytesOf(dtype)) : loadSplat(dtype, from)),
    )
  }
  store({ lanes }: Stretch, to: Address, values: readonly Vector[]): void {
    values.forEach((value, u) =>
      this.place.f.emit(
        lanes > 1 ? storeVector('float32', to, u * LANES * 4, value) : storeFirst('float32', to, 0, value),
      ),
    )
  }
}

/** What is one for all vectors, or each one's own. */
const of = (values: readonly Vector[], u: number): Vector => values[values.length === 1 ? 0 : u]!
