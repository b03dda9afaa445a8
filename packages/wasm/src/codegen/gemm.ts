/**
 * Products of packed panels, after K. Goto and R. van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (ACM
 * TOMS 34, 2008): panels of 4 rows of a and of 8 columns of b, in blocks that stay in the caches.
 */
import { add, i32, mul, op, type Address } from '../emitter/code.ts'
import type { FunctionWriter } from '../emitter/function.ts'
import type { ModuleWriter } from '../emitter/module.ts'
import { isFull, full, type Division, type Range } from './division.ts'
import { blocks, COLUMNS, edge, minimum, ROWS, scatter, TILE_BYTES } from './gemm-kernel.ts'
import { pack, packRuns, packTable } from './gemm-pack.ts'

/** A block of a: 128 x 256 float32 are 128 KB, half of a common second-level cache. */
export const BLOCK_ROWS = 128
export const BLOCK_INNER = 256
const BLOCK_COLUMNS = 512
/**
 * So many blocks of the inner dimension are added to c one by one. More are cut into about as many spans as each has blocks, and
 * a span has sums of its own, so that an error grows with the root of their number.
 */
const FEW_BLOCKS = 64

/** Where a matrix lies: `across` when elements of one step of the inner dimension lie side by side. Strides in bytes. */
export interface Matrix {
  readonly start: Address
  readonly across: boolean
  readonly stride: number
  /** Where steps that lie side by side are runs of `length`, which are `stride` bytes apart. */
  readonly runs?: { readonly length: number; readonly stride: number }
}
/** A matrix of gathered elements: tables of byte distances per inner step and per column. */
export interface Gathered {
  readonly start: Address
  readonly rows: Address
  readonly columns: Address
}

/** c[m, n] = a[m, k] b[k, n]. `row`: distance of rows of c in bytes; `table`: distances of its columns where they are not contiguous. */
export interface Product {
  readonly m: number
  readonly n: number
  readonly k: number
  readonly a: Matrix
  readonly b: Matrix | Gathered
  readonly c: Address
  readonly row: number
  readonly table?: Address
  /** Room for packed blocks. */
  readonly work: Address
}

/** `size` in equal blocks of at most `most`, multiples of `unit`. */
export const blockOf = (size: number, most: number, unit: number): number =>
  Math.ceil(Math.ceil(size / Math.ceil(size / most)) / unit) * unit

interface Blocking {
  readonly rows: number
  readonly inner: number
  /** Steps of the inner dimension whose products are added up before they are added to c: a multiple of `inner`, or all. */
  readonly span: number
  readonly columns: number
  /** The most rows of c. */
  readonly most: number
  /** Whether threads divide the columns or the rows. */
  readonly divides: 'columns' | 'rows'
}
/**
 * Blocks of one thread. All threads pack all of the operand whose dimension is not divided, so that is the shorter one,
 * unless the longer gives too few panels. How the inner dimension is cut decides the order of sums: by its size alone.
 */
function plan(m: number, n: number, k: number, threads: number): Blocking {
  const panels = Math.ceil(n / COLUMNS)
  const divides = (n >= m && panels >= threads) || panels >= Math.ceil(m / ROWS) ? 'columns' : 'rows'
  const share = (size: number, unit: number): number => Math.ceil(size / (threads * unit)) * unit
  const most = divides === 'rows' ? share(m, ROWS) : m
  const inner = blockOf(k, BLOCK_INNER, 4)
  const count = Math.ceil(k / inner)
  return {
    rows: blockOf(most, BLOCK_ROWS, ROWS),
    inner,
    span: count > FEW_BLOCKS ? inner * Math.ceil(Math.sqrt(count)) : k,
    most,
    columns: blockOf(divides === 'columns' ? share(n, COLUMNS) : n, BLOCK_COLUMNS, COLUMNS),
    divides,
  }
}

/** Bytes that `writeProduct` needs, per thread. */
export function productBytes(m: number, n: number, k: number, threads: number): number {
  const { rows, inner, span, columns, most } = plan(m, n, k, threads)
  return TILE_BYTES + 4 * inner * (rows + columns) + (span < k ? 4 * most * columns : 0)
}

const code = (size: number | Address): Address => (typeof size === 'number' ? i32(size) : size)
const beginOf = ({ begin }: Range): Address => code(begin)
const endOf = ({ end }: Range): Address => code(end)

