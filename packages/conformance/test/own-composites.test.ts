/** A backend that runs every composite of the table by itself, in another way than by its body one primitive after another. */
import {
  COMPOSITES,
  inline,
  UnsupportedError,
  type Backend,
  type CompositeName,
  type Program,
} from '@glissade/core/backend'
import { describe, expect, test } from 'vitest'
import { compositeCalls } from '../src/composite-calls/index.ts'
import { run } from '../src/index.ts'
import { hostBackend } from './host-backend.ts'

const NAMES = Object.keys(COMPOSITES) as CompositeName[]

/** It runs what stands under these names, and nothing else that has a body. */
function running(names: readonly string[]): Backend {
  const right = hostBackend()
  const runs = new Set(names)
  return {
    ...right,
    capabilities: { ...right.capabilities, runs },
    prepare(program: Program) {
      const other = program.nodes.find(({ op, body }) => body !== undefined && !runs.has(op))
      if (other !== undefined) throw new UnsupportedError(other.op, 'is not inlined', other.origin)
      return right.prepare(inline(program))
    },
  }
}

describe.each(NAMES)('%s', (name) => {
  test('has calls, which a right kernel passes', async () => {
    expect(compositeCalls[name].length).toBeGreaterThan(0)
    const report = await run({ create: () => running([name]), only: `*/${name}/*/by its kernel*` })
    expect(
      report.results.filter(({ status }) => status !== 'pass').map(({ id, detail }) => `${id}: ${detail}`),
    ).toEqual([])
    expect(report.counts.pass).toBeGreaterThanOrEqual(2 * compositeCalls[name].length)
  }, 60_000)
})
