/** Elements by index. Reading through numbers and slices gives views; through index tensors, copies. */
import type { Shape } from '../../contract/contract.ts'
import { numel } from '../../contract/dtype.ts'
import { IndexError, OptionError } from '../../contract/errors.ts'
import { typeOf } from '../../ir/type.ts'
import { called } from '../../engine/called.ts'
import { boolean, list as listKind, natural } from '../../signature/kind.ts'
import { optional, rest as restKind, signature, type OptionsOf } from '../../signature/signature.ts'
import type { Arg } from '../../engine/door.ts'
import { constant, download, hostArray } from '../../engine/host.ts'
import { dim as dimKind, operand, scalar, tensor, tensors } from '../../engine/kinds.ts'
import { one } from '../one.ts'
import { NONE } from '../../engine/op.ts'
import { normalizeDim } from '../../ops/axes.ts'
import { assertMask } from '../../ops/combination.ts'
import * as ops from '../../ops/indexing.ts'
import * as masks from '../../ops/masks.ts'
import { broadcastShapes } from '../../ops/promotion.ts'
import { reshape, slice, viewOf } from '../../ops/movement.ts'
import type { Indexed, Resized } from '../static-axis.ts'
import type { AnyShape, ShapeOf } from '../static-shape.ts'
import type { DTypeOf } from '../static-dtype.ts'
import type { Tensor } from '../tensor.ts'
import type { Operand, Unchanged } from './arithmetic.ts'
import { repeatOptions, type RepeatOptions } from './arrangement.ts'
import { Product } from './product.ts'
import { indexKind, isMask, subscript, type Index, type Subscript } from './subscript.ts'

const putOptions = {
  /** Whether values are added to the elements, or take their place; default false. */
  accumulate: optional(boolean, false),
}
export interface PutOptions extends OptionsOf<typeof putOptions> {}
const selectOptions = {
  /** How many elements of the mask are true, where that is known. */
  count: optional(natural),
}
export interface SelectOptions<N extends number = number> extends OptionsOf<typeof selectOptions> {
  readonly count: N
}
const indexAddOptions = {
  /** Factor of the source; default 1. */
  alpha: optional(scalar, 1),
}
export interface IndexAddOptions extends OptionsOf<typeof indexAddOptions> {}

const along = { dim: dimKind, index: tensor }
export const AT = /* @__PURE__ */ signature('at', { indices: restKind(indexKind) })
export const AT_ASYNC = /* @__PURE__ */ signature('atAsync', { indices: restKind(indexKind) })
export const SET_AT = /* @__PURE__ */ signature('setAt', { indices: listKind(indexKind), value: operand })
export const INDEX_PUT = /* @__PURE__ */ signature('indexPut', { indices: tensors, values: operand }, putOptions)
export const GATHER = /* @__PURE__ */ signature('gather', along)
export const TAKE_ALONG_DIM = /* @__PURE__ */ signature('takeAlongDim', { index: tensor }, repeatOptions)
export const INDEX_SELECT = /* @__PURE__ */ signature('indexSelect', along)
export const SCATTER = /* @__PURE__ */ signature('scatter', { ...along, source: operand })
export const SCATTER_ADD = /* @__PURE__ */ signature('scatterAdd', { ...along, source: operand })
export const INDEX_ADD = /* @__PURE__ */ signature('indexAdd', { ...along, source: tensor }, indexAddOptions)
export const INDEX_COPY = /* @__PURE__ */ signature('indexCopy', { ...along, source: tensor })
export const INDEX_FILL = /* @__PURE__ */ signature('indexFill', { ...along, value: operand })
export const TAKE = /* @__PURE__ */ signature('take', { index: tensor })
export const MASKED_SELECT = /* @__PURE__ */ signature('maskedSelect', { mask: tensor }, selectOptions)
export const MASKED_SCATTER = /* @__PURE__ */ signature('maskedScatter', { mask: tensor, source: tensor })
export const NONZERO = /* @__PURE__ */ signature('nonzero')

/** The size of a vector. */
type Length<S extends Shape> = S extends readonly [infer N extends number] ? N : number

