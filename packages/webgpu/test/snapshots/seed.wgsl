@group(0) @binding(0) var<storage, read_write> m0: array<u32>;
@group(0) @binding(1) var<storage, read_write> m1: array<u32>;
@group(0) @binding(2) var<storage, read_write> m2: array<u32>;
@group(0) @binding(3) var<storage, read_write> m3: array<u32>;
@group(0) @binding(4) var<storage, read_write> m4: array<u32>;
@group(0) @binding(5) var<storage, read_write> m5: array<u32>;
@group(0) @binding(6) var<storage, read_write> m6: array<u32>;
@group(0) @binding(7) var<storage, read_write> m7: array<u32>;
@group(0) @binding(8) var<uniform> numbers: array<vec4<u32>, 1>;
fn f_le(x: f32, y: f32) -> bool {
  let a = f_order(x);
  let b = f_order(y);
  return a <= b && a >= -i32(0x7f800000u) && b <= i32(0x7f800000u);
}
fn f_order(x: f32) -> i32 {
  let bits = bitcast<i32>(x);
  let size = bits & 0x7fffffff;
  return select(size, -size, bits < 0);
}
@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) place: vec3<u32>) {
let workgroup = place.y * 32768 + place.x;
for (var i = lane; i < 10; i += 256) {
let matrix = i / 10;
let row = (i / 5) % 2;
let column = i % 5;
let row0 = row;
let column0 = column;
let x0 = matrix * 20 + row0 * 10;
let y0 = matrix * 50 + column0 * 10;
var total0 = f32((0f));
for (var q = 0u; q < 10; q++) {
let y = f32(bitcast<f32>(m1[y0 + q]));
total0 += bitcast<f32>(m0[x0 + q]) * y;
}
let result = (matrix * 2 + row) * 5 + column;
{ let made = total0; let i: u32 = result;
let c0 = i / 5; let c1 = i % 5;
let x0 = made;
let x1 = bitcast<f32>(m1[64 + c1]);
let v3 = (x0 + x1);
let v6 = f_le(v3, (0f));
let v7 = select(v3, (0f), v6);
m2[12 + c0 * 5 + c1] = u32(v6);
m2[c0 * 5 + c1] = bitcast<u32>(v7);
}
}
storageBarrier();
for (var i = lane; i < 2; i += 256) {
let matrix = i / 2;
let row = i % 2;
let column = 0u;
let row0 = row;
let column0 = column;
let x0 = matrix * 10 + row0 * 5;
let y0 = matrix * 5 + column0 * 5;
var total0 = f32((0f));
for (var q = 0u; q < 5; q++) {
let y = f32(bitcast<f32>(m1[128 + y0 + q]));
total0 += bitcast<f32>(m2[x0 + q]) * y;
}
let result = (matrix * 2 + row) * 1 + column;
m2[24 + result] = bitcast<u32>(total0);
}
storageBarrier();
for (var i = lane; i < 1; i += 256) {
var s0: f32 = (0f);
for (var r = 0u; r < 2; r++) {
let r0 = r;
let x0 = bitcast<f32>(m2[24 + r0]);
let x2 = bitcast<f32>(m1[192 + 0]);
let v4 = (x0 + x2);
let x1 = bitcast<f32>(m3[r0]);
let v5 = (v4 - x1);
let v6 = (v5 * v5);
let v10 = ((0.5f) * v5);
let v11 = (v10 + v10);
s0 = (s0 + v6);
m2[24 + r0] = bitcast<u32>(v11);
}
m4[0] = bitcast<u32>(s0);
}
storageBarrier();
for (var i = lane; i < 1; i += 256) {
let x0 = bitcast<f32>(m4[0]);
let v2 = (x0 * (0.5f));
m4[0] = bitcast<u32>(v2);
}
for (var i = lane; i < 1; i += 256) {
var s0: f32 = (0f);
for (var r = 0u; r < 2; r++) {
let r0 = r;
let x0 = bitcast<f32>(m2[24 + r0]);
s0 = (s0 + x0);
}
m2[220 + 0] = bitcast<u32>(s0);
}
for (var i = lane; i < 10; i += 256) {
let matrix = i / 10;
let row = (i / 5) % 2;
let column = i % 5;
let row0 = row;
let column0 = column;
let x0 = matrix * 2 + row0;
let y0 = matrix * 5 + column0;
var total0 = f32((0f));
for (var q = 0u; q < 1; q++) {
let y = f32(bitcast<f32>(m1[128 + y0 + q * 5]));
total0 += bitcast<f32>(m2[24 + x0 + q]) * y;
}
let result = (matrix * 2 + row) * 5 + column;
m2[224 + result] = bitcast<u32>(total0);
}
for (var i = lane; i < 5; i += 256) {
let matrix = i / 5;
let row = 0u;
let column = i % 5;
let row0 = row;
let column0 = column;
let x0 = matrix * 2 + row0;
let y0 = matrix * 10 + column0;
var total0 = f32((0f));
for (var q = 0u; q < 2; q++) {
let y = f32(bitcast<f32>(m2[y0 + q * 5]));
total0 += bitcast<f32>(m2[24 + x0 + q]) * y;
}
let result = (matrix * 1 + row) * 5 + column;
m2[156 + result] = bitcast<u32>(total0);
}
storageBarrier();
for (var i = lane; i < 5; i += 256) {
let c0 = i;
var s1: f32 = (0f);
for (var r = 0u; r < 2; r++) {
let r0 = r;
let x0 = (m2[12 + c0 + r0 * 5] != 0u);
let x1 = bitcast<f32>(m2[224 + c0 + r0 * 5]);
let v4 = select(x1, (0f), x0);
s1 = (s1 + v4);
m2[12 + c0 + r0 * 5] = bitcast<u32>(v4);
}
m2[92 + c0] = bitcast<u32>(s1);
}
storageBarrier();
for (var i = lane; i < 50; i += 256) {
let matrix = i / 50;
let row = (i / 10) % 5;
let column = i % 10;
let row0 = row;
let column0 = column;
let x0 = matrix * 10 + row0;
let y0 = matrix * 20 + column0;
var total0 = f32((0f));
for (var q = 0u; q < 2; q++) {
let y = f32(bitcast<f32>(m0[y0 + q * 10]));
total0 += bitcast<f32>(m2[12 + x0 + q * 5]) * y;
}
let result = (matrix * 5 + row) * 10 + column;
m2[28 + result] = bitcast<u32>(total0);
}
storageBarrier();
for (var i = lane; i < 193; i += 256) {
let c0 = i;
let x0 = bitcast<f32>(m5[c0]);
let x3 = bitcast<f32>(numbers[0].y);
let v7 = (x0 * x3);
let x1 = bitcast<f32>(m2[28 + c0]);
let x4 = bitcast<f32>(numbers[0].z);
let v9 = (x1 * x4);
let v10 = (v7 + v9);
let x5 = bitcast<f32>(numbers[0].w);
let v12 = (v10 * x5);
let x2 = bitcast<f32>(m1[c0]);
let v13 = (x2 - v12);
m6[c0] = bitcast<u32>(v10);
m7[c0] = bitcast<u32>(v13);
}
}