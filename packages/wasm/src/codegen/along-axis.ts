/** Lines along one axis of a value. */
import type { Lines } from '@glissade/codegen'
import { add, i32, type Address } from '../emitter/code.ts'
import type { FunctionWriter, Local } from '../emitter/function.ts'
import { axisToDivide, bytesIn, countOf, isFull, startOf, full, type Division, type Range } from './division.ts'

/** `write(first)` with the address of the first element of every line along an axis, and a running number. */
export function lines(
  f: FunctionWriter,
  division: Division,
  x: Address,
  bytes: number,
  { outer, size, inner }: Lines,
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
