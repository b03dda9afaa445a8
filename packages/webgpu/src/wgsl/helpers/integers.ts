/** Integers, and what floats become as integers. */
import { INFINITY, MAGNITUDE, SIGN } from './text.ts'

export const integers = {
  /** WGSL gives x / 0 = x. */
  i_div: 'fn i_div(x: i32, y: i32) -> i32 { return select(x / y, 0, y == 0); }',
  /** WGSL gives x % 0 = 0, but refuses it where 0 is a literal. */
  i_mod: 'fn i_mod(x: i32, y: i32) -> i32 { return x % y; }',
  /** By repeated squaring. A negative exponent: 1 / x^-y, which is 0 but for 1 and -1. */
  i_pow: `fn i_pow(x: i32, y: i32) -> i32 {
  if (y < 0) { return select(0, select(1, x, (y & 1) == 1), x == 1 || x == -1); }
  var power = 1;
  var square = x;
  for (var rest = y; rest > 0; rest = rest >> 1u) {
    if ((rest & 1) == 1) { power = power * square; }
    square = square * square;
  }
  return power;
}`,

  /** Towards 0, with the ends of int32 for what is beyond; NaN is 0. */
  f_to_int: `fn f_to_int(x: f32) -> i32 {
  if (f_is_nan(x)) { return 0; }
  // 2^31 has the bits 0x4f000000.
  if ((bitcast<u32>(x) & ${MAGNITUDE}) >= 0x4f000000u) { return select(0x7fffffff, i_bits(${SIGN}), x < 0.0); }
  return i32(x);
}`,
  /** Towards 0, modulo 256: x = m 2^e in integers. From 2^31 on the lowest 8 bits are 0; so they are for infinities and NaN. */
  f_to_byte: `fn f_to_byte(x: f32) -> i32 {
  let bits = bitcast<u32>(x);
  let e = i32((bits >> 23u) & 0xffu) - 150;
  if (e < -23 || e >= 8) { return 0; }
  let m = (bits & 0x7fffffu) | 0x800000u;
  let size = i32(select(m >> u32(-e), m << u32(e), e >= 0));
  return select(size, -size, bits >= ${SIGN}) & 255;
}`,

  /**
   * C's fmod, exact: the remainder of the mantissas, brought from the exponent of x to that of y by 8 bits at a time, which is as
   * many as 32 bits leave above 24. Subnormals have the exponent 1, and no hidden digit.
   */
  f_mod: `fn f_mod(x: f32, y: f32) -> f32 {
  let sign = bitcast<u32>(x) & ${SIGN};
  let a = bitcast<u32>(x) & ${MAGNITUDE};
  let b = bitcast<u32>(y) & ${MAGNITUDE};
  if (a >= ${INFINITY} || b > ${INFINITY} || b == 0u) { return f_nan(); }
  if (a < b) { return x; }
  var rest = (a & 0x7fffffu) | select(0u, 0x800000u, a >= 0x800000u);
  let divisor = (b & 0x7fffffu) | select(0u, 0x800000u, b >= 0x800000u);
  let exponent = max(b >> 23u, 1u);
  var steps = max(a >> 23u, 1u) - exponent;
  rest = rest % divisor;
  while (steps >= 8u) {
    rest = (rest << 8u) % divisor;
    steps -= 8u;
  }
  rest = (rest << steps) % divisor;
  if (rest == 0u) { return bitcast<f32>(sign); }
  let shift = min(countLeadingZeros(rest) - 8u, exponent - 1u);
  rest = rest << shift;
  return bitcast<f32>(sign | select(rest, (rest & 0x7fffffu) | ((exponent - shift) << 23u), rest >= 0x800000u));
}`,
}
