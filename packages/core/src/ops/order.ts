/** Extremes with their indices, and sorting. NaN counts as greatest; equal elements keep their order. */
import { OptionError, ShapeError } from '../contract/errors.ts'
import type { Sym } from '../ir/builder.ts'
import { isFloat } from '../ir/type.ts'
import { traceComposite } from '../ir/composite.ts'
import { Composite, NONE, Op } from '../engine/op.ts'
import { part } from './arrangement.ts'
import { takeAlong } from './indexing.ts'
import { flat, opposite, type AlongAxis } from './reduction.ts'

/** 0-d operands as vectors; bool as integers. The results get the shape and dtype back. */
function ordered(x: Sym, rule: (x: Sym) => [Sym, Sym]): [Sym, Sym] {
  const vector = x.rank === 0 ? x.reshape([1]) : x
  const [values, indices] = rule(vector.dtype === 'bool' ? vector.cast('int32') : vector)
  const restore = (y: Sym): Sym => (x.rank === 0 && y.type.size === 1 ? y.reshape([]) : y)
  return [restore(values).cast(x.dtype), restore(indices)]
}

/** The elements at `index` along an axis, which has been reduced in the index. */
function reduced(x: Sym, index: Sym, axis: number, keepdim: boolean): [Sym, Sym] {
  const kept = index.reshape(x.shape.with(axis, 1))
  const values = takeAlong('max', x, kept, axis)
  return keepdim ? [values, kept] : [values.reshape(index.shape), index]
}
interface Extreme extends AlongAxis {
  readonly keepdim: boolean
}
const extreme = (name: string, index: (x: Sym, axis: number) => Sym): Op<Extreme> =>
  new Op(name, ([x], { axis, keepdim }) => {
    assertElements(name, x!, axis)
    return ordered(x!, (y) => reduced(y, index(y, axis), axis, keepdim))
  })
/** Of no elements none is the one. */
function assertElements(operation: string, { shape }: Sym, axis: number): void {
  if (shape[axis] === 0) throw new ShapeError(operation, [shape], `dimension ${axis} is empty`)
}
/** (values, indices); the gradient goes to the element at the index. */
export const max: Op<Extreme> = extreme('max', (x, axis) => x.argmax(axis))
export const min: Op<Extreme> = extreme('min', (x, axis) => opposite(x).argmax(axis))

export const sort: Op<AlongAxis & { readonly descending: boolean }> = new Op('sort', ([x], { axis, descending }) =>
  ordered(x!, (y) => y.sort(axis, descending)),
)

export const topk: Op<AlongAxis & { readonly k: number; readonly largest: boolean }> = new Op(
  'topk',
  ([x], { axis, k, largest }) =>
    ordered(x!, (y) => {
      const [values, indices] = y.sort(axis, largest)
      return [part(values, axis, 0, k), part(indices, axis, 0, k)]
    }),
)

/** The k-th smallest, from 1. */
export const kthvalue: Op<Extreme & { readonly k: number }> = new Op('kthvalue', ([x], { axis, keepdim, k }) =>
  ordered(x!, (y) => {
    const size = y.shape[axis]!
    if (!(k >= 1 && k <= size)) throw new OptionError('kthvalue', `k must be from 1 to ${size} (got ${k})`)
    const [, indices] = y.sort(axis)
    return reduced(y, part(indices, axis, k - 1, k).reshape(y.shape.toSpliced(axis, 1)), axis, keepdim)
  }),
)

const middleOf = (x: Sym, axis: number, keepdim: boolean): [Sym, Sym] =>
  ordered(x, (y) => {
    const middle = Math.max(0, Math.floor((y.shape[axis]! - 1) / 2))
    const [, indices] = y.sort(axis)
    const index = part(indices, axis, middle, middle + 1).reshape(y.shape.toSpliced(axis, 1))
    const greatest = y.argmax(axis)
    const top = takeAlong('median', y, greatest.reshape(y.shape.with(axis, 1)), axis).reshape(index.shape)
    return reduced(y, top.eq(top).where(index, greatest), axis, keepdim)
  })
/** The lower of the two middle elements; NaN where there is one. */
export const median: Op<Extreme> = new Op('median', ([x], { axis, keepdim }) => {
  assertElements('median', x!, axis)
  return middleOf(x!, axis, keepdim)
})

/** Of all elements; those that equal it (a NaN all NaNs) share its gradient evenly. */
export const medianOfAll: Op = new Op('medianOfAll', ([x], _, builder) => [
  x!.type.size === 0 && isFloat(x!.dtype) ? builder.fill(x!.dtype, [], NaN) : middleOfAll(x!),
])
const middleOfAll = (x: Sym): Sym => {
  const line = flat(x)
  assertElements('median', line, 0)
  return traceComposite(medianNode, x.builder, [line], NONE)[0]!
}
export const medianNode = new Composite(
  'medianOfAll',
  ([x]) => [middleOf(x!, 0, false)[0]],
  ([g], [x], [value]) => {
    const middle = value!.expand(x!.shape)
    const equal = x!
      .eq(middle)
      .or(x!.eq(x!).or(middle.eq(middle)).not())
      .cast(x!.dtype)
    return [
      g!
        .div(flat(equal).sum([0]))
        .expand(x!.shape)
        .mul(equal),
    ]
  },
)
