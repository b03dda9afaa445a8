/** A good call of every method of Tensor: the tensor, then the arguments. */
import { getDefaultDevice, type Tensor } from '@glissade/core'
import type { Call } from './call.ts'
import { at, generator, index, ints, leaf, mask, p, s, square, v, w, x } from './values.ts'

type Row = () => readonly [Tensor, ...unknown[]]

/** Methods that take nothing and work on floating-point numbers between 0 and 1. */
const PLAIN = (
  'dim numel requiresGrad_ clone contiguous detach float double half int long byte bool isFloatingPoint isContiguous data ' +
  'dataSync toArray toArraySync format toString sum prod mean nansum nanmean var std norm amax amin aminmax any all ' +
  'countNonzero argmax argmin sort argsort max min median flatten ravel nonzero zero_ t squeeze trace size nanToNum tril triu diag ' +
  'diagonal unbind logicalNot neg abs sign floor ceil round exp expm1 log log1p sin cos atan tanh sqrt erf trunc ' +
  'frac square reciprocal rsqrt exp2 log2 log10 tan asin acos sinh cosh asinh atanh sigmoid logit relu sinc deg2rad rad2deg ' +
  'isnan isinf isfinite isposinf isneginf signbit uniform_ normal_ exponential_ bernoulli_ random_ neg_ abs_ sign_ floor_ ceil_ ' +
  'round_ trunc_ frac_ exp_ exp2_ expm1_ log_ log2_ log10_ log1p_ sin_ cos_ tan_ asin_ acos_ atan_ sinh_ cosh_ tanh_ asinh_ atanh_ ' +
  'sqrt_ rsqrt_ square_ reciprocal_ sigmoid_ logit_ relu_ erf_ tril_ triu_ nanToNum_ logicalNot_'
).split(' ')
/** Methods that take a tensor or a number of the same shape. */
const BINARY = (
  'add sub rsub mul div pow remainder fmod maximum minimum eq ne lt le gt ge atan2 hypot logaddexp logaddexp2 xlogy copysign ' +
  'floorDivide add_ sub_ mul_ div_ pow_ remainder_ fmod_ floorDivide_ atan2_ hypot_ xlogy_ copysign_ logicalAnd logicalOr ' +
  'logicalXor logicalAnd_ logicalOr_ logicalXor_ isclose allclose equal max min expandAs viewAs reshapeAs typeAs assign copy_ dist ' +
  'clampMin clampMax clampMin_ clampMax_'
).split(' ')
const BITWISE = 'bitwiseAnd bitwiseOr bitwiseXor bitwiseAnd_ bitwiseOr_ bitwiseXor_'.split(' ')

