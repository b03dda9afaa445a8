/**
 * Matrix products. Transposition is a matter of strides, so one loop serves all four forms; it keeps 4 x 3 results in
 * registers. Packing the operands into panels first gained 5 to 10 % on large matrices and lost a third on 64 x 128 x 10,
 * so it is not done: JavaScript has no vector instructions, and the loop is bound by its arithmetic. Every result is one
 * sum in double over ascending k, whatever the shape around it.
 */
import { DTYPES, numel } from '@glissade/core/backend'
import type { DType, HostArray, Kernel, Kernels } from '@glissade/core/backend'

/** Where the elements of a matrix lie: steps to the next row and to the next column, in elements. */
export interface Matrix {
  readonly row: number
  readonly column: number
}

/** out[m, n] = a[m, k] b[k, n] */
export interface Product {
  readonly m: number
  readonly k: number
  readonly n: number
  readonly a: Matrix
  readonly b: Matrix
  readonly out: Matrix
}

/** Runs a product; the numbers say where in the arrays the matrices start. */
export type Multiply = (
  a: HostArray,
  aStart: number,
  b: HostArray,
  bStart: number,
  out: HostArray,
  outStart: number,
) => void

/** A block of results: 12 sums and their operands just fit the 16 registers of x86. */
const ROWS = 4
const COLUMNS = 3

/**
 * Blocks of 4 x 3 results, with m at least 4 and n at least 3. The last block of a row or column is moved back to fit, so
 * a few results are computed twice, which costs less than a loop for the rest.
 */
const blocks =
  ({ m, k, n, a: A, b: B, out: O }: Product): Multiply =>
  (a, aStart, b, bStart, out, outStart) => {
    const { row: aRow, column: aColumn } = A
    const { row: bRow, column: bColumn } = B
    const { row, column } = O
    for (let i = 0; i < m; i += ROWS) {
      const top = Math.min(i, m - ROWS)
      for (let j = 0; j < n; j += COLUMNS) {
        const left = Math.min(j, n - COLUMNS)
        let p = aStart + top * aRow
        let q = bStart + left * bColumn
        let c00 = 0
        let c01 = 0
        let c02 = 0
        let c10 = 0
        let c11 = 0
        let c12 = 0
        let c20 = 0
        let c21 = 0
        let c22 = 0
        let c30 = 0
        let c31 = 0
        let c32 = 0
        for (let l = 0; l < k; l++) {
          const b0 = b[q]!
          const b1 = b[q + bColumn]!
          const b2 = b[q + 2 * bColumn]!
          const a0 = a[p]!
          c00 += a0 * b0
          c01 += a0 * b1
          c02 += a0 * b2
          const a1 = a[p + aRow]!
          c10 += a1 * b0
          c11 += a1 * b1
          c12 += a1 * b2
          const a2 = a[p + 2 * aRow]!
          c20 += a2 * b0
          c21 += a2 * b1
          c22 += a2 * b2
          const a3 = a[p + 3 * aRow]!
          c30 += a3 * b0
          c31 += a3 * b1
          c32 += a3 * b2
          p += aColumn
          q += bRow
        }
        let o = outStart + top * row + left * column
        out[o] = c00
        out[o + column] = c01
        out[o + 2 * column] = c02
        o += row
        out[o] = c10
        out[o + column] = c11
        out[o + 2 * column] = c12
        o += row
        out[o] = c20
        out[o + column] = c21
        out[o + 2 * column] = c22
        o += row
        out[o] = c30
        out[o + column] = c31
        out[o + 2 * column] = c32
      }
    }
  }

