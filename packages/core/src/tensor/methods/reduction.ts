/** Reductions. */
import { one } from '../one.ts'
import { normalizeDim, normalizeDims } from '../ops/axes.ts'
import * as ops from '../ops/reduction.ts'
import type { Op } from '../op.ts'
import type { Tensor } from '../tensor.ts'
import { Arithmetic } from './arithmetic.ts'

/** `dim`: one dimension, several, or all (the default). `keepdim`: they stay with size 1; default false. */
export interface ReduceOptions {
  readonly dim?: number | readonly number[] | null
  readonly keepdim?: boolean
}

export class Reduction extends Arithmetic {
  #reduce(op: Op<ops.Reduce>, { dim, keepdim = false }: ReduceOptions): Tensor {
    return one(op, { axes: normalizeDims(op.name, dim, this.shape), keepdim }, this)
  }
  /** Sum of all elements, or over `dim`. bool and integers give int32. */
  sum(options: ReduceOptions = {}): Tensor {
    return this.#reduce(ops.sum, options)
  }
  prod(options: ReduceOptions = {}): Tensor {
    return this.#reduce(ops.prod, options)
  }
  /** Mean of all elements, or over `dim`; of nothing it is NaN. */
  mean(options: ReduceOptions = {}): Tensor {
    return this.#reduce(ops.mean, options)
  }
  /** Maximum; equal maxima share the gradient. */
  amax(options: ReduceOptions = {}): Tensor {
    return this.#reduce(ops.amax, options)
  }
  amin(options: ReduceOptions = {}): Tensor {
    return this.#reduce(ops.amin, options)
  }
  any(options: ReduceOptions = {}): Tensor {
    return this.#reduce(ops.any, options)
  }
  all(options: ReduceOptions = {}): Tensor {
    return this.#reduce(ops.all, options)
  }
  #arg(op: Op<ops.Reduce>, { dim, keepdim = false }: { dim?: number | null; keepdim?: boolean }): Tensor {
    if (dim != null) return one(op, { axes: [normalizeDim(op.name, dim, this.shape.length)], keepdim }, this.shape.length === 0 ? (this as unknown as Tensor).reshape([1]) : this)
    return one(op, { axes: [0], keepdim: false }, (this as unknown as Tensor).flatten())
  }
  /** Index of the first maximum along `dim`, or in the flattened tensor; int32. */
  argmax(options: { dim?: number | null; keepdim?: boolean } = {}): Tensor {
    return this.#arg(ops.argmax, options)
  }
  argmin(options: { dim?: number | null; keepdim?: boolean } = {}): Tensor {
    return this.#arg(ops.argmin, options)
  }
}
