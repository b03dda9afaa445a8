/**
 * What floats are, by their bits: adapters may assume that there are no NaNs and infinities (WGSL, section 15.7.2), and do. They fold
 * `x != x` to false, give `max(NaN, 1)` as 1, and flush subnormals in comparisons; integers they leave alone.
 */
import { INFINITY, MAGNITUDE, SIGN } from './text.ts'

export const floats = {
  /** Written by nobody, so it is 0; no constant expression, so what it goes into may be NaN. */
  f_zero: 'var<private> f_zero: u32;',
  f_bits: 'fn f_bits(bits: u32) -> f32 { return bitcast<f32>(bits ^ f_zero); }',
  i_bits: 'fn i_bits(bits: u32) -> i32 { return bitcast<i32>(bits ^ f_zero); }',
  f_nan: 'fn f_nan() -> f32 { return f_bits(0x7fc00000u); }',
  f_is_nan: `fn f_is_nan(x: f32) -> bool { return (bitcast<u32>(x) & ${MAGNITUDE}) > ${INFINITY}; }`,

  f_neg: `fn f_neg(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) ^ ${SIGN}); }`,
  /** The magnitude of x with the sign of s. */
  f_signed: `fn f_signed(x: f32, s: f32) -> f32 {
  return bitcast<f32>((bitcast<u32>(x) & ${MAGNITUDE}) | (bitcast<u32>(s) & ${SIGN}));
}`,
  /** 1 with the sign of x; zeros and NaNs are themselves. */
  f_sign: `fn f_sign(x: f32) -> f32 {
  let size = bitcast<u32>(x) & ${MAGNITUDE};
  if (size == 0u || size > ${INFINITY}) { return x; }
  return f_signed(1.0, x);
}`,

  /** Integers in the order of the floats; 0 and -0 are one, NaNs lie beyond the infinities of their sign. */
  f_order: `fn f_order(x: f32) -> i32 {
  let bits = bitcast<i32>(x);
  let size = bits & 0x7fffffff;
  return select(size, -size, bits < 0);
}`,
  /** The same with all NaNs as the one greatest. */
  f_rank: 'fn f_rank(x: f32) -> i32 { return select(f_order(x), 0x7fffffff, f_is_nan(x)); }',
  f_eq: `fn f_eq(x: f32, y: f32) -> bool {
  let order = f_order(x);
  return order == f_order(y) && abs(order) <= i32(${INFINITY});
}`,
  // Of what is in order, the first is no NaN if it is not below -infinity, and the second none if not above infinity.
  f_lt: `fn f_lt(x: f32, y: f32) -> bool {
  let a = f_order(x);
  let b = f_order(y);
  return a < b && a >= -i32(${INFINITY}) && b <= i32(${INFINITY});
}`,
  f_le: `fn f_le(x: f32, y: f32) -> bool {
  let a = f_order(x);
  let b = f_order(y);
  return a <= b && a >= -i32(${INFINITY}) && b <= i32(${INFINITY});
}`,
  f_max: `fn f_max(x: f32, y: f32) -> f32 {
  if (f_is_nan(x) || f_is_nan(y)) { return f_nan(); }
  return select(y, x, f_order(x) > f_order(y));
}`,
  f_min: `fn f_min(x: f32, y: f32) -> f32 {
  if (f_is_nan(x) || f_is_nan(y)) { return f_nan(); }
  return select(y, x, f_order(x) < f_order(y));
}`,
}
