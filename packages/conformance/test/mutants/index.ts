/** Backends broken on purpose, each in one way that somebody has shipped or might. The kit must catch every one. */
import type { Mutant } from './mutant.ts'
import { composites } from './composites.ts'
import { contract } from './contract.ts'
import { host } from './host.ts'
import { lines } from './lines.ts'
import { halves } from './halves.ts'
import { loops } from './loops.ts'
import { places } from './places.ts'
import { profile } from './profile.ts'
import { runs } from './runs.ts'
import { sizes } from './sizes.ts'
import { source } from './source.ts'
import { starter } from './starter.ts'
import { values } from './values.ts'

export const mutants: readonly Mutant[] = [
  ...values,
  ...halves,
  ...places,
  ...contract,
  ...composites,
  ...loops,
  ...sizes,
  ...runs,
  ...profile,
  ...lines,
  ...host,
  ...starter,
  ...source,
]
