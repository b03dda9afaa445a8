/** Primitives that go along one axis element by element: argmax, cumsum, gather, scatterAdd, sort. */
import { numel, type Attributes, type DType, type Shape, type TensorType } from '@glissade/core/backend'
import { add, at, bulk, f32, i32, mul, op, select, type Code } from '../emitter/code.ts'
import type { FunctionWriter, Local } from '../emitter/function.ts'
import { FAILURE_SLOT } from '../memory.ts'
import { copyRun, LINE } from './copy.ts'
import { axisToDivide, bytesIn, countOf, isFull, startOf, full, type Division, type Range } from './division.ts'
import { bytesOf } from './lanes.ts'

type Address = Code<'i32'>
/** One element in a scalar register: f32, or i32 for all else. */
export type Element = Code<'f32'> | Code<'i32'>

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
  division: Division,
  x: Address,
  bytes: number,
  { outer, size, inner }: ReturnType<typeof around>,
  write: (first: Local<'i32'>, line: Local<'i32'>) => void,
): void {
  if (outer * inner === 0) return
  // Blocks are divided, or the lines of each where there are few blocks.
  const isOuter = axisToDivide([{ size: outer }, { size: inner }], division.threads) === 0
  const blocks = isOuter ? division.range(f, outer) : full(outer)
  const within = isOuter ? full(inner) : division.range(f, inner)
  const line = f.let(startOf(blocks, i32(0), inner))
  const first = f.let(startOf(blocks, x, size * inner * bytes))
  const skip = (others: Range): void => {
    f.set(line, add(line, bytesIn(others, 1)))
    f.set(first, add(first, bytesIn(others, bytes)))
  }
  f.repeat(countOf(blocks), () => {
    if (!isFull(within)) skip({ begin: i32(0), end: within.begin })
    f.repeat(countOf(within), () => {
      write(first, line)
      f.set(first, add(first, bytes))
      f.set(line, add(line, 1))
    })
    if (!isFull(within)) skip({ begin: within.end, end: i32(inner) })
    f.set(first, add(first, (size - 1) * inner * bytes))
  })
  f.free(line, first)
}

export function writeArgmax(
  f: FunctionWriter,
  division: Division,
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
  lines(f, division, x, bytes, view, (first, line) => {
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
  division: Division,
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
  lines(f, division, x, bytes, view, (first) => {
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

/**
 * `write(line, at)` for every index: the address of the line in x, and of the element run that goes with it. Of `blocks`
 * outer blocks and of `turns` indices in each, those in the ranges.
 */
function indexed(
  f: FunctionWriter,
  { outer, size, inner }: ReturnType<typeof around>,
  bytes: number,
  count: number,
  { blocks, turns }: { readonly blocks: Range; readonly turns: Range },
  x: Address,
  indices: Address,
  other: Address,
  write: (line: Local<'i32'>, run: Local<'i32'>, block: Local<'i32'>) => void,
): void {
  if (outer * count * inner === 0) return
  const block = f.let(startOf(blocks, x, size * inner * bytes))
  const run = f.let(startOf(blocks, other, count * inner * bytes))
  const line = f.local('i32')
  const p = f.local('i32')
  f.repeat(countOf(blocks), () => {
    f.set(p, startOf(turns, indices, 4))
    if (!isFull(turns)) f.set(run, startOf(turns, run, inner * bytes))
    f.repeat(countOf(turns), () => {
      f.set(line, add(block, mul(at('i32.load', 0, p), inner * bytes)))
      write(line, run, block)
      f.set(run, add(run, inner * bytes))
      f.set(p, add(p, 4))
    })
    if (!isFull(turns)) f.set(run, add(run, bytesIn({ begin: turns.end, end: i32(count) }, inner * bytes)))
    f.set(block, add(block, size * inner * bytes))
  })
  f.free(block, run, line, p)
}

export function writeGather(
  f: FunctionWriter,
  division: Division,
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
  const isOuter = axisToDivide([{ size: view.outer }, { size: count }], division.threads) === 0
  const ranges = {
    blocks: isOuter ? division.range(f, view.outer) : full(view.outer),
    turns: isOuter ? full(count) : division.range(f, count),
  }
  indexed(f, view, bytes, count, ranges, x!, indices!, out, (line, run) => copyRun(f, view.inner * bytes, line, run))
}

export function writeScatterAdd(
  f: FunctionWriter,
  division: Division,
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
  if (numel(shape) === 0) return
  const copied = division.range(f, numel(shape) * bytes, LINE)
  f.emit(bulk('memory.copy', startOf(copied, out, 1), startOf(copied, x!, 1), bytesIn(copied, 1)))
  division.barrier(f)
  // Threads divide the result: its blocks, or the lines of each, and then every thread looks through all indices for its own.
  const isOuter = axisToDivide([{ size: view.outer }, { size: view.size }], division.threads) === 0
  const blocks = isOuter ? division.range(f, view.outer) : full(view.outer)
  const own = isOuter ? full(view.size) : division.range(f, view.size)
  const lineBytes = view.inner * bytes
  const float = dtype === 'float32'
  const addRun = (line: Local<'i32'>, run: Local<'i32'>): void => {
    const vectors = bytes === 4 ? view.inner - (view.inner % 4) : 0
    f.for(0, vectors * 4, 16, (i) => {
      const [a, b] = [at('v128.load', 0, add(line, i)), at('v128.load', 0, add(run, i))]
      f.emit(at('v128.store', 0, add(line, i), float ? op('f32x4.add', a, b) : op('i32x4.add', a, b)))
    })
    f.for(vectors * bytes, lineBytes, bytes, (i) =>
      f.emit(
        storeElement(
          dtype,
          add(line, i),
          addElements(loadElement(dtype, add(line, i)), loadElement(dtype, add(run, i))),
        ),
      ),
    )
  }
  const all = { blocks, turns: full(count) }
  indexed(f, view, bytes, count, all, out, indices!, updates!, (line, run, block) => {
    if (isFull(own)) return addRun(line, run)
    // Without sign what lies before the range is far behind it.
    const distance = op('i32.sub', line, startOf(own, block, lineBytes))
    f.if(op('i32.lt_u', distance, bytesIn(own, lineBytes)), () => addRun(line, run))
  })
}

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
  lines(f, division, x, bytes, view, (first, line) => {
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
