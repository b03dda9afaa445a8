/**
 * Transcendental functions of four float32 at a time. Within 4 ulp of the exact result; the measured worst cases stand
 * beside each. Reductions are Cody and Waite's (Software Manual for the Elementary Functions, 1980); coefficients of expm1,
 * log, atan and tanh are those of S. L. Moshier's Cephes library, single precision (netlib.org/cephes); those of
 * exp and erf were fitted for this file at Chebyshev points.
 */
import { f64x2, i32, i64x2, op, shuffle, type Code } from '../emitter/code.ts'
import type { FunctionWriter, Local } from '../emitter/function.ts'

export type Vector = Code<'v128'>
/** Writes the statements of a function and gives its value; x is a local, so it may be read many times. */
export type Formula = (f: FunctionWriter, x: Vector) => Vector

export const add = (a: Vector, b: Vector): Vector => op('f32x4.add', a, b)
export const sub = (a: Vector, b: Vector): Vector => op('f32x4.sub', a, b)
export const mul = (a: Vector, b: Vector): Vector => op('f32x4.mul', a, b)
export const div = (a: Vector, b: Vector): Vector => op('f32x4.div', a, b)
export const abs = (a: Vector): Vector => op('f32x4.abs', a)
export const less = (a: Vector, b: Vector): Vector => op('f32x4.lt', a, b)
/** a where the mask is set, else b. */
export const choose = (mask: Vector, a: Vector, b: Vector): Vector => op('v128.bitselect', a, b, mask)
/** Constants come from a pool in memory: V8 would write them anew at every use, in three instructions. */
export const number = (f: FunctionWriter, value: number): Vector => f.pool.splat('f32', value)
export const integer = (f: FunctionWriter, value: number): Vector => f.pool.splat('i32', value)
const signOf = (f: FunctionWriter, x: Vector): Vector => op('v128.and', x, integer(f, -0x80000000))
const withSign = (f: FunctionWriter, magnitude: Vector, sign: Vector): Vector =>
  op('v128.or', magnitude, signOf(f, sign))

/** ((c0 x + c1) x + c2) x + ... */
export function polynomial(f: FunctionWriter, x: Vector, coefficients: readonly number[]): Vector {
  const [first, ...rest] = coefficients
  return rest.reduce<Vector>((sum, c) => f.multiplyAdd(sum, x, number(f, c)), number(f, first!))
}

const LOG2_E = Math.LOG2E
/** ln 2 in two parts; the first has few digits, so that small multiples are exact. */
const [LN2_HIGH, LN2_LOW] = [0.693359375, -2.12194440054690583e-4]
/**
 * exp(r) = 1 + r P(r), so that exp(0) is 1. Fitted with the rounding of every step: at worst 2.1 ulp over all of float32. One
 * degree more would reach 1.1; Cephes has two more, in which softmax takes a fifth longer.
 */
const EXP = [0.008249768987298012, 0.0419013537466526, 0.16668367385864258, 0.4999910891056061, 0.9999994039535522]
/** expm1(r) = r + r^2 P(r), which leaves small numbers exact. */
const EXPM1 = [1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1]

/** 2^n for integers n in [-126, 127]. */
const powerOfTwo = (f: FunctionWriter, n: Vector): Vector =>
  op('i32x4.shl', op('i32x4.add', n, integer(f, 127)), i32(23))

/** Adding it to a number below 2^22 leaves the nearest integer in the lowest bits: rounding without an instruction for it. */
const ROUNDER = 1.5 * 2 ** 23
const ROUNDER_BITS = 0x4b400000

/** x = n ln 2 + r with |r| <= ln 2 / 2; n as int32. */
function reduce(f: FunctionWriter, x: Vector): { n: Vector; r: Vector } {
  const shifted = f.let(f.multiplyAdd(x, number(f, LOG2_E), number(f, ROUNDER)))
  const whole = f.let(sub(shifted, number(f, ROUNDER)))
  const high = f.subtractProduct(x, whole, number(f, LN2_HIGH))
  const r = f.let(f.subtractProduct(high, whole, number(f, LN2_LOW)))
  return { n: op('i32x4.sub', shifted, integer(f, ROUNDER_BITS)), r }
}
/** Below it exp is less than half the least float32. */
const LEAST = -104
/**
 * exp(x) = 2^n exp(r). 2^n in two factors, since n goes from -150 to 128. NaN stays: pmin and pmax keep their first. What
 * ends as 0 is multiplied by 0: underflow to it would take a processor a hundred times as long.
 */
export const exp: Formula = (f, x) => {
  const clamped = f.let(op('f32x4.pmin', op('f32x4.pmax', x, number(f, LEAST)), number(f, 89)))
  const { n, r } = reduce(f, clamped)
  const y = f.let(polynomial(f, r, [...EXP, 1]))
  const k = f.let(n)
  const half = f.let(op('i32x4.shr_s', k, i32(1)))
  const rest = powerOfTwo(f, op('i32x4.sub', k, half))
  return mul(mul(y, powerOfTwo(f, half)), op('v128.and', rest, op('f32x4.ge', x, number(f, LEAST))))
}

