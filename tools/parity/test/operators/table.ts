/**
 * Where a call of PyTorch differs from the rule of `bind.ts`. A row is for an
 * operator and its variants (`max` for `max.binary`), unless a variant has its own.
 */
import * as core from '@glissade/core'
import type { Tensor } from '@glissade/core'
import { camelCase } from '../python.ts'
import { functionOf, place, type Rule } from './bind.ts'
import { LeftOut } from './sample.ts'
import { takesOf } from './signatures.ts'

type Given = Record<string, unknown>
const left = (reason: string): never => {
  throw new LeftOut(reason)
}
/** PyTorch's `dtype` of a reduction is a cast of its input. */
const castFirst = ({ dtype, input, ...rest }: Given): Given => ({
  input: dtype == null ? input : (input as Tensor).to(dtype as 'float32'),
  ...rest,
})
/** PyTorch's True and False are numbers where a number is wanted. */
const numbers = (given: Given): Given =>
  Object.fromEntries(Object.entries(given).map(([name, x]) => [name, typeof x === 'boolean' ? Number(x) : x]))
const arithmetic: Rule = { given: numbers }
/** Lists of one size are that size, and of none the default. */
const sizes = (given: Given): Given =>
  Object.fromEntries(
    Object.entries(given).flatMap(([name, x]) =>
      !Array.isArray(x) || x.length > 1 ? [[name, x]] : x.length === 0 ? [] : [[name, x[0] as number]],
    ),
  )
const reduction: Rule = { given: castFirst }
/** `unbiased` is the correction 1, or 0. */
const spread: Rule = {
  given: ({ unbiased, ...rest }) => (unbiased === undefined ? rest : { ...rest, correction: Number(unbiased) }),
}
/** The other operand is on the left: `2 - x`. */
const reflected = (call: (y: Tensor, x: Tensor) => Tensor): Rule => ({
  call: (given) => {
    const { input, ...rest } = numbers(given)
    return call(Object.values(rest)[0] as Tensor, input as Tensor)
  },
})
/** The flag `return_indices` is a function of its own here. */
const pool = (name: string): Rule => ({
  covers: [`functional.${name}WithIndices`],
  call: ({ return_indices, ...given }) =>
    functionOf(
      'functional',
      `${name}${return_indices === true ? 'WithIndices' : ''}`,
    )(...place(given, takesOf('functional', name))),
})
const dimensions = (name: string, rule: (name: string) => Rule): Record<string, Rule> =>
  Object.fromEntries([1, 2, 3].map((n) => [`nn.functional.${name}${n}d`, rule(`${camelCase(name)}${n}d`)]))
/** What PyTorch calls 'nearest-exact'; its null is false. */
export const resampling = (given: Given): Given =>
  Object.fromEntries(
    Object.entries(given).flatMap(([name, x]) =>
      x === null ? [] : [[name, x === 'nearest-exact' ? 'nearestExact' : x]],
    ),
  )
const noTensor =
  (argument: string, reason: string) =>
  (given: Given): Given =>
    given[argument] instanceof core.Tensor ? left(reason) : given
/** What Python's brackets hold. */
function indicesOf(value: unknown): core.Index[] {
  const index = value as { parts?: unknown[] } | null
  const parts = index !== null && typeof index === 'object' && 'parts' in index ? index.parts : [index]
  for (const part of parts) {
    if (typeof part === 'boolean') left('a bool as index')
    if (Array.isArray(part) && part.some((x) => typeof x !== 'number')) left('nested lists or bools in a list as index')
  }
  return parts as core.Index[]
}
function subscripted(given: Given): unknown {
  const [x, index] = Object.values(given) as [Tensor, unknown]
  const indices = indicesOf(index)
  return indices.some((i) => i instanceof core.Tensor && i.dtype === 'bool') ? x.atAsync(...indices) : x.at(...indices)
}

