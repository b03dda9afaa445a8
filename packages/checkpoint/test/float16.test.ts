import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16, float32ToFloat16 } from '../src/float16.ts'

const patterns = Uint16Array.from({ length: 65_536 }, (_, i) => i)

test('every float16 widens to its value: (-1)^s 2^(e-15) 1.f, or 2^-14 0.f without a leading one', () => {
  const values = float16ToFloat32(patterns)
  for (const pattern of patterns) {
    const [sign, e, f] = [pattern >> 15 ? -1 : 1, (pattern >> 10) & 31, pattern & 1023]
    const finite = e === 0 ? f / 2 ** 24 : 2 ** (e - 15) * (1 + f / 1024)
    const want = sign * (e < 31 ? finite : f === 0 ? Infinity : NaN)
    if (!Object.is(values[pattern], want)) expect([pattern, values[pattern]]).toEqual([pattern, want])
  }
})

test('all 65,536 patterns of float16 and of bfloat16 come back from float32 bit by bit, NaN payloads included', () => {
  expect(float32ToFloat16(float16ToFloat32(patterns))).toEqual(patterns)
  expect(float32ToBfloat16(bfloat16ToFloat32(patterns))).toEqual(patterns)
})

const float32Bits = fc.integer({ min: 0, max: 0xffffffff })
const asFloat = (bits: number): Float32Array => new Float32Array(Uint32Array.of(bits).buffer)

/** The nearest of all values of a format, ties to the even pattern: by looking at every finite one, in order. */
function nearest(value: number, positive: readonly number[], overflow: number): number {
  const magnitude = Math.abs(value)
  if (magnitude >= overflow) return positive.length
  let low = 0
  let high = positive.length - 1
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (positive[middle]! <= magnitude) low = middle
    else high = middle
  }
  if (positive[high]! <= magnitude) return high
  const [below, above] = [magnitude - positive[low]!, positive[high]! - magnitude]
  return below < above || (below === above && low % 2 === 0) ? low : high
}

test.each([
  // 65504 is the largest float16 and 2^16 would be the next: what is at least half way is infinite.
  { name: 'float16', narrow: float32ToFloat16, widen: float16ToFloat32, finite: 0x7c00, overflow: 65_520 },
  {
    name: 'bfloat16',
    narrow: float32ToBfloat16,
    widen: bfloat16ToFloat32,
    finite: 0x7f80,
    overflow: 2 ** 128 * (1 - 2 ** -9),
  },
])('$name takes the nearest value, ties to even, and infinity beyond', ({ narrow, widen, finite, overflow }) => {
  const positive = [...widen(patterns.subarray(0, finite))]
  fc.assert(
    fc.property(float32Bits, (bits) => {
      const value = asFloat(bits)
      const got = narrow(value)
      if (Number.isNaN(value[0])) expect(widen(got)[0]).toBeNaN()
      else expect(got[0]).toBe(nearest(value[0]!, positive, overflow) | ((bits >>> 31) << 15))
    }),
    { seed: 16, numRuns: 20_000 },
  )
})
