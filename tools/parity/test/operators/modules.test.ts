/** PyTorch's modules: forward, gradients by inputs and parameters, and buffers, on every backend, eager and compiled. */
import * as nn from '@glissade/core/nn'
import { MODULES as known } from './differences.ts'
import { testEverySample } from './every-sample.ts'
import { MODULES } from './module-table.ts'
import { ModuleRun, type ModuleLine } from './module-run.ts'
import { fixture } from './sample.ts'

testEverySample<ModuleLine>({
  whole: process.env['PARITY_MODULES'],
  files: [fixture('modules.jsonl'), fixture('module-rows.jsonl')],
  known,
  has: (name) => name in nn,
  async run(name, { samples }, agreement, { most }) {
    const run = new ModuleRun(name, MODULES[name] ?? {})
    for (const sample of samples) {
      // The constructor's arguments belong to what is shown of a sample.
      const shown = { k: `${sample.k}${sample.training ? '' : ' (eval)'}`, a: { ...sample.c, ...sample.a } }
      if (!(await agreement.asked('eager', shown, async () => run.sample(sample, 'eager')))) continue
      for (const way of ['views', 'compiled'] as const)
        if (agreement.count(way) < most) await agreement.asked(way, shown, async () => run.sample(sample, way))
    }
  },
})
