/** Programs as core gives them to a backend that runs loops and no other composite: inlined, simplified and fused. */
import type { Backend, Program } from '@glissade/core/backend'
import { LOOP, lowerWithState } from '@glissade/core/backend'

/** Excuses a backend that gets no loops: it runs their bodies, which are tried elsewhere. */
export const withoutLoops = (backend: Backend): string | null =>
  backend.capabilities.runs.has(LOOP) ? null : 'the backend does not run loops'

/** What decides how a program is lowered, in a backend that runs loops and no other composite. */
const LOOPS = { runs: new Set([LOOP]), limits: { allocationBytes: Infinity, alignment: 1 } }

/** A program without loops would try nothing; null stands for it. */
export function fusedOrNull(program: Program): Program | null {
  const lowered = lowerWithState(program, LOOPS, { replaces: program.donated }).program
  return lowered.nodes.some(({ op }) => op === LOOP) ? lowered : null
}

export function fused(program: Program): Program {
  const lowered = fusedOrNull(program)
  if (lowered === null) throw new Error('core fused nothing in the program of this case')
  return lowered
}
