/** Reductions, extremes and running sums. */
import type { DType, Shape } from '../../contract/contract.ts'
import { OptionError } from '../../contract/errors.ts'
import { called } from '../../engine/called.ts'
import { boolean, natural, nullable, number, positive } from '../../signature/kind.ts'
import { optional, signature, type OptionsOf, type ValuesOf } from '../../signature/signature.ts'
import { apply } from '../../engine/door.ts'
import { dim as dimKind, dims, tensor } from '../../engine/kinds.ts'
import { one } from '../one.ts'
import { NONE, type Attrs, type Op } from '../../engine/op.ts'
import { normalizeDim, normalizeDims } from '../../ops/axes.ts'
import { apart } from '../../ops/combination.ts'
import * as order from '../../ops/order.ts'
import * as ops from '../../ops/reduction.ts'
import { logSoftmaxOp, softmaxOp } from '../../ops/softmax.ts'
import type { Dims, Reduced, Resized } from '../static-axis.ts'
import type { DTypeOf, Real, Sum } from '../static-dtype.ts'
import type { AnyShape, ShapeOf } from '../static-shape.ts'
import type { Tensor } from '../tensor.ts'
import { Arithmetic, type Combined, type Fits } from './arithmetic.ts'

// ---- What methods take -----------------------------------------------------------------------------------------------

const reduceOptions = {
  /** One dimension, several, or null for all; default null. */
  dim: optional(dims, null),
  /** Whether they stay, with size 1; default false. */
  keepdim: optional(boolean, false),
}
export interface ReduceOptions<R extends Dims = Dims, K extends boolean = boolean> extends OptionsOf<
  typeof reduceOptions
> {
  readonly dim?: R | undefined
  readonly keepdim?: K | undefined
}
const logsumexpOptions = {
  /** One dimension, several, or null for all. */
  dim: nullable(dims),
  keepdim: reduceOptions.keepdim,
}
const varianceOptions = {
  dim: reduceOptions.dim,
  /** What is subtracted from the count: 1 (the default) for a sample, 0 for a population. */
  correction: optional(number, 1),
  keepdim: reduceOptions.keepdim,
}
export interface VarianceOptions<R extends Dims = Dims, K extends boolean = boolean> extends OptionsOf<
  typeof varianceOptions
> {
  readonly dim?: R | undefined
  readonly keepdim?: K | undefined
}
const distOptions = {
  /** Order; default 2. Infinity gives the largest absolute value. */
  p: optional(number, 2),
}
export interface DistOptions extends OptionsOf<typeof distOptions> {}
const normOptions = { ...distOptions, ...reduceOptions }
export interface NormOptions<R extends Dims = Dims, K extends boolean = boolean> extends OptionsOf<typeof normOptions> {
  readonly dim?: R | undefined
  readonly keepdim?: K | undefined
}
const countOptions = { dim: reduceOptions.dim }
const dimOptions = {
  dim: dimKind,
  /** Whether it stays, with size 1; default false. */
  keepdim: optional(boolean, false),
}
export interface DimOptions<R extends number = number, K extends boolean = boolean> extends OptionsOf<
  typeof dimOptions
> {
  readonly dim: R
  readonly keepdim?: K | undefined
}
const lastDim = {
  /** Default -1. */
  dim: optional(dimKind, -1),
}
const kthOptions = { ...lastDim, keepdim: dimOptions.keepdim }
export interface KthOptions<R extends number = number, K extends boolean = boolean> extends OptionsOf<
  typeof kthOptions
> {
  readonly dim?: R | undefined
  readonly keepdim?: K | undefined
}
const sortOptions = {
  ...lastDim,
  /** Default false. */
  descending: optional(boolean, false),
}
export interface SortOptions extends OptionsOf<typeof sortOptions> {}
const topkOptions = {
  ...lastDim,
  /** Whether the largest elements are taken, or the smallest; default true. */
  largest: optional(boolean, true),
}
export interface TopkOptions<R extends number = number> extends OptionsOf<typeof topkOptions> {
  readonly dim?: R | undefined
}
const argOptions = {
  /** Null is the flattened tensor; default null. */
  dim: optional(dimKind, null),
  keepdim: dimOptions.keepdim,
}
export interface ArgOptions<R extends number | null = number | null, K extends boolean = boolean> extends OptionsOf<
  typeof argOptions
