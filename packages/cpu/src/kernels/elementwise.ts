/**
 * One loop per primitive that maps elements to elements. Arrays of integers wrap as they store, so most loops serve every
 * dtype. Each reads an element before it writes there: a result may lie where an operand lay.
 */
import { BINARY_NUMBER, COMPARISON, DTYPES, LOGIC, UNARY_FLOAT, UNARY_NUMBER } from '@glissade/core/backend'
import type { HostArray, Kernel, Kernels } from '@glissade/core/backend'
import { erf } from './erf.ts'

type Plain = (
  | typeof UNARY_NUMBER
  | typeof UNARY_FLOAT
  | typeof BINARY_NUMBER
  | typeof COMPARISON
  | typeof LOGIC
)[number]
type Unary = (x: HostArray, out: HostArray) => void
type Binary = (x: HostArray, y: HostArray, out: HostArray) => void

const unary =
  (loop: Unary): Kernel<Plain> =>
  () =>
  ([x], [out]) =>
    loop(x!, out!)

/** `integers` where the loop for floating-point numbers does not do for them. */
const binary =
  (floats: Binary, integers: Binary = floats): Kernel<Plain> =>
  (_, [type]) => {
    const loop = DTYPES[type!.dtype].kind === 'float' ? floats : integers
    return ([x, y], [out]) => loop(x!, y!, out!)
  }

/** From 2^52 on every double is an integer; adding it rounds the fraction away, to even at halves. */
const INTEGERS = 2 ** 52

function roundToEven(x: number): number {
  const y = Math.abs(x)
  if (!(y < INTEGERS)) return x
  const rounded = y + INTEGERS - INTEGERS
  return x < 0 || Object.is(x, -0) ? -rounded : rounded
}

/** C's pow, which differs from JavaScript's in 1^NaN and (-1)^(+-inf): both are 1. */
function power(x: number, y: number): number {
  if (y === 2) return x * x
  if (x === 1 || (x === -1 && (y === Infinity || y === -Infinity))) return 1
  return x ** y
}

/** By squaring, so that it wraps as repeated multiplication does. Negative powers are those of 1/x, with 1/0 = 0. */
function integerPower(x: number, y: number): number {
  if (y < 0) {
    if (x === 1) return 1
    if (x === -1) return y % 2 === 0 ? 1 : -1
    return 0
  }
  let result = 1
  for (let square = x; y > 0; y >>>= 1) {
    if ((y & 1) === 1) result = Math.imul(result, square)
    square = Math.imul(square, square)
  }
  return result
}

/** What generated source calls by name. */
export const scalarFunctions: Readonly<Record<string, (...numbers: [number, number]) => number>> = {
  roundToEven,
  power,
  integerPower,
  erf,
}

const not: Kernel<'not'> = (_, [type]) =>
  type!.dtype === 'bool'
    ? ([x], [out]) => {
        for (let i = 0; i < out!.length; i++) out![i] = 1 - x![i]!
      }
    : ([x], [out]) => {
        for (let i = 0; i < out!.length; i++) out![i] = ~x![i]!
      }

const cast: Kernel<'cast'> = ({ dtype }, [type]) => {
  if (dtype === 'bool')
    return ([x], [out]) => {
      for (let i = 0; i < out!.length; i++) out![i] = Number(x![i] !== 0)
    }
  if (dtype === 'int32' && DTYPES[type!.dtype].kind === 'float')
    return ([x], [out]) => {
      // Storing truncates, and makes NaN 0.
      for (let i = 0; i < out!.length; i++) out![i] = Math.max(-2147483648, Math.min(2147483647, x![i]!))
    }
  return ([x], [out]) => {
    for (let i = 0; i < out!.length; i++) out![i] = x![i]!
  }
}

/**
 * A choice by index. Signs and masks of training are random, and the branch of `?:` or Math.max, guessed wrong for half
 * of the elements, takes three times as long (9 ns an element against 3).
 */
const choice = new Float64Array(2)

const where: Kernel<'where'> =
  () =>
  ([condition, x, y], [out]) => {
    for (let i = 0; i < out!.length; i++) {
      choice[0] = y![i]!
      choice[1] = x![i]!
      out![i] = choice[condition![i]!]!
    }
  }

const maximum: Binary = (x, y, out) => {
  for (let i = 0; i < out.length; i++) {
    const a = x[i]!
    const b = y[i]!
    choice[0] = b
    choice[1] = a
    // Of equals only the zeros differ, and 0 is over -0.
    out[i] = a === b ? Math.max(a, b) : choice[Number(a > b) | Number(a !== a)]!
  }
}

