/** The table of dtypes: its rows agree with each other, and packed numbers are those of IEEE 754. */
import { describe, expect, test } from 'vitest'
import { DTYPE_NAMES, type DType } from '../../src/contract/contract.ts'
import {
  DTYPES,
  bytesOfElements,
  elementsFor,
  elementsOf,
  epsilonOf,
  holds,
  isFloat,
  largestOf,
} from '../../src/contract/dtype.ts'

const { round, packing } = DTYPES.float16
const numbers = packing!.numbers()
const { pack } = packing!

describe('float16', () => {
  test('its 65,536 patterns are (-1)^s 2^(e-15) 1.f, and 2^-14 0.f without a leading one', () => {
    for (let pattern = 0; pattern < 65536; pattern++) {
      const [sign, exponent, fraction] = [pattern >> 15 ? -1 : 1, (pattern >> 10) & 31, (pattern & 1023) / 1024]
      const size = exponent === 0 ? 2 ** -14 * fraction : 2 ** (exponent - 15) * (1 + fraction)
      const want = exponent < 31 ? size : fraction === 0 ? Infinity : NaN
      if (!Object.is(numbers[pattern], Number.isNaN(want) ? NaN : sign * want))
        expect.fail(`${pattern}: ${numbers[pattern]}`)
      if (!Number.isNaN(want) && pack(sign * want) !== pattern)
        expect.fail(`${sign * want} is packed as ${pack(sign * want)}`)
    }
    expect(numbers[pack(NaN)]).toBeNaN()
  })
  test('every tie goes to even, and what lies beside a tie to the nearer number, in one rounding', () => {
    for (let pattern = 0; pattern < 0x7bff; pattern++) {
      const [below, above] = [numbers[pattern]!, numbers[pattern + 1]!]
      const tie = (below + above) / 2
      const want = [below, pattern % 2 === 0 ? below : above, above]
      // A double's last digit: by way of float32 all three would be the tie.
      const given = [tie * (1 - 2 ** -53), tie, tie * (1 + 2 ** -52)]
      for (const sign of [1, -1]) {
        const got = given.map((x) => round(sign * x))
        if (!got.every((x, i) => Object.is(x, sign * want[i]!))) expect.fail(`around ${sign * tie}: ${got.join()}`)
      }
    }
  })
  test.each([
    [65519.99, 65504],
    [65520, Infinity],
    [-65520, -Infinity],
    [2 ** -25, 0],
    [2 ** -25 * 1.0001, 2 ** -24],
    [-(2 ** -30), -0],
    [NaN, NaN],
    [Infinity, Infinity],
  ])('%d becomes %d', (x, want) => expect(round(x)).toBe(want))
})

test('what a dtype holds is what comes back from it unchanged', () => {
  const among: Record<DType, readonly number[]> = {
    bool: [0, 1],
    uint8: [0, 255],
    int32: [-(2 ** 31), 2 ** 31 - 1],
    float16: [largestOf('float16'), 2 ** -24, -0.1].map(DTYPES.float16.round),
    float32: [largestOf('float32'), 2 ** -149, -0.1].map(DTYPES.float32.round),
    float64: [largestOf('float64'), 2 ** -1074, -0.1],
  }
  for (const dtype of DTYPE_NAMES)
    for (const from of DTYPE_NAMES)
      expect(holds(dtype, from), `${dtype} holds ${from}`).toBe(among[from].every((x) => DTYPES[dtype].round(x) === x))
})

// The order of promotion is one list. Two of which neither holds the other (float16 and bfloat16) have no place in it.
test('of two dtypes of one kind the later one holds the earlier one', () => {
  DTYPE_NAMES.forEach((later, i) => {
    for (const earlier of DTYPE_NAMES.slice(0, i))
      if (DTYPES[earlier].kind === DTYPES[later].kind) expect(holds(later, earlier), `${later}, ${earlier}`).toBe(true)
  })
})

test('the ends of the float dtypes', () => {
  expect(largestOf('float16')).toBe(65504)
  expect(largestOf('float32')).toBe((2 - 2 ** -23) * 2 ** 127)
  expect(largestOf('float64')).toBe(Number.MAX_VALUE)
  expect(epsilonOf('float64')).toBe(Number.EPSILON)
  for (const dtype of DTYPE_NAMES.filter(isFloat)) {
    const { round: nearest } = DTYPES[dtype]
    expect(nearest(1 + epsilonOf(dtype))).toBe(1 + epsilonOf(dtype))
    expect(nearest(1 + epsilonOf(dtype) / 2)).toBe(1)
    expect(nearest(largestOf(dtype))).toBe(largestOf(dtype))
  }
})

test.each(DTYPE_NAMES)('%s comes back from its bytes, and takes as many of them as its row says', (dtype) => {
  const elements = elementsFor(dtype, 3)
  elements.set([1, 0, 1])
  const bytes = bytesOfElements(dtype, elements)
  expect(bytes.length).toBe(3 * DTYPES[dtype].bytes)
  expect(elementsOf({ dtype, shape: [3] }, bytes.slice())).toEqual(elements)
})
