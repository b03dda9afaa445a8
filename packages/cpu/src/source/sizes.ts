/**
 * Source with names in place of the numbers that are sizes, so that programs that differ in sizes alone have the same
 * source: V8 is slow at what it sees for the first time. What counts as a size is a guess that only decides how often
 * sources are alike.
 */

/** Below are counts of what is written out, which decide what the source looks like anyway. */
const SMALL = 16
/** The end of a loop. */
const BOUND = /< $/
const NUMBER = /(?<![\w.$])\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.])/g

/** What a mean multiplies by. */
const isReciprocal = (number: number): boolean =>
  number > 2 ** -24 && number * SMALL < 1 && Math.fround(1 / Math.round(1 / number)) === Math.fround(number)

/** The number at position k of `sizes` is called nk. */
export function withoutSizes(source: string): { readonly text: string; readonly sizes: readonly number[] } {
  const sizes: number[] = []
  const text = source.replaceAll(NUMBER, (digits, at: number) => {
    const number = Number(digits)
    const isSize = number > (BOUND.test(source.slice(at - 2, at)) ? 1 : SMALL) || isReciprocal(number)
    return isSize ? `n${sizes.push(number) - 1}` : digits
  })
  return { text, sizes }
}
