/** Programs as core gives them to a backend that runs loops and no other composite: inlined, simplified and fused. */
import type { Backend, Program } from '@glissade/core/backend'
import { fuse, inline, LOOP, simplify } from '@glissade/core/backend'

/** Excuses a backend that gets no loops: it runs their bodies, which are tried elsewhere. */
export const withoutLoops = (backend: Backend): string | null =>
  backend.capabilities.runs.has(LOOP) ? null : 'the backend does not run loops'

/** A program without loops would try nothing; null stands for it. */
export function fusedOrNull(program: Program): Program | null {
  const lowered = fuse(simplify(inline(program)))
  return lowered.nodes.some(({ op }) => op === LOOP) ? { ...lowered, donated: safelyDonated(lowered) } : null
}

export function fused(program: Program): Program {
  const lowered = fusedOrNull(program)
  if (lowered === null) throw new Error('core fused nothing in the program of this case')
  return lowered
}

/** Fusion moves nodes: an output takes the place of an input only where its own loop alone reads that. */
function safelyDonated({ inputs, scalars, nodes, outputs, donated }: Program): (number | null)[] {
  const makers: number[] = new Array<number>(inputs.length + scalars.length).fill(-1)
  nodes.forEach((node, i) => makers.push(...node.types.map(() => i)))
  return donated.map((input, output) => {
    if (input === null) return null
    const readers = nodes.flatMap((node, i) => (node.args.includes(input) ? [i] : []))
    const maker = makers[outputs[output]!]!
    return nodes[maker]!.op === LOOP && readers.every((reader) => reader === maker) ? input : null
  })
}
