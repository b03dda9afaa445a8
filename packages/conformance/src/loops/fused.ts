/** Programs as core gives them to a backend that runs loops and no other composite: inlined, simplified and fused. */
import type { Backend, Program } from '@glissade/core/backend'
import { LOOP, lowerWithState } from '@glissade/core/backend'

/** Excuses a backend that gets no loops: it runs their bodies, which are tried elsewhere. */
export const withoutLoops = (backend: Backend): string | null =>
  backend.capabilities.runs.has(LOOP) ? null : 'the backend does not run loops'

const LOOPS = new Set([LOOP])

/**
 * A program without loops would try nothing; null stands for it.
 * @param backend whose loops touch no more storages than it says
 */
export function fusedOrNull(program: Program, backend?: Backend): Program | null {
  const { storages = Infinity } = backend?.capabilities.limits ?? {}
  const limits = { allocationBytes: Infinity, alignment: 1, storages }
  const lowered = lowerWithState(program, { runs: LOOPS, limits }, { replaces: program.donated }).program
  return lowered.nodes.some(({ op }) => op === LOOP) ? lowered : null
}

export function fused(program: Program, backend: Backend): Program {
  const lowered = fusedOrNull(program, backend)
  if (lowered === null) throw new Error('core fused nothing in the program of this case')
  return lowered
}
