/** Stages that run in one dispatch of a shader. */
import { LANES } from '../kernels/kernel.ts'
import type { Stage } from './stage.ts'

/**
 * How the pieces of several stages are spread over workgroups:
 * - `wide`: side by side. None needs what another makes.
 * - `team`: one workgroup does one stage after the other. All are small.
 * - `rows`: workgroup p does part p of each stage, one after the other. Each needs of the others that part alone.
 */
export type Spread = 'wide' | 'team' | 'rows'

export interface Dispatch {
  readonly spread: Spread
  readonly parts: readonly {
    readonly stage: Stage
    /** Whether it needs what lanes of the same workgroup wrote before. */
    readonly waits: boolean
  }[]
  /** The storages that it binds, by their numbers in the plan. */
  readonly storages: readonly number[]
  readonly workgroups: number
}

/** Workgroups of a stage alone. */
export const workgroupsOf = ({ work: { by, items } }: Stage): number =>
  by === 'group' ? items : Math.ceil(items / LANES)
