@group(0) @binding(0) var<storage, read_write> m0: array<u32>;
@group(0) @binding(1) var<storage, read_write> m1: array<u32>;
@group(0) @binding(2) var<storage, read_write> m2: array<u32>;
@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) place: vec3<u32>) {
let i = place.x * 256 + lane; if (i >= 18200) { return; }
let matrix = i / 9100;
let row = (i / 70) % 130;
let column = i % 70;
let row0 = row;
let column0 = column;
let x0 = matrix * 67600 + row0 * 520;
let y0 = matrix * 36400 + column0 * 520;
var total0 = f32((0f));
for (var first = 0u; first < 520; first += 256) {
var part0 = f32((0f));
let end = min(first + 256, 520);
for (var q = first; q < end; q++) {
let y = f32(bitcast<f32>(m2[y0 + q]));
part0 += bitcast<f32>(m1[x0 + q]) * y;
}
total0 += part0;
}
let result = (matrix * 130 + row) * 70 + column;
m0[result] = bitcast<u32>(total0);
}