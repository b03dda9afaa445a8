/**
 * Sine and cosine of four float32 at a time, right over all of float32: the quadrant is found in double, or, far from 0, with
 * as many digits of 2 / pi as it takes. Coefficients are those of S. L. Moshier's Cephes library, single precision.
 */
import { at, f64, f64x2, i32, i64, lane, op, shuffle, type Code } from '../emitter/code.ts'
import type { FunctionWriter, Local } from '../emitter/function.ts'
import {
  abs,
  add,
  anyAbove,
  choose,
  integer,
  largest,
  less,
  mul,
  number,
  polynomial,
  sub,
  type Formula,
  type Vector,
} from './math.ts'

const SIN = [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1]
const COS = [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2]
/** pi / 2 in three parts of which the first two have 24 digits, so that multiples up to 2^29 are exact. */
const HALF_PI = [1.57079625129699707031, 7.54978941586159635335e-8, 5.3903028581581190529e-15]

/** Added to a double below 2^51 it leaves the nearest integer in the lowest bits. */
const ROUNDER = 1.5 * 2 ** 52

/** x = q pi / 2 + r, up to NEAR: r, and q as int32. In double, two and two. */
function quadrants(f: FunctionWriter, x: Vector): { r: Local<'v128'>; q: Local<'v128'> } {
  const [low, high] = [x, shuffle(x, x, 2, 3, 2, 3)].map((pair) => {
    const wide = f.let(op('f64x2.promote_low_f32x4', pair))
    const shifted = f.let(op('f64x2.add', op('f64x2.mul', wide, f64x2(2 / Math.PI)), f64x2(ROUNDER)))
    const n = f.let(op('f64x2.sub', shifted, f64x2(ROUNDER)))
    const r = HALF_PI.reduce<Vector>((rest, part) => op('f64x2.sub', rest, op('f64x2.mul', n, f64x2(part))), wide)
    return { r: f.let(op('f32x4.demote_f64x2_zero', r)), shifted }
  })
  return { r: f.let(shuffle(low!.r, high!.r, 0, 1, 4, 5)), q: f.let(shuffle(low!.shifted, high!.shifted, 0, 2, 4, 6)) }
}

/** The greatest float32 whose quadrant the parts of pi / 2 give exactly. */
const NEAR = 2 ** 28 - 2 ** 4
/** 2 / pi as a fraction of 208 bits, its lowest 32 first. */
const TWO_OVER_PI = [0x9041fe51, 0x95993c43, 0xddc0db62, 0x57d1f534, 0x1529fc27, 0x836e4e44, 0xa2f9, 0]
const TWO_OVER_PI_BITS = 208

/**
 * What is beyond NEAR, lane by lane, after M. Payne and R. Hanek, "Radian Reduction for Trigonometric Functions" (ACM SIGNUM
 * Newsletter 18, 1983): x = m 2^e with m of 24 bits, so 2 / pi times 2^e is needed modulo 4 only. 96 bits of it from there on
 * leave, of the fraction of m times them, more than 24 where x is nearest to a multiple of pi / 2 (at 2^-30 of it).
 */
function farQuadrants(f: FunctionWriter, x: Vector, r: Local<'v128'>, q: Local<'v128'>): void {
  const lanes = f.let(x)
  const table = i32(f.pool.table(TWO_OVER_PI))
  f.repeat(4, () => {
    const bits = f.let(lane('i32x4.extract_lane', 0, lanes))
    const exponent = f.let(op('i32.and', op('i32.shr_u', bits, i32(23)), i32(255)))
    // From that of 2^28 to below that of infinity.
    f.if(op('i32.lt_u', op('i32.sub', exponent, i32(127 + 28)), i32(100)), () => {
      const m = f.let(op('i64.extend_i32_u', op('i32.or', op('i32.and', bits, i32(0x7fffff)), i32(0x800000))))
      // The lowest of the 96 bits, of which two are above the point once multiplied by 2^e, e = exponent - 150.
      const lowest = f.let(op('i32.sub', i32(TWO_OVER_PI_BITS - 94 + 150), exponent))
      const from = f.let(op('i32.add', table, op('i32.shr_u', lowest, i32(3))))
      const shift = f.let(op('i64.extend_i32_u', op('i32.and', lowest, i32(7))))
      const word = (i: number): Code<'i64'> =>
        op('i64.and', op('i64.shr_u', at('i64.load', 4 * i, from), shift), op('i64.extend_i32_u', i32(-1)))
      const product = (i: number): Code<'i64'> => op('i64.mul', m, word(i))
      // Quarters of a turn, in units of 2^-62.
      const turn = f.let(
        op(
          'i64.add',
          op('i64.add', op('i64.shr_u', product(0), i64(32)), product(1)),
          op('i64.shl', product(2), i64(32)),
        ),
      )
      f.if(op('i32.lt_s', bits, i32(0)), () => f.set(turn, op('i64.sub', i64(0), turn)))
      const quadrant = f.let(op('i64.shr_s', op('i64.add', turn, i64(2 ** 61)), i64(62)))
      const rest = op('f64.convert_i64_s', op('i64.sub', turn, op('i64.shl', quadrant, i64(62))))
      const angle = op('f32.demote_f64', op('f64.mul', rest, f64((Math.PI / 2) * 2 ** -62)))
      f.set(r, lane('f32x4.replace_lane', 0, r, angle))
      f.set(q, lane('i32x4.replace_lane', 0, q, op('i32.wrap_i64', quadrant)))
    })
    for (const vector of [lanes, r, q]) f.set(vector, shuffle(vector, vector, 1, 2, 3, 0))
  })
}

/** sin(x + turn pi / 2): the quadrant says which of sin r and cos r it is, and its sign. */
const sine =
  (turn: number, isFar: boolean): Formula =>
  (f, x) => {
    const { r, q } = quadrants(f, x)
    if (isFar) farQuadrants(f, x, r, q)
    if (turn > 0) f.set(q, op('i32x4.add', q, integer(f, turn)))
    const z = f.let(mul(r, r))
    const s = f.let(add(mul(mul(polynomial(f, z, SIN), z), r), r))
    const c = f.let(add(sub(mul(mul(polynomial(f, z, COS), z), z), mul(z, number(f, 0.5))), number(f, 1)))
    const isCosine = op('i32x4.shr_s', op('i32x4.shl', q, i32(31)), i32(31))
    const value = f.let(choose(isCosine, c, s))
    return op('v128.xor', value, op('i32x4.shl', op('v128.and', q, integer(f, 2)), i32(30)))
  }
/** A function with a formula for vectors of which an element is far from 0, which may take its time, and one for all others. */
export interface Ranged {
  readonly isFar: (f: FunctionWriter, x: Vector) => Code<'i32'>
  readonly near: Formula
  readonly far: Formula
}
const ranged = (formula: (isFar: boolean) => Formula): Ranged => ({
  isFar: (f, x) => anyAbove(f, largest(f, [x]), NEAR),
  near: formula(false),
  far: formula(true),
})
/** sin(-0) is -0, which the sum of its polynomial loses. */
export const sin: Ranged = ranged(
  (isFar) => (f, x) => choose(less(abs(x), number(f, 2 ** -13)), x, f.let(sine(0, isFar)(f, x))),
)
export const cos: Ranged = ranged((isFar) => sine(1, isFar))
