/**
 * Training steps of a small convolutional network on 28 x 28 images, batch 32 (conv 3x3x16, pool, conv 3x3x32, pool,
 * linear 128, linear 10), compiled; with where the time goes when run as `node --cpu-prof`. `node tools/bench/wasm-lenet.mjs`
 * after `tsc -b packages/wasm`.
 */
import { compile, manualSeed, rand, setDefaultDevice, tensor } from '../../packages/core/dist/index.js'
import * as nn from '../../packages/core/dist/nn/index.js'
import * as optim from '../../packages/core/dist/optim/index.js'

const name = process.argv[2] ?? 'wasm'
const seconds = Number(process.argv[3] ?? 3)
const module = await import(`../../packages/${name}/dist/index.js`)
setDefaultDevice(await module[name]())
manualSeed(0)
const model = new nn.Sequential(
  new nn.Conv2d(1, 16, 3),
  new nn.ReLU(),
  new nn.MaxPool2d(2),
  new nn.Conv2d(16, 32, 3),
  new nn.ReLU(),
  new nn.MaxPool2d(2),
  new nn.Flatten(),
  new nn.Linear(800, 128),
  new nn.ReLU(),
  new nn.Linear(128, 10),
)
const criterion = new nn.CrossEntropyLoss()
const optimizer = new optim.SGD(model.parameters(), { lr: 0.01, momentum: 0.9 })
const x = rand([32, 1, 28, 28])
const y = tensor(Int32Array.from({ length: 32 }, (_, i) => i % 10))
const step = compile((images, labels) => {
  optimizer.zeroGrad()
  const loss = criterion(model(images), labels)
  loss.backward()
  optimizer.step()
  return loss
})
const start = performance.now()
const losses = []
for (let i = 0; i < 3; i++) losses.push(await step(x, y).item())
console.log(`losses ${losses.join(' ')}; first three steps ${(performance.now() - start).toFixed(0)} ms`)
let best = 0
const end = performance.now() + seconds * 1000
while (performance.now() < end) {
  const from = process.cpuUsage()
  for (let i = 0; i < 5; i++) step(x, y)
  const { user, system } = process.cpuUsage(from)
  best = Math.max(best, 5e6 / (user + system))
}
console.log(`${name}: ${best.toFixed(1)} steps per second of processor time`)
