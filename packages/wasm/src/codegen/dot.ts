/** `dot`: packed products where they pay, and plain loops over the operands as they lie where they do not. */
import { numel, type Attributes, type TensorType } from '@glissade/core/backend'
import { add, at, i32, i32x4, mul, op, storeLane, type Address, type Code } from '../emitter/code.ts'
import type { FunctionWriter } from '../emitter/function.ts'
import type { ModuleWriter } from '../emitter/module.ts'
import { addLanes } from './accumulator.ts'
import { countOf, startOf, undivided, full, type Division, type Range } from './division.ts'
import { loadElement, storeElement } from './element.ts'
import { productBytes, writeProduct, type Matrix } from './gemm.ts'
import { endsOf, inRuns } from './long-sum.ts'
import { bytesOf, kindOf } from './stored.ts'

/** Below so many products packing costs more than it gains (measured at n = 8 to 64). */
const SMALL = 8192
/** With so few rows or columns a panel would be mostly zeros. */
export const FEW = 3

interface Sizes {
  readonly batch: number
  readonly m: number
  readonly k: number
  readonly n: number
}

function sizesOf({ transposeA }: Attributes['dot'], a: TensorType, out: TensorType): Sizes {
  const [m, n] = out.shape.slice(-2) as [number, number]
  return { batch: numel(out.shape.slice(0, -2)), m, n, k: a.shape.at(transposeA ? -2 : -1)! }
}

const isPacked = ({ m, n, k }: Sizes): boolean => m * n * k >= SMALL && m > FEW && n > FEW

/** Whether threads divide the batch, and each computes whole products. */
const dividesBatch = ({ batch }: Sizes, threads: number): boolean => batch % threads === 0 || batch >= 4 * threads

/** Bytes of the workspace that it needs, per thread. */
export function dotBytes(attrs: Attributes['dot'], a: TensorType, out: TensorType, threads: number): number {
  const sizes = sizesOf(attrs, a, out)
  if (a.dtype !== 'float32' || !isPacked(sizes)) return 0
  return productBytes(sizes.m, sizes.n, sizes.k, dividesBatch(sizes, threads) ? 1 : threads)
}

/** Products of numbers. */
export function dotCost(attrs: Attributes['dot'], a: TensorType, out: TensorType): number {
  const { batch, m, n, k } = sizesOf(attrs, a, out)
  return batch * m * n * k
}

export function writeDot(
  f: FunctionWriter,
  module: ModuleWriter,
  division: Division,
  attrs: Attributes['dot'],
  [x, y]: readonly Address[],
  out: Address,
  work: Address,
  type: TensorType,
  result: TensorType,
): void {
  const sizes = sizesOf(attrs, type, result)
  const { batch, m, n, k } = sizes
  if (batch * m * n === 0) return
  const bytes = bytesOf(type.dtype)
  const isBatch = dividesBatch(sizes, division.threads)
  const batches = isBatch ? division.range(f, batch) : full(batch)
  const [a, b, c] = [
    f.let(startOf(batches, x!, bytes * m * k)),
    f.let(startOf(batches, y!, bytes * k * n)),
    f.let(startOf(batches, out, bytes * m * n)),
  ]
  const lines = isBatch ? full(m) : division.range(f, m)
  f.repeat(countOf(batches), () => {
    // Steps from one row of the operand to the next, whichever way it lies.
    const [left, right] = [attrs.transposeA ? m : k, attrs.transposeB ? k : n]
    if (type.dtype !== 'float32' || k === 0) scalars(f, sizes, lines, attrs, a, b, c, type)
    else if (isPacked(sizes)) {
      const A: Matrix = { start: a, across: attrs.transposeA, stride: 4 * left }
      const B: Matrix = { start: b, across: !attrs.transposeB, stride: 4 * right }
      writeProduct(f, module, isBatch ? undivided : division, { m, n, k, a: A, b: B, c, row: 4 * n, work })
    } else if (!attrs.transposeB) rows(f, sizes, lines, attrs.transposeA, a, b, c)
    else if (!attrs.transposeA) inner(f, sizes, lines, a, b, c)
    else scalars(f, sizes, lines, attrs, a, b, c, type)
    f.set(a, add(a, bytes * m * k))
    f.set(b, add(b, bytes * k * n))
    f.set(c, add(c, bytes * m * n))
  })
  f.free(a, b, c)
}