export function writeProduct(f: FunctionWriter, module: ModuleWriter, division: Division, product: Product): void {
  const { m, n, k, a, b, c, row, table, work } = product
  const { rows, inner, span, columns, divides } = plan(m, n, k, division.threads)
  const isLong = span < k
  const down = divides === 'rows' ? division.range(f, m, ROWS) : full(m)
  const along = divides === 'columns' ? division.range(f, n, COLUMNS) : full(n)
  const tile = f.let(work)
  const packedA = f.let(add(work, TILE_BYTES))
  const packedB = f.let(add(work, TILE_BYTES + 4 * inner * rows))
  const sums = add(work, TILE_BYTES + 4 * inner * (rows + columns))
  // Sums of a span lie side by side, wherever c has its columns.
  const multiply = blocks(module, table !== undefined && !isLong)
  /** Loops in blocks; a single block needs none. */
  const cut = (range: Range, block: number, write: (from: Address, count: Address) => void): void => {
    const { begin, end } = range
    if (isFull(range) && block >= range.end) return write(i32(0), i32(range.end))
    f.for(begin, end, block, (from) => {
      const count = f.let(minimum(f, i32(block), op('i32.sub', typeof end === 'number' ? i32(end) : end, from)))
      write(from, count)
      f.free(count)
    })
  }
  /** Where element (line, step) of a matrix lies. */
  const corner = (matrix: Matrix, line: Address, step: Address): Address =>
    matrix.across
      ? add(add(matrix.start, mul(line, 4)), mul(step, matrix.stride))
      : add(add(matrix.start, mul(line, matrix.stride)), mul(step, 4))
  const packBlock = (
    width: number,
    matrix: Matrix,
    line: Address,
    step: Address,
    lines: Address,
    steps: Address,
    target: Address,
  ): void =>
    f.emit(
      f.call(
        pack(module, width, matrix.across),
        corner(matrix, line, step),
        i32(matrix.stride),
        lines,
        steps,
        target,
        i32(0),
      ),
    )
  /** Where the first row and column of a block are, and where its columns are. */
  const target = (i: Address, j: Address): { start: Address; places: Address } =>
    table === undefined
      ? { start: add(add(c, mul(i, row)), mul(j, 4)), places: i32(0) }
      : { start: add(c, mul(i, row)), places: add(table, mul(j, 4)) }
  /** Rows of the result that are this thread's, from the first of them on. */
  const sumsOf = (i: Address): Address => add(sums, mul(op('i32.sub', i, beginOf(down)), 4 * columns))
  const multiplyAll = (j: Address, nc: Address, steps: Range): void =>
    cut(steps, inner, (l, kc) => {
      if ('rows' in b)
        f.emit(f.call(packTable(module), b.start, add(b.rows, mul(l, 4)), add(b.columns, mul(j, 4)), nc, kc, packedB))
      else packBlock(COLUMNS, b, j, l, nc, kc, packedB)
      const continues = op('i32.ne', l, beginOf(steps))
      cut(down, rows, (i, mc) => {
        if (a.runs === undefined) packBlock(ROWS, a, i, l, mc, kc, packedA)
        else {
          const { length, stride } = a.runs
          const first = corner(a, i, i32(0))
          f.emit(f.call(packRuns(module), first, i32(a.stride), i32(length), i32(stride), mc, l, kc, packedA))
        }
        const { start, places } = isLong ? { start: sumsOf(i), places: i32(0) } : target(i, j)
        const apart = i32(isLong ? 4 * columns : row)
        f.emit(f.call(multiply, packedA, packedB, start, apart, mc, nc, kc, continues, tile, places))
      })
    })
  cut(along, columns, (j, nc) => {
    if (!isLong) return multiplyAll(j, nc, full(k))
    cut(full(k), span, (l, steps) => {
      multiplyAll(j, nc, { begin: l, end: op('i32.add', l, steps) })
      const { start, places } = target(beginOf(down), j)
      const [count, continues] = [op('i32.sub', endOf(down), beginOf(down)), op('i32.ne', l, i32(0))]
      const to = [sums, i32(4 * columns), start, i32(row), count, nc, continues] as const
      f.emit(table === undefined ? f.call(edge(module), ...to) : f.call(scatter(module), ...to, places))
    })
  })
  f.free(tile, packedA, packedB)
}
