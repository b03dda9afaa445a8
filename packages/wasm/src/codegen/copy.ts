/**
 * Copies between two regular grids of elements: the loop nest behind every operation that only moves elements. Strides are in
 * bytes here; long runs are one `memory.copy`, and transpositions go through tiles of 4 x 4.
 */
import { mergeGrid, movements, type GridAxis, type Movement } from '@glissade/codegen'
import { numel, type Attributes, type DType, type TensorType } from '@glissade/core/backend'
import { add, at, bulk, i32, op, shuffle, type Address, type Code } from '../emitter/code.ts'
import type { FunctionWriter, Local } from '../emitter/function.ts'
import { axisToDivide, bytesIn, countOf, isFull, startOf, full, type Division, type Range } from './division.ts'
import { storeFirst, constantVector, storeVector } from './lanes.ts'
import { bytesOf } from './stored.ts'

/** Bytes of a cache line: what two threads write should not share one. */
export const LINE = 64
/** From here on a run is one `memory.copy`, whose call takes as long as moving about so many bytes. */
const LONG_RUN = 256

/** Loops over axes with pointers that move; `write` gets the pointers of a step. Of `part`, only `range`. */
export function walk(
  f: FunctionWriter,
  axes: readonly GridAxis[],
  from: Address,
  to: Address,
  write: (from: Address, to: Address) => void,
  part?: GridAxis,
  range?: Range,
): void {
  const [axis, ...rest] = axes
  if (axis === undefined) return write(from, to)
  const steps = axis === part && range !== undefined ? range : full(axis.size)
  const [p, q] = [f.let(startOf(steps, from, axis.from)), f.let(startOf(steps, to, axis.to))]
  f.repeat(countOf(steps), () => {
    walk(f, rest, p, q, write, part, range)
    f.set(p, op('i32.add', p, i32(axis.from)))
    f.set(q, op('i32.add', q, i32(axis.to)))
  })
  f.free(p, q)
}

/** A run of bytes. */
export function copyRun(f: FunctionWriter, bytes: number, from: Address, to: Address): void {
  if (bytes === 0) return
  if (bytes >= LONG_RUN) return f.emit(bulk('memory.copy', to, from, i32(bytes)))
  const vectors = bytes - (bytes % 16)
  const move = (i: Address): void => f.emit(at('v128.store', 0, add(to, i), at('v128.load', 0, add(from, i))))
  if (vectors <= 32) for (let i = 0; i < vectors; i += 16) move(i32(i))
  else f.for(0, vectors, 16, move)
  let done = vectors
  for (; done + 4 <= bytes; done += 4) f.emit(at('i32.store', done, to, at('i32.load', done, from)))
  for (; done < bytes; done++) f.emit(at('i32.store8', done, to, at('i32.load8_u', done, from)))
}

const moveOne = (f: FunctionWriter, bytes: number, from: Address, to: Address): void =>
  f.emit(
    bytes === 4 ? at('i32.store', 0, to, at('i32.load', 0, from)) : at('i32.store8', 0, to, at('i32.load8_u', 0, from)),
  )

/** Elements of `bytes` bytes from one grid to another. */
export function copyGrid(
  f: FunctionWriter,
  division: Division,
  bytes: number,
  grid: readonly GridAxis[],
  from: Address,
  to: Address,
): void {
  if (grid.some((axis) => axis.size === 0)) return
  const axes = mergeGrid(grid)
  /** Loops over these axes, of which the threads divide one. */
  const each = (outer: readonly GridAxis[], write: (from: Address, to: Address) => void): void => {
    const part = outer[axisToDivide(outer, division.threads)]
    const range = division.range(f, part?.size ?? 1)
    if (part !== undefined) return walk(f, outer, from, to, write, part, range)
    f.repeat(countOf(range), () => write(from, to))
  }
  const inner = axes.at(-1)
  if (inner !== undefined && inner.from === bytes && inner.to === bytes) {
    const outer = axes.slice(0, -1)
    if (outer.length > 0) return each(outer, (p, q) => copyRun(f, inner.size * bytes, p, q))
    const run = division.range(f, inner.size * bytes, LINE)
    if (isFull(run)) return copyRun(f, run.end, from, to)
    return f.emit(bulk('memory.copy', startOf(run, to, 1), startOf(run, from, 1), bytesIn(run, 1)))
  }
  const rows = axes.findIndex((axis) => axis.from === bytes)
  const columns = axes.findIndex((axis) => axis.to === bytes)
  if (bytes === 4 && rows >= 0 && columns >= 0 && rows !== columns && axes[rows]!.size >= 4 && axes[columns]!.size >= 4)
    return each(
      axes.filter((_, i) => i !== rows && i !== columns),
      (p, q) => transpose(f, axes[rows]!, axes[columns]!, p, q),
    )
  each(axes, (p, q) => moveOne(f, bytes, p, q))
}

