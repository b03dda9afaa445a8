/** Products of matrices: which kernel, by what an adapter is and how large they are. */
import type { Adapter, Kernel, Work } from '../kernel.ts'
import { inRegisters } from './registers.ts'
import { sizesOf, type Sizes } from './sizes.ts'
import { splitTerms } from './split.ts'
import { inWorkgroups, MOST_ROWS } from './workgroup.ts'

/** Results of a tile in registers, each way; an operand with fewer has no more. */
const TILE = 4
const tiled = (sizes: Sizes): readonly Work[] =>
  inRegisters(sizes, Math.min(TILE, Math.max(1, sizes.m)), Math.min(TILE, Math.max(1, sizes.n)))

/** So many lanes keep a small GPU busy; fewer results are better one to a lane, or several lanes to one. */
const FEW = 2 ** 14
/** Terms from which they are worth dividing. */
const MANY_TERMS = 128
/** Rows and columns from which a workgroup's tile is mostly full. */
const LARGE = 48

function onHardware(sizes: Sizes): readonly Work[] {
  const { batch, m, n, k, dtype } = sizes
  const results = batch * m * n
  if (results <= FEW) return results > 0 && k >= MANY_TERMS ? splitTerms(sizes) : inRegisters(sizes, 1, 1)
  if (dtype !== 'float32' || m < LARGE || n < LARGE || k === 0) return tiled(sizes)
  return inWorkgroups(sizes, m >= MOST_ROWS && results >= 2 ** 17 ? 8 : 4)
}
const BY_ADAPTER: { readonly [A in Adapter]: (sizes: Sizes) => readonly Work[] } = {
  software: tiled,
  hardware: onHardware,
}

const kernel: Kernel<'dot'> = (attrs, [a], [out], adapter) => BY_ADAPTER[adapter](sizesOf(attrs, a!, out!))

export const dot: { readonly dot: Kernel<'dot'> } = { dot: kernel }
