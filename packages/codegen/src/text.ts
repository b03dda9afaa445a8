/** Places in memory as source text: sums of products, without what changes nothing. */

/** An expression, or a number that is known while the text is written. */
export type Place = string | number

/** A place times a number. */
export const times = (place: Place, factor: number): Place =>
  typeof place === 'number' ? place * factor : factor === 0 ? 0 : factor === 1 ? place : `${place} * ${factor}`

/** Sum of two places. */
export const plus = (a: Place, b: Place): Place =>
  typeof a === 'number' && typeof b === 'number' ? a + b : a === 0 ? b : b === 0 ? a : `${a} + ${b}`

/** Where the element lies that the counters of a nest are at: each counter times its stride. */
export const place = (counters: readonly Place[], strides: readonly number[]): Place =>
  counters.reduce<Place>((sum, counter, axis) => plus(sum, times(counter, strides[axis]!)), 0)
