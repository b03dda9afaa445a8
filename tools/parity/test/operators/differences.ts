/** What differs from PyTorch on purpose, or where PyTorch is not the measure: each with its reason. */
import type { Difference } from './agreement.ts'

const CONVOLUTIONS = [1, 2, 3]
  .flatMap((n) => [`nn.functional.conv${n}d`, `nn.functional.conv_transpose${n}d`])
  .join(' ')
const ELEMENTWISE_LOSSES_OF_BYTES =
  'nn.functional.margin_ranking_loss nn.functional.triplet_margin_loss nn.functional.pairwise_distance nn.functional.cosine_embedding_loss'

export const OPERATORS: readonly Difference[] = [
  // ---- Dtypes
  { names: CONVOLUTIONS, says: /needs floating-point operands/, reason: 'convolutions are of floating-point numbers' },
  {
    names: 'nn.functional.threshold nn.functional.hardtanh nn.functional.relu6',
    says: /(?:int64|uint8|int32)(?: reference)?: result 0: dtype float32/,
    reason: 'activations of integers are real numbers',
  },
  {
    names: 'addcmul addcdiv',
    says: /(?:int64|uint8|int32).*: result 0: dtype float32/,
    reason: 'a real factor makes a real result',
  },
  {
    names: 'all any',
    says: /uint8.*dtype bool, want uint8/,
    reason: 'bool, where PyTorch keeps uint8 for old programs',
  },
  {
    names: 'cumsum cumprod sum prod nansum einsum',
    says: /dtype (?:int32, want (?:uint8|bool)|uint8, want int64)/,
    reason: 'sums and products of integers are int32, products of matrices keep their dtype',
  },
  { names: 'mean', says: /could not infer output dtype/, reason: 'the mean of integers is a real number' },
  {
    names: 'gather scatter scatter_add',
    says: /Expected dtype int64 for index/,
    reason: 'int32 stands for int64',
  },
  {
    names: 'clamp_max clamp_min',
    says: /bool: refused.*not defined for bool/,
    reason: 'bool has no order; cast first',
  },
  { names: 'scatter_add index_put', says: /needs numbers; cast first/, reason: 'bool has no sums; cast first' },
  {
    names: 'scatter',
    says: /source must have the dtype/,
    reason: 'a real number is not cut off to be stored in integers',
  },
  { names: 'add', says: /bool: result 0: dtype int32, want bool/, reason: 'the factor True is the number 1' },
  {
    names: 'add sub mul div.no_rounding_mode div.trunc_rounding div.floor_rounding true_divide',
    says: /want float64/,
    reason: 'two numbers make float32',
  },
  { names: 'where', says: /dtype int32, want float32/, reason: '3.0 is 3 in JavaScript' },
  {
    names: 'int long',
    says: /2147483647, want -2147483648/,
    reason: 'beyond int32 the nearest, where PyTorch leaves it open',
  },
  {
    names: ELEMENTWISE_LOSSES_OF_BYTES,
    says: /uint8(?: reference)?: result/,
    reason: 'differences of uint8 wrap in PyTorch',
  },
  {
    names: 'arange linspace logspace',
    says: /(?:int64|int32|uint8)(?: reference)?: result 0/,
    reason: 'PyTorch cuts start, end and step to integers before it counts',
  },
  {
    names: 'add sub rsub index_add',
    says: /uint8.*the number -\d+ is beyond the dtype/,
    reason: 'a number beyond the dtype is refused',
  },
  {
    names: 'matmul mm bmm addmm addmm.decomposed addmv baddbmm mv dot inner __rmatmul__ einsum tensordot',
    says: /uint8.*a result is beyond uint8/,
    reason: 'sums beyond the dtype are refused, which wrap in PyTorch',
  },
  { names: 'arange linspace logspace', says: /is beyond uint8/, reason: 'numbers beyond the dtype are refused' },
  { names: 'index_add', says: /bool: refused.*needs numbers/, reason: 'bool has no sums; cast first' },
  { names: 'full', says: /dtype float32, want int64/, reason: 'numbers make float32' },
  {
    names: '__rpow__ pow',
    says: /integers have no negative integer powers/,
    reason: 'refused for a tensor of exponents as PyTorch refuses it for one exponent',
  },
  // ---- Where a function has no derivative, or PyTorch's formula has lost it
  {
    names: 'index_put __setitem__',
    says: /gradient 1/,
    reason: 'an overwritten value has no influence, yet PyTorch gives it a gradient',
  },
  { names: 'copysign', says: /gradient \d: .*want NaN/, reason: 'PyTorch divides by the operand, also where it is 0' },
  { names: 'sinc', says: /second gradient 0: .*want NaN/, reason: 'PyTorch has 0 / 0 at 0' },
  {
    names: 'nn.functional.smooth_l1_loss',
    says: /x 0: gradient/,
    reason: 'with beta 0 there is no derivative at 0',
  },
  { names: 'norm.fro', says: /x 0: gradient 0: .*want NaN/, reason: 'PyTorch gives 0 for the same norm by p = 2' },
  {
    names: '__rpow__',
    says: /there is one, and none in PyTorch/,
    reason: 'PyTorch makes a new tensor of the base',
  },
  {
    names: 'nn.functional.soft_margin_loss nn.functional.mish logaddexp logaddexp2',
    says: /x 100(?:00)?: (?:result|gradient|second gradient)/,
    reason: 'PyTorch overflows beyond 88',
  },
  {
    names: 'nn.functional.mish',
    says: /reference: second gradient 0: .*want NaN/,
    reason: 'PyTorch overflows beyond 88',
  },
  {
    names: 'nn.functional.soft_margin_loss',
    says: /float64: result/,
    reason: 'log1p keeps the digits that 1 + x loses',
  },
  { names: 'prod', says: /x 100(?:00)?: second gradient 0: .*want -?Infinity/, reason: 'products beyond float32' },
  {
    names: 'norm norm.fro dist',
    says: /x 0: second gradient/,
    reason: 'the norm has no derivative at 0',
  },
  { names: 'addcdiv', says: /x 0: second gradient/, reason: '0 / 0' },
  {
    names: 'pow __rpow__',
    says: /(?:reference|x 0): second gradient/,
    reason: 'powers of 0 and infinity have no second derivative',
  },
  { names: '__rdiv__', says: /reference: second gradient/, reason: 'infinity less infinity, by another way' },
  {
    names: 'nn.functional.binary_cross_entropy',
    says: /x 0: (?:gradient 1|second gradient)/,
    reason: 'the logarithm is cut off at -100, which PyTorch forgets in derivatives by the target',
  },
  {
    names: 'nn.functional.poisson_nll_loss nn.functional.kl_div',
    says: /x 0: (?:gradient 1|second gradient 1): .*want NaN/,
    reason: 'a target of 0 has no logarithm in PyTorch either, whose gradient there is NaN',
  },
  {
    names: 'nn.functional.normalize',
    says: /x 0: second gradient 0: .*want NaN/,
    reason: 'the norm has no derivative at 0',
  },
  {
    names: 'nn.functional.normalize nn.functional.cosine_similarity nn.functional.pairwise_distance',
    says: /float32 (?:\/|x) 10000: (?:second )?gradient/,
    reason: 'all digits cancel out',
  },
  {
    names: 'nn.functional.cosine_similarity',
    says: /row: gradient/,
    reason: 'of a length below eps PyTorch takes the derivative nevertheless, which the result does not follow',
  },
  // ---- Calls
  { names: 'aminmax', says: /shape \[\], want \[1\]/, reason: 'a 0-d tensor keeps no dimensions' },
  {
    names: 'nn.functional.batch_norm',
    says: /the input must be \[n, c, \.\.\.\] \(got \[0\]\)/,
    reason: 'one dimension has no channels',
  },
  {
    names: 'nn.functional.hardtanh',
    says: /is greater than maxVal/,
    reason: "refused, as by PyTorch's nn.Hardtanh",
  },
  {
    names: 'nn.functional.normalize nn.functional.pairwise_distance',
    says: /p must be greater than 0/,
    reason: 'no norm',
  },
  { names: 'mT', says: /needs at least 2 dimensions/, reason: 'refused, as by later versions of PyTorch' },
  {
    names: 'nn.functional.softshrink',
    says: /NaN, want 0/,
    reason: 'PyTorch 1.13 loses NaN, later versions keep it',
  },
]
export const MODULES: readonly Difference[] = [
  {
    names: 'CosineSimilarity',
    says: /row: gradient/,
    reason: 'of a length below eps PyTorch takes the derivative nevertheless, which the result does not follow',
  },
  {
    names: 'SoftMarginLoss',
    says: /x (?:100|10000): (?:result|gradient)/,
    reason: 'PyTorch overflows beyond 88',
  },
]