/** Up to here exp is a normal number, and 2^n is added to its exponent field. */
const NORMAL = 87
/** One step for every vector, with its constants read once. */
function each<const C extends readonly Vector[]>(
  f: FunctionWriter,
  values: readonly Vector[],
  constants: C,
  step: (value: Vector, constants: C, i: number) => Vector,
): Local<'v128'>[] {
  const shared = constants.map((constant) => f.let(constant))
  const results = values.map((value, i) => f.let(step(value, shared as unknown as C, i)))
  f.free(...shared)
  return results
}
/** The largest magnitudes, lane by lane, as bits: without their sign these are ordered like the numbers, NaN last. */
export function largest(f: FunctionWriter, xs: readonly Vector[]): Vector {
  const [first, ...others] = each(f, xs, [integer(f, 0x7fffffff)], (x, [mask]) => op('v128.and', x, mask))
  return others.reduce<Vector>((most, x) => op('i32x4.max_s', most, x), first!)
}
export const anyAbove = (f: FunctionWriter, bits: Vector, limit: number): Code<'i32'> =>
  op('v128.any_true', op('i32x4.gt_s', bits, number(f, limit)))
/** Whether any element is out of the range of `usualExp`, or NaN. */
export const anyUnusual = (f: FunctionWriter, xs: readonly Vector[]): Code<'i32'> => anyAbove(f, largest(f, xs), NORMAL)
/** The same bits as `exp` where nothing is unusual, for several vectors, which share the constants in registers. */
export function usualExp(f: FunctionWriter, xs: readonly Vector[]): Local<'v128'>[] {
  const shifted = each(f, xs, [number(f, LOG2_E), number(f, ROUNDER)], (x, [scale, rounder]) =>
    f.multiplyAdd(x, scale, rounder),
  )
  const whole = each(f, shifted, [number(f, ROUNDER)], (x, [rounder]) => sub(x, rounder))
  const high = each(f, xs, [number(f, LN2_HIGH)], (x, [c], i) => f.subtractProduct(x, whole[i]!, c))
  const r = each(f, high, [number(f, LN2_LOW)], (x, [c], i) => f.subtractProduct(x, whole[i]!, c))
  const [first, second, ...rest] = [...EXP, 1]
  let y = each(f, r, [number(f, first), number(f, second!)], (x, [a, b]) => f.multiplyAdd(a, x, b))
  for (const coefficient of rest)
    y = each(f, y, [number(f, coefficient)], (sum, [c], i) => f.multiplyAdd(sum, r[i]!, c))
  // The bits of ROUNDER itself are shifted out.
  return y.map((value, i) => f.let(op('i32x4.add', value, op('i32x4.shl', shifted[i]!, i32(23)))))
}

/** expm1(x) = 2 (2^(n-1) expm1(r) + (2^(n-1) - 1/2)). */
export const expm1: Formula = (f, x) => {
  const clamped = f.let(op('f32x4.pmin', op('f32x4.pmax', x, number(f, -30)), number(f, 89)))
  const { n, r } = reduce(f, clamped)
  const y = f.let(add(mul(mul(polynomial(f, r, EXPM1), r), r), r))
  const scale = f.let(powerOfTwo(f, op('i32x4.sub', n, integer(f, 1))))
  const sum = f.let(add(mul(scale, y), sub(scale, number(f, 0.5))))
  return choose(less(abs(x), number(f, 2 ** -24)), x, add(sum, sum))
}

const LOG = [
  7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
  2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
]

/** log(x) + small, where x = m 2^e, m in [sqrt(1/2), sqrt(2)): f + (f^3 P(f) - f^2/2 + small) + e ln 2 with f = m - 1. */
function logarithm(f: FunctionWriter, x: Vector, small: Vector | null): Vector {
  const tiny = f.let(less(x, number(f, 2 ** -126)))
  const scaled = f.let(choose(tiny, mul(x, number(f, 2 ** 23)), x))
  const bits = f.let(op('i32x4.sub', scaled, integer(f, 0x3f3504f3)))
  // bits of sqrt(1/2) are 0x3f3504f3: above them the exponent field counts from there.
  const e = f.let(op('i32x4.sub', op('i32x4.shr_s', bits, i32(23)), op('v128.and', tiny, integer(f, 23))))
  const t = f.let(
    sub(op('i32x4.add', op('v128.and', bits, integer(f, 0x7fffff)), integer(f, 0x3f3504f3)), number(f, 1)),
  )
  const exponent = f.let(op('f32x4.convert_i32x4_s', e))
  const z = f.let(mul(t, t))
  const low = f.let(
    sub(add(mul(mul(polynomial(f, t, LOG), t), z), mul(exponent, number(f, LN2_LOW))), mul(z, number(f, 0.5))),
  )
  const y = f.let(add(add(t, small === null ? low : add(low, small)), mul(exponent, number(f, LN2_HIGH))))
  const finite = f.let(choose(op('f32x4.eq', x, number(f, Infinity)), x, y))
  const positive = f.let(choose(op('f32x4.eq', x, number(f, 0)), number(f, -Infinity), finite))
  // Of a negative number it is NaN, and so of NaN.
  return choose(op('f32x4.ge', x, number(f, 0)), positive, number(f, NaN))
}
export const log: Formula = (f, x) => logarithm(f, x, null)

