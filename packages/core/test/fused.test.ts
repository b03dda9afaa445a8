/** Arithmetic with one rounding, of which PyTorch's normal numbers are made. */
import { describe, expect, test } from 'vitest'
import { fma32, fma64, roundSum } from '../src/random/fused.ts'
import { Generator } from '../src/random/generator.ts'
import { log256, sincos256 } from '../src/random/normal.ts'

const { fround } = Math
const float32 = (n: number): Float32Array => new Float32Array(n)
const float64 = (n: number): Float64Array => new Float64Array(n)
const scratch = new DataView(new ArrayBuffer(8))

describe('one rounding', () => {
  /** x = mantissa 2^exponent, exactly. */
  function parts(x: number): [bigint, number] {
    scratch.setFloat64(0, x)
    const bits = scratch.getBigUint64(0)
    const exponent = Number((bits >> 52n) & 0x7ffn)
    const mantissa = (bits & 0xfffffffffffffn) | (exponent === 0 ? 0n : 1n << 52n)
    return [x < 0 ? -mantissa : mantissa, Math.max(exponent, 1) - 1075]
  }

  /** a b + c in exact integers, then the nearest number of so many digits, ties to even. */
  function exactFma(a: number, b: number, c: number, digits: number): number {
    const [ma, ea] = parts(a)
    const [mb, eb] = parts(b)
    const [mc, ec] = parts(c)
    let exponent = Math.min(ea + eb, ec)
    const sum = ((ma * mb) << BigInt(ea + eb - exponent)) + (mc << BigInt(ec - exponent))
    let magnitude = sum < 0n ? -sum : sum
    const excess = magnitude.toString(2).length - digits
    if (excess > 0) {
      const rest = magnitude & ((1n << BigInt(excess)) - 1n)
      const half = 1n << BigInt(excess - 1)
      magnitude >>= BigInt(excess)
      exponent += excess
      if (rest > half || (rest === half && (magnitude & 1n) === 1n)) magnitude++
    }
    return (sum < 0n ? -1 : 1) * Number(magnitude) * 2 ** exponent
  }

  test('fma32 rounds a product just below a midpoint down, where two roundings go up', () => {
    // a b = 2^-24 (1 - 2^-46); c = 1 + 2^-23 is odd in its last place, so the tie of two roundings goes up.
    const [a, b, c] = [2 ** -24 * (1 + 2 ** -23), 1 - 2 ** -23, 1 + 2 ** -23]
    expect(fround(a * b + c)).toBe(1 + 2 ** -22)
    expect(fma32(a, b, c)).toBe(c)
    expect(fma32(-a, b, -c)).toBe(-c)
  })

  test('fma32 is the nearest float32 of the exact value, also where the sum lies at a midpoint', () => {
    const g = new Generator(1)
    let differs = 0
    for (let i = 0; i < 20000; i++) {
      const [c, a] = g.uniform(float32(2), 1, 2) as unknown as [number, number]
      // a b is close to half a unit in the last place of c.
      const b = fround(((i % 2 ? -1 : 1) * 2 ** -24) / a)
      const want = exactFma(a, b, c, 24)
      if (fround(a * b + c) !== want) differs++
      if (fma32(a, b, c) !== want) throw new Error(`fma32(${a}, ${b}, ${c}) is ${fma32(a, b, c)}, want ${want}`)
      if (fma32(-a, b, -c) !== -want) throw new Error(`fma32(${-a}, ${b}, ${-c})`)
    }
    // Two roundings differ in some of these cases, so that they test something.
    expect(differs).toBeGreaterThan(100)
  })

  test('roundSum passes zeros, infinities and NaN through and rounds subnormal sums once', () => {
    expect(roundSum(-0, -0)).toBe(-0)
    expect(roundSum(1e39, 1)).toBe(Infinity)
    expect(roundSum(Infinity, -Infinity)).toBeNaN()
    // Halfway between 2^-149 and 2^-148, and a little more: up only where the little is seen.
    expect(roundSum(2 ** -149 + 2 ** -150, -(2 ** -210))).toBe(2 ** -149)
    expect(roundSum(2 ** -149 + 2 ** -150, 2 ** -210)).toBe(2 ** -148)
  })

  test('fma64 is the nearest double of the exact value', () => {
    const g = new Generator(2)
    const special = [0, 1, -1, 2 ** -53, -(2 ** -53), 1 + 2 ** -52, 1 - 2 ** -53, 3, 0.1]
    const pick = (): number => {
      const kind = g.uint32() % 4
      if (kind === 0) return special[g.uint32() % special.length]!
      const value = g.uniform(float64(1), -2, 2)[0]!
      return kind === 1 ? fround(value) : value * 2 ** ((g.uint32() % 120) - 60)
    }
    for (let i = 0; i < 20000; i++) {
      const a = pick()
      const b = pick()
      // Every other time c nearly cancels the product.
      const c = i % 2 ? pick() : -a * b * (1 + 2 ** -52 * (g.uint32() % 3))
      const want = exactFma(a, b, c, 53)
      if (fma64(a, b, c) !== want) throw new Error(`fma64(${a}, ${b}, ${c}) is ${fma64(a, b, c)}, want ${want}`)
    }
    expect(fma64(0.5, 2 ** 1000, 2 ** 960)).toBe(2 ** 999 + 2 ** 960)
    expect(fma64(2, 3, Infinity)).toBe(Infinity)
    expect(fma64(2, NaN, 1)).toBeNaN()
  })
})

