/** Reads let the event loop turn: not while a task is short, always once it is long, and for memory that nobody else gives back. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { memory, ones, setDefaultDevice, setMemoryBudget, tensor, type Tensor } from '../../src/index.ts'
import { queuedBackend } from '../queued-backend.ts'

beforeEach(async () => {
  setDefaultDevice(await queuedBackend())
  await macrotask()
})
afterEach(() => vi.useRealTimers())

const macrotask = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1))
const LONGER_THAN_A_TASK = 20

/** Reads `x` for so long; how often a timer ran meanwhile. */
async function timersWhile(x: Tensor, read: (x: Tensor) => Promise<unknown>, ms: number): Promise<number> {
  let timers = 0
  const timer = setInterval(() => timers++, 1)
  for (const end = performance.now() + ms; performance.now() < end;) await read(x)
  clearInterval(timer)
  return timers
}

test('a loop of reads lets timers run, whatever reads', async () => {
  const reads: readonly ((x: Tensor) => Promise<unknown>)[] = [
    (x) => x.item(),
    (x) => x.data(),
    (x) => x.toArray(),
    (x) => x.format(),
    (x) => x.equal(x),
    (x) => x.nonzero(),
  ]
  for (const read of reads) expect(await timersWhile(ones([1]), read, 6 * LONGER_THAN_A_TASK)).toBeGreaterThan(1)
})

test('reads of a short task wait for nothing but the backend', async () => {
  const x = ones([1])
  let turns = 0
  setImmediate(() => turns++)
  await x.item()
  await x.item()
  expect(turns).toBe(0)
})

test('several that read at once go on after the same turn', async () => {
  const x = ones([1])
  await x.item()
  for (const end = performance.now() + LONGER_THAN_A_TASK; performance.now() < end;);
  let turns = 0
  setImmediate(() => turns++)
  expect(await Promise.all([x.item(), x.data(), x.item()])).toEqual([1, new Float32Array([1]), 1])
  expect(turns).toBeLessThanOrEqual(1)
})

test('timers that a test puts in the place of the real ones do not keep a read waiting', async () => {
  vi.useFakeTimers()
  const x = ones([1])
  expect(await x.item()).toBe(1)
  vi.useRealTimers()
  for (const end = performance.now() + LONGER_THAN_A_TASK; performance.now() < end;);
  expect(await x.item()).toBe(1)
})

const MB = 2 ** 20

test('tensors that nobody holds go before they fill a budget, however little the collector knows of them', async () => {
  setMemoryBudget(128 * MB)
  const [elements, one] = [new Float32Array(MB), ones([1])]
  let most = 0
  for (let i = 0; i < 200; i++) {
    tensor(elements)
    await one.item()
    most = Math.max(most, memory().tensors)
  }
  // 800 MB were made.
  expect(most).toBeLessThan(128 * MB)
  setMemoryBudget(Infinity)
})
