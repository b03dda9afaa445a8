/**
 * Box-Muller on blocks of 16, with the very polynomials of PyTorch's AVX2 kernel (`normal_fill_16_AVX2` in
 * ATen/native/cpu/DistributionTemplates.h), so that float32 results agree bit for bit. Pure arithmetic: the uniforms
 * are drawn by generator.ts.
 *
 * The polynomials are those of S. L. Moshier's Cephes library (single precision: logf, sinf, cosf), with the range
 * reductions of J. Pommier's sse_mathfun and G. Garberoglio's avx_mathfun, which PyTorch uses. Its builds contract
 * every multiplication that is followed by an addition to an FMA, with one rounding. Here that is fround(a * b + c):
 * the product of two float32 numbers is exact in a double, so the sum is rounded to double and then to float32. The
 * first of these roundings never shows: there are only 2^24 uniforms, and for all of them log256 and sincos256 gave
 * what they give with fma32 of fused.ts (test/random.test.ts repeats a part of that comparison, or all on request).
 */
import { fma32, fma64 } from './fused.ts'

const { fround, sqrt } = Math

const SQRT_HALF = fround(0.707106781186547524)
/** Coefficients p0 ... p8 of log's polynomial. */
const P0 = fround(7.0376836292e-2)
const P1 = fround(-1.151461031e-1)
const P2 = fround(1.167699874e-1)
const P3 = fround(-1.2420140846e-1)
const P4 = fround(1.4249322787e-1)
const P5 = fround(-1.6668057665e-1)
const P6 = fround(2.0000714765e-1)
const P7 = fround(-2.4999993993e-1)
const P8 = fround(3.3333331174e-1)
/** ln 2 in two parts, Q2 + Q1; Q2 has 9 bits, so e Q2 is exact. */
const Q1 = fround(-2.1219444e-4)
const Q2 = 0.693359375

const scratch = new Float32Array(1)
const scratchBits = new Int32Array(scratch.buffer)

/**
 * Natural logarithm in float32, of x = 1 - k 2^-24 with 0 <= k < 2^24.
 *
 * x = m 2^e with sqrt(1/2) <= m < sqrt(2), and with r = m - 1:
 * log x = r - r^2/2 + r^3 P(r) + e ln 2, where P has degree 8.
 */
export function log256(x: number): number {
  scratch[0] = x
  const bits = scratchBits[0]!
  let e = (bits >> 23) - 126
  scratchBits[0] = (bits & 0x007fffff) | 0x3f000000
  const m = scratch[0]
  let r = fround(m - 1)
  if (m < SQRT_HALF) {
    e -= 1
    r = fround(r + m)
  }
  const square = fround(r * r)
  let y = fround(P0 * r + P1)
  y = fround(y * r + P2)
  y = fround(y * r + P3)
  y = fround(y * r + P4)
  y = fround(y * r + P5)
  y = fround(y * r + P6)
  y = fround(y * r + P7)
  y = fround(y * r + P8)
  y = fround(y * r)
  y = fround(y * square + fround(e * Q1))
  y = fround(y - 0.5 * square)
  return fround(e * Q2 + fround(r + y))
}

const FOUR_BY_PI = fround(1.27323954473516)
/** -pi/4 in three parts. */
const DP1 = -0.78515625
const DP2 = fround(-2.4187564849853515625e-4)
const DP3 = fround(-3.77489497744594108e-8)
/** Cosine: 1 - z/2 + z^2 (C0 z^2 + C1 z + C2), with z = r^2. */
const C0 = fround(2.443315711809948e-5)
const C1 = fround(-1.388731625493765e-3)
const C2 = fround(4.166664568298827e-2)
/** Sine: r + r z (S0 z^2 + S1 z + S2). */
const S0 = fround(-1.9515295891e-4)
const S1 = fround(8.3321608736e-3)
const S2 = fround(-1.6666654611e-1)

/**
 * Writes the sine and cosine of x = f(f(2 pi) k 2^-24), 0 <= k < 2^24, into out[0] and out[1], in float32.
 *
 * j is 4x/pi rounded up to even and r = x - j pi/4, so |r| <= pi/4. Bit 1 of j says which polynomial is the sine,
 * bits 1 and 2 give the signs.
 */
export function sincos256(x: number, out: Float32Array): void {
  const j = (fround(x * FOUR_BY_PI) + 1) & ~1
  let r = fround(j * DP1 + x)
  r = fround(j * DP2 + r)
  r = fround(j * DP3 + r)
  const z = fround(r * r)
  let cosine = fround(fround(C0 * z + C1) * z + C2)
  cosine = fround(fround(cosine * z) * z - 0.5 * z)
  cosine = fround(cosine + 1)
  let sine = fround(fround(S0 * z + S1) * z + S2)
  sine = fround(fround(sine * z) * r + r)
  const swap = (j & 2) !== 0
  const s = swap ? cosine : sine
  const c = swap ? sine : cosine
  out[0] = (j & 4) !== 0 ? -s : s
  out[1] = (~(j - 2) & 4) !== 0 ? -c : c
}

const TWO_PI_32 = fround(2 * Math.PI)
const TWO_PI = 2 * Math.PI
const pair = new Float32Array(2)

/**
 * Turns the 16 uniforms at data[offset ...] into normal numbers, in place; mean and std are float32 numbers.
 * Element j and element j + 8 make a pair: j gives the radius, j + 8 the angle.
 */
export function normal16(data: Float32Array, offset: number, mean: number, std: number): void {
  for (let j = offset; j < offset + 8; j++) {
    // radius = sqrt(-2 log(1 - u1)), theta = 2 pi u2; 1 - u1 is exact and never zero.
    const radius = fround(sqrt(fround(-2 * log256(fround(1 - data[j]!)))))
    sincos256(fround(TWO_PI_32 * data[j + 8]!), pair)
    data[j] = fma32(fround(radius * pair[1]!), std, mean)
    data[j + 8] = fma32(fround(radius * pair[0]!), std, mean)
  }
}

/** The same in float64, where PyTorch calls the platform's log, sin and cos: equal to a few units in the last place. */
export function normal16Double(data: Float64Array, offset: number, mean: number, std: number): void {
  for (let j = offset; j < offset + 8; j++) {
    const radius = sqrt(-2 * Math.log(1 - data[j]!))
    const theta = TWO_PI * data[j + 8]!
    data[j] = fma64(radius * Math.cos(theta), std, mean)
    data[j + 8] = fma64(radius * Math.sin(theta), std, mean)
  }
}
