/** What moves, sorts, looks up and remembers; softmax; constants, numbers of a run and results; and the division among threads. */
import type { Rows } from './rewritten.ts'

const of = (op: string, what = '*'): string => `eager/${op}/float32/${what}`
// oxfmt-ignore
export const movement: Rows = {
  'codegen/copy.ts': [
    ['the last byte of a run is left out', 'for (; done < bytes; done++)', 'for (; done < bytes - 1; done++)', ['eager/slice/bool/*', 'eager/concat/bool/*']],
    ['runs are counted in 16 bits', "bulk('memory.copy', to, from, i32(bytes))", "bulk('memory.copy', to, from, i32(bytes & 0xffff))", [of('slice'), of('concat')]],
    ['the last row of a transposition is left out', 'if (m < rows.size) walk(', 'if (m + 1 < rows.size) walk(', of('permute')],
    ['the last column of a transposition is left out', /if \(n < columns\.size\)\n/, 'if (n + 1 < columns.size)\n', of('permute')],
    ['two lanes of a tile change places', 'shuffle(high, high2, 2, 3, 6, 7)', 'shuffle(high, high2, 2, 3, 7, 6)', of('permute')],
    ['what is behind the last vector is not filled', 'f.for(vectors, length, 4,', 'f.for(length, length, 4,', of('pad')],
    ['padding of true is 255', 'Number(value !== 0) : value & 255', '255 * Number(value !== 0) : value & 255', 'eager/pad/bool/*'],
    ['parts of a concatenation are written at the start', 'add(out, to * bytes))', 'out)', of('concat')],
    ['a slice begins at the start', 'add(args[operand]!, from * bytes)', 'args[operand]!', of('slice')],
  ],
  'codegen/scan.ts': [
    ['argmax compares with the first', '        f.set(best, value)\n', '', of('argmax')],
    ['argmax counts steps of 2', 'f.set(j, add(j, 1))', 'f.set(j, add(j, 2))', of('argmax')],
    ['a reverse sum starts in the wrong place', '(view.size - 1) * view.inner * bytes : 0', '(view.size - 1) * bytes : 0', of('cumsum')],
    ['a line goes on with the sum of the one before', '() => f.set(total, f64(0)),', '() => {},', of('cumsum')],
    ['a line of integers goes on with the sum of the one before', '() => f.set(total, i32(0)),', '() => {},', 'eager/cumsum/int32/*'],
  ],
  'codegen/element.ts': [
    ['a NaN is not greater', "op('i32.and', op('f32.ne', a, a), op('f32.eq', y, y))", 'i32(0)', of('argmax')],
    ['integers are compared without sign', "op('i32.gt_s', a", "op('i32.gt_u', a", 'eager/sort/int32/*'],
  ],
  'codegen/along-axis.ts': [
    ['lines behind the first block are not skipped', 'f.set(first, add(first, (size - 1) * inner * bytes))', 'f.set(first, add(first, 0))', of('cumsum')],
  ],
  'codegen/sort.ts': [
    ['descending is ascending', 'descending ? isGreater(b, a) : isGreater(a, b)', 'isGreater(a, b)', of('sort')],
    ['of equals the last comes first', 'descending ? isGreater(b, a) : isGreater(a, b)', "op('i32.xor', i32(1), descending ? isGreater(a, b) : isGreater(b, a))", of('sort', '*ties*')],
    ['merged halves are not kept', '        f.set(order, spare)\n', '', of('sort')],
    ['indices of bytes are bytes', 'bytes === 4 ? element : mul(element, 4)', 'element', 'eager/sort/uint8/*'],
    ['keys of lines beyond the first are those of the first', /f\.set\(p, first\)\n    f\.for\(0, size, 1, \(j\) => \{\n      f\.emit\(storeElement\(kind/, 'f.set(p, x)\n    f.for(0, size, 1, (j) => {\n      f.emit(storeElement(kind', of('sort')],
  ],
  'codegen/indexing.ts': [
    ['indices before the last four are not looked at', 'if (whole > 0) {', 'if (whole > 1e9) {', ['eager/gather/*is an error*', 'compiled/gather/*is an error*']],
    ['indices behind the last four are not looked at', '  eachFrom(whole)\n', '', ['eager/gather/*is an error*', 'compiled/gather/*is an error*']],
    ['negative indices are taken', "op('i32.ge_u', index, i32(size))", "op('i32.ge_s', index, i32(size))", ['eager/scatterAdd/*is an error*', 'compiled/scatterAdd/*is an error*']],
    ['scatterAdd adds to what was there', "f.if(op('i32.ne', x!, out), () => {", "f.if(op('i32.ne', x!, x!), () => {", of('scatterAdd')],
    ['what is behind the last vector is not added', 'f.for(vectors * bytes, lineBytes, bytes, (i) =>', 'f.for(lineBytes, lineBytes, bytes, (i) =>', of('scatterAdd')],
    ['integers are added as floats', "float ? op('f32x4.add', a, b) : op('i32x4.add', a, b)", "op('f32x4.add', a, b)", 'eager/scatterAdd/int32/*'],
    ['blocks beyond the first are the first', '    f.set(block, add(block, size * inner * bytes))\n', '', of('gather')],
    ['all runs are the first', '      f.set(run, add(run, inner * bytes))\n', '', of('gather')],
  ],
  'codegen/softmax.ts': [
    ['what is large overflows', 'const SAFE = 64', 'const SAFE = 1000', of('softmax')],
    ['the greatest is not taken off', 'f.let(sub(value, of(most, u)))', 'f.let(value)', of('softmax')],
    ['elements behind the last vector have no share', 'for (const [width, lanes] of widths(WIDTH))', 'for (const [width, lanes] of widths(WIDTH).slice(0, 2))', of('softmax')],
    ['lines down the columns are read along the rows', 'width, lanes, stride: inner }', 'width, lanes, stride: 1 }', of('softmax')],
    ['what is left of a long column is not summed', 'if (count % chunk > 0) take(count % chunk, sums)', '', of('softmax')],
    ['elements behind the last vector do not count', '    merge(whole, single)\n', '', of('softmax')],
    ['careful exponentials are the simple ones', 'anyUnusual(f, shifted),', "op('i32.and', anyUnusual(f, shifted), { type: 'i32', op: 'i32.const', args: [], immediate: 0 }),", of('softmax')],
    ['the look at a line sees its first vector', "op('i32x4.max_s', highest, largest(f, this.read(stretch, from)))", 'largest(f, this.read(stretch, from).slice(0, 1))', of('softmax')],
  ],
  'kernels.ts': [
    ['the last byte of a constant is left out', 'copyRun(f, bytesOf(resultTypes[0]!)', 'copyRun(f, bytesOf(resultTypes[0]!) - 1', 'eager/constant/*'],
  ],
  'draft.ts': [
    ['a counter repeats its inner axis', 'Math.floor(i / inner) % shape[axis]!', 'i % shape[axis]!', of('iota')],
    ['constants lie one behind the other without gaps', /this\.length = align\(offset \+ bytes\.length\)/, 'this.length = offset + align(bytes.length) - 16', ['compiled/*constant*', 'compiled/aliasing/*', 'compiled/program/*', 'compiled/loop/*']],
  ],
  'program.ts': [
    ['numbers of a run are not rounded', 'writers[i]!.round(numbers[i]!)', 'Math.fround(numbers[i]!)', 'compiled/order/int32/*'],
    ['only the first number of a run is given', 'for (let i = 0; i < writers.length; i++)', 'for (let i = 0; i < Math.min(1, writers.length); i++)', 'compiled/order/float32/*'],
    ['places of the first run are kept', 'words[table + i] = memory.addressOf(inputSlices[i]!)', 'words[table + i] ||= memory.addressOf(inputSlices[i]!)', 'eager/neg/float32/*again and again'],
  ],
  'write-module.ts': [
    ['a copy of a result is 16 bytes', 'copyRun(run, bytesOf(types[source]!), a, b)', 'copyRun(run, Math.min(16, bytesOf(types[source]!)), a, b)', ['compiled/aliasing/*', 'compiled/donation/*', 'compiled/*/as they are*']],
  ],
  'planes.ts': [
    ['permutations of other axes count as swapped planes', 'axis === (i === 0 ? 1 : i === 1 ? 0 : i)', 'axis === (i === 0 ? 1 : i === 1 ? 0 : i) || i > 1', 'compiled/conv/float32/*of what was*'],
  ],
  'emitter/code.ts': [
    ['products by powers of two shift one too few', 'i32(Math.log2(y))', 'i32(Math.floor(Math.log2(y - 0.5)))', of('dot')],
  ],
}
// oxfmt-ignore
export const division: Rows = {
  'codegen/division.ts': [
    ['the last part goes over the end', 'f.set(value, select(value, i32(count), lessThan(value, count)))', '', of('neg')],
    ['what does not divide is left out', 'Math.ceil(count / (threads * unit)) * unit', 'Math.floor(count / (threads * unit)) * unit', of('neg')],
    ['parts begin one late', 'const begin = most(mul(thread, share))', 'const begin = most(add(mul(thread, share), 1))', of('neg')],
  ],
  'codegen/along-axis.ts': [
    ['lines of the other threads are not skipped', 'if (!isFull(within)) skip({ begin: within.end, end: i32(inner) })', '', of('cumsum')],
    ['every thread starts at the first line', 'if (!isFull(within)) skip({ begin: i32(0), end: within.begin })', '', of('cumsum')],
  ],
  'codegen/indexing.ts': [
    ['runs of the other threads are not skipped', 'if (!isFull(turns)) f.set(run, add(run, bytesIn({ begin: turns.end', 'if (isFull(turns)) f.set(run, add(run, bytesIn({ begin: turns.end', of('gather')],
    ['every thread starts with the first index', "f.set(p, startOf(turns, indices, 4))", 'f.set(p, indices)', of('gather')],
  ],
  'codegen/loop.ts': [
    ['every thread starts with the first step', 'f.let(startOf(range, pointer, axis.strides[i]!))', 'f.let(add(pointer, 0))', of('sum')],
  ],
  'codegen/gemm.ts': [
    ['sums of all threads start at the first row', "op('i32.sub', i, beginOf(down))", 'i', of('dot')],
  ],
  'codegen/dot.ts': [
    ['every thread starts with the first row', 'const to = f.let(startOf(lines, c, 4 * n))\n  const [p, q]', 'const to = f.let(c)\n  const [p, q]', of('dot')],
  ],
  'codegen/softmax.ts': [
    ['every thread writes the first lines', 'const y = f.let(startOf(blocks, to, 4 * block))', 'const y = f.let(add(to, 0))', of('softmax')],
  ],
  'codegen/sliding.ts': [
    ['every thread reads the first planes', 'const plane = f.let(startOf(planes, x, numel(space) * bytes))', 'const plane = f.let(add(x, 0))', of('windowSum')],
  ],
  'codegen/conv.ts': [
    ['every thread pads the first planes', 'startOf(planes, to, 4 * paddedPlane)', 'to', of('conv')],
  ],
}
