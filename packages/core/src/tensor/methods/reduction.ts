/** Reductions, extremes and running sums. */
import { apply } from '../door.ts'
import { one } from '../one.ts'
import { NONE, type Attrs, type Op } from '../op.ts'
import { normalizeDim, normalizeDims } from '../ops/axes.ts'
import * as order from '../ops/order.ts'
import * as ops from '../ops/reduction.ts'
import { logSoftmaxOp, softmaxOp } from '../ops/softmax.ts'
import { Handle } from '../handle.ts'
import type { Tensor } from '../tensor.ts'
import { Arithmetic } from './arithmetic.ts'

/** `dim`: one dimension, several, or all (the default). `keepdim`: they stay with size 1; default false. */
export interface ReduceOptions {
  readonly dim?: number | readonly number[] | null
  readonly keepdim?: boolean
}
export interface VarianceOptions extends ReduceOptions {
  /** What is subtracted from the count: 1 (the default) for a sample, 0 for a population. */
  readonly correction?: number
}
export interface NormOptions extends ReduceOptions {
  /** Order; default 2. Infinity gives the largest absolute value. */
  readonly p?: number
}
/** One dimension, and whether it stays with size 1; default false. */
export interface DimOptions {
  readonly dim: number
  readonly keepdim?: boolean
}
export interface SortOptions {
  /** Default -1. */
  readonly dim?: number
  /** Default false. */
  readonly descending?: boolean
}
export interface ValuesAndIndices {
  readonly values: Tensor
  /** int32 */
  readonly indices: Tensor
}
type ArgOptions = Partial<Omit<DimOptions, 'dim'>> & { readonly dim?: number | null }

export class Reduction extends Arithmetic {
  /** Sum of all elements, or over `dim`. bool and integers give int32. */
  sum(options: ReduceOptions = {}): Tensor {
    return reduceOf(this, ops.sum, options)
  }
  prod(options: ReduceOptions = {}): Tensor {
    return reduceOf(this, ops.prod, options)
  }
  /** Mean of all elements, or over `dim`; of nothing it is NaN. */
  mean(options: ReduceOptions = {}): Tensor {
    return reduceOf(this, ops.mean, options)
  }
  /** Sum with NaN counted as 0. */
  nansum(options: ReduceOptions = {}): Tensor {
    return reduceOf(this, ops.nansum, options)
  }
  /** Mean of what is not NaN. */
  nanmean(options: ReduceOptions = {}): Tensor {
    return reduceOf(this, ops.nanmean, options)
  }
  /** Variance; with the default correction of 1 over n - 1. */
  var({ dim, keepdim = false, correction = 1 }: VarianceOptions = {}): Tensor {
    return one(ops.spread, { axes: normalizeDims('var', dim, this.shape), keepdim, correction }, this)
  }
  /** Standard deviation, the root of the variance. */
  std({ dim, keepdim = false, correction = 1 }: VarianceOptions = {}): Tensor {
    return one(ops.std, { axes: normalizeDims('std', dim, this.shape), keepdim, correction }, this)
  }
  /** The p-norm of all elements, or over `dim`. Source: https://pytorch.org/docs/stable/generated/torch.norm.html */
  norm({ p = 2, dim, keepdim = false }: NormOptions = {}): Tensor {
    return one(ops.norm, { axes: normalizeDims('norm', dim, this.shape), keepdim, p }, this)
  }
  /** log(sum(exp(x))) without overflow. */
  logsumexp({ dim, keepdim = false }: ReduceOptions & { readonly dim: number | readonly number[] }): Tensor {
    return one(ops.logsumexp, { axes: normalizeDims('logsumexp', dim, this.shape), keepdim }, this)
  }
  /** Maximum; equal maxima share the gradient. */
  amax(options: ReduceOptions = {}): Tensor {
    return reduceOf(this, ops.amax, options)
  }
  amin(options: ReduceOptions = {}): Tensor {
    return reduceOf(this, ops.amin, options)
  }
  /** [minimum, maximum]. */
  aminmax(options: ReduceOptions = {}): [Tensor, Tensor] {
    return [this.amin(options), this.amax(options)]
  }
  any(options: ReduceOptions = {}): Tensor {
    return reduceOf(this, ops.any, options)
  }
  all(options: ReduceOptions = {}): Tensor {
    return reduceOf(this, ops.all, options)
  }
  /** How many elements are not 0; int32. */
  countNonzero({ dim }: Pick<ReduceOptions, 'dim'> = {}): Tensor {
    return reduceOf(this, ops.countNonzero, { dim: dim ?? null })
  }

  /** Index of the first maximum along `dim`, or in the flattened tensor; int32. */
  argmax(options: ArgOptions = {}): Tensor {
    return argOf(this, ops.argmax, options)
  }
  argmin(options: ArgOptions = {}): Tensor {
    return argOf(this, ops.argmin, options)
  }

