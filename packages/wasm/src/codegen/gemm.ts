/**
 * Products of packed panels, after K. Goto and R. van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (ACM
 * TOMS 34, 2008): panels of 4 rows of a and of 8 columns of b, blocks that stay in the caches, and a kernel that keeps
 * 4 x 8 sums in registers. These functions know no shapes; one copy serves all products of a module.
 *
 * The inner loop of the kernel is not unrolled: V8 then hoists the loads of the copies, runs out of registers and spills.
 */
import { add, at, bulk, i32, i32x4, lane, lessThan, mul, op, type Code } from '../emitter/code.ts'
import type { Callee, FunctionWriter, Local } from '../emitter/function.ts'
import type { ModuleWriter } from '../emitter/module.ts'
import { transposeTile } from './copy.ts'
import { isFull, full, type Division, type Range } from './division.ts'

export const ROWS = 4
export const COLUMNS = 8
/** A block of a: 128 x 256 float32 are 128 KB, half of a common second-level cache. */
const BLOCK_ROWS = 128
const BLOCK_INNER = 256
const BLOCK_COLUMNS = 512
const TILE_BYTES = 4 * ROWS * COLUMNS

type Address = Code<'i32'>
type Procedure = Callee & { readonly result: 'void' }
const I32 = 'i32' as const

const minimum = (f: FunctionWriter, a: Address, b: Address): Address => {
  const [x, y] = [f.let(a), f.let(b)]
  return { type: 'i32', op: 'select', args: [x, y, lessThan(x, y)] }
}

/** c[4, 8] = (c +) a b over k steps of packed panels; `row` is the distance of rows of c in bytes. */
function kernel(module: ModuleWriter): Procedure {
  return module.once('gemm.kernel', [I32, I32, I32, I32, I32, I32], 'void', (f) => {
    const [a, b, c, row, k, continues] = [0, 1, 2, 3, 4, 5].map((i) => f.param(i, 'i32')) as [
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
    ]
    const sums = Array.from({ length: ROWS * 2 }, () => f.local('v128'))
    const [left, right, x] = [f.local('v128'), f.local('v128'), f.local('v128')]
    f.loop(() => {
      f.set(left, at('v128.load', 0, b))
      f.set(right, at('v128.load', 16, b))
      for (let i = 0; i < ROWS; i++) {
        f.set(x, at('v128.load32_splat', 4 * i, a))
        f.set(sums[2 * i]!, f.multiplyAdd(x, left, sums[2 * i]!))
        f.set(sums[2 * i + 1]!, f.multiplyAdd(x, right, sums[2 * i + 1]!))
      }
      f.set(a, add(a, 4 * ROWS))
      f.set(b, add(b, 4 * COLUMNS))
      return f.tee(k, op('i32.sub', k, i32(1)))
    })
    const store = (added: boolean): void => {
      const p = f.let(c)
      for (let i = 0; i < ROWS; i++) {
        for (const half of [0, 1]) {
          const sum = sums[2 * i + half]!
          f.emit(at('v128.store', 16 * half, p, added ? op('f32x4.add', at('v128.load', 16 * half, p), sum) : sum))
        }
        if (i < ROWS - 1) f.set(p, op('i32.add', p, row))
      }
    }
    f.if(
      continues,
      () => store(true),
      () => store(false),
    )
  })
}

/** Copies the used part of a tile to c, adding where the product continues; columns of c one after another. */
function edge(module: ModuleWriter): Procedure {
  return module.once('gemm.edge', [I32, I32, I32, I32, I32, I32], 'void', (f) => {
    const [tile, c, row, rows, columns, continues] = [0, 1, 2, 3, 4, 5].map((i) => f.param(i, 'i32'))
    f.for(0, rows as Address, 1, (i) => {
      f.for(0, columns as Address, 1, (j) => {
        const from = f.let(add(tile as Address, add(mul(i, 4 * COLUMNS), mul(j, 4))))
        const to = f.let(op('i32.add', op('i32.add', c as Address, op('i32.mul', i, row as Address)), mul(j, 4)))
        f.if(
          continues as Address,
          () => f.emit(at('f32.store', 0, to, op('f32.add', at('f32.load', 0, to), at('f32.load', 0, from)))),
          () => f.emit(at('f32.store', 0, to, at('f32.load', 0, from))),
        )
        f.free(from, to)
      })
    })
  })
}

