@group(0) @binding(0) var<storage, read_write> m0: array<u32>;
@group(0) @binding(1) var<storage, read_write> m1: array<u32>;
@group(0) @binding(2) var<storage, read_write> m2: array<u32>;
var<workgroup> tile_a: array<vec4f, 512>;
var<workgroup> tile_b: array<vec4f, 256>;
@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) place: vec3<u32>) {
let i = place.x;
let matrix = i / 4;
let top = (i / 2) % 2 * 128;
let left = i % 2 * 64;
let x = lane % 16;
let y = lane / 16;
var total0 = vec4f(); var part0 = vec4f();
var total1 = vec4f(); var part1 = vec4f();
var total2 = vec4f(); var part2 = vec4f();
var total3 = vec4f(); var part3 = vec4f();
var total4 = vec4f(); var part4 = vec4f();
var total5 = vec4f(); var part5 = vec4f();
var total6 = vec4f(); var part6 = vec4f();
var total7 = vec4f(); var part7 = vec4f();
for (var terms = 0u; terms < 520; terms += 16) {
for (var at = lane; at < 512; at += 256) {
let v = at / 16; let t = at % 16;
let start = top + v * 4; let q = terms + t;
tile_a[t * 32 + v] = vec4f(select(0.0, bitcast<f32>(m1[matrix * 67600 + min(start + 0, 129u) * 520 + min(q, 519u) * 1]), start + 0 < 130 && q < 520), select(0.0, bitcast<f32>(m1[matrix * 67600 + min(start + 1, 129u) * 520 + min(q, 519u) * 1]), start + 1 < 130 && q < 520), select(0.0, bitcast<f32>(m1[matrix * 67600 + min(start + 2, 129u) * 520 + min(q, 519u) * 1]), start + 2 < 130 && q < 520), select(0.0, bitcast<f32>(m1[matrix * 67600 + min(start + 3, 129u) * 520 + min(q, 519u) * 1]), start + 3 < 130 && q < 520));
}
for (var at = lane; at < 256; at += 256) {
let v = at / 16; let t = at % 16;
let start = left + v * 4; let q = terms + t;
tile_b[t * 16 + v] = vec4f(select(0.0, bitcast<f32>(m2[matrix * 36400 + min(start + 0, 69u) * 520 + min(q, 519u) * 1]), start + 0 < 70 && q < 520), select(0.0, bitcast<f32>(m2[matrix * 36400 + min(start + 1, 69u) * 520 + min(q, 519u) * 1]), start + 1 < 70 && q < 520), select(0.0, bitcast<f32>(m2[matrix * 36400 + min(start + 2, 69u) * 520 + min(q, 519u) * 1]), start + 2 < 70 && q < 520), select(0.0, bitcast<f32>(m2[matrix * 36400 + min(start + 3, 69u) * 520 + min(q, 519u) * 1]), start + 3 < 70 && q < 520));
}
workgroupBarrier();
for (var t = 0u; t < 16; t++) {
let b = tile_b[t * 16 + x];
let a0 = tile_a[t * 32 + y * 2 + 0];
part0 += a0.x * b;
part1 += a0.y * b;
part2 += a0.z * b;
part3 += a0.w * b;
let a1 = tile_a[t * 32 + y * 2 + 1];
part4 += a1.x * b;
part5 += a1.y * b;
part6 += a1.z * b;
part7 += a1.w * b;
}
if ((terms + 16) % 256 == 0 || terms + 16 >= 520) {
total0 += part0; part0 = vec4f();
total1 += part1; part1 = vec4f();
total2 += part2; part2 = vec4f();
total3 += part3; part3 = vec4f();
total4 += part4; part4 = vec4f();
total5 += part5; part5 = vec4f();
total6 += part6; part6 = vec4f();
total7 += part7; part7 = vec4f();
}
workgroupBarrier();
}
{ let row = top + y * 8 + 0; let column = left + x * 4;
if (row < 130 && column + 0 < 70) { m0[(matrix * 130 + row) * 70 + column + 0] = bitcast<u32>(total0.x); }
if (row < 130 && column + 1 < 70) { m0[(matrix * 130 + row) * 70 + column + 1] = bitcast<u32>(total0.y); }
if (row < 130 && column + 2 < 70) { m0[(matrix * 130 + row) * 70 + column + 2] = bitcast<u32>(total0.z); }
if (row < 130 && column + 3 < 70) { m0[(matrix * 130 + row) * 70 + column + 3] = bitcast<u32>(total0.w); }
}
{ let row = top + y * 8 + 1; let column = left + x * 4;
if (row < 130 && column + 0 < 70) { m0[(matrix * 130 + row) * 70 + column + 0] = bitcast<u32>(total1.x); }
if (row < 130 && column + 1 < 70) { m0[(matrix * 130 + row) * 70 + column + 1] = bitcast<u32>(total1.y); }
if (row < 130 && column + 2 < 70) { m0[(matrix * 130 + row) * 70 + column + 2] = bitcast<u32>(total1.z); }
if (row < 130 && column + 3 < 70) { m0[(matrix * 130 + row) * 70 + column + 3] = bitcast<u32>(total1.w); }
}
{ let row = top + y * 8 + 2; let column = left + x * 4;
if (row < 130 && column + 0 < 70) { m0[(matrix * 130 + row) * 70 + column + 0] = bitcast<u32>(total2.x); }
if (row < 130 && column + 1 < 70) { m0[(matrix * 130 + row) * 70 + column + 1] = bitcast<u32>(total2.y); }
if (row < 130 && column + 2 < 70) { m0[(matrix * 130 + row) * 70 + column + 2] = bitcast<u32>(total2.z); }
if (row < 130 && column + 3 < 70) { m0[(matrix * 130 + row) * 70 + column + 3] = bitcast<u32>(total2.w); }
}
{ let row = top + y * 8 + 3; let column = left + x * 4;
if (row < 130 && column + 0 < 70) { m0[(matrix * 130 + row) * 70 + column + 0] = bitcast<u32>(total3.x); }
if (row < 130 && column + 1 < 70) { m0[(matrix * 130 + row) * 70 + column + 1] = bitcast<u32>(total3.y); }
if (row < 130 && column + 2 < 70) { m0[(matrix * 130 + row) * 70 + column + 2] = bitcast<u32>(total3.z); }
if (row < 130 && column + 3 < 70) { m0[(matrix * 130 + row) * 70 + column + 3] = bitcast<u32>(total3.w); }
}
{ let row = top + y * 8 + 4; let column = left + x * 4;
if (row < 130 && column + 0 < 70) { m0[(matrix * 130 + row) * 70 + column + 0] = bitcast<u32>(total4.x); }
if (row < 130 && column + 1 < 70) { m0[(matrix * 130 + row) * 70 + column + 1] = bitcast<u32>(total4.y); }
if (row < 130 && column + 2 < 70) { m0[(matrix * 130 + row) * 70 + column + 2] = bitcast<u32>(total4.z); }
if (row < 130 && column + 3 < 70) { m0[(matrix * 130 + row) * 70 + column + 3] = bitcast<u32>(total4.w); }
}
{ let row = top + y * 8 + 5; let column = left + x * 4;
if (row < 130 && column + 0 < 70) { m0[(matrix * 130 + row) * 70 + column + 0] = bitcast<u32>(total5.x); }
if (row < 130 && column + 1 < 70) { m0[(matrix * 130 + row) * 70 + column + 1] = bitcast<u32>(total5.y); }
if (row < 130 && column + 2 < 70) { m0[(matrix * 130 + row) * 70 + column + 2] = bitcast<u32>(total5.z); }
if (row < 130 && column + 3 < 70) { m0[(matrix * 130 + row) * 70 + column + 3] = bitcast<u32>(total5.w); }
}
{ let row = top + y * 8 + 6; let column = left + x * 4;
if (row < 130 && column + 0 < 70) { m0[(matrix * 130 + row) * 70 + column + 0] = bitcast<u32>(total6.x); }
if (row < 130 && column + 1 < 70) { m0[(matrix * 130 + row) * 70 + column + 1] = bitcast<u32>(total6.y); }
if (row < 130 && column + 2 < 70) { m0[(matrix * 130 + row) * 70 + column + 2] = bitcast<u32>(total6.z); }
if (row < 130 && column + 3 < 70) { m0[(matrix * 130 + row) * 70 + column + 3] = bitcast<u32>(total6.w); }
}
{ let row = top + y * 8 + 7; let column = left + x * 4;
if (row < 130 && column + 0 < 70) { m0[(matrix * 130 + row) * 70 + column + 0] = bitcast<u32>(total7.x); }
if (row < 130 && column + 1 < 70) { m0[(matrix * 130 + row) * 70 + column + 1] = bitcast<u32>(total7.y); }
if (row < 130 && column + 2 < 70) { m0[(matrix * 130 + row) * 70 + column + 2] = bitcast<u32>(total7.z); }
if (row < 130 && column + 3 < 70) { m0[(matrix * 130 + row) * 70 + column + 3] = bitcast<u32>(total7.w); }
}
}