> {
  readonly dim?: R | undefined
  readonly keepdim?: K | undefined
}

export const SUM = /* @__PURE__ */ signature('sum', {}, reduceOptions)
export const PROD = /* @__PURE__ */ signature('prod', {}, reduceOptions)
export const MEAN = /* @__PURE__ */ signature('mean', {}, reduceOptions)
export const NANSUM = /* @__PURE__ */ signature('nansum', {}, reduceOptions)
export const NANMEAN = /* @__PURE__ */ signature('nanmean', {}, reduceOptions)
export const VAR = /* @__PURE__ */ signature('var', {}, varianceOptions)
export const STD = /* @__PURE__ */ signature('std', {}, varianceOptions)
export const NORM = /* @__PURE__ */ signature('norm', {}, normOptions)
export const LOGSUMEXP = /* @__PURE__ */ signature('logsumexp', {}, logsumexpOptions)
export const AMAX = /* @__PURE__ */ signature('amax', {}, reduceOptions)
export const AMIN = /* @__PURE__ */ signature('amin', {}, reduceOptions)
export const AMINMAX = /* @__PURE__ */ signature('aminmax', {}, reduceOptions)
export const ANY = /* @__PURE__ */ signature('any', {}, reduceOptions)
export const ALL = /* @__PURE__ */ signature('all', {}, reduceOptions)
export const COUNT_NONZERO = /* @__PURE__ */ signature('countNonzero', {}, countOptions)
export const ARGMAX = /* @__PURE__ */ signature('argmax', {}, argOptions)
export const ARGMIN = /* @__PURE__ */ signature('argmin', {}, argOptions)
/** `max` and `min` are three functions of one name: of all elements, of two tensors, and along a dimension. */
export const MAX = /* @__PURE__ */ signature('max', { other: optional(tensor) })
export const MIN = /* @__PURE__ */ signature('min', { other: optional(tensor) })
export const MAX_ALONG = /* @__PURE__ */ signature('max', {}, dimOptions)
export const MIN_ALONG = /* @__PURE__ */ signature('min', {}, dimOptions)
/** As is `median`: of all elements, and along a dimension. */
export const MEDIAN_ALONG = /* @__PURE__ */ signature('median', {}, dimOptions)
export const KTHVALUE = /* @__PURE__ */ signature('kthvalue', { k: positive }, kthOptions)
export const SORT = /* @__PURE__ */ signature('sort', {}, sortOptions)
export const ARGSORT = /* @__PURE__ */ signature('argsort', {}, sortOptions)
export const TOPK = /* @__PURE__ */ signature('topk', { k: natural }, topkOptions)
export const CUMSUM = /* @__PURE__ */ signature('cumsum', { dim: dimKind })
export const CUMPROD = /* @__PURE__ */ signature('cumprod', { dim: dimKind })
export const SOFTMAX = /* @__PURE__ */ signature('softmax', { dim: dimKind })
export const LOG_SOFTMAX = /* @__PURE__ */ signature('logSoftmax', { dim: dimKind })
export const DIST = /* @__PURE__ */ signature('dist', { other: tensor }, distOptions)

export interface ValuesAndIndices<S extends Shape = Shape, D extends DType = DType> {
  readonly values: Tensor<S, D>
  readonly indices: Tensor<S, 'int32'>
}
/** The tensor without the dimensions that a reduction took. */
type Less<T extends Tensor, R extends Dims, K extends boolean, D extends DType = DTypeOf<T>> = Tensor<
  Reduced<ShapeOf<T>, R, K>,
  D
