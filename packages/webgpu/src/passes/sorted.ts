/**
 * Long lines are sorted in blocks, which are merged in pairs until one is left; sums at many indices go over the indices in order. A
 * kernel has no room of its own, so what lies between is values of the program.
 */
import { around } from '@glissade/codegen'
import { numel, valueTypes, type Attributes, type Node, type Program, type TensorType } from '@glissade/core/backend'
import { rewritten, type Add } from './rewritten.ts'

/** Elements of a block, and of the longest line that is sorted as one. */
export const BLOCK = 256
const WHOLE = 1024
/** Comparisons with indices from which on it pays to sort them. */
const MANY = 2 ** 22

/** Nodes that only this pass makes. Orders are the places of elements in their lines. */
export interface SortingAttributes {
  /** x to the order of each block. */
  sortBlocks: Attributes['sort']
  /** (x, order) to the order of each two runs of `width` together. */
  mergeRuns: Attributes['sort'] & { readonly width: number }
  /** (x, order) to values and order. */
  takeSorted: Attributes['sort']
  /** (x, sorted indices, their order, updates): `scatterAdd`. */
  scatterSorted: Attributes['scatterAdd']
}

/** Adds the nodes that sort x; gives the first result of the last, values and order. */
function addSort(add: Add, x: number, type: TensorType, attrs: Attributes['sort'], origin: string | undefined): number {
  const { size } = around(type.shape, attrs.axis)
  const order: TensorType = { dtype: 'int32', shape: type.shape }
  const named = origin === undefined ? {} : { origin }
  let from = add({ op: 'sortBlocks', attrs, args: [x], types: [order], ...named })
  for (let width = BLOCK; width < size; width *= 2)
    from = add({ op: 'mergeRuns', attrs: { ...attrs, width }, args: [x, from], types: [order], ...named })
  return add({ op: 'takeSorted', attrs, args: [x, from], types: [type, order], ...named })
}

const isLong = ({ op, attrs, types }: Node): boolean =>
  op === 'sort' && types[0]!.shape[(attrs as Attributes['sort']).axis]! > WHOLE
const isMany = ({ op, args, types }: Node, typeOf: readonly TensorType[]): boolean =>
  op === 'scatterAdd' && numel(types[0]!.shape) * numel(typeOf[args[1]!]!.shape) > MANY

export function sorted(program: Program): Program {
  const types = valueTypes(program)
  if (!program.nodes.some((node) => isLong(node) || isMany(node, types))) return program
  return rewritten(program, (node, i, add) => {
    const { args, attrs, origin, types: results } = program.nodes[i]!
    if (isLong(node)) return addSort(add, node.args[0]!, results[0]!, attrs as Attributes['sort'], origin)
    return isMany(program.nodes[i]!, types) ? addScatter(add, node, numel(types[args[1]!]!.shape)) : add(node)
  })
}

function addScatter(add: Add, node: Node, count: number): number {
  const [x, index, updates] = node.args as [number, number, number]
  const line: TensorType = { dtype: 'int32', shape: [count] }
  const flat = add({ op: 'reshape', attrs: { shape: line.shape }, args: [index], types: [line] })
  const order = addSort(add, flat, line, { axis: 0, descending: false }, node.origin)
  return add({ ...node, op: 'scatterSorted', args: [x, order, order + 1, updates] })
}
