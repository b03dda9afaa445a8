@group(0) @binding(0) var<storage, read_write> m0: array<u32>;
@group(0) @binding(1) var<storage, read_write> m1: array<u32>;
@group(0) @binding(2) var<storage, read_write> m2: array<u32>;
@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) place: vec3<u32>) {
let i = place.x * 256 + lane; if (i >= 3080) { return; }
let matrix = i / 1540;
let row = (i / 35) % 44 * 3;
let column = i % 35 * 2;
let row0 = min(row, 129u);
let row1 = min(row + 1, 129u);
let row2 = min(row + 2, 129u);
let column0 = column;
let column1 = column + 1;
let x0 = matrix * 67600 + row0 * 520;
let x1 = matrix * 67600 + row1 * 520;
let x2 = matrix * 67600 + row2 * 520;
let y0 = matrix * 36400 + column0 * 520;
let y1 = matrix * 36400 + column1 * 520;
var total0 = vec2<f32>((0f));
var total1 = vec2<f32>((0f));
var total2 = vec2<f32>((0f));
for (var first = 0u; first < 520; first += 256) {
var part0 = vec2<f32>((0f));
var part1 = vec2<f32>((0f));
var part2 = vec2<f32>((0f));
let end = min(first + 256, 520);
for (var q = first; q < end; q++) {
let y = vec2<f32>(bitcast<f32>(m2[y0 + q]), bitcast<f32>(m2[y1 + q]));
part0 += bitcast<f32>(m1[x0 + q]) * y;
part1 += bitcast<f32>(m1[x1 + q]) * y;
part2 += bitcast<f32>(m1[x2 + q]) * y;
}
total0 += part0;
total1 += part1;
total2 += part2;
}
let result = (matrix * 130 + row) * 70 + column;
m0[result] = bitcast<u32>(total0.x);
m0[result + 1] = bitcast<u32>(total0.y);
if (row + 1 < 130) { m0[result + 70] = bitcast<u32>(total1.x); }
if (row + 1 < 130) { m0[result + 71] = bitcast<u32>(total1.y); }
if (row + 2 < 130) { m0[result + 140] = bitcast<u32>(total2.x); }
if (row + 2 < 130) { m0[result + 141] = bitcast<u32>(total2.y); }
}