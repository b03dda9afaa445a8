/** Primitives that read indices: gather and scatterAdd. An index out of range ends the run. */
import { around, type Lines } from '@glissade/codegen'
import { numel, type Attributes, type TensorType } from '@glissade/core/backend'
import { add, at, bulk, i32, i32x4, mul, op, type Address, type Code } from '../emitter/code.ts'
import type { FunctionWriter, Local } from '../emitter/function.ts'
import { FAILURE_SLOT } from '../memory.ts'
import { copyRun, LINE } from './copy.ts'
import { axisToDivide, bytesIn, countOf, isFull, startOf, full, type Division, type Range } from './division.ts'
import { addElements, loadElement, storeElement } from './element.ts'
import { bytesOf, kindOf } from './stored.ts'

/** Leaves the failing node and the index where the host finds them, and returns 1. */
function failWhere(f: FunctionWriter, bad: Code<'i32'>, node: number, index: Code<'i32'>): void {
  f.if(bad, () => {
    f.emit(at('i32.store', FAILURE_SLOT, i32(0), i32(node)))
    f.emit(at('i32.store', FAILURE_SLOT + 4, i32(0), index))
    f.return(i32(1))
  })
}

/** Four at a time; only where one of them is out of range they are looked at one by one, to find the first. */
function assertIndices(f: FunctionWriter, node: number, indices: Address, count: number, size: number): void {
  const eachFrom = (first: number): void =>
    f.for(first, count, 1, (i) => {
      const index = f.let(at('i32.load', 0, add(indices, mul(i, 4))))
      failWhere(f, op('i32.ge_u', index, i32(size)), node, index)
      f.free(index)
    })
  const whole = count - (count % 4)
  if (whole > 0) {
    const bad = f.let(i32x4(0))
    f.for(0, 4 * whole, 16, (i) =>
      f.set(bad, op('v128.or', bad, op('i32x4.ge_u', at('v128.load', 0, add(indices, i)), i32x4(size)))),
    )
    f.if(op('v128.any_true', bad), () => eachFrom(0))
    f.free(bad)
  }
  eachFrom(whole)
}

/**
 * `write(line, at)` for every index: the address of the line in x, and of the element run that goes with it. Of `blocks`
 * outer blocks and of `turns` indices in each, those in the ranges.
 */
function indexed(
  f: FunctionWriter,
  { outer, size, inner }: Lines,
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
  // Often x lies where the result will.
  f.if(op('i32.ne', x!, out), () => {
    const copied = division.range(f, numel(shape) * bytes, LINE)
    f.emit(bulk('memory.copy', startOf(copied, out, 1), startOf(copied, x!, 1), bytesIn(copied, 1)))
    division.barrier(f)
  })
  // Threads divide the result: its blocks, or the lines of each, and then every thread looks through all indices for its own.
  const isOuter = axisToDivide([{ size: view.outer }, { size: view.size }], division.threads) === 0
  const blocks = isOuter ? division.range(f, view.outer) : full(view.outer)
  const own = isOuter ? full(view.size) : division.range(f, view.size)
  const lineBytes = view.inner * bytes
  const float = kindOf(dtype) === 'f32'
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
