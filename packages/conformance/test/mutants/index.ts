/** Backends broken on purpose, each in one way that somebody has shipped or might. The kit must catch every one. */
import type { Mutant } from './mutant.ts'
import { composites } from './composites.ts'
import { contract } from './contract.ts'
import { elsewhere } from './elsewhere.ts'
import { host } from './host.ts'
import { late } from './late.ts'
import { lines } from './lines.ts'
import { halves } from './halves.ts'
import { loops } from './loops.ts'
import { places } from './places.ts'
import { profile } from './profile.ts'
import { programs } from './programs.ts'
import { runs } from './runs.ts'
import { sizes } from './sizes.ts'
import { source } from './source.ts'
import { starter } from './starter.ts'
import { values } from './values.ts'
import { loops as wasmLoops } from './wasm/loops.ts'
import { division, movement } from './wasm/movement.ts'
import { products } from './wasm/products.ts'
import { rewrittenWasm, TEAM } from './wasm/rewritten.ts'
import { boundsOfWgsl } from './wgsl.ts'

export const mutants: readonly Mutant[] = [
  ...values,
  ...halves,
  ...places,
  ...contract,
  ...late,
  ...composites,
  ...loops,
  ...sizes,
  ...runs,
  ...profile,
  ...lines,
  ...host,
  ...starter,
  ...source,
  ...elsewhere,
  ...programs,
  ...[wasmLoops, products, movement].flatMap((rows) => rewrittenWasm(rows)),
  ...rewrittenWasm(division, TEAM),
  ...boundsOfWgsl,
]
