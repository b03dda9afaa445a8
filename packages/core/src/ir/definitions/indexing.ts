/** Elements by index: gather, its adjoint, and sort. */
import type { Attributes } from '../../contract/contract.ts'
import { stridesOf } from '../../contract/dtype.ts'
import { outOfRange } from '../../contract/errors.ts'
import { each, eachLine, isGreater, position, stored, tabulate, type Definition, type Value } from './value.ts'

type Indexing = 'gather' | 'scatterAdd' | 'sort'

/** From an index of `gather(x, index)` to the position in x of the element there. */
function target(op: string, attrs: Attributes['gather'], x: Value, index: Value): (at: readonly number[]) => number {
  const { axis } = attrs
  const size = x.type.shape[axis]!
  for (const i of index.data) if (i < 0 || i >= size) throw outOfRange(op, attrs, i, size)
  const rank = index.type.shape.length
  const strides = stridesOf(x.type.shape)
  const indexStrides = stridesOf(index.type.shape)
  return (at) =>
    position(strides, at.toSpliced(axis, rank, index.data[position(indexStrides, at.slice(axis, axis + rank))]!))
}

const ascending = (a: number, b: number): number => Number(isGreater(a, b)) - Number(isGreater(b, a))

export const indexing: { readonly [P in Indexing]: Definition<P> } = {
  gather: (attrs, [x, index], [type]) => {
    const from = target('gather', attrs, x!, index!)
    return [tabulate(type!, (at) => x!.data[from(at)]!)]
  },
  scatterAdd: (attrs, [x, index, updates], [type]) => {
    const into = target('scatterAdd', attrs, x!, index!)
    const data = x!.data.slice()
    each(updates!.type.shape, (at, i) => {
      data[into(at)] = stored[type!.dtype](data[into(at)]! + updates!.data[i]!)
    })
    return [data]
  },
  sort: ({ axis, descending }, [x], [type]) => {
    const values = new Float64Array(type!.size)
    const indices = new Float64Array(type!.size)
    eachLine(type!.shape, axis, (line) => {
      const at = (i: number): number => x!.data[line[i]!]!
      // Array.sort is stable, so equal elements keep their order in both directions.
      const order = line
        .map((_, i) => i)
        .toSorted((i, j) => (descending ? ascending(at(j), at(i)) : ascending(at(i), at(j))))
      order.forEach((from, to) => {
        values[line[to]!] = at(from)
        indices[line[to]!] = from
      })
    })
    return [values, indices]
  },
}
