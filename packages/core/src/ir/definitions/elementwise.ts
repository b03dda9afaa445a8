/** Element by element: the operands have the shape of the result. */
import type { BINARY_NUMBER, COMPARISON, DType, LOGIC, UNARY_FLOAT, UNARY_NUMBER } from '../../contract/contract.ts'
import { DTYPES } from '../../contract/dtype.ts'
import { isFloat } from '../type.ts'
import { erf } from './erf.ts'
import { product, stored, type Definition } from './value.ts'

type Unary = (typeof UNARY_NUMBER | typeof UNARY_FLOAT)[number]
type Binary = (typeof BINARY_NUMBER | typeof COMPARISON | typeof LOGIC)[number]
type Elementwise = Unary | Binary | 'not' | 'where' | 'cast'
type Formula = (a: number, b: number) => number

const unary =
  (formula: (x: number) => number): Definition<Unary> =>
  (_, [x], [type]) => [x!.data.map((a) => stored[type!.dtype](formula(a)))]

const binary =
  (float: Formula, integer: Formula = float): Definition<Binary> =>
  (_, [x, y], [type]) => {
    const formula = isFloat(x!.type.dtype) ? float : integer
    return [x!.data.map((a, i) => stored[type!.dtype](formula(a, y!.data[i]!)))]
  }

/** To even at halves, where Math.round goes up. */
function roundHalfEven(x: number): number {
  return Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x)
}

/** C's pow. JavaScript differs where C gives 1: pow(1, NaN), pow(1, ±inf), pow(-1, ±inf). */
function floatPower(base: number, exponent: number): number {
  if (base === 1 || (base === -1 && Math.abs(exponent) === Infinity)) return 1
  return base ** exponent
}

/** By repeated squaring, wrapping at each step. A negative exponent: the reciprocal by the rules of integer `div`. */
function integerPower(base: number, exponent: number): number {
  if (exponent < 0) return Math.abs(base) === 1 ? base ** (exponent % 2) : 0
  let power = 1
  for (let square = base, rest = exponent; rest > 0; rest = Math.floor(rest / 2), square = Math.imul(square, square))
    if (rest % 2 === 1) power = Math.imul(power, square)
  return power
}

/** What `stored` does not do already: it truncates, wraps, and makes NaN true. */
function converted(dtype: DType, x: number): number {
  if (dtype !== 'int32') return x
  const [least, greatest] = DTYPES[dtype].range
  return Number.isNaN(x) ? 0 : Math.min(Math.max(x, least), greatest)
}

export const elementwise: { readonly [P in Elementwise]: Definition<P> } = {
  neg: unary((x) => -x),
  abs: unary(Math.abs),
  sign: unary(Math.sign),

  floor: unary(Math.floor),
  ceil: unary(Math.ceil),
  round: unary(roundHalfEven),
  exp: unary(Math.exp),
  expm1: unary(Math.expm1),
  log: unary(Math.log),
  log1p: unary(Math.log1p),
  sin: unary(Math.sin),
  cos: unary(Math.cos),
  atan: unary(Math.atan),
  tanh: unary(Math.tanh),
  sqrt: unary(Math.sqrt),
  erf: unary(erf),

  add: binary((a, b) => a + b),
  sub: binary((a, b) => a - b),
  mul: binary(product('float64'), product('int32')),
  div: binary(
    (a, b) => a / b,
    (a, b) => (b === 0 ? 0 : a / b),
  ),
  // JavaScript's % is C's fmod.
  mod: binary(
    (a, b) => a % b,
    (a, b) => (b === 0 ? 0 : a % b),
  ),
  pow: binary(floatPower, integerPower),
  // Math.max and Math.min give NaN for a NaN, and 0 is greater than -0.
  maximum: binary(Math.max),
  minimum: binary(Math.min),

  eq: binary((a, b) => Number(a === b)),
  lt: binary((a, b) => Number(a < b)),
  le: binary((a, b) => Number(a <= b)),

  and: binary((a, b) => a & b),
  or: binary((a, b) => a | b),
  not: (_, [x], [type]) => [x!.data.map((a) => (type!.kind === 'bool' ? 1 - a : stored[type!.dtype](~a)))],

  where: (_, [condition, a, b]) => [condition!.data.map((c, i) => (c === 1 ? a!.data[i]! : b!.data[i]!))],
  cast: ({ dtype }, [x]) => [x!.data.map((a) => stored[dtype](converted(dtype, a)))],
}
