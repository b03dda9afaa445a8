/**
 * Training steps of the wasm backend with several threads against one, in one process, interleaved: by the clock, and by
 * the processor time of the first thread, since the machine is shared. `node tools/bench/wasm-threads.mjs 2 20` after
 * `tsc -b packages/wasm`.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { compile, manualSeed, rand, setDefaultDevice, tensor } from '../../packages/core/dist/index.js'
import * as nn from '../../packages/core/dist/nn/index.js'
import * as optim from '../../packages/core/dist/optim/index.js'
import { wasm } from '../../packages/wasm/dist/index.js'

const THREADS = Number(process.argv[2] ?? 2)
const ROUNDS = Number(process.argv[3] ?? 20)
/** Milliseconds of one measurement. */
const SHARE = 150

const mlp = (...sizes) =>
  new nn.Sequential(
    ...sizes.slice(1).flatMap((out, i) => [...(i === 0 ? [] : [new nn.ReLU()]), new nn.Linear(sizes[i], out)]),
  )
const works = {
  seed: () => ({ model: mlp(10, 5, 1), shape: [2, 10], classes: 0 }),
  mlp: () => ({ model: mlp(784, 128, 10), shape: [64, 784], classes: 10 }),
  wide: () => ({ model: mlp(1024, 1024, 1024, 10), shape: [256, 1024], classes: 10 }),
  cnn: () => ({
    model: new nn.Sequential(
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
    ),
    shape: [32, 1, 28, 28],
    classes: 10,
  }),
}

async function training(name, threads) {
  const backend = await wasm({ threads })
  setDefaultDevice(backend)
  manualSeed(0)
  const { model, shape, classes } = works[name]()
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.01, momentum: 0.9 })
  const criterion = classes > 0 ? new nn.CrossEntropyLoss() : new nn.MSELoss()
  const x = rand(shape)
  const y = classes > 0 ? tensor(Int32Array.from({ length: shape[0] }, (_, i) => i % classes)) : rand([shape[0], 1])
  const step = compile(() => {
    optimizer.zeroGrad()
    const loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()
    return loss
  })
  return { step, backend }
}

/** Processor time of this thread alone in microseconds; from Node 23.9 on. */
const ownTime = () => {
  const { user, system } = process.threadCpuUsage?.() ?? { user: Number.NaN, system: 0 }
  return user + system
}

/** Steps per second, and per second of this thread's processor time: on a busy machine the first says little. */
function rate({ step, backend }) {
  setDefaultDevice(backend)
  const start = performance.now()
  const own = ownTime()
  let count = 0
  do {
    step()
    count++
  } while (performance.now() - start < SHARE)
  return { wall: (count * 1000) / (performance.now() - start), own: (count * 1e6) / (ownTime() - own) }
}

/** What the machine has to give at the moment: the work of threads that share nothing, together, against one of them. */
async function machine() {
  const source = `const { parentPort } = require('node:worker_threads')
    parentPort.on('message', () => {
      const start = performance.now()
      let [rounds, x] = [0, 0]
      for (; performance.now() - start < ${SHARE}; rounds++) for (let i = 0; i < 1e5; i++) x = (x + i * 3) | 0
      parentPort.postMessage(rounds + (x & 0))
    })`
  const workers = Array.from({ length: THREADS }, () => new Worker(source, { eval: true }))
  const rounds = async (count) => {
    const results = workers.slice(0, count).map(async (worker) => {
      worker.postMessage(null, [])
      const [done] = await once(worker, 'message')
      return done
    })
    return (await Promise.all(results)).reduce((a, b) => a + b, 0)
  }
  const ratios = []
  for (let round = -3; round < ROUNDS; round++) {
    const alone = await rounds(1)
    const ratio = (await rounds(THREADS)) / alone
    if (round >= 0) ratios.push(ratio)
  }
  await Promise.all(workers.map((worker) => worker.terminate()))
  return ratios.toSorted((a, b) => a - b)
}

const ratios = await machine()
console.log(
  `machine: ${THREADS} threads that share nothing do ${ratios[ratios.length >> 1].toFixed(2)} times the work of one (median; best ${ratios.at(-1).toFixed(2)})`,
)
for (const name of process.argv[4]?.split(',') ?? Object.keys(works)) {
  const [one, team] = [await training(name, 1), await training(name, THREADS)]
  const pairs = []
  for (let round = -3; round < ROUNDS; round++) {
    const pair = [rate(one), rate(team)]
    if (round >= 0) pairs.push(pair)
    await new Promise((resolve) => setTimeout(resolve))
  }
  const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1]
  for (const time of ['wall', 'own']) {
    const best = [0, 1].map((i) => Math.max(...pairs.map((pair) => pair[i][time])))
    const ratio = median(pairs.map(([a, b]) => b[time] / a[time]))
    console.log(
      `${name.padEnd(6)} ${time.padEnd(4)} time: 1 thread ${best[0].toFixed(1)}/s, ${THREADS} threads ${best[1].toFixed(1)}/s, ` +
        `best to best ${(best[1] / best[0]).toFixed(2)}, median of neighbours ${ratio.toFixed(2)}`,
    )
  }
  one.backend.destroy()
  team.backend.destroy()
}