/** Four vectors of a 4 x 4 tile with rows and columns exchanged. */
export function transposeTile(
  f: FunctionWriter,
  [a, b, c, d]: readonly [Code<'v128'>, Code<'v128'>, Code<'v128'>, Code<'v128'>],
): Code<'v128'>[] {
  const low = f.let(shuffle(a, b, 0, 4, 1, 5))
  const high = f.let(shuffle(a, b, 2, 6, 3, 7))
  const low2 = f.let(shuffle(c, d, 0, 4, 1, 5))
  const high2 = f.let(shuffle(c, d, 2, 6, 3, 7))
  f.free(low, high, low2, high2)
  return [
    shuffle(low, low2, 0, 1, 4, 5),
    shuffle(low, low2, 2, 3, 6, 7),
    shuffle(high, high2, 0, 1, 4, 5),
    shuffle(high, high2, 2, 3, 6, 7),
  ]
}

/** `rows` is contiguous in what is read, `columns` in what is written. Elements of 4 bytes. */
function transpose(f: FunctionWriter, rows: GridAxis, columns: GridAxis, from: Address, to: Address): void {
  const [m, n] = [rows.size - (rows.size % 4), columns.size - (columns.size % 4)]
  const block = (axis: GridAxis, size: number): GridAxis => ({ size, from: axis.from * 4, to: axis.to * 4 })
  walk(f, [block(columns, n / 4), block(rows, m / 4)], from, to, (p, q) => {
    const load = (i: number): Local<'v128'> => f.let(at('v128.load', 0, add(p, i * columns.from)))
    const lines = [load(0), load(1), load(2), load(3)] as const
    transposeTile(f, lines).forEach((line, i) => f.emit(at('v128.store', 0, add(q, i * rows.to), line)))
    f.free(...lines)
  })
  const rest = (axis: GridAxis, done: number): GridAxis => ({ ...axis, size: axis.size - done })
  const single = (p: Address, q: Address): void => moveOne(f, 4, p, q)
  if (m < rows.size) walk(f, [columns, rest(rows, m)], add(from, m * rows.from), add(to, m * rows.to), single)
  if (n < columns.size)
    walk(f, [rest(columns, n), { ...rows, size: m }], add(from, n * columns.from), add(to, n * columns.to), single)
}

/** Elements of one value; a range begins at a multiple of four. */
function fill(f: FunctionWriter, dtype: DType, value: number, range: Range, to: Address): void {
  const bytes = bytesOf(dtype)
  if (value === 0 || bytes === 1) {
    const low = dtype === 'bool' ? Number(value !== 0) : value & 255
    return f.emit(bulk('memory.fill', startOf(range, to, bytes), i32(low), bytesIn(range, bytes)))
  }
  const vector = f.let(constantVector(dtype, value))
  const start = f.let(startOf(range, to, bytes))
  const length = f.let(bytesIn(range, bytes))
  const vectors = f.let(op('i32.and', length, i32(-16)))
  f.for(0, vectors, 16, (i) => f.emit(storeVector(dtype, add(start, i), 0, vector)))
  f.for(vectors, length, 4, (i) => f.emit(storeFirst(dtype, add(start, i), 0, vector)))
  f.free(vector, start, length, vectors)
}

/** Writes a node that moves elements and computes none. */
export function writeMovement(
  f: FunctionWriter,
  division: Division,
  name: Movement,
  attrs: object,
  args: readonly Address[],
  out: Address,
  types: readonly TensorType[],
  result: TensorType,
): void {
  const bytes = bytesOf(result.dtype)
  if (name === 'pad' && numel(result.shape) > 0) {
    fill(f, result.dtype, (attrs as Attributes['pad']).value, division.range(f, numel(result.shape), LINE), out)
    division.barrier(f)
  }
  for (const { operand, from, to, axes } of movements[name](attrs as never, types, result)) {
    const grid = axes.map((axis) => ({ size: axis.size, from: axis.from * bytes, to: axis.to * bytes }))
    copyGrid(f, division, bytes, grid, add(args[operand]!, from * bytes), add(out, to * bytes))
  }
}
