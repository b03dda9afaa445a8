/** Softmax as one kernel: rows and columns of every size, numbers of every kind, on one thread and on several. */
import { describe, expect, test } from 'vitest'
import { setDefaultDevice, tensor } from '@glissade/core'
import { softmax } from '@glissade/core/functional'
import { makeBackend } from '../src/backend.ts'
import { wasm } from '../src/index.ts'

const one = await wasm()
const four = await makeBackend({ memoryBytes: 2 ** 32, threads: 4, worth: 0 })

/** In double precision, by the definition; shape is [outer, size, inner]. */
function exact(data: ArrayLike<number>, [outer, size, inner]: readonly [number, number, number]): Float64Array {
  const result = new Float64Array(outer * size * inner)
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < inner; i++) {
      const at = (k: number): number => (o * size + k) * inner + i
      const line = Array.from({ length: size }, (_, k) => data[at(k)]!)
      const most = line.some(Number.isNaN) ? NaN : Math.max(...line)
      const e = line.map((x) => Math.exp(x - most))
      const sum = e.reduce((a, b) => a + b, 0)
      e.forEach((x, k) => (result[at(k)] = x / sum))
    }
  return result
}

async function check(data: Float32Array | Int32Array | Uint8Array, shape: readonly [number, number, number]) {
  const [got, divided] = await Promise.all(
    [one, four].map((device) => {
      setDefaultDevice(device)
      return softmax(tensor(data, { shape }), { dim: 1 }).data()
    }),
  )
  expect(divided).toEqual(got)
  const want = exact(data, shape)
  want.forEach((wanted, i) => {
    if (Number.isNaN(wanted)) return expect(got![i], `element ${i}`).toBeNaN()
    // Differences of large numbers are rounded before their exponential is taken: 2^-24 of the difference.
    const difference = Math.abs(Math.log(wanted || 2 ** -150))
    const allowed = wanted * 2 ** -23 * (8 + difference) + 2 ** -149
    if (!(Math.abs(got![i]! - wanted) <= allowed)) expect.fail(`element ${i} is ${got![i]}, want ${wanted}`)
  })
}

const noise = (length: number, scale: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => scale * Math.sin(12.9898 * i + 78.233 * scale))

describe('rows of', () => {
  test.each([1, 2, 3, 4, 5, 7, 15, 16, 17, 31, 64, 100, 1023, 2048, 2049, 5003])('%i numbers', async (size) => {
    for (const scale of [1, 30, 200]) await check(noise(5 * size, scale), [5, size, 1])
  })
})
describe('columns side by side,', () => {
  test.each([1, 2, 3, 4, 6, 15, 16, 17, 33, 64, 130])('%i', async (inner) => {
    for (const scale of [1, 200])
      for (const size of [1, 10, 150, 300]) await check(noise(2 * size * inner, scale), [2, size, inner])
  })
})

const SPECIAL: readonly (readonly number[])[] = [
  [NaN],
  [Infinity],
  [-Infinity],
  [Infinity, -Infinity],
  [-1e30],
  [1e30, 1e30],
  [64, -64],
  [64.00001],
  [-100, -101],
  [88, 89],
  [-0],
]
describe('among other numbers', () => {
  test.each(SPECIAL)('%s, %s', async (...numbers) => {
    const special = numbers.filter((x) => x !== undefined)
    for (const size of [special.length, 9, 70]) {
      const data = noise(3 * size, 2)
      data.set(special, size)
      await check(data, [3, size, 1])
      await check(data, [1, size, 3])
    }
  })
  test('a row of nothing but -infinity is NaN', async () => {
    const data = noise(60, 1).fill(-Infinity, 20, 40)
    await check(data, [3, 20, 1])
  })
})

test('integers are numbers', async () => {
  await check(
    Int32Array.from({ length: 90 }, (_, i) => (i % 7) - 3),
    [3, 30, 1],
  )
  await check(
    Int32Array.from({ length: 90 }, (_, i) => (i % 7) * 50),
    [3, 10, 3],
  )
  await check(
    Uint8Array.from({ length: 90 }, (_, i) => i % 9),
    [3, 5, 6],
  )
})
test('nothing gives nothing', async () => {
  setDefaultDevice(one)
  for (const shape of [
    [0, 3],
    [3, 0],
  ] as const)
    expect(await softmax(tensor(new Float32Array(), { shape }), { dim: 1 }).data()).toHaveLength(0)
})
