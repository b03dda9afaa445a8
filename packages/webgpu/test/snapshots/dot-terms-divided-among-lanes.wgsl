@group(0) @binding(0) var<storage, read_write> m0: array<u32>;
@group(0) @binding(1) var<storage, read_write> m1: array<u32>;
@group(0) @binding(2) var<storage, read_write> m2: array<u32>;
var<workgroup> lanes: array<u32, 256>;
@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) place: vec3<u32>) {
let i = place.x;
let result = i * 32 + lane % 32;
let matrix = result / 9100;
let x = matrix * 67600 + (result / 70) % 130 * 520;
let y = matrix * 36400 + result % 70 * 520;
var total: f32 = (0f);
if (result < 18200) {
for (var q = lane / 32; q < 520; q += 8) {
total = (total + (bitcast<f32>(m1[x + q * 1]) * bitcast<f32>(m2[y + q * 1])));
} }
lanes[lane] = bitcast<u32>(total);
workgroupBarrier();
for (var half = 128u; half >= 32; half = half >> 1) {
if (lane < half) { lanes[lane] = bitcast<u32>((bitcast<f32>(lanes[lane]) + bitcast<f32>(lanes[lane + half]))); }
workgroupBarrier();
}
if (lane < 32 && result < 18200) { m0[result] = bitcast<u32>(bitcast<f32>(lanes[lane])); }
workgroupBarrier();
}