export const TABLE: Readonly<Record<string, Rule>> = {
  // ---- Arithmetic
  add: arithmetic,
  sub: arithmetic,
  rsub: arithmetic,
  mul: arithmetic,
  pow: arithmetic,
  addmm: arithmetic,
  addmv: arithmetic,
  baddbmm: arithmetic,
  index_add: arithmetic,
  index_fill: arithmetic,
  addcmul: arithmetic,
  addcdiv: arithmetic,
  true_divide: { name: 'div' },
  __radd__: reflected((y, x) => core.add(y, x)),
  __rsub__: reflected((y, x) => core.sub(y, x)),
  __rmul__: reflected((y, x) => core.mul(y, x)),
  __rdiv__: reflected((y, x) => core.div(y, x)),
  __rpow__: reflected((y, x) => core.pow(y, x)),
  __rmod__: reflected((y, x) => core.remainder(y, x)),
  __rmatmul__: reflected((y, x) => y.matmul(x)),
  __rand__: reflected((y, x) => (y instanceof core.Tensor ? y.bitwiseAnd(x) : x.bitwiseAnd(y))),
  __ror__: reflected((y, x) => (y instanceof core.Tensor ? y.bitwiseOr(x) : x.bitwiseOr(y))),
  __rxor__: reflected((y, x) => (y instanceof core.Tensor ? y.bitwiseXor(x) : x.bitwiseXor(y))),
  where: {
    covers: ['core.where'],
    call: (given) => {
      const { condition, input, other } = { ...numbers(given) } as { condition: Tensor; input: Tensor; other: Tensor }
      return core.where(condition, input, other)
    },
  },
  logit: { names: { eps: null } },
  'round.decimals_0': { ignored: ['decimals'] },
  // ---- Reductions
  sum: reduction,
  prod: reduction,
  mean: reduction,
  nansum: reduction,
  nanmean: reduction,
  cumsum: reduction,
  cumprod: reduction,
  softmax: reduction,
  log_softmax: reduction,
  var: spread,
  std: spread,
  median: { ties: true },
  kthvalue: { ties: true },
  sort: { ties: true, ignored: ['stable'] },
  argsort: { ties: true, ignored: ['stable'] },
  msort: { call: ({ input }) => (input as Tensor).sort({ dim: 0 }).values },
  topk: { ties: true, ignored: ['sorted'] },
  norm: {
    given: (given) => {
      const { p, ...rest } = castFirst(given)
      if (p === 'nuc') left('the nuclear norm')
      return p === 'fro' || p === null ? rest : { ...rest, p }
    },
  },
  // ---- Products
  einsum: { call: ({ equation, tensors }) => core.einsum(equation as string, ...(tensors as Tensor[])) },
  // ---- Shapes and indices
  broadcast_to: { name: 'expand' },
  split_with_sizes: { name: 'split' },
  tensor_split: { given: (given) => noTensor(Object.keys(given)[1]!, 'a tensor as sizes')(given) },
  narrow: { given: noTensor('start', 'a tensor as start') },
  repeat_interleave: { given: noTensor('repeats', 'a tensor of counts'), names: { output_size: null } },
  masked_select: { waits: () => true },
  allclose: { waits: () => true },
  equal: { waits: () => true },
  mT: { call: (given) => (Object.values(given)[0] as Tensor).mT },
  scatter: { names: { reduce: null } },
  gather: { names: { sparse_grad: null } },
  __getitem__: {
    call: subscripted,
    covers: ['Tensor.at', 'Tensor.atAsync'],
    waits: (given) => JSON.stringify(given).includes('"t":"bool"'),
  },
  __setitem__: {
    covers: ['Tensor.setAt'],
    call: (given) => {
      const [x, index, value] = Object.values(given) as [Tensor, unknown, Tensor]
      return x.clone().setAt(indicesOf(index), typeof value === 'boolean' ? Number(value) : value)
    },
  },
  argwhere: { name: 'nonzero', waits: () => true },
  nonzero: { names: { as_tuple: null }, waits: () => true },
  diag_embed: { names: { dim1: null, dim2: null } },
  to: {
    call: ({ input, dtype, ...rest }) =>
      dtype === undefined || Object.keys(rest).length > 0
        ? left('to a device')
        : (input as Tensor).to(dtype as 'float32'),
  },
  fill: {
    covers: ['Tensor.fill_'],
    call: (given) => {
      const [input, value] = Object.values(given)
      return value instanceof core.Tensor
        ? left('a tensor to fill with')
        : (input as Tensor).clone().fill_(Number(value))
    },
  },
  zero_: { call: (given) => (Object.values(given)[0] as Tensor).clone().zero_() },
  meshgrid: {
    given: ({ indexing, ...rest }) => {
      const [tensors] = Object.values(rest)
      return { tensors: core.isTensor(tensors) ? [tensors] : tensors, indexing }
    },
  },
  slice: {
    covers: ['core.slice'],
    call: ({ input, dim = 0, start = null, end = null, step = null }) => {
      const index = core.slice(start as number | null, end as number | null, step as number | null)
      const before = Array.from({ length: dim as number }, (): ':' => ':')
      return (input as Tensor).at(...before, index)
    },
  },
  // ---- Creation
  arange: {
    given: ({ start, end, ...rest }) =>
      numbers(start === undefined ? { start: end, ...rest } : { start, end, ...rest }),
  },
  full_like: arithmetic,
  // ---- torch.nn.functional
  'nn.functional.avg_pool2d': { given: sizes },
  'nn.functional.logsigmoid': { name: 'logSigmoid' },
  'nn.functional.hardshrink': { names: { lambd: 'lambda' } },
  'nn.functional.softshrink': { names: { lambd: 'lambda' } },
  ...dimensions('max_pool', pool),
  ...dimensions('adaptive_max_pool', pool),
  constant_pad_nd: { owner: 'functional', name: 'pad', given: numbers },
  'nn.functional.interpolate': {
    names: { antialias: null },
    given: resampling,
  },
  'nn.functional.embedding': {
    names: { max_norm: null, scale_grad_by_freq: null, sparse: null },
    // Without a largest norm its kind says nothing.
    ignored: ['norm_type'],
    given: ({ weight, idx, ...rest }) => ({ input: idx, weight, ...rest }),
  },
  'nn.functional.one_hot': {
    given: (given) => {
      const classes = Object.values(given)[1]
      return classes === undefined || (classes as number) < 0 ? left('the number of classes from the values') : given
    },
  },
  // The weights that are there say it.
  'nn.functional.multi_head_attention_forward': { ignored: ['use_separate_proj_weight'] },
  'nn.functional._scaled_dot_product_attention': {
    name: 'scaledDotProductAttention',
    // The weights are the second result, which is not compared.
    ignored: ['need_attn_weights'],
    given: (given) => (Number(given['dropout_p'] ?? 0) > 0 ? left('random numbers') : given),
  },
}

export const ruleOf = (operator: string): Rule => TABLE[operator] ?? TABLE[baseOf(operator)] ?? {}
/** Without the variant. */
export function baseOf(operator: string): string {
  const [first, second, third] = operator.split('.')
  return first === 'nn' ? `${first}.${second}.${third}` : first!
}
