/** Numbers apart as mantissa and exponent, which subnormals have too, and what that makes right: quotients and roots. */
import { INFINITY, MAGNITUDE, SIGN } from './text.ts'

export const exponents = {
  /** x = m 2^e with m from sqrt(1/2) to sqrt(2), of a positive finite x; 0x3f3504f3 are the bits of sqrt(1/2). */
  f_split: `fn f_split(x: f32) -> vec2f {
  let bits = bitcast<u32>(x);
  // A subnormal is an integer times 2^-149.
  let tiny = bits < 0x800000u;
  let above = i32(select(bits, bitcast<u32>(f32(bits)), tiny)) - 0x3f3504f3;
  let e = (above >> 23u) - select(0, 149, tiny);
  return vec2f(bitcast<f32>((above & 0x7fffff) + 0x3f3504f3), f32(e));
}`,
  /** x 2^n for x from 1/2 to 2: n is added to the exponent, but where the result is subnormal. */
  f_scaled: `fn f_scaled(x: f32, n: i32) -> f32 {
  let e = i32(bitcast<u32>(x) >> 23u) + n;
  if (e >= 255) { return f_bits(${INFINITY}); }
  if (e < -24) { return 0.0; }
  if (e > 0) { return bitcast<f32>(bitcast<i32>(x) + (n << 23u)); }
  return bitcast<f32>(bitcast<i32>(x) + ((n + 64) << 23u)) * 5.421010862427522e-20; // 2^-64
}`,

  /** WGSL promises its accuracy for divisors from 2^-126 to 2^126 (section 15.7.4), and may take a subnormal dividend for 0. */
  f_div: `fn f_div(x: f32, y: f32) -> f32 {
  let e = (bitcast<u32>(y) >> 23u) & 0xffu;
  let tiny = (bitcast<u32>(x) & ${MAGNITUDE}) - 1u < 0x7fffffu;
  if (e >= 1u && e <= 252u && !tiny) { return x / y; }
  return f_div_far(x, y);
}`,
  f_div_far: `fn f_div_far(x: f32, y: f32) -> f32 {
  let sign = (bitcast<u32>(x) ^ bitcast<u32>(y)) & ${SIGN};
  let a = bitcast<u32>(x) & ${MAGNITUDE};
  let b = bitcast<u32>(y) & ${MAGNITUDE};
  if (a > ${INFINITY} || b > ${INFINITY} || (a == b && (a == 0u || a == ${INFINITY}))) { return f_nan(); }
  if (a == 0u || b == ${INFINITY}) { return bitcast<f32>(sign); }
  if (b == 0u || a == ${INFINITY}) { return bitcast<f32>(sign | ${INFINITY}); }
  let p = f_split(bitcast<f32>(a));
  let q = f_split(bitcast<f32>(b));
  return bitcast<f32>(sign | bitcast<u32>(f_scaled(p.x / q.x, i32(p.y - q.y))));
}`,
  f_sqrt: `fn f_sqrt(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  if ((bits & ${MAGNITUDE}) == 0u || bits == ${INFINITY}) { return x; }
  if (bits > ${INFINITY}) { return f_nan(); }
  if (bits < 0x800000u) { return sqrt(f32(bits)) * 3.7433920660218e-23; } // 2^-74.5
  return sqrt(x);
}`,
}
