/**
 * The committed samples are those that `thin` takes of all: `node tools/parity/operators/whole.mjs --thin` makes them anew, with
 * all samples in PARITY_OPERATORS and PARITY_MODULES.
 */
import { join } from 'node:path'
import { scope, setDefaultDevice } from '@glissade/core'
import * as nn from '@glissade/core/nn'
import { cpu } from '@glissade/cpu'
import { beforeAll, expect, test } from 'vitest'
import { MODULES } from './module-table.ts'
import { ModuleRun, type ModuleLine, type ModuleSample } from './module-run.ts'
import { Run } from './run.ts'
import { LeftOut, linesOf, type Operator, type Refusal, type Sample } from './sample.ts'
import { ruleOf } from './table.ts'
import { thin } from './thin.ts'

const fixtures = join(import.meta.dirname, '../../fixtures/operators')
const NEEDS = 'needs all samples: node tools/parity/operators/whole.mjs --thin'
/** How many refusals of an operator are kept. */
const REFUSALS = 12

beforeAll(() => setDefaultDevice(cpu()))

/** Those that can be asked here; the others are counted by reason. */
async function asked<T>(
  all: readonly T[],
  ask: (one: T) => Promise<unknown>,
  left: Record<string, number>,
): Promise<T[]> {
  const kept: T[] = []
  for (const one of all)
    try {
      await ask(one)
      kept.push(one)
    } catch (error) {
      if (error instanceof LeftOut) left[error.message] = (left[error.message] ?? 0) + 1
      else kept.push(one)
    }
  return kept
}
const text = (lines: readonly object[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join('')

test('operators.jsonl is what thin takes of all operators', async (context) => {
  const whole = process.env['PARITY_OPERATORS'] ?? context.skip(NEEDS)
  const lines: Operator[] = []
  for (const { read } of linesOf<Operator>(whole)) {
    const { name, samples, errors, ...rest } = read()
    const run = new Run(name, ruleOf(name))
    const left = { ...rest.left }
    const call = async (one: Sample | Refusal): Promise<unknown> => scope(async () => run.call(one))
    const kept = await asked(samples, call, left)
    const refused = (await asked(errors, call, left)).filter((one) => JSON.stringify(one).length < 2000)
    lines.push({ name, samples: thin(kept), errors: refused.slice(0, REFUSALS), left })
  }
  await expect(text(lines)).toMatchFileSnapshot(join(fixtures, 'operators.jsonl'))
}, 3_600_000)

test('modules.jsonl is what thin takes of all modules', async (context) => {
  const whole = process.env['PARITY_MODULES'] ?? context.skip(NEEDS)
  const lines: ModuleLine[] = []
  for (const { read } of linesOf<ModuleLine>(whole)) {
    const { name, samples, ...rest } = read()
    if (!(name in nn)) continue
    const run = new ModuleRun(name, MODULES[name] ?? {})
    const left = { ...rest.left }
    const kept = await asked(samples, async (one: ModuleSample) => scope(() => run.made(one)), left)
    lines.push({ name, samples: thin(kept), left })
  }
  await expect(text(lines)).toMatchFileSnapshot(join(fixtures, 'modules.jsonl'))
}, 3_600_000)
