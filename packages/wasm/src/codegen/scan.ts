/** Primitives that go along one axis element by element: argmax, cumsum, gather, scatterAdd, sort. */
import { numel, type Attributes, type DType, type Shape, type TensorType } from '@glissade/core/backend'
import { add, at, bulk, f32, i32, mul, op, select, type Code } from '../emitter/code.ts'
import type { FunctionWriter, Local } from '../emitter/function.ts'
import { FAILURE_SLOT } from '../memory.ts'
import { copyRun } from './copy.ts'
import { bytesOf } from './lanes.ts'

type Address = Code<'i32'>
/** One element in a scalar register: f32, or i32 for all else. */
type Element = Code<'f32'> | Code<'i32'>

export const loadElement = (dtype: DType, address: Address, offset = 0): Element =>
  dtype === 'float32'
    ? at('f32.load', offset, address)
    : dtype === 'int32'
      ? at('i32.load', offset, address)
      : at('i32.load8_u', offset, address)
export const storeElement = (dtype: DType, address: Address, value: Element): Code<'void'> =>
  dtype === 'float32'
    ? at('f32.store', 0, address, value as Code<'f32'>)
    : at(bytesOf(dtype) === 4 ? 'i32.store' : 'i32.store8', 0, address, value as Code<'i32'>)
export const addElements = (a: Element, b: Element): Element =>
  a.type === 'f32' ? op('f32.add', a, b as Code<'f32'>) : op('i32.add', a, b as Code<'i32'>)
export const kindOf = (dtype: DType): 'f32' | 'i32' => (dtype === 'float32' ? 'f32' : 'i32')
export const zero = (dtype: DType): Element => (dtype === 'float32' ? f32(0) : i32(0))

/** Whether a comes before b where the greatest comes first: NaN is greatest. */
export function isGreater(a: Element, b: Element): Code<'i32'> {
  if (a.type === 'i32') return op('i32.gt_s', a, b as Code<'i32'>)
  const y = b as Code<'f32'>
  return op('i32.or', op('f32.gt', a, y), op('i32.and', op('f32.ne', a, a), op('f32.eq', y, y)))
}

/** A shape seen from one axis: `outer` blocks of `size` lines of `inner` elements. */
function around(shape: Shape, axis: number): { outer: number; size: number; inner: number } {
  return { outer: numel(shape.slice(0, axis)), size: shape[axis]!, inner: numel(shape.slice(axis + 1)) }
}

/** `write(first)` with the address of the first element of every line along an axis, and a running number. */
function lines(
  f: FunctionWriter,
  x: Address,
  bytes: number,
  { outer, size, inner }: ReturnType<typeof around>,
  write: (first: Local<'i32'>, line: Local<'i32'>) => void,
): void {
  if (outer * inner === 0) return
  const line = f.let(i32(0))
  const first = f.let(x)
  f.repeat(outer, () => {
    f.repeat(inner, () => {
      write(first, line)
      f.set(first, add(first, bytes))
      f.set(line, add(line, 1))
    })
    f.set(first, add(first, (size - 1) * inner * bytes))
  })
  f.free(line, first)
}

export function writeArgmax(
  f: FunctionWriter,
  { axis }: Attributes['argmax'],
  x: Address,
  out: Address,
  { dtype, shape }: TensorType,
): void {
  const view = around(shape, axis)
  const bytes = bytesOf(dtype)
  const best = f.local(kindOf(dtype))
  const value = f.local(kindOf(dtype))
  const index = f.local('i32')
  const j = f.local('i32')
  const p = f.local('i32')
  lines(f, x, bytes, view, (first, line) => {
    f.set(best, loadElement(dtype, first))
    f.set(index, i32(0))
    f.set(j, i32(1))
    f.set(p, first)
    f.repeat(view.size - 1, () => {
      f.set(p, add(p, view.inner * bytes))
      f.set(value, loadElement(dtype, p))
      f.if(isGreater(value, best), () => {
        f.set(best, value)
        f.set(index, j)
      })
      f.set(j, add(j, 1))
    })
    f.emit(at('i32.store', 0, add(out, mul(line, 4)), index))
  })
}

