/**
 * One hash of all weights after 100 steps of the small convolutional network with exp, tanh and erf on the way: the same on
 * every engine. `node tools/bench/wasm-hash.mjs` after `tsc -b packages/wasm`, under each Node.
 */
import { createHash } from 'node:crypto'
import { compile, manualSeed, rand, setDefaultDevice, tensor } from '../../packages/core/dist/index.js'
import * as nn from '../../packages/core/dist/nn/index.js'
import * as optim from '../../packages/core/dist/optim/index.js'
import { wasm } from '../../packages/wasm/dist/index.js'

setDefaultDevice(await wasm())
manualSeed(0)
const model = new nn.Sequential(
  new nn.Conv2d(1, 8, 3),
  new nn.GELU(),
  new nn.MaxPool2d(2),
  new nn.Conv2d(8, 16, 3),
  new nn.Tanh(),
  new nn.MaxPool2d(2),
  new nn.Flatten(),
  new nn.Linear(400, 64),
  new nn.ReLU(),
  new nn.Linear(64, 10),
)
const criterion = new nn.CrossEntropyLoss()
const optimizer = new optim.SGD(model.parameters(), { lr: 0.01, momentum: 0.9 })
const x = rand([16, 1, 28, 28])
const y = tensor(Int32Array.from({ length: 16 }, (_, i) => i % 10))
const step = compile(() => {
  optimizer.zeroGrad()
  const loss = criterion(model(x), y)
  loss.backward()
  optimizer.step()
  return loss
})
for (let i = 0; i < 100; i++) step()
const hash = createHash('sha256')
for (const parameter of model.parameters()) hash.update(new Uint8Array((await parameter.data()).buffer))
console.log(process.version, hash.digest('hex').slice(0, 16), await step().item())