/** u = 1 + x, rounded; log(1 + x) = log(u) + c / u with c the rest of the rounding. */
export const log1p: Formula = (f, x) => {
  const u = f.let(add(x, number(f, 1)))
  const c = f.let(choose(less(x, number(f, 1)), sub(x, sub(u, number(f, 1))), sub(number(f, 1), sub(u, x))))
  const y = f.let(logarithm(f, u, f.let(div(c, u))))
  return choose(less(abs(x), number(f, 2 ** -24)), x, y)
}

const ATAN = [8.05374449538e-2, -1.38776856032e-1, 1.99777106478e-1, -3.33329491539e-1]

/** atan of |x|, reduced to |t| <= tan(pi / 8): pi/2 - atan(1/x), pi/4 + atan((x - 1) / (x + 1)), or itself. */
export const atan: Formula = (f, x) => {
  const a = f.let(abs(x))
  const large = f.let(less(number(f, 2.414213562373095), a))
  const middle = f.let(op('v128.andnot', less(number(f, 0.4142135623730951), a), large))
  const t = f.let(
    choose(large, div(number(f, -1), a), choose(middle, div(sub(a, number(f, 1)), add(a, number(f, 1))), a)),
  )
  const start = op(
    'v128.or',
    op('v128.and', large, number(f, Math.PI / 2)),
    op('v128.and', middle, number(f, Math.PI / 4)),
  )
  const z = f.let(mul(t, t))
  const y = f.let(add(start, add(mul(mul(polynomial(f, z, ATAN), z), t), t)))
  return withSign(f, y, x)
}

const TANH = [-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1]

/** x + x^3 P(x^2) near 0, else 1 - 2 / (exp(2 a) + 1) with a = |x| up to 10, from where on it is 1. */
export const tanh: Formula = (f, x) => {
  const a = f.let(op('f32x4.pmin', abs(x), number(f, 10)))
  const z = f.let(mul(x, x))
  const near = f.let(add(mul(mul(polynomial(f, z, TANH), z), x), x))
  const [e] = usualExp(f, [f.let(add(a, a))])
  const far = f.let(sub(number(f, 1), div(number(f, 2), add(e!, number(f, 1)))))
  // Also where the sum has made 0 of -0. NaN is not above the limit, and near.
  return withSign(f, choose(less(number(f, 0.625), a), far, near), x)
}

const ERF_NEAR = [
  -0.0006102686747908592, 0.005014484282582998, -0.026780718937516212, 0.11282194405794144, -0.3761252760887146,
  0.12837915122509003,
]
const ERF_FAR = [
  1.658868495724164e-5, -0.00037344780866988003, 0.0038316245190799236, -0.02411654405295849, 0.10658469796180725,
  0.6349844336509705, 1.1286782026290894,
]
const ERF_SPLIT = 0.9

/**
 * x + x P(x^2) below 0.9, else 1 - exp(-a Q(a)) with a = |x| up to 4, from where on it is 1. The second is three times as much
 * arithmetic, and what a GELU is given is mostly so small that none of four needs it.
 */
export const erf: Formula = (f, x) => {
  const z = f.let(mul(x, x))
  const y = f.let(add(mul(polynomial(f, z, ERF_NEAR), x), x))
  const a = f.let(op('f32x4.pmin', abs(x), number(f, 4)))
  // NaN is not above the limit, and near.
  const isFar = f.let(less(number(f, ERF_SPLIT), a))
  f.if(op('v128.any_true', isFar), () => {
    const [e] = usualExp(f, [f.let(op('f32x4.neg', mul(polynomial(f, a, ERF_FAR), a)))])
    f.set(y, choose(isFar, withSign(f, sub(number(f, 1), e!), x), y))
  })
  return y
}

const dadd = (a: Vector, b: Vector): Vector => op('f64x2.add', a, b)
const dsub = (a: Vector, b: Vector): Vector => op('f64x2.sub', a, b)
const dmul = (a: Vector, b: Vector): Vector => op('f64x2.mul', a, b)
const series = (x: Vector, coefficients: readonly number[]): Vector =>
  coefficients.slice(1).reduce<Vector>((sum, c) => dadd(dmul(sum, x), f64x2(c)), f64x2(coefficients[0]!))

