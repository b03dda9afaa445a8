/** Elements by index. Reading through numbers and slices gives views; through index tensors, copies. */
import type { Shape } from '../../backend/contract.ts'
import { numel } from '../../backend/dtype.ts'
import { IndexError, OptionError } from '../../backend/errors.ts'
import { typeOf } from '../../ir/type.ts'
import type { Arg } from '../door.ts'
import { constant, download, hostArray } from '../host.ts'
import { one } from '../one.ts'
import { NONE } from '../op.ts'
import { normalizeDim } from '../ops/axes.ts'
import * as ops from '../ops/indexing.ts'
import * as masks from '../ops/masks.ts'
import { broadcastShapes } from '../ops/promotion.ts'
import { reshape, slice, viewOf } from '../ops/movement.ts'
import type { Indexed, Resized } from '../static-axis.ts'
import type { Tensor } from '../tensor.ts'
import type { AlphaOptions, Operand, Unchanged } from './arithmetic.ts'
import type { RepeatOptions } from './movement.ts'
import { Product } from './product.ts'
import { isMask, subscript, type Index, type Subscript } from './subscript.ts'

export interface PutOptions {
  /** Whether values are added to the elements, or take their place; default false. */
  readonly accumulate?: boolean
}
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
  ): Tensor<Indexed<T['shape'], I>, T['dtype']>
  at(this: Tensor, ...indices: Index[]): Tensor {
    const plan = subscript(this.shape, indices)
    if (plan.advanced.some(({ index }) => isMask(index)))
      throw new OptionError(
        'at',
        'how many elements a mask chooses is known only after reading it; use await x.atAsync(mask), or where and maskedFill',
      )
    const sliced = slicedOf(this, plan)
    if (plan.advanced.length === 0) return sliced
    return one(ops.indexTensors, placesOf(plan), sliced, ...onDeviceOf(this, plan, plan.shape))
  }
  /** As at, also with bool masks, which it waits for and reads. */
  async atAsync<T extends Tensor>(this: T, ...indices: Index[]): Promise<Tensor<Shape, T['dtype']>> {
    const read = await Promise.all(
      indices.map(async (index): Promise<Index[]> => {
        if (!isMask(index)) return [index]
        return index.shape.length === 0 ? [index] : (await index.nonzero()).unbind(1)
      }),
    )
    return this.at(...read.flat())
  }
  /**
   * `x[...] = value`, with the indices in a list: `x.setAt([0, slice(2)], 1)`. The value, a number or a tensor that
   * broadcasts, is cast to this dtype; this tensor moves to the new value, and so does its base if it is a view. One mask
   * may be among the indices when the value needs no more than broadcasting. Of equal indices the last one stays.
   */
  setAt(indices: readonly Index[], value: Operand): this {
    const plan = subscript(this.shape, indices)
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
  }
  /**
   * `x[indices] = values` for index tensors of the first dimensions, or one mask over them, for which there are as many values
   * as it is true, or one; with `accumulate` the values are added.
   */
  indexPut<T extends Tensor>(
    this: T,
    indices: readonly Tensor[],
    values: Operand,
    { accumulate = false }: PutOptions = {},
  ): Unchanged<T> {
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
  gather<T extends Tensor, I extends Tensor>(this: T, dim: number, index: I): Tensor<I['shape'], T['dtype']> {
    return one(ops.gather, { axis: axisOf(this, 'gather', dim) }, this, index)
  }
  /** gather with an index that broadcasts; with `dim` null both are flat. */
  takeAlongDim<T extends Tensor>(
    this: T,
    index: Tensor,
    { dim = null }: RepeatOptions = {},
  ): Tensor<Shape, T['dtype']> {
    if (dim === null) return one(ops.takeAlongDim, { axis: 0 }, this.flatten(), index.flatten())
    return one(ops.takeAlongDim, { axis: axisOf(this, 'takeAlongDim', dim) }, this, index)
  }
  /** Slices of `dim` in the order of an index vector. */
  indexSelect<T extends Tensor, R extends number, I extends Tensor>(
    this: T,
    dim: R,
    index: I,
  ): Tensor<Resized<T['shape'], R, Length<I['shape']>>, T['dtype']> {
    return one(ops.indexSelect, { axis: axisOf(this, 'indexSelect', dim) }, this, index)
  }
  /** The inverse of gather: x[index[i][j]][j] = source[i][j] for dim 0. Of equal indices the last one stays. */
  scatter<T extends Tensor>(this: T, dim: number, index: Tensor, source: Operand): Unchanged<T> {
    return one(ops.scatter, { axis: axisOf(this, 'scatter', dim) }, this, index, source as Arg)
  }
  /** As scatter, adding. */
  scatterAdd<T extends Tensor>(this: T, dim: number, index: Tensor, source: Operand): Unchanged<T> {
    return one(ops.scatterAdd, { axis: axisOf(this, 'scatterAdd', dim) }, this, index, source as Arg)
  }
  /** alpha times the slices of the source added to the slices of `dim` that an index vector names. */
  indexAdd<T extends Tensor>(
    this: T,
    dim: number,
    index: Tensor,
    source: Tensor,
    { alpha = 1 }: AlphaOptions = {},
  ): Unchanged<T> {
    return one(ops.indexAdd, { axis: axisOf(this, 'indexAdd', dim) }, this, index, source, alpha)
  }
  /** The slices of the source in place of those that an index vector names. */
  indexCopy<T extends Tensor>(this: T, dim: number, index: Tensor, source: Tensor): Unchanged<T> {
    return one(ops.indexCopy, { axis: axisOf(this, 'indexCopy', dim) }, this, index, source)
  }
  /** A number in the slices that an index vector names. */
  indexFill<T extends Tensor>(this: T, dim: number, index: Tensor, value: Operand): Unchanged<T> {
    return one(ops.indexFill, { axis: axisOf(this, 'indexFill', dim) }, this, index, value as Arg)
  }
  /** Elements at indices into the flat tensor, shaped as the index. */
  take<T extends Tensor, I extends Tensor>(this: T, index: I): Tensor<I['shape'], T['dtype']> {
    return one(ops.take, NONE, this, index)
  }

  // ---- By masks ------------------------------------------------------------------------------------------------------

  /**
   * The elements where a bool mask, which broadcasts, is true, in one dimension. How many there are stands in the mask:
   * give it as `count`, and nothing is read; without it the call waits for the mask and counts.
   */
  maskedSelect<T extends Tensor>(this: T, mask: Tensor): Promise<Tensor<readonly [number], T['dtype']>>
  maskedSelect<T extends Tensor, N extends number>(
    this: T,
    mask: Tensor,
    options: { readonly count: N },
  ): Tensor<readonly [N], T['dtype']>
  maskedSelect(this: Tensor, mask: Tensor, options?: { readonly count: number }): Tensor | Promise<Tensor> {
    const select = (count: number): Tensor => one(masks.maskedSelect, { count }, this, mask)
    if (options !== undefined) return select(options.count)
    const repeats = numel(broadcastShapes('maskedSelect', [this.shape, mask.shape])) / Math.max(1, mask.type.size)
    return download('maskedSelect', mask).then((bits) =>
      select((bits as Uint8Array).reduce((count, bit) => count + bit, 0) * repeats),
    )
  }
  /** The elements of the source, in order, where the mask is true. */
  maskedScatter<T extends Tensor>(this: T, mask: Tensor, source: Tensor): Tensor<Shape, T['dtype']> {
    return one(masks.maskedScatter, NONE, this, mask, source)
  }
  /** The indices of the elements that are not 0, one row each: int32 [count, dimensions]. Waits for the values. */
  async nonzero(): Promise<Tensor<readonly [number, number], 'int32'>> {
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
