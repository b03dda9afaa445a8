/** Programs that a backend changed on the way to its kernels. */
import type { Node, Program } from '@glissade/core/backend'
import { Builder, type Sym } from '@glissade/core/ir'

/**
 * The program with what `write` writes in the place of each node; `copied` writes the node as it is.
 * @param more outputs beside its own
 */
export function rewritten(
  program: Program,
  write: (node: Node, args: readonly Sym[], builder: Builder, copied: () => readonly Sym[]) => readonly Sym[],
  more: readonly Sym[] = [],
): Program {
  const builder = new Builder()
  const values: Sym[] = [
    ...program.inputs.map((type) => builder.input(type)),
    ...program.scalars.map((dtype) => builder.scalar(dtype)),
  ]
  for (const node of program.nodes) {
    const args = node.args.map((arg) => values[arg]!)
    const copied = (): readonly Sym[] => builder.node(node.op, node.attrs, args, node.types, node.body)
    values.push(...write(node, args, builder, copied))
  }
  return builder.finish(
    [...program.outputs.map((value) => values[value]!), ...more],
    [...program.donated, ...more.map(() => null)],
  )
}
