/** Which cases run: by patterns of ids, and a part of each kind that is soon over. */
import type { Case } from './case.ts'
import { anyOf, listOf, matcher, type Patterns } from './pattern.ts'

export interface Selection {
  /** Patterns of ids: what matches none of them does not run. */
  readonly only?: Patterns
  /** Patterns of ids: what matches one of them does not run. */
  readonly except?: Patterns
  /** A part of every kind, for development: it still earns *runs*. */
  readonly fast?: boolean
}

/** Of every so many cases one; of 0 none. The first row that matches counts. */
const SPARSE: readonly (readonly [pattern: string, every: number])[] = [
  // *runs* asks for these.
  ['*/order/*', 1],
  ['*/memory/*', 1],
  ['*/aliasing/*', 1],
  ['*/donation/*', 1],
  ['*/large/*', 0],
  ['*/training/*', 0],
  ['*long sums', 0],
  ['*gradient*', 0],
  ['*words', 0],
  ['*of 1024', 0],
  ['*of 512', 0],
  ['*70001*', 20],
  ['*132179*', 20],
  ['*69993*', 20],
  ['*300,257*', 20],
  ['*[262151]*', 0],
  ['*, long', 12],
  ['*usual', 9],
  ['*waves', 9],
  ['*rising', 9],
  ['*in a long line', 9],
  ['*again and again', 7],
  ['*every size*', 9],
  ['*of the table*', 20],
  ['*/dot/*small integers', 9],
  ['*/conv/*small integers', 7],
  ['compiled/program/*', 20],
  ['compiled/loop/*', 24],
  ['compiled/sgd/*', 9],
  ['compiled/*', 7],
]

function sparse(all: readonly Case[]): Case[] {
  const rows = SPARSE.map(([pattern, every]) => ({ matches: matcher(pattern), every, seen: 0 }))
  return all.filter(({ id }) => {
    const row = rows.find(({ matches }) => matches(id))
    return row === undefined || (row.every > 0 && row.seen++ % row.every === 0)
  })
}

/** What is chosen, in words; null where it is everything. */
export function describe({ only, except, fast }: Selection): string | null {
  const parts = [
    ...(fast ? ['the fast part'] : []),
    ...(listOf(only).length > 0 ? [`only ${listOf(only).join(' ')}`] : []),
    ...(listOf(except).length > 0 ? [`all but ${listOf(except).join(' ')}`] : []),
  ]
  return parts.length === 0 ? null : parts.join(', ')
}

/** Throws where a pattern matches nothing. */
export function select(all: readonly Case[], { only, except, fast }: Selection): Case[] {
  for (const pattern of [...listOf(only), ...listOf(except)]) {
    const matches = matcher(pattern)
    if (!all.some(({ id }) => matches(id)))
      throw new Error(`conformance: no case matches '${pattern}'; ids look like ${all[100]!.id}`)
  }
  const [wanted, unwanted] = [only === undefined ? () => true : anyOf(only), anyOf(except ?? [])]
  const chosen = all.filter(({ id }) => wanted(id) && !unwanted(id))
  if (chosen.length === 0)
    throw new Error(`conformance: what matches ${describe({ only: only!, except: except! })!} is excepted`)
  return fast ? sparse(chosen) : chosen
}