>
/** The index in a flattened tensor is 0-d, with `keepdim` too. */
type ArgReduced<S extends Shape, R extends number | null, K extends boolean> = [R] extends [null]
  ? readonly []
  : Reduced<S, R, K>

export class Reduction extends Arithmetic {
  /** Sum of all elements, or over `dim`. bool and integers give int32. */
  sum<T extends Tensor, const R extends Dims = null, K extends boolean = false>(
    this: T,
    options?: ReduceOptions<R, K>,
  ): Less<T, R, K, Sum<DTypeOf<T>>>
  sum(this: Tensor): Tensor {
    return reduceOf(this, ops.sum, SUM.read(arguments))
  }
  /** Product of all elements, or over `dim`. */
  prod<T extends Tensor, const R extends Dims = null, K extends boolean = false>(
    this: T,
    options?: ReduceOptions<R, K>,
  ): Less<T, R, K, Sum<DTypeOf<T>>>
  prod(this: Tensor): Tensor {
    return reduceOf(this, ops.prod, PROD.read(arguments))
  }
  /** Mean of all elements, or over `dim`; of nothing it is NaN. */
  mean<T extends Tensor, const R extends Dims = null, K extends boolean = false>(
    this: T,
    options?: ReduceOptions<R, K>,
  ): Less<T, R, K, Real<DTypeOf<T>>>
  mean(this: Tensor): Tensor {
    return reduceOf(this, ops.mean, MEAN.read(arguments))
  }
  /** Sum with NaN counted as 0. */
  nansum<T extends Tensor, const R extends Dims = null, K extends boolean = false>(
    this: T,
    options?: ReduceOptions<R, K>,
  ): Less<T, R, K, Sum<DTypeOf<T>>>
  nansum(this: Tensor): Tensor {
    return reduceOf(this, ops.nansum, NANSUM.read(arguments))
  }
  /** Mean of what is not NaN. */
  nanmean<T extends Tensor, const R extends Dims = null, K extends boolean = false>(
    this: T,
    options?: ReduceOptions<R, K>,
  ): Less<T, R, K, Real<DTypeOf<T>>>
  nanmean(this: Tensor): Tensor {
    return reduceOf(this, ops.nanmean, NANMEAN.read(arguments))
  }
  /** Variance; with the default correction of 1 over n - 1. */
  var<T extends Tensor, const R extends Dims = null, K extends boolean = false>(
    this: T,
    options?: VarianceOptions<R, K>,
  ): Less<T, R, K, Real<DTypeOf<T>>>
  var(this: Tensor): Tensor {
    const { dim: over, correction, keepdim } = VAR.read(arguments)
    return one(ops.spread, { axes: normalizeDims('var', over, this.shape), keepdim, correction }, this)
  }
  /** Standard deviation, the root of the variance. */
  std<T extends Tensor, const R extends Dims = null, K extends boolean = false>(
    this: T,
    options?: VarianceOptions<R, K>,
  ): Less<T, R, K, Real<DTypeOf<T>>>
  std(this: Tensor): Tensor {
    const { dim: over, correction, keepdim } = STD.read(arguments)
    return one(ops.std, { axes: normalizeDims('std', over, this.shape), keepdim, correction }, this)
  }
  /** The p-norm of all elements, or over `dim`. Source: https://pytorch.org/docs/stable/generated/torch.norm.html */
  norm<T extends Tensor, const R extends Dims = null, K extends boolean = false>(
    this: T,
    options?: NormOptions<R, K>,
  ): Less<T, R, K, Real<DTypeOf<T>>>
  norm(this: Tensor): Tensor {
    const { dim: over, p, keepdim } = NORM.read(arguments)
    return one(ops.norm, { axes: normalizeDims('norm', over, this.shape), keepdim, p }, this)
  }
  /** log(sum(exp(x))) without overflow. */
  logsumexp<T extends Tensor, const R extends Dims, K extends boolean = false>(
    this: T,
    options: ReduceOptions<R, K> & { readonly dim: R },
  ): Less<T, R, K, Real<DTypeOf<T>>>
  logsumexp(this: Tensor): Tensor {
    const { dim: over, keepdim } = LOGSUMEXP.read(arguments)
    return one(ops.logsumexp, { axes: normalizeDims('logsumexp', over, this.shape), keepdim }, this)
  }
  /** Maximum; equal maxima share the gradient. */
  amax<T extends Tensor, const R extends Dims = null, K extends boolean = false>(
    this: T,
    options?: ReduceOptions<R, K>,
  ): Less<T, R, K>
  amax(this: Tensor): Tensor {
    return reduceOf(this, ops.amax, AMAX.read(arguments))
  }
  /** Minimum; equal minima share the gradient. */
  amin<T extends Tensor, const R extends Dims = null, K extends boolean = false>(
    this: T,
    options?: ReduceOptions<R, K>,
  ): Less<T, R, K>
  amin(this: Tensor): Tensor {
    return reduceOf(this, ops.amin, AMIN.read(arguments))
  }
  /** The least and the greatest element, of all or along `dim`. */
  aminmax<T extends Tensor, const R extends Dims = null, K extends boolean = false>(
    this: T,
    options?: ReduceOptions<R, K>,
  ): [Less<T, R, K>, Less<T, R, K>]
  aminmax(this: Tensor): [Tensor, Tensor] {
    const options = AMINMAX.read(arguments)
    return called('aminmax', () => [this.amin(options), this.amax(options)])
  }
  /** Whether any element is not 0. */
  any<T extends Tensor, const R extends Dims = null, K extends boolean = false>(
    this: T,
    options?: ReduceOptions<R, K>,
  ): Less<T, R, K, 'bool'>
  any(this: Tensor): Tensor {
    return reduceOf(this, ops.any, ANY.read(arguments))
  }
  /** Whether no element is 0. */
  all<T extends Tensor, const R extends Dims = null, K extends boolean = false>(
    this: T,
    options?: ReduceOptions<R, K>,
  ): Less<T, R, K, 'bool'>
  all(this: Tensor): Tensor {
    return reduceOf(this, ops.all, ALL.read(arguments))
  }
  /** How many elements are not 0; int32. */
  countNonzero<T extends Tensor, const R extends Dims = null>(
    this: T,
    options?: { readonly dim?: R | undefined },
  ): Less<T, R, false, 'int32'>
  countNonzero(this: Tensor): Tensor {
    return reduceOf(this, ops.countNonzero, { ...COUNT_NONZERO.read(arguments), keepdim: false })
  }

