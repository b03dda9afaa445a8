/**
 * Steps per second of the seed program on the cpu backend, eager and compiled, beside the same loops written by hand;
 * medians of interleaved runs. `npm run seed-speed` builds first.
 */
import { performance } from 'node:perf_hooks'
import { compile, manualSeed, randn, setDefaultDevice } from '@glissade/core'
import * as nn from '@glissade/core/nn'
import * as optim from '@glissade/core/optim'
import { cpu } from '@glissade/cpu'

/** The seed program as loops over typed arrays: 2 samples, 10-5-1. */
function byHand() {
  const uniform = (n) => Float32Array.from({ length: n }, () => Math.random() - 0.5)
  const parameters = [uniform(50), uniform(5), uniform(5), uniform(1)]
  const buffers = parameters.map((p) => new Float32Array(p.length))
  const gradients = parameters.map((p) => new Float32Array(p.length))
  const hidden = new Float32Array(10)
  const [w1, b1, w2, b2] = parameters
  const [gw1, gb1, gw2, gb2] = gradients
  return (x, target, lr, momentum) => {
    for (const g of gradients) g.fill(0)
    let loss = 0
    for (let i = 0; i < 2; i++) {
      let y = b2[0]
      for (let j = 0; j < 5; j++) {
        let sum = b1[j]
        for (let k = 0; k < 10; k++) sum += x[i * 10 + k] * w1[j * 10 + k]
        hidden[i * 5 + j] = sum > 0 ? sum : 0
        y += hidden[i * 5 + j] * w2[j]
      }
      const g = y - target[i]
      loss += g * g
      gb2[0] += g
      for (let j = 0; j < 5; j++) {
        gw2[j] += g * hidden[i * 5 + j]
        const gh = hidden[i * 5 + j] > 0 ? g * w2[j] : 0
        gb1[j] += gh
        for (let k = 0; k < 10; k++) gw1[j * 10 + k] += gh * x[i * 10 + k]
      }
    }
    for (let p = 0; p < 4; p++) {
      const [value, buffer, gradient] = [parameters[p], buffers[p], gradients[p]]
      for (let i = 0; i < value.length; i++) {
        buffer[i] = momentum * buffer[i] + gradient[i]
        value[i] -= lr * buffer[i]
      }
    }
    return loss / 2
  }
}

setDefaultDevice(cpu())
manualSeed(0)

function seedStep() {
  const model = new nn.Sequential(new nn.Linear(10, 5), new nn.ReLU(), new nn.Linear(5, 1))
  const criterion = new nn.MSELoss()
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.01, momentum: 0.9 })
  return (x, target) => {
    optimizer.zeroGrad()
    const loss = criterion(model(x), target)
    loss.backward()
    optimizer.step()
    return loss
  }
}

const BATCHES = 8
const batches = Array.from({ length: BATCHES }, () => [randn([2, 10]), randn([2, 1])])
const arrays = batches.map((pair) => pair.map((tensor) => tensor.dataSync()))
const eager = seedStep()
const compiled = compile(seedStep())
const hand = byHand()
const rows = {
  'by hand': { steps: 400_000, run: (i) => hand(arrays[i % BATCHES][0], arrays[i % BATCHES][1], 0.01, 0.9) },
  compiled: { steps: 200_000, run: (i) => compiled(...batches[i % BATCHES]) },
  eager: { steps: 20_000, run: (i) => eager(...batches[i % BATCHES]) },
}

const ROUNDS = 7
const rates = Object.fromEntries(Object.keys(rows).map((name) => [name, []]))
for (let round = 0; round <= ROUNDS; round++) {
  for (const [name, { steps, run }] of Object.entries(rows)) {
    const start = performance.now()
    for (let i = 0; i < steps; i++) run(i)
    // The first round warms up.
    if (round > 0) rates[name].push((steps / (performance.now() - start)) * 1000)
  }
}
const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1]
const base = median(rates['by hand'])
for (const name of Object.keys(rows)) {
  const rate = median(rates[name])
  console.log(`${name.padEnd(10)} ${Math.round(rate).toLocaleString('en-US').padStart(12)} steps/s  ${(rate / base).toFixed(3)} of the hand-written loops`)
}
