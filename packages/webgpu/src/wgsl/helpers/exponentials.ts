/**
 * exp, log and what is made of them, within 4 units in the last place where sums and products are rounded at all; WGSL's own have
 * 3 + 2 |x|, and nothing for NaN. Reductions are Cody and Waite's (Software Manual for the Elementary Functions, 1980);
 * coefficients of expm1, log and tanh are those of S. L. Moshier's Cephes library, single precision (netlib.org/cephes);
 * those of exp, exp2 and erf were fitted for this project at Chebyshev points.
 */
import { INFINITY, polynomial, SIGN } from './text.ts'

/** exp(r) = 1 + r P(r) for |r| <= ln 2 / 2. */
const EXP = [0.0013943224912509322, 0.008370600640773773, 0.04166632518172264, 0.16666491329669952, 0.5, 1, 1]
/** 2^r = 1 + r P(r) for |r| <= 1/2. */
const EXP2 = [
  1.5305764463846572e-5, 0.00015463792078662664, 0.0013333471724763513, 0.009618050418794155, 0.05550410971045494,
  0.24022650718688965, 0.6931471824645996, 1,
]
/** expm1(r) = r + r^2 P(r), which leaves small numbers exact. */
const EXPM1 = [1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1]
/** log(1 + t) = t - t^2/2 + t^3 P(t) for 1 + t from sqrt(1/2) to sqrt(2). */
const LOG = [
  7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
  2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
]
/** tanh(x) = x + x^3 P(x^2) for |x| <= 0.625. */
const TANH = [-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1]
/** erf(x) = x + x P(x^2) for |x| <= 0.9. */
const ERF_NEAR = [
  -0.0006102686747908592, 0.005014484282582998, -0.026780718937516212, 0.11282194405794144, -0.3761252760887146,
  0.12837915122509003,
]
/** erf(x) = 1 - exp(-x P(x)) for x from 0.9 to 4. */
const ERF_FAR = [
  1.658868495724164e-5, -0.00037344780866988003, 0.0038316245190799236, -0.02411654405295849, 0.10658469796180725,
  0.6349844336509705, 1.1286782026290894,
]
/** log2((1 + s) / (1 - s)) = 2 s / ln 2 (1 + s^2/3 + s^4/5 + ...): the terms after the first, over s^3. */
const LOG2 = [11, 9, 7, 5, 3].map((k) => 2 / k / Math.LN2)

