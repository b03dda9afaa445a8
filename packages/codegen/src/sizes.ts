/**
 * Which numbers of code are sizes, so that programs that differ in sizes alone can share code: engines are slow at what they
 * see for the first time. It is a guess, which only decides how often code is alike.
 */

/** Below are counts of what is written out, strides and lanes, which decide what the code looks like anyway. */
export const SMALL = 16
/** The end of a loop. */
const BOUND = /< $/
const NUMBER = /(?<![\w.$])\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.])/g

/** Whether a number is what a mean multiplies by: one over a size. */
export const isReciprocal = (number: number): boolean =>
  number > 2 ** -24 && number * SMALL < 1 && Math.fround(1 / Math.round(1 / number)) === Math.fround(number)

/** Takes the numbers that are sizes out of a program: the same text then serves every size. The number at position k of `sizes` is called nk in it. */
export function withoutSizes(source: string): { readonly text: string; readonly sizes: readonly number[] } {
  const sizes: number[] = []
  const text = source.replaceAll(NUMBER, (digits, at: number) => {
    const number = Number(digits)
    const isSize = number > (BOUND.test(source.slice(at - 2, at)) ? 1 : SMALL) || isReciprocal(number)
    return isSize ? `n${sizes.push(number) - 1}` : digits
  })
  return { text, sizes }
}
