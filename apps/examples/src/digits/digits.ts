/** Handwritten digits as pixels and labels. */

/** Images are 28 x 28. */
export const PIXELS = 784

export interface Digits {
  /** Row i holds the pixels of digit i, row by row, from 0 (paper) to 1 (ink). */
  readonly images: Float32Array
  readonly labels: Uint8Array
  readonly count: number
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
