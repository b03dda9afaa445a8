/** Stages that run in one dispatch of a shader. */
import { LANES } from '../kernels/kernel.ts'
import { readsOf, type Stage } from './stage.ts'

export interface Dispatch {
  readonly stages: readonly Stage[]
  /** The storages that it binds, by their numbers in the plan. */
  readonly storages: readonly number[]
  readonly workgroups: number
}

/** A stage in a dispatch of its own. */
export function dispatchOf(stage: Stage): Dispatch {
  const { by, items } = stage.work
  const touched = [...readsOf(stage), ...stage.results].map(({ storage }) => storage)
  return {
    stages: [stage],
    storages: [...new Set(touched)],
    workgroups: by === 'group' ? items : Math.ceil(items / LANES),
  }
}
