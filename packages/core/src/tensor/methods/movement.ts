/** Views and moves. A view shares its elements with its base: what is assigned to one is seen by the other. */
import type { Shape } from '../../backend/contract.ts'
import { numel } from '../../backend/dtype.ts'
import { OptionError, ShapeError } from '../../backend/errors.ts'
import { one } from '../one.ts'
import { NONE, type Attrs } from '../op.ts'
import { normalizeDim, normalizeDims } from '../ops/axes.ts'
import * as ops from '../ops/movement.ts'
import { matmul } from '../ops/product.ts'
import type { Tensor } from '../tensor.ts'
import { Reduction } from './reduction.ts'

export class Movement extends Reduction {
  #view<A extends Attrs>(op: ops.ViewOp<A>, attrs: A): Tensor {
    return ops.viewOf(op, attrs, this) as Tensor
  }
  /** The same elements in another shape; one size may be -1 and follows from the rest. */
  reshape(shape: Shape): Tensor {
    const total = numel(this.shape)
    const open = shape.indexOf(-1)
    if (open < 0) {
      if (numel(shape) !== total) throw new ShapeError('reshape', [this.shape, shape], 'the number of elements must stay')
      return this.#view(ops.reshape, { shape })
    }
    const rest = numel(shape.filter((_, axis) => axis !== open))
    if (rest === 0 || total % rest !== 0 || shape.lastIndexOf(-1) !== open)
      throw new ShapeError('reshape', [this.shape, shape], 'the size of -1 does not follow from the number of elements')
    return this.#view(ops.reshape, { shape: shape.with(open, total / rest) })
  }
  /** As reshape; values are always contiguous here. */
  view(shape: Shape): Tensor {
    return this.reshape(shape)
  }
  flatten({ startDim = 0, endDim = -1 }: { startDim?: number; endDim?: number } = {}): Tensor {
    const rank = this.shape.length
    const [start, end] = [normalizeDim('flatten', startDim, rank), normalizeDim('flatten', endDim, rank)]
    if (start > end) throw new OptionError('flatten', `startDim ${startDim} comes after endDim ${endDim}`)
    return this.reshape([...this.shape.slice(0, start), numel(this.shape.slice(start, end + 1)), ...this.shape.slice(end + 1)])
  }
  unsqueeze(dim: number): Tensor {
    return this.reshape(this.shape.toSpliced(normalizeDim('unsqueeze', dim, this.shape.length + 1), 0, 1))
  }
  /** Removes dimensions of size 1: all, or those named. */
  squeeze(dim?: number | readonly number[]): Tensor {
    const axes = normalizeDims('squeeze', dim, this.shape)
    return this.reshape(this.shape.filter((size, axis) => size !== 1 || !axes.includes(axis)))
  }
  permute(...dims: number[]): Tensor {
    const rank = this.shape.length
    const order = dims.map((dim) => normalizeDim('permute', dim, rank))
    if (order.length !== rank || new Set(order).size !== rank)
      throw new OptionError('permute', `[${dims.join(',')}] is no permutation of ${rank} dimensions`)
    return this.#view(ops.permute, { order })
  }
  /** Swaps two dimensions; the last two by default. */
  transpose(dim0 = -2, dim1 = -1): Tensor {
    const rank = this.shape.length
    const [a, b] = [normalizeDim('transpose', dim0, rank), normalizeDim('transpose', dim1, rank)]
    const order = this.shape.map((_, axis) => (axis === a ? b : axis === b ? a : axis))
    return this.#view(ops.permute, { order })
  }
  /** The transpose of a matrix; vectors and 0-d tensors stay. */
  t(): Tensor {
    if (this.shape.length > 2) throw new ShapeError('t', [this.shape], 'needs at most 2 dimensions; use transpose')
    return this.shape.length < 2 ? this.#view(ops.reshape, { shape: this.shape }) : this.transpose()
  }
  /** Repeats axes of size 1 without copying; -1 keeps a size. */
  expand(shape: Shape): Tensor {
    const lead = shape.length - this.shape.length
    return this.#view(ops.expand, { shape: shape.map((size, axis) => (size === -1 ? (this.shape[axis - lead] ?? -1) : size)) })
  }
  flip(...dims: number[]): Tensor {
    return one(ops.flip, { axes: normalizeDims('flip', dims, this.shape) }, this)
  }
  /** `length` elements of `dim` from `start`. */
  narrow(dim: number, start: number, length: number): Tensor {
    const axis = normalizeDim('narrow', dim, this.shape.length)
    const size = this.shape[axis]!
    const from = start < 0 ? start + size : start
    if (!(from >= 0 && length >= 0 && from + length <= size))
      throw new OptionError('narrow', `${start} and length ${length} do not fit dimension ${dim} of size ${size}`)
    return this.#view(ops.slice, {
      start: this.shape.map((_, i) => (i === axis ? from : 0)),
      stop: this.shape.map((whole, i) => (i === axis ? from + length : whole)),
      step: this.shape.map(() => 1),
    })
  }
  /** One element of `dim`, which disappears. */
  select(dim: number, index: number): Tensor {
    const axis = normalizeDim('select', dim, this.shape.length)
    const size = this.shape[axis] ?? 0
    if (!(index >= -size && index < size)) throw new OptionError('select', `index ${index} is out of range for dimension ${dim} of size ${size}`)
    return this.narrow(axis, index < 0 ? index + size : index, 1).reshape(this.shape.toSpliced(axis, 1))
  }
  /** Matrix product; vectors, batches and broadcasting as PyTorch's `matmul`. */
  matmul(other: Tensor): Tensor {
    return one(matmul, NONE, this, other)
  }
}
