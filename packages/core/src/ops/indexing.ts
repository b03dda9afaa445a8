/** Reading and writing elements by index. Where an index occurs twice among those written, the last one stays. */
import type { Refusal } from '../contract/contract.ts'
import { numel, stridesOf } from '../contract/dtype.ts'
import { DTypeError, ShapeError } from '../contract/errors.ts'
import type { Sym } from '../ir/builder.ts'
import { sameShape } from '../ir/type.ts'
import { Op } from '../engine/op.ts'
import { broadcast, broadcastShapes } from './promotion.ts'
import { castNumber } from './integers.ts'
import { flat, type AlongAxis } from './reduction.ts'
import { checked, fromEnd, notInDimension, placeOf } from './refusal.ts'

function assertIndex(operation: string, index: Sym): Sym {
  if (index.type.kind === 'integer') return index.cast('int32')
  if (index.type.kind === 'bool')
    throw new DTypeError(
      operation,
      ['bool'],
      'a mask is no index; use where, maskedFill, or (await mask.nonzero()).unbind(1)',
    )
  throw new DTypeError(operation, [index.dtype], 'an index must be int32; use int()')
}

/** Places in a flat tensor, and what is said of an index that names none. */
interface Places {
  readonly at: Sym
  readonly says: Refusal
}

/** Where the elements lie in the flat tensor that `index` (of x's rank) names along `axis`. */
function alongAxis(operation: string, x: Sym, index: Sym, axis: number): Places {
  const i = assertIndex(operation, index)
  const shapes = [x.shape, i.shape]
  const [size, total] = [x.shape[axis]!, x.type.size]
  const says = notInDimension(operation, axis, size, total)
  // No index at all may have any shape, as in PyTorch.
  if (i.type.size === 0) return { at: i, says }
  if (i.rank !== x.rank) throw new ShapeError(operation, shapes, 'the index must have as many dimensions as the tensor')
  if (i.shape.some((length, other) => other !== axis && length > x.shape[other]!))
    throw new ShapeError(operation, shapes, `the index must not be larger than the tensor but along dimension ${axis}`)
  const strides = stridesOf(x.shape)
  let at = i.mul(strides[axis]!)
  strides.forEach((stride, other) => {
    if (other !== axis) at = at.add(x.builder.iota('int32', i.shape, other).mul(stride))
  })
  return { at: x.rank === 1 ? i : placeOf(i, size, at, total), says }
}

/** 0-d tensors have one axis here. */
const dimensioned = (x: Sym): Sym => (x.rank === 0 ? x.reshape([1]) : x)
const pick = (x: Sym, { at, says }: Places): Sym => flat(x).gather(flat(at), 0, says).reshape(at.shape)

/** Elements of x at `index` along `axis`, shaped as the index. */
export function takeAlong(operation: string, x: Sym, index: Sym, axis: number): Sym {
  return pick(x, alongAxis(operation, x, index, axis))
}

/** `values` in place of the elements of x at these places. */
function put(x: Sym, places: Places, values: Sym): Sym {
  const { at, says } = places
  if (at.type.size === 0) return x
  if (x.dtype === 'bool') return put(x.cast('int32'), places, values.cast('int32')).cast('bool')
  const { builder, shape } = x
  const empty = builder.fill('int32', [x.type.size], 0)
  if (values.rank === 0) {
    const hit = empty
      .scatterAdd(flat(at), builder.fill('int32', [at.type.size], 1), 0, says)
      .eq(0)
      .not()
    return hit.where(values.expand(hit.shape), flat(x)).reshape(shape)
  }
  // A stable sort brings equal positions together in the order of writing: the last of each run is the one that stays.
  const [sorted, order] = flat(at).sort(0)
  const { size } = at.type
  const changes = sorted
    .slice([0], [size - 1])
    .eq(sorted.slice([1], [size]))
    .not()
  const last = builder.concat([changes, builder.fill('bool', [1], 1)], 0)
  const written = last.where(flat(values).gather(order, 0), 0)
  const hit = empty.scatterAdd(sorted, last.cast('int32'), 0, says).eq(0).not()
  return hit.where(builder.fill(x.dtype, [x.type.size], 0).scatterAdd(sorted, written, 0), flat(x)).reshape(shape)
}
const addAt = (x: Sym, { at, says }: Places, values: Sym): Sym =>
  flat(x).scatterAdd(flat(at), flat(values), 0, says).reshape(x.shape)

