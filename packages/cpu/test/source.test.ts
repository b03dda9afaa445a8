/** Programs as source: to be looked at, and none where the policy forbids it. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fuse, LOOP } from '@glissade/core/backend'
import { randomProgram } from '@glissade/core/ir'
import { build } from 'esbuild'
import { expect, test } from 'vitest'
import { programSource } from '../src/source/program.ts'
import { kernels } from '../src/kernels/index.ts'

test('the source of a program can be looked at', () => {
  const { program } = randomProgram(3)
  expect(programSource(fuse(program), kernels).source).toMatchSnapshot()
})

test('where code may not be made from text the kernels run, with the same losses', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'glissade-'))
  try {
    const outfile = join(folder, 'seed.mjs')
    const contents = `
      import { compile, manualSeed, randn, setDefaultDevice } from '@glissade/core'
      import * as nn from '@glissade/core/nn'
      import * as optim from '@glissade/core/optim'
      import { cpu } from './src/index.ts'
      const backend = cpu()
      setDefaultDevice(backend)
      manualSeed(0)
      const model = new nn.Sequential(new nn.Linear(10, 5), new nn.ReLU(), new nn.Linear(5, 1))
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.01, momentum: 0.9 })
      const [x, target] = [randn([2, 10]), randn([2, 1])]
      const step = compile(() => {
        optimizer.zeroGrad()
        const loss = new nn.MSELoss()(model(x), target)
        loss.backward()
        optimizer.step()
        return loss
      })
      const losses = [step(), step(), step()].map((loss) => loss.itemSync().toFixed(4))
      console.log(backend.capabilities.runs.has('${LOOP}'), losses.join())`
    await build({
      stdin: { contents, resolveDir: join(import.meta.dirname, '..'), loader: 'ts' },
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'node',
      conditions: ['@glissade/source'],
    })
    const output = (flags: string[]): string[] =>
      execFileSync(process.execPath, [...flags, outfile], { encoding: 'utf8' })
        .trim()
        .split(' ')
    const [runs, losses] = output([])
    expect(runs).toBe('true')
    expect(losses!.split(',')[0]).toBe('1.3904')
    expect(output(['--disallow-code-generation-from-strings'])).toEqual(['false', losses])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
