/** State that lies side by side: the numbers of the eager loop, whatever happens to single parameters between the steps. */
import { beforeEach, expect, test } from 'vitest'
import { compile, manualSeed, memory, noGrad, randn, scope, setDefaultDevice, type Tensor } from '../../src/index.ts'
import type { Slice, Storage, TensorType } from '../../src/contract/contract.ts'
import * as nn from '../../src/nn/index.ts'
import * as optim from '../../src/optim/index.ts'
import { queuedBackend, type QueuedBackend } from '../queued-backend.ts'

let backend: QueuedBackend
beforeEach(async () => {
  backend = await queuedBackend()
  setDefaultDevice(backend)
})

type Step = (x: Tensor, y: Tensor) => Tensor
interface Setup {
  readonly model: nn.Sequential
  readonly optimizer: optim.SGD
  readonly step: Step
}
/** Shapes whose sizes are no multiples of the alignment. */
function setup(width = 5): Setup {
  manualSeed(7)
  const model = new nn.Sequential(new nn.Linear(3, width), new nn.Tanh(), new nn.Linear(width, 1))
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 })
  const step = (x: Tensor, y: Tensor): Tensor => {
    optimizer.zeroGrad()
    const loss = new nn.MSELoss()(model(x), y)
    loss.backward()
    optimizer.step()
    return loss
  }
  return { model, optimizer, step }
}

/** What happens between two steps, in both worlds. */
type Between = (setup: Setup, at: number) => unknown
async function run(compiled: boolean, between: Between): Promise<{ losses: number[]; last: Setup }> {
  const last = setup()
  const step: Step = compiled ? compile(last.step) : last.step
  const losses: number[] = []
  for (let at = 0; at < 8; at++) {
    losses.push(await step(randn([4, 3]), randn([4, 1])).item())
    between(last, at)
  }
  return { losses, last }
}
interface Placed extends Slice {
  readonly type: TensorType & { readonly byteLength: number }
}
/** The storage that holds these tensors, one after the other, and nothing else; null where there is none. */
function rowOf(tensors: readonly Tensor[]): Storage | null {
  const values = tensors.map((each) => (each as unknown as { readonly value: Placed }).value)
  const { storage } = values[0]!
  let end = 0
  for (const value of values) {
    if (value.storage !== storage || value.byteOffset < end) return null
    end = value.byteOffset + value.type.byteLength
  }
  return end === storage.byteLength ? storage : null
}
const row = ({ model }: Setup): Storage | null => rowOf([...model.parameters()])

test('parameters and their buffers have one storage each', async () => {
  const { last } = await run(true, () => {})
  expect(row(last)).not.toBeNull()
  const buffers = rowOf([...last.optimizer.state.values()].map((state) => state.get('momentum_buffer')!))
  expect(buffers).not.toBeNull()
  expect(buffers).not.toBe(row(last))
})

const kept: Tensor[] = []
const cases: [string, Between][] = [
  ['nothing', () => {}],
  [
    'one is assigned to',
    ({ model }, at) => {
      const [first] = [...model.parameters()]
      if (at === 4) noGrad(() => first!.assign(first!.mul(0.5)))
    },
  ],
  ['one is detached and kept', ({ model }) => kept.push([...model.parameters()][1]!.detach())],
  [
    'all are cloned',
    ({ model }, at) => (at % 2 === 0 ? kept.push(...[...model.parameters()].map((p) => p.clone())) : 0),
  ],
  [
    'all are loaded from a state dict',
    ({ model, optimizer }, at) => {
      if (at !== 3) return
      model.loadStateDict(model.stateDict())
      optimizer.loadStateDict(optimizer.stateDict())
    },
  ],
]
test.each(cases)('the losses are those of the eager loop when %s', async (_, between) => {
  kept.length = 0
  const eager = await run(false, between)
  const compiled = await run(true, between)
  expect(compiled.losses).toEqual(eager.losses)
  expect(row(eager.last)).toBeNull()
  expect(row(compiled.last)).not.toBeNull()
})

test('what was read of a parameter before stays what it was', async () => {
  const { model, step } = setup()
  const compiled = compile(step)
  const [x, y] = [randn([4, 3]), randn([4, 1])]
  for (let i = 0; i < 3; i++) compiled(x, y)
  const weight = [...model.parameters()][0]!
  const before = weight.detach().clone()
  const elements = [...(await before.data())]
  compiled(x, y)
  expect([...(await before.data())]).toEqual(elements)
  expect([...(await weight.data())]).not.toEqual(elements)
})

test('an operand of the step may be one of its parameters', async () => {
  const losses = async (compiled: boolean): Promise<number[]> => {
    // Not among the small tensors, whose storage outlives them.
    const { model, optimizer } = setup(39)
    const weight = [...model.parameters()][0]!
    const step = (x: Tensor, y: Tensor, w: Tensor): Tensor => {
      optimizer.zeroGrad()
      const loss = new nn.MSELoss()(model(x), y).add(w.detach().mul(w.detach()).mean())
      loss.backward()
      optimizer.step()
      return loss
    }
    const taken = compiled ? compile(step) : step
    const values = Array.from({ length: 5 }, () => taken(randn([4, 3]), randn([4, 1]), weight))
    return await Promise.all(values.map(async (value) => await value.item()))
  }
  expect(await losses(true)).toEqual(await losses(false))
})

test('steps for two batch sizes share a row', async () => {
  const last = setup()
  const compiled = compile(last.step)
  for (const size of [4, 4, 2, 2, 4]) compiled(randn([size, 3]), randn([size, 1]))
  const before = row(last)
  expect(before).not.toBeNull()
  for (const size of [2, 4]) compiled(randn([size, 3]), randn([size, 1]))
  expect(row(last)).toBe(before)
})

test('a step over some of the parameters does not tear the row apart', async () => {
  const last = setup()
  const compiled = compile(last.step)
  const head = [...last.model.parameters()].slice(2)
  const own = new optim.SGD(head, { lr: 0.1 })
  const partial = compile((x: Tensor, y: Tensor) => {
    last.model.zeroGrad()
    const loss = new nn.MSELoss()(last.model(x), y)
    loss.backward()
    own.step()
    return loss
  })
  const [x, y] = [randn([4, 3]), randn([4, 1])]
  for (let i = 0; i < 3; i++) compiled(x, y)
  const before = row(last)
  expect(before).not.toBeNull()
  const losses: number[] = []
  for (let i = 0; i < 4; i++) losses.push(await partial(x, y).item(), await compiled(x, y).item())
  expect(row(last)).toBe(before)
  expect(losses.at(-1)!).toBeLessThan(losses[0]!)
})

test('inside scopes and out of them memory stays flat, and dropping the model is seen by the backend', async () => {
  const { step } = setup()
  const compiled = compile(step)
  const once = (): void => scope(() => void compiled(randn([4, 3]), randn([4, 1])))
  for (let i = 0; i < 4; i++) once()
  const { live } = memory()
  const { size } = backend.storages
  for (let i = 0; i < 50; i++) once()
  expect(memory().live).toBe(live)
  expect(backend.storages.size).toBe(size)
})

test('a model made in a scope ends with it', async () => {
  const before = backend.storages.size
  await scope(async () => {
    const { step } = setup()
    const compiled = compile(step)
    const [x, y] = [randn([4, 3]), randn([4, 1])]
    for (let i = 0; i < 4; i++) compiled(x, y)
    await backend.settle()
  })
  await backend.settle()
  expect(backend.storages.size).toBe(before)
})
