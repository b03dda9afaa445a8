/** The elementwise functions of one operand, which are methods without arguments: what each is, and what it gives. */
import type { UNARY_FLOAT, UNARY_NUMBER } from '../contract/contract.ts'

/** The operand's dtype; that of its product with an integer (bool becomes int32); real numbers (integers become float32); or bool. */
export type Gives = 'same' | 'number' | 'real' | 'bool'

export interface Unary {
  /** -x, each element with the other sign. Errors: DTypeError for bool. */
  neg: 'same'
  /** |x|, the size of each element. */
  abs: 'same'
  /** The sign of each element: -1, 0 or 1; 0 for NaN. */
  sign: 'same'
  /** The greatest whole number that is not greater. Integers stay as they are. */
  floor: 'same'
  /** The least whole number that is not less. Integers stay as they are. */
  ceil: 'same'
  /** The nearest whole number, the even one of two. Integers stay as they are. */
  round: 'same'
  /** The whole part, towards 0. Integers stay as they are. */
  trunc: 'same'
  /** max(x, 0). NaN stays; the gradient at 0 is 0. */
  relu: 'same'
  /** x^2, each element times itself. */
  square: 'number'
  /** x - trunc(x), the part behind the point, with the sign of x. */
  frac: 'real'
  /** 1 / x for each element. */
  reciprocal: 'real'
  /** The exponential e^x of each element. */
  exp: 'real'
  /** 2^x, two to the power of each element. */
  exp2: 'real'
  /** e^x - 1, exact for small x too. */
  expm1: 'real'
  /** The natural logarithm; -infinity at 0 and NaN below. */
  log: 'real'
  /** The logarithm to the base 2. */
  log2: 'real'
  /** The logarithm to the base 10. */
  log10: 'real'
  /** log(1 + x), exact for small x too. */
  log1p: 'real'
  /** The square root; NaN below 0. */
  sqrt: 'real'
  /** 1 / sqrt(x) for each element. */
  rsqrt: 'real'
  /** The sine of angles in radians. */
  sin: 'real'
  /** The cosine of angles in radians. */
  cos: 'real'
  /** The tangent of angles in radians. */
  tan: 'real'
  /** The angle in [-pi/2, pi/2] with this sine; NaN outside of [-1, 1]. */
  asin: 'real'
  /** The angle in [0, pi] with this cosine; NaN outside of [-1, 1]. */
  acos: 'real'
  /** The angle in (-pi/2, pi/2) with this tangent. */
  atan: 'real'
  /** The hyperbolic sine (e^x - e^-x) / 2. */
  sinh: 'real'
  /** The hyperbolic cosine (e^x + e^-x) / 2. */
  cosh: 'real'
  /** The hyperbolic tangent sinh(x) / cosh(x). */
  tanh: 'real'
  /** The number with this hyperbolic sine. */
  asinh: 'real'
  /** The number of at least 0 with this hyperbolic cosine; NaN below 1. */
  acosh: 'real'
  /** The number with this hyperbolic tangent; infinite at -1 and 1, NaN beyond. */
  atanh: 'real'
  /** The error function, 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x. */
  erf: 'real'
  /** The logistic function 1 / (1 + exp(-x)). */
  sigmoid: 'real'
  /** log(x / (1 - x)), the inverse of the sigmoid; NaN outside of [0, 1]. */
  logit: 'real'
  /** sin(pi x) / (pi x), and 1 at 0. */
  sinc: 'real'
  /** Degrees as radians: x times pi / 180. */
  deg2rad: 'real'
  /** Radians as degrees: x times 180 / pi. */
  rad2deg: 'real'
  /** Whether each element is NaN. */
  isnan: 'bool'
  /** Whether each element is infinite, of either sign. */
  isinf: 'bool'
  /** Whether each element is finite: neither infinite nor NaN. */
  isfinite: 'bool'
  /** Whether each element is infinity. */
  isposinf: 'bool'
  /** Whether each element is -infinity. */
  isneginf: 'bool'
  /** Whether the sign bit is set: of numbers below 0, and of -0. */
  signbit: 'bool'
}

type Primitive = (typeof UNARY_NUMBER | typeof UNARY_FLOAT)[number]
/** Those that are written in primitives. */
export type Special = Exclude<keyof Unary, Primitive>
/** Refuses a table without a row for a primitive. */
export type Complete<Table extends Readonly<Record<Primitive, Gives>>> = Table
