/** PyTorch's modules: forward, gradients by inputs and parameters, and buffers, on every backend, eager and compiled. */
import { rmSync } from 'node:fs'
import { setDefaultDevice } from '@glissade/core'
import * as nn from '@glissade/core/nn'
import { beforeAll, describe, expect, test } from 'vitest'
import { backends } from '../backends.ts'
import { Agreement, titleOf, type Difference } from './agreement.ts'
import { MODULES as KNOWN } from './differences.ts'
import { MODULES } from './module-table.ts'
import { ModuleRun, type ModuleLine } from './module-run.ts'
import { fixture, linesOf } from './sample.ts'

/** All samples, where whole.mjs made them; else those in the repository. */
const WHOLE = process.env['PARITY_MODULES']
const files = WHOLE === undefined ? [fixture('modules.jsonl'), fixture('module-rows.jsonl')] : [WHOLE]
/** How many samples of a module are run in each way beside the eager one. */
const MOST = WHOLE === undefined ? 2 : 12

const lines = files
  .flatMap((file) => linesOf<ModuleLine>(file))
  .filter(({ name }) => name in nn)
  .map(({ name, read }) => ({ name, read, title: WHOLE === undefined ? titleOf(name, read().left) : name }))

/** Differences that were met, on any backend. */
const met = new Set<Difference>()

describe.each(Object.entries(backends))('%s', (backend, create) => {
  beforeAll(async () => {
    setDefaultDevice(await create())
    if (WHOLE !== undefined) rmSync(`${WHOLE}.${backend}.txt`, { force: true })
  })
  test.each(lines)('$title', async ({ name, read }) => {
    const run = new ModuleRun(name, MODULES[name] ?? {})
    const agreement = new Agreement(name, KNOWN)
    for (const sample of read().samples) {
      // The constructor's arguments belong to what is shown of a sample.
      const shown = { k: `${sample.k}${sample.training ? '' : ' (eval)'}`, a: { ...sample.c, ...sample.a } }
      if (!(await agreement.asked('eager', shown, async () => run.sample(sample, 'eager')))) continue
      for (const way of ['views', 'compiled'] as const)
        if (agreement.count(way) < MOST) await agreement.asked(way, shown, async () => run.sample(sample, way))
    }
    for (const one of agreement.met) met.add(one)
    if (WHOLE !== undefined) agreement.append(`${WHOLE}.${backend}.txt`)
    if (agreement.faults.length > 0) expect.fail(String(agreement))
    expect(agreement.faults).toEqual([])
  })
})

test('every known difference is still one', (context) => {
  if (WHOLE === undefined) context.skip('among few samples many a difference does not show')
  expect(KNOWN.filter((one) => !met.has(one))).toEqual([])
})
