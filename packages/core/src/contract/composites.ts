/**
 * The composites of core: what stands under a bare name, for backends that run some by themselves, for formats, tools and
 * the kit. What a name computes is its body (`docs/composites.md` has the table as a page). Rows are added, never changed:
 * another meaning is another name. Names of others are `package/name`.
 */

import type { Refusal } from './contract.ts'

/** How an attribute is written, and its type. */
export interface AttributeKinds {
  flag: boolean
  number: number
  /** An integer from 0. */
  natural: number
  naturals: readonly number[]
  /** Integers from 1. */
  positives: readonly number[]
  /** [low, high] per axis; negative ones crop. */
  margins: readonly (readonly [number, number])[]
  /** What is thrown for an index out of range. */
  refusal: Refusal
}
export interface CompositeRow {
  readonly attributes: { readonly [name: string]: keyof AttributeKinds }
  /** In order. `bias if bias and not first`: there under these attributes alone. `...parts`: any number of them. */
  readonly operands: readonly string[]
  readonly results: readonly string[]
  /** The version of the contract that first had it. */
  readonly since: number
}

/** An element of the result for each of x. */
const ELEMENTWISE_1 = { attributes: {}, operands: ['x'], results: ['y'], since: 1 } as const
/** An element of the result for each of a and b, which have one type. */
const ELEMENTWISE_2 = { attributes: {}, operands: ['a', 'b'], results: ['y'], since: 1 } as const
/** Windows over the last `rank` axes. */
const WINDOWS = {
  rank: 'natural',
  window: 'positives',
  strides: 'positives',
  padding: 'margins',
  dilation: 'positives',
} as const
const NORMALIZATION = {
  // The input is seen in the shape `view`, mean and variance go over `axes` of it, weight and bias are seen as `affine`.
  attributes: { view: 'naturals', axes: 'naturals', affine: 'naturals', weight: 'flag', bias: 'flag' },
  operands: ['x', 'eps', 'weight if weight', 'bias if bias'],
  results: ['y', 'mean', 'variance'],
  since: 1,
} as const

