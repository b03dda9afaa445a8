/**
 * Elementwise primitives as JavaScript expressions over operands that are names. Values of bool are JavaScript booleans;
 * results are rounded to their dtype (float32 with `fround`), so that fused loops give the bits that separate loops give.
 */
import {
  BINARY_NUMBER,
  COMPARISON,
  DTYPES,
  LOGIC,
  UNARY_FLOAT,
  UNARY_NUMBER,
  holds,
  isFloat,
  type Attributes,
  type DType,
} from '@glissade/core/backend'
import { packed } from './packed.ts'

type Elementwise =
  | (typeof UNARY_NUMBER | typeof UNARY_FLOAT | typeof BINARY_NUMBER | typeof COMPARISON | typeof LOGIC)[number]
  | 'not'
  | 'where'
  | 'cast'
type Expression = (args: readonly string[], dtype: DType, attrs: object) => string

/** A result of a floating-point or integer computation, brought to its dtype. */
const rounded = (text: string, dtype: DType): string => ROUNDED[dtype](text)
const ROUNDED: { readonly [D in DType]: (text: string) => string } = {
  bool: (text) => `(${text})`,
  uint8: (text) => `(${text} & 255)`,
  int32: (text) => `(${text} | 0)`,
  float16: (text) => `${packed('float16').round}(${text})`,
  float32: (text) => `fround(${text})`,
  float64: (text) => `(${text})`,
}

const call =
  (name: string): Expression =>
  ([x], dtype) =>
    rounded(`${name}(${x})`, dtype)
const exact =
  (name: string): Expression =>
  ([x]) =>
    `${name}(${x})`

function cast([x]: readonly string[], from: DType, { dtype: to }: Attributes['cast']): string {
  if (from === to) return x!
  if (to === 'bool') return `(${x} !== 0)`
  const number = from === 'bool' ? `(${x} ? 1 : 0)` : x!
  if (holds(to, from)) return number
  if (to !== 'int32') return rounded(number, to)
  return isFloat(from) ? `(Math.max(-2147483648, Math.min(2147483647, ${number})) | 0)` : number
}

/** One row per elementwise primitive; the dtype is that of the first operand (of the branches, for where). */
export const expressions: { readonly [P in Elementwise]: Expression } = {
  // Real functions are JavaScript's of the same name, but for the rows below.
  ...(Object.fromEntries(UNARY_FLOAT.map((op) => [op, call(`Math.${op}`)])) as Record<
    (typeof UNARY_FLOAT)[number],
    Expression
  >),
  neg: ([x], dtype) => rounded(`-${x}`, dtype),
  abs: ([x], dtype) => rounded(`Math.abs(${x})`, dtype),
  sign: exact('Math.sign'),
  floor: exact('Math.floor'),
  ceil: exact('Math.ceil'),
  round: exact('roundToEven'),
  erf: call('erf'),
  add: ([x, y], dtype) => rounded(`${x} + ${y}`, dtype),
  sub: ([x, y], dtype) => rounded(`${x} - ${y}`, dtype),
  mul: ([x, y], dtype) => (isFloat(dtype) ? rounded(`${x} * ${y}`, dtype) : rounded(`Math.imul(${x}, ${y})`, dtype)),
  div: ([x, y], dtype) => rounded(`${x} / ${y}`, dtype),
  mod: ([x, y], dtype) => rounded(`${x} % ${y}`, dtype),
  pow: ([x, y], dtype) => rounded(isFloat(dtype) ? `power(${x}, ${y})` : `integerPower(${x}, ${y})`, dtype),
  maximum: ([x, y]) => `Math.max(${x}, ${y})`,
  minimum: ([x, y]) => `Math.min(${x}, ${y})`,
  eq: ([x, y]) => `(${x} === ${y})`,
  lt: ([x, y]) => `(${x} < ${y})`,
  le: ([x, y]) => `(${x} <= ${y})`,
  and: ([x, y], dtype) => (dtype === 'bool' ? `(${x} && ${y})` : `(${x} & ${y})`),
  or: ([x, y], dtype) => (dtype === 'bool' ? `(${x} || ${y})` : `(${x} | ${y})`),
  not: ([x], dtype) => (dtype === 'bool' ? `!${x}` : rounded(`~${x}`, dtype)),
  where: ([condition, x, y]) => `(${condition} ? ${x} : ${y})`,
  cast: (args, dtype, attrs) => cast(args, dtype, attrs as Attributes['cast']),
}

/** A number as source text that keeps its sign and its specials. */
export function literal(value: number, dtype: DType): string {
  if (dtype === 'bool') return value === 0 ? 'false' : 'true'
  const x = isFloat(dtype) ? DTYPES[dtype].round(value) : value
  if (Number.isNaN(x)) return 'NaN'
  if (Object.is(x, -0)) return '-0'
  return x < 0 ? `(${x})` : String(x)
}
