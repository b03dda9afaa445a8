import { expect, test } from 'vitest'
import { loadDigits } from '../src/digits/data.ts'
import { PIXELS, select } from '../src/digits/digits.ts'

const digits = await loadDigits()
const bytes = (values: Float32Array): Uint8Array => new Uint8Array(values.buffer, values.byteOffset, values.byteLength)

test('there are 10,000 digits, as many of each as in the first 10,000 of MNIST', () => {
  const counts = Array.from({ length: 10 }, (_, digit) => digits.labels.filter((label) => label === digit).length)
  expect(counts).toEqual([1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978])
  expect(digits.count).toBe(10_000)
  expect(digits.images).toHaveLength(10_000 * PIXELS)
})

test('pixels run from 0 to 1', () => {
  const [low, high] = digits.images.reduce(([min, max], pixel) => [Math.min(min, pixel), Math.max(max, pixel)], [1, 0])
  expect([low, high]).toEqual([0, 1])
})

test('the order is that of the files, twice the same', async () => {
  expect(digits.labels.every((label, place) => place === 0 || label >= (digits.labels[place - 1] ?? 0))).toBe(true)
  // Row 4 of the first digit, a zero, begins its ink at column 15.
  expect([...digits.images.subarray(4 * 28 + 14, 4 * 28 + 17)].map((pixel) => Number(pixel.toFixed(3)))).toEqual([
    0, 0.2, 0.624,
  ])
  expect(Buffer.compare(bytes((await loadDigits()).images), bytes(digits.images))).toBe(0)
})

test('select takes rows with their labels, in the order asked for', () => {
  const two = select(digits, [9999, 0])
  expect([...two.labels]).toEqual([9, 0])
  expect(two.images.subarray(0, PIXELS)).toEqual(digits.images.subarray(9999 * PIXELS))
  expect(two.images.subarray(PIXELS)).toEqual(digits.images.subarray(0, PIXELS))
})

test('select refuses a place that does not exist', () => {
  expect(() => select(digits, [10_000])).toThrow('select: a place must be a whole number from 0 to 9999 (got 10000)')
  expect(() => select(digits, [0.5])).toThrow('(got 0.5)')
})