/** A row for every bare name: attributes with their kinds, operands and results in order, and since which contract. */
export const COMPOSITES = {
  // ---- Functions of one operand ----
  trunc: ELEMENTWISE_1,
  frac: ELEMENTWISE_1,
  reciprocal: ELEMENTWISE_1,
  rsqrt: ELEMENTWISE_1,
  exp2: ELEMENTWISE_1,
  log2: ELEMENTWISE_1,
  log10: ELEMENTWISE_1,
  tan: ELEMENTWISE_1,
  asin: ELEMENTWISE_1,
  acos: ELEMENTWISE_1,
  sinh: ELEMENTWISE_1,
  cosh: ELEMENTWISE_1,
  asinh: ELEMENTWISE_1,
  acosh: ELEMENTWISE_1,
  atanh: ELEMENTWISE_1,
  sigmoid: ELEMENTWISE_1,
  logit: ELEMENTWISE_1,
  sinc: ELEMENTWISE_1,

  // ---- Functions of two and three operands ----
  /** The angle of (b, a), a being the height. */
  atan2: ELEMENTWISE_2,
  hypot: ELEMENTWISE_2,
  logaddexp: ELEMENTWISE_2,
  logaddexp2: ELEMENTWISE_2,
  xlogy: ELEMENTWISE_2,
  copysign: ELEMENTWISE_2,
  floorDivide: ELEMENTWISE_2,
  truncDivide: ELEMENTWISE_2,
  /** With the sign of a. */
  fmod: ELEMENTWISE_2,
  /** With the sign of b. */
  remainder: ELEMENTWISE_2,
  clamp: { attributes: {}, operands: ['x', 'low', 'high'], results: ['y'], since: 1 },
  clampMin: { attributes: {}, operands: ['x', 'low'], results: ['y'], since: 1 },
  clampMax: { attributes: {}, operands: ['x', 'high'], results: ['y'], since: 1 },

  // ---- Activations ----
  gelu: ELEMENTWISE_1,
  geluTanh: ELEMENTWISE_1,
  silu: ELEMENTWISE_1,
  mish: ELEMENTWISE_1,
  logSigmoid: ELEMENTWISE_1,
  /** The numbers are 0-d, here and below. */
  softplus: { attributes: {}, operands: ['x', 'beta', 'threshold'], results: ['y'], since: 1 },
  elu: { attributes: {}, operands: ['x', 'alpha', 'scale', 'inputScale'], results: ['y'], since: 1 },
  softmax: { attributes: { axis: 'natural' }, operands: ['x'], results: ['y'], since: 1 },
  logSoftmax: { attributes: { axis: 'natural' }, operands: ['x'], results: ['y'], since: 1 },

  // ---- Reductions, over axes that ascend and disappear ----
  var: { attributes: { axes: 'naturals', correction: 'number' }, operands: ['x'], results: ['y'], since: 1 },
  std: { attributes: { axes: 'naturals', correction: 'number' }, operands: ['x'], results: ['y'], since: 1 },
  norm: { attributes: { axes: 'naturals', p: 'number' }, operands: ['x'], results: ['y'], since: 1 },
  logsumexp: { attributes: { axes: 'naturals' }, operands: ['x'], results: ['y'], since: 1 },
  /** x has one axis. */
  medianOfAll: { attributes: {}, operands: ['x'], results: ['y'], since: 1 },

  // ---- Networks ----
  layerNorm: NORMALIZATION,
  groupNorm: NORMALIZATION,
  batchNorm: NORMALIZATION,
  instanceNorm: NORMALIZATION,
  /** Indices are counted in the space of a channel, row-major. */
  maxPool: { attributes: WINDOWS, operands: ['x'], results: ['values', 'indices'], since: 1 },
  /** For every element of the space the sum of the g of those windows whose index it is, in their order. */
  maxPoolGrad: {
    attributes: { ...WINDOWS, space: 'positives' },
    operands: ['g', 'indices'],
    results: ['dx'],
    since: 1,
  },
  attention: {
    attributes: { isCausal: 'flag', mask: 'flag' },
    operands: ['query', 'key', 'value', 'scale', 'mask if mask'],
    results: ['y'],
    since: 1,
  },
  attentionGrad: {
    attributes: { isCausal: 'flag', mask: 'flag' },
    operands: ['g', 'query', 'key', 'value', 'scale', 'mask if mask'],
    results: ['dquery', 'dkey', 'dvalue'],
    since: 1,
  },
  /** Of every line along `axis` the element that the index names; the index has the other axes. One out of range is an error. */
  pick: { attributes: { axis: 'natural', says: 'refusal' }, operands: ['x', 'index'], results: ['y'], since: 1 },
  /** Lines of `size` along `axis` with g at the index, and 0 elsewhere. An index out of range is an error. */
  pickGrad: {
    attributes: { axis: 'natural', size: 'natural', says: 'refusal' },
    operands: ['g', 'index'],
    results: ['dx'],
    since: 1,
  },
  /** The row `padding` gets no gradient. */
  embeddingPadded: {
    attributes: { padding: 'natural' },
    operands: ['index', 'weight'],
    results: ['rows'],
    since: 1,
  },
  binaryCrossEntropyElement: { attributes: {}, operands: ['x', 'target'], results: ['loss'], since: 1 },

  // ---- Recurrences: one layer in one direction ----
  // `gates` are the input's share of them for all steps, x w_ih' + b_ih: [length, n, gates hidden]. Outputs, what is kept for the
  // gradient (all with the length) and their gradients are [length, n, hidden], states and their gradients [n, hidden].
  /** With `relu` instead of tanh. */
  rnn: {
    attributes: { reverse: 'flag', relu: 'flag', bias: 'flag' },
    operands: ['gates', 'h0', 'weight', 'bias if bias'],
    results: ['outputs', 'h'],
    since: 1,
  },
  rnnBackward: {
    attributes: { reverse: 'flag', relu: 'flag' },
    operands: ['dOutputs', 'dH', 'weight', 'outputs'],
    results: ['dGates', 'dH0'],
    since: 1,
  },
  /** Gates input, forget, cell and output: `i`, `f`, `g`, `o` once they are activated. */
  lstm: {
    attributes: { reverse: 'flag', bias: 'flag', keeps: 'flag' },
    operands: ['gates', 'h0', 'c0', 'weight', 'bias if bias'],
    // oxfmt-ignore
    results: ['outputs', 'h', 'c', 'cells if keeps', 'i if keeps', 'f if keeps', 'g if keeps', 'o if keeps'],
    since: 1,
  },
  lstmBackward: {
    attributes: { reverse: 'flag' },
    operands: ['dOutputs', 'dH', 'dC', 'c0', 'weight', 'cells', 'i', 'f', 'g', 'o'],
    results: ['dGates', 'dH0', 'dC0'],
    since: 1,
  },
  /** Gates reset, update and new: `r`, `z`, `n` once they are activated. `share` is what h adds to the new one, before r. */
  gru: {
    attributes: { reverse: 'flag', bias: 'flag', keeps: 'flag' },
    operands: ['gates', 'h0', 'weight', 'bias if bias'],
    results: ['outputs', 'h', 'r if keeps', 'z if keeps', 'n if keeps', 'share if keeps'],
    since: 1,
  },
  /** `dShares` is the gradient of h w_hh' + b_hh, which that of the gates is not here. */
  gruBackward: {
    attributes: { reverse: 'flag' },
    operands: ['dOutputs', 'dH', 'h0', 'weight', 'outputs', 'r', 'z', 'n', 'share'],
    results: ['dGates', 'dShares', 'dH0'],
    since: 1,
  },

  // ---- Updates: the parameter, its gradient, its state of before and numbers to the parameter and its new state ----
  /** The first step makes the buffer; `undampened` is 1 - dampening. */
  sgd: {
    attributes: { first: 'flag', momentum: 'flag', weightDecay: 'flag', nesterov: 'flag', maximize: 'flag' },
    // oxfmt-ignore
    operands: ['p', 'g', 'buffer if momentum and not first', 'weightDecay', 'momentum', 'undampened', 'lr'],
    results: ['p', 'buffer if momentum'],
    since: 1,
  },
  /**
   * Step t: `shrink` is lr weightDecay, `rest1` 1 - beta1, `rest2` 1 - beta2, `stepSize` lr / (1 - beta1^t), `root`
   * sqrt(1 - beta2^t).
   */
  adam: {
    attributes: { amsgrad: 'flag', weightDecay: 'flag', decoupled: 'flag', maximize: 'flag' },
    // oxfmt-ignore
    operands: [
      'p', 'g', 'mean', 'square', 'greatest if amsgrad',
      'weightDecay', 'shrink', 'beta1', 'rest1', 'beta2', 'rest2', 'stepSize', 'root', 'eps',
    ],
    results: ['p', 'mean', 'square', 'greatest if amsgrad'],
    since: 1,
  },
  /** Step t: `stepSize` is lr / (1 + (t - 1) lrDecay). */
  adagrad: {
    attributes: { weightDecay: 'flag', maximize: 'flag' },
    operands: ['p', 'g', 'sum', 'weightDecay', 'stepSize', 'eps'],
    results: ['p', 'sum'],
    since: 1,
  },
  /** `rest` is 1 - alpha. */
  rmsprop: {
    attributes: { momentum: 'flag', centered: 'flag', weightDecay: 'flag', maximize: 'flag' },
    // oxfmt-ignore
    operands: [
      'p', 'g', 'square', 'buffer if momentum', 'mean if centered',
      'weightDecay', 'momentum', 'alpha', 'rest', 'eps', 'lr',
    ],
    results: ['p', 'square', 'buffer if momentum', 'mean if centered'],
    since: 1,
  },
} as const satisfies { readonly [name: string]: CompositeRow }

export type CompositeName = keyof typeof COMPOSITES
/** The attributes of every composite of core. */
export type CompositeAttributes = {
  readonly [N in CompositeName]: {
    readonly [A in keyof (typeof COMPOSITES)[N]['attributes']]: AttributeKinds[Extract<
      (typeof COMPOSITES)[N]['attributes'][A],
      keyof AttributeKinds
    >]
  }
}

/** The operands or results that there are under these attributes, by name; `...parts` stands for any number. */
export function named(entries: readonly string[], attrs: object): string[] {
  const given = attrs as { readonly [name: string]: unknown }
  const holds = (term: string): boolean =>
    term.startsWith('not ') ? given[term.slice(4)] !== true : given[term] === true
  return entries.flatMap((entry) => {
    const [name, condition] = entry.split(' if ')
    return condition === undefined || condition.split(' and ').every(holds) ? [name!] : []
  })
}