const REDUCE = { dim: 1, keepdim: true }
/** Methods with arguments of their own, and other forms of those above. */
const OWN: Readonly<Record<string, Row | readonly Row[]>> = {
  size: () => [x(), 1],
  requiresGrad_: () => [x(), false],
  backward: [
    () => [leaf().sum()],
    () => [leaf().mul(2), x()],
    () => [leaf().mul(2), x(), { retainGraph: true, createGraph: false }],
    () => [leaf().sum(), { retainGraph: true }],
  ],
  retainGrad: () => [leaf().mul(2)],
  registerHook: () => [leaf(), () => null],
  fill_: () => [x(), 2],
  to: [() => [x(), 'int32'], () => [x(), getDefaultDevice()]],
  toAsync: () => [x(), getDefaultDevice()],
  item: () => [s()],
  itemSync: () => [s()],
  sum: () => [x(), REDUCE],
  prod: () => [x(), REDUCE],
  mean: () => [x(), { dim: [0, 1] }],
  nansum: () => [x(), REDUCE],
  nanmean: () => [x(), REDUCE],
  var: () => [x(), { ...REDUCE, correction: 0 }],
  std: () => [x(), { ...REDUCE, correction: 0 }],
  norm: () => [x(), { ...REDUCE, p: 1 }],
  logsumexp: () => [x(), REDUCE],
  amax: () => [x(), REDUCE],
  amin: () => [x(), REDUCE],
  aminmax: () => [x(), REDUCE],
  any: () => [mask(), REDUCE],
  all: () => [mask(), REDUCE],
  countNonzero: () => [x(), { dim: 1 }],
  argmax: () => [x(), REDUCE],
  argmin: () => [x(), REDUCE],
  max: () => [x(), REDUCE],
  min: () => [x(), REDUCE],
  median: () => [x(), REDUCE],
  sort: () => [x(), { dim: 0, descending: true }],
  argsort: () => [x(), { dim: 0, descending: true }],
  kthvalue: () => [x(), 2, REDUCE],
  topk: () => [x(), 2, { dim: 1, largest: false }],
  flatten: () => [x(), { startDim: 0, endDim: 1 }],
  split: [() => [x(), 2, { dim: 1 }], () => [x(), [1, 2], { dim: 1 }]],
  chunk: () => [x(), 2, { dim: 1 }],
  tensorSplit: [() => [x(), 2, { dim: 1 }], () => [x(), [1, 2], { dim: 1 }]],
  diagonal: () => [x(), { offset: 1, dim1: 0, dim2: 1 }],
  diag: () => [x(), { diagonal: 1 }],
  diagEmbed: () => [v(), { offset: 1 }],
  tril: () => [x(), { diagonal: 1 }],
  triu: () => [x(), { diagonal: 1 }],
  tril_: () => [x(), { diagonal: 1 }],
  triu_: () => [x(), { diagonal: 1 }],
  repeatInterleave: () => [x(), 2, { dim: 1 }],
  takeAlongDim: () => [x(), at(), { dim: 1 }],
  indexPut: () => [x(), [index(0, 1)], v(), { accumulate: true }],
  indexPut_: () => [x(), [index(0, 1)], v(), { accumulate: true }],
  nanToNum: () => [x(), { nan: 1, posinf: 2, neginf: null }],
  isclose: () => [x(), p(), { rtol: 1, atol: 1, equalNan: true }],
  allclose: () => [x(), p(), { rtol: 1, atol: 1, equalNan: true }],
  dist: () => [x(), p(), { p: 1 }],
  add: () => [x(), 2, { alpha: 3 }],
  sub: () => [x(), 2, { alpha: 3 }],
  rsub: () => [x(), 2, { alpha: 3 }],
  add_: () => [x(), p(), { alpha: 3 }],
  sub_: () => [x(), p(), { alpha: 3 }],
  div: () => [x(), 2, { roundingMode: 'floor' }],
  div_: () => [x(), 2, { roundingMode: 'trunc' }],
  logaddexp: () => [x(), p()],
  logaddexp2: () => [x(), p()],
  lerp: () => [x(), p(), 0.5],
  lerp_: () => [x(), p(), 0.5],
  addcmul: () => [x(), p(), p(), { value: 2 }],
  addcmul_: () => [x(), p(), p(), { value: 2 }],
  addcdiv: () => [x(), p(), p(), { value: 2 }],
  addcdiv_: () => [x(), p(), p(), { value: 2 }],
  clamp: () => [x(), { min: 2, max: 3 }],
  clamp_: () => [x(), { min: 2, max: 3 }],
  where: () => [x(), mask(), 0],
  maskedFill: () => [x(), mask(), 0],
  maskedFill_: () => [x(), mask(), 0],
  maskedScatter: () => [x(), mask(), p()],
  maskedScatter_: () => [x(), mask(), p()],
  maskedSelect: [() => [x(), mask()], () => [x(), mask(), { count: 3 }]],
  bitwiseNot: () => [ints()],
  bitwiseNot_: () => [ints()],
  acosh: () => [x()],
  acosh_: () => [x()],
  uniform_: () => [x(), 0, 1, { generator: generator() }],
  normal_: () => [x(), 0, 1, { generator: generator() }],
  exponential_: () => [x(), 1, { generator: generator() }],
  bernoulli_: () => [x(), 0.5, { generator: generator() }],
  random_: () => [x(), 0, 5, { generator: generator() }],
  at: [() => [x(), 0], () => [x(), ':', 1], () => [x(), index(0, 1)], () => [x(), '...', null, [0]]],
  atAsync: () => [x(), mask()],
  setAt: () => [x(), [0, 1], 5],
  gather: () => [x(), 1, at()],
  indexSelect: () => [x(), 1, index(0, 2)],
  scatter: () => [x(), 1, at(), p()],
  scatter_: () => [x(), 1, at(), 2],
  scatterAdd: () => [x(), 1, at(), p()],
  scatterAdd_: () => [x(), 1, at(), p()],
  indexAdd: () => [x(), 0, index(0, 1), p(), { alpha: 2 }],
  indexAdd_: () => [x(), 0, index(0, 1), p(), { alpha: 2 }],
  indexCopy: () => [x(), 0, index(0, 1), p()],
  indexCopy_: () => [x(), 0, index(0, 1), p()],
  indexFill: () => [x(), 0, index(0, 1), 7],
  indexFill_: () => [x(), 0, index(0, 1), 7],
  take: () => [x(), index(0, 5)],
  matmul: () => [square(), square()],
  mm: () => [square(), square()],
  bmm: () => [square().unsqueeze(0), square().unsqueeze(0)],
  mv: () => [x(), v()],
  dot: () => [v(), w()],
  inner: () => [v(), w()],
  outer: () => [v(), w()],
  addmm: () => [square(), square(), square(), { alpha: 2, beta: 3 }],
  addmm_: () => [square(), square(), square(), { alpha: 2, beta: 3 }],
  addmv: () => [index(1, 2).float(), x(), v(), { alpha: 2, beta: 3 }],
  addmv_: () => [index(1, 2).float(), x(), v(), { alpha: 2, beta: 3 }],
  baddbmm: () => [square().unsqueeze(0), square().unsqueeze(0), square().unsqueeze(0), { alpha: 2, beta: 3 }],
  baddbmm_: () => [square().unsqueeze(0), square().unsqueeze(0), square().unsqueeze(0), { alpha: 2, beta: 3 }],
  reshape: [() => [x(), [3, 2]], () => [x(), [-1]]],
  view: () => [x(), [3, 2]],
  unflatten: () => [x(), 1, [3, 1]],
  unsqueeze: () => [x(), 1],
  squeeze: () => [x().unsqueeze(0), 0],
  permute: () => [x(), [1, 0]],
  transpose: () => [x(), 0, 1],
  movedim: () => [x(), 0, 1],
  expand: () => [v(), [2, 3]],
  narrow: () => [x(), 1, 0, 2],
  select: () => [x(), 1, 0],
  unbind: () => [x(), 1],
  flip: () => [x(), [0, 1]],
  repeat: () => [x(), [2, 1]],
  tile: () => [x(), [2, 1]],
  roll: [() => [x(), 1, 0], () => [x(), [1, 2], [0, 1]]],
  rot90: () => [x(), 1, [0, 1]],
  unfold: () => [x(), 1, 2, 1],
  cumsum: () => [x(), 1],
  cumsum_: () => [x(), 1],
  cumprod: () => [x(), 1],
  cumprod_: () => [x(), 1],
  softmax: () => [x(), 1],
  logSoftmax: () => [x(), 1],
}

export const tensorCalls: readonly Call[] = [
  ...PLAIN.map((name): [string, Row] => [name, () => [name === 't' || name === 'diag' ? square() : p()]]),
  ...BINARY.flatMap((name): [string, Row][] => [[name, () => [x(), p()]]]),
  ...BITWISE.map((name): [string, Row] => [name, () => [ints(), ints()]]),
  ...Object.entries(OWN).flatMap(([name, rows]) => [rows].flat().map((row): [string, Row] => [name, row])),
].map(([name, row]) => ({
  group: 'Tensor',
  name,
  make: () => {
    const [self, ...args] = row()
    return {
      args,
      call: (...given) => (self as unknown as Record<string, (...a: unknown[]) => unknown>)[name]!(...given),
    }
  },
}))
