import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  compile,
  defaultGenerator,
  Generator,
  manualSeed,
  scope,
  setDefaultDevice,
  tensor,
  type Tensor,
} from '@glissade/core'
import * as nn from '@glissade/core/nn'
import * as optim from '@glissade/core/optim'
import { cpu } from '@glissade/cpu'
import { queuedBackend } from '../../../core/test/queued-backend.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { IDBFactory } from 'fake-indexeddb'
import type { Store } from '../../src/index.ts'
import { readSafetensors, writeSafetensors } from '../../src/index.ts'
import { loadRun, saveRun, type Run } from '../../src/run.ts'
import { readRunFile, writeRunFile } from '../../src/run-file.ts'
import { indexedDbStore, opfsStore } from '../../src/store-browser.ts'
import { folderStore } from '../../src/store-node.ts'
import { Disk } from '../opfs.ts'
import { randomIntegers } from '../random.ts'
import { makeTraining, setups, train, weightsOf } from './training.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'glissade-run-'))
  return () => rm(folder, { recursive: true })
})
beforeEach(() => setDefaultDevice(cpu()))

/** A store in memory that keeps every file under its name. */
function memoryStore(): Store & { readonly files: Map<string, Uint8Array<ArrayBuffer>> } {
  const files = new Map<string, Uint8Array<ArrayBuffer>>()
  return {
    files,
    read: async (name) => files.get(name)!.slice(),
    write: async (name, bytes) => void files.set(name, Uint8Array.from(bytes)),
    list: async () => [...files.keys()],
    remove: async (name) => void files.delete(name),
  }
}

const STEPS = 11

describe.each(Object.keys(setups))('%s', (setup) => {
  const store = memoryStore()
  const whole: string[] = []
  const losses: number[] = []

  beforeAll(async () => {
    setDefaultDevice(cpu())
    const training = makeTraining(setup)
    await train(training, { step: 0 }, async (step, loss) => {
      whole.push(await weightsOf(training))
      losses.push(loss)
      await saveRun(store, `step-${step}`, { ...training, step, extra: { loss } })
      return step === STEPS
    })
  })

  test('a run that is stopped after any step and resumed elsewhere has the same bits at every step', async () => {
    for (let stop = 1; stop < STEPS; stop++) {
      // Another seed: whatever the process that resumes drew before is forgotten.
      const training = makeTraining(setup, stop)
      const { step, extra } = await loadRun(store, `step-${stop}`, training)
      expect([step, extra, await weightsOf(training)]).toEqual([stop, { loss: losses[stop - 1] }, whole[stop - 1]])
      await train(training, { step }, async (at, loss) => {
        expect([at, loss, await weightsOf(training)]).toEqual([at, losses[at - 1], whole[at - 1]])
        return at === STEPS
      })
    }
  })

  test('a resumed run that is saved at once writes the same file', async () => {
    const training = makeTraining(setup, 99)
    const loaded = await loadRun(store, 'step-6', training)
    await saveRun(store, 'again', { ...training, ...loaded })
    expect(store.files.get('again')).toEqual(store.files.get('step-6'))
  })
})

/** A run of one layer. */
function small(
  options: { readonly features?: number } = {},
): Run & { readonly optimizer: optim.SGD; readonly model: nn.Linear } {
  const model = new nn.Linear(2, options.features ?? 3)
  return { model, optimizer: new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 }) }
}
/** Everything that loading may change, as one text. */
const everything = async (run: Run): Promise<string> => {
  const store = memoryStore()
  await saveRun(store, 'a', run)
  return Buffer.from(store.files.get('a')!).toString('latin1')
}

