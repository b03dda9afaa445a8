import { expect, test } from 'vitest'
import { manualSeed, memory, randn, scope, setDefaultDevice } from '../src/index.ts'
import * as nn from '../src/nn/index.ts'
import * as optim from '../src/optim/index.ts'
import { queuedBackend } from './queued-backend.ts'

test('the seed program gives the losses of PyTorch on a queued backend with released memory, which stays flat', async () => {
  const backend = await queuedBackend()
  setDefaultDevice(backend)
  manualSeed(0)
  const model = new nn.Sequential(new nn.Linear(10, 5), new nn.ReLU(), new nn.Linear(5, 1))
  const criterion = new nn.MSELoss()
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.01, momentum: 0.9 })
  const [x, target] = [randn([2, 10]), randn([2, 1])]
  const losses: string[] = []
  const live: number[] = []
  for (let step = 0; step < 5; step++) {
    const loss = await scope(async () => {
      optimizer.zeroGrad()
      const value = criterion(model(x), target)
      value.backward()
      optimizer.step()
      return await value.item()
    })
    losses.push(loss.toFixed(4))
    live.push(memory().live, memory().tensors)
  }
  expect(losses[0]).toBe('1.3904')
  expect(live.slice(8)).toEqual(live.slice(2, 4))
})
