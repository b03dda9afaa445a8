/**
 * How one node's work is divided: every thread calls the node's function and takes its own range of what the kernel calls
 * its outer range: rows or columns of a product, planes, lines, elements. Results are divided and sums never, so the bits
 * do not depend on the number of threads.
 */
import { add, i32, lessThan, mul, op, select, type Code } from '../emitter/code.ts'
import type { Callee, FunctionWriter, Local } from '../emitter/function.ts'

type Size = number | Code<'i32'>

/** From `begin` to below `end`; numbers where all of it is meant. */
export interface Range {
  readonly begin: Size
  readonly end: Size
}
export const full = (count: number): Range => ({ begin: 0, end: count })
export const isFull = (range: Range): range is { begin: number; end: number } => typeof range.begin === 'number'

const code = (size: Size): Code<'i32'> => (typeof size === 'number' ? i32(size) : size)
export const countOf = ({ begin, end }: Range): Size =>
  typeof begin === 'number' && typeof end === 'number' ? end - begin : op('i32.sub', code(end), code(begin))
/** Where the range begins in memory. */
export const startOf = ({ begin }: Range, start: Code<'i32'>, stride: number): Code<'i32'> =>
  add(start, mul(code(begin), stride))
/** How many bytes it is. */
export const bytesIn = (range: Range, stride: number): Code<'i32'> => mul(code(countOf(range)), stride)

export interface Division {
  readonly threads: number
  /** This thread's part of `count`, cut at multiples of `unit`; empty where there are more threads than units. */
  range(f: FunctionWriter, count: number, unit?: number): Range
  /** Waits until all threads have come here: what they wrote before can be read after. */
  barrier(f: FunctionWriter): void
}

/** One thread does everything. */
export const undivided: Division = { threads: 1, range: (_, count) => full(count), barrier: () => {} }

/** `thread` is the number of the thread that runs the function, `barrier` the module's function of that name. */
export const dividedBy = (
  threads: number,
  thread: Local<'i32'>,
  barrier: Callee & { readonly result: 'void' },
): Division => ({
  threads,
  range(f, count, unit = 1) {
    const share = Math.ceil(count / (threads * unit)) * unit
    const most = (x: Code<'i32'>): Local<'i32'> => {
      const value = f.let(x)
      f.set(value, select(value, i32(count), lessThan(value, count)))
      return value
    }
    const begin = most(mul(thread, share))
    return { begin, end: most(add(begin, share)) }
  },
  barrier: (f) => f.emit(f.call(barrier, thread)),
})

/** Of axes that may be divided, the index of the first that gives every thread enough, else of the longest; -1 of none. */
export function axisToDivide(axes: readonly { readonly size: number }[], threads: number): number {
  const sizes = axes.map(({ size }) => size)
  const enough = sizes.findIndex((size) => size >= ENOUGH * threads)
  return enough >= 0 ? enough : sizes.indexOf(Math.max(...sizes))
}
/** With so many steps for each thread, one more or less is little. */
const ENOUGH = 4
