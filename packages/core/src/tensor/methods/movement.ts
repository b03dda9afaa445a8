/** Views and moves. A view shares its elements with its base: what is assigned to one is seen by the other. */
import type { Shape } from '../../backend/contract.ts'
import { numel } from '../../backend/dtype.ts'
import { OptionError, ShapeError } from '../../backend/errors.ts'
import { one } from '../one.ts'
import type { Attrs } from '../op.ts'
import * as copies from '../ops/arrangement.ts'
import { normalizeDim, normalizeDims } from '../ops/axes.ts'
import * as ops from '../ops/movement.ts'
import type {
  Dims,
  Flattened,
  Inserted,
  MatrixTransposed,
  Permuted,
  Removed,
  Reshaped,
  Resized,
  Squeezed,
  Transposed,
} from '../static-axis.ts'
import type { Sum } from '../static-dtype.ts'
import type { Tensor } from '../tensor.ts'
import type { Unchanged } from './arithmetic.ts'
import { Reduction } from './reduction.ts'

export interface AlongOptions<R extends number = number> {
  /** Default 0. */
  readonly dim?: R
}
export interface FlattenOptions<R extends number = number, E extends number = number> {
  /** The first dimension that goes; default 0. */
  readonly startDim?: R
  /** The last one; default -1. */
  readonly endDim?: E
}
export interface DiagonalOptions {
  /** Above (positive) or below (negative) the main diagonal; default 0. */
  readonly offset?: number
  /** Default -2. */
  readonly dim1?: number
  /** Default -1. */
  readonly dim2?: number
}
export interface TriangleOptions {
  /** The last diagonal that stays: 0 (the default) is the main one, positive ones are above it. */
  readonly diagonal?: number
}

export interface RepeatOptions {
  /** Null is the flattened tensor; default null. */
  readonly dim?: number | null
}

const list = (value: number | readonly number[]): readonly number[] => (typeof value === 'number' ? [value] : value)

export class Movement extends Reduction {
  // ---- Views ---------------------------------------------------------------------------------------------------------