export class Indexing extends Product {
  // ---- x[...] --------------------------------------------------------------------------------------------------------

  /**
   * `x[...]`: numbers, `slice(start, stop, step)`, `':'`, `null`, `'...'`, int32 tensors and lists of numbers. Without
   * tensors and lists the result is a view. Index tensors broadcast; their dimensions stand in the place of the indexed
   * ones where these are adjacent, else first; negative indices count from the end.
   * Errors: IndexError; OptionError for a mask, whose result's shape depends on its values: use `await x.atAsync(mask)`.
   * Source: https://pytorch.org/docs/stable/tensor_view.html and https://numpy.org/doc/stable/user/basics.indexing.html
   */
  at<T extends Tensor, const I extends readonly Index[]>(
    this: T,
    ...indices: I
  ): Tensor<Indexed<ShapeOf<T>, I>, DTypeOf<T>>
  at(this: Tensor, ...indices: Index[]): Tensor {
    AT.read(arguments)
    return atOf(this, 'at', indices)
  }
  /** As at, also with bool masks, which it waits for and reads. */
  async atAsync<T extends Tensor>(this: T, ...indices: Index[]): Promise<Tensor<AnyShape, DTypeOf<T>>> {
    AT_ASYNC.read(arguments)
    const read = await Promise.all(
      indices.map(async (index): Promise<Index[]> => {
        if (!isMask(index)) return [index]
        return index.shape.length === 0 ? [index] : (await index.nonzero()).unbind(1)
      }),
    )
    return called('atAsync', () => atOf(this, 'atAsync', read.flat()))
  }
  /**
   * `x[...] = value`, with the indices in a list: `x.setAt([0, slice(2)], 1)`. The value, a number or a tensor that
   * broadcasts, is cast to this dtype; this tensor moves to the new value, and so does its base if it is a view. One mask
   * may be among the indices when the value needs no more than broadcasting. Of equal indices the last one stays.
   */
  setAt(indices: readonly Index[], value: Operand): this {
    SET_AT.read(arguments)
    return called('setAt', () => {
      const plan = subscript('setAt', this.shape, indices)
      const target = slicedOf(this, plan)
      const { advanced } = plan
      const chosen = advanced.filter(({ index }) => isMask(index))
      if (advanced.length === 0) target.copy_(value)
      else if (chosen.length === 0)
        target.assign(
          one(
            ops.setAt,
            { ...placesOf(plan), accumulate: false },
            target,
            value as Arg,
            ...onDeviceOf(this, plan, plan.shape),
          ),
        )
      else if (advanced.length === 1)
        target.assign(one(masks.maskPut, { axis: chosen[0]!.axis }, target, chosen[0]!.index as Tensor, value as Arg))
      else
        throw new OptionError(
          'setAt',
          'a mask beside index tensors is not supported; use (await mask.nonzero()).unbind(1)',
        )
      return this
    })
  }
  /**
   * `x[indices] = values` for index tensors of the first dimensions, or one mask over them, for which there are as many values
   * as it is true, or one; with `accumulate` the values are added.
   */
  indexPut<T extends Tensor>(this: T, indices: readonly Tensor[], values: Operand, options?: PutOptions): Unchanged<T>
  indexPut(this: Tensor, indices: readonly Tensor[], values: Operand): Tensor {
    const { accumulate } = INDEX_PUT.read(arguments)
    if (indices.length === 0) throw new OptionError('indexPut', 'needs at least one index tensor')
    if (indices.length > this.shape.length)
      throw new IndexError('indexPut', `${indices.length} indices for a tensor of ${this.shape.length} dimensions`)
    if (indices.some(isMask)) {
      if (indices.length > 1)
        throw new OptionError(
          'indexPut',
          'a mask beside other indices is not supported; use (await mask.nonzero()).unbind(1)',
        )
      return one(masks.maskedPut, { accumulate }, this, values as Arg, indices[0]!)
    }
    const axes = indices.map((_, axis) => axis)
    return one(ops.indexPut, { axes, dims: axes, accumulate }, this, values as Arg, ...indices)
  }

