/**
 * Recurrent networks over a sequence: one loop over its steps. Samples do not know of each other, so threads divide the batch
 * and each goes through all steps with its rows: they wait once, for the weights, which all of them pack.
 */
import type { TensorType } from '@glissade/core/backend'
import { add, bulk, i32, op, type Address } from '../../emitter/code.ts'
import type { Local } from '../../emitter/function.ts'
import { bytesIn, countOf, full, startOf, type Division, type Range } from '../division.ts'
import { ROWS } from '../gemm-kernel.ts'
import type { Writing } from '../lanes.ts'
import { alongLine } from '../line.ts'
import { Element } from './element.ts'
import { standingBytes, StandingProduct, type Standing } from './standing-product.ts'

export interface Direction {
  readonly reverse: boolean
}
/** A node, as it is written. */
export interface Recurrent extends Writing {
  readonly division: Division
  readonly args: readonly Address[]
  readonly results: readonly Address[]
  readonly shared: Address
  readonly own: Address
}

/** [length, n, hidden] of the outputs, and how many gates of hidden size there are. */
export interface Sizes {
  readonly length: number
  readonly n: number
  readonly hidden: number
  readonly gates: number
}
export function sizesOf({ shape }: TensorType, gates: number): Sizes {
  const [length, n, hidden] = shape as [number, number, number]
  return { length, n, hidden, gates }
}

/** Forwards a step multiplies states by w_hh', backwards gradients of gates by w_hh. */
export type Way = 'forward' | 'backward'
function productOf({ length, n, hidden, gates }: Sizes, way: Way, threads: number): Standing {
  const others = { m: Math.min(n, Math.ceil(n / (threads * ROWS)) * ROWS), times: length }
  return way === 'forward'
    ? { ...others, k: hidden, n: gates * hidden, transposed: true }
    : { ...others, k: gates * hidden, n: hidden, transposed: false }
}

/** Bytes of the workspace: of all threads together, and of each. */
export function stepsBytes(sizes: Sizes, way: Way, threads: number): { shared: number; own: number } {
  const product = productOf(sizes, way, threads)
  const { shared, own } = standingBytes(product)
  return { shared, own: own + 4 * product.m * sizes.gates * sizes.hidden }
}
/** Nanoseconds for what is not a product, of one gate of one sample. */
const GATE = 2
/** With so few samples there is nothing to divide. */
export const stepsCost = ({ length, n, hidden, gates }: Sizes, products: number): number =>
  n <= ROWS ? 0 : length * n * gates * hidden * (hidden / products + GATE)

export class Steps {
  readonly sizes: Sizes
  /** Room for this thread's rows of [n, gates hidden]. */
  readonly room: Local<'i32'>
  readonly #given: Recurrent
  readonly #product: StandingProduct
  readonly #rows: Range
  readonly #fromEnd: boolean
  readonly #moving: { readonly rows: Local<'i32'>; readonly by: number }[] = []

  constructor(given: Recurrent, sizes: Sizes, way: Way, reverse: boolean, weight: Address) {
    const { f, division, own } = given
    this.#given = given
    this.sizes = sizes
    this.#fromEnd = reverse === (way === 'forward')
    this.#rows = division.range(f, sizes.n, ROWS)
    const product = productOf(sizes, way, division.threads)
    this.#product = new StandingProduct(given, product, weight, given)
    this.room = f.let(add(own, standingBytes(product).own))
    this.#product.prepare(division)
  }

  /** This thread's first row of [n, features]. */
  rows(address: Address, features: number = this.sizes.hidden): Local<'i32'> {
    return this.#given.f.let(startOf(this.#rows, address, 4 * features))
  }
  /** This thread's first row of the step that is being taken in [length, n, features]. */
  moving(address: Address, features: number = this.sizes.hidden): Local<'i32'> {
    const { length, n } = this.sizes
    const step = 4 * n * features
    const rows = this.rows(this.#fromEnd ? add(address, (length - 1) * step) : address, features)
    this.#moving.push({ rows, by: this.#fromEnd ? -step : step })
    return rows
  }
  /** What is in [length, n, hidden] one step ahead of rows of it. */
  ahead(rows: Address): Address {
    const step = 4 * this.sizes.n * this.sizes.hidden
    return add(rows, this.#fromEnd ? -step : step)
  }

  /** All steps; `left` counts down to 1. */
  walk(write: (left: Local<'i32'>) => void): void {
    const { f } = this.#given
    const left = f.let(i32(this.sizes.length))
    f.loop(() => {
      write(left)
      for (const { rows, by } of this.#moving) f.set(rows, add(rows, by))
      return f.tee(left, op('i32.sub', left, i32(1)))
    })
    f.free(left)
  }
  /** The product of rows of states, or of the gradients of gates. */
  multiply(from: Address, to: Address): void {
    this.#product.multiply(this.#rows, from, to)
  }
  /** All elements of all rows. */
  each(write: (element: Element) => void): void {
    const { f, module } = this.#given
    const { hidden, gates } = this.sizes
    const [narrow, wide] = [f.let(i32(0)), f.let(i32(0))]
    f.repeat(countOf(this.#rows), () => {
      alongLine(f, full(hidden), 1, 4, (v, _, lanes) => {
        const at = { narrow: f.let(op('i32.add', narrow, v)), wide: f.let(op('i32.add', wide, v)), within: v }
        write(new Element({ f, module }, lanes, 4 * hidden, at))
        f.free(at.narrow, at.wide)
      })
      f.set(narrow, add(narrow, 4 * hidden))
      f.set(wide, add(wide, 4 * gates * hidden))
    })
    f.free(narrow, wide)
  }
  /** Copies rows of [n, hidden]. */
  copy(from: Address, to: Address): void {
    this.#given.f.emit(bulk('memory.copy', to, from, bytesIn(this.#rows, 4 * this.sizes.hidden)))
  }
}