/** One sum after another; integers wrap. */
function scalars(
  f: FunctionWriter,
  { m, k, n }: Sizes,
  lines: Range,
  { transposeA, transposeB }: Attributes['dot'],
  a: Address,
  b: Address,
  c: Address,
  { dtype }: TensorType,
): void {
  const bytes = bytesOf(dtype)
  const [p, q] = [f.local('i32'), f.local('i32')]
  const to = f.let(startOf(lines, c, bytes * n))
  const whole = f.local('i32')
  const float = f.local('v128')
  const steps = (count: number, take: () => void): void =>
    f.repeat(count, () => {
      take()
      f.set(p, add(p, bytes * (transposeA ? m : 1)))
      f.set(q, add(q, bytes * (transposeB ? 1 : n)))
    })
  const sum = (): void => {
    if (kindOf(dtype) === 'f32') {
      inRuns(f, k, [float], (count) =>
        steps(count, () => {
          f.set(float, f.multiplyAdd(at('v128.load32_zero', 0, p), at('v128.load32_zero', 0, q), float))
        }),
      )
      return f.emit(storeLane(0, 0, to, float))
    }
    f.set(whole, i32(0))
    steps(k, () => {
      const product = op('i32.mul', loadElement(dtype, p) as Code<'i32'>, loadElement(dtype, q) as Code<'i32'>)
      f.set(whole, op('i32.add', whole, product))
    })
    f.emit(storeElement(dtype, to, whole))
  }
  f.for(lines.begin, lines.end, 1, (i) =>
    f.for(0, n, 1, (j) => {
      f.set(p, add(a, mul(i, bytes * (transposeA ? 1 : k))))
      f.set(q, add(b, mul(j, bytes * (transposeB ? k : 1))))
      sum()
      f.set(to, add(to, bytes))
    }),
  )
  f.free(float, whole, p, q, to)
}

/** c[i, j...] = sum over l of a[i, l] b[l, j...]: up to four vectors of a row at a time. */
export function rows(
  f: FunctionWriter,
  { m, k, n }: Pick<Sizes, 'm' | 'k' | 'n'>,
  lines: Range,
  transposeA: boolean,
  a: Address,
  b: Address,
  c: Address,
): void {
  const line = f.let(startOf(lines, a, 4 * (transposeA ? 1 : k)))
  const to = f.let(startOf(lines, c, 4 * n))
  const [p, q] = [f.local('i32'), f.local('i32')]
  const x = f.local('v128')
  /** `width` vectors from column j on, or one element. */
  const strip = (j: Address, width: number, lanes: number): void => {
    const sums = Array.from({ length: width }, () => f.local('v128'))
    f.set(p, line)
    f.set(q, add(b, mul(j, 4)))
    inRuns(f, k, sums, (count) =>
      f.repeat(count, () => {
        f.set(x, at('v128.load32_splat', 0, p))
        sums.forEach((sum, u) => {
          f.set(sum, f.multiplyAdd(x, lanes > 1 ? at('v128.load', 16 * u, q) : at('v128.load32_zero', 0, q), sum))
        })
        f.set(p, add(p, 4 * (transposeA ? m : 1)))
        f.set(q, add(q, 4 * n))
      }),
    )
    const address = add(to, mul(j, 4))
    sums.forEach((sum, u) => f.emit(lanes > 1 ? at('v128.store', 16 * u, address, sum) : storeLane(0, 0, address, sum)))
    f.free(...sums)
  }
  f.repeat(countOf(lines), () => {
    let j = 0
    for (const [width, lanes] of [
      [4, 4],
      [1, 4],
      [1, 1],
    ] as const) {
      const end = j + Math.floor((n - j) / (width * lanes)) * width * lanes
      if (end === j + width * lanes) strip(i32(j), width, lanes)
      else f.for(j, end, width * lanes, (at0) => strip(at0, width, lanes))
      j = end
    }
    f.set(line, add(line, 4 * (transposeA ? 1 : k)))
    f.set(to, add(to, 4 * n))
  })
  f.free(line, to, p, q, x)
}

/** Both operands are contiguous along k: c[i, j] = sum of four lanes. */
export function inner(
  f: FunctionWriter,
  { k, n }: Pick<Sizes, 'k' | 'n'>,
  lines: Range,
  a: Address,
  b: Address,
  c: Address,
): void {
  const line = f.let(startOf(lines, a, 4 * k))
  const to = f.let(startOf(lines, c, 4 * n))
  const [sum, rest, q] = [f.local('v128'), f.local('v128'), f.local('i32')]
  const vectors = k - (k % 4)
  f.repeat(countOf(lines), () => {
    f.set(q, b)
    f.repeat(n, () => {
      inRuns(f, vectors / 4, [sum], (count, from) => {
        const [begin, end] = endsOf(count, from, 16)
        f.for(begin, end, 16, (l) =>
          f.set(
            sum,
            f.multiplyAdd(at('v128.load', 0, op('i32.add', line, l)), at('v128.load', 0, op('i32.add', q, l)), sum),
          ),
        )
      })
      f.set(rest, i32x4(0))
      for (let l = vectors; l < k; l++)
        f.set(rest, f.multiplyAdd(at('v128.load32_zero', 4 * l, line), at('v128.load32_zero', 4 * l, q), rest))
      addLanes(f, sum)
      f.emit(storeLane(0, 0, to, op('f32x4.add', sum, rest)))
      f.set(to, add(to, 4))
      f.set(q, add(q, 4 * k))
    })
    f.set(line, add(line, 4 * k))
  })
  f.free(line, to, sum, rest, q)
}
