/**
 * The one way from a program as it is written to the program that a backend prepares: what has state is laid side by side,
 * composites become their bodies, what changes nothing goes, loops are fused, and outputs take the place of the state that they
 * replace. Passes are called in this file and nowhere else.
 */
import type { Capabilities, Program } from '../contract/contract.ts'
import { LOOP } from '../contract/loop.ts'
import { donations } from './donation.ts'
import { fuse } from './fuse.ts'
import { sideBySide } from './side-by-side.ts'
import { simplify } from './simplify.ts'
import type { Row } from './join-updates.ts'

/**
 * The program as a backend with these capabilities gets it: composites that it does not run inlined, simplified, and fused where
 * it runs loops, over no more storages than it can bind. Inputs, scalars and outputs stay what they are.
 */
export function lower(
  program: Program,
  { runs, limits }: Pick<Capabilities, 'runs'> & Partial<Pick<Capabilities, 'limits'>>,
): Program {
  const simple = simplify(program, runs)
  return runs.has(LOOP) ? fuse(simple, limits) : simple
}

/** What a program does to state that lies outside of it. */
export interface State {
  /** Per output, the input that it replaces, or null. */
  readonly replaces: readonly (number | null)[]
  /** Whether these inputs may lie side by side in one storage. Default: none may. */
  readonly mayJoin?: (inputs: readonly number[]) => boolean
}
/** A lowered program and what became of its inputs and outputs: those that are left, then one for each row. */
export interface Lowered {
  readonly program: Program
  /** By their numbers in the program as written. */
  readonly inputs: readonly number[]
  readonly outputs: readonly number[]
  /** Inputs and outputs that became one of each. */
  readonly rows: readonly Row[]
}

/** The same for a program with state: `lower`, with state side by side and donated. */
export function lowerWithState(
  program: Program,
  { runs, limits }: Pick<Capabilities, 'runs' | 'limits'>,
  { replaces, mayJoin }: State,
): Lowered {
  const joined = mayJoin === undefined ? null : sideBySide(program, replaces, { ...limits, mayJoin })
  const { inputs, outputs, rows } = joined ?? {
    inputs: program.inputs.map((_, input) => input),
    outputs: program.outputs.map((_, output) => output),
    rows: [],
  }
  const inputAt = new Map(inputs.map((input, at) => [input, at]))
  const own = [
    ...outputs.map((output) => {
      const input = replaces[output] ?? null
      return input === null ? null : inputAt.get(input)!
    }),
    ...rows.map((_, row) => inputs.length + row),
  ]
  const lowered = lower(joined?.program ?? program, { runs, limits })
  return { program: { ...lowered, donated: donations(lowered, own) }, inputs, outputs, rows }
}