export function writeCumsum(
  f: FunctionWriter,
  { axis, reverse }: Attributes['cumsum'],
  x: Address,
  out: Address,
  { dtype, shape }: TensorType,
): void {
  const view = around(shape, axis)
  const bytes = bytesOf(dtype)
  const distance = f.let(op('i32.sub', out, x))
  const total = f.local(kindOf(dtype))
  const p = f.local('i32')
  const step = (reverse ? -1 : 1) * view.inner * bytes
  lines(f, x, bytes, view, (first) => {
    f.set(total, zero(dtype))
    f.set(p, add(first, reverse ? (view.size - 1) * view.inner * bytes : 0))
    f.repeat(view.size, () => {
      f.set(total, addElements(total, loadElement(dtype, p)))
      f.emit(storeElement(dtype, op('i32.add', p, distance), total))
      f.set(p, add(p, step))
    })
  })
}

/** Leaves the failing node, the index and its position where the host finds them, and returns 1. */
function failWhere(f: FunctionWriter, bad: Code<'i32'>, node: number, index: Code<'i32'>, position: Code<'i32'>): void {
  f.if(bad, () => {
    f.emit(at('i32.store', FAILURE_SLOT, i32(0), i32(node)))
    f.emit(at('i32.store', FAILURE_SLOT + 4, i32(0), index))
    f.emit(at('i32.store', FAILURE_SLOT + 8, i32(0), position))
    f.return(i32(1))
  })
}

function assertIndices(f: FunctionWriter, node: number, indices: Address, count: number, size: number): void {
  f.for(0, count, 1, (i) => {
    const index = f.let(at('i32.load', 0, add(indices, mul(i, 4))))
    failWhere(f, op('i32.ge_u', index, i32(size)), node, index, i)
    f.free(index)
  })
}

/** `write(line, at)` for every index: the address of the line in x, and of the element run that goes with it. */
function indexed(
  f: FunctionWriter,
  { outer, size, inner }: ReturnType<typeof around>,
  bytes: number,
  count: number,
  x: Address,
  indices: Address,
  other: Address,
  write: (line: Local<'i32'>, run: Local<'i32'>) => void,
): void {
  if (outer * count * inner === 0) return
  const block = f.let(x)
  const run = f.let(other)
  const line = f.local('i32')
  const p = f.local('i32')
  f.repeat(outer, () => {
    f.set(p, indices)
    f.repeat(count, () => {
      f.set(line, add(block, mul(at('i32.load', 0, p), inner * bytes)))
      write(line, run)
      f.set(run, add(run, inner * bytes))
      f.set(p, add(p, 4))
    })
    f.set(block, add(block, size * inner * bytes))
  })
  f.free(block, run, line, p)
}

export function writeGather(
  f: FunctionWriter,
  node: number,
  { axis }: Attributes['gather'],
  [x, indices]: readonly Address[],
  out: Address,
  [type, index]: readonly TensorType[],
): void {
  const view = around(type!.shape, axis)
  const bytes = bytesOf(type!.dtype)
  const count = numel(index!.shape)
  assertIndices(f, node, indices!, count, view.size)
  indexed(f, view, bytes, count, x!, indices!, out, (line, run) => copyRun(f, view.inner * bytes, line, run))
}

export function writeScatterAdd(
  f: FunctionWriter,
  node: number,
  { axis }: Attributes['scatterAdd'],
  [x, indices, updates]: readonly Address[],
  out: Address,
  [type, index]: readonly TensorType[],
): void {
  const { dtype, shape } = type!
  const view = around(shape, axis)
  const bytes = bytesOf(dtype)
  const count = numel(index!.shape)
  assertIndices(f, node, indices!, count, view.size)
  if (numel(shape) > 0) f.emit(bulk('memory.copy', out, x!, i32(numel(shape) * bytes)))
  const float = dtype === 'float32'
  indexed(f, view, bytes, count, out, indices!, updates!, (line, run) => {
    const vectors = bytes === 4 ? view.inner - (view.inner % 4) : 0
    f.for(0, vectors * 4, 16, (i) => {
      const [a, b] = [at('v128.load', 0, add(line, i)), at('v128.load', 0, add(run, i))]
      f.emit(at('v128.store', 0, add(line, i), float ? op('f32x4.add', a, b) : op('i32x4.add', a, b)))
    })
    f.for(vectors * bytes, view.inner * bytes, bytes, (i) =>
      f.emit(
        storeElement(
          dtype,
          add(line, i),
          addElements(loadElement(dtype, add(line, i)), loadElement(dtype, add(run, i))),
        ),
      ),
    )
  })
}

/** Bytes of the workspace that a sort needs: keys and two lists of positions. */
export const sortBytes = (size: number): number => 12 * size

/** Bottom-up merge sort of every line: stable both ways, since equal keys are taken from the left. */
export function writeSort(
  f: FunctionWriter,
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
  lines(f, x, bytes, view, (first, line) => {
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
    void line
  })
}
