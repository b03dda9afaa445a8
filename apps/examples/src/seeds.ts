/** The seed program for several seeds; its losses are PyTorch's. */
import { manualSeed, randn } from '@glissade/core'
import * as nn from '@glissade/core/nn'
import * as optim from '@glissade/core/optim'

/** The loss of the first update, before it is made. */
export async function seedLoss(seed: number): Promise<number> {
  manualSeed(seed)
  const model = new nn.Sequential(new nn.Linear(10, 5), new nn.ReLU(), new nn.Linear(5, 1))
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.01, momentum: 0.9 })
  const x = randn([2, 10])
  const target = randn([2, 1])
  const loss = new nn.MSELoss()(model(x), target)
  loss.backward()
  optimizer.step()
  return await loss.item()
}