/** The same where column j of c lies `table[j]` bytes from c. */
function scatter(module: ModuleWriter): Procedure {
  return module.once('gemm.scatter', [I32, I32, I32, I32, I32, I32, I32], 'void', (f) => {
    const [tile, c, row, rows, columns, continues, table] = [0, 1, 2, 3, 4, 5, 6].map((i) =>
      f.param(i, 'i32'),
    ) as Address[]
    f.for(0, columns!, 1, (j) => {
      const to = f.let(op('i32.add', c!, at('i32.load', 0, op('i32.add', table!, mul(j, 4)))))
      const from = f.let(op('i32.add', tile!, mul(j, 4)))
      f.for(0, rows!, 1, () => {
        f.if(
          continues!,
          () => f.emit(at('f32.store', 0, to, op('f32.add', at('f32.load', 0, to), at('f32.load', 0, from)))),
          () => f.emit(at('f32.store', 0, to, at('f32.load', 0, from))),
        )
        f.set(to, op('i32.add', to, row!))
        f.set(from, add(from, 4 * COLUMNS))
      })
      f.free(to, from)
    })
  })
}

/** Multiplies a packed block of a by one of b; with `table` the columns of c lie where it says. */
function blocks(module: ModuleWriter, tabled: boolean): Procedure {
  const name = tabled ? 'gemm.blocks.table' : 'gemm.blocks'
  return module.once(name, [I32, I32, I32, I32, I32, I32, I32, I32, I32, I32], 'void', (f) => {
    const [a, b, c, row, m, n, k, continues, tile, table] = Array.from({ length: 10 }, (_, i) => f.param(i, 'i32')) as [
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
    ]
    const multiply = kernel(module)
    f.for(0, n, COLUMNS, (j) => {
      const panel = f.let(add(b, op('i32.mul', mul(j, 4), k)))
      const columns = f.let(minimum(f, i32(COLUMNS), op('i32.sub', n, j)))
      const first = f.let(add(c, mul(j, 4)))
      const places = f.let(add(table, mul(j, 4)))
      const whole = f.let(op('i32.eq', columns, i32(COLUMNS)))
      // Eight columns side by side are as good as a matrix.
      if (tabled) {
        f.set(first, add(c, at('i32.load', 0, places)))
        f.if(whole, () =>
          f.set(
            whole,
            op(
              'i32.eq',
              op('i32.sub', at('i32.load', 4 * (COLUMNS - 1), places), at('i32.load', 0, places)),
              i32(4 * (COLUMNS - 1)),
            ),
          ),
        )
      }
      f.for(0, m, ROWS, (i) => {
        const lines = f.let(add(a, op('i32.mul', mul(i, 4), k)))
        const rows = f.let(minimum(f, i32(ROWS), op('i32.sub', m, i)))
        f.if(
          op('i32.and', whole, op('i32.eq', rows, i32(ROWS))),
          () => f.emit(f.call(multiply, lines, panel, op('i32.add', first, op('i32.mul', i, row)), row, k, continues)),
          () => {
            f.emit(f.call(multiply, lines, panel, tile, i32(4 * COLUMNS), k, i32(0)))
            const down = op('i32.mul', i, row)
            f.emit(
              tabled
                ? f.call(scatter(module), tile, op('i32.add', c, down), row, rows, columns, continues, places)
                : f.call(edge(module), tile, op('i32.add', first, down), row, rows, columns, continues),
            )
          },
        )
        f.free(lines, rows)
      })
      f.free(panel, columns, first, places, whole)
    })
  })
}

/**
 * Packs `count` rows or columns over `k` steps into panels of `width`, the last one filled with zeros. `across`: elements of
 * one step lie side by side and steps are `stride` bytes apart; otherwise each line's steps lie side by side.
 */
