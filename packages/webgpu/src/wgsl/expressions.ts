/**
 * Elementwise primitives as WGSL over operands that are names, literals or such expressions. Each operand is named once, and each
 * expression is one operand: they may be nested. What adapters are not bound to do right is a helper's (`helpers/`).
 */
import {
  isFloat,
  type Attributes,
  type BINARY_NUMBER,
  type COMPARISON,
  type DType,
  type LOGIC,
  type UNARY_FLOAT,
  type UNARY_NUMBER,
} from '@glissade/core/backend'

export type Elementwise =
  | (typeof UNARY_NUMBER | typeof UNARY_FLOAT | typeof BINARY_NUMBER | typeof COMPARISON | typeof LOGIC)[number]
  | 'not'
  | 'where'
  | 'cast'
/** `dtype` is that of the operands; of the branches, for `where`. */
type Expression<P extends Elementwise> = (operands: readonly string[], dtype: DType, attrs: Attributes[P]) => string
type Plain = Expression<Exclude<Elementwise, 'cast'>>

/** An integer result brought back to its dtype. */
const wrapped = (text: string, dtype: DType): string => (dtype === 'uint8' ? `(${text} & 255)` : text)

const call =
  (name: string): Plain =>
  (operands) =>
    `${name}(${operands.join(', ')})`
/** `-x` and `x + y`, by the symbol. */
const prefix =
  (symbol: string): Plain =>
  ([x], dtype) =>
    wrapped(`(${symbol}${x})`, dtype)
const infix =
  (symbol: string): Plain =>
  ([x, y], dtype) =>
    wrapped(`(${x} ${symbol} ${y})`, dtype)
const compared =
  (symbol: string): Plain =>
  ([x, y]) =>
    `(${x} ${symbol} ${y})`
const byKind =
  (float: Plain, integer: Plain, bool = integer): Plain =>
  (operands, dtype, attrs) =>
    (isFloat(dtype) ? float : dtype === 'bool' ? bool : integer)(operands, dtype, attrs)
const powers: Plain = (operands, dtype, attrs) => wrapped(call('i_pow')(operands, dtype, attrs), dtype)

/** To a dtype, from floats, from integers and from bool. */
const casts: { readonly [D in DType]?: readonly [float: string, integer: string, bool: string] } = {
  bool: ['((bitcast<u32>(x) & 0x7fffffffu) != 0u)', '(x != 0)', 'x'],
  uint8: ['f_to_byte(x)', '(x & 255)', 'i32(x)'],
  int32: ['f_to_int(x)', 'x', 'i32(x)'],
  float32: ['x', 'f32(x)', 'f32(x)'],
}
function cast([x]: readonly string[], from: DType, { dtype }: Attributes['cast']): string {
  const [float, integer, bool] = casts[dtype]!
  return (isFloat(from) ? float : from === 'bool' ? bool : integer).replace(/\bx\b/, () => x!)
}

/** One row per elementwise primitive. */
export const EXPRESSIONS: { readonly [P in Elementwise]: Expression<P> } = {
  neg: byKind(call('f_neg'), prefix('-')),
  abs: call('abs'),
  sign: byKind(call('f_sign'), call('sign')),

  floor: call('floor'),
  ceil: call('ceil'),
  round: call('round'),
  exp: call('f_exp'),
  expm1: call('f_expm1'),
  log: call('f_log'),
  log1p: call('f_log1p'),
  sin: call('f_sin'),
  cos: call('f_cos'),
  atan: call('f_atan'),
  tanh: call('f_tanh'),
  sqrt: call('f_sqrt'),
  erf: call('f_erf'),

  add: infix('+'),
  sub: infix('-'),
  mul: infix('*'),
  div: byKind(call('f_div'), call('i_div')),
  mod: byKind(call('f_mod'), call('i_mod')),
  pow: byKind(call('f_pow'), powers),
  maximum: byKind(call('f_max'), call('max')),
  minimum: byKind(call('f_min'), call('min')),

  eq: byKind(call('f_eq'), compared('==')),
  lt: byKind(call('f_lt'), compared('<'), ([x, y]) => `(!${x} && ${y})`),
  le: byKind(call('f_le'), compared('<='), ([x, y]) => `(!${x} || ${y})`),
  and: byKind(compared('&'), compared('&'), compared('&&')),
  or: byKind(compared('|'), compared('|'), compared('||')),
  not: byKind(prefix('!'), prefix('~'), prefix('!')),

  where: ([condition, x, y]) => `select(${y}, ${x}, ${condition})`,
  cast,
}

/** Whether a is greater than b, where NaN is the greatest number and all NaNs are equal: the order of sort and argmax. */
export const greater = (dtype: DType, a: string, b: string): string =>
  isFloat(dtype)
    ? `(f_rank(${a}) > f_rank(${b}))`
    : dtype === 'bool'
      ? EXPRESSIONS.lt([b, a], dtype, {})
      : `(${a} > ${b})`
