/** A compiled step can be prepared before it is called: nothing runs, nothing changes, and the call takes over what was made. */
import { beforeEach, describe, expect, test } from 'vitest'
import type { Backend, Executable } from '../../src/backend/index.ts'
import {
  compile,
  defaultGenerator,
  manualSeed,
  memory,
  randn,
  setDefaultDevice,
  type Compiled,
  type Tensor,
} from '../../src/index.ts'
import * as F from '../../src/functional/index.ts'
import * as nn from '../../src/nn/index.ts'
import * as optim from '../../src/optim/index.ts'
import { queuedBackend } from '../queued-backend.ts'

/** Programs that the backend was asked to prepare, whose `ready` waits for the test. */
interface Asked {
  readonly nodes: number
  readonly settle: (error?: Error) => void
  released: boolean
}
let asked: Asked[]
/** Whether programs are ready at once. */
let atOnce: boolean
let backend: Backend
beforeEach(async () => {
  asked = []
  atOnce = true
  const right = await queuedBackend()
  backend = {
    ...right,
    prepare(program): Executable {
      const executable = right.prepare(program)
      let settle: Asked['settle'] = () => {}
      const ready = new Promise<void>((resolve, reject) => {
        settle = (error) => (error === undefined ? resolve() : reject(error))
      })
      const entry: Asked = { nodes: program.nodes.length, settle, released: false }
      if (atOnce) settle()
      asked.push(entry)
      return {
        ...executable,
        ready,
        release() {
          entry.released = true
          executable.release()
        },
      }
    },
  }
  setDefaultDevice(backend)
})

interface Setup {
  readonly model: nn.Module
  readonly optimizer: optim.Optimizer<never>
  readonly step: Compiled<[Tensor, Tensor], Tensor>
}
/** A step with all that changes state: parameters, running statistics, draws, an optimizer's state and counters, a schedule. */
function setup(make: (model: nn.Sequential) => unknown): Setup {
  manualSeed(7)
  const model = new nn.Sequential(new nn.Linear(4, 6), new nn.BatchNorm1d(6), new nn.Dropout(0.5), new nn.Linear(6, 1))
  const optimizer = make(model) as optim.Optimizer<never>
  const schedule = new optim.lrScheduler.StepLR(optimizer, { stepSize: 1, gamma: 0.5 })
  const step = compile((x: Tensor, y: Tensor) => {
    optimizer.zeroGrad()
    const loss = F.mseLoss(model(x), y)
    loss.backward()
    optimizer.step()
    schedule.step()
    return loss
  })
  return { model, optimizer, step }
}
const optimizers: [string, (model: nn.Sequential) => unknown][] = [
  ['SGD', (model) => new optim.SGD(model.parameters(), { lr: 0.1 })],
  ['SGD with momentum', (model) => new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 })],
  ['SGD with dampening', (model) => new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9, dampening: 0.5 })],
  ['Adam', (model) => new optim.Adam(model.parameters(), { lr: 0.1 })],
]
const operands = (): [Tensor, Tensor] => [randn([5, 4]), randn([5, 1])]

async function stateOf({ model, optimizer, step }: Setup): Promise<unknown> {
  const tensors = await Promise.all(
    [...model.stateDict()].map(async ([key, value]) => [key, [...(await value.data())]]),
  )
  return {
    tensors,
    grads: [...model.parameters()].map(({ grad }) => grad),
    groups: optimizer.paramGroups.map(({ lr }) => lr),
    states: optimizer.state.size,
    generator: [...defaultGenerator.getState()],
    programs: step.programs.length,
    bytes: memory().tensors,
  }
}

describe.each(optimizers)('%s', (_, make) => {
  test('preparing changes nothing', async () => {
    const made = setup(make)
    const [x, y] = operands()
    const before = await stateOf(made)
    await made.step.prepare(x, y)
    expect(await stateOf(made)).toEqual(before)
  })
  test('a prepared step gives the numbers of one that was not', async () => {
    const losses = async (isPrepared: boolean): Promise<number[]> => {
      const { step } = setup(make)
      const [x, y] = operands()
      if (isPrepared) await step.prepare(x, y)
      const found: number[] = []
      for (let i = 0; i < 4; i++) found.push(await step(x, y).item())
      return found
    }
    expect(await losses(true)).toEqual(await losses(false))
  })
  test('the call runs what was prepared', async () => {
    const { step } = setup(make)
    const [x, y] = operands()
    await step.prepare(x, y)
    const sizes = asked.map(({ nodes }) => nodes)
    const step1 = Math.max(...sizes)
    expect(sizes.filter((nodes) => nodes === step1)).toHaveLength(1)
    step(x, y)
    expect(asked.slice(sizes.length).filter(({ nodes }) => nodes === step1)).toHaveLength(0)
    expect(step.programs).toHaveLength(1)
  })
})

test('it waits for the executable, and two askers share one', async () => {
  const step = compile((x: Tensor) => x.mul(2).sum())
  const x = randn([3])
  atOnce = false
  let isReady = false
  const waiting = [step.prepare(x), step.prepare(x)]
  void Promise.all(waiting).then(() => (isReady = true))
  await backend.settle()
  expect([asked.length, isReady]).toEqual([1, false])
  asked[0]!.settle()
  await Promise.all(waiting)
  step(x)
  expect(asked).toHaveLength(1)
  // From now on it is the step's own.
  await step.prepare(x)
  expect(asked).toHaveLength(1)
})

test('other operands are another program', async () => {
  const step = compile((x: Tensor) => x.mul(2).sum())
  await Promise.all([step.prepare(randn([3])), step.prepare(randn([4]))])
  expect(asked).toHaveLength(2)
  for (const size of [4, 3]) step(randn([size]))
  expect(asked).toHaveLength(2)
})

test('it rejects with what stands against it, and forgets it', async () => {
  const step = compile((x: Tensor) => x.mul(2).sum())
  const x = randn([3])
  atOnce = false
  const prepared = step.prepare(x)
  await backend.settle()
  asked[0]!.settle(new Error('no such instruction'))
  await expect(prepared).rejects.toThrow('no such instruction')
  expect(asked[0]!.released).toBe(true)
  atOnce = true
  await step.prepare(x)
  expect(asked).toHaveLength(2)
  await expect(compile((y: Tensor) => y.reshape([7])).prepare(x)).rejects.toThrow('reshape')
  await expect(compile((y: Tensor) => y.sum().itemSync()).prepare(x)).rejects.toThrow('being recorded')
})
