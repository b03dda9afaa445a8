/**
 * Products of many matrices, one after another, with one that stands: it is packed once, or read where it lies where that would
 * cost more than it gains. Blocks and sums are those of `dot.ts` and `gemm.ts`.
 */
import { add, i32, mul, op, type Address } from '../../emitter/code.ts'
import type { FunctionWriter } from '../../emitter/function.ts'
import type { ModuleWriter } from '../../emitter/module.ts'
import { countOf, type Division, type Range } from '../division.ts'
import { FEW, inner, rows } from '../dot.ts'
import { BLOCK_INNER, BLOCK_ROWS, blockOf } from '../gemm.ts'
import { blocks, COLUMNS, minimum, ROWS, TILE_BYTES } from '../gemm-kernel.ts'
import { pack } from '../gemm-pack.ts'

/** What is known of sizes. */
export interface Standing {
  /** Steps of the inner dimension, and columns. */
  readonly k: number
  readonly n: number
  /** The most rows that a thread has of each of the others, and how many others there are. */
  readonly m: number
  readonly times: number
  /** Whether the matrix is [n, k], else [k, n]. */
  readonly transposed: boolean
}

/** Of few rows a panel is mostly zeros: packing pays from so many products on, of one row never (measured at n = 64 to 2048). */
const TIMES = 8
const isPacked = ({ m, times }: Standing): boolean => m > FEW || (m > 1 && times > TIMES)

const inPanels = (n: number): number => Math.ceil(n / COLUMNS) * COLUMNS
const code = (size: number | Address): Address => (typeof size === 'number' ? i32(size) : size)

/** Bytes of the workspace: of all threads together, and of each. */
export function standingBytes(standing: Standing): { readonly shared: number; readonly own: number } {
  const { k, n, m } = standing
  if (!isPacked(standing)) return { shared: 0, own: 0 }
  return {
    shared: 4 * k * inPanels(n),
    own: TILE_BYTES + 4 * blockOf(k, BLOCK_INNER, 4) * blockOf(m, BLOCK_ROWS, ROWS),
  }
}

export class StandingProduct {
  readonly #f: FunctionWriter
  readonly #module: ModuleWriter
  readonly #standing: Standing
  readonly #matrix: Address
  readonly #own: Address
  /** Blocks of the inner dimension: where each begins, its steps, and where it is packed. */
  readonly #blocks: readonly { readonly from: number; readonly steps: number; readonly packed: Address }[]

  constructor(
    { f, module }: { readonly f: FunctionWriter; readonly module: ModuleWriter },
    standing: Standing,
    matrix: Address,
    /** Room of all threads for what is packed, and of each. */
    { shared, own }: { readonly shared: Address; readonly own: Address },
  ) {
    this.#f = f
    this.#module = module
    this.#standing = standing
    this.#matrix = matrix
    this.#own = own
    const { k, n } = standing
    const most = blockOf(k, BLOCK_INNER, 4)
    this.#blocks = Array.from({ length: Math.ceil(k / most) }, (_, i) => {
      const from = i * most
      return { from, steps: Math.min(most, k - from), packed: add(shared, 4 * from * inPanels(n)) }
    })
  }

  /** Before the first product. Threads divide the columns, and wait for each other. */
  prepare(division: Division): void {
    if (!isPacked(this.#standing)) return
    const f = this.#f
    const { k, n, transposed } = this.#standing
    const range = division.range(f, n, COLUMNS)
    const [begin, count] = [code(range.begin), code(countOf(range))]
    const [line, step] = transposed ? [4 * k, 4] : [4, 4 * n]
    const copy = pack(this.#module, COLUMNS, !transposed)
    for (const { from, steps, packed } of this.#blocks) {
      const corner = add(add(this.#matrix, mul(begin, line)), from * step)
      const target = add(packed, mul(begin, 4 * steps))
      f.emit(f.call(copy, corner, i32(transposed ? line : step), count, i32(steps), target, i32(0)))
    }
    division.barrier(f)
  }

  /** c = a b for this thread's rows, which lie one after another. */
  multiply(range: Range, a: Address, c: Address): void {
    const f = this.#f
    const { k, n, m, transposed } = this.#standing
    const count = code(countOf(range))
    if (!isPacked(this.#standing)) {
      const lines: Range = { begin: 0, end: count }
      return transposed
        ? inner(f, { k, n }, lines, a, this.#matrix, c)
        : rows(f, { m, k, n }, lines, false, a, this.#matrix, c)
    }
    const most = blockOf(m, BLOCK_ROWS, ROWS)
    if (most >= m) return this.#some(a, c, count)
    const lines = f.let(count)
    f.for(0, lines, most, (from) => {
      const here = f.let(minimum(f, i32(most), op('i32.sub', lines, from)))
      this.#some(add(a, mul(from, 4 * k)), add(c, mul(from, 4 * n)), here)
      f.free(here)
    })
    f.free(lines)
  }
  #some(a: Address, c: Address, count: Address): void {
    const f = this.#f
    const { k, n } = this.#standing
    const left = add(this.#own, TILE_BYTES)
    const copy = pack(this.#module, ROWS, false)
    const multiply = blocks(this.#module, false)
    this.#blocks.forEach(({ from, steps, packed }, i) => {
      f.emit(f.call(copy, add(a, 4 * from), i32(4 * k), count, i32(steps), left, i32(0)))
      const continues = i32(i > 0 ? 1 : 0)
      f.emit(f.call(multiply, left, packed, c, i32(4 * n), count, i32(n), i32(steps), continues, this.#own, i32(0)))
    })
  }
}