test('what is saved is the state at the call, although training goes on before it is written', async () => {
  const [slow, quick] = [memoryStore(), memoryStore()]
  const run = small()
  const extra = Float32Array.of(1, 2)
  await saveRun(quick, 'a', { ...run, step: 1, extra })
  const saving = saveRun(slow, 'a', { ...run, step: 1, extra })
  run
    .model(tensor([[1, 2]]))
    .sum()
    .backward()
  run.optimizer.step()
  run.optimizer.paramGroups[0]!.lr = 5
  defaultGenerator.uint32()
  extra[0] = 3
  await saving
  expect(slow.files.get('a')).toEqual(quick.files.get('a'))
  await saveRun(quick, 'b', { ...run, step: 1, extra })
  expect(quick.files.get('b')).not.toEqual(quick.files.get('a'))
})

describe('of saves that overlap, the last call stays', () => {
  const random = randomIntegers(7)
  const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, random(8)))
  /** A tensor whose elements arrive when they like, as on a device. */
  const slowTensor = (value: number): object => ({
    glissadeTensor: true,
    dtype: 'float32',
    shape: [1],
    data: async () => {
      await pause()
      return Float32Array.of(value)
    },
  })
  const slowMemory = (): Store => {
    const store = memoryStore()
    return { ...store, write: async (name, bytes) => pause().then(async () => store.write(name, bytes)) }
  }
  const once = (store: Store) => (): Store => store

  test.each<[string, (round: number) => () => Store]>([
    ['memory', () => once(slowMemory())],
    ['a folder', (round) => once(folderStore(join(folder, `order-${round}`)))],
    ['a folder that is opened for every save', (round) => () => folderStore(join(folder, `orders-${round}`))],
    ['OPFS', () => once(opfsStore(new Disk().open()))],
    ['IndexedDB', (round) => () => indexedDbStore(`order-${round}`)],
  ])('in %s', async (_, open) => {
    vi.stubGlobal('indexedDB', new IDBFactory())
    for (let round = 0; round < 30; round++) {
      const store = open(round)
      const run = small()
      const saves = Array.from({ length: 5 }, async (__, step) => {
        // One that fails keeps nobody who comes after it waiting.
        const extra = step < 4 && random(4) === 0 ? (): void => undefined : slowTensor(step)
        await saveRun(store(), 'a', { ...run, step, extra })
      })
      await Promise.allSettled(saves)
      expect((await loadRun(store(), 'a', run)).step).toBe(4)
    }
    vi.unstubAllGlobals()
  })
})

test('a compiled step goes back to a checkpoint, in the process that wrote it and in another', async () => {
  const make = (seed: number): { readonly parts: Run; readonly advance: () => Tensor } => {
    manualSeed(seed)
    const model = new nn.Sequential(new nn.Linear(3, 4), new nn.Dropout({ p: 0.5 }), new nn.Linear(4, 1))
    const optimizer = new optim.Adam(model.parameters(), { lr: 0.1 })
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ])
    const advance = compile(() => {
      optimizer.zeroGrad()
      const loss = model(x).square().mean()
      loss.backward()
      optimizer.step()
      return loss
    })
    return { parts: { model, optimizer }, advance }
  }
  const store = memoryStore()
  const run = make(1)
  for (let i = 0; i < 3; i++) run.advance()
  await saveRun(store, 'a', run.parts)
  for (let i = 0; i < 4; i++) run.advance()
  const whole = await weightsOf(run.parts)
  for (const again of [run, make(2)]) {
    await loadRun(store, 'a', again.parts)
    for (let i = 0; i < 4; i++) again.advance()
    expect(await weightsOf(again.parts)).toBe(whole)
  }
})

test('on a backend that queues runs and releases memory, a save outlives the scope it was called in', async () => {
  setDefaultDevice(await queuedBackend())
  const store = memoryStore()
  const step = (run: ReturnType<typeof small>): void =>
    scope(() => {
      run.optimizer.zeroGrad()
      run
        .model(tensor([[1, 2]]))
        .sum()
        .backward()
      run.optimizer.step()
    })
  const run = small()
  step(run)
  const [saving, weights] = scope(() => [saveRun(store, 'a', run), weightsOf(run)])
  // Queued while the reads are on their way.
  step(run)
  await saving
  const resumed = small()
  await loadRun(store, 'a', resumed)
  expect(await weightsOf(resumed)).toBe(await weights)
  step(resumed)
  expect(await weightsOf(resumed)).toBe(await weightsOf(run))
})

