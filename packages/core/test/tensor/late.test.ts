/** Devices that answer late: how much is in flight, what becomes of runs that failed, and what is left when the device is gone. */
import { beforeEach, describe, expect, test } from 'vitest'
import {
  compile,
  isGlissadeError,
  manualSeed,
  ones,
  randn,
  scope,
  setDefaultDevice,
  tensor,
  type Tensor,
} from '../../src/index.ts'
import { DataLoader, TensorDataset } from '../../src/data/index.ts'
import type { Backend } from '../../src/backend/index.ts'
import * as nn from '../../src/nn/index.ts'
import * as optim from '../../src/optim/index.ts'
import { queuedBackend, type QueuedBackend } from '../queued-backend.ts'

let backend: QueuedBackend
const use = async (options: Parameters<typeof queuedBackend>[0] = {}): Promise<void> => {
  backend = await queuedBackend(options)
  setDefaultDevice(backend)
}
beforeEach(async () => use())

interface Training {
  readonly model: nn.Linear
  readonly eager: (x: Tensor) => Tensor
  readonly compiled: (x: Tensor) => Tensor
}
function training(): Training {
  manualSeed(5)
  const model = new nn.Linear(4, 3)
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 })
  const eager = (x: Tensor): Tensor => {
    optimizer.zeroGrad()
    const loss = model(x).square().mean()
    loss.backward()
    optimizer.step()
    return loss
  }
  return { model, eager, compiled: compile(eager) }
}
const messageOf = async (work: () => unknown): Promise<string> => {
  try {
    await work()
  } catch (error) {
    if (isGlissadeError(error)) return `${error.name}: ${error.message}`
    throw error
  }
  return 'nothing was refused'
}

describe('work in flight', () => {
  const STEPS = 60
  const BOUND = 4
  /** What a loop awaits, and nothing else that would wait for its steps. */
  const loops: Readonly<Record<string, (step: () => void) => Promise<void>>> = {
    'a value that is there already': async (step) => {
      const other = ones([1])
      for (let i = 0; i < STEPS; i++) {
        step()
        await other.item()
      }
    },
    'a value of another device': async (step) => {
      const other = ones([1], { device: await queuedBackend() })
      for (let i = 0; i < STEPS; i++) {
        step()
        await other.item()
      }
    },
    'batches of a loader': async (step) => {
      const loader = new DataLoader(new TensorDataset(ones([STEPS, 1])), { batchSize: 1 })
      for await (const _ of loader) step()
    },
    'an asynchronous scope': async (step) => {
      for (let i = 0; i < STEPS; i++)
        await scope(async () => {
          step()
          await Promise.resolve()
        })
    },
  }
  test.each(Object.keys(loops))('is bounded where a loop waits for %s', async (name) => {
    await use({ runsInFlight: BOUND, isSlow: true })
    const { compiled } = training()
    const x = randn([8, 4])
    // The first steps make state and are recorded twice.
    for (let i = 0; i < 3; i++) await compiled(x).item()
    const before = backend.flight.most
    backend.flight.most = 0
    await loops[name]!(() => void compiled(x))
    expect(before).toBeGreaterThan(0)
    expect(backend.flight.most).toBeGreaterThan(1)
    // What one task issues is the step, and the batch.
    expect(backend.flight.most).toBeLessThanOrEqual(BOUND + 4)
  })
  test('eager steps count by their operations', async () => {
    await use({ runsInFlight: BOUND, isSlow: true })
    const { eager } = training()
    const x = randn([8, 4])
    await scope(() => eager(x)).item()
    const other = ones([1])
    await other.item()
    backend.flight.most = 0
    scope(() => void eager(x))
    await other.item()
    const one = backend.flight.most
    await loops['a value that is there already']!(() => scope(() => void eager(x)))
    expect(backend.flight.most).toBeLessThanOrEqual(BOUND + one)
  })
  test('is 16 runs where the backend names no number, and settled no more often than needed', async () => {
    await use({ isSlow: true })
    const { compiled } = training()
    const x = randn([8, 4])
    for (let i = 0; i < 3; i++) await compiled(x).item()
    backend.flight.most = 0
    backend.flight.settled = 0
    await loops['a value of another device']!(() => void compiled(x))
    expect(backend.flight.most).toBe(17)
    expect(backend.flight.settled).toBeLessThan(STEPS)
  })
  test('is over where it was read: a loop that reads every step settles nothing', async () => {
    await use({ runsInFlight: BOUND, isSlow: true })
    const { compiled } = training()
    const x = randn([8, 4])
    for (let i = 0; i < 3; i++) await compiled(x).item()
    backend.flight.settled = 0
    for (let i = 0; i < STEPS; i++) await compiled(x).item()
    expect(backend.flight.settled).toBe(0)
  })
  test('is not counted where values can be read at once', async () => {
    await use({ readsAtOnce: true })
    const { compiled } = training()
    for (let i = 0; i < 40; i++) compiled(randn([8, 4]))
    await ones([1]).item()
    expect(backend.flight.settled).toBe(0)
  })
})

