/** Copies blocks of matrices into panels, in the order in which the kernel of a product reads them. */
import { add, at, bulk, i32, i32x4, lane, lessThan, mul, op, type Code } from '../emitter/code.ts'
import { words, type Local } from '../emitter/function.ts'
import type { ModuleWriter } from '../emitter/module.ts'
import { transposeTile } from './copy.ts'
import { COLUMNS, minimum, ROWS, type Procedure } from './gemm-kernel.ts'

/**
 * Packs `count` rows or columns over `k` steps into panels of `width`, the last one filled with zeros. `across`: elements of
 * one step lie side by side and steps are `stride` bytes apart; otherwise each line's steps lie side by side. Panels have room
 * for `gap` bytes more.
 */
export function pack(module: ModuleWriter, width: number, across: boolean): Procedure {
  return module.once(
    `gemm.pack${width}.${across ? 'across' : 'along'}`,
    words(6),
    'void',
    (f, source, stride, count, k, target, gap) => {
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
        f.set(target, op('i32.add', target, gap))
        f.free(from, left, l)
      })
    },
  )
}

/**
 * Packs rows whose steps lie side by side in runs of `length`, `apart` bytes from one to the next: `k` steps from step `first`
 * on, piece by piece into all panels.
 */
export function packRuns(module: ModuleWriter): Procedure {
  return module.once(
    'gemm.pack.runs',
    words(8),
    'void',
    (f, source, stride, length, apart, count, first, k, target) => {
      const left = f.let(k)
      f.loop(() => {
        const run = f.let(op('i32.div_u', first, length))
        const within = f.let(op('i32.sub', first, op('i32.mul', run, length)))
        const steps = f.let(minimum(f, left, op('i32.sub', length, within)))
        const from = add(op('i32.add', source, op('i32.mul', run, apart)), mul(within, 4))
        const gap = mul(op('i32.sub', k, steps), 4 * ROWS)
        f.emit(f.call(pack(module, ROWS, false), from, stride, count, steps, target, gap))
        f.set(first, op('i32.add', first, steps))
        f.set(target, add(target, mul(steps, 4 * ROWS)))
        f.set(left, op('i32.sub', left, steps))
        f.free(run, within, steps)
        return left
      })
      f.free(left)
    },
  )
}

/**
 * Packs panels of 8 columns of a matrix that is given by tables: element (l, j) lies `rows[l] + columns[j]` bytes from
 * `source`. A column that the last panel lacks repeats the first; its sums are never used.
 */
export function packTable(module: ModuleWriter): Procedure {
  return module.once('gemm.pack.table', words(6), 'void', (f, source, rows, columns, count, k, target) => {
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
