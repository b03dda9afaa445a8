/** Loops, their vectors and what is left of them, reductions, and the functions of four numbers at a time. */
import type { Rows } from './rewritten.ts'

const of = (op: string, dtype = 'float32'): string => `eager/${op}/${dtype}/*`
const LOOP = 'compiled/loop/float32/*'
// oxfmt-ignore
export const loops: Rows = {
  'codegen/line.ts': [
    ['elements behind the last vector are left out', /: \[\n\s+\[1, LANES\],\n\s+\[1, 1\],/, ': [\n[1, LANES],', of('pow')],
    ['of several vectors the elements behind the last one are left out', /\[width, LANES\],\n\s+\[1, LANES\],\n\s+\[1, 1\],/, '[width, LANES],\n[1, LANES],', of('neg')],
    ['a line whose length is not known goes a vector too far', 'i32(-step)', 'i32(-1)', of('neg')],
  ],
  'codegen/loop-body.ts': [
    ['what moves is read once for a line', '!among.every((axis) => axis.strides[i] === 0)', 'among.length === 0', of('add')],
    ['vectors beside the first read the first', 'const offset = moves ? u * LANES * bytesOf(leaf.dtype) : 0', 'const offset = 0', of('neg')],
    ['the last lane counts like the third', '4 * u + 3)', '4 * u + 2)', `${LOOP}counted*`],
    ['powers of 3 are squares', 'exponent.value === 2', 'exponent.value >= 2', [of('pow'), `${LOOP}*powers of*`]],
    ['sums of exponentials take the first vector again', 'take(k, u, loadVector(dtype, address, u * LANES * bytesOf(dtype)))', 'take(k, u, loadVector(dtype, address, 0))', `${LOOP}exp, tanh and their sum`],
    ['results of vectors lie on the first', 'address, u * LANES * bytesOf(dtype), vector', 'address, 0, vector', of('neg')],
    ['where takes its operands the other way round', 'choose(a, y[u]!, z![u]!)', 'choose(a, z![u]!, y[u]!)', of('where')],
  ],
  'codegen/loop-layout.ts': [
    ['bytes are counted as words', "stride === 0 || stride === 4) ? 4 : 1", "stride === 0 || stride === 4 || stride === 1) ? 4 : 1", ['eager/lt/float32/*', 'eager/not/bool/*']],
  ],
  'codegen/loop.ts': [
    ['the elements behind the last vector do not count in sums', '    this.merge(total, rest)\n', '', of('sum')],
    ['of sums side by side half are dropped', 'gap < width; gap *= 2', 'gap < width / 2; gap *= 2', of('sum')],
    ['what is left of a long row is dropped', 'if (count * chunk < size) part(', 'if (count * chunk < 0) part(', of('sum')],
    ['what is left of a long axis is dropped', 'if (left === 0) return', 'if (left >= 0) return', of('sum')],
    ['the greatest of a column is that of the first vector', 'resultOf(this.places[r]!.map((k) => sums[u]![k]!))', 'resultOf(this.places[r]!.map((k) => sums[0]![k]!))', of('max')],
    ['a sum over nothing is 1', 'identityVector(kind, dtype),\n', "identityVector('prod', dtype),\n", of('sum')],
    ['outer steps of a reduction are not counted', 'sums.forEach((own, u) => this.take(into[u]!, own))', 'this.take(into[0]!, sums[0]!)', of('sum')],
  ],
  'codegen/accumulator.ts': [
    ['the greatest begins at 0', '{ dtype, value, identity: start, take: extreme', '{ dtype, value, identity: i32x4(0), take: extreme', of('max')],
    ['a maximum drops a NaN', "take: (_, seen, x) => op('v128.or', seen, op('f32x4.ne', x, x))", 'take: (_, seen) => seen', of('max')],
    ['a NaN of one lane is not told to the others', "merge: (_, a, b) => op('v128.or', a, b)", 'merge: (_, a) => a', of('min')],
    ['lanes are folded twice the same way', 'const neighbours = sums.map((sum) => shuffle(sum, sum, 1, 0, 3, 2))', 'const neighbours = sums.map((sum) => shuffle(sum, sum, 0, 1, 2, 3))', of('sum')],
    ['a long sum is one running sum', 'export const CHUNK = 128', 'export const CHUNK = 2 ** 24', 'eager/sum/*long sums'],
  ],
  'codegen/lanes.ts': [
    ['bytes are not cut between two operations', "(dtype === 'uint8' ? op('v128.and', x, BYTE) : x)", '(x)', 'compiled/loop/uint8/*'],
    ['true is 255', "(dtype === 'bool' ? op('v128.and', x, i32x4(1)) : x)", '(x)', of('lt')],
    ['dividing integers by 0 gives -1', /f\.if\(op\('i32\.eqz', b\), \(\) => f\.return\(i32\(0\)\)\)\n  f\.if\(op\('i32\.eq', b/, "f.if(op('i32.eqz', b), () => f.return(i32(-1)))\n  f.if(op('i32.eq', b", of('div', 'int32')],
    ['powers of -1 alternate the other way', "select(i32(-1), i32(1), op('i32.and', y, i32(1)))", "select(i32(1), i32(-1), op('i32.and', y, i32(1)))", of('pow', 'int32')],
    ['remainders have no sign', "op('f64.copysign', rest, op('f64.promote_f32', x))", 'rest', of('mod')],
    ['casts of what is beyond 2^31 to bytes saturate', "op('f32x4.lt', op('f32x4.abs', x), f32x4(2 ** 31)),", "op('i32x4.eq', x, x),", 'eager/cast/float32/*'],
    ['negative numbers are false', "op('f32x4.ne', x, f32x4(0)) : op", "op('f32x4.gt', x, f32x4(0)) : op", 'eager/cast/float32/*'],
    ['false is less than false', "op('i32x4.le_s', y, x) : op", "op('i32x4.lt_s', y, x) : op", of('le', 'bool')],
    ['true is less than false', "op('i32x4.lt_s', y, x) : op", "op('i32x4.lt_s', x, y) : op", of('lt', 'bool')],
    ['the sign of 0 is 1', "op('f32x4.gt', op('f32x4.abs', x), f32x4(0))", "op('f32x4.ge', op('f32x4.abs', x), f32x4(0))", of('sign')],
    ['halves are rounded up', "round: (_, x) => op('f32x4.nearest', x)", "round: (_, x) => op('f32x4.floor', op('f32x4.add', x, f32x4(0.5)))", of('round')],
    ['maximum of NaN is the other', "maximum: arithmetic((x, y) => op('f32x4.max', x, y)", "maximum: arithmetic((x, y) => op('f32x4.pmax', x, y)", of('maximum')],
  ],
  'codegen/math.ts': [
    ['exp is the simple one up to 200', 'const NORMAL = 87', 'const NORMAL = 200', of('exp')],
    ['exp has a coarse coefficient', '0.16668367385864258', '0.16664', of('exp')],
    ['exp has no subnormal results', 'const LEAST = -104', 'const LEAST = -87', of('exp')],
    ['expm1 of small numbers is a difference', 'return choose(less(abs(x), number(f, 2 ** -24)), x, add(sum, sum))', 'return add(sum, sum)', of('expm1')],
    ['log of subnormals is one power off', "op('v128.and', tiny, integer(f, 23))", "op('v128.and', tiny, integer(f, 22))", of('log')],
    ['log1p forgets what rounding lost', 'f.let(logarithm(f, u, f.let(div(c, u))))', 'f.let(logarithm(f, u, null))', of('log1p')],
    ['atan has pi / 4 of three digits', 'number(f, Math.PI / 4)', 'number(f, 0.785)', of('atan')],
    ['tanh is 1 from 6 on', "op('f32x4.pmin', abs(x), number(f, 10))", "op('f32x4.pmin', abs(x), number(f, 6))", of('tanh')],
    ['tanh is even far from 0', 'return withSign(f, choose(less(number(f, 0.625), a), far, near), x)', 'return choose(less(number(f, 0.625), a), far, near)', of('tanh')],
    ['erf ends at 3', "op('f32x4.pmin', abs(x), number(f, 4))", "op('f32x4.pmin', abs(x), number(f, 3))", of('erf')],
    ['odd powers of negative numbers are positive', "op('v128.xor', atOne, signOf(f, op('v128.and', isOdd, x)))", 'atOne', of('pow')],
    ['negative powers of 0 are 0', 'choose(isPositive, number(f, 0), number(f, Infinity)), magnitude)', 'number(f, 0), magnitude)', of('pow')],
    ['the upper lanes of pow are the lower', 'power2(f, shuffle(a, a, 2, 3, 2, 3)', 'power2(f, shuffle(a, a, 0, 1, 0, 1)', of('pow')],
  ],
  'codegen/sine.ts': [
    ['what is far is reduced like what is near', 'isFar: (f, x) => anyAbove(f, largest(f, [x]), NEAR)', 'isFar: (f, x) => anyAbove(f, largest(f, [x]), 3e38)', of('sin')],
    ['far and negative is far and positive', "f.if(op('i32.lt_s', bits, i32(0)), () => f.set(turn, op('i64.sub', i64(0), turn)))", '', of('sin')],
    ['only one lane of four may be far', 'f.repeat(4, () => {', 'f.repeat(1, () => {', of('cos')],
  ],
}
