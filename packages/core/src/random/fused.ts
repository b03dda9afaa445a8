/**
 * Sums and multiply-adds with one rounding, as the FMA units give that PyTorch's AVX2 kernels are compiled for.
 * Plain functions of numbers; nothing here draws or allocates per call (but fma64 in its rarest case).
 */

const { fround } = Math

/**
 * The exact a + b, rounded once to float32, for doubles a and b.
 *
 * `fround(a + b)` rounds twice: first to double, then to float32. The two differ only where the double sum lies exactly
 * halfway between two neighbouring float32 numbers although the exact sum does not: every such midpoint is a double, so
 * the first rounding can reach it but never cross it. There the error of the first rounding tells the side.
 * Sums beyond float32's range become infinite.
 */
export function roundSum(a: number, b: number): number {
  const sum = a + b
  const near = fround(sum)
  const rest = sum - near
  // If sum is halfway between near and its neighbour, then the neighbour is sum + rest, a float32 number.
  const neighbour = sum + rest
  if (rest === 0 || fround(neighbour) !== neighbour) return near
  return settleTie(a, b, sum, near, neighbour)
}

function settleTie(a: number, b: number, sum: number, near: number, neighbour: number): number {
  if (!Number.isFinite(near)) return near
  // TwoSum (Knuth, The Art of Computer Programming 2, 4.2.2): error = (a + b) - sum, exactly.
  const fromB = sum - a
  const error = a - (sum - fromB) + (b - fromB)
  if (error === 0) return near
  return error > 0 ? Math.max(near, neighbour) : Math.min(near, neighbour)
}

/** a * b + c rounded once to float32, for float32 numbers a, b and c: their product has 48 bits, exact in a double. */
export function fma32(a: number, b: number, c: number): number {
  return roundSum(a * b, c)
}

/** Veltkamp's constant 2^27 + 1: it parts a double into two halves whose products are exact. */
const SPLITTER = 134217729

const bits = new BigInt64Array(1)
const value = new Float64Array(bits.buffer)

/** a + b rounded to odd: when inexact, the neighbour of the exact sum whose last bit is 1. */
function oddSum(a: number, b: number): number {
  const sum = a + b
  const fromB = sum - a
  const error = a - (sum - fromB) + (b - fromB)
  if (error === 0 || Number.isNaN(error)) return sum
  value[0] = sum
  // Doubles of one sign are ordered as their bits: one more is one step away from zero.
  if ((bits[0]! & 1n) === 0n) bits[0]! += error > 0 === sum > 0 ? 1n : -1n
  return value[0]
}

/** Beyond this a product with SPLITTER may overflow. */
const HUGE = 2 ** 990

/**
 * a * b + c rounded once to double, where |a| < 2^990 and nothing underflows (|a b| > 2^-900 or 0).
 * S. Boldo and G. Melquiond, Emulation of FMA and correctly rounded sums: proved algorithms using rounding to odd,
 * IEEE Transactions on Computers 57 (2008), algorithm Fma-emulation.
 */
export function fma64(a: number, b: number, c: number): number {
  if (b === 1) return a + c
  const product = a * b
  if (c === 0 || !Number.isFinite(product) || !Number.isFinite(c)) return product + c
  if (Math.abs(b) > HUGE) return fma64(a, b * 2 ** -64, c * 2 ** -64) * 2 ** 64
  const aParted = SPLITTER * a
  const aHigh = aParted - (aParted - a)
  const aLow = a - aHigh
  const bParted = SPLITTER * b
  const bHigh = bParted - (bParted - b)
  const bLow = b - bHigh
  // a b = product + low, exactly (Dekker).
  const low = aHigh * bHigh - product + aHigh * bLow + aLow * bHigh + aLow * bLow
  // c + low = inner + innerError and product + inner = sum + sumError, exactly.
  const inner = c + low
  const innerFromLow = inner - c
  const innerError = c - (inner - innerFromLow) + (low - innerFromLow)
  const sum = product + inner
  const fromInner = sum - product
  const sumError = product - (sum - fromInner) + (inner - fromInner)
  return sum + oddSum(innerError, sumError)
}
