/** Training takes no more memory as it goes on: compiled, and eager inside scopes. */
import { compile, manualSeed, rand, scope, setDefaultDevice } from '@glissade/core'
import * as nn from '@glissade/core/nn'
import * as optim from '@glissade/core/optim'
import { expect, test } from 'vitest'
import { wasm, type WasmBackend } from '../src/index.ts'

async function training(threads: number): Promise<{ backend: WasmBackend; step: () => void }> {
  const backend = await wasm({ threads })
  setDefaultDevice(backend)
  manualSeed(0)
  const model = new nn.Sequential(new nn.Linear(10, 5), new nn.ReLU(), new nn.Linear(5, 1))
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.01, momentum: 0.9 })
  const criterion = new nn.MSELoss()
  const [x, target] = [rand([2, 10]), rand([2, 1])]
  return {
    backend,
    step() {
      optimizer.zeroGrad()
      criterion(model(x), target).backward()
      optimizer.step()
    },
  }
}

function expectFlat(backend: WasmBackend, steps: number, step: () => void): void {
  for (let i = 0; i < 20; i++) step()
  const before = backend.memory()
  for (let i = 0; i < steps; i++) step()
  expect(backend.memory()).toEqual(before)
  backend.destroy()
}

test.each([1, 2])('over 100,000 compiled steps, with %i threads', async (threads) => {
  const { backend, step } = await training(threads)
  expectFlat(backend, 100_000, compile(step))
})

test.each([1, 2])('over 10,000 eager steps inside scopes, with %i threads', async (threads) => {
  const { backend, step } = await training(threads)
  expectFlat(backend, 10_000, () => scope(step))
})
