/** Replaces composites by their bodies, but for those that a backend runs itself. */
import type { Program } from '../contract/contract.ts'
import { Builder, type Sym } from './builder.ts'
import { stays } from './composite.ts'

/** The program with the bodies of composites in their place, but for those that the backend `runs` by itself. */
export function inline(program: Program, runs: ReadonlySet<string> = new Set()): Program {
  if (program.nodes.every((node) => stays(node, runs))) return program
  const builder = new Builder()
  const args = [
    ...program.inputs.map((type) => builder.input(type)),
    ...program.scalars.map((dtype) => builder.scalar(dtype)),
  ]
  const write = (part: Program, operands: readonly Sym[]): Sym[] => {
    const values: Sym[] = [...operands]
    for (const node of part.nodes) {
      const nodeArgs = node.args.map((arg) => values[arg]!)
      const outer = builder.origin
      builder.origin = node.origin ?? outer
      values.push(
        ...(stays(node, runs)
          ? builder.node(node.op, node.attrs, nodeArgs, node.types, node.body)
          : write(node.body!, nodeArgs)),
      )
      builder.origin = outer
    }
    return part.outputs.map((value) => values[value]!)
  }
  return builder.finish(write(program, args), program.donated)
}
