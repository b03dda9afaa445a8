/** From a program to what a run does: dispatches in order, over storages that are bound when it runs. */
import { layout, type DType, type Program } from '@glissade/core/backend'
import type { Adapter } from '../kernels/kernel.ts'
import { withEpilogues } from '../passes/epilogues.ts'
import { sorted } from '../passes/sorted.ts'
import { widen } from '../passes/widen.ts'
import type { Dispatch } from './dispatch.ts'
import { grouped } from './groups.ts'
import type { Bound } from './stage.ts'
import { spilled } from './spilled.ts'
import { stagesOf, type MayFail } from './stages.ts'

export interface Plan {
  readonly storages: readonly Bound[]
  readonly dispatches: readonly Dispatch[]
  /** Bytes of the pieces of scratch. */
  readonly scratch: readonly number[]
  /** The numbers of constants, a word each. */
  readonly table: Uint32Array
  /** A run's numbers, a word each: the scalars, then for each of these nodes what names it in a failure. */
  readonly scalars: readonly DType[]
  readonly mayFail: readonly MayFail[]
}

/** What the device allows, and what it is. */
export interface Limits {
  /** Of a storage. */
  readonly allocationBytes: number
  /** Storages that a dispatch binds, failures among them. */
  readonly storages: number
  /** Element operations of a stage that one workgroup does after another; 0 leaves each stage a dispatch of its own. */
  readonly small: number
  readonly adapter: Adapter
}

export function planOf(given: Program, limits: Limits): Plan {
  const widened = widen(withEpilogues(sorted(given), limits.storages))
  const placed = layout(widened.program, {
    alignment: 4,
    inPlace: ['scatterAdd'],
    scalars: 'apart',
    allocationBytes: limits.allocationBytes,
  })
  const staged = stagesOf(widened, placed, limits.adapter)
  const [storages, scratch] = [[...staged.storages], [...placed.scratch]]
  const stages = spilled(staged.stages, limits.storages, storages, scratch)
  return {
    storages,
    dispatches: grouped(stages, storages, given.donated, limits),
    scratch,
    table: Uint32Array.from(staged.table),
    scalars: given.scalars,
    mayFail: staged.mayFail,
  }
}