export const gather: Op<AlongAxis> = new Op('gather', ([x, index], { axis }) => [
  takeAlong('gather', dimensioned(x!), dimensioned(index!), axis).reshape(index!.shape),
])
/** The index broadcasts with the tensor but along the axis. */
export const takeAlongDim: Op<AlongAxis> = new Op('takeAlongDim', ([x, index], { axis }) => {
  const shapes = [x!.shape, index!.shape]
  if (x!.rank !== index!.rank)
    throw new ShapeError('takeAlongDim', shapes, 'the index must have as many dimensions as the tensor')
  const common = broadcastShapes(
    'takeAlongDim',
    shapes.map((shape) => shape.with(axis, 1)),
  )
  const [wide, at] = [x!, index!].map((operand) => operand.expand(common.with(axis, operand.shape[axis]!)))
  return [takeAlong('takeAlongDim', wide!, at!, axis)]
})

/** The part of the source that the index covers; numbers fill it. */
function sourceFor(operation: string, x: Sym, index: Sym, source: Sym): Sym {
  if (source.rank === 0 && index.rank > 0) return castNumber(operation, source, x.dtype)
  if (source.dtype !== x.dtype)
    throw new DTypeError(operation, [x.dtype, source.dtype], 'the source must have the dtype of the tensor')
  if (index.type.size === 0) return source.builder.fill(source.dtype, index.shape, 0)
  if (source.rank !== index.rank || index.shape.some((size, axis) => size > source.shape[axis]!))
    throw new ShapeError(operation, [index.shape, source.shape], 'the source must be at least as large as the index')
  return source.slice(
    index.shape.map(() => 0),
    index.shape,
  )
}
/** (x, index, source): x with the source's elements at the index along the axis. */
export const scatter: Op<AlongAxis> = new Op('scatter', ([x, index, source], { axis }) => {
  const at = alongAxis('scatter', dimensioned(x!), dimensioned(index!), axis)
  return [put(x!, at, sourceFor('scatter', x!, index!, source!))]
})
export const scatterAdd: Op<AlongAxis> = new Op('scatterAdd', ([x, index, source], { axis }) => {
  const at = alongAxis('scatterAdd', dimensioned(x!), dimensioned(index!), axis)
  return [addAt(x!, at, sourceFor('scatterAdd', x!, index!, source!).expand(index!.shape))]
})

function assertVector(operation: string, index: Sym): Sym {
  if (index.rank > 1) throw new ShapeError(operation, [index.shape], 'the index must be a vector')
  return dimensioned(assertIndex(operation, index))
}
export const indexSelect: Op<AlongAxis> = new Op('indexSelect', ([x, index], { axis }) => [
  alongVector('indexSelect', dimensioned(x!), assertVector('indexSelect', index!), axis).reshape(
    x!.rank === 0 && index!.type.size === 1 ? [] : dimensioned(x!).shape.with(axis, index!.type.size),
  ),
])
const alongVector = (operation: string, x: Sym, index: Sym, axis: number, dim: number = axis): Sym =>
  x.gather(index, axis, notInDimension(operation, dim, x.shape[axis]!))
/** The index as a vector; the source shaped as what it names. 0-d tensors have one dimension here. */
function slicesOf(operation: string, x: Sym, index: Sym, source: Sym, axis: number): { index: Sym; source: Sym } {
  const vector = assertVector(operation, index)
  const wanted = x.shape.with(axis, vector.shape[0]!)
  const slices = x.rank === 1 ? dimensioned(source) : source
  if (slices.dtype !== x.dtype)
    throw new DTypeError(operation, [x.dtype, slices.dtype], 'the source must have the dtype of the tensor')
  if (!sameShape(slices.shape, wanted))
    throw new ShapeError(operation, [slices.shape, wanted], 'the source must be shaped as indexSelect(dim, index)')
  return { index: vector, source: slices }
}
/** (x, index, source, alpha): alpha times the source's slices added to those of x that the index names. */
export const indexAdd: Op<AlongAxis> = new Op('indexAdd', ([operand, names, given, alpha], { axis }) => {
  const x = dimensioned(operand!)
  const { index, source } = slicesOf('indexAdd', x, names!, given!, axis)
  const says = notInDimension('indexAdd', axis, x.shape[axis]!)
  return [x.scatterAdd(index, source.mul(alpha!.cast(source.dtype)), axis, says).reshape(operand!.shape)]
})
/** Flat positions of the slices that a vector of indices names. */
const slicesAt = (operation: string, x: Sym, index: Sym, axis: number): Places => ({
  at: alongVector(operation, positions(x), index, axis),
  says: notInDimension(operation, axis, x.type.size),
})
const positions = (x: Sym): Sym => x.builder.iota('int32', [x.type.size], 0).reshape(x.shape)
export const indexCopy: Op<AlongAxis> = new Op('indexCopy', ([operand, names, given], { axis }) => {
  const x = dimensioned(operand!)
  const { index, source } = slicesOf('indexCopy', x, names!, given!, axis)
  return [put(x, slicesAt('indexCopy', x, index, axis), source).reshape(operand!.shape)]
})
/** (x, index, value); negative indices count from the end. */
export const indexFill: Op<AlongAxis> = new Op('indexFill', ([operand, index, value], { axis }) => {
  const x = dimensioned(operand!)
  if (value!.rank > 0) throw new ShapeError('indexFill', [value!.shape], 'the value must be a number or a 0-d tensor')
  const at = fromEnd(assertVector('indexFill', index!), x.shape[axis]!)
  return [put(x, slicesAt('indexFill', x, at, axis), castNumber('indexFill', value!, x.dtype)).reshape(operand!.shape)]
})

