/** A backend that cheats where few look earns nothing, and is told all of it. */
import { describe, expect, test } from 'vitest'
import { cases, failuresOf, run } from '../src/index.ts'
import { summarize, type Result } from '../src/report.ts'
import { cheating, cheats } from './cheats/backend.ts'
import { caught } from './mutants/caught.ts'

const OPERATIONS = Object.keys(cheats)
const LONG = 300_000

test('there are twenty', () => {
  expect(OPERATIONS.length + 1).toBe(20)
})
describe('each by itself is found by a case of its operation', () => {
  test.each(OPERATIONS)(
    '%s',
    async (op) => {
      const alone = { [op]: cheats[op as keyof typeof cheats]! }
      expect(await caught({ only: `*/${op}/*`, create: () => cheating(alone, false) })).not.toBeNull()
    },
    LONG,
  )
  test('sgd', async () => {
    expect(await caught({ only: '*/sgd/*', create: () => cheating({}) })).not.toBeNull()
  })
})
test(
  'all together earn no badge, also if whatever else there is had passed',
  async () => {
    const only = [...OPERATIONS.map((op) => `eager/${op}/*`), '*/sgd/*']
    const report = await run({ create: () => cheating(), only })
    const found = new Map(report.results.map((result) => [result.id, result]))
    const results = cases().map(
      ({ id, level }): Result =>
        found.get(id) ?? { id, level, status: 'pass', worstUlp: 0, allowedUlp: 0, ms: 0, detail: '' },
    )
    const whole = summarize(cheating(), results)
    expect(whole).toMatchObject({ verdict: 'does not conform', badges: [] })
    const { own, following } = failuresOf(whole)
    const named = [...own, ...following].map(({ operation }) => operation)
    expect(named).toEqual(expect.arrayContaining([...OPERATIONS, 'sgd']))
    expect(own.map(({ operation }) => operation)).toEqual(expect.arrayContaining(OPERATIONS))
  },
  LONG,
)
