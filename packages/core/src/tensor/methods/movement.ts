/** Views. A view shares its elements with its base: what is assigned to one is seen by the other. */
import type { Shape } from '../../contract/contract.ts'
import { numel } from '../../contract/dtype.ts'
import { OptionError, ShapeError } from '../../contract/errors.ts'
import { named } from '../../engine/called.ts'
import { either, integer, list, natural, nullable, positive } from '../../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../../signature/signature.ts'
import { dim as dimKind, dimList, dims, openShape, tensor } from '../../engine/kinds.ts'
import type { Attrs } from '../../engine/op.ts'
import { normalizeDim, normalizeDims } from '../../ops/axes.ts'
import * as ops from '../../ops/movement.ts'
import { sized } from '../sizes.ts'
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
import type { DTypeOf } from '../static-dtype.ts'
import type { AnyShape, ShapeOf } from '../static-shape.ts'
import type { Tensor } from '../tensor.ts'
import { Reduction } from './reduction.ts'

// ---- What methods take -----------------------------------------------------------------------------------------------

export const alongOptions = {
  /** Default 0. */
  dim: optional(dimKind, 0),
}
export interface AlongOptions<R extends number = number> extends OptionsOf<typeof alongOptions> {
  readonly dim?: R | undefined
}
const flattenOptions = {
  /** The first dimension that goes; default 0. */
  startDim: optional(dimKind, 0),
  /** The last one; default -1. */
  endDim: optional(dimKind, -1),
}
export interface FlattenOptions<R extends number = number, E extends number = number> extends OptionsOf<
  typeof flattenOptions
> {
  readonly startDim?: R | undefined
  readonly endDim?: E | undefined
}
const diagonalOptions = {
  /** Above (positive) or below (negative) the main diagonal; default 0. */
  offset: optional(integer, 0),
  /** Default 0. */
  dim1: optional(dimKind, 0),
  /** Default 1. */
  dim2: optional(dimKind, 1),
}
export interface DiagonalOptions extends OptionsOf<typeof diagonalOptions> {}

export const RESHAPE = /* @__PURE__ */ signature('reshape', { shape: openShape })
export const VIEW = /* @__PURE__ */ signature('view', { shape: openShape })
export const VIEW_AS = /* @__PURE__ */ signature('viewAs', { other: tensor })
export const RESHAPE_AS = /* @__PURE__ */ signature('reshapeAs', { other: tensor })
export const FLATTEN = /* @__PURE__ */ signature('flatten', {}, flattenOptions)
export const RAVEL = /* @__PURE__ */ signature('ravel')
export const UNFLATTEN = /* @__PURE__ */ signature('unflatten', { dim: dimKind, sizes: openShape })
export const UNSQUEEZE = /* @__PURE__ */ signature('unsqueeze', { dim: dimKind })
export const SQUEEZE = /* @__PURE__ */ signature('squeeze', { dim: optional(nullable(dims)) })
export const PERMUTE = /* @__PURE__ */ signature('permute', { dims: dimList })
export const TRANSPOSE = /* @__PURE__ */ signature('transpose', { dim0: optional(dimKind), dim1: optional(dimKind) })
export const T = /* @__PURE__ */ signature('t')
export const MOVEDIM = /* @__PURE__ */ signature('movedim', { source: dims, destination: dims })
export const EXPAND = /* @__PURE__ */ signature('expand', { shape: openShape })
export const EXPAND_AS = /* @__PURE__ */ signature('expandAs', { other: tensor })
export const NARROW = /* @__PURE__ */ signature('narrow', { dim: dimKind, start: integer, length: natural })
export const SELECT = /* @__PURE__ */ signature('select', { dim: dimKind, index: integer })
export const SPLIT = /* @__PURE__ */ signature('split', { size: either(natural, list(natural)) }, alongOptions)
export const CHUNK = /* @__PURE__ */ signature('chunk', { chunks: positive }, alongOptions)
export const TENSOR_SPLIT = /* @__PURE__ */ signature(
  'tensorSplit',
  { parts: either(positive, list(integer)) },
  alongOptions,
)
export const UNBIND = /* @__PURE__ */ signature('unbind', { dim: optional(dimKind) })
export const DIAGONAL = /* @__PURE__ */ signature('diagonal', {}, diagonalOptions)

const listOf = (value: number | readonly number[]): readonly number[] => (typeof value === 'number' ? [value] : value)

export class Movement extends Reduction {
  // ---- Views ---------------------------------------------------------------------------------------------------------

