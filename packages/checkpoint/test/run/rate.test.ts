/** A learning rate that is a tensor is saved and loaded as one, by every optimizer, in every way, on backends that keep memory too. */
import { cpu } from '@glissade/cpu'
import { compile, manualSeed, scope, setDefaultDevice, tensor, type Tensor } from '@glissade/core'
import * as nn from '@glissade/core/nn'
import * as optim from '@glissade/core/optim'
import { wasm } from '@glissade/wasm'
import { expect, test } from 'vitest'
import { load, save } from '../../src/index.ts'
import { loadRun, saveRun } from '../../src/run.ts'

const devices = { cpu: cpu(), wasm: await wasm() }
const optimizers: Readonly<Record<string, (params: nn.Parameter[], lr: Tensor) => optim.AnyOptimizer>> = {
  SGD: (params, lr) => new optim.SGD(params, { lr, momentum: 0.9 }),
  Adam: (params, lr) => new optim.Adam(params, { lr }),
  AdamW: (params, lr) => new optim.AdamW(params, { lr }),
  RMSprop: (params, lr) => new optim.RMSprop(params, { lr }),
  Adagrad: (params, lr) => new optim.Adagrad(params, { lr }),
}
interface Training {
  readonly model: nn.Linear
  readonly optimizer: optim.AnyOptimizer
  readonly step: () => void
}
const ways: Readonly<Record<string, (from: Training, to: Training) => Promise<void>>> = {
  'a state dict': async (from, to) => {
    to.model.loadStateDict(from.model.stateDict())
    // What was made in a scope and is kept by the optimizer lives on.
    scope(() => to.optimizer.loadStateDict(from.optimizer.stateDict()))
  },
  'a file': async ({ model, optimizer }, to) => {
    const file = await load(await save({ model, optimizer }, { format: 'pt' }))
    to.model.loadStateDict(file.get('model'))
    to.optimizer.loadStateDict(file.get('optimizer'))
  },
  'a run': async ({ model, optimizer }, to) => {
    const files = new Map<string, Uint8Array<ArrayBuffer>>()
    const store = {
      read: async (name: string) => files.get(name)!,
      write: async (name: string, bytes: Uint8Array) => void files.set(name, Uint8Array.from(bytes)),
      list: async () => [],
      remove: async () => {},
    }
    await saveRun(store, 'last', { model, optimizer })
    await loadRun(store, 'last', { model: to.model, optimizer: to.optimizer })
  },
}
const cases = Object.keys(devices).flatMap((device) =>
  Object.keys(optimizers).flatMap((optimizer) => Object.keys(ways).map((way) => [device, optimizer, way] as const)),
)

test.each(cases)('%s: %s, by %s', async (device, name, way) => {
  setDefaultDevice(devices[device as keyof typeof devices])
  const make = (rate: number): Training => {
    manualSeed(0)
    const model = new nn.Linear(2, 2)
    const optimizer = optimizers[name]!(model.parameters(), tensor(rate))
    const x = tensor([[0.5, -1], [2, 1.5]]) // oxfmt-ignore
    const step = compile(() => {
      optimizer.zeroGrad()
      model(x).square().mean().backward()
      optimizer.step()
    })
    return { model, optimizer, step }
  }
  const [first, second] = [make(0.1), make(0.5)]
  first.step()
  first.step()
  second.step()
  await ways[way]!(first, second)
  for (const { step } of [first, second]) {
    step()
    step()
  }
  expect(await second.model.weight.data()).toEqual(await first.model.weight.data())
  const rate = second.optimizer.paramGroups[0]!.lr as unknown as Tensor
  expect([rate.shape, Math.fround(0.1)]).toEqual([[], await rate.item()])
  // It is one of its own.
  expect(rate).not.toBe(first.optimizer.paramGroups[0]!.lr)
})

test('one that is no single number is refused, where it is loaded and where it is set', () => {
  setDefaultDevice(devices.cpu)
  const model = new nn.Linear(2, 2)
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
  const dict = optimizer.stateDict()
  Object.assign(dict.param_groups[0]!, { lr: tensor([1, 2]) })
  expect(() => optimizer.loadStateDict(dict)).toThrow(
    "'lr' of group 0 is a tensor of shape [2], which no such option can be",
  )
  optimizer.paramGroups[0]!.lr = tensor([1, 2]) as never
  model(tensor([[1, 2]])).sum().backward() // oxfmt-ignore
  expect(() => optimizer.step()).toThrow('SGD: Tensor lr must be 1-element (got [2])')
})