test('log256 and sincos256 are their polynomials in fused arithmetic, for all uniforms', () => {
  /** ((p0 x + p1) x + p2) ..., each step with one rounding. */
  const horner = (x: number, ...p: number[]): number => p.reduce((sum, next) => fma32(sum, x, fround(next)), 0)
  const log = (x: number): number => {
    let e = Math.floor(Math.log2(x)) + 1
    let m = x / 2 ** e
    if (m < fround(0.707106781186547524)) {
      e -= 1
      m *= 2
    }
    const r = m - 1
    const p = horner(
      r,
      7.0376836292e-2,
      -1.151461031e-1,
      1.167699874e-1,
      -1.2420140846e-1,
      1.4249322787e-1,
      -1.6668057665e-1,
      2.0000714765e-1,
      -2.4999993993e-1,
      3.3333331174e-1,
    )
    const z = fround(r * r)
    const y = fma32(-z, 0.5, fma32(fround(p * r), z, fround(e * fround(-2.1219444e-4))))
    return fma32(e, 0.693359375, fround(r + y))
  }
  const sincos = (x: number): [number, number] => {
    const octant = Math.trunc(fround(x * fround(4 / Math.PI)))
    const j = octant + (octant % 2)
    const reduced = fma32(j, fround(-2.4187564849853515625e-4), fma32(j, -0.78515625, x))
    const r = fma32(j, fround(-3.77489497744594108e-8), reduced)
    const z = fround(r * r)
    const c = horner(z, 2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)
    const cosine = fround(fma32(fround(c * z), z, -fround(z * 0.5)) + 1)
    const s = horner(z, -1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)
    const sine = fma32(fround(s * z), r, r)
    const quarter = (j / 2) % 4
    return (
      [
        [sine, cosine],
        [cosine, -sine],
        [-sine, -cosine],
        [-cosine, sine],
      ] as [number, number][]
    )[quarter]!
  }
  const stride = process.env['GLISSADE_EXHAUSTIVE'] ? 1 : 61
  const pair = float32(2)
  for (let k = 0; k < 2 ** 24; k += stride) {
    const u = k * 2 ** -24
    if (log256(1 - u) !== log(1 - u)) throw new Error(`log256 at k = ${k}: ${log256(1 - u)}, want ${log(1 - u)}`)
    const theta = fround(fround(2 * Math.PI) * u)
    sincos256(theta, pair)
    const [sine, cosine] = sincos(theta)
    if (pair[0] === sine && pair[1] === cosine) continue
    throw new Error(`sincos256 at k = ${k}: ${pair.join()}, want ${sine},${cosine}`)
  }
})