  /** Index of the first maximum along `dim`, or in the flattened tensor; int32. */
  argmax<T extends Tensor, R extends number | null = null, K extends boolean = false>(
    this: T,
    options?: ArgOptions<R, K>,
  ): Tensor<ArgReduced<ShapeOf<T>, R, K>, 'int32'>
  argmax(this: Tensor): Tensor {
    return argOf(this, ops.argmax, ARGMAX.read(arguments))
  }
  /** As argmax, of the minimum. */
  argmin<T extends Tensor, R extends number | null = null, K extends boolean = false>(
    this: T,
    options?: ArgOptions<R, K>,
  ): Tensor<ArgReduced<ShapeOf<T>, R, K>, 'int32'>
  argmin(this: Tensor): Tensor {
    return argOf(this, ops.argmin, ARGMIN.read(arguments))
  }

  /**
   * The maximum of all elements (ties share the gradient), of this and another tensor, or along `dim` with its first index
   * (the gradient goes to that element). Source: https://pytorch.org/docs/stable/generated/torch.max.html
   */
  max<T extends Tensor>(this: T): Tensor<readonly [], DTypeOf<T>>
  max<T extends Tensor, O extends Tensor>(this: T, other: O & Fits<'max', T, O>): Combined<T, O>
  max<T extends Tensor, R extends number, K extends boolean = false>(
    this: T,
    options: DimOptions<R, K>,
  ): ValuesAndIndices<Reduced<ShapeOf<T>, R, K>, DTypeOf<T>>
  max(this: Tensor, options?: Tensor | DimOptions): Tensor | ValuesAndIndices {
    if (options !== undefined && !tensor.accepts(options)) return alongDimOf(this, order.max, MAX_ALONG.read(arguments))
    MAX.read(arguments)
    return called('max', () => (options === undefined ? this.amax() : this.maximum(options as Tensor)))
  }
  /** The minimum of all elements, of this and another tensor, or along `dim` with its first index; otherwise as `max`. */
  min<T extends Tensor>(this: T): Tensor<readonly [], DTypeOf<T>>
  min<T extends Tensor, O extends Tensor>(this: T, other: O & Fits<'min', T, O>): Combined<T, O>
  min<T extends Tensor, R extends number, K extends boolean = false>(
    this: T,
    options: DimOptions<R, K>,
  ): ValuesAndIndices<Reduced<ShapeOf<T>, R, K>, DTypeOf<T>>
  min(this: Tensor, options?: Tensor | DimOptions): Tensor | ValuesAndIndices {
    if (options !== undefined && !tensor.accepts(options)) return alongDimOf(this, order.min, MIN_ALONG.read(arguments))
    MIN.read(arguments)
    return called('min', () => (options === undefined ? this.amin() : this.minimum(options as Tensor)))
  }
  /**
   * The lower of the two middle elements, of all (ties share the gradient) or along `dim` with its index (the gradient
   * goes to that element); NaN where there is one.
   * Source: https://pytorch.org/docs/stable/generated/torch.median.html
   */
  median<T extends Tensor>(this: T): Tensor<readonly [], DTypeOf<T>>
  median<T extends Tensor, R extends number, K extends boolean = false>(
    this: T,
    options: DimOptions<R, K>,
  ): ValuesAndIndices<Reduced<ShapeOf<T>, R, K>, DTypeOf<T>>
  median(this: Tensor, options?: DimOptions): Tensor | ValuesAndIndices {
    if (options === undefined && arguments.length < 2) return called('median', () => one(order.medianOfAll, NONE, this))
    return alongDimOf(this, order.median, MEDIAN_ALONG.read(arguments))
  }
  /** The k-th smallest element (from 1) along `dim` (-1), with its index. */
  kthvalue<T extends Tensor, R extends number = -1, K extends boolean = false>(
    this: T,
    k: number,
    options?: KthOptions<R, K>,
  ): ValuesAndIndices<Reduced<ShapeOf<T>, R, K>, DTypeOf<T>>
  kthvalue(this: Tensor, k: number): ValuesAndIndices {
    const { dim: along, keepdim } = KTHVALUE.read(arguments)
    return twoOf(this, order.kthvalue, { axis: axisOf(this, 'kthvalue', along), keepdim, k })
  }
  /** Sorted along `dim`, with the indices the elements had. Stable; NaN counts as greatest. */
  sort<T extends Tensor>(this: T, options?: SortOptions): ValuesAndIndices<ShapeOf<T>, DTypeOf<T>>
  sort(this: Tensor): ValuesAndIndices {
    return sortOf(this, 'sort', SORT.read(arguments))
  }
  /** The indices that sort. */
  argsort<T extends Tensor>(this: T, options?: SortOptions): Tensor<ShapeOf<T>, 'int32'>
  argsort(this: Tensor): Tensor {
    return sortOf(this, 'argsort', ARGSORT.read(arguments)).indices
  }
  /** The `k` largest (or smallest) elements along `dim` (-1), sorted, with their indices. */
  topk<T extends Tensor, K extends number, R extends number = -1>(
    this: T,
    k: K,
    options?: TopkOptions<R>,
  ): ValuesAndIndices<Resized<ShapeOf<T>, R, K>, DTypeOf<T>>
  topk(this: Tensor, k: number): ValuesAndIndices {
    const { dim: along, largest } = TOPK.read(arguments)
    const axis = axisOf(this, 'topk', along)
    const size = this.shape[axis] ?? 1
    if (k > size)
      throw new OptionError('topk', `k must be from 0 to ${size}, the size of dimension ${along} (got ${k})`)
    return twoOf(this, order.topk, { axis, k, largest })
  }

