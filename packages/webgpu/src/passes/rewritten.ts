/** A program with other nodes in the place of some, values numbered anew. */
import { valuesOf, type Node, type Program } from '@glissade/core/backend'

/** Adds a node; gives its first result. */
export type Add = (node: Node) => number

/** @param rewrite adds what stands for a node, whose operands have their new numbers, and gives the first of its results */
export function rewritten(program: Program, rewrite: (node: Node, index: number, add: Add) => number): Program {
  const { types, firstResult, starts } = valuesOf(program)
  const nodes: Node[] = []
  let next = firstResult
  const add: Add = (node) => {
    nodes.push(node)
    next += node.types.length
    return next - node.types.length
  }
  const valueAt = types.map((_, value) => value)
  program.nodes.forEach((node, i) => {
    const first = rewrite({ ...node, args: node.args.map((arg) => valueAt[arg]!) }, i, add)
    node.types.forEach((_, k) => (valueAt[starts[i]! + k] = first + k))
  })
  return { ...program, nodes, outputs: program.outputs.map((output) => valueAt[output]!) }
}