export const exponentials = {
  /** x - n ln 2; ln 2 is in two parts, of which multiples of the first are exact. */
  f_ln2_rest:
    'fn f_ln2_rest(x: f32, n: f32) -> f32 { return fma(n, 2.12194440054690583e-4, fma(n, -0.693359375, x)); }',
  /** exp(x) = 2^n exp(r). Below -104 it is less than half the least number. */
  f_exp: `fn f_exp(x: f32) -> f32 {
  if (f_is_nan(x)) { return x; }
  let a = clamp(x, -104.0, 89.0);
  let n = round(a * 1.4426950408889634);
  let r = f_ln2_rest(a, n);
  return f_scaled(${polynomial('r', EXP)}, i32(n));
}`,
  /** expm1(x) = 2 (2^(n-1) expm1(r) + (2^(n-1) - 1/2)). */
  f_expm1: `fn f_expm1(x: f32) -> f32 {
  if (f_is_nan(x) || abs(x) < 5.9604645e-8) { return x; }
  let a = clamp(x, -30.0, 89.0);
  let n = round(a * 1.4426950408889634);
  let r = f_ln2_rest(a, n);
  let y = ${polynomial('r', EXPM1)} * r * r + r;
  let half = f_scaled(0.5, i32(n));
  let sum = half * y + (half - 0.5);
  return sum + sum;
}`,

  f_log_series: `fn f_log_series(t: f32) -> f32 {
  let z = t * t;
  return ${polynomial('t', LOG)} * t * z - 0.5 * z;
}`,
  /** log(m 2^e) = log(m) + e ln 2, of a positive finite x. */
  f_log_finite: `fn f_log_finite(x: f32) -> f32 {
  let s = f_split(x);
  let t = s.x - 1.0;
  return (t + (f_log_series(t) - s.y * 2.12194440054690583e-4)) + s.y * 0.693359375;
}`,
  f_log: `fn f_log(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  if ((bits | ${SIGN}) == ${SIGN}) { return f_bits(0xff800000u); }
  if (bits > ${INFINITY}) { return f_nan(); }
  if (bits == ${INFINITY}) { return x; }
  return f_log_finite(x);
}`,
  /** From sqrt(1/2) - 1 to sqrt(2) - 1 the series of log is that of x itself; beyond, log does not lose what 1 + x rounds off. */
  f_log1p: `fn f_log1p(x: f32) -> f32 {
  if (f_is_nan(x) || abs(x) < 5.9604645e-8) { return x; }
  if (x > -0.29289323 && x < 0.41421357) { return x + f_log_series(x); }
  return f_log(1.0 + x);
}`,

  /** 1 - 2 / (exp(2 a) + 1) with a = |x| up to 10, from where on it is 1. */
  f_tanh: `fn f_tanh(x: f32) -> f32 {
  if (f_is_nan(x)) { return x; }
  let z = x * x;
  if (z <= 0.390625) { return x + x * z * ${polynomial('z', TANH)}; }
  let a = min(abs(x), 10.0);
  return f_signed(1.0 - 2.0 / (f_exp(a + a) + 1.0), x);
}`,
  /** From 4 on it is 1. */
  f_erf: `fn f_erf(x: f32) -> f32 {
  if (f_is_nan(x)) { return x; }
  let a = min(abs(x), 4.0);
  if (a <= 0.9) {
    let z = x * x;
    return x + x * ${polynomial('z', ERF_NEAR)};
  }
  return f_signed(1.0 - f_exp(-a * ${polynomial('a', ERF_FAR)}), x);
}`,

  /** The first 12 digits, so that products of two such numbers are exact. */
  f_upper: 'fn f_upper(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) & 0xfffff000u); }',
  /**
   * x^y = 2^(y log2(x)) of a positive finite x. An error of log2 is multiplied by y, so it is computed in two parts, high and low:
   * log2(m 2^e) = e + 2 / ln 2 (s + s^3/3 + ...) with s = (m - 1) / (m + 1), high parts with 12 digits.
   */
  f_power: `fn f_power(x: f32, y: f32) -> f32 {
  let split = f_split(x);
  let t = split.x - 1.0;
  let s = t / (t + 2.0);
  let s_high = f_upper(s);
  let t_high = f_upper(t);
  let s_low = (((t - 2.0 * s_high) - s_high * t_high) - s_high * (t - t_high)) / (t + 2.0);
  // 2 / ln 2 = 2.884765625 + 6.2445678e-4
  let z = s * s;
  let high = s_high * 2.884765625;
  let low = s_high * 6.244567779269e-4 + s_low * 2.885390081777927 + s * z * ${polynomial('z', LOG2)};
  let log_high = f_upper(split.y + (high + low));
  let log_low = low - ((log_high - split.y) - high);
  // From 2^33 on any power but that of 1 is 0 or infinite.
  let exponent = clamp(y, -8589934592.0, 8589934592.0);
  let y_high = f_upper(exponent);
  let p_high = y_high * log_high;
  let p_low = (exponent - y_high) * log_high + exponent * log_low;
  let n = clamp(round(p_high + p_low), -200.0, 200.0);
  let r = clamp((p_high - n) + p_low, -0.51, 0.51);
  return f_scaled(${polynomial('r', EXP2)}, i32(n));
}`,
  /** 0: no integer, 1: odd, 2: even, as from 2^24 on all are, and infinity. */
  f_parity: `fn f_parity(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  let e = (bits >> 23u) & 0xffu;
  if (e < 127u) { return 0u; }
  if (e > 150u) { return 2u; }
  let m = (bits & 0x7fffffu) | 0x800000u;
  let digits = 150u - e;
  if ((m & ((1u << digits) - 1u)) != 0u) { return 0u; }
  return 2u - ((m >> digits) & 1u);
}`,
  /** C's pow (C11, F.10.4.4). */
  f_pow: `fn f_pow(x: f32, y: f32) -> f32 {
  let a = bitcast<u32>(x) & 0x7fffffffu;
  let b = bitcast<u32>(y) & 0x7fffffffu;
  let one = 0x3f800000u;
  if (b == 0u || bitcast<u32>(x) == one) { return 1.0; }
  if (a > ${INFINITY} || b > ${INFINITY}) { return f_nan(); }
  let grows = bitcast<u32>(y) < ${SIGN};
  if (b == ${INFINITY}) { return select(f_bits(select(0u, ${INFINITY}, (a > one) == grows)), 1.0, a == one); }
  let parity = f_parity(y);
  let negative = bitcast<u32>(x) >= ${SIGN};
  let sign = select(0u, ${SIGN}, negative && parity == 1u);
  if (a == 0u || a == ${INFINITY}) { return bitcast<f32>(sign | select(0u, ${INFINITY}, (a != 0u) == grows)); }
  if (negative && parity == 0u) { return f_nan(); }
  if (b == one && grows) { return x; }
  return bitcast<f32>(sign | bitcast<u32>(f_power(bitcast<f32>(a), y)));
}`,
}
