/** What the kernels of a compiled step take, told by its backend; and that nothing changes by asking. */
import { beforeEach, expect, test } from 'vitest'
import type { Backend, KernelTime, Program } from '../../src/backend/index.ts'
import {
  compile,
  defaultGenerator,
  manualSeed,
  memory,
  randn,
  setDefaultDevice,
  tensor,
  type Tensor,
} from '../../src/index.ts'
import * as F from '../../src/functional/index.ts'
import * as nn from '../../src/nn/index.ts'
import * as optim from '../../src/optim/index.ts'
import { queuedBackend } from '../queued-backend.ts'

/** Every node takes 1000 ns a FLOP-less run of it, the first run ten times that; values are computed as by `run`. */
async function profiling(): Promise<Backend> {
  const right = await queuedBackend()
  return {
    ...right,
    prepare(program: Program) {
      const executable = right.prepare(program)
      let runs = 0
      return {
        ...executable,
        async profile(...given): Promise<readonly KernelTime[]> {
          executable.run(...given)
          const ns = runs++ === 0 ? 10_000 : 1000
          await right.settle()
          return program.nodes.map(({ op }, i) => ({ kernel: `${op}_kernel`, nodes: [i], ns }))
        },
      }
    },
  }
}
beforeEach(async () => setDefaultDevice(await profiling()))

function setup() {
  manualSeed(7)
  const model = new nn.Sequential(new nn.Linear(4, 3), new nn.Dropout(0.5), new nn.Linear(3, 1))
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.1 })
  const step = compile(
    (x: Tensor, y: Tensor) => {
      optimizer.zeroGrad()
      const loss = F.mseLoss(model(x), y)
      loss.backward()
      optimizer.step()
      return loss
    },
    { name: 'step' },
  )
  return { model, optimizer, step }
}
const operands = (): [Tensor, Tensor] => [randn([5, 4]), randn([5, 1])]

test('kernels have their nodes, modules, shares and rates, of the fastest of the runs', async () => {
  const { step } = setup()
  const profile = await step.profile(...operands())
  const { kernels, ns } = profile
  expect(ns).toBe(1000 * kernels.length)
  expect(kernels.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1)
  const products = kernels.filter(({ ops }) => ops.includes('dot'))
  // [5, 4] by [4, 3] is 2 x 5 x 4 x 3 = 120 operations, in 1 us.
  expect(products[0]).toMatchObject({ kernel: 'dot_kernel', modules: ['0'], flops: 120, ns: 1000 })
  expect(products[0]!.flopsPerSecond).toBeCloseTo(120e6, 0)
  const text = String(profile)
  expect(text).toMatch(/^step on queued: \d+ kernels, \d+\.0 us, \d+(\.\d)?k?FLOP, \d+\.\dMFLOP\/s\n/)
  expect(text).toMatch(/\ndot_kernel +\d+ dot +0 +1\.0 us +\d\.\d% +120\.0MFLOP\/s/)
})

test.each([0, 3])('nothing changes, after %i steps', async (steps) => {
  const { model, optimizer, step } = setup()
  const [x, y] = operands()
  for (let i = 0; i < steps; i++) await step(x, y).item()
  const state = async (): Promise<unknown> => ({
    tensors: await Promise.all([...model.stateDict().values()].map(async (value) => [...(await value.data())])),
    states: await Promise.all(
      [...optimizer.state.values()].flatMap((own) => [...own.values()].map(async (value) => [...(await value.data())])),
    ),
    generator: [...defaultGenerator.getState()],
    programs: step.programs.length,
    bytes: memory(),
  })
  const before = await state()
  await step.profile(x, y)
  expect(await state()).toEqual(before)
})

test('it reads the state of now: an index that is out of range then rejects it', async () => {
  const table = tensor([1, 2, 3])
  const index = tensor([0, 2], { dtype: 'int32' })
  const look = compile((k: Tensor) => table.indexSelect(0, index).mul(k))
  await look.profile(tensor(2))
  index.assign(tensor([0, 3], { dtype: 'int32' }))
  await expect(look.profile(tensor(2))).rejects.toThrow('3')
})

test('a backend that cannot tell is named', async () => {
  setDefaultDevice(await queuedBackend())
  await expect(setup().step.profile(...operands())).rejects.toThrow(
    'step: the queued backend cannot tell what its kernels take; use explain()',
  )
})
