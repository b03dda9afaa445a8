/** Pairs from many seeds on one device; a failing one is shown as a program. */
import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { generate } from './generate.ts'
import { runPair, type Place, type Verdict } from './pair.ts'
import { shrink } from './shrink.ts'

/** A file with a program, in the place of those from seeds. */
const PROGRAM = process.env['STEPS_PROGRAM']
const FIRST = Number(process.env['STEPS_SEED'] ?? 0)
const PAIRS = PROGRAM === undefined ? Number(process.env['STEPS_PAIRS'] ?? 1000) : 1
const GROUP = 50

/** Of all pairs: a test that passes where everything is refused would prove nothing. Of a few pairs there is no telling. */
const EQUAL = PAIRS < GROUP ? 0 : 0.6

function failure(place: Place, seed: number, text: string, verdict: Verdict): string {
  const small = shrink(text, verdict, place)
  return (
    `seed ${seed} on ${place.name}: ${small.verdict.outcome}\n${small.verdict.detail}\n\n${small.text}\n\n` +
    `The whole program: STEPS_SEED=${seed} STEPS_PAIRS=1`
  )
}

/** The law of `README.md`. */
export function attack(place: Place): void {
  // Schedulers warn where a program calls them before the optimizer.
  beforeEach(() => void vi.spyOn(console, 'warn').mockImplementation(() => {}))
  afterEach(() => void vi.restoreAllMocks())

  describe(`${PAIRS} random programs on ${place.name}`, () => {
    let equal = 0
    const groups = Array.from({ length: Math.ceil(PAIRS / GROUP) }, (_, i) => FIRST + i * GROUP)
    test.each(groups)('compiled equals eager, or is refused: seeds from %i', async (from) => {
      for (let seed = from; seed < Math.min(from + GROUP, FIRST + PAIRS); seed++) {
        const text = PROGRAM === undefined ? generate(seed) : readFileSync(PROGRAM, 'utf8')
        const verdict = runPair(text, place)
        if (verdict.isFault) expect.fail(failure(place, seed, text, verdict))
        if (verdict.outcome === 'equal') equal++
        // Finalizers run between macrotasks.
        await new Promise((resolve) => void setImmediate(resolve))
      }
    })
    test(`at least ${EQUAL * 100} % of them run to their ends with equal numbers`, () => {
      expect(equal / PAIRS).toBeGreaterThanOrEqual(EQUAL)
    })
  })
}
