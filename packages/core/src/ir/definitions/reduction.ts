/** Many elements to one, or to a running one. */
import type { DType, REDUCTION } from '../../contract/contract.ts'
import { stridesOf } from '../../contract/dtype.ts'
import { each, eachLine, isGreater, position, product, stored, type Definition } from './value.ts'

type Fold = (typeof REDUCTION)[number]

const fold =
  (first: number, combine: (dtype: DType) => (sum: number, x: number) => number): Definition<Fold> =>
  ({ axes }, [x], [type]) => {
    const { dtype, shape } = x!.type
    const next = combine(dtype)
    // Strides into the result: 0 along the axes that disappear.
    const kept = stridesOf(type!.shape)
    const strides = shape.map((_, axis) => (axes.includes(axis) ? 0 : kept.shift()!))
    const data = new Float64Array(type!.size).fill(first)
    each(shape, (index, at) => {
      const to = position(strides, index)
      data[to] = stored[dtype](next(data[to]!, x!.data[at]!))
    })
    return [data]
  }

export const reduction: { readonly [P in Fold | 'argmax' | 'cumsum']: Definition<P> } = {
  sum: fold(0, () => (sum, x) => sum + x),
  prod: fold(1, product),
  max: fold(-Infinity, () => Math.max),
  min: fold(Infinity, () => Math.min),
  argmax: ({ axis }, [x], [type]) => {
    const data = new Float64Array(type!.size)
    eachLine(x!.type.shape, axis, (line, to) => {
      const values = line.map((at) => x!.data[at]!)
      data[to] = values.reduce((best, value, i) => (isGreater(value, values[best]!) ? i : best), 0)
    })
    return [data]
  },
  cumsum: ({ axis, reverse }, [x], [type]) => {
    const data = new Float64Array(type!.size)
    eachLine(x!.type.shape, axis, (line) => {
      let sum = 0
      for (const at of reverse ? line.toReversed() : line) data[at] = sum = stored[type!.dtype](sum + x!.data[at]!)
    })
    return [data]
  },
}