function pack(module: ModuleWriter, width: number, across: boolean): Procedure {
  return module.once(`gemm.pack${width}.${across ? 'across' : 'along'}`, [I32, I32, I32, I32, I32], 'void', (f) => {
    const [source, stride, count, k, target] = [0, 1, 2, 3, 4].map((i) => f.param(i, 'i32')) as [
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
    ]
    const step = 4 * width
    f.for(0, count, width, (j) => {
      const from = f.let(add(source, across ? mul(j, 4) : op('i32.mul', j, stride)))
      const left = f.let(op('i32.sub', count, j))
      const l = f.let(i32(0))
      f.if(
        op('i32.ge_u', left, i32(width)),
        () => {
          if (across) {
            f.loop(() => {
              for (let i = 0; i < width; i += 4) f.emit(at('v128.store', 4 * i, target, at('v128.load', 4 * i, from)))
              f.set(target, add(target, step))
              f.set(from, op('i32.add', from, stride))
              return lessThan(f.tee(l, add(l, 1)), k)
            })
            return
          }
          const fours = f.let(op('i32.and', k, i32(-4)))
          const starts = Array.from({ length: width }, (_, i) =>
            f.let(op('i32.add', from, op('i32.mul', stride, i32(i)))),
          )
          f.for(0, fours, 4, (at4) => {
            for (let i = 0; i < width; i += 4) {
              const lines = [0, 1, 2, 3].map((r) => f.let(at('v128.load', 0, add(starts[i + r]!, mul(at4, 4))))) as [
                Local<'v128'>,
                Local<'v128'>,
                Local<'v128'>,
                Local<'v128'>,
              ]
              transposeTile(f, lines).forEach((line, r) => f.emit(at('v128.store', r * step + 4 * i, target, line)))
              f.free(...lines)
            }
            f.set(target, add(target, 4 * step))
          })
          f.for(fours, k, 1, (rest) => {
            for (let i = 0; i < width; i++)
              f.emit(at('f32.store', 4 * i, target, at('f32.load', 0, add(starts[i]!, mul(rest, 4)))))
            f.set(target, add(target, step))
          })
          f.free(fours, ...starts)
        },
        () => {
          f.emit(bulk('memory.fill', target, i32(0), op('i32.mul', k, i32(step))))
          f.for(0, left, 1, (i) => {
            const p = f.let(add(from, across ? mul(i, 4) : op('i32.mul', i, stride)))
            const q = f.let(add(target, mul(i, 4)))
            f.for(0, k, 1, () => {
              f.emit(at('f32.store', 0, q, at('f32.load', 0, p)))
              f.set(p, across ? op('i32.add', p, stride) : add(p, 4))
              f.set(q, add(q, step))
            })
            f.free(p, q)
          })
          f.set(target, op('i32.add', target, op('i32.mul', k, i32(step))))
        },
      )
      f.free(from, left, l)
    })
  })
}

/**
 * Packs panels of 8 columns of a matrix that is given by tables: element (l, j) lies `rows[l] + columns[j]` bytes from
 * `source`. A column that the last panel lacks repeats the first; its sums are never used.
 */
function packTable(module: ModuleWriter): Procedure {
  return module.once('gemm.pack.table', [I32, I32, I32, I32, I32, I32], 'void', (f) => {
    const [source, rows, columns, count, k, target] = [0, 1, 2, 3, 4, 5].map((i) => f.param(i, 'i32')) as [
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
    ]
    const row = f.local('i32')
    f.for(0, count, COLUMNS, (j) => {
      const places = f.let(add(columns, mul(j, 4)))
      const left = f.let(op('i32.sub', count, j))
      const starts = Array.from({ length: COLUMNS }, (_, i) => {
        const at0 = at('i32.load', 0, places)
        const own =
          i === 0
            ? at0
            : at('i32.load', 0, {
                type: 'i32',
                op: 'select',
                args: [add(places, 4 * i), places, op('i32.gt_u', left, i32(i))],
              })
        return f.let(op('i32.add', source, own))
      })
      // Four columns are often a run, or the ends of two: where a row of positions ends and the next one begins. Then the
      // lanes that are so many bytes from the first column are taken there, and the others from the last column back.
      const halves = [0, 4].map((i) => {
        const own = f.let(op('i32x4.splat', starts[i]!))
        for (let r = 1; r < 4; r++) f.set(own, lane('i32x4.replace_lane', r, own, starts[i + r]!))
        const apart = (start: number, ...by: [number, number, number, number]): Code<'v128'> =>
          op('i32x4.eq', own, op('i32x4.add', op('i32x4.splat', starts[start]!), i32x4(...by)))
        const before = f.let(apart(i, 0, 4, 8, 12))
        f.set(own, op('v128.or', before, apart(i + 3, -12, -8, -4, 0)))
        return { before, both: own, first: starts[i]!, last: starts[i + 3]! }
      })
      const each = (write: () => void): void =>
        f.for(0, mul(k, 4), 4, (l) => {
          f.set(row, at('i32.load', 0, op('i32.add', rows, l)))
          write()
          f.set(target, add(target, 4 * COLUMNS))
        })
      f.if(
        op('i32x4.all_true', op('v128.and', halves[0]!.both, halves[1]!.both)),
        () =>
          each(() =>
            halves.forEach(({ before, first, last }, i) => {
              const [head, tail] = [f.let(op('i32.add', first, row)), f.let(op('i32.add', last, row))]
              const joined = op(
                'v128.bitselect',
                at('v128.load', 0, head),
                at('v128.load', 0, f.tee(tail, op('i32.sub', tail, i32(12)))),
                before,
              )
              f.emit(at('v128.store', 16 * i, target, joined))
              f.free(head, tail)
            }),
          ),
        () =>
          each(() => {
            for (let i = 0; i < COLUMNS; i++)
              f.emit(at('f32.store', 4 * i, target, at('f32.load', 0, op('i32.add', starts[i]!, row))))
          }),
      )
      f.free(...halves.flatMap(({ before, both }) => [before, both]))
      f.free(places, left, ...starts)
    })
  })
}

