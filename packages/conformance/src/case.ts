/** What the kit is made of: a case is plain data with a function, and knows no test runner. */
import type { Backend, DType, Node } from '@glissade/core/backend'
import { isByBits } from './tolerance.ts'

export interface Case {
  /** `mode/op/dtype/shapes/what`: never reused for another meaning. */
  readonly id: string
  /** Only a failed `must` makes a backend non-conforming. */
  readonly level: 'must' | 'should'
  /** It may break the backend (loses or destroys it), so it gets one of its own. */
  readonly fresh?: true
  /** It judges what the others left behind, so it runs last. */
  readonly last?: true
  /** Why this backend need not pass; judged from `backend.capabilities`, never from `backend.name`. */
  excuse(backend: Backend): string | null
  run(backend: Backend): Promise<Measurement>
}

export interface Measurement {
  readonly ok: boolean
  /** The greatest distance from the wanted value, in units in the last place of the wanted value. */
  readonly worstUlp: number
  /** What was allowed there. */
  readonly allowedUlp: number
  /** What is wrong, or '' where nothing is. */
  readonly detail: string
  /** Of a failure: what the case ran last. */
  readonly ran?: Ran
}

/** What a backend was given to do. */
export interface Ran {
  /** Operations of the programs that were prepared, also those within bodies. */
  readonly ops: readonly string[]
  /** The operands of the last run, printed. */
  readonly inputs: string
}

export const passed: Measurement = { ok: true, worstUlp: 0, allowedUlp: 0, detail: '' }
export const failed = (detail: string): Measurement => ({ ok: false, worstUlp: 0, allowedUlp: 0, detail })

/** Excuses a backend that lacks one of these dtypes. */
export function lacking(backend: Backend, dtypes: Iterable<DType>): string | null {
  for (const dtype of dtypes)
    if (!backend.capabilities.dtypes.has(dtype)) return `the backend does not declare ${dtype}`
  return null
}

/** WGSL's rules let an implementation assume that there are no such values, where it computes with them. */
export const inexact = (
  backend: Backend,
  what: string,
  nodes: () => readonly Pick<Node, 'op' | 'attrs'>[],
): string | null =>
  backend.capabilities.accuracy !== 'wgsl' || nodes().every(isByBits)
    ? null
    : `WGSL's accuracy rules say nothing of ${what}`

/** Excuses a backend that cannot hold `bytes` in one storage. */
export const tooLarge = (backend: Backend, bytes: number): string | null =>
  backend.capabilities.limits.allocationBytes < bytes ? `needs a storage of ${bytes} bytes` : null

/** A text of any error that was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