/** 2 / (2k + 1) / ln 2 for k = 7 to 0: log2(m) = s sum over k of that times s^2k, with s = (m - 1) / (m + 1), |s| < 0.172. */
const LOG2_SERIES = [7, 6, 5, 4, 3, 2, 1, 0].map((k) => 2 / (2 * k + 1) / Math.LN2)
/** (ln 2)^k / k! for k = 10 to 0: 2^r with |r| <= 1/2. */
const EXP2_SERIES = [10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0].map((k) => {
  let term = 1
  for (let i = 1; i <= k; i++) term *= Math.LN2 / i
  return term
})

/** a^y = 2^(y log2 a) of the lower two lanes, in double: its error is far below that of rounding to single. a is positive. */
function power2(f: FunctionWriter, single: Vector, exponent: Vector): Vector {
  const a = f.let(op('f64x2.promote_low_f32x4', single))
  const y = op('f64x2.promote_low_f32x4', exponent)
  // 0x3fe6a09e... are the bits of sqrt(1/2), as in log.
  const offset = i64x2(0x3fe6a09e, 0)
  const bits = f.let(op('i64x2.sub', a, offset))
  // The exponent field counts from 2^-1022 up; floats of single precision have it in [-150, 128]: 32 bits hold it.
  const e = f.let(op('i32x4.shr_s', shuffle(bits, bits, 1, 3, 1, 3), i32(20)))
  const m = f.let(op('i64x2.add', op('v128.and', bits, i64x2(0xfffff, -1)), offset))
  const s = f.let(op('f64x2.div', dsub(m, f64x2(1)), dadd(m, f64x2(1))))
  const z = f.let(dmul(s, s))
  const log2 = dadd(dmul(series(z, LOG2_SERIES), s), op('f64x2.convert_low_i32x4_s', e))
  // Beyond +-1000 the result is 0 or infinite in any case.
  const t = f.let(op('f64x2.pmax', op('f64x2.pmin', dmul(y, log2), f64x2(1000)), f64x2(-1000)))
  const n = f.let(op('f64x2.nearest', t))
  const fraction = f.let(dsub(t, n))
  const k = f.let(op('i32x4.trunc_sat_f64x2_s_zero', n))
  const biased = f.let(op('i32x4.shl', op('i32x4.add', k, integer(f, 1023)), i32(20)))
  // The exponent field lies in the upper half of each lane.
  const scale = shuffle(biased, integer(f, 0), 4, 0, 4, 1)
  return op('f32x4.demote_f64x2_zero', dmul(series(fraction, EXP2_SERIES), scale))
}

/** C's pow. A negative base has a power where the exponent is an integer. */
export function power(f: FunctionWriter, x: Vector, y: Vector): Vector {
  const a = f.let(abs(x))
  const magnitude = f.let(
    shuffle(f.let(power2(f, a, y)), f.let(power2(f, shuffle(a, a, 2, 3, 2, 3), shuffle(y, y, 2, 3, 2, 3))), 0, 1, 4, 5),
  )
  const isPositive = f.let(op('f32x4.gt', y, number(f, 0)))
  // 0 and infinity, whose logarithms the formula does not have.
  const atZero = f.let(
    choose(op('f32x4.eq', a, number(f, 0)), choose(isPositive, number(f, 0), number(f, Infinity)), magnitude),
  )
  const atInfinity = f.let(
    choose(op('f32x4.eq', a, number(f, Infinity)), choose(isPositive, number(f, Infinity), number(f, 0)), atZero),
  )
  const atOne = f.let(choose(op('f32x4.eq', a, number(f, 1)), number(f, 1), atInfinity))
  const isInteger = f.let(op('f32x4.eq', op('f32x4.floor', y), y))
  const half = f.let(mul(y, number(f, 0.5)))
  const isOdd = f.let(op('v128.and', isInteger, op('f32x4.ne', op('f32x4.floor', half), half)))
  const signed = f.let(op('v128.xor', atOne, signOf(f, op('v128.and', isOdd, x))))
  const isNegative = op('v128.andnot', less(x, number(f, 0)), op('f32x4.eq', a, number(f, Infinity)))
  const defined = f.let(
    choose(op('v128.andnot', isNegative, isInteger), choose(op('f32x4.eq', y, y), number(f, NaN), y), signed),
  )
  const ordered = f.let(choose(op('v128.and', op('f32x4.eq', x, x), op('f32x4.eq', y, y)), defined, number(f, NaN)))
  return choose(op('v128.or', op('f32x4.eq', x, number(f, 1)), op('f32x4.eq', y, number(f, 0))), number(f, 1), ordered)
}