  /** The same elements in another shape; one size may be -1 and follows from the rest. */
  reshape<T extends Tensor, const N extends Shape>(this: T, shape: N): Tensor<Reshaped<N>, T['dtype']> {
    const total = this.type.size
    const open = shape.indexOf(-1)
    if (open < 0) {
      if (numel(shape) !== total)
        throw new ShapeError('reshape', [this.shape, shape], 'the number of elements must stay')
      return viewOf(this, ops.reshape, { shape })
    }
    const rest = numel(shape.filter((_, axis) => axis !== open))
    if (rest === 0 || total % rest !== 0 || shape.lastIndexOf(-1) !== open)
      throw new ShapeError('reshape', [this.shape, shape], 'the size of -1 does not follow from the number of elements')
    return viewOf(this, ops.reshape, { shape: shape.with(open, total / rest) })
  }
  /** As reshape; values are always contiguous here. */
  view<T extends Tensor, const N extends Shape>(this: T, shape: N): Tensor<Reshaped<N>, T['dtype']> {
    return this.reshape(shape)
  }
  /** In the shape of another tensor. */
  viewAs<T extends Tensor, O extends Tensor>(this: T, other: O): Tensor<O['shape'], T['dtype']> {
    return this.reshape(other.shape)
  }
  reshapeAs<T extends Tensor, O extends Tensor>(this: T, other: O): Tensor<O['shape'], T['dtype']> {
    return this.reshape(other.shape)
  }
  flatten<T extends Tensor, R extends number = 0, E extends number = -1>(
    this: T,
    options?: FlattenOptions<R, E>,
  ): Tensor<[E] extends [-1] ? Flattened<T['shape'], R> : Shape, T['dtype']>
  flatten(this: Tensor, { startDim = 0, endDim = -1 }: FlattenOptions = {}): Tensor {
    const [start, end] = [axisOf(this, 'flatten', startDim), axisOf(this, 'flatten', endDim)]
    if (start > end) throw new OptionError('flatten', `startDim ${startDim} comes after endDim ${endDim}`)
    return this.reshape([
      ...this.shape.slice(0, start),
      numel(this.shape.slice(start, end + 1)),
      ...this.shape.slice(end + 1),
    ])
  }
  /** All elements in one dimension. */
  ravel<T extends Tensor>(this: T): Tensor<Flattened<T['shape'], 0>, T['dtype']>
  ravel(this: Tensor): Tensor {
    return this.reshape([-1])
  }
  /** One dimension as several, of these sizes; one may be -1. */
  unflatten<T extends Tensor>(this: T, dim: number, sizes: Shape): Tensor<Shape, T['dtype']> {
    const axis = axisOf(this, 'unflatten', dim)
    const rest = numel(sizes.filter((size) => size !== -1))
    const filled = sizes.map((size) => (size === -1 ? this.shape[axis]! / rest : size))
    if (numel(filled) !== this.shape[axis] || filled.some((size) => !Number.isInteger(size)))
      throw new ShapeError('unflatten', [sizes, this.shape], `the sizes do not make up dimension ${dim}`)
    return this.reshape(this.shape.toSpliced(axis, 1, ...filled))
  }
  unsqueeze<T extends Tensor, R extends number>(this: T, dim: R): Tensor<Inserted<T['shape'], R>, T['dtype']>
  unsqueeze(this: Tensor, dim: number): Tensor {
    return this.reshape(this.shape.toSpliced(normalizeDim('unsqueeze', dim, this.shape.length + 1), 0, 1))
  }
  /** Removes dimensions of size 1: all, or those named. */
  squeeze<T extends Tensor, R extends Dims = null>(this: T, dim?: R): Tensor<Squeezed<T['shape'], R>, T['dtype']>
  squeeze(this: Tensor, dim?: Dims): Tensor {
    const axes = normalizeDims('squeeze', dim, this.shape)
    return this.reshape(this.shape.filter((size, axis) => size !== 1 || !axes.includes(axis)))
  }
  permute<T extends Tensor, const P extends Shape>(this: T, ...dims: P): Tensor<Permuted<T['shape'], P>, T['dtype']> {
    const rank = this.shape.length
    const order = dims.map((dim) => axisOf(this, 'permute', dim))
    if (order.length !== rank || new Set(order).size !== rank)
      throw new OptionError('permute', `[${dims.join(',')}] is no permutation of ${rank} dimensions`)
    return viewOf(this, ops.permute, { order })
  }
  /** Swaps two dimensions; the last two by default. */
  transpose<T extends Tensor, R extends number = -2, E extends number = -1>(
    this: T,
    dim0?: R,
    dim1?: E,
  ): Tensor<Transposed<T['shape'], R, E>, T['dtype']>
  transpose(this: Tensor, dim0 = -2, dim1 = -1): Tensor {
    const [a, b] = [axisOf(this, 'transpose', dim0), axisOf(this, 'transpose', dim1)]
    return viewOf(this, ops.permute, { order: this.shape.map((_, axis) => (axis === a ? b : axis === b ? a : axis)) })
  }
  /** The transpose of a matrix; vectors and 0-d tensors stay. */
  t<T extends Tensor>(this: T): Tensor<MatrixTransposed<T['shape']>, T['dtype']>
  t(this: Tensor): Tensor {
    if (this.shape.length > 2) throw new ShapeError('t', [this.shape], 'needs at most 2 dimensions; use transpose')
    return this.shape.length < 2 ? viewOf(this, ops.reshape, { shape: this.shape }) : this.transpose()
  }
  /** The last two dimensions swapped. */
  get mT(): Tensor {
    if (this.shape.length < 2) throw new ShapeError('mT', [this.shape], 'needs at least 2 dimensions')
    return (this as unknown as Tensor).transpose()
  }
  /** Dimensions moved to other places; the others keep their order. */
  movedim<T extends Tensor>(
    this: T,
    source: number | readonly number[],
    destination: number | readonly number[],
  ): Tensor<Shape, T['dtype']> {
    const [from, to] = [list(source), list(destination)].map((dims) =>
      dims.map((dim) => axisOf(this, 'movedim', dim)),
    ) as [number[], number[]]
    if (from.length !== to.length || new Set(from).size !== from.length || new Set(to).size !== to.length)
      throw new OptionError(
        'movedim',
        `source [${from.join(',')}] and destination [${to.join(',')}] must be as many different dimensions`,
      )
    const rest = this.shape.map((_, axis) => axis).filter((axis) => !from.includes(axis))
    return viewOf(this, ops.permute, {
      order: this.shape.map((_, axis) => (to.includes(axis) ? from[to.indexOf(axis)]! : rest.shift()!)),
    })
  }
  /** Repeats axes of size 1 without copying; -1 keeps a size. */
  expand<T extends Tensor, const N extends Shape>(this: T, shape: N): Tensor<Reshaped<N>, T['dtype']> {
    const lead = shape.length - this.shape.length
    return viewOf(this, ops.expand, {
      shape: shape.map((size, axis) => (size === -1 ? (this.shape[axis - lead] ?? -1) : size)),
    })
  }
  expandAs<T extends Tensor, O extends Tensor>(this: T, other: O): Tensor<O['shape'], T['dtype']> {
    return this.expand(other.shape)
  }
  /** @internal Every `step`-th element of `dim` from `start` below `stop`, which fit. */
  ranged<T extends Tensor, R>(this: T, axis: number, start: number, stop: number, step = 1): R {
    return viewOf(this, ops.slice, {
      start: this.shape.map((_, i) => (i === axis ? start : 0)),
      stop: this.shape.map((size, i) => (i === axis ? stop : size)),
      step: this.shape.map((_, i) => (i === axis ? step : 1)),
    })
  }
  /** `length` elements of `dim` from `start`. */
  narrow<T extends Tensor, R extends number, N extends number>(
    this: T,
    dim: R,
    start: number,
    length: N,
  ): Tensor<Resized<T['shape'], R, N>, T['dtype']> {
    const axis = axisOf(this, 'narrow', dim)
    const size = this.shape[axis]!
    const from = start < 0 ? start + size : start
    if (!(from >= 0 && length >= 0 && from + length <= size))
      throw new OptionError('narrow', `${start} and length ${length} do not fit dimension ${dim} of size ${size}`)
    return this.ranged(axis, from, from + length)
  }
  /** One element of `dim`, which disappears. */
  select<T extends Tensor, R extends number>(this: T, dim: R, index: number): Tensor<Removed<T['shape'], R>, T['dtype']>
  select(this: Tensor, dim: number, index: number): Tensor {
    const axis = axisOf(this, 'select', dim)
    const size = this.shape[axis] ?? 0
    if (!(index >= -size && index < size))
      throw new OptionError('select', `index ${index} is out of range for dimension ${dim} of size ${size}`)
    return this.narrow(axis, index < 0 ? index + size : index, 1).reshape(this.shape.toSpliced(axis, 1))
  }
  /** Parts of `dim` (0): of this size, the last one smaller where it does not divide; or of these sizes, which sum up. */
  split<T extends Tensor, R extends number = 0>(
    this: T,
    size: number | readonly number[],
    options?: AlongOptions<R>,
  ): Tensor<Resized<T['shape'], R, number>, T['dtype']>[]
  split(this: Tensor, size: number | readonly number[], { dim = 0 }: AlongOptions = {}): Tensor[] {
    const axis = axisOf(this, 'split', dim)
    const whole = this.shape[axis] ?? 1
    if (typeof size === 'number' && !(size > 0))
      throw new OptionError('split', `the size must be positive (got ${size})`)
    const count = typeof size === 'number' ? Math.max(1, Math.ceil(whole / size)) : 0
    const sizes =
      typeof size === 'number' ? Array.from({ length: count }, (_, i) => Math.min(size, whole - i * size)) : size
    if (sizes.reduce((sum, part) => sum + part, 0) !== whole || sizes.some((part) => part < 0))
      throw new OptionError('split', `sizes [${sizes.join(',')}] do not sum to ${whole}, the size of dimension ${dim}`)
    let start = 0
    return sizes.map((part) => this.narrow(axis, (start += part) - part, part))
  }
  /** At most `chunks` parts of one size (the last may be smaller) along `dim` (0). */
  chunk<T extends Tensor, R extends number = 0>(
    this: T,
    chunks: number,
    options?: AlongOptions<R>,
  ): Tensor<Resized<T['shape'], R, number>, T['dtype']>[]
  chunk(this: Tensor, chunks: number, { dim = 0 }: AlongOptions = {}): Tensor[] {
    if (!(chunks > 0)) throw new OptionError('chunk', `the number of chunks must be positive (got ${chunks})`)
    return this.split(Math.max(1, Math.ceil((this.shape[axisOf(this, 'chunk', dim)] ?? 1) / chunks)), { dim })
  }
  /** Exactly `parts` parts whose sizes differ by at most 1, or parts that end at these indices. */
  tensorSplit<T extends Tensor, R extends number = 0>(
    this: T,
    parts: number | readonly number[],
    options?: AlongOptions<R>,
  ): Tensor<Resized<T['shape'], R, number>, T['dtype']>[]
  tensorSplit(this: Tensor, parts: number | readonly number[], { dim = 0 }: AlongOptions = {}): Tensor[] {
    const axis = axisOf(this, 'tensorSplit', dim)
    const size = this.shape[axis]!
    if (typeof parts !== 'number') {
      const ends = [...parts, size].map((end) => Math.min(size, Math.max(0, end < 0 ? end + size : end)))
      return ends.map((end, i) => this.ranged(axis, Math.min(i === 0 ? 0 : ends[i - 1]!, end), end))
    }
    if (!(parts > 0)) throw new OptionError('tensorSplit', `the number of parts must be positive (got ${parts})`)
    return this.split(
      Array.from({ length: parts }, (_, i) => Math.floor(size / parts) + Number(i < size % parts)),
      { dim },
    )
  }
  /** One tensor per element of `dim`, which disappears. */
  unbind<T extends Tensor, R extends number = 0>(this: T, dim?: R): Tensor<Removed<T['shape'], R>, T['dtype']>[]
  unbind(this: Tensor, dim = 0): Tensor[] {
    const axis = dimensionOf(this, 'unbind', dim)
    return Array.from({ length: this.shape[axis]! }, (_, i) => this.select(axis, i))
  }
  /** The diagonal of two dimensions, as a new last one. A view. */
  diagonal<T extends Tensor>(
    this: T,
    { offset = 0, dim1 = 0, dim2 = 1 }: DiagonalOptions = {},
  ): Tensor<Shape, T['dtype']> {
    const [a, b] = [axisOf(this, 'diagonal', dim1), axisOf(this, 'diagonal', dim2)]
    if (a === b) throw new OptionError('diagonal', `dim1 and dim2 must differ (got ${dim1} and ${dim2})`)
    const [rows, columns] = [this.shape[a]!, this.shape[b]!]
    const others = this.shape.map((_, axis) => axis).filter((axis) => axis !== a && axis !== b)
    const length = Math.max(0, Math.min(rows + Math.min(0, offset), columns - Math.max(0, offset)))
    // Row-major, one step down the diagonal is columns + 1 elements.
    const start = length === 0 ? 0 : offset >= 0 ? offset : -offset * columns
    const stop = length === 0 ? 0 : start + (length - 1) * (columns + 1) + 1
    const matrices = this.permute(...others, a, b)
    return matrices
      .reshape([...matrices.shape.slice(0, -2), rows * columns])
      .ranged(others.length, start, stop, columns + 1)
  }

