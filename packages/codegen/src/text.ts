/** Places in memory as source text: sums of products, without what changes nothing. */

/** An expression, or a number that is known while the text is written. */
export type Term = string | number

/** A place times a number. */
export const times = (place: Term, factor: number): Term =>
  typeof place === 'number' ? place * factor : factor === 0 ? 0 : factor === 1 ? place : `${place} * ${factor}`

/** Sum of two places. */
export const plus = (a: Term, b: Term): Term =>
  typeof a === 'number' && typeof b === 'number' ? a + b : a === 0 ? b : b === 0 ? a : `${a} + ${b}`

/** Where the element lies that the counters of a nest are at: each counter times its stride. */
export const place = (counters: readonly Term[], strides: readonly number[]): Term =>
  counters.reduce<Term>((sum, counter, axis) => plus(sum, times(counter, strides[axis]!)), 0)
