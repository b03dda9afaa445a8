@group(0) @binding(0) var<storage, read_write> m0: array<u32>;
@group(0) @binding(1) var<storage, read_write> m1: array<u32>;
@group(0) @binding(2) var<storage, read_write> m2: array<u32>;
@group(0) @binding(3) var<storage, read_write> m3: array<u32>;
@group(0) @binding(4) var<storage, read_write> m4: array<u32>;
@group(0) @binding(5) var<storage, read_write> m5: array<u32>;
@group(0) @binding(6) var<storage, read_write> m6: array<u32>;
@group(0) @binding(7) var<storage, read_write> m7: array<u32>;
@group(0) @binding(8) var<uniform> numbers: array<vec4<u32>, 2>;
fn f_tanh(x: f32) -> f32 {
  if (f_is_nan(x)) { return x; }
  let z = x * x;
  if (z <= 0.390625) { return x + x * z * ((((-0.0057049887254834175 * z + 0.0206390880048275) * z + -0.05373971536755562) * z + 0.13331441581249237) * z + -0.3333328068256378); }
  let a = min(abs(x), 10.0);
  return f_signed(1.0 - 2.0 / (f_exp(a + a) + 1.0), x);
}
fn f_div(x: f32, y: f32) -> f32 {
  let e = (bitcast<u32>(y) >> 23u) & 0xffu;
  let tiny = (bitcast<u32>(x) & 0x7fffffffu) - 1u < 0x7fffffu;
  if (e >= 1u && e <= 252u && !tiny) { return x / y; }
  return f_div_far(x, y);
}
fn f_sqrt(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  if ((bits & 0x7fffffffu) == 0u || bits == 0x7f800000u) { return x; }
  if (bits > 0x7f800000u) { return f_nan(); }
  if (bits < 0x800000u) { return sqrt(f32(bits)) * 3.7433920660218e-23; } // 2^-74.5
  return sqrt(x);
}
fn f_is_nan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
fn f_signed(x: f32, s: f32) -> f32 {
  return bitcast<f32>((bitcast<u32>(x) & 0x7fffffffu) | (bitcast<u32>(s) & 0x80000000u));
}
fn f_exp(x: f32) -> f32 {
  if (f_is_nan(x)) { return x; }
  let a = clamp(x, -104.0, 89.0);
  let n = round(a * 1.4426950408889634);
  let r = f_ln2_rest(a, n);
  return f_scaled(((((((0.0013943224912509322 * r + 0.008370600640773773) * r + 0.04166632518172264) * r + 0.16666491329669952) * r + 0.5) * r + 1.0) * r + 1.0), i32(n));
}
fn f_div_far(x: f32, y: f32) -> f32 {
  let sign = (bitcast<u32>(x) ^ bitcast<u32>(y)) & 0x80000000u;
  let a = bitcast<u32>(x) & 0x7fffffffu;
  let b = bitcast<u32>(y) & 0x7fffffffu;
  if (a > 0x7f800000u || b > 0x7f800000u || (a == b && (a == 0u || a == 0x7f800000u))) { return f_nan(); }
  if (a == 0u || b == 0x7f800000u) { return bitcast<f32>(sign); }
  if (b == 0u || a == 0x7f800000u) { return bitcast<f32>(sign | 0x7f800000u); }
  let p = f_split(bitcast<f32>(a));
  let q = f_split(bitcast<f32>(b));
  return bitcast<f32>(sign | bitcast<u32>(f_scaled(p.x / q.x, i32(p.y - q.y))));
}
fn f_nan() -> f32 { return f_bits(0x7fc00000u); }
fn f_ln2_rest(x: f32, n: f32) -> f32 { return fma(n, 2.12194440054690583e-4, fma(n, -0.693359375, x)); }
fn f_scaled(x: f32, n: i32) -> f32 {
  let e = i32(bitcast<u32>(x) >> 23u) + n;
  if (e >= 255) { return f_bits(0x7f800000u); }
  if (e < -24) { return 0.0; }
  if (e > 0) { return bitcast<f32>(bitcast<i32>(x) + (n << 23u)); }
  return bitcast<f32>(bitcast<i32>(x) + ((n + 64) << 23u)) * 5.421010862427522e-20; // 2^-64
}
fn f_split(x: f32) -> vec2f {
  let bits = bitcast<u32>(x);
  // A subnormal is an integer times 2^-149.
  let tiny = bits < 0x800000u;
  let above = i32(select(bits, bitcast<u32>(f32(bits)), tiny)) - 0x3f3504f3;
  let e = (above >> 23u) - select(0, 149, tiny);
  return vec2f(bitcast<f32>((above & 0x7fffff) + 0x3f3504f3), f32(e));
}
fn f_bits(bits: u32) -> f32 { return bitcast<f32>(bits ^ f_zero); }
var<private> f_zero: u32;
@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) place: vec3<u32>) {
let workgroup = place.y * 32768 + place.x;
for (var i = lane; i < 45; i += 256) {
let matrix = i / 45;
let row = (i / 9) % 5;
let column = i % 9;
let row0 = row;
let column0 = column;
let x0 = matrix * 35 + row0 * 7;
let y0 = matrix * 63 + column0 * 7;
var total0 = f32((0f));
for (var q = 0u; q < 7; q++) {
let y = f32(bitcast<f32>(m1[y0 + q]));
total0 += bitcast<f32>(m0[x0 + q]) * y;
}
let result = (matrix * 5 + row) * 9 + column;
{ let made = total0; let i: u32 = result;
let c0 = i / 9; let c1 = i % 9;
let x0 = made;
let x1 = bitcast<f32>(m1[64 + c1]);
let v3 = (x0 + x1);
let v4 = f_tanh(v3);
let v5 = (v4 * v4);
let v8 = ((1f) - v5);
m2[c0 * 9 + c1] = bitcast<u32>(v4);
m2[48 + c0 * 9 + c1] = bitcast<u32>(v8);
}
}
storageBarrier();
for (var i = lane; i < 15; i += 256) {
let matrix = i / 15;
let row = (i / 3) % 5;
let column = i % 3;
let row0 = row;
let column0 = column;
let x0 = matrix * 45 + row0 * 9;
let y0 = matrix * 27 + column0 * 9;
var total0 = f32((0f));
for (var q = 0u; q < 9; q++) {
let y = f32(bitcast<f32>(m1[128 + y0 + q]));
total0 += bitcast<f32>(m2[x0 + q]) * y;
}
let result = (matrix * 5 + row) * 3 + column;
m2[96 + result] = bitcast<u32>(total0);
}
storageBarrier();
for (var i = lane; i < 1; i += 256) {
var s0: f32 = (0f);
for (var r = 0u; r < 15; r++) {
let r0 = r / 3; let r1 = r % 3;
let x0 = bitcast<f32>(m2[96 + r0 * 3 + r1]);
let x2 = bitcast<f32>(m1[192 + r1]);
let v4 = (x0 + x2);
let x1 = bitcast<f32>(m3[r0 * 3 + r1]);
let v5 = (v4 - x1);
let v6 = (v5 * v5);
let v10 = ((0.06666667014360428f) * v5);
let v11 = (v10 + v10);
s0 = (s0 + v6);
m2[96 + r0 * 3 + r1] = bitcast<u32>(v11);
}
m4[0] = bitcast<u32>(s0);
}
storageBarrier();
for (var i = lane; i < 1; i += 256) {
let x0 = bitcast<f32>(m4[0]);
let v2 = f_div(x0, (15f));
m4[0] = bitcast<u32>(v2);
}
for (var i = lane; i < 3; i += 256) {
let c0 = i;
var s0: f32 = (0f);
for (var r = 0u; r < 5; r++) {
let r0 = r;
let x0 = bitcast<f32>(m2[96 + c0 + r0 * 3]);
s0 = (s0 + x0);
}
m2[304 + c0] = bitcast<u32>(s0);
}
for (var i = lane; i < 45; i += 256) {
let matrix = i / 45;
let row = (i / 9) % 5;
let column = i % 9;
let row0 = row;
let column0 = column;
let x0 = matrix * 15 + row0 * 3;
let y0 = matrix * 27 + column0;
var total0 = f32((0f));
for (var q = 0u; q < 3; q++) {
let y = f32(bitcast<f32>(m1[128 + y0 + q * 9]));
total0 += bitcast<f32>(m2[96 + x0 + q]) * y;
}
let result = (matrix * 5 + row) * 9 + column;
m2[308 + result] = bitcast<u32>(total0);
}
for (var i = lane; i < 27; i += 256) {
let matrix = i / 27;
let row = (i / 9) % 3;
let column = i % 9;
let row0 = row;
let column0 = column;
let x0 = matrix * 15 + row0;
let y0 = matrix * 45 + column0;
var total0 = f32((0f));
for (var q = 0u; q < 5; q++) {
let y = f32(bitcast<f32>(m2[y0 + q * 9]));
total0 += bitcast<f32>(m2[96 + x0 + q * 3]) * y;
}
let result = (matrix * 3 + row) * 9 + column;
m2[240 + result] = bitcast<u32>(total0);
}
storageBarrier();
for (var i = lane; i < 9; i += 256) {
let c0 = i;
var s1: f32 = (0f);
for (var r = 0u; r < 5; r++) {
let r0 = r;
let x0 = bitcast<f32>(m2[308 + c0 + r0 * 9]);
let x1 = bitcast<f32>(m2[48 + c0 + r0 * 9]);
let v2 = (x0 * x1);
s1 = (s1 + v2);
m2[308 + c0 + r0 * 9] = bitcast<u32>(v2);
}
m2[176 + c0] = bitcast<u32>(s1);
}
storageBarrier();
for (var i = lane; i < 63; i += 256) {
let matrix = i / 63;
let row = (i / 7) % 9;
let column = i % 7;
let row0 = row;
let column0 = column;
let x0 = matrix * 45 + row0;
let y0 = matrix * 35 + column0;
var total0 = f32((0f));
for (var q = 0u; q < 5; q++) {
let y = f32(bitcast<f32>(m0[y0 + q * 7]));
total0 += bitcast<f32>(m2[308 + x0 + q * 9]) * y;
}
let result = (matrix * 9 + row) * 7 + column;
m2[112 + result] = bitcast<u32>(total0);
}
storageBarrier();
for (var i = lane; i < 195; i += 256) {
let c0 = i;
let x0 = bitcast<f32>(m5[c0]);
let x3 = bitcast<f32>(numbers[0].z);
let v8 = (x0 * x3);
let x1 = bitcast<f32>(m2[112 + c0]);
let v9 = (x1 * x1);
let x4 = bitcast<f32>(numbers[0].w);
let v11 = (v9 * x4);
let v12 = (v8 + v11);
let v13 = f_sqrt(v12);
let x5 = bitcast<f32>(numbers[1].x);
let v15 = (v13 + x5);
let x6 = bitcast<f32>(numbers[1].y);
let v17 = (x1 * x6);
let v18 = f_div(v17, v15);
let x2 = bitcast<f32>(m1[c0]);
let v19 = (x2 - v18);
m6[c0] = bitcast<u32>(v12);
m7[c0] = bitcast<u32>(v19);
}
}