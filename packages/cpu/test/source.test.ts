/** Programs as source: the same numbers as the kernels, and no source where the policy forbids it. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LOOP, fuse, inline, simplify, type Backend, type Program, type Slice } from '@glissade/core/backend'
import { evaluate, randomProgram } from '@glissade/core/ir'
import { build } from 'esbuild'
import { expect, test } from 'vitest'
import { DTYPES, numel } from '@glissade/core/backend'
import { cpu } from '../src/index.ts'
import { programSource } from '../src/source/program.ts'
import { kernels } from '../src/kernels/index.ts'

/** Runs a program on a backend, from and to plain numbers. */
function run(
  backend: Backend,
  program: Program,
  inputs: readonly ArrayLike<number>[],
  scalars: readonly number[],
): number[][] {
  const place = (type: Program['inputs'][number]): Slice => ({
    storage: backend.allocate(numel(type.shape) * DTYPES[type.dtype].bytes),
    byteOffset: 0,
    type,
  })
  const from = program.inputs.map((type, i) => {
    const slice = place(type)
    const array = new DTYPES[type.dtype].array(
      new ArrayBuffer(numel(type.shape) * DTYPES[type.dtype].bytes),
      0,
      numel(type.shape),
    )
    array.set(inputs[i]!)
    backend.write(slice, new Uint8Array(array.buffer))
    return slice
  })
  const types = [
    ...program.inputs,
    ...program.scalars.map((dtype) => ({ dtype, shape: [] })),
    ...program.nodes.flatMap((node) => node.types),
  ]
  const to = program.outputs.map((value) => place(types[value]!))
  backend.prepare(program).run(from, to, Float64Array.from(scalars))
  return to.map((slice) => [
    ...new DTYPES[slice.type.dtype].array(backend.readSync!(slice).buffer, 0, numel(slice.type.shape)),
  ])
}

test('fused source gives the numbers of the definition on random programs', () => {
  const backend = cpu()
  let loops = 0
  for (let seed = 0; seed < 600; seed++) {
    const { program, inputs, scalars } = randomProgram(seed)
    const fused = fuse(simplify(inline(program)))
    loops += fused.nodes.filter((node) => node.op === LOOP).length
    const wanted = evaluate(program, inputs, scalars, { round: 'float32' })
    const found = run(backend, fused, inputs, scalars)
    wanted.forEach((values, k) => {
      values.forEach((x, i) => {
        const y = found[k]![i]!
        if (Object.is(x, y) || x === y) return
        expect(Math.abs(x - y), `seed ${seed}, output ${k}, element ${i}: ${y}, want ${x}`).toBeLessThanOrEqual(
          2e-5 * (1 + Math.abs(x)),
        )
      })
    })
  }
  expect(loops).toBeGreaterThan(300)
})

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
      console.log([...backend.capabilities.runs].join(), losses.join())`
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
    expect(runs).toBe(LOOP)
    expect(losses!.split(',')[0]).toBe('1.3904')
    // (The first word is gone where nothing is listed.)
    expect(output(['--disallow-code-generation-from-strings']).at(-1)).toBe(losses)
    expect(output(['--disallow-code-generation-from-strings']).length).toBe(1)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
