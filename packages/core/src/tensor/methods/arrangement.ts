/** Methods that copy elements to other places. */
import { OptionError, ShapeError } from '../../contract/errors.ts'
import { called } from '../../engine/called.ts'
import { integer, list, natural, positive } from '../../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../../signature/signature.ts'
import { counts, dim as dimKind, dimList, dims as dimsKind } from '../../engine/kinds.ts'
import { one } from '../one.ts'
import * as copies from '../../ops/arrangement.ts'
import { normalizeDim, normalizeDims } from '../../ops/axes.ts'
import { flip } from '../../ops/movement.ts'
import { sized } from '../sizes.ts'
import type { DTypeOf, Sum } from '../static-dtype.ts'
import type { AnyShape } from '../static-shape.ts'
import type { Tensor } from '../tensor.ts'
import type { Unchanged } from './arithmetic.ts'
import { Movement } from './movement.ts'

// ---- What methods take -----------------------------------------------------------------------------------------------

export const repeatOptions = {
  /** Null is the flattened tensor; default null. */
  dim: optional(dimKind, null),
}
export interface RepeatOptions extends OptionsOf<typeof repeatOptions> {}
const triangleOptions = {
  /** 0 (the default) is the main diagonal, positive ones are above it. */
  diagonal: optional(integer, 0),
}
export interface TriangleOptions extends OptionsOf<typeof triangleOptions> {}
const embedOptions = {
  /** Above (positive) or below (negative) the main diagonal; default 0. */
  offset: optional(integer, 0),
}
export interface EmbedOptions extends OptionsOf<typeof embedOptions> {}

export const FLIP = /* @__PURE__ */ signature('flip', { dims: dimList })
export const REPEAT = /* @__PURE__ */ signature('repeat', { repeats: counts })
export const TILE = /* @__PURE__ */ signature('tile', { repeats: counts })
export const REPEAT_INTERLEAVE = /* @__PURE__ */ signature('repeatInterleave', { times: natural }, repeatOptions)
export const ROLL = /* @__PURE__ */ signature('roll', { shifts: dimsKind, dims: optional(dimsKind) })
export const ROT90 = /* @__PURE__ */ signature('rot90', { k: optional(integer), dims: optional(list(dimKind, 2)) })
export const TRIL = /* @__PURE__ */ signature('tril', {}, triangleOptions)
export const TRIU = /* @__PURE__ */ signature('triu', {}, triangleOptions)
export const DIAG = /* @__PURE__ */ signature('diag', {}, triangleOptions)
export const DIAG_EMBED = /* @__PURE__ */ signature('diagEmbed', {}, embedOptions)
export const TRACE = /* @__PURE__ */ signature('trace')
export const UNFOLD = /* @__PURE__ */ signature('unfold', { dim: dimKind, size: natural, step: positive })

const listOf = (value: number | readonly number[]): readonly number[] => (typeof value === 'number' ? [value] : value)

