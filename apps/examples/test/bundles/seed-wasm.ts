/** The seed program on the wasm backend. */
import { manualSeed, randn, setDefaultDevice } from '@glissade/core'
import * as nn from '@glissade/core/nn'
import * as optim from '@glissade/core/optim'
import { wasm } from '@glissade/wasm'

setDefaultDevice(await wasm())
manualSeed(0)
const model = new nn.Sequential(new nn.Linear(10, 5), new nn.ReLU(), new nn.Linear(5, 1))
const criterion = new nn.MSELoss()
const optimizer = new optim.SGD(model.parameters(), { lr: 0.01, momentum: 0.9 })
const x = randn([2, 10])
const target = randn([2, 1])
const output = model(x)
const loss = criterion(output, target)
loss.backward()
optimizer.step()
console.log(`Loss after one update: ${(await loss.item()).toFixed(4)}`) // the loss before the update: 1.3904