  // ---- Copies --------------------------------------------------------------------------------------------------------

  flip<T extends Tensor>(this: T, ...dims: number[]): Unchanged<T> {
    return one(ops.flip, { axes: dims.length === 0 ? [] : normalizeDims('flip', dims, this.shape) }, this)
  }
  /** The whole tensor, so many times along each dimension; more counts than dimensions add leading ones. */
  repeat<T extends Tensor>(this: T, ...repeats: number[]): Tensor<Shape, T['dtype']> {
    if (repeats.length < this.shape.length || repeats.some((times) => !(times >= 0)))
      throw new OptionError(
        'repeat',
        `needs a count from 0 for each of ${this.shape.length} dimensions (got [${repeats.join(',')}])`,
      )
    return one(copies.repeat, { repeats }, this)
  }
  /** As repeat, but missing leading counts are 1. */
  tile<T extends Tensor>(this: T, ...repeats: number[]): Tensor<Shape, T['dtype']> {
    return this.repeat(...Array.from({ length: Math.max(0, this.shape.length - repeats.length) }, () => 1), ...repeats)
  }
  /** Every element `times` times in a row along `dim`; flattened first without one. */
  repeatInterleave<T extends Tensor>(this: T, times: number, { dim }: RepeatOptions = {}): Tensor<Shape, T['dtype']> {
    if (!(times >= 0)) throw new OptionError('repeatInterleave', `the count must not be negative (got ${times})`)
    if (dim == null) return one(copies.repeatInterleave, { axis: 0, times }, this.flatten())
    return one(copies.repeatInterleave, { axis: axisOf(this, 'repeatInterleave', dim), times }, this)
  }
  /** Elements moved by `shifts` along `dims`; those pushed out come in at the other end. Without dims: as if flat. */
  roll<T extends Tensor>(this: T, shifts: number | readonly number[], dims?: number | readonly number[]): Unchanged<T> {
    if (dims === undefined)
      return one(copies.roll, { axes: [0], shifts: list(shifts) }, this.flatten()).reshape(this.shape)
    const axes = list(dims).map((dim) => dimensionOf(this, 'roll', dim))
    if (axes.length !== list(shifts).length) throw new OptionError('roll', 'needs a shift for each dimension')
    return one(copies.roll, { axes, shifts: list(shifts) }, this)
  }
  /** Turned by `k` quarters from the first of two dimensions towards the second. */
  rot90<T extends Tensor>(this: T, k = 1, dims: readonly [number, number] = [0, 1]): Tensor<Shape, T['dtype']> {
    const [a, b] = dims.map((dim) => axisOf(this, 'rot90', dim)) as [number, number]
    if (a === b) throw new OptionError('rot90', `the dimensions must differ (got [${dims.join(',')}])`)
    const quarters = ((k % 4) + 4) % 4
    if (quarters === 0) return this.flip()
    if (quarters === 2) return this.flip(a, b)
    return quarters === 1 ? this.flip(b).transpose(a, b) : this.transpose(a, b).flip(b)
  }
  /** The lower triangle of the last two dimensions; 0 elsewhere. */
  tril<T extends Tensor>(this: T, { diagonal = 0 }: TriangleOptions = {}): Unchanged<T> {
    return one(copies.tril, { diagonal }, this)
  }
  /** The upper triangle. */
  triu<T extends Tensor>(this: T, { diagonal = 0 }: TriangleOptions = {}): Unchanged<T> {
    return one(copies.triu, { diagonal }, this)
  }
  /** The diagonal of a matrix, or the matrix with this diagonal. */
  diag<T extends Tensor>(this: T, { diagonal = 0 }: TriangleOptions = {}): Tensor<Shape, T['dtype']> {
    if (this.shape.length === 1) return this.diagEmbed({ offset: diagonal })
    if (this.shape.length !== 2)
      throw new ShapeError('diag', [this.shape], 'needs 1 or 2 dimensions; use diagonal or diagEmbed')
    return this.diagonal({ offset: diagonal })
  }
  /** Matrices with the last dimension on a diagonal. */
  diagEmbed<T extends Tensor>(
    this: T,
    { offset = 0 }: Pick<DiagonalOptions, 'offset'> = {},
  ): Tensor<Shape, T['dtype']> {
    return one(copies.diagEmbed, { offset }, this)
  }
  /** The sum of the diagonal of a matrix. */
  trace<T extends Tensor>(this: T): Tensor<readonly [], Sum<T['dtype']>> {
    if (this.shape.length !== 2) throw new ShapeError('trace', [this.shape], 'needs a matrix')
    return this.diagonal().sum()
  }
  /** Windows of `size` elements, `step` apart, of one dimension, in a new last one. A copy here. */
  unfold<T extends Tensor>(this: T, dim: number, size: number, step: number): Tensor<Shape, T['dtype']> {
    if (this.shape.length === 0) return this.reshape([1]).unfold(dim, size, step).select(0, 0)
    const axis = axisOf(this, 'unfold', dim)
    if (!(size >= 0 && size <= this.shape[axis]! && step > 0))
      throw new OptionError(
        'unfold',
        `windows of ${size} in steps of ${step} do not fit dimension ${dim} of size ${this.shape[axis]}`,
      )
    return one(copies.unfold, { axis, size, step }, this)
  }
}

function viewOf<A extends Attrs, R>(self: Tensor, op: ops.ViewOp<A>, attrs: A): R {
  return ops.viewOf(op, attrs, self) as R
}

/** As axisOf, where a 0-d tensor has no dimension to go along. */
function dimensionOf(self: Tensor, operation: string, dim: number): number {
  if (self.shape.length === 0) throw new ShapeError(operation, [[]], 'a 0-d tensor has no dimensions')
  return axisOf(self, operation, dim)
}

function axisOf(self: Tensor, operation: string, dim: number): number {
  return normalizeDim(operation, dim, self.shape.length)
}