  /** The same elements in another shape; one size may be -1 and follows from the rest. */
  reshape<T extends Tensor, const N extends Shape>(this: T, shape: N): Tensor<Reshaped<N>, DTypeOf<T>>
  reshape<T extends Tensor, const N extends Shape>(this: T, ...shape: N): Tensor<Reshaped<N>, DTypeOf<T>>
  reshape(this: Tensor): Tensor {
    return reshapedOf(this, 'reshape', sized(RESHAPE, arguments).sizes)
  }
  /** As reshape; values are always contiguous here. */
  view<T extends Tensor, const N extends Shape>(this: T, shape: N): Tensor<Reshaped<N>, DTypeOf<T>>
  view<T extends Tensor, const N extends Shape>(this: T, ...shape: N): Tensor<Reshaped<N>, DTypeOf<T>>
  view(this: Tensor): Tensor {
    return reshapedOf(this, 'view', sized(VIEW, arguments).sizes)
  }
  /** In the shape of another tensor. */
  viewAs<T extends Tensor, O extends Tensor>(this: T, other: O): Tensor<ShapeOf<O>, DTypeOf<T>> {
    VIEW_AS.read(arguments)
    return reshapedOf(this, 'viewAs', other.shape)
  }
  /** The same elements in the shape of `other`. */
  reshapeAs<T extends Tensor, O extends Tensor>(this: T, other: O): Tensor<ShapeOf<O>, DTypeOf<T>> {
    RESHAPE_AS.read(arguments)
    return reshapedOf(this, 'reshapeAs', other.shape)
  }
  /** Joins dimensions `startDim` to `endDim` into one; by default all. */
  flatten<T extends Tensor, R extends number = 0, E extends number = -1>(
    this: T,
    options?: FlattenOptions<R, E>,
  ): Tensor<[E] extends [-1] ? Flattened<ShapeOf<T>, R> : AnyShape, DTypeOf<T>>
  flatten(this: Tensor): Tensor {
    const { startDim, endDim } = FLATTEN.read(arguments)
    const [start, end] = [axisOf(this, 'flatten', startDim), axisOf(this, 'flatten', endDim)]
    if (start > end) throw new OptionError('flatten', `startDim ${startDim} comes after endDim ${endDim}`)
    return this.reshape([
      ...this.shape.slice(0, start),
      numel(this.shape.slice(start, end + 1)),
      ...this.shape.slice(end + 1),
    ])
  }
  /** All elements in one dimension. */
  ravel<T extends Tensor>(this: T): Tensor<Flattened<ShapeOf<T>, 0>, DTypeOf<T>>
  ravel(this: Tensor): Tensor {
    RAVEL.read(arguments)
    return this.reshape([-1])
  }
  /** One dimension as several, of these sizes; one may be -1. */
  unflatten<T extends Tensor>(this: T, dim: number, sizes: Shape): Tensor<AnyShape, DTypeOf<T>> {
    UNFLATTEN.read(arguments)
    const axis = axisOf(this, 'unflatten', dim)
    const rest = numel(sizes.filter((size) => size !== -1))
    const whole = this.shape[axis] ?? 1
    const filled = sizes.map((size) => (size === -1 ? whole / rest : size))
    if (numel(filled) !== whole || filled.some((size) => !Number.isInteger(size)))
      throw new ShapeError('unflatten', [sizes, this.shape], `the sizes do not make up dimension ${dim}`)
    return this.reshape(this.shape.toSpliced(axis, 1, ...filled))
  }
  /** Adds a dimension of size 1 at `dim`; negative ones count from the end of the result. */
  unsqueeze<T extends Tensor, R extends number>(this: T, dim: R): Tensor<Inserted<ShapeOf<T>, R>, DTypeOf<T>>
  unsqueeze(this: Tensor, dim: number): Tensor {
    UNSQUEEZE.read(arguments)
    return this.reshape(this.shape.toSpliced(normalizeDim('unsqueeze', dim, this.shape.length + 1), 0, 1))
  }
  /** Removes dimensions of size 1: all, or those named. */
  squeeze<T extends Tensor, R extends Dims = null>(this: T, dim?: R): Tensor<Squeezed<ShapeOf<T>, R>, DTypeOf<T>>
  squeeze(this: Tensor, dim?: Dims): Tensor {
    SQUEEZE.read(arguments)
    const axes = normalizeDims('squeeze', dim, this.shape)
    return this.reshape(this.shape.filter((size, axis) => size !== 1 || !axes.includes(axis)))
  }
  /** Dimension i of the result is dimension `dims[i]`. */
  permute<T extends Tensor, const P extends Shape>(this: T, dims: P): Tensor<Permuted<ShapeOf<T>, P>, DTypeOf<T>>
  permute<T extends Tensor, const P extends Shape>(this: T, ...dims: P): Tensor<Permuted<ShapeOf<T>, P>, DTypeOf<T>>
  permute(this: Tensor): Tensor {
    const rank = this.shape.length
    const { sizes: given } = sized(PERMUTE, arguments)
    const order = given.map((dim) => axisOf(this, 'permute', dim))
    if (order.length !== rank || new Set(order).size !== rank)
      throw new OptionError('permute', `[${given.join(',')}] is no permutation of ${rank} dimensions`)
    return viewOf(this, 'permute', ops.permute, { order })
  }
  /** Swaps two dimensions; the last two by default. */
  transpose<T extends Tensor, R extends number = -2, E extends number = -1>(
    this: T,
    dim0?: R,
    dim1?: E,
  ): Tensor<Transposed<ShapeOf<T>, R, E>, DTypeOf<T>>
  transpose(this: Tensor, dim0 = -2, dim1 = -1): Tensor {
    TRANSPOSE.read(arguments)
    return transposedOf(this, 'transpose', dim0, dim1)
  }
  /** The transpose of a matrix; vectors and 0-d tensors stay. */
  t<T extends Tensor>(this: T): Tensor<MatrixTransposed<ShapeOf<T>>, DTypeOf<T>>
  t(this: Tensor): Tensor {
    T.read(arguments)
    if (this.shape.length > 2) throw new ShapeError('t', [this.shape], 'needs at most 2 dimensions; use transpose')
    return this.shape.length < 2 ? reshapedOf(this, 't', this.shape) : transposedOf(this, 't', 0, 1)
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
  ): Tensor<AnyShape, DTypeOf<T>> {
    MOVEDIM.read(arguments)
    const axes = (given: number | readonly number[]): number[] =>
      listOf(given).map((each) => axisOf(this, 'movedim', each))
    const [from, to] = [axes(source), axes(destination)]
    if (from.length !== to.length || new Set(from).size !== from.length || new Set(to).size !== to.length)
      throw new OptionError(
        'movedim',
        `source [${from.join(',')}] and destination [${to.join(',')}] must be as many different dimensions`,
      )
    const rest = this.shape.map((_, axis) => axis).filter((axis) => !from.includes(axis))
    return viewOf(this, 'movedim', ops.permute, {
      order: this.shape.map((_, axis) => (to.includes(axis) ? from[to.indexOf(axis)]! : rest.shift()!)),
    })
  }
  /** Repeats axes of size 1 without copying; -1 keeps a size. */
  expand<T extends Tensor, const N extends Shape>(this: T, shape: N): Tensor<Reshaped<N>, DTypeOf<T>>
  expand<T extends Tensor, const N extends Shape>(this: T, ...shape: N): Tensor<Reshaped<N>, DTypeOf<T>>
  expand(this: Tensor): Tensor {
    return expandedOf(this, 'expand', sized(EXPAND, arguments).sizes)
  }
  /** Repeats dimensions of size 1 to the shape of `other`, without copying. */
  expandAs<T extends Tensor, O extends Tensor>(this: T, other: O): Tensor<ShapeOf<O>, DTypeOf<T>>
  expandAs(this: Tensor, other: Tensor): Tensor {
    EXPAND_AS.read(arguments)
    return expandedOf(this, 'expandAs', other.shape)
  }
  /** `length` elements of `dim` from `start`. */
  narrow<T extends Tensor, R extends number, N extends number>(
    this: T,
    dim: R,
    start: number,
    length: N,
  ): Tensor<Resized<ShapeOf<T>, R, N>, DTypeOf<T>>
  narrow(this: Tensor, dim: number, start: number, length: number): Tensor {
    NARROW.read(arguments)
    const axis = axisOf(this, 'narrow', dim)
    const size = sizeOf(this, 'narrow', axis)
    const from = start < 0 ? start + size : start
    if (from < 0 || from + length > size)
      throw new OptionError('narrow', `${start} and length ${length} do not fit dimension ${dim} of size ${size}`)
    return rangedOf(this, 'narrow', axis, from, from + length)
  }
  /** One element of `dim`, which disappears. */
  select<T extends Tensor, R extends number>(this: T, dim: R, index: number): Tensor<Removed<ShapeOf<T>, R>, DTypeOf<T>>
  select(this: Tensor, dim: number, index: number): Tensor {
    SELECT.read(arguments)
    const axis = axisOf(this, 'select', dim)
    const size = sizeOf(this, 'select', axis)
    if (index < -size || index >= size)
      throw new OptionError('select', `index ${index} is out of range for dimension ${dim} of size ${size}`)
    return selectedOf(this, 'select', axis, index < 0 ? index + size : index)
  }
  /** Parts of `dim` (0): of this size, the last one smaller where it does not divide; or of these sizes, which sum up. */
  split<T extends Tensor, R extends number = 0>(
    this: T,
    size: number | readonly number[],
    options?: AlongOptions<R>,
  ): Tensor<Resized<ShapeOf<T>, R, number>, DTypeOf<T>>[]
  split(this: Tensor, size: number | readonly number[]): Tensor[] {
    const axis = axisOf(this, 'split', SPLIT.read(arguments).dim)
    const whole = sizeOf(this, 'split', axis)
    if (size === 0 && whole > 0)
      throw new OptionError('split', `a size of 0 never makes up the ${whole} elements of dimension ${axis}`)
    return typeof size === 'number' ? piecesOf(this, 'split', axis, size) : partsOf(this, 'split', axis, size)
  }
  /** At most `chunks` parts of one size (the last may be smaller) along `dim` (0). */
  chunk<T extends Tensor, R extends number = 0>(
    this: T,
    chunks: number,
    options?: AlongOptions<R>,
  ): Tensor<Resized<ShapeOf<T>, R, number>, DTypeOf<T>>[]
  chunk(this: Tensor, chunks: number): Tensor[] {
    const axis = axisOf(this, 'chunk', CHUNK.read(arguments).dim)
    return piecesOf(this, 'chunk', axis, Math.max(1, Math.ceil(sizeOf(this, 'chunk', axis) / chunks)))
  }
  /** Exactly `parts` parts whose sizes differ by at most 1, or parts that end at these indices. */
  tensorSplit<T extends Tensor, R extends number = 0>(
    this: T,
    parts: number | readonly number[],
    options?: AlongOptions<R>,
  ): Tensor<Resized<ShapeOf<T>, R, number>, DTypeOf<T>>[]
  tensorSplit(this: Tensor, parts: number | readonly number[]): Tensor[] {
    const axis = axisOf(this, 'tensorSplit', TENSOR_SPLIT.read(arguments).dim)
    const size = sizeOf(this, 'tensorSplit', axis)
    if (typeof parts !== 'number') {
      const ends = [...parts, size].map((end) => Math.min(size, Math.max(0, end < 0 ? end + size : end)))
      return ends.map((end, i) => rangedOf(this, 'tensorSplit', axis, Math.min(i === 0 ? 0 : ends[i - 1]!, end), end))
    }
    assertParts('tensorSplit', parts)
    const sizes = Array.from({ length: parts }, (_, i) => Math.floor(size / parts) + Number(i < size % parts))
    return partsOf(this, 'tensorSplit', axis, sizes)
  }
  /** One tensor per element of `dim`, which disappears. */
  unbind<T extends Tensor, R extends number = 0>(this: T, dim?: R): Tensor<Removed<ShapeOf<T>, R>, DTypeOf<T>>[]
  unbind(this: Tensor, dim = 0): Tensor[] {
    UNBIND.read(arguments)
    const axis = axisOf(this, 'unbind', dim)
    return Array.from({ length: sizeOf(this, 'unbind', axis) }, (_, i) => selectedOf(this, 'unbind', axis, i))
  }
  /** The diagonal of two dimensions, as a new last one. A view. */
  diagonal<T extends Tensor>(this: T, options?: DiagonalOptions): Tensor<AnyShape, DTypeOf<T>>
  diagonal(this: Tensor): Tensor {
    const { offset, dim1, dim2 } = DIAGONAL.read(arguments)
    const [a, b] = [axisOf(this, 'diagonal', dim1), axisOf(this, 'diagonal', dim2)]
    if (a === b) throw new OptionError('diagonal', `dim1 and dim2 must differ (got ${dim1} and ${dim2})`)
    const [rows, columns] = [this.shape[a]!, this.shape[b]!]
    const others = this.shape.map((_, axis) => axis).filter((axis) => axis !== a && axis !== b)
    const length = Math.max(0, Math.min(rows + Math.min(0, offset), columns - Math.max(0, offset)))
    // Row-major, one step down the diagonal is columns + 1 elements.
    const start = length === 0 ? 0 : offset >= 0 ? offset : -offset * columns
    const stop = length === 0 ? 0 : start + (length - 1) * (columns + 1) + 1
    const matrices = this.permute([...others, a, b])
    const lines = matrices.reshape([...matrices.shape.slice(0, -2), rows * columns])
    return rangedOf(lines, 'diagonal', others.length, start, stop, columns + 1)
  }
}

