/** Elements that move or appear: every element of the result is one of an operand's, or given. */
import { stridesOf } from '../../contract/dtype.ts'
import { position, represent, tabulate, type Definition, type Value } from './value.ts'

type Movement = 'reshape' | 'permute' | 'expand' | 'slice' | 'pad' | 'flip' | 'concat' | 'constant' | 'iota'

/** Reads x by index. */
function reader(x: Value): (index: readonly number[]) => number {
  const strides = stridesOf(x.type.shape)
  return (index) => x.data[position(strides, index)]!
}

export const movement: { readonly [P in Movement]: Definition<P> } = {
  reshape: (_, [x]) => [x!.data.slice()],
  permute: ({ order }, [x], [type]) => {
    const at = reader(x!)
    const axisInResult = order.map((_, axis) => order.indexOf(axis))
    return [tabulate(type!, (index) => at(axisInResult.map((axis) => index[axis]!)))]
  },
  expand: (_, [x], [type]) => {
    const at = reader(x!)
    const { shape } = x!.type
    const lead = type!.shape.length - shape.length
    return [tabulate(type!, (index) => at(shape.map((size, axis) => (size === 1 ? 0 : index[lead + axis]!))))]
  },
  slice: ({ start, step }, [x], [type]) => {
    const at = reader(x!)
    return [tabulate(type!, (index) => at(index.map((i, axis) => start[axis]! + i * step[axis]!)))]
  },
  pad: ({ low, interior, value }, [x], [type]) => {
    const at = reader(x!)
    const { dtype, shape } = x!.type
    const filler = represent(dtype, value)
    return [
      tabulate(type!, (index) => {
        const source = index.map((i, axis) => (i - low[axis]!) / (interior[axis]! + 1))
        return source.every((i, axis) => Number.isInteger(i) && i >= 0 && i < shape[axis]!) ? at(source) : filler
      }),
    ]
  },
  flip: ({ axes }, [x], [type]) => {
    const at = reader(x!)
    const { shape } = type!
    return [tabulate(type!, (index) => at(index.map((i, axis) => (axes.includes(axis) ? shape[axis]! - 1 - i : i))))]
  },
  concat: ({ axis }, args, [type]) => {
    const readers = args.map(reader)
    const source = args.flatMap((x, part) => Array.from({ length: x.type.shape[axis]! }, (_, i) => ({ part, i })))
    return [
      tabulate(type!, (index) => {
        const { part, i } = source[index[axis]!]!
        return readers[part]!(index.with(axis, i))
      }),
    ]
  },
  constant: ({ dtype, value }, _, [type]) => [
    tabulate(type!, (_index, at) => represent(dtype, typeof value === 'number' ? value : value[at]!)),
  ],
  iota: ({ axis }, _, [type]) => [tabulate(type!, (index) => index[axis]!)],
}