/** Few rows: four results of one row at a time, with n at least 4. */
const rows =
  ({ m, k, n, a: A, b: B, out: O }: Product): Multiply =>
  (a, aStart, b, bStart, out, outStart) => {
    const { row: bRow, column: bColumn } = B
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j += ROWS) {
        const left = Math.min(j, n - ROWS)
        let p = aStart + i * A.row
        let q = bStart + left * bColumn
        let c0 = 0
        let c1 = 0
        let c2 = 0
        let c3 = 0
        for (let l = 0; l < k; l++) {
          const x = a[p]!
          c0 += x * b[q]!
          c1 += x * b[q + bColumn]!
          c2 += x * b[q + 2 * bColumn]!
          c3 += x * b[q + 3 * bColumn]!
          p += A.column
          q += bRow
        }
        const o = outStart + i * O.row + left * O.column
        out[o] = c0
        out[o + O.column] = c1
        out[o + 2 * O.column] = c2
        out[o + 3 * O.column] = c3
      }
  }

const single =
  ({ m, k, n, a: A, b: B, out: O }: Product): Multiply =>
  (a, aStart, b, bStart, out, outStart) => {
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        let p = aStart + i * A.row
        let q = bStart + j * B.column
        let c = 0
        for (let l = 0; l < k; l++) {
          c += a[p]! * b[q]!
          p += A.column
          q += B.row
        }
        out[outStart + i * O.row + j * O.column] = c
      }
  }

/** Products and sums that wrap at 32 bits; 8 bits wrap as they are stored. */
const integers =
  ({ m, k, n, a: A, b: B, out: O }: Product): Multiply =>
  (a, aStart, b, bStart, out, outStart) => {
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        let p = aStart + i * A.row
        let q = bStart + j * B.column
        let c = 0
        for (let l = 0; l < k; l++) {
          c = (c + Math.imul(a[p]!, b[q]!)) | 0
          p += A.column
          q += B.row
        }
        out[outStart + i * O.row + j * O.column] = c
      }
  }

/** Results that `blocks` computes, with those it computes twice. */
const work = (m: number, n: number): number => Math.ceil(m / ROWS) * ROWS * Math.ceil(n / COLUMNS) * COLUMNS

const transpose = ({ row, column }: Matrix): Matrix => ({ row: column, column: row })

/** out^T = b^T a^T: the same loop with the operands exchanged. */
function transposed(loop: (product: Product) => Multiply, { m, k, n, a, b, out }: Product): Multiply {
  const exchanged = loop({ m: n, k, n: m, a: transpose(b), b: transpose(a), out: transpose(out) })
  return (x, xStart, y, yStart, result, start) => exchanged(y, yStart, x, xStart, result, start)
}

/** The loop for a product of these sizes. */
export function multiply(dtype: DType, product: Product): Multiply {
  const { m, n } = product
  if (DTYPES[dtype].kind !== 'float') return integers(product)
  const upright = m >= ROWS && n >= COLUMNS
  const lying = n >= ROWS && m >= COLUMNS
  if (upright && !(lying && work(n, m) < work(m, n))) return blocks(product)
  if (lying) return transposed(blocks, product)
  if (n >= ROWS) return rows(product)
  return m >= ROWS ? transposed(rows, product) : single(product)
}

const kernel: Kernel<'dot'> = ({ transposeA, transposeB }, [a], [out]) => {
  const rank = out!.shape.length
  const [m, n] = [out!.shape[rank - 2]!, out!.shape[rank - 1]!]
  const k = a!.shape[transposeA ? rank - 2 : rank - 1]!
  const loop = multiply(a!.dtype, {
    m,
    k,
    n,
    a: transposeA ? { row: 1, column: m } : { row: k, column: 1 },
    b: transposeB ? { row: 1, column: k } : { row: n, column: 1 },
    out: { row: n, column: 1 },
  })
  const batch = numel(out!.shape.slice(0, -2))
  if (m * n === 0) return () => {}
  return ([x, y], [result]) => {
    for (let i = 0; i < batch; i++) loop(x!, i * m * k, y!, i * k * n, result!, i * m * n)
  }
}

export const dot: Pick<Kernels, 'dot'> = { dot: kernel }
