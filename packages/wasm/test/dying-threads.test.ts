/** Threads that end in the midst of steps, between them, all at once: the first thread never waits for them for ever. */
import * as workerThreads from 'node:worker_threads'
import { compile, manualSeed, rand, setDefaultDevice, type Tensor } from '@glissade/core'
import * as nn from '@glissade/core/nn'
import * as optim from '@glissade/core/optim'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { makeBackend, type WasmBackend } from '../src/backend.ts'

const workers: workerThreads.Worker[] = []
/** What the next workers do at a command, instead of `run(thread)`. */
let instead = 'run(thread)'
let resourceLimits: workerThreads.ResourceLimits = {}

class Noted extends workerThreads.Worker {
  constructor(source: string, options: workerThreads.WorkerOptions) {
    super(source.replace('run(thread)', instead), { ...options, resourceLimits })
    workers.push(this)
  }
}
beforeEach(() => {
  workers.length = 0
  instead = 'run(thread)'
  resourceLimits = {}
  const real = process.getBuiltinModule.bind(process) as (name: string) => never
  vi.spyOn(process, 'getBuiltinModule').mockImplementation((name: string) =>
    name === 'node:worker_threads' ? { ...workerThreads, Worker: Noted } : real(name),
  )
})
afterEach(() => vi.restoreAllMocks())

async function training(threads: number): Promise<{ backend: WasmBackend; step: () => Tensor }> {
  const backend = await makeBackend({ memoryBytes: 2 ** 28, threads, worth: 0 })
  expect(workers.length).toBe(threads - 1)
  setDefaultDevice(backend)
  manualSeed(1)
  const model = new nn.Sequential(new nn.Linear(12, 64), new nn.Tanh(), new nn.Linear(64, 3))
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.01, momentum: 0.9 })
  const [x, y] = [rand([32, 12]), rand([32, 3])]
  const step = compile(() => {
    optimizer.zeroGrad()
    const loss = new nn.MSELoss()(model(x), y)
    loss.backward()
    optimizer.step()
    return loss
  })
  return { backend, step }
}

/** For so long the first thread may not notice it: less than a second, and what a busy machine adds. */
const PATIENCE_MS = process.env['CI'] === undefined ? 3000 : 10_000
const FAILED = 'a thread of this backend failed'

/** Steps until one fails, which has to be soon after `when`. */
async function stepsUntilFailure(backend: WasmBackend, step: () => Tensor, since: () => number): Promise<void> {
  const late = Symbol('late')
  const before = rand([2])
  let error: unknown = late
  while (error === late && performance.now() - since() < PATIENCE_MS)
    try {
      await step().item()
    } catch (thrown) {
      error = thrown
    }
  expect(String(error)).toContain(FAILED)
  const timer = new Promise<symbol>((resolve) => setTimeout(resolve, PATIENCE_MS, late))
  expect(String(await Promise.race([backend.lost, timer]))).toContain(FAILED)
  expect(performance.now() - since()).toBeLessThan(PATIENCE_MS)
  // From now on everything says so, and nothing waits.
  expect(() => step()).toThrow('lost')
  expect(() => rand([2])).toThrow(FAILED)
  expect(() => before.dataSync()).toThrow(FAILED)
  await expect(before.data()).rejects.toThrow(FAILED)
  backend.destroy()
}

describe.each([2, 3])('one of %i threads', (threads) => {
  test('terminated just before a step', async () => {
    for (let round = 0; round < 8; round++) {
      workers.length = 0
      const { backend, step } = await training(threads)
      for (let i = 0; i < 5; i++) step()
      void workers[round % workers.length]!.terminate()
      const from = performance.now()
      await stepsUntilFailure(backend, step, () => from)
    }
  })

  test('terminated at some moment', async () => {
    for (let round = 0; round < 8; round++) {
      workers.length = 0
      const { backend, step } = await training(threads)
      let from = Infinity
      setTimeout(() => {
        from = performance.now()
        void workers.at(-1)!.terminate()
      }, 7 * round)
      await stepsUntilFailure(backend, step, () => from)
    }
  })

  test('that ends in the midst of a step', async () => {
    for (let round = 0; round < 8; round++) {
      workers.length = 0
      // Some do no more of their part, others do not say that they have done it.
      const end = round % 2 === 0 ? 'process.exit(7)' : '(run(thread), process.exit(7))'
      instead = `((globalThis.runs = (globalThis.runs ?? 0) + 1) > ${50 + 7 * round} ? ${end} : run(thread))`
      const { backend, step } = await training(threads)
      let from = performance.now()
      await stepsUntilFailure(
        backend,
        () => {
          from = performance.now()
          return step()
        },
        () => from,
      )
    }
  })
})

test('all at once, and the process goes on', async () => {
  const { backend, step } = await training(4)
  step()
  for (const worker of workers) void worker.terminate()
  const from = performance.now()
  await stepsUntilFailure(backend, step, () => from)
  workers.length = 0
  const other = await training(2)
  expect(await other.step().item()).toBeGreaterThan(0)
  other.backend.destroy()
})

test('that runs out of memory', async () => {
  resourceLimits = { maxOldGenerationSizeMb: 24 }
  instead = '((globalThis.kept ??= []).push(Array.from({ length: 1e5 }, (_, i) => ({ i }))), run(thread))'
  const { backend, step } = await training(2)
  expect(() => {
    for (let i = 0; i < 1000; i++) step()
  }).toThrow(FAILED)
  expect((await backend.lost).message).toContain(FAILED)
  backend.destroy()
}, 120_000)

test('that are destroyed are not lost', async () => {
  const { backend, step } = await training(3)
  step()
  let isLost = false
  void backend.lost.then(() => (isLost = true))
  backend.destroy()
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(isLost).toBe(false)
})