test('weights stand in the file under the keys of the model, for any reader of safetensors', async () => {
  const store = folderStore(join(folder, 'keys'))
  const model = new nn.Sequential(new nn.Linear(2, 3), new nn.BatchNorm1d(3))
  await saveRun(store, 'run.safetensors', { model, optimizer: new optim.SGD(model.parameters()) })
  const { tensors } = readSafetensors(await store.read('run.safetensors'))
  const names = [...tensors.keys()].filter((name) => name.startsWith('model.')).toSorted()
  expect(names).toEqual([...model.stateDict().keys()].map((key) => `model.${key}`).toSorted())
  expect(tensors.get('model.1.num_batches_tracked')!.as).toBe('int64')
  expect(tensors.get('generator.default')!.shape).toEqual([5056])
})

test('extra values come back as they were', async () => {
  const extra = {
    best: -Infinity,
    zero: -0,
    nan: Number.NaN,
    big: 2n ** 70n,
    none: null,
    text: 'ä',
    yes: true,
    list: [1, [2]],
    tuple: Object.freeze([0.9, 0.999]),
    map: new Map<unknown, unknown>([
      [0, 'a'],
      ['0', 'b'],
    ]),
    array: Float64Array.of(0.1, Number.NaN),
    $odd: { $tensor: 'not one' },
    __proto: 1,
  }
  const store = memoryStore()
  const run = small()
  await saveRun(store, 'a', { ...run, extra })
  const { extra: back, step } = await loadRun(store, 'a', run)
  expect([back, step]).toEqual([extra, 0])
  expect(Object.isFrozen((back as typeof extra).tuple)).toBe(true)
})

test('tensors in extra come back as tensors', async () => {
  const store = memoryStore()
  const run = small()
  await saveRun(store, 'a', {
    ...run,
    extra: { average: new Map([['w', tensor([1, 2])]]), mask: tensor([true, false]) },
  })
  const { extra } = (await loadRun(store, 'a', run)) as { extra: { average: Map<string, Tensor>; mask: Tensor } }
  expect([await extra.average.get('w')!.toArray(), await extra.mask.toArray()]).toEqual([
    [1, 2],
    [true, false],
  ])
})

test('a generator of your own goes on where it was', async () => {
  const store = memoryStore()
  const generator = new Generator(3)
  generator.normal(new Float32Array(3))
  await saveRun(store, 'a', { ...small(), generator })
  const want = [...generator.normal(new Float32Array(5))]
  const resumed = new Generator(4)
  await loadRun(store, 'a', { ...small(), generator: resumed })
  expect([...resumed.normal(new Float32Array(5))]).toEqual(want)
})