// ---- Index tensors for several axes at once ---------------------------------------------------------------------------

/** Axes of x that index tensors stand for, ascending, and which dimensions of the user's tensor those are. */
export interface IndexAxes {
  readonly axes: readonly number[]
  readonly dims: readonly number[]
}

/** x at index tensors, which broadcast; negative indices count from the end. Their axes stay in place where adjacent, else come first. */
function advanced(operation: string, x: Sym, indices: readonly Sym[], { axes, dims }: IndexAxes): Sym {
  const bytes = indices.find((index) => index.dtype === 'uint8')
  if (bytes !== undefined && operation !== 'take')
    throw new DTypeError(
      operation,
      ['uint8'],
      'bytes are a mask in PyTorch; use bool() for a mask and int() for indices',
    )
  const at = broadcast(
    operation,
    indices.map((index) => assertIndex(operation, index)),
  )
  if (at.length === 1) {
    const [axis] = axes
    return alongVector(operation, x, fromEnd(at[0]!, x.shape[axis!]!), axis!, dims[0])
  }
  const sizes = axes.map((axis) => x.shape[axis]!)
  const strides = stridesOf(sizes)
  // Of several each is checked by itself, or an index beyond its own axis would be one of the next line.
  const flatIndex = at
    .map((index, i) =>
      checked(fromEnd(index, sizes[i]!), sizes[i]!, (total) =>
        notInDimension(operation, dims[i]!, sizes[i]!, total),
      ).mul(strides[i]!),
    )
    .reduce((sum, part) => sum.add(part))
  const rest = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis))
  const lines = x.permute([...axes, ...rest]).reshape([numel(sizes), ...rest.map((axis) => x.shape[axis]!)])
  const result = lines.gather(flatIndex, 0)
  const adjacent = axes.every((axis, i) => axis === axes[0]! + i)
  if (!adjacent) return result
  const [own, lead] = [flatIndex.rank, axes[0]!]
  const order = result.shape.map((_, axis) => axis)
  return result.permute([...order.slice(own, own + lead), ...order.slice(0, own), ...order.slice(own + lead)])
}
/** (x, ...indices) */
export const indexTensors: Op<IndexAxes> = new Op('at', ([x, ...indices], places) => [
  advanced('at', x!, indices, places),
])

interface Put extends IndexAxes {
  readonly accumulate: boolean
}
/** (x, values, ...indices): x with `values`, which broadcast, at the indices, or added there. */
const putting = (operation: string): Op<Put> =>
  new Op(operation, ([x, values, ...indices], { accumulate, ...axes }) => {
    // Positions are right by now, or the lookup of them has failed.
    const at = advanced(operation, positions(x!), indices, axes)
    const places: Places = { at, says: notInDimension(operation, axes.dims[0]!, x!.type.size) }
    const typed = values!.rank === 0 ? castNumber(operation, values!, x!.dtype) : values!.cast(x!.dtype)
    const whole = broadcastShapes(operation, [typed.shape, at.shape])
    if (!sameShape(whole, at.shape))
      throw new ShapeError(operation, [typed.shape, at.shape], 'the value does not broadcast to what is indexed')
    if (accumulate) return [addAt(x!, places, typed.expand(at.shape))]
    return [put(x!, places, typed.rank === 0 ? typed : typed.expand(at.shape))]
  })
export const setAt: Op<Put> = putting('setAt')
export const indexPut: Op<Put> = putting('indexPut')
/** x.flat at flat indices, shaped as the index. */
export const take: Op = new Op('take', ([x, index]) => [
  advanced('take', flat(x!), [assertIndex('take', index!)], { axes: [0], dims: [0] }),
])
