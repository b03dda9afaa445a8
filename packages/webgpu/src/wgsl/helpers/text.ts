/** Pieces of WGSL that helper functions are put together from. */

const number = (value: number): string => {
  const text = String(Math.fround(value))
  return /[.e]/.test(text) ? text : `${text}.0`
}
/** ((c0 x + c1) x + c2) x + ... of a variable's name. */
export const polynomial = (x: string, coefficients: readonly number[]): string =>
  coefficients.slice(1).reduce((sum, c) => `(${sum} * ${x} + ${number(c)})`, number(coefficients[0]!))

/** The bits of infinity; NaNs lie above, once their sign is gone. */
export const INFINITY = '0x7f800000u'
export const SIGN = '0x80000000u'
export const MAGNITUDE = '0x7fffffffu'