  /** Running sum along `dim`. */
  cumsum<T extends Tensor>(this: T, dim: number): Tensor<ShapeOf<T>, Sum<DTypeOf<T>>> {
    CUMSUM.read(arguments)
    return alongOf(this, ops.cumsum, dim)
  }
  /** Running product along `dim`. */
  cumprod<T extends Tensor>(this: T, dim: number): Tensor<ShapeOf<T>, Sum<DTypeOf<T>>> {
    CUMPROD.read(arguments)
    return alongOf(this, ops.cumprod, dim)
  }
  /** exp(x) / sum(exp(x)) along `dim`. */
  softmax<T extends Tensor>(this: T, dim: number): Tensor<ShapeOf<T>, Real<DTypeOf<T>>> {
    SOFTMAX.read(arguments)
    return alongOf(this, softmaxOp, dim)
  }
  /** log(softmax(x)) along `dim`. */
  logSoftmax<T extends Tensor>(this: T, dim: number): Tensor<ShapeOf<T>, Real<DTypeOf<T>>> {
    LOG_SOFTMAX.read(arguments)
    return alongOf(this, logSoftmaxOp, dim)
  }
  /** The p-norm of the difference. */
  dist(this: Tensor, other: Tensor, options?: DistOptions): Tensor<readonly []>
  dist(this: Tensor, other: Tensor): Tensor {
    const options = DIST.read(arguments)
    return called('dist', () => one(apart, NONE, this, other).norm(options))
  }
}

