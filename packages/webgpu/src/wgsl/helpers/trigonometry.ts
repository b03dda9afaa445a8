/**
 * sin, cos and atan, within 4 units in the last place but for the zeros of sin and cos far from 0. WGSL's own promise 2^-11 within
 * [-pi, pi] and 4096 units. Coefficients are those of S. L. Moshier's Cephes library, single precision (netlib.org/cephes).
 */
import { INFINITY, MAGNITUDE, polynomial } from './text.ts'

const SIN = [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1]
const COS = [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2]
const ATAN = [8.05374449538e-2, -1.38776856032e-1, 1.99777106478e-1, -3.33329491539e-1]

export const trigonometry = {
  /** The upper 32 bits of a product, by halves: 2^32 h + ... = (2^16 a + b) (2^16 c + d). */
  u_high: `fn u_high(x: u32, y: u32) -> u32 {
  let a = x >> 16u;
  let b = x & 0xffffu;
  let c = y >> 16u;
  let d = y & 0xffffu;
  let middle = a * d + ((b * d) >> 16u);
  return a * c + (middle >> 16u) + ((b * c + (middle & 0xffffu)) >> 16u);
}`,
  /** 2 / pi as a fraction of 208 bits, its lowest 32 first. */
  u_two_over_pi: `const u_two_over_pi = array<u32, 8>(
  0x9041fe51u, 0x95993c43u, 0xddc0db62u, 0x57d1f534u, 0x1529fc27u, 0x836e4e44u, 0xa2f9u, 0u);`,
  /** 32 of its bits, from a lowest one on. */
  u_digits: `fn u_digits(lowest: u32) -> u32 {
  let table = u_two_over_pi;
  let i = lowest >> 5u;
  let shift = lowest & 31u;
  return (table[i] >> shift) | ((table[i + 1u] << 1u) << (31u - shift));
}`,
  /**
   * x = q pi / 2 + r of a large |x| = m 2^e, as vec2(r, q), after M. Payne and R. Hanek, "Radian Reduction for Trigonometric
   * Functions" (ACM SIGNUM Newsletter 18, 1983): of 2 / pi times 2^e only what is below 4 counts, and 96 bits of it are enough.
   * upper and lower are the quarters of a turn, in units of 2^-62.
   */
  f_quarters_far: `fn f_quarters_far(x: f32) -> vec2f {
  let bits = bitcast<u32>(x) & ${MAGNITUDE};
  let m = (bits & 0x7fffffu) | 0x800000u;
  // 208 bits below the point, 94 of the 96 too, and m has 2^-150 as its unit.
  let lowest = 264u - (bits >> 23u);
  let carried = u_high(m, u_digits(lowest));
  let second = u_digits(lowest + 32u);
  let lower = m * second + carried;
  let upper = u_high(m, second) + m * u_digits(lowest + 64u) + select(0u, 1u, lower < carried);
  let q = (upper + 0x20000000u) >> 30u;
  let rest = f32(bitcast<i32>(upper - (q << 30u))) + f32(lower) * 2.3283064365386963e-10; // 2^-32
  return f_signed(1.0, x) * vec2f(rest * 1.4629180792671596e-9, f32(q)); // pi / 2 2^-30
}`,
  /** pi / 2 in three parts, so that multiples of the first two are exact up to |x| = 4096. */
  f_quarters: `fn f_quarters(x: f32) -> vec2f {
  if (abs(x) > 4096.0) { return f_quarters_far(x); }
  let n = round(x * 0.6366197723675814);
  return vec2f(fma(n, -7.54978995489e-8, fma(n, -4.8375129699707031e-4, fma(n, -1.5703125, x))), n);
}`,
  /** sin(x + turn pi / 2): the quarter says which of sin(r) and cos(r) it is, and its sign. */
  f_sine: `fn f_sine(x: f32, turn: i32) -> f32 {
  if ((bitcast<u32>(x) & ${MAGNITUDE}) >= ${INFINITY}) { return f_nan(); }
  let quarters = f_quarters(x);
  let q = i32(quarters.y) + turn;
  let r = quarters.x;
  let z = r * r;
  let sine = r + r * z * ${polynomial('z', SIN)};
  let cosine = (1.0 - 0.5 * z) + z * z * ${polynomial('z', COS)};
  let size = select(sine, cosine, (q & 1) == 1);
  return select(size, -size, (q & 2) == 2);
}`,
  /** What is so small is its own sine, and keeps its sign where it is 0. */
  f_sin: 'fn f_sin(x: f32) -> f32 { if (abs(x) < 2.4e-4) { return x; } return f_sine(x, 0); }',
  f_cos: 'fn f_cos(x: f32) -> f32 { return f_sine(x, 1); }',

  /** Of |x|, reduced to |t| <= tan(pi / 8): pi/2 - atan(1/x), pi/4 + atan((x - 1) / (x + 1)), or itself. */
  f_atan: `fn f_atan(x: f32) -> f32 {
  if (f_is_nan(x)) { return x; }
  // From 2^60 on it is pi / 2; infinity is more than divisions may be given.
  let a = min(abs(x), 1152921504606846976.0);
  var start = 0.0;
  var t = a;
  if (a > 2.414213562373095) {
    start = 1.5707963267948966;
    t = -1.0 / a;
  } else if (a > 0.4142135623730951) {
    start = 0.7853981633974483;
    t = (a - 1.0) / (a + 1.0);
  }
  let z = t * t;
  return f_signed(start + (t + t * z * ${polynomial('z', ATAN)}), x);
}`,
}