/** Where a matrix lies: `across` when elements of one step of the inner dimension lie side by side. Strides in bytes. */
export interface Matrix {
  readonly start: Address
  readonly across: boolean
  readonly stride: number
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
const blockOf = (size: number, most: number, unit: number): number =>
  Math.ceil(Math.ceil(size / Math.ceil(size / most)) / unit) * unit

interface Plan {
  readonly rows: number
  readonly inner: number
  readonly columns: number
  /** Whether threads divide the columns or the rows. */
  readonly divides: 'columns' | 'rows'
}
/**
 * Blocks of one thread. All threads pack all of the operand whose dimension is not divided, so that is the shorter one,
 * unless the longer gives too few panels. How the inner dimension is cut decides the order of sums: by its size alone.
 */
function plan(m: number, n: number, k: number, threads: number): Plan {
  const panels = Math.ceil(n / COLUMNS)
  const divides = (n >= m && panels >= threads) || panels >= Math.ceil(m / ROWS) ? 'columns' : 'rows'
  const share = (size: number, unit: number): number => Math.ceil(size / (threads * unit)) * unit
  return {
    rows: blockOf(divides === 'rows' ? share(m, ROWS) : m, BLOCK_ROWS, ROWS),
    inner: blockOf(k, BLOCK_INNER, 4),
    columns: blockOf(divides === 'columns' ? share(n, COLUMNS) : n, BLOCK_COLUMNS, COLUMNS),
    divides,
  }
}

/** Bytes that `writeProduct` needs, per thread. */
export function productBytes(m: number, n: number, k: number, threads: number): number {
  const { rows, inner, columns } = plan(m, n, k, threads)
  return TILE_BYTES + 4 * inner * (rows + columns)
}

export function writeProduct(f: FunctionWriter, module: ModuleWriter, division: Division, product: Product): void {
  const { m, n, k, a, b, c, row, table, work } = product
  const { rows, inner, columns, divides } = plan(m, n, k, division.threads)
  const down = divides === 'rows' ? division.range(f, m, ROWS) : full(m)
  const along = divides === 'columns' ? division.range(f, n, COLUMNS) : full(n)
  const tile = f.let(work)
  const packedA = f.let(add(work, TILE_BYTES))
  const packedB = f.let(add(work, TILE_BYTES + 4 * inner * rows))
  const multiply = blocks(module, table !== undefined)
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
  cut(along, columns, (j, nc) =>
    cut(full(k), inner, (l, kc) => {
      if ('rows' in b)
        f.emit(f.call(packTable(module), b.start, add(b.rows, mul(l, 4)), add(b.columns, mul(j, 4)), nc, kc, packedB))
      else f.emit(f.call(pack(module, COLUMNS, b.across), corner(b, j, l), i32(b.stride), nc, kc, packedB))
      const continues = op('i32.ne', l, i32(0))
      cut(down, rows, (i, mc) => {
        f.emit(f.call(pack(module, ROWS, a.across), corner(a, i, l), i32(a.stride), mc, kc, packedA))
        const start = table === undefined ? add(add(c, mul(i, row)), mul(j, 4)) : add(c, mul(i, row))
        f.emit(
          f.call(
            multiply,
            packedA,
            packedB,
            start,
            i32(row),
            mc,
            nc,
            kc,
            continues,
            tile,
            table === undefined ? i32(0) : add(table, mul(j, 4)),
          ),
        )
      })
    }),
  )
  f.free(tile, packedA, packedB)
}
