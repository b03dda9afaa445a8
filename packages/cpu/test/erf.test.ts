import { expect, test } from 'vitest'
import { erf } from '../src/kernels/erf.ts'
import { ulps } from './ulps.ts'

/** Fixed point with 400 bits: the terms of the series grow to e^36 before they cancel. */
const BITS = 400n
const ONE = 1n << BITS

/** pi = 16 atan(1/5) - 4 atan(1/239) (Machin). */
function pi(): bigint {
  const atanOfInverse = (n: bigint): bigint => {
    let sum = 0n
    for (let power = ONE / n, k = 1n, sign = 1n; power > 0n; power /= n * n, k += 2n, sign = -sign)
      sum += (sign * power) / k
    return sum
  }
  return 16n * atanOfInverse(5n) - 4n * atanOfInverse(239n)
}

/** Newton's method from above, for x > 1. */
function squareRoot(x: bigint): bigint {
  let root = x
  for (let next = (root + ONE) / 2n; next < root; next = (root + (x << BITS) / root) / 2n) root = next
  return root
}
const SQRT_PI = squareRoot(pi())

const toFixed = (x: number): bigint => {
  const scaled = BigInt(x * 2 ** 52)
  return scaled << (BITS - 52n)
}

/** erf(x) = 2 / sqrt(pi) sum of (-1)^n x^(2n+1) / (n! (2n+1)), rounded to double. `x` is a multiple of 2^-52. */
function exactErf(x: number): number {
  const fixed = toFixed(x)
  const square = (fixed * fixed) >> BITS
  let sum = 0n
  for (let term = fixed, n = 0n; term !== 0n; n++, term = -((term * square) >> BITS) / n) sum += term / (2n * n + 1n)
  const result = (2n * sum * ONE) / SQRT_PI
  return Number(result) / 2 ** Number(BITS)
}

const points = (from: number, to: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.round((from + ((to - from) * i) / count) * 2 ** 40) / 2 ** 40)

test('erf is right to 1e-15 from 2^-20 to where it is 1', () => {
  let worst = 0
  for (const x of [...points(2 ** -20, 0.5, 500), ...points(0.46, 4.2, 1000), ...points(4, 6.1, 300)])
    worst = Math.max(worst, Math.abs(erf(x) / exactErf(x) - 1))
  expect(worst).toBeLessThan(1e-15)
})

test('erf of a float32, rounded to float32, is the nearest one or its neighbour', () => {
  // An odd number of points, so that none is 0.
  for (const x of points(-4, 4, 2001).map(Math.fround))
    expect(ulps(Math.fround(erf(x)), Math.fround(exactErf(x)), 'float32')).toBeLessThanOrEqual(1)
})

test('erf is odd, and linear near 0', () => {
  for (const x of points(0.01, 6, 100)) expect(erf(-x)).toBe(-erf(x))
  // erf(x) = 2 / sqrt(pi) x
  expect(erf(1e-300)).toBeCloseTo(1.1283791670955126e-300, 310)
  expect(erf(5e-324)).toBe(5e-324)
})
