import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { e4m3fn, e5m2, e8m0fnu } from '../src/float8.ts'

const patterns = Uint8Array.from({ length: 256 }, (_, i) => i)
const never = (what: string): never => {
  throw new Error(what)
}

test('every float8_e4m3fn widens to its value: (-1)^s 2^(e-7) 1.f, or 2^-6 0.f without a leading one; no infinity', () => {
  const values = e4m3fn.decode(patterns)
  for (const pattern of patterns) {
    const [sign, e, f] = [pattern >> 7 ? -1 : 1, (pattern >> 3) & 15, pattern & 7]
    const finite = sign * (e === 0 ? f / 2 ** 9 : 2 ** (e - 7) * (1 + f / 8))
    expect([pattern, values[pattern]]).toEqual([pattern, e === 15 && f === 7 ? NaN : finite])
  }
  expect(Math.max(...values.filter((value) => !Number.isNaN(value)))).toBe(448)
})

test('every float8_e5m2 widens to its value, which is a float16 without its last eight bits', () => {
  const values = e5m2.decode(patterns)
  for (const pattern of patterns) {
    const [sign, e, f] = [pattern >> 7 ? -1 : 1, (pattern >> 2) & 31, pattern & 3]
    const finite = e === 0 ? f / 2 ** 16 : 2 ** (e - 15) * (1 + f / 4)
    expect([pattern, values[pattern]]).toEqual([pattern, sign * (e < 31 ? finite : f === 0 ? Infinity : NaN)])
  }
  expect(Math.max(...values.filter(Number.isFinite))).toBe(57_344)
})

test('every float8_e8m0fnu widens to a power of two, and the last one to NaN', () => {
  const values = e8m0fnu.decode(patterns)
  for (const pattern of patterns) expect(values[pattern]).toBe(pattern === 255 ? NaN : 2 ** (pattern - 127))
})

test('all patterns come back from float32 bit by bit, NaN payloads included', () => {
  expect(e4m3fn.encode(e4m3fn.decode(patterns))).toEqual(patterns)
  expect(e5m2.encode(e5m2.decode(patterns))).toEqual(patterns)
  expect(e8m0fnu.encode(e8m0fnu.decode(patterns), never)).toEqual(patterns)
})

test.each<[string, typeof e4m3fn, number, number]>([
  // 480 would be the next after 448: half way is 464, a tie to the even 448; what is beyond has only NaN.
  ['float8_e4m3fn', e4m3fn, 0x7e, 480],
  // 2^16 would be the next after 57344, and is the even one of both.
  ['float8_e5m2', e5m2, 0x7b, 2 ** 16],
])('%s takes the nearest value, ties to even', (_, { decode, encode }, last, next) => {
  const positive = [...decode(patterns.subarray(0, last + 1)), next]
  const nearest = (magnitude: number): number => {
    if (magnitude >= next) return last + 1
    const above = positive.findIndex((value) => value > magnitude)
    const [down, up] = [magnitude - positive[above - 1]!, positive[above]! - magnitude]
    return down < up || (down === up && above % 2 === 1) ? above - 1 : above
  }
  const ties = positive.slice(1).map((value, i) => (value + positive[i]!) / 2)
  const floats = fc.oneof(fc.constantFrom(...ties), fc.float({ noNaN: true }), fc.float({ min: -600, max: 600 }))
  fc.assert(
    fc.property(floats, fc.boolean(), (value, negative) => {
      fc.pre(!Number.isNaN(value))
      const magnitude = Math.abs(value)
      expect([value, encode(Float32Array.of(negative ? -magnitude : magnitude))[0]]).toEqual([
        value,
        nearest(magnitude) | (negative ? 0x80 : 0),
      ])
    }),
    { seed: 8, numRuns: 20_000 },
  )
})

test('what is no power of two is not written as a scale', () => {
  for (const value of [3, 0, -1, Infinity])
    expect(() => e8m0fnu.encode(Float32Array.of(1, value), never)).toThrow(`the value ${value} at index 1 is no power`)
})
