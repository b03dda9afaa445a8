/** The first case that a broken backend fails. Cases run until then, so that hundreds of mutants take a minute. */
import type { Backend } from '@glissade/core/backend'
import { cases, type Case } from '../../src/index.ts'
import { messageOf } from '../../src/case.ts'
import { anyOf } from '../../src/pattern.ts'
import { within } from '../../src/clock.ts'
import type { Mutant } from './mutant.ts'

export interface Caught {
  readonly id: string
  readonly detail: string
}
const HANGS = 10_000

async function failure(one: Case, backend: Backend): Promise<string | null> {
  try {
    const { ok, detail } = await within(HANGS, one.run(backend))
    return ok ? null : detail
  } catch (error) {
    return messageOf(error)
  }
}

/** Null where nothing among its cases fails. Random programs do not count: they catch by luck. */
export async function caught({ only, create }: Pick<Mutant, 'only' | 'create'>): Promise<Caught | null> {
  const shared = await create()
  const matches = anyOf(only)
  const own = cases().filter(({ id }) => matches(id) && !id.includes('/random '))
  if (own.length === 0) throw new Error(`no case matches ${String(only)}`)
  try {
    for (const one of own) {
      const backend = one.fresh ? await create() : shared
      if (one.excuse(backend) !== null) continue
      const detail = await failure(one, backend)
      if (detail !== null) return { id: one.id, detail }
    }
    return null
  } finally {
    end(shared)
  }
}

/** What a right backend fails in a case; null where it passes. */
export async function failureOf(id: string, create: () => Promise<Backend>): Promise<string | null> {
  const backend = await create()
  try {
    return await failure(
      cases().find((one) => one.id === id)!,
      backend,
    )
  } finally {
    end(backend)
  }
}

/** Threads and memory are given back; what is broken may refuse. */
function end(backend: Backend): void {
  try {
    backend.destroy()
  } catch {
    // So be it.
  }
}
