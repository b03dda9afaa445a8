/**
 * How far from the float64 answer each primitive may be: one class per primitive, one row of bounds per class. A backend
 * chooses its column by `capabilities.accuracy` and can loosen nothing.
 * Sources of the column `wgsl`: https://www.w3.org/TR/WGSL/#floating-point-accuracy
 */
import { DTYPES, epsilonOf, isFloat, type Capabilities, type DType, type Primitive } from '@glissade/core/backend'

export type Accuracy = Capabilities['accuracy']
type Class =
  | 'exact'
  | 'rounded'
  | 'division'
  | 'root'
  | 'exponential'
  | 'logarithm'
  | 'trigonometric'
  | 'arctangent'
  | 'hyperbolic'
  | 'errorFunction'
  | 'power'
  | 'accumulation'

function rows<P extends Primitive>(name: Class, ...primitives: readonly P[]): { [K in P]: Class } {
  return Object.fromEntries(primitives.map((primitive) => [primitive, name])) as { [K in P]: Class }
}

// prettier-ignore
export const classes: { readonly [P in Primitive]: Class } = {
  ...rows('exact',
    'neg', 'abs', 'sign', 'floor', 'ceil', 'round', 'mod', 'maximum', 'minimum', 'eq', 'lt', 'le', 'and', 'or', 'not',
    'where', 'max', 'min', 'argmax', 'reshape', 'permute', 'expand', 'slice', 'pad', 'flip', 'concat', 'windowArgmax',
    'gather', 'sort', 'constant'),
  ...rows('rounded', 'add', 'sub', 'mul', 'cast', 'iota'),
  ...rows('division', 'div'),
  ...rows('root', 'sqrt'),
  ...rows('exponential', 'exp', 'expm1'),
  ...rows('logarithm', 'log', 'log1p'),
  ...rows('trigonometric', 'sin', 'cos'),
  ...rows('arctangent', 'atan'),
  ...rows('hyperbolic', 'tanh'),
  ...rows('errorFunction', 'erf'),
  ...rows('power', 'pow'),
  ...rows('accumulation', 'sum', 'prod', 'cumsum', 'dot', 'conv', 'windowSum', 'scatterAdd'),
}

interface Bound {
  /** Units in the last place of the result, from the operands. */
  readonly ulp: (x: number, y: number) => number
  /** Or this, where it is more. */
  readonly absolute?: (x: number) => number
}
const constant = (ulp: number): Bound => ({ ulp: () => ulp })

/** `accumulation` counts its terms and is computed in bounds.ts; this row is what its last rounding may add. */
const bounds: { readonly [A in Accuracy]: { readonly [C in Class]: Bound } } = {
  ieee: {
    exact: constant(0),
    rounded: constant(0.5),
    division: constant(0.5),
    root: constant(0.5),
    exponential: constant(4),
    logarithm: constant(4),
    trigonometric: constant(4),
    arctangent: constant(4),
    hyperbolic: constant(4),
    errorFunction: constant(4),
    power: constant(4),
    accumulation: constant(0.5),
  },
  wgsl: {
    exact: constant(0),
    rounded: constant(1),
    division: constant(2.5),
    // 1 / inverseSqrt(x): 2 ulp, and the division's.
    root: constant(4.5),
    exponential: { ulp: (x) => 3 + 2 * Math.abs(x), absolute: (x) => (Math.abs(x) < 1 ? 2 ** -21 : 0) },
    logarithm: { ulp: () => 3, absolute: (x) => (x >= -0.5 && x <= 2 ? 2 ** -21 : 0) },
    trigonometric: { ulp: () => 0, absolute: () => 2 ** -11 },
    arctangent: constant(4096),
    hyperbolic: { ulp: () => 4, absolute: () => 1e-5 },
    // No builtin: Abramowitz and Stegun's 7.1.26 has 1.5e-7, and its exp WGSL's.
    errorFunction: { ulp: () => 4, absolute: () => 1e-6 },
    // exp2(y log2(x)): log2 has 3 ulp (2^-21 absolute near 1), and exp2 3 + 2 |y log2(x)|.
    power: {
      ulp: (x, y) =>
        3 + (2 + 4 + 12 * Number(x >= 0.5 && x <= 2)) * Math.abs(y * Math.log2(Math.abs(x) || 1)) + 8 * Math.abs(y),
    },
    accumulation: constant(1),
  },
}

/** One unit in the last place of numbers as large as x, and of the smallest subnormals below. */
export function ulpOf(dtype: DType, x: number): number {
  if (!isFloat(dtype)) return 1
  const { least } = DTYPES[dtype]
  const digits = DTYPES[dtype].digits - 1
  const size = Math.abs(x)
  if (!(size > 0) || size === Infinity) return 2 ** (least - digits)
  let exponent = Math.floor(Math.log2(size))
  if (2 ** exponent > size) exponent--
  return 2 ** (Math.max(exponent, least) - digits)
}

/** WGSL may flush subnormals. */
export const flushOf = (accuracy: Accuracy, dtype: DType): number =>
  accuracy === 'wgsl' ? 2 ** DTYPES[dtype].least : 0

/** The error, in absolute terms, that a primitive adds of its own to the result `want` of operands x and y. */
export function ownError(op: Primitive, accuracy: Accuracy, dtype: DType, want: number, x: number, y: number): number {
  const { ulp, absolute } = bounds[accuracy][classes[op]]
  return Math.max(ulp(x, y) * ulpOf(dtype, want), absolute?.(x) ?? 0) + flushOf(accuracy, dtype)
}

/**
 * Rounding errors of a sum of n terms, as a multiple of the sum of their absolute values: the worst there can be where n
 * is small, and what fixed seeds give with certainty (they add up like a random walk) where it is large. What is narrower than
 * float32 is summed in float32 and rounded once.
 */
export const accumulated = (n: number, dtype: DType): number =>
  (n > 64 ? 2 * Math.sqrt(n) : n) * Math.min(epsilonOf(dtype), epsilonOf('float32'))
/** How far off, in epsilons of what it is, a sum of equal terms may be, however many there are. */
export const LONG_SUM = 256