describe('a run that failed late', () => {
  test('rejects what is read behind it, once; what was read before is right, and the device lives', async () => {
    const x = tensor([1, 2])
    const early = x.add(1).data()
    backend.failNext(new RangeError('index 9 is not in an axis of size 2'))
    const y = x.add(1)
    const [late, later] = await Promise.allSettled([y.data(), x.data()])
    expect([...(await early)]).toEqual([2, 3])
    expect(late).toMatchObject({ status: 'rejected', reason: { message: 'index 9 is not in an axis of size 2' } })
    expect(later.status).toBe('rejected')
    expect([...(await x.mul(2).data())]).toEqual([2, 4])
  })
  test('rejects a loop over a loader that does not read', async () => {
    await use({ runsInFlight: 1, isSlow: true })
    const x = ones([2])
    const loader = new DataLoader(new TensorDataset(ones([10, 1])), { batchSize: 1 })
    let steps = 0
    await expect(
      (async () => {
        for await (const _ of loader) {
          if (++steps === 2) backend.failNext(new RangeError('index 9'))
          x.add(1)
        }
      })(),
    ).rejects.toThrow('index 9')
    expect(steps).toBeLessThan(6)
    expect([...(await x.data())]).toEqual([1, 1])
  })
})

describe('code that does not compile', () => {
  test('is the error of the next read, once, and of every later run; it names the operation', async () => {
    const x = tensor([1, 2])
    backend.failNextReady(new Error('no such instruction'))
    const y = x.sinh()
    expect(await messageOf(() => y.data())).toBe(
      'UnsupportedError: sinh: the queued backend could not compile it: no such instruction',
    )
    expect([...(await x.data())]).toEqual([1, 2])
    expect(await messageOf(() => x.sinh())).toContain('sinh: the queued backend could not compile it')
    expect([...(await x.add(1).data())]).toEqual([2, 3])
  })
  test('of a compiled function names it and where it came from, and is no unhandled rejection', async () => {
    const refused: unknown[] = []
    const listen = (error: unknown): void => void refused.push(error)
    process.on('unhandledRejection', listen)
    const model = new nn.Sequential(new nn.Linear(2, 2))
    const step = compile((x: Tensor) => model(x).sum(), { name: 'predict' })
    const x = ones([1, 2])
    backend.failNextReady(new Error('no such instruction'))
    const result = step(x)
    expect(await messageOf(() => result.item())).toMatch(
      /^UnsupportedError: predict: the queued backend could not compile it: no such instruction \(at .*0/,
    )
    await new Promise((resolve) => setTimeout(resolve, 5))
    process.off('unhandledRejection', listen)
    expect(refused).toEqual([])
    expect(await messageOf(() => step(x))).toContain('predict: the queued backend could not compile it')
  })
  test('is told once, whichever the backend says first: the answer or the code', async () => {
    const right = await queuedBackend()
    const error = new Error('no code')
    const late: Backend = {
      ...right,
      prepare(program) {
        right.failNextReady(error)
        const executable = right.prepare(program)
        executable.ready.catch(() => {})
        const ready = new Promise<void>((_, reject) => setTimeout(() => reject(error), 20))
        return { ...executable, ready }
      },
    }
    const x = tensor([1, 2], { device: late })
    const y = x.add(1)
    expect(await y.data().catch((said: unknown) => said)).toBe(error)
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect([...(await x.data())]).toEqual([1, 2])
  })
  test('is told by core where the backend does not', async () => {
    const right = await queuedBackend()
    const silent = { ...right, prepare: (program: never) => ({ ...right.prepare(program), ready: Promise.reject(new Error('no code')) }) } // oxfmt-ignore
    const x = tensor([1, 2], { device: silent })
    const y = x.add(1)
    expect(await messageOf(() => y.data())).toContain('add: the queued backend could not compile it: no code')
    expect([...(await x.data())]).toEqual([1, 2])
  })
})

describe('a device that is gone', () => {
  const words =
    'the device is lost: the driver was reset. What it held is gone: make a new backend (queued), build the model there and load the last checkpoint'
  const doors: readonly [string, (training: Training, x: Tensor, loss: Tensor) => unknown][] = [
    ['a compiled step', ({ compiled }, x) => compiled(x)],
    ['an eager step', ({ eager }, x) => eager(x)],
    ['an operation', (_, x) => x.add(1)],
    ['an operation that shares bytes', (_, x) => x.reshape([32])],
    ['a tensor', () => tensor([1])],
    ['random numbers', () => randn([2])],
    ['backward', (_, __, loss) => loss.backward()],
    ['a read', async (_, x) => x.data()],
    ['a read that is pending', async (_, __, loss) => loss.item()],
    ['a model', () => new nn.Linear(2, 2)],
    ['a function compiled afterwards', (_, x) => compile((y: Tensor) => y.add(1))(x)],
  ]
  test.each(doors)('%s is refused at once, and says what to do', async (_, door) => {
    const made = training()
    const x = randn([8, 4])
    for (let i = 0; i < 3; i++) await made.compiled(x).item()
    const loss = made.model(x).sum()
    const early = loss.item().then(
      () => 'was read',
      async (error: Error) => error.message,
    )
    backend.lose(new Error('the driver was reset'))
    await backend.lost
    expect(await messageOf(() => door(made, x, loss))).toContain(words)
    expect(await early).toContain(words)
  })
  test('an answer that comes all the same is refused', async () => {
    const right = await queuedBackend()
    const late: Backend = {
      ...right,
      async read(source) {
        const bytes = await right.read(source)
        right.lose(new Error('the driver was reset'))
        return bytes
      },
    }
    const x = tensor([1, 2], { device: late })
    expect(await messageOf(() => x.data())).toContain(words)
  })
  test('a compiled step draws nothing before it is refused', async () => {
    const step = compile(() => randn([2]))
    for (let i = 0; i < 3; i++) await step().data()
    backend.lose(new Error('the driver was reset'))
    await backend.lost
    manualSeed(3)
    expect(await messageOf(() => step())).toContain(words)
    await use()
    const next = await randn([2]).data()
    manualSeed(3)
    expect([...(await randn([2]).data())]).toEqual([...next])
  })
  test('another device in the same program goes on', async () => {
    const x = randn([8, 4])
    backend.lose(new Error('the driver was reset'))
    await backend.lost
    await use()
    const { compiled } = training()
    for (let i = 0; i < 4; i++) expect(Number.isFinite(await compiled(randn([8, 4])).item())).toBe(true)
    expect(x.shape).toEqual([8, 4])
  })
  test('scopes that were open close', async () => {
    const work = scope(async () => {
      const x = ones([4]).add(1)
      backend.lose(new Error('the driver was reset'))
      await backend.lost
      return x.shape
    })
    expect(await work).toEqual([4])
  })
})

describe('memory that is not there', () => {
  test('names the operation, what is live and what to do', async () => {
    await use({ memoryBytes: 8192 })
    const x = ones([1024])
    expect(await messageOf(() => x.reshape([1, 1024]).expand([4, 1024]).exp())).toBe(
      'MemoryError: expand: 16384 bytes are not there; 4 KB are live. Run the step inside scope(() => ...) or compile(...) so that ' +
        'intermediate tensors are released',
    )
  })
})

describe('a group of parameters that is larger than a storage', () => {
  test.each([
    ['SGD', (parameters: Tensor[]) => new optim.SGD(parameters, { lr: 0.1, momentum: 0.9 })],
    ['AdamW', (parameters: Tensor[]) => new optim.AdamW(parameters, { lr: 0.1 })],
  ] as const)('lies in several rows, and %s trains as in one', async (_, make) => {
    const train = async (allocationBytes: number): Promise<{ losses: number[]; rows: number }> => {
      await use({ allocationBytes })
      manualSeed(1)
      // 32 x 32 floats are 4 KB.
      const model = new nn.Sequential(...Array.from({ length: 6 }, () => new nn.Linear(32, 32)))
      const optimizer = make([...model.parameters()])
      const step = compile((x: Tensor) => {
        optimizer.zeroGrad()
        const loss = model(x).square().mean()
        loss.backward()
        optimizer.step()
        return loss
      })
      const x = randn([4, 32])
      const losses: number[] = []
      for (let i = 0; i < 6; i++) losses.push(await step(x).item())
      for (const { byteLength } of backend.storages) expect(byteLength).toBeLessThanOrEqual(allocationBytes)
      const largest = step.programs.at(-1)!.inputs.filter(({ shape }) => shape.length === 1 && shape[0]! > 1024)
      return { losses, rows: largest.length }
    }
    const [whole, parts] = [await train(2 ** 30), await train(10_000)]
    expect(parts.losses).toEqual(whole.losses)
    expect(parts.rows).toBeGreaterThan(whole.rows)
  })
  test('a tensor that is larger is refused', async () => {
    await use({ allocationBytes: 4096 })
    expect(await messageOf(() => ones([2048]))).toBe(
      'MemoryError: ones: 8192 bytes are more than the 4096 that the queued backend has for one tensor; take smaller batches, or several tensors',
    )
  })
})