describe('a run that does not fit is refused, and nothing has changed', () => {
  const withScheduler = (run = small()): Run => ({
    ...run,
    scheduler: new optim.lrScheduler.StepLR(run.optimizer, { stepSize: 2 }),
  })
  const change =
    (edit: (header: Record<string, unknown>) => void) =>
    async (store: Store): Promise<void> => {
      const { tensors, header } = readRunFile(await store.read('a'), 'a')
      edit(header as unknown as Record<string, unknown>)
      await store.write('a', writeRunFile(header, tensors))
    }
  const nothing = async (): Promise<void> => {}

  test.each<[string, () => Run, (store: Store) => Promise<void>, () => Run, string]>([
    ['of another shape', small, nothing, () => small({ features: 4 }), 'size mismatch for weight'],
    [
      'of another model',
      small,
      nothing,
      () => {
        const model = new nn.Sequential(new nn.Linear(2, 3))
        return { model, optimizer: new optim.SGD(model.parameters()) }
      },
      'weight',
    ],
    [
      'with other groups',
      small,
      nothing,
      () => {
        const model = new nn.Linear(2, 3)
        return { model, optimizer: new optim.SGD([{ params: [model.weight] }, { params: [model.bias!] }]) }
      },
      'loaded state dict has a different number of parameter groups',
    ],
    [
      'of another dtype',
      small,
      nothing,
      () => {
        const model = new nn.Linear(2, 3).to('float64')
        return { model, optimizer: new optim.SGD(model.parameters()) }
      },
      'run: model.bias is float32 in the file and float64 in the model (at a)',
    ],
    [
      'with a scheduler that is not passed',
      withScheduler,
      nothing,
      small,
      'run: the run has a scheduler, without which it would go on differently; pass it to loadRun (at a)',
    ],
    [
      'without the scheduler that is passed',
      small,
      nothing,
      withScheduler,
      'run: the run was saved without a scheduler (at a)',
    ],
    [
      'of a later version',
      small,
      change((header) => (header['version'] = 3)),
      small,
      'run: it has version 3, this program reads 2; use the @glissade/checkpoint that wrote it (at a)',
    ],
    ['without an optimizer', small, change((header) => delete header['optimizer']), small, 'state is missing'],
    [
      'with a tensor that is not there',
      small,
      change((header) => (header['extra'] = { $tensor: 'no' })),
      small,
      'run: it lacks "no", or has it in two places (at a)',
    ],
    [
      'with an unknown kind of value',
      small,
      change((header) => (header['extra'] = { $date: 1 })),
      small,
      'run: an object with the key "$date" is not understood (at a)',
    ],
    [
      'with a step that is no number',
      small,
      change((header) => (header['step'] = 'x')),
      small,
      'run: its step is "x" (at a)',
    ],
    [
      'that is no run',
      small,
      async (store) => store.write('a', writeSafetensors({})),
      small,
      'run: this file holds no run, or its beginning is damaged; tensors are read with readSafetensors or readPt (at a)',
    ],
    [
      'that is cut off',
      small,
      async (store) => store.write('a', (await store.read('a')).subarray(0, -1)),
      small,
      'run: it is damaged: its checksum is ',
    ],
  ])('%s', async (_, saved, damage, target, message) => {
    const store = memoryStore()
    manualSeed(1)
    await saveRun(store, 'a', saved())
    await damage(store)
    manualSeed(2)
    const run = target()
    const before = await everything(run)
    await expect(loadRun(store, 'a', run)).rejects.toThrow(message)
    expect(await everything(run)).toBe(before)
  })

  test('when a later part fails, the earlier ones are as before', async () => {
    const store = memoryStore()
    const run = withScheduler()
    await saveRun(store, 'a', run)
    const fresh = small()
    const failing: Run = {
      ...fresh,
      scheduler: {
        stateDict: () => ({}),
        loadStateDict: (state) => {
          if (Object.keys(state).length > 0) throw new Error('not mine')
        },
      },
    }
    const before = await everything(failing)
    await expect(loadRun(store, 'a', failing)).rejects.toThrow('not mine')
    expect(await everything(failing)).toBe(before)
  })
})

test.each<[string, unknown, string]>([
  ['a function', { f: () => 1 }, 'run: a function cannot be saved (at value["f"])'],
  ['an instance of a class', [new Date(0)], 'run: a Date cannot be saved; save what it is made of (at value[0])'],
  [
    'an array of another class',
    { a: Int8Array.of(1) },
    'run: arrays are Float32Array, Float64Array, Int32Array, Uint8Array (got Int8Array) (at value["a"])',
  ],
])('%s in extra is refused, and nothing is written', async (_, extra, message) => {
  const store = memoryStore()
  await expect(saveRun(store, 'a', { ...small(), extra })).rejects.toThrow(message)
  expect(await store.list()).toEqual([])
})

test('a value that contains itself is refused', async () => {
  const extra: unknown[] = []
  extra.push(extra)
  await expect(saveRun(memoryStore(), 'a', { ...small(), extra })).rejects.toThrow('does it contain itself?')
})

afterAll(() => void manualSeed(0))
