/** A compiled step that is given an index out of range: an error, and training goes on as if it had not been. */
import { expect, test } from 'vitest'
import { compile, manualSeed, setDefaultDevice, tensor, type Tensor } from '@glissade/core'
import * as nn from '@glissade/core/nn'
import * as optim from '@glissade/core/optim'
import { wasm } from '../src/index.ts'

const ids = (...values: number[]): Tensor => tensor(values, { dtype: 'int32' })

test.each([1, 2])('with %i threads', async (threads) => {
  setDefaultDevice(await wasm({ threads }))
  const training = (): { step: (x: Tensor, y: Tensor) => Tensor; state: () => unknown } => {
    manualSeed(1)
    const model = new nn.Sequential(new nn.Embedding(10, 8), new nn.Linear(8, 4))
    const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 })
    const criterion = new nn.CrossEntropyLoss()
    const step = compile((x: Tensor, y: Tensor) => {
      optimizer.zeroGrad()
      const loss = criterion(model(x), y)
      loss.backward()
      optimizer.step()
      return loss
    })
    const numbers = (tensors: Iterable<Tensor>): number[][] =>
      [...tensors].map((values) => [...values.dataSync()].map(Number))
    const state = (): unknown => [
      numbers(model.stateDict().values()),
      [...optimizer.state.values()].map((tensors) => numbers(tensors.values())),
      [...optimizer.steps.values()],
    ]
    return { step, state }
  }
  const [plain, disturbed] = [training(), training()]
  for (let i = 0; i < 4; i++) {
    const before = disturbed.state()
    // An index of the embedding, read forward and backward, and one of the loss.
    expect(() => disturbed.step(ids(i, 10, 3), ids(0, 1, 2))).toThrow(
      /embedding: index 10 is out of range for dimension 0 of size 10/,
    )
    expect(() => disturbed.step(ids(i, 2, 3), ids(0, -1, 2))).toThrow(/is not in an axis|out of range|out of bounds/)
    expect(disturbed.state()).toEqual(before)
    for (const { step } of [plain, disturbed]) step(ids(i, 2, 3), ids(0, 1, 2))
    expect(disturbed.state()).toEqual(plain.state())
  }
})