  // ---- By index tensors ----------------------------------------------------------------------------------------------

  /** out[i][j] = x[index[i][j]][j] for dim 0, and so on; shaped as the index. */
  gather<T extends Tensor, I extends Tensor>(this: T, dim: number, index: I): Tensor<ShapeOf<I>, DTypeOf<T>> {
    GATHER.read(arguments)
    return one(ops.gather, { axis: axisOf(this, 'gather', dim) }, this, index)
  }
  /** gather with an index that broadcasts; with `dim` null both are flat. */
  takeAlongDim<T extends Tensor>(this: T, index: Tensor, options?: RepeatOptions): Tensor<AnyShape, DTypeOf<T>>
  takeAlongDim(this: Tensor, index: Tensor): Tensor {
    const { dim: axis } = TAKE_ALONG_DIM.read(arguments)
    if (axis === null) return one(ops.takeAlongDim, { axis: 0 }, this.reshape([-1]), index.reshape([-1]))
    return one(ops.takeAlongDim, { axis: axisOf(this, 'takeAlongDim', axis) }, this, index)
  }
  /** Slices of `dim` in the order of an index vector. */
  indexSelect<T extends Tensor, R extends number, I extends Tensor>(
    this: T,
    dim: R,
    index: I,
  ): Tensor<Resized<ShapeOf<T>, R, Length<ShapeOf<I>>>, DTypeOf<T>> {
    INDEX_SELECT.read(arguments)
    return one(ops.indexSelect, { axis: axisOf(this, 'indexSelect', dim) }, this, index)
  }
  /** The inverse of gather: x[index[i][j]][j] = source[i][j] for dim 0. Of equal indices the last one stays. */
  scatter<T extends Tensor>(this: T, dim: number, index: Tensor, source: Operand): Unchanged<T> {
    SCATTER.read(arguments)
    return one(ops.scatter, { axis: axisOf(this, 'scatter', dim) }, this, index, source as Arg)
  }
  /** As scatter, adding. */
  scatterAdd<T extends Tensor>(this: T, dim: number, index: Tensor, source: Operand): Unchanged<T> {
    SCATTER_ADD.read(arguments)
    return one(ops.scatterAdd, { axis: axisOf(this, 'scatterAdd', dim) }, this, index, source as Arg)
  }
  /** alpha times the slices of the source added to the slices of `dim` that an index vector names. */
  indexAdd<T extends Tensor>(
    this: T,
    dim: number,
    index: Tensor,
    source: Tensor,
    options?: IndexAddOptions,
  ): Unchanged<T>
  indexAdd(this: Tensor, dim: number, index: Tensor, source: Tensor): Tensor {
    const { alpha } = INDEX_ADD.read(arguments)
    return one(ops.indexAdd, { axis: axisOf(this, 'indexAdd', dim) }, this, index, source, alpha)
  }
  /** The slices of the source in place of those that an index vector names. */
  indexCopy<T extends Tensor>(this: T, dim: number, index: Tensor, source: Tensor): Unchanged<T> {
    INDEX_COPY.read(arguments)
    return one(ops.indexCopy, { axis: axisOf(this, 'indexCopy', dim) }, this, index, source)
  }
  /** A number in the slices that an index vector names. */
  indexFill<T extends Tensor>(this: T, dim: number, index: Tensor, value: Operand): Unchanged<T> {
    INDEX_FILL.read(arguments)
    return one(ops.indexFill, { axis: axisOf(this, 'indexFill', dim) }, this, index, value as Arg)
  }
  /** Elements at indices into the flat tensor, shaped as the index. */
  take<T extends Tensor, I extends Tensor>(this: T, index: I): Tensor<ShapeOf<I>, DTypeOf<T>> {
    TAKE.read(arguments)
    return one(ops.take, NONE, this, index)
  }

  // ---- By masks ------------------------------------------------------------------------------------------------------

