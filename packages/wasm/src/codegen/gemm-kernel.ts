/**
 * The kernel of a product, which keeps 4 x 8 sums in registers, and the loop over the panels of two packed blocks. These
 * functions know no shapes; one copy serves all products of a module.
 *
 * The inner loop of the kernel is not unrolled: V8 then hoists the loads of the copies, runs out of registers and spills.
 */
import { add, at, i32, lessThan, mul, op, type Address, type Code } from '../emitter/code.ts'
import { words, type Callee, type FunctionWriter } from '../emitter/function.ts'
import type { ModuleWriter } from '../emitter/module.ts'

export const ROWS = 4
export const COLUMNS = 8

/** A tile that c has no room for. */
export const TILE_BYTES: number = 4 * ROWS * COLUMNS
export type Procedure = Callee & { readonly result: 'void' }

export const minimum = (f: FunctionWriter, a: Address, b: Address): Address => {
  const [x, y] = [f.let(a), f.let(b)]
  return { type: 'i32', op: 'select', args: [x, y, lessThan(x, y)] }
}

/** c[4, 8] = (c +) a b over k steps of packed panels; `row` is the distance of rows of c in bytes. */
function kernel(module: ModuleWriter): Procedure {
  return module.once('gemm.kernel', words(6), 'void', (f, a, b, c, row, k, continues) => {
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

/** One element of c is added to, where the product continues, or set. */
function addOrStore(f: FunctionWriter, to: Address, from: Address, continues: Address): void {
  const value = at('f32.load', 0, from)
  const write = (sum: Code<'f32'>): void => f.emit(at('f32.store', 0, to, sum))
  f.if(
    continues,
    () => write(op('f32.add', at('f32.load', 0, to), value)),
    () => write(value),
  )
}

/**
 * Copies a matrix whose rows are `apart` bytes apart, such as the used part of a tile, to c, adding where the product continues;
 * columns of c one after another.
 */
export function edge(module: ModuleWriter): Procedure {
  return module.once('gemm.edge', words(7), 'void', (f, tile, apart, c, row, rows, columns, continues) => {
    f.for(0, rows, 1, (i) => {
      f.for(0, columns, 1, (j) => {
        const from = f.let(add(op('i32.add', tile, op('i32.mul', i, apart)), mul(j, 4)))
        const to = f.let(op('i32.add', op('i32.add', c, op('i32.mul', i, row)), mul(j, 4)))
        addOrStore(f, to, from, continues)
        f.free(from, to)
      })
    })
  })
}

/** The same where column j of c lies `table[j]` bytes from c. */
export function scatter(module: ModuleWriter): Procedure {
  return module.once('gemm.scatter', words(8), 'void', (f, tile, apart, c, row, rows, columns, continues, table) => {
    f.for(0, columns, 1, (j) => {
      const to = f.let(op('i32.add', c, at('i32.load', 0, op('i32.add', table, mul(j, 4)))))
      const from = f.let(op('i32.add', tile, mul(j, 4)))
      f.for(0, rows, 1, () => {
        addOrStore(f, to, from, continues)
        f.set(to, op('i32.add', to, row))
        f.set(from, op('i32.add', from, apart))
      })
      f.free(to, from)
    })
  })
}

/** Multiplies a packed block of a by one of b; with `table` the columns of c lie where it says. */
export function blocks(module: ModuleWriter, tabled: boolean): Procedure {
  const name = tabled ? 'gemm.blocks.table' : 'gemm.blocks'
  return module.once(name, words(10), 'void', (f, a, b, c, row, m, n, k, continues, tile, table) => {
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
            const apart = i32(4 * COLUMNS)
            f.emit(
              tabled
                ? f.call(scatter(module), tile, apart, op('i32.add', c, down), row, rows, columns, continues, places)
                : f.call(edge(module), tile, apart, op('i32.add', first, down), row, rows, columns, continues),
            )
          },
        )
        f.free(lines, rows)
      })
      f.free(panel, columns, first, places, whole)
    })
  })
}