const minimum: Binary = (x, y, out) => {
  for (let i = 0; i < out.length; i++) {
    const a = x[i]!
    const b = y[i]!
    choice[0] = b
    choice[1] = a
    out[i] = a === b ? Math.min(a, b) : choice[Number(a < b) | Number(a !== a)]!
  }
}

// prettier-ignore
export const elementwise: Pick<Kernels, Plain | 'not' | 'where' | 'cast'> = {
  neg: unary((x, out) => { for (let i = 0; i < out.length; i++) out[i] = -x[i]! }),
  abs: unary((x, out) => { for (let i = 0; i < out.length; i++) out[i] = Math.abs(x[i]!) }),
  sign: unary((x, out) => { for (let i = 0; i < out.length; i++) out[i] = Math.sign(x[i]!) }),

  floor: unary((x, out) => { for (let i = 0; i < out.length; i++) out[i] = Math.floor(x[i]!) }),
  ceil: unary((x, out) => { for (let i = 0; i < out.length; i++) out[i] = Math.ceil(x[i]!) }),
  round: unary((x, out) => { for (let i = 0; i < out.length; i++) out[i] = roundToEven(x[i]!) }),
  exp: unary((x, out) => { for (let i = 0; i < out.length; i++) out[i] = Math.exp(x[i]!) }),
  expm1: unary((x, out) => { for (let i = 0; i < out.length; i++) out[i] = Math.expm1(x[i]!) }),
  log: unary((x, out) => { for (let i = 0; i < out.length; i++) out[i] = Math.log(x[i]!) }),
  log1p: unary((x, out) => { for (let i = 0; i < out.length; i++) out[i] = Math.log1p(x[i]!) }),
  sin: unary((x, out) => { for (let i = 0; i < out.length; i++) out[i] = Math.sin(x[i]!) }),
  cos: unary((x, out) => { for (let i = 0; i < out.length; i++) out[i] = Math.cos(x[i]!) }),
  atan: unary((x, out) => { for (let i = 0; i < out.length; i++) out[i] = Math.atan(x[i]!) }),
  tanh: unary((x, out) => { for (let i = 0; i < out.length; i++) out[i] = Math.tanh(x[i]!) }),
  sqrt: unary((x, out) => { for (let i = 0; i < out.length; i++) out[i] = Math.sqrt(x[i]!) }),
  erf: unary((x, out) => { for (let i = 0; i < out.length; i++) out[i] = erf(x[i]!) }),

  add: binary((x, y, out) => { for (let i = 0; i < out.length; i++) out[i] = x[i]! + y[i]! }),
  sub: binary((x, y, out) => { for (let i = 0; i < out.length; i++) out[i] = x[i]! - y[i]! }),
  mul: binary(
    (x, y, out) => { for (let i = 0; i < out.length; i++) out[i] = x[i]! * y[i]! },
    (x, y, out) => { for (let i = 0; i < out.length; i++) out[i] = Math.imul(x[i]!, y[i]!) },
  ),
  div: binary(
    (x, y, out) => { for (let i = 0; i < out.length; i++) out[i] = x[i]! / y[i]! },
    (x, y, out) => { for (let i = 0; i < out.length; i++) out[i] = (x[i]! / y[i]!) | 0 },
  ),
  // An integer modulo 0 is NaN, stored as 0.
  mod: binary((x, y, out) => { for (let i = 0; i < out.length; i++) out[i] = x[i]! % y[i]! }),
  pow: binary(
    (x, y, out) => { for (let i = 0; i < out.length; i++) out[i] = power(x[i]!, y[i]!) },
    (x, y, out) => { for (let i = 0; i < out.length; i++) out[i] = integerPower(x[i]!, y[i]!) },
  ),
  maximum: binary(maximum),
  minimum: binary(minimum),

  eq: binary((x, y, out) => { for (let i = 0; i < out.length; i++) out[i] = Number(x[i] === y[i]) }),
  lt: binary((x, y, out) => { for (let i = 0; i < out.length; i++) out[i] = Number(x[i]! < y[i]!) }),
  le: binary((x, y, out) => { for (let i = 0; i < out.length; i++) out[i] = Number(x[i]! <= y[i]!) }),
  and: binary((x, y, out) => { for (let i = 0; i < out.length; i++) out[i] = x[i]! & y[i]! }),
  or: binary((x, y, out) => { for (let i = 0; i < out.length; i++) out[i] = x[i]! | y[i]! }),

  not,
  where,
  cast,
}