export class Arrangement extends Movement {
  /** The elements along these dimensions in the opposite order. */
  flip<T extends Tensor>(this: T, dims: readonly number[]): Unchanged<T>
  flip<T extends Tensor>(this: T, ...dims: readonly number[]): Unchanged<T>
  flip(this: Tensor): Tensor {
    return flippedOf(this, 'flip', sized(FLIP, arguments).sizes)
  }
  /** The whole tensor, so many times along each dimension; more counts than dimensions add leading ones. */
  repeat<T extends Tensor>(this: T, repeats: readonly number[]): Tensor<AnyShape, DTypeOf<T>>
  repeat<T extends Tensor>(this: T, ...repeats: readonly number[]): Tensor<AnyShape, DTypeOf<T>>
  repeat(this: Tensor): Tensor {
    const { sizes: repeats } = sized(REPEAT, arguments)
    if (repeats.length < this.shape.length)
      throw new OptionError(
        'repeat',
        `needs a count for each of ${this.shape.length} dimensions (got [${repeats.join(',')}])`,
      )
    return one(copies.repeat, { repeats }, this)
  }
  /** As repeat, but missing leading counts are 1. */
  tile<T extends Tensor>(this: T, repeats: readonly number[]): Tensor<AnyShape, DTypeOf<T>>
  tile<T extends Tensor>(this: T, ...repeats: readonly number[]): Tensor<AnyShape, DTypeOf<T>>
  tile(this: Tensor): Tensor {
    const { sizes } = sized(TILE, arguments)
    const repeats = [...this.shape.slice(sizes.length).map(() => 1), ...sizes]
    return called('tile', () => one(copies.repeat, { repeats }, this))
  }
  /** Every element `times` times in a row along `dim`; flattened first without one. */
  repeatInterleave<T extends Tensor>(this: T, times: number, options?: RepeatOptions): Tensor<AnyShape, DTypeOf<T>>
  repeatInterleave(this: Tensor, times: number): Tensor {
    const { dim: along } = REPEAT_INTERLEAVE.read(arguments)
    if (along === null || this.shape.length === 0) {
      const axis = along === null ? 0 : axisOf(this, 'repeatInterleave', along)
      return one(copies.repeatInterleave, { axis, times }, this.reshape([-1]))
    }
    return one(copies.repeatInterleave, { axis: axisOf(this, 'repeatInterleave', along), times }, this)
  }
  /** Elements moved by `shifts` along `dims`; those pushed out come in at the other end. Without dims: as if flat. */
  roll<T extends Tensor>(this: T, shifts: number | readonly number[], dims?: number | readonly number[]): Unchanged<T>
  roll(this: Tensor, given: number | readonly number[], along?: number | readonly number[]): Tensor {
    ROLL.read(arguments)
    const shifts = listOf(given)
    if (along !== undefined && this.shape.length === 0)
      throw new ShapeError('roll', [this.shape], 'a 0-d tensor has no dimensions')
    const axes = along === undefined ? [0] : listOf(along).map((each) => axisOf(this, 'roll', each))
    if (axes.length !== shifts.length) throw new OptionError('roll', 'needs a shift for each dimension')
    if (along === undefined) return one(copies.roll, { axes, shifts }, this.reshape([-1])).reshape(this.shape)
    return one(copies.roll, { axes, shifts }, this)
  }
  /** Turned by `k` quarters from the first of two dimensions towards the second. */
  rot90<T extends Tensor>(this: T, k?: number, dims?: readonly [number, number]): Tensor<AnyShape, DTypeOf<T>>
  rot90(this: Tensor, k = 1, plane: readonly [number, number] = [0, 1]): Tensor {
    ROT90.read(arguments)
    const [a, b] = [axisOf(this, 'rot90', plane[0]), axisOf(this, 'rot90', plane[1])]
    if (a === b || this.shape.length < 2)
      throw new OptionError('rot90', `needs two different dimensions (got [${plane.join(', ')}])`)
    const quarters = ((k % 4) + 4) % 4
    if (quarters === 0) return flippedOf(this, 'rot90', [])
    if (quarters === 2) return flippedOf(this, 'rot90', [a, b])
    if (quarters === 1) return flippedOf(this, 'rot90', [b]).transpose(a, b)
    return flippedOf(this.transpose(a, b), 'rot90', [b])
  }
  /** The lower triangle of the last two dimensions; 0 elsewhere. */
  tril<T extends Tensor>(this: T, options?: TriangleOptions): Unchanged<T>
  tril(this: Tensor): Tensor {
    return one(copies.tril, TRIL.read(arguments), this)
  }
  /** The upper triangle of the last two dimensions; 0 elsewhere. */
  triu<T extends Tensor>(this: T, options?: TriangleOptions): Unchanged<T>
  triu(this: Tensor): Tensor {
    return one(copies.triu, TRIU.read(arguments), this)
  }
  /** The diagonal of a matrix, or the matrix with this diagonal. */
  diag<T extends Tensor>(this: T, options?: TriangleOptions): Tensor<AnyShape, DTypeOf<T>>
  diag(this: Tensor): Tensor {
    const { diagonal: offset } = DIAG.read(arguments)
    if (this.shape.length < 1 || this.shape.length > 2)
      throw new ShapeError('diag', [this.shape], 'needs 1 or 2 dimensions; use diagonal or diagEmbed')
    return called('diag', () => (this.shape.length === 1 ? this.diagEmbed({ offset }) : this.diagonal({ offset })))
  }
  /** Matrices with the last dimension on a diagonal. */
  diagEmbed<T extends Tensor>(this: T, options?: EmbedOptions): Tensor<AnyShape, DTypeOf<T>>
  diagEmbed(this: Tensor): Tensor {
    return one(copies.diagEmbed, DIAG_EMBED.read(arguments), this)
  }
  /** The sum of the diagonal of a matrix. */
  trace<T extends Tensor>(this: T): Tensor<readonly [], Sum<DTypeOf<T>>> {
    TRACE.read(arguments)
    if (this.shape.length !== 2) throw new ShapeError('trace', [this.shape], 'needs a matrix')
    return called('trace', () => this.diagonal().sum())
  }
  /** Windows of `size` elements, `step` apart, of one dimension, in a new last one. A copy here. */
  unfold<T extends Tensor>(this: T, dim: number, size: number, step: number): Tensor<AnyShape, DTypeOf<T>> {
    UNFOLD.read(arguments)
    if (this.shape.length === 0) return called('unfold', () => this.reshape([1]).unfold(dim, size, step).select(0, 0))
    const axis = axisOf(this, 'unfold', dim)
    const whole = this.shape[axis]!
    if (size > whole) throw new OptionError('unfold', `windows of ${size} do not fit dimension ${dim} of size ${whole}`)
    // Steps beyond the end all lead there, and int32 holds this one.
    return one(copies.unfold, { axis, size, step: Math.min(step, whole + 1) }, this)
  }
}

function flippedOf(self: Tensor, operation: string, dims: readonly number[]): Tensor {
  const axes = dims.length === 0 ? [] : normalizeDims(operation, dims, self.shape)
  return called(operation, () => one(flip, { axes }, self))
}

function axisOf(self: Tensor, operation: string, dim: number): number {
  return normalizeDim(operation, dim, self.shape.length)
}