/** What two methods of other names do too, in the name of the one that was called. */
function viewOf<A extends Attrs>(self: Tensor, operation: string, op: ops.ViewOp<A>, attrs: A): Tensor {
  try {
    return ops.viewOf(op, attrs, self) as Tensor
  } catch (error) {
    throw named(error, operation)
  }
}
function reshapedOf(self: Tensor, operation: string, shape: Shape): Tensor {
  const total = self.type.size
  const open = shape.indexOf(-1)
  if (open < 0) {
    if (numel(shape) !== total) throw new ShapeError(operation, [self.shape, shape], 'the number of elements must stay')
    return viewOf(self, operation, ops.reshape, { shape })
  }
  const rest = numel(shape.filter((_, axis) => axis !== open))
  if (rest === 0 || total % rest !== 0 || shape.lastIndexOf(-1) !== open)
    throw new ShapeError(operation, [self.shape, shape], 'the size of -1 does not follow from the number of elements')
  return viewOf(self, operation, ops.reshape, { shape: shape.with(open, total / rest) })
}
function transposedOf(self: Tensor, operation: string, dim0: number, dim1: number): Tensor {
  const [a, b] = [axisOf(self, operation, dim0), axisOf(self, operation, dim1)]
  const order = self.shape.map((_, axis) => (axis === a ? b : axis === b ? a : axis))
  return viewOf(self, operation, ops.permute, { order })
}
function expandedOf(self: Tensor, operation: string, shape: Shape): Tensor {
  const lead = shape.length - self.shape.length
  if (shape.some((size, axis) => size === -1 && axis < lead))
    throw new ShapeError(operation, [self.shape, shape], 'a size of -1 must stand for a dimension that is there')
  return viewOf(self, operation, ops.expand, {
    shape: shape.map((size, axis) => (size === -1 ? self.shape[axis - lead]! : size)),
  })
}
/** Every `step`-th element of an axis from `start` below `stop`, which fit. */
function rangedOf(self: Tensor, operation: string, axis: number, start: number, stop: number, step = 1): Tensor {
  return viewOf(self, operation, ops.slice, {
    start: self.shape.map((_, i) => (i === axis ? start : 0)),
    stop: self.shape.map((size, i) => (i === axis ? stop : size)),
    step: self.shape.map((_, i) => (i === axis ? step : 1)),
  })
}
function selectedOf(self: Tensor, operation: string, axis: number, index: number): Tensor {
  return reshapedOf(rangedOf(self, operation, axis, index, index + 1), operation, self.shape.toSpliced(axis, 1))
}
/** Parts of this size; the last one is smaller where it does not divide. */
function piecesOf(self: Tensor, operation: string, axis: number, size: number): Tensor[] {
  const whole = sizeOf(self, operation, axis)
  const count = Math.max(1, Math.ceil(whole / Math.max(1, size)))
  return partsOf(
    self,
    operation,
    axis,
    Array.from({ length: count }, (_, i) => Math.min(size, whole - i * size)),
  )
}
function partsOf(self: Tensor, operation: string, axis: number, sizes: readonly number[]): Tensor[] {
  const whole = sizeOf(self, operation, axis)
  if (sizes.reduce((sum, part) => sum + part, 0) !== whole)
    throw new OptionError(operation, `sizes [${sizes.join(',')}] do not sum to ${whole}, the size of dimension ${axis}`)
  let start = 0
  return sizes.map((part) => rangedOf(self, operation, axis, (start += part) - part, start))
}
/** Empty tensors take memory of the host, hundreds of bytes each. */
const MOST_PARTS = 2 ** 24
function assertParts(operation: string, parts: number): void {
  if (parts > MOST_PARTS) throw new OptionError(operation, `at most ${MOST_PARTS} parts fit a list (got ${parts})`)
}
/** The size of an axis; 0-d tensors have none to take apart. */
function sizeOf(self: Tensor, operation: string, axis: number): number {
  const size = self.shape[axis]
  if (size === undefined)
    throw new ShapeError(operation, [self.shape], 'a tensor of 0 dimensions has none to take apart')
  return size
}

function axisOf(self: Tensor, operation: string, dim: number): number {
  return normalizeDim(operation, dim, self.shape.length)
}
