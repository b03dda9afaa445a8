/**
 * Dispatches of a training step: they cost more than most of what they do, and do not depend on the adapter. A number that falls is
 * written down here; one that rises needs a reason.
 */
import { expect, test } from 'vitest'
import { planOf } from '../src/plan/plan.ts'
import { LIMITS, programOf } from './recorded.ts'
import { WORKS } from './works.ts'

const DISPATCHES: Readonly<Record<keyof typeof WORKS, number>> = {
  seed: 1,
  mlp: 4,
  wide: 10,
  cnn: 19,
  transformer: 77,
  lstm: 4,
  normalized: 3,
  smooth: 1,
}

for (const [name, work] of Object.entries(WORKS))
  test(`${name}: so many dispatches are a step`, async () => {
    const { dispatches } = planOf(await programOf(work), LIMITS)
    expect(dispatches.length).toBe(DISPATCHES[name as keyof typeof WORKS])
  })

test('a stage of its own for each where nothing is small', async () => {
  const { dispatches } = planOf(await programOf(WORKS.seed), { ...LIMITS, small: 0 })
  expect(dispatches.length).toBeGreaterThan(DISPATCHES.seed)
  for (const { storages } of dispatches) expect(storages.length).toBeLessThanOrEqual(LIMITS.storages)
})