function reduceOf(self: Tensor, op: Op<ops.Reduce>, options: ValuesOf<typeof reduceOptions>): Tensor {
  return one(op, { axes: normalizeDims(op.name, options.dim, self.shape), keepdim: options.keepdim }, self)
}

function axisOf(self: Tensor, operation: string, dim: number): number {
  return normalizeDim(operation, dim, self.shape.length)
}

function twoOf<A extends Attrs>(self: Tensor, op: Op<A>, attrs: A, operation = op.name): ValuesAndIndices {
  return called(operation, () => {
    const [values, indices] = apply(op, attrs, [self])
    return { values: values as Tensor, indices: indices as Tensor<AnyShape, 'int32'> }
  })
}

function argOf(self: Tensor, op: Op<ops.Reduce>, options: ValuesOf<typeof argOptions>): Tensor {
  const axis = options.dim === null ? 0 : axisOf(self, op.name, options.dim)
  if (options.dim === null || self.shape.length === 0)
    return one(op, { axes: [axis], keepdim: false }, self.reshape([-1]))
  return one(op, { axes: [axis], keepdim: options.keepdim }, self)
}

function sortOf(self: Tensor, operation: string, options: ValuesOf<typeof sortOptions>): ValuesAndIndices {
  return twoOf(
    self,
    order.sort,
    { axis: axisOf(self, operation, options.dim), descending: options.descending },
    operation,
  )
}

function alongDimOf(self: Tensor, op: typeof order.max, options: ValuesOf<typeof dimOptions>): ValuesAndIndices {
  return twoOf(self, op, { axis: axisOf(self, op.name, options.dim), keepdim: options.keepdim })
}

/** An operation along one dimension; a 0-d tensor is a vector to it. */
function alongOf<R>(self: Tensor, op: Op<ops.AlongAxis>, dim: number): R {
  const axis = axisOf(self, op.name, dim)
  return self.shape.length === 0
    ? (one(op, { axis }, self.reshape([1])).reshape([]) as Tensor as R)
    : one(op, { axis }, self)
}