  /**
   * The elements where a bool mask, which broadcasts, is true, in one dimension. How many there are stands in the mask:
   * give it as `count`, and nothing is read; without it the call waits for the mask and counts.
   */
  maskedSelect<T extends Tensor>(this: T, mask: Tensor): Promise<Tensor<readonly [number], DTypeOf<T>>>
  maskedSelect<T extends Tensor, N extends number>(
    this: T,
    mask: Tensor,
    options: SelectOptions<N>,
  ): Tensor<readonly [N], DTypeOf<T>>
  maskedSelect(this: Tensor, mask: Tensor): Tensor | Promise<Tensor> {
    const { count: known } = MASKED_SELECT.read(arguments)
    const select = (count: number): Tensor => one(masks.maskedSelect, { count }, this, mask)
    if (known !== undefined) return select(known)
    assertMask('maskedSelect', mask)
    const repeats = numel(broadcastShapes('maskedSelect', [this.shape, mask.shape])) / Math.max(1, mask.type.size)
    return download('maskedSelect', mask).then((bits) =>
      select((bits as Uint8Array).reduce((count, bit) => count + bit, 0) * repeats),
    )
  }
  /** The elements of the source, in order, where the mask is true. */
  maskedScatter<T extends Tensor>(this: T, mask: Tensor, source: Tensor): Tensor<AnyShape, DTypeOf<T>> {
    MASKED_SCATTER.read(arguments)
    return one(masks.maskedScatter, NONE, this, mask, source)
  }
  /** The indices of the elements that are not 0, one row each: int32 [count, dimensions]. Waits for the values. */
  async nonzero(): Promise<Tensor<readonly [number, number], 'int32'>> {
    NONZERO.read(arguments)
    const data = await download('nonzero', this)
    const { shape } = this
    const at: number[] = []
    data.forEach((value, position) => {
      if (value !== 0) at.push(position)
    })
    const rows = hostArray('int32', at.length * shape.length)
    at.forEach((position, row) => {
      let rest = position
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        rows[row * shape.length + axis] = rest % shape[axis]!
        rest = Math.floor(rest / shape[axis]!)
      }
    })
    return constant(typeOf('int32', [at.length, shape.length]), this.value.device, rows) as Tensor<
      readonly [number, number],
      'int32'
    >
  }
}

function atOf(self: Tensor, operation: string, indices: readonly Index[]): Tensor {
  const plan = subscript(operation, self.shape, indices)
  if (plan.advanced.some(({ index }) => isMask(index)))
    throw new OptionError(
      operation,
      'how many elements a mask chooses is known only after reading it; use await x.atAsync(mask), or where and maskedFill',
    )
  const sliced = slicedOf(self, plan)
  if (plan.advanced.length === 0) return sliced
  return one(ops.indexTensors, placesOf(plan), sliced, ...onDeviceOf(self, plan, plan.shape))
}

function axisOf(self: Tensor, operation: string, dim: number): number {
  return normalizeDim(operation, dim, self.shape.length)
}

/** The view that numbers, slices and new dimensions give. */
function slicedOf(self: Indexing, { start, stop, step, shape }: Subscript): Tensor {
  return viewOf(reshape, { shape }, viewOf(slice, { start, stop, step }, self)) as Tensor
}

/** Where index tensors stand: in the sliced tensor, and in the user's. */
const placesOf = ({ advanced }: Subscript): ops.IndexAxes => ({
  axes: advanced.map(({ axis }) => axis),
  dims: advanced.map(({ dim }) => dim),
})

/** Index tensors on this tensor's device. */
function onDeviceOf(self: Indexing, { advanced }: Subscript, shape: readonly number[]): Tensor[] {
  return advanced.map(({ axis, index }): Tensor => {
    if (!Array.isArray(index)) return index as Tensor
    const list = index as readonly number[]
    const size = shape[axis]!
    const outside = list.find((i) => !(Number.isInteger(i) && i >= -size && i < size))
    if (outside !== undefined)
      throw new IndexError('at', `index ${outside} is out of range for a dimension of size ${size}`)
    const elements = hostArray('int32', list.length)
    elements.set(list)
    return constant(typeOf('int32', [list.length]), self.value.device, elements) as Tensor
  })
}
