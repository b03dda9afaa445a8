/**
 * Convolutions that read planes where they lie. The gradient of a filter is a convolution of operands whose images and
 * channels have changed places; as a product it finds its elements by address anyway, so nothing needs to be moved.
 */
import { valuesOf, type Attributes, type Node, type Program } from '@glissade/core/backend'
import { readsPlaces, type ConvAttributes } from './codegen/conv.ts'

const swapsPlanes = (node: Node | undefined): boolean =>
  node?.op === 'permute' &&
  (node.attrs as Attributes['permute']).order.every((axis, i) => axis === (i === 0 ? 1 : i === 1 ? 0 : i))

/** The same program with such permutations as reshapes, whose bytes are those of their operand. */
export function withoutSwaps(program: Program): Program {
  const { nodes, outputs, donated } = program
  if (!nodes.some(({ op }) => op === 'conv')) return program
  const { types, firstResult, producer } = valuesOf(program)
  const uses = new Int32Array(types.length)
  for (const value of [...nodes.flatMap(({ args }) => args), ...outputs]) uses[value]!++
  /** Whether its bytes may be those of an input in whose place an output is written. */
  const mayChange = (value: number): boolean => {
    if (value < firstResult) return donated.includes(value)
    const { op, args } = nodes[producer[value]!]!
    return (op === 'reshape' || op === 'slice') && mayChange(args[0]!)
  }
  const written = [...nodes]
  nodes.forEach((node, i) => {
    if (node.op !== 'conv') return
    const attrs = node.attrs as Attributes['conv']
    const swapped = node.args.map((arg, k) => {
      const made = nodes[producer[arg]!]
      return (
        swapsPlanes(made) &&
        uses[arg] === 1 &&
        !mayChange(made!.args[0]!) &&
        readsPlaces(
          attrs,
          node.args.map((operand) => types[operand]!),
          node.types[0]!,
          k,
        )
      )
    })
    if (!swapped.includes(true)) return
    written[i] = { ...node, attrs: { ...attrs, swapped } satisfies ConvAttributes }
    node.args.forEach((arg, k) => {
      if (!swapped[k]) return
      const at = producer[arg]!
      written[at] = { ...nodes[at]!, op: 'reshape', attrs: { shape: types[arg]!.shape } }
    })
  })
  return { ...program, nodes: written }
}
