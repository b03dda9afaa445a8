/** A compiled step that cannot run (an index out of range, no memory) leaves what it did not write in place as it was. */
import { beforeEach, describe, expect, test } from 'vitest'
import { compile, manualSeed, memory, randn, setDefaultDevice, setMemoryBudget, type Tensor } from '../../src/index.ts'
import type { Backend } from '../../src/backend/index.ts'
import * as nn from '../../src/nn/index.ts'
import * as optim from '../../src/optim/index.ts'
import { queuedBackend, type QueuedBackend } from '../queued-backend.ts'

let backend: QueuedBackend
/** Runs fail while it is set. */
let refuses = false
beforeEach(async () => {
  refuses = false
  backend = await queuedBackend()
  const refusing: Backend = Object.assign(Object.create(backend) as QueuedBackend, {
    prepare: (program: Parameters<Backend['prepare']>[0]): ReturnType<Backend['prepare']> => {
      const executable = backend.prepare(program)
      return {
        ...executable,
        run(...args) {
          if (refuses) throw new Error('refused')
          executable.run(...args)
        },
      }
    },
  })
  setDefaultDevice(refusing)
})

interface Training {
  readonly model: nn.Module
  readonly optimizer: optim.Optimizer<never>
  readonly scheduler: optim.lrScheduler.StepLR
  readonly step: (x: Tensor) => Tensor
}
const optimizers: [string, (parameters: Tensor[]) => unknown][] = [
  ['SGD with momentum', (parameters) => new optim.SGD(parameters, { lr: 0.1, momentum: 0.9 })],
  ['SGD with dampening', (parameters) => new optim.SGD(parameters, { lr: 0.1, momentum: 0.9, dampening: 0.5 })],
  ['Adam', (parameters) => new optim.Adam(parameters, { lr: 0.1 })],
]
function training(make: (parameters: Tensor[]) => unknown): Training {
  manualSeed(3)
  const model = new nn.Linear(4, 3)
  const optimizer = make(model.parameters()) as optim.Optimizer<never>
  const scheduler = new optim.lrScheduler.StepLR(optimizer, { stepSize: 1, gamma: 0.5 })
  const step = (x: Tensor): Tensor => {
    optimizer.zeroGrad()
    const loss = model(x).square().mean()
    loss.backward()
    optimizer.step()
    scheduler.step()
    return loss
  }
  return { model, optimizer, scheduler, step: compile(step) }
}
async function stateOf({ model, optimizer, scheduler }: Training): Promise<unknown> {
  const numbers = async (tensors: Iterable<Tensor>): Promise<number[][]> =>
    Promise.all([...tensors].map(async (tensor) => [...(await tensor.data())].map(Number)))
  return [
    await numbers(model.stateDict().values()),
    await Promise.all([...optimizer.state.values()].map(async (state) => numbers(state.values()))),
    [...optimizer.steps.values()],
    optimizer.stateDict().param_groups,
    scheduler.stateDict(),
  ]
}

describe.each(optimizers)('%s', (_, make) => {
  test.each([0, 1, 2, 3])('a failure after %i steps changes nothing', async (count) => {
    const [plain, failing] = [training(make), training(make)]
    const x = randn([5, 4])
    for (let i = 0; i < count; i++) for (const { step } of [plain, failing]) step(x)
    const before = await stateOf(failing)
    const { tensors } = memory()
    const live: number[] = []
    for (let i = 0; i < 3; i++) {
      refuses = true
      expect(() => failing.step(x)).toThrow('refused')
      refuses = false
      expect(memory().tensors).toBe(tensors)
      live.push(memory().live)
      expect(await stateOf(failing)).toEqual(before)
    }
    // The first may have brought state side by side.
    expect(live[2]).toBe(live[0])
    for (let i = 0; i < 3; i++)
      expect(await failing.step(x).item(), `step ${i} after it`).toBe(await plain.step(x).item())
    expect(await stateOf(failing)).toEqual(await stateOf(plain))
  })
  test('nor does a step that finds no memory for its results', async () => {
    const trained = training(make)
    const x = randn([5, 4])
    for (let i = 0; i < 3; i++) trained.step(x)
    const before = await stateOf(trained)
    // Somebody else sees the weights, so that the step needs others.
    const seen = trained.model.parameters().map((parameter) => parameter.detach())
    const { tensors, live } = memory()
    setMemoryBudget(tensors + 32)
    expect(() => trained.step(x)).toThrow(/budget/)
    setMemoryBudget(Infinity)
    expect(memory()).toMatchObject({ tensors, live })
    expect(await stateOf(trained)).toEqual(before)
    expect(seen).toHaveLength(2)
  })
})