  /**
   * The maximum of all elements (ties share the gradient), of this and another tensor, or along `dim` with its first index
   * (the gradient goes to that element). Source: https://pytorch.org/docs/stable/generated/torch.max.html
   */
  max(): Tensor
  max(other: Tensor): Tensor
  max(options: DimOptions): ValuesAndIndices
  max(options?: Tensor | DimOptions): Tensor | ValuesAndIndices {
    return extremeOf(this, ops.amax, order.max, options)
  }
  /** As max, with minima. */
  min(): Tensor
  min(other: Tensor): Tensor
  min(options: DimOptions): ValuesAndIndices
  min(options?: Tensor | DimOptions): Tensor | ValuesAndIndices {
    return extremeOf(this, ops.amin, order.min, options)
  }
  /**
   * The lower of the two middle elements, of all (ties share the gradient) or along `dim` with its index (the gradient
   * goes to that element); NaN where there is one.
   * Source: https://pytorch.org/docs/stable/generated/torch.median.html
   */
  median(): Tensor
  median(options: DimOptions): ValuesAndIndices
  median(options?: DimOptions): Tensor | ValuesAndIndices {
    if (options === undefined) return one(order.medianOfAll, NONE, this as unknown as Tensor)
    return twoOf(this, order.median, { axis: axisOf(this, 'median', options.dim), keepdim: options.keepdim ?? false })
  }
  /** The k-th smallest element (from 1) along `dim` (-1), with its index. */
  kthvalue(k: number, { dim = -1, keepdim = false }: Partial<DimOptions> = {}): ValuesAndIndices {
    return twoOf(this, order.kthvalue, { axis: axisOf(this, 'kthvalue', dim), keepdim, k })
  }
  /** Sorted along `dim`, with the indices the elements had. Stable; NaN counts as greatest. */
  sort({ dim = -1, descending = false }: SortOptions = {}): ValuesAndIndices {
    return twoOf(this, order.sort, { axis: axisOf(this, 'sort', dim), descending })
  }
  /** The indices that sort. */
  argsort(options: SortOptions = {}): Tensor {
    return this.sort(options).indices
  }
  /** The `k` largest (or smallest) elements along `dim` (-1), sorted, with their indices. */
  topk(
    k: number,
    { dim = -1, largest = true }: { readonly dim?: number; readonly largest?: boolean } = {},
  ): ValuesAndIndices {
    return twoOf(this, order.topk, { axis: axisOf(this, 'topk', dim), k, largest })
  }

  /** Running sum along `dim`. */
  cumsum(dim: number): Tensor {
    return alongOf(this, ops.cumsum, dim)
  }
  /** Running product along `dim`. */
  cumprod(dim: number): Tensor {
    return alongOf(this, ops.cumprod, dim)
  }
  /** exp(x) / sum(exp(x)) along `dim`. */
  softmax(dim: number): Tensor {
    return alongOf(this, softmaxOp, dim)
  }
  /** log(softmax(x)) along `dim`. */
  logSoftmax(dim: number): Tensor {
    return alongOf(this, logSoftmaxOp, dim)
  }
  /** The p-norm of the difference. */
  dist(other: Tensor, { p = 2 }: { readonly p?: number } = {}): Tensor {
    return this.sub(other).norm({ p })
  }
}

function reduceOf(self: Reduction, op: Op<ops.Reduce>, { dim, keepdim = false }: ReduceOptions): Tensor {
  return one(op, { axes: normalizeDims(op.name, dim, self.shape), keepdim }, self)
}

function axisOf(self: Reduction, operation: string, dim: number): number {
  return normalizeDim(operation, dim, self.shape.length)
}

function twoOf<A extends Attrs>(self: Reduction, op: Op<A>, attrs: A): ValuesAndIndices {
  const [values, indices] = apply(op, attrs, [self]) as Tensor[]
  return { values: values!, indices: indices! }
}

function argOf(self: Reduction, op: Op<ops.Reduce>, { dim, keepdim = false }: ArgOptions): Tensor {
  const axis = dim == null ? 0 : axisOf(self, op.name, dim)
  if (dim == null || self.shape.length === 0)
    return one(op, { axes: [axis], keepdim: false }, (self as unknown as Tensor).flatten())
  return one(op, { axes: [axis], keepdim }, self)
}

function extremeOf(
  self: Reduction,
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
function alongOf(self: Reduction, op: Op<ops.Axis>, dim: number): Tensor {
  const axis = axisOf(self, op.name, dim)
  return self.shape.length === 0
    ? one(op, { axis }, (self as unknown as Tensor).reshape([1])).reshape([])
    : one(op, { axis }, self)
}
