/** Sorts lines along one axis. */
import { around } from '@glissade/codegen'
import type { Attributes, TensorType } from '@glissade/core/backend'
import { add, at, i32, mul, op, select, type Address, type Code } from '../emitter/code.ts'
import type { FunctionWriter } from '../emitter/function.ts'
import { lines } from './along-axis.ts'
import type { Division } from './division.ts'
import { isGreater, loadElement, storeElement, type Element } from './element.ts'
import { bytesOf, kindOf } from './stored.ts'

/** Bytes of the workspace that a sort needs: keys and two lists of positions. */
export const sortBytes = (size: number): number => 12 * size

/** Bottom-up merge sort of every line: stable both ways, since equal keys are taken from the left. */
export function writeSort(
  f: FunctionWriter,
  division: Division,
  { axis, descending }: Attributes['sort'],
  x: Address,
  [values, indices]: readonly Address[],
  work: Address,
  { dtype, shape }: TensorType,
): void {
  const view = around(shape, axis)
  const { size, inner } = view
  const bytes = bytesOf(dtype)
  const kind = kindOf(dtype)
  const keys = f.let(work)
  const order = f.let(add(work, 4 * size))
  const spare = f.let(add(work, 8 * size))
  const p = f.local('i32')
  const width = f.local('i32')
  const start = f.local('i32')
  const [left, right, middle, end, to] = [
    f.local('i32'),
    f.local('i32'),
    f.local('i32'),
    f.local('i32'),
    f.local('i32'),
  ]
  const takesRight = f.local('i32')
  const swap = f.local('i32')
  const key = (list: Code<'i32'>, i: Code<'i32'>): Element => {
    const address = add(keys, mul(at('i32.load', 0, add(list, mul(i, 4))), 4))
    return kind === 'f32' ? at('f32.load', 0, address) : at('i32.load', 0, address)
  }
  const [a, b] = [f.local(kind), f.local(kind)]
  const least = (i: Code<'i32'>): Code<'i32'> => select(i, i32(size), op('i32.lt_u', i, i32(size)))
  const distance = f.let(op('i32.sub', values!, x))
  lines(f, division, x, bytes, view, (first) => {
    f.set(p, first)
    f.for(0, size, 1, (j) => {
      f.emit(storeElement(kind === 'f32' ? 'float32' : 'int32', add(keys, mul(j, 4)), loadElement(dtype, p)))
      f.emit(at('i32.store', 0, add(order, mul(j, 4)), j))
      f.set(p, add(p, inner * bytes))
    })
    f.set(width, i32(1))
    f.block(() =>
      f.loop(() => {
        f.branchIf(1, op('i32.ge_u', width, i32(size)))
        f.set(start, i32(0))
        f.loop(() => {
          f.set(left, start)
          f.set(middle, least(op('i32.add', start, width)))
          f.set(right, middle)
          f.set(end, least(op('i32.add', middle, width)))
          f.set(to, start)
          f.loop(() => {
            f.set(takesRight, i32(0))
            f.if(
              op('i32.ge_u', left, middle),
              () => f.set(takesRight, i32(1)),
              () =>
                f.if(op('i32.lt_u', right, end), () => {
                  f.set(a, key(order, left))
                  f.set(b, key(order, right))
                  f.set(takesRight, descending ? isGreater(b, a) : isGreater(a, b))
                }),
            )
            f.emit(
              at(
                'i32.store',
                0,
                add(spare, mul(to, 4)),
                at('i32.load', 0, add(order, mul(select(right, left, takesRight), 4))),
              ),
            )
            f.set(left, op('i32.sub', add(left, 1), takesRight))
            f.set(right, op('i32.add', right, takesRight))
            return op('i32.lt_u', f.tee(to, add(to, 1)), end)
          })
          return op('i32.lt_u', f.tee(start, end), i32(size))
        })
        f.set(swap, order)
        f.set(order, spare)
        f.set(spare, swap)
        f.set(width, op('i32.shl', width, i32(1)))
        return i32(1)
      }),
    )
    f.set(p, first)
    f.for(0, size, 1, (j) => {
      f.emit(storeElement(dtype, op('i32.add', p, distance), key(order, j)))
      // The same element of the indices, whose elements may be wider.
      const element = op('i32.sub', p, x)
      f.emit(
        at(
          'i32.store',
          0,
          add(indices!, bytes === 4 ? element : mul(element, 4)),
          at('i32.load', 0, add(order, mul(j, 4))),
        ),
      )
      f.set(p, add(p, inner * bytes))
    })
  })
}
