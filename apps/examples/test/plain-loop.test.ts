/**
 * The loop that everybody writes first: it awaits the loss of every step, and in a page draws a chart. The page stays alive, and
 * memory flat, without scopes.
 */
import { memory, randn, setDefaultDevice } from '@glissade/core'
import * as nn from '@glissade/core/nn'
import * as optim from '@glissade/core/optim'
import { cpu } from '@glissade/cpu'
import { wasm } from '@glissade/wasm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundle } from '../../../tools/bundle-source.ts'
import { missing, serve, type Site } from '../../../tools/page.ts'

/** What the page offers, under `globalThis.train`. */
type Train = (setup: Setup) => Promise<Outcome>
interface Setup {
  readonly backend: 'cpu' | 'wasm'
  readonly model: 'mlp' | 'cnn'
  readonly compiled: boolean
  readonly steps: number
}
interface Outcome {
  /** Of each task over 50 ms (the browser names no shorter ones) that began after the first step. */
  readonly longTasks: readonly LongTask[]
  readonly ms: number
  /** Pictures drawn meanwhile. */
  readonly pictures: number
  readonly loss: number
  /** Bytes of tensors, the most that there were after a step. */
  readonly most: number
}
interface LongTask {
  readonly ms: number
  /** Steps that ended within it. */
  readonly steps: number
  /** After so many milliseconds it began its last step: how long that takes is the machine's business. */
  readonly lastBegan: number
}

const source = `
  import { compile, manualSeed, memory, randint, randn, setDefaultDevice } from '@glissade/core'
  import { crossEntropy } from '@glissade/core/functional'
  import * as nn from '@glissade/core/nn'
  import * as optim from '@glissade/core/optim'
  import { cpu } from '@glissade/cpu'
  import { wasm } from '@glissade/wasm'

  const models = {
    mlp: () => new nn.Sequential(new nn.Linear(784, 128), new nn.ReLU(), new nn.Linear(128, 10)),
    cnn: () =>
      new nn.Sequential(
        new nn.Unflatten(1, [1, 28, 28]),
        new nn.Conv2d(1, 4, 3, { padding: 1, stride: 2 }),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.Flatten(),
        new nn.Linear(4 * 7 * 7, 10),
      ),
  }
  const chart = document.body.appendChild(document.createElement('canvas')).getContext('2d')
  function draw(losses) {
    chart.clearRect(0, 0, 300, 150)
    chart.beginPath()
    losses.forEach((loss, i) => chart.lineTo((300 * i) / losses.length, 150 - 40 * loss))
    chart.stroke()
  }
  /** @param run gives when it began and when each step ended */
  async function longTasksOf(run) {
    const found = []
    const observer = new PerformanceObserver((list) => found.push(...list.getEntries()))
    observer.observe({ type: 'longtask' })
    const { from, ends } = await run()
    // What is observed is told later.
    await new Promise((resolve) => setTimeout(resolve, 100))
    observer.disconnect()
    return found.filter(({ startTime }) => startTime >= from).map(({ startTime, duration }) => {
      const within = ends.filter((time) => time > startTime && time < startTime + duration)
      return { ms: duration, steps: within.length, lastBegan: (within.at(-2) ?? startTime) - startTime }
    })
  }

  globalThis.train = async ({ backend, model: name, compiled, steps }) => {
    setDefaultDevice(backend === 'cpu' ? cpu() : await wasm({ memoryBytes: 2 ** 27 }))
    manualSeed(0)
    const model = models[name]()
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.01, momentum: 0.9 })
    const [x, y] = [randn([16, 784]), randint(0, 10, [16])]
    const eager = (x, y) => {
      optimizer.zeroGrad()
      const loss = crossEntropy(model(x), y)
      loss.backward()
      optimizer.step()
      return loss
    }
    const step = compiled ? compile(eager) : eager
    const losses = [await step(x, y).item()]
    let [pictures, most, goesOn] = [0, 0, true]
    const count = () => {
      pictures++
      if (goesOn) requestAnimationFrame(count)
    }
    requestAnimationFrame(count)
    await new Promise((resolve) => setTimeout(resolve))
    const from = performance.now()
    const ends = []
    const longTasks = await longTasksOf(async () => {
      for (let i = 0; i < steps; i++) {
        losses.push(await step(x, y).item())
        ends.push(performance.now())
        draw(losses)
        most = Math.max(most, memory().tensors)
      }
      goesOn = false
      return { from, ends }
    })
    return { longTasks, pictures, most, ms: ends.at(-1) - from, loss: losses.at(-1) }
  }`
declare const train: Train

let site: Site | undefined
beforeAll(async () => {
  if (missing === null) site = await serve(await bundle(source, import.meta.dirname, 'browser'))
}, 60_000)
afterAll(() => site?.close())

const TASK_MS = 50
const STEPS = 400

for (const backend of ['cpu', 'wasm'] as const)
  for (const model of ['mlp', 'cnn'] as const)
    for (const compiled of [true, false])
      test(`${compiled ? 'compiled' : 'eager'} steps of the ${model} on ${backend} leave the page alive`, async ({
        skip,
      }) => {
        if (missing !== null) skip(missing)
        const page = await site!.open()
        await page.waitForFunction('globalThis.train !== undefined')
        const { longTasks, ms, pictures, loss } = await page.evaluate((setup) => train(setup), {
          backend,
          model,
          compiled,
          steps: STEPS,
        })
        await page.close()
        console.log(
          backend,
          model,
          compiled,
          longTasks.length,
          Math.max(0, ...longTasks.map((t) => t.lastBegan)),
          ms,
          pictures,
        )
        expect(longTasks.filter(({ lastBegan }) => lastBegan > TASK_MS)).toEqual([])
        expect(pictures).toBeGreaterThan(ms / 200)
        expect(loss).toBeLessThan(0.1)
      })

const MB = 2 ** 20

test('20,000 eager steps on wasm without scope stay within 64 MB', async () => {
  setDefaultDevice(await wasm({ memoryBytes: 64 * MB }))
  await trainEagerly(20_000)
  expect(memory().reserved).toBeLessThanOrEqual(64 * MB)
})

test('20,000 eager steps on cpu stay flat', async () => {
  setDefaultDevice(cpu())
  await trainEagerly(2_000)
  const before = process.memoryUsage().rss
  await trainEagerly(18_000)
  expect(process.memoryUsage().rss - before).toBeLessThan(100 * MB)
})

/** Some 120 KB of tensors a step. */
async function trainEagerly(steps: number): Promise<void> {
  const model = new nn.Sequential(new nn.Linear(64, 64), new nn.ReLU(), new nn.Linear(64, 1))
  const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 })
  const [x, y] = [randn([16, 64]), randn([16, 1])]
  const criterion = new nn.MSELoss()
  for (let i = 0; i < steps; i++) {
    optimizer.zeroGrad()
    const loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()
    expect(await loss.item()).toBeLessThan(10)
  }
}
