/** Products, convolutions, windows and recurrences. */
import type { Rows } from './rewritten.ts'

const of = (op: string, what = '*'): string => `eager/${op}/float32/${what}`
// oxfmt-ignore
export const products: Rows = {
  'codegen/dot.ts': [
    ['columns behind the last vector are left out', /\[1, 4\],\n\s+\[1, 1\],\n\s+\] as const/, '[1, 4],\n] as const', of('dot')],
    ['steps behind the last vector are left out', 'for (let l = vectors; l < k; l++)', 'for (let l = vectors; l < k - 1; l++)', of('dot')],
    ['all of a batch are multiplied by the first', '    f.set(b, add(b, bytes * k * n))\n', '', of('dot')],
    ['a packed product of columns is read by rows', 'across: attrs.transposeA,', 'across: false,', of('dot')],
    ['integers are multiplied by their first step', 'f.set(q, add(q, bytes * (transposeB ? 1 : n)))', 'f.set(q, add(q, bytes))', 'eager/dot/int32/*'],
  ],
  'codegen/gemm-kernel.ts': [
    ['a block over the edge is written whole', "const columns = f.let(minimum(f, i32(COLUMNS), op('i32.sub', n, j)))", 'const columns = f.let(i32(COLUMNS))', of('dot')],
    ['rows over the edge are written', "const rows = f.let(minimum(f, i32(ROWS), op('i32.sub', m, i)))", 'const rows = f.let(i32(ROWS))', of('dot')],
    ['a second block of steps replaces the first', '() => store(true),', '() => store(false),', of('dot')],
    ['at the edge a second block of steps replaces the first', "() => write(op('f32.add', at('f32.load', 0, to), value)),", '() => write(value),', of('dot')],
    ['the right half of a panel is the left', "f.set(right, at('v128.load', 16, b))", "f.set(right, at('v128.load', 0, b))", of('dot')],
    ['eight columns count as side by side', 'i32(4 * (COLUMNS - 1)),\n', "op('i32.sub', at('i32.load', 4 * (COLUMNS - 1), places), at('i32.load', 0, places)),\n", of('conv')],
  ],
  'codegen/gemm-pack.ts': [
    ['steps behind the last four are not packed', 'f.for(fours, k, 1, (rest) => {', 'f.for(k, k, 1, (rest) => {', of('dot')],
    ['what is packed of the last panel is one short', "f.for(0, left, 1, (i) => {", "f.for(1, left, 1, (i) => {", of('dot')],
    ['where a row of positions ends the lanes are taken too early', "op('i32.sub', tail, i32(12))", "op('i32.sub', tail, i32(8))", of('conv')],
  ],
  'codegen/gemm.ts': [
    ['panels of both operands share room', 'const packedB = f.let(add(work, TILE_BYTES + 4 * inner * rows))', 'const packedB = f.let(add(work, TILE_BYTES + 4 * inner))', of('dot')],
    ['spans of many blocks replace one another', "op('i32.ne', l, i32(0))]", 'i32(0)]', of('dot')],
    ['all blocks of rows are the first', 'packBlock(ROWS, a, i, l, mc, kc, packedA)', 'packBlock(ROWS, a, i32(0), l, mc, kc, packedA)', of('dot')],
    ['all blocks of columns are the first', 'packBlock(COLUMNS, b, j, l, nc, kc, packedB)', 'packBlock(COLUMNS, b, i32(0), l, nc, kc, packedB)', of('dot')],
  ],
  'codegen/conv.ts': [
    ['groups are written over one another', 'c: add(out, 4 * group * outputs * positions)', 'c: add(out, 0)', of('conv')],
    ['all groups have the first filters', 'add(weights[p]!, 4 * group * outputs * k)', 'weights[p]!', of('conv')],
    ['positions that no tap meets keep what was there', 'if (hasZeros) f.emit(', 'if (isEmpty(plan)) f.emit(', of('conv')],
    ['padding keeps what was there', /f\.emit\(bulk\('memory\.fill', startOf\(planes, to, 4 \* paddedPlane\).*\n/, '', of('conv')],
    ['of a filter in parts every tap is taken', 'from: 4 * taps.step * window[i]!', 'from: 4 * window[i]!', of('conv')],
    ['dilation is that of the first axis', 'stride * attrs.dilation[i]!', 'stride * attrs.dilation[0]!', of('conv')],
    ['strides are those of the first axis', 'stride * attrs.strides[i]!', 'stride * attrs.strides[0]!', of('conv')],
    ['padding lies on one side', 'start += (least * by + low) * into[i + 2]!', 'start += least * by * into[i + 2]!', of('conv')],
  ],
  'codegen/depthwise.ts': [
    ['images beyond the first have other filters', "mul(op('i32.rem_u', number, i32(groups)), 4 * numel(window))", 'mul(number, 4 * numel(window))', of('conv')],
    ['the gradient of a filter drops what is behind the last vector', 'for (; done < count; done++)', 'for (; done < count - 1; done++)', of('conv')],
    ['the gradient of a filter sums one channel', 'f.repeat(channels, () => {', 'f.repeat(1, () => {', of('conv')],
    ['of pairs of vectors the first counts twice', 'take(v, 1)', 'take(v, 0)', of('conv')],
  ],
  'codegen/sliding.ts': [
    ['the last four windows lie behind the row', "select(j, i32(end - LANES), op('i32.lt_u', j, i32(end - LANES)))", 'j', of('windowSum')],
    ['of strides of 2 the upper lanes are off', '0, 2, 5, 7)', '0, 2, 4, 6)', of('windowSum')],
    ['strides above 3 are 3', "at('i32.load', 4 * i * stride, address)", "at('i32.load', 4 * i * Math.min(3, stride), address)", of('windowSum')],
    ['what lies before the padding is read', "f.if(op('i32.lt_u', add(corners[i]!", "f.if(op('i32.lt_s', add(corners[i]!", of('windowSum')],
    ['beyond 16 taps they are numbered by rows', 'add(tap, mul(t, tapStrides[i]!))', 'add(tap, t)', of('conv')],
    ['planes beyond the first start a row late', 'f.set(plane, add(plane, numel(space) * bytes))', 'f.set(plane, add(plane, numel(space) * bytes + bytes))', of('windowSum')],
  ],
  'codegen/window.ts': [
    ['four at a time a NaN is not the greatest', "op('v128.andnot', op('f32x4.eq', bests, bests), op('f32x4.le', values, bests))", "op('f32x4.gt', values, bests)", of('windowArgmax')],
    ['four windows lie one apart', 'i32x4(0, stride, 2 * stride, 3 * stride)', 'i32x4(0, 1, 2, 3)', of('windowArgmax')],
    ['the greatest of four windows are the last', "at('v128.store', 0, add(greatest, mul(number, 4)), bests)", "at('v128.store', 0, add(greatest, mul(number, 4)), values)", of('maxPool')],
    ['an empty corner is the greatest', "op('i32.or', op('i32.lt_s', chosen, i32(0)), greater)", 'greater', of('windowArgmax')],
    ['four integers at a time are summed as floats', "op(kindOf(dtype) === 'f32' ? 'f32x4.add' : 'i32x4.add', sums, values)", "op('f32x4.add', sums, values)", 'eager/windowSum/int32/*'],
  ],
  'codegen/max-pool-grad.ts': [
    ['windows that share their greatest replace one another', 'addElements(loadElement(dtype, place), loadElement(dtype, from))', 'loadElement(dtype, from)', of('maxPoolGrad')],
    ['what no window chose keeps what was there', /  f\.emit\(bulk\('memory\.fill', to.*\n/, '', of('maxPoolGrad')],
  ],
  'codegen/recurrent/lstm.ts': [
    ['input and forget change places', 'element.sigmoids([s0!, s1!, s3!])', 'element.sigmoids([s1!, s0!, s3!])', of('lstm')],
    ['every step starts from the first state', '    f.set(h, output)\n', '', of('lstm')],
    ['the first step back reads the cells before', "select(start, steps.ahead(cells!), op('i32.eq', left, i32(1)))", 'steps.ahead(cells!)', of('lstmBackward')],
    ['the gradient of the cell forgets that of the state', 'add(element.load(dc), tanhSlope(mul(dOutput, o!), squashed))', 'add(element.load(dc), mul(dOutput, o!))', of('lstmBackward')],
  ],
  'codegen/recurrent/gru.ts': [
    ['the update gate is turned round', 'add(mul(sub(element.load(h), n), z!), n)', 'add(mul(sub(n, element.load(h)), z!), element.load(h))', of('gru')],
    ['the reset gate has the slope of the update', 'sigmoidSlope(mul(fresh, share!), r!)', 'sigmoidSlope(mul(fresh, share!), z!)', of('gruBackward')],
  ],
  'codegen/recurrent/rnn.ts': [
    ['relu is tanh', 'relu ? above(sum, sum) : element.tanh(sum)', 'element.tanh(sum)', of('rnn')],
    ['the gradient of the state is that of the last', '    steps.multiply(found!, dh)\n', '', of('rnnBackward')],
  ],
  'codegen/recurrent/steps.ts': [
    ['backwards is forwards', "this.#fromEnd = reverse === (way === 'forward')", "this.#fromEnd = way === 'backward'", of('gru')],
    ['the wide rows of a sample are those of the first', '      f.set(wide, add(wide, 4 * gates * hidden))\n', '', of('lstm')],
  ],
  'codegen/recurrent/standing-product.ts': [
    ['a packed weight is read across', 'transposed ? [4 * k, 4] : [4, 4 * n]', 'transposed ? [4, 4 * n] : [4 * k, 4]', of('lstm')],
    ['blocks of the weight replace one another', 'const continues = i32(i > 0 ? 1 : 0)', 'const continues = i32(0)', of('lstmBackward')],
  ],
}
