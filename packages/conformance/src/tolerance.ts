/**
 * How far from the float64 answer each primitive may be: one class per primitive, one row of bounds per class. A backend
 * chooses its column by `capabilities.accuracy` and can loosen nothing.
 * Sources of the column `wgsl`: https://www.w3.org/TR/WGSL/#floating-point-accuracy
 */
import {
  DTYPES,
  epsilonOf,
  isFloat,
  type Attributes,
  type Capabilities,
  type DType,
  type Node,
  type Primitive,
} from '@glissade/core/backend'

export type Accuracy = Capabilities['accuracy']
type Class =
  | 'chosen'
  | 'exact'
  | 'rounded'
  | 'division'
  | 'root'
  | 'exponential'
  | 'exponentialLess1'
  | 'logarithm'
  | 'logarithmOf1More'
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
  ...rows('chosen',
    'neg', 'abs', 'sign', 'mod', 'maximum', 'minimum', 'eq', 'lt', 'le', 'and', 'or', 'not', 'where', 'max', 'min',
    'argmax', 'reshape', 'permute', 'expand', 'slice', 'pad', 'flip', 'concat', 'windowArgmax', 'gather', 'sort',
    'constant'),
  ...rows('exact', 'floor', 'ceil', 'round'),
  ...rows('rounded', 'add', 'sub', 'mul', 'cast', 'iota'),
  ...rows('division', 'div'),
  ...rows('root', 'sqrt'),
  ...rows('exponential', 'exp'),
  ...rows('exponentialLess1', 'expm1'),
  ...rows('logarithm', 'log'),
  ...rows('logarithmOf1More', 'log1p'),
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
/** The size of an exponent: beyond this its power is 0 or infinite. A mask of -Infinity is an exponent too. */
const exponentOf = (x: number): number => Math.min(Math.abs(x), 2 ** 10)

/** `accumulation` counts its terms and is computed in bounds.ts; this row is what its last rounding may add. */
const bounds: { readonly [A in Accuracy]: { readonly [C in Class]: Bound } } = {
  ieee: {
    chosen: constant(0),
    exact: constant(0),
    rounded: constant(0.5),
    division: constant(0.5),
    root: constant(0.5),
    exponential: constant(4),
    exponentialLess1: constant(4),
    logarithm: constant(4),
    logarithmOf1More: constant(4),
    trigonometric: constant(4),
    arctangent: constant(4),
    hyperbolic: constant(4),
    errorFunction: constant(4),
    power: constant(4),
    accumulation: constant(0.5),
  },
  wgsl: {
    chosen: constant(0),
    exact: constant(0),
    // WGSL names no rounding mode: the neighbour on either side.
    rounded: constant(1),
    division: constant(2.5),
    // 1 / inverseSqrt(x): the 2 ulp of a number just above 1 are 4 of one just below, and the division's.
    root: constant(6.5),
    exponential: { ulp: (x) => 3 + 2 * exponentOf(x) },
    // No builtin: a polynomial near 0; beyond 1/2 exp(x) - 1, which is up to 2.6 times less than exp.
    exponentialLess1: { ulp: (x) => 10 + 6 * exponentOf(x) },
    logarithm: { ulp: () => 3, absolute: (x) => (x >= 0.5 && x <= 2 ? 2 ** -21 : 0) },
    // No builtin: a polynomial near 0; beyond 1/4 log(1 + x), whose 2^-21 are 16 ulp, and the sum's rounding.
    logarithmOf1More: constant(20),
    /** Within [-pi, pi], and nothing beyond. */
    trigonometric: { ulp: (x) => (Math.abs(x) <= Math.PI ? 0 : Infinity), absolute: () => 2 ** -11 },
    arctangent: constant(4096),
    hyperbolic: { ulp: () => 4, absolute: () => 1e-5 },
    // No builtin: a polynomial near 0; beyond 1/2 Abramowitz and Stegun's 7.1.26, which has 1.5e-7, with WGSL's exp.
    errorFunction: constant(16),
    // exp2(y log2(x)): log2 has 3 ulp, or 2^-21 from 1/2 to 2, the product 1, and exp2 3 + 2 |y log2(x)|. An error of e in the
    // exponent is ln 2 e of the power, and 2^24 ln 2 e ulp at most: 5.6 for each of its 4 ulp, or 6 for 2^-21.
    power: {
      ulp: (x, y) => {
        const exponent = Math.abs(y * Math.log2(Math.abs(x) || 1))
        return x >= 0.5 && x <= 2 ? 3 + 4 * exponent + 6 * Math.abs(y) : 3 + 8 * exponent
      },
    },
    accumulation: constant(1),
  },
}

/**
 * Whether a node computes with no floats: it moves, compares or chooses them, which can be done by their bits (the remainder in
 * integers too). WGSL lets implementations take floats for finite where they are computed with, integers never.
 */
export const isByBits = ({ op, attrs }: Pick<Node, 'op' | 'attrs'>): boolean =>
  op === 'cast' ? !isFloat((attrs as Attributes['cast']).dtype) : classes[op as Primitive] === 'chosen'

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
