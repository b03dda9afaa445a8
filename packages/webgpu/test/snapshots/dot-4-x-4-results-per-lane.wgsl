@group(0) @binding(0) var<storage, read_write> m0: array<u32>;
@group(0) @binding(1) var<storage, read_write> m1: array<u32>;
@group(0) @binding(2) var<storage, read_write> m2: array<u32>;
@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) place: vec3<u32>) {
let i = place.x * 256 + lane; if (i >= 1188) { return; }
let matrix = i / 594;
let row = (i / 18) % 33 * 4;
let column = i % 18 * 4;
let row0 = min(row, 129u);
let row1 = min(row + 1, 129u);
let row2 = min(row + 2, 129u);
let row3 = min(row + 3, 129u);
let column0 = min(column, 69u);
let column1 = min(column + 1, 69u);
let column2 = min(column + 2, 69u);
let column3 = min(column + 3, 69u);
let x0 = matrix * 67600 + row0 * 520;
let x1 = matrix * 67600 + row1 * 520;
let x2 = matrix * 67600 + row2 * 520;
let x3 = matrix * 67600 + row3 * 520;
let y0 = matrix * 36400 + column0 * 520;
let y1 = matrix * 36400 + column1 * 520;
let y2 = matrix * 36400 + column2 * 520;
let y3 = matrix * 36400 + column3 * 520;
var total0 = vec4<f32>((0f));
var total1 = vec4<f32>((0f));
var total2 = vec4<f32>((0f));
var total3 = vec4<f32>((0f));
for (var first = 0u; first < 520; first += 256) {
var part0 = vec4<f32>((0f));
var part1 = vec4<f32>((0f));
var part2 = vec4<f32>((0f));
var part3 = vec4<f32>((0f));
let end = min(first + 256, 520);
for (var q = first; q < end; q++) {
let y = vec4<f32>(bitcast<f32>(m2[y0 + q]), bitcast<f32>(m2[y1 + q]), bitcast<f32>(m2[y2 + q]), bitcast<f32>(m2[y3 + q]));
part0 += bitcast<f32>(m1[x0 + q]) * y;
part1 += bitcast<f32>(m1[x1 + q]) * y;
part2 += bitcast<f32>(m1[x2 + q]) * y;
part3 += bitcast<f32>(m1[x3 + q]) * y;
}
total0 += part0;
total1 += part1;
total2 += part2;
total3 += part3;
}
let result = (matrix * 130 + row) * 70 + column;
m0[result] = bitcast<u32>(total0.x);
if (column + 1 < 70) { m0[result + 1] = bitcast<u32>(total0.y); }
if (column + 2 < 70) { m0[result + 2] = bitcast<u32>(total0.z); }
if (column + 3 < 70) { m0[result + 3] = bitcast<u32>(total0.w); }
if (row + 1 < 130) { m0[result + 70] = bitcast<u32>(total1.x); }
if (row + 1 < 130 && column + 1 < 70) { m0[result + 71] = bitcast<u32>(total1.y); }
if (row + 1 < 130 && column + 2 < 70) { m0[result + 72] = bitcast<u32>(total1.z); }
if (row + 1 < 130 && column + 3 < 70) { m0[result + 73] = bitcast<u32>(total1.w); }
if (row + 2 < 130) { m0[result + 140] = bitcast<u32>(total2.x); }
if (row + 2 < 130 && column + 1 < 70) { m0[result + 141] = bitcast<u32>(total2.y); }
if (row + 2 < 130 && column + 2 < 70) { m0[result + 142] = bitcast<u32>(total2.z); }
if (row + 2 < 130 && column + 3 < 70) { m0[result + 143] = bitcast<u32>(total2.w); }
if (row + 3 < 130) { m0[result + 210] = bitcast<u32>(total3.x); }
if (row + 3 < 130 && column + 1 < 70) { m0[result + 211] = bitcast<u32>(total3.y); }
if (row + 3 < 130 && column + 2 < 70) { m0[result + 212] = bitcast<u32>(total3.z); }
if (row + 3 < 130 && column + 3 < 70) { m0[result + 213] = bitcast<u32>(total3.w); }
}