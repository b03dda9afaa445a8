/** Reductions, extremes and running sums. */
import type { DType, Shape } from '../../backend/contract.ts'
import { apply } from '../door.ts'
import { one } from '../one.ts'
import { NONE, type Attrs, type Op } from '../op.ts'
import { normalizeDim, normalizeDims } from '../ops/axes.ts'
import { apart } from '../ops/combination.ts'
import * as order from '../ops/order.ts'
import * as ops from '../ops/reduction.ts'
import { logSoftmaxOp, softmaxOp } from '../ops/softmax.ts'
import { Handle } from '../handle.ts'
import type { Dims, Reduced, Resized } from '../static-axis.ts'
import type { Real, Sum } from '../static-dtype.ts'
import type { Tensor } from '../tensor.ts'
import { Arithmetic, type Combined, type Fits } from './arithmetic.ts'

export interface ReduceOptions<R extends Dims = Dims, K extends boolean = boolean> {
  /** One dimension, several, or null for all; default null. */
  readonly dim?: R
  /** Whether they stay, with size 1; default false. */
  readonly keepdim?: K
}
export interface VarianceOptions<R extends Dims = Dims, K extends boolean = boolean> extends ReduceOptions<R, K> {
  /** What is subtracted from the count: 1 (the default) for a sample, 0 for a population. */
  readonly correction?: number
}
export interface NormOptions<R extends Dims = Dims, K extends boolean = boolean> extends ReduceOptions<R, K> {
  /** Order; default 2. Infinity gives the largest absolute value. */
  readonly p?: number
}
export interface DimOptions<R extends number = number, K extends boolean = boolean> {
  readonly dim: R
  /** Whether it stays, with size 1; default false. */
  readonly keepdim?: K
}
export interface SortOptions {
  /** Default -1. */
  readonly dim?: number
  /** Default false. */
  readonly descending?: boolean
}
export interface TopkOptions<R extends number = number> {
  /** Default -1. */
  readonly dim?: R
  /** Whether the largest elements are taken, or the smallest; default true. */
  readonly largest?: boolean
}
export interface ValuesAndIndices<S extends Shape = Shape, D extends DType = DType> {
  readonly values: Tensor<S, D>
  readonly indices: Tensor<S, 'int32'>
}
export interface ArgOptions<R extends number | null = number | null, K extends boolean = boolean> {
  /** Null is the flattened tensor; default null. */
  readonly dim?: R
  /** Whether the dimension stays, with size 1; default false. */
  readonly keepdim?: K
}
/** The tensor without the dimensions that a reduction took. */
type Less<T extends Tensor, R extends Dims, K extends boolean, D extends DType = T['dtype']> = Tensor<
  Reduced<T['shape'], R, K>,
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
    options: ReduceOptions<R, K> = {},
  ): Less<T, R, K, Sum<T['dtype']>> {
    return reduceOf(this, ops.sum, options)
  }
  prod<T extends Tensor, const R extends Dims = null, K extends boolean = false>(
    this: T,
    options: ReduceOptions<R, K> = {},
  ): Less<T, R, K, Sum<T['dtype']>> {
    return reduceOf(this, ops.prod, options)
  }
  /** Mean of all elements, or over `dim`; of nothing it is NaN. */
  mean<T extends Tensor, const R extends Dims = null, K extends boolean = false>(
    this: T,
    options: ReduceOptions<R, K> = {},
  ): Less<T, R, K, Real<T['dtype']>> {
    return reduceOf(this, ops.mean, options)
  }
  /** Sum with NaN counted as 0. */
  nansum<T extends Tensor, const R extends Dims = null, K extends boolean = false>(
    this: T,
    options: ReduceOptions<R, K> = {},
  ): Less<T, R, K, Sum<T['dtype']>> {
    return reduceOf(this, ops.nansum, options)
  }
  /** Mean of what is not NaN. */
  nanmean<T extends Tensor, const R extends Dims = null, K extends boolean = false>(
    this: T,
    options: ReduceOptions<R, K> = {},
  ): Less<T, R, K, Real<T['dtype']>> {
    return reduceOf(this, ops.nanmean, options)
  }
  /** Variance; with the default correction of 1 over n - 1. */
  var<T extends Tensor, const R extends Dims = null, K extends boolean = false>(
    this: T,
    { dim, keepdim = false as K, correction = 1 }: VarianceOptions<R, K> = {},
  ): Less<T, R, K, Real<T['dtype']>> {
    return one(ops.spread, { axes: normalizeDims('var', dim, this.shape), keepdim, correction }, this)
  }
  /** Standard deviation, the root of the variance. */
  std<T extends Tensor, const R extends Dims = null, K extends boolean = false>(
    this: T,
    { dim, keepdim = false as K, correction = 1 }: VarianceOptions<R, K> = {},
  ): Less<T, R, K, Real<T['dtype']>> {
    return one(ops.std, { axes: normalizeDims('std', dim, this.shape), keepdim, correction }, this)
  }
  /** The p-norm of all elements, or over `dim`. Source: https://pytorch.org/docs/stable/generated/torch.norm.html */
  norm<T extends Tensor, const R extends Dims = null, K extends boolean = false>(
    this: T,
    { p = 2, dim, keepdim = false as K }: NormOptions<R, K> = {},
  ): Less<T, R, K, Real<T['dtype']>> {
    return one(ops.norm, { axes: normalizeDims('norm', dim, this.shape), keepdim, p }, this)
  }
  /** log(sum(exp(x))) without overflow. */
  logsumexp<T extends Tensor, const R extends number | readonly number[], K extends boolean = false>(
    this: T,
    { dim, keepdim = false as K }: ReduceOptions<R, K> & { readonly dim: R },
  ): Less<T, R, K, Real<T['dtype']>> {
    return one(ops.logsumexp, { axes: normalizeDims('logsumexp', dim, this.shape), keepdim }, this)
  }
  /** Maximum; equal maxima share the gradient. */
  amax<T extends Tensor, const R extends Dims = null, K extends boolean = false>(
    this: T,
    options: ReduceOptions<R, K> = {},
  ): Less<T, R, K> {
    return reduceOf(this, ops.amax, options)
  }
  amin<T extends Tensor, const R extends Dims = null, K extends boolean = false>(
    this: T,
    options: ReduceOptions<R, K> = {},
  ): Less<T, R, K> {
    return reduceOf(this, ops.amin, options)
  }
  /** [minimum, maximum]. */
  aminmax<T extends Tensor, const R extends Dims = null, K extends boolean = false>(
    this: T,
    options?: ReduceOptions<R, K>,
  ): [Less<T, R, K>, Less<T, R, K>]
  aminmax(this: Tensor, options: ReduceOptions = {}): [Tensor, Tensor] {
    return [this.amin(options), this.amax(options)]
  }
  any<T extends Tensor, const R extends Dims = null, K extends boolean = false>(
    this: T,
    options: ReduceOptions<R, K> = {},
  ): Less<T, R, K, 'bool'> {
    return reduceOf(this, ops.any, options)
  }
  all<T extends Tensor, const R extends Dims = null, K extends boolean = false>(
    this: T,
    options: ReduceOptions<R, K> = {},
  ): Less<T, R, K, 'bool'> {
    return reduceOf(this, ops.all, options)
  }
  /** How many elements are not 0; int32. */
  countNonzero<T extends Tensor, const R extends Dims = null>(
    this: T,
    { dim }: Pick<ReduceOptions<R>, 'dim'> = {},
  ): Less<T, R, false, 'int32'> {
    return reduceOf(this, ops.countNonzero, { dim: dim ?? null })
  }

  /** Index of the first maximum along `dim`, or in the flattened tensor; int32. */
  argmax<T extends Tensor, R extends number | null = null, K extends boolean = false>(
    this: T,
    options: ArgOptions<R, K> = {},
  ): Tensor<ArgReduced<T['shape'], R, K>, 'int32'> {
    return argOf(this, ops.argmax, options)
  }
  argmin<T extends Tensor, R extends number | null = null, K extends boolean = false>(
    this: T,
    options: ArgOptions<R, K> = {},
  ): Tensor<ArgReduced<T['shape'], R, K>, 'int32'> {
    return argOf(this, ops.argmin, options)
  }

  /**
   * The maximum of all elements (ties share the gradient), of this and another tensor, or along `dim` with its first index
   * (the gradient goes to that element). Source: https://pytorch.org/docs/stable/generated/torch.max.html
   */
  max<T extends Tensor>(this: T): Tensor<readonly [], T['dtype']>
  max<T extends Tensor, O extends Tensor>(this: T, other: O & Fits<'max', T, O>): Combined<T, O>
  max<T extends Tensor, R extends number, K extends boolean = false>(
    this: T,
    options: DimOptions<R, K>,
  ): ValuesAndIndices<Reduced<T['shape'], R, K>, T['dtype']>
  max(this: Tensor, options?: Tensor | DimOptions): Tensor | ValuesAndIndices {
    return extremeOf(this, ops.amax, order.max, options)
  }
  /** As max, with minima. */
  min<T extends Tensor>(this: T): Tensor<readonly [], T['dtype']>
  min<T extends Tensor, O extends Tensor>(this: T, other: O & Fits<'min', T, O>): Combined<T, O>
  min<T extends Tensor, R extends number, K extends boolean = false>(
    this: T,
    options: DimOptions<R, K>,
  ): ValuesAndIndices<Reduced<T['shape'], R, K>, T['dtype']>
  min(this: Tensor, options?: Tensor | DimOptions): Tensor | ValuesAndIndices {
    return extremeOf(this, ops.amin, order.min, options)
  }
  /**
   * The lower of the two middle elements, of all (ties share the gradient) or along `dim` with its index (the gradient
   * goes to that element); NaN where there is one.
   * Source: https://pytorch.org/docs/stable/generated/torch.median.html
   */
  median<T extends Tensor>(this: T): Tensor<readonly [], T['dtype']>
  median<T extends Tensor, R extends number, K extends boolean = false>(
    this: T,
    options: DimOptions<R, K>,
  ): ValuesAndIndices<Reduced<T['shape'], R, K>, T['dtype']>
  median(this: Tensor, options?: DimOptions): Tensor | ValuesAndIndices {
    if (options === undefined) return one(order.medianOfAll, NONE, this)
    return twoOf(this, order.median, { axis: axisOf(this, 'median', options.dim), keepdim: options.keepdim ?? false })
  }
  /** The k-th smallest element (from 1) along `dim` (-1), with its index. */
  kthvalue<T extends Tensor, R extends number = -1, K extends boolean = false>(
    this: T,
    k: number,
    { dim = -1 as R, keepdim = false as K }: Partial<DimOptions<R, K>> = {},
  ): ValuesAndIndices<Reduced<T['shape'], R, K>, T['dtype']> {
    return twoOf(this, order.kthvalue, { axis: axisOf(this, 'kthvalue', dim), keepdim, k })
  }
  /** Sorted along `dim`, with the indices the elements had. Stable; NaN counts as greatest. */
  sort<T extends Tensor>(
    this: T,
    { dim = -1, descending = false }: SortOptions = {},
  ): ValuesAndIndices<T['shape'], T['dtype']> {
    return twoOf(this, order.sort, { axis: axisOf(this, 'sort', dim), descending })
  }
  /** The indices that sort. */
  argsort<T extends Tensor>(this: T, options: SortOptions = {}): Tensor<T['shape'], 'int32'> {
    return this.sort(options).indices
  }
  /** The `k` largest (or smallest) elements along `dim` (-1), sorted, with their indices. */
  topk<T extends Tensor, K extends number, R extends number = -1>(
    this: T,
    k: K,
    { dim = -1 as R, largest = true }: TopkOptions<R> = {},
  ): ValuesAndIndices<Resized<T['shape'], R, K>, T['dtype']> {
    return twoOf(this, order.topk, { axis: axisOf(this, 'topk', dim), k, largest })
  }

  /** Running sum along `dim`. */
  cumsum<T extends Tensor>(this: T, dim: number): Tensor<T['shape'], Sum<T['dtype']>> {
    return alongOf(this, ops.cumsum, dim)
  }
  /** Running product along `dim`. */
  cumprod<T extends Tensor>(this: T, dim: number): Tensor<T['shape'], Sum<T['dtype']>> {
    return alongOf(this, ops.cumprod, dim)
  }
  /** exp(x) / sum(exp(x)) along `dim`. */
  softmax<T extends Tensor>(this: T, dim: number): Tensor<T['shape'], Real<T['dtype']>> {
    return alongOf(this, softmaxOp, dim)
  }
  /** log(softmax(x)) along `dim`. */
  logSoftmax<T extends Tensor>(this: T, dim: number): Tensor<T['shape'], Real<T['dtype']>> {
    return alongOf(this, logSoftmaxOp, dim)
  }
  /** The p-norm of the difference. */
  dist(this: Tensor, other: Tensor, { p = 2 }: Pick<NormOptions, 'p'> = {}): Tensor<readonly []> {
    const difference: Tensor = one(apart, NONE, this, other)
    return difference.norm({ p })
  }
}

function reduceOf<R>(self: Tensor, op: Op<ops.Reduce>, { dim, keepdim = false }: ReduceOptions): R {
  return one(op, { axes: normalizeDims(op.name, dim, self.shape), keepdim }, self)
}

function axisOf(self: Tensor, operation: string, dim: number): number {
  return normalizeDim(operation, dim, self.shape.length)
}

function twoOf<A extends Attrs, S extends Shape, D extends DType>(
  self: Tensor,
  op: Op<A>,
  attrs: A,
): ValuesAndIndices<S, D> {
  const [values, indices] = apply(op, attrs, [self])
  return { values: values as Tensor<S, D>, indices: indices as Tensor<S, 'int32'> }
}

function argOf<R>(self: Tensor, op: Op<ops.Reduce>, { dim, keepdim = false }: ArgOptions): R {
  const axis = dim == null ? 0 : axisOf(self, op.name, dim)
  if (dim == null || self.shape.length === 0) return one(op, { axes: [axis], keepdim: false }, self.flatten())
  return one(op, { axes: [axis], keepdim }, self)
}

function extremeOf(
  self: Tensor,
  all: Op<ops.Reduce>,
  along: typeof order.max,
  options: Tensor | DimOptions | undefined,
): Tensor | ValuesAndIndices {
  if (options === undefined) return reduceOf(self, all, {})
  if (options instanceof Handle) return all === ops.amax ? self.maximum(options) : self.minimum(options)
  const { dim, keepdim = false } = options
  return twoOf(self, along, { axis: axisOf(self, along.name, dim), keepdim })
}

/** An operation along one dimension; a 0-d tensor is a vector to it. */
function alongOf<R>(self: Tensor, op: Op<ops.Axis>, dim: number): R {
  const axis = axisOf(self, op.name, dim)
  return self.shape.length === 0
    ? (one(op, { axis }, self.reshape([1])).reshape([]) as Tensor as R)
    : one(op, { axis }, self)
}
