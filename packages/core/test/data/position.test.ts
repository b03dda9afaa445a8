/** A loop that is interrupted anywhere and resumed elsewhere is the loop that was not. */
import * as fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  DataLoader,
  DistributedSampler,
  RandomSampler,
  SubsetRandomSampler,
  WeightedRandomSampler,
  type Dataset,
  type DataLoaderOptions,
  type IterableDataset,
  type LoaderState,
} from '../../src/data/index.ts'
import { defaultGenerator, Generator, manualSeed } from '../../src/index.ts'

type Options = DataLoaderOptions<number, readonly number[]>
interface Sizes {
  readonly n: number
  readonly batchSize: number
}

const identity = (items: readonly number[]): readonly number[] => items
/** A macrotask later. */
const soon = <T>(value: T): Promise<T> => new Promise((resolve) => setImmediate(resolve, value))
const items = (n: number): number[] => Array.from({ length: n }, (_, i) => i)
const weights = (n: number): number[] => items(n).map((i) => 1 + (i % 3))

/** Every way to order a pass; each call makes its own samplers and generators, as another process would. */
const orders: Record<string, (sizes: Sizes, seed: number) => Options> = {
  'in order': () => ({}),
  shuffled: () => ({ shuffle: true }),
  'shuffled by a generator of its own': (_, seed) => ({ shuffle: true, generator: new Generator(seed) }),
  'with replacement': ({ n }) => ({ sampler: new RandomSampler({ length: n }, { replacement: true, numSamples: 40 }) }),
  'with replacement, by a generator of its own': ({ n }, seed) => ({
    sampler: new RandomSampler({ length: n }, { replacement: true, numSamples: 40, generator: new Generator(seed) }),
  }),
  'several times, by a generator of its own': ({ n }, seed) => ({
    sampler: new RandomSampler({ length: n }, { numSamples: 2 * n + 1, generator: new Generator(seed) }),
    generator: new Generator(seed + 1),
  }),
  'by weight': ({ n }) => ({ sampler: new WeightedRandomSampler(weights(n), n) }),
  'by weight, by a generator of its own': ({ n }, seed) => ({
    sampler: new WeightedRandomSampler(weights(n), n, { generator: new Generator(seed) }),
  }),
  'of a subset': ({ n }) => ({ sampler: new SubsetRandomSampler(items(n)) }),
  'of one process of three': ({ n }) => ({
    sampler: new DistributedSampler({ length: n }, { numReplicas: 3, rank: 1 }),
  }),
  'of given batches': ({ n }) => ({ batchSampler: items(n).map((i) => [i, (i * 7) % n]) }),
}

const datasets: Record<string, (n: number) => Dataset<number> | Dataset<Promise<number>>> = {
  'at once': (n) => ({ length: n, get: (i) => i }),
  later: (n) => ({ length: n, get: async (i) => soon(i) }),
}

const streams: Record<string, (n: number) => IterableDataset<number>> = {
  'a list': (n) => items(n),
  'a stream': (n) => ({
    async *[Symbol.asyncIterator]() {
      for (const i of items(n)) yield await soon(i)
    },
  }),
  'a stream that starts anywhere': (n) => {
    const from = async function* (start: number): AsyncGenerator<number> {
      yield* items(n).slice(start)
    }
    return { [Symbol.asyncIterator]: () => from(0), from }
  },
}

/** One step per batch; each draws a number, as dropout would. Stops after step `stop` with all that a checkpoint keeps. */
async function train(
  loader: DataLoader<number, readonly number[]>,
  passes: number,
  log: unknown[],
  stop = Infinity,
): Promise<{ loader: string; generator: Uint8Array } | null> {
  for (let epoch = loader.epoch; epoch < passes; epoch++) {
    if (loader.sampler instanceof DistributedSampler) loader.sampler.setEpoch(epoch)
    for await (const batch of loader) {
      log.push([epoch, ...batch, defaultGenerator.uint32()])
      if (log.length === stop) return { loader: JSON.stringify(loader.state()), generator: defaultGenerator.getState() }
    }
  }
  return null
}

async function assertResumes(
  make: () => DataLoader<number, readonly number[]>,
  passes: number,
  seed: number,
  at: number,
): Promise<void> {
  manualSeed(seed)
  const whole: unknown[] = []
  await train(make(), passes, whole)
  const stop = 1 + (at % Math.max(1, whole.length))
  if (stop > whole.length) return

  manualSeed(seed)
  const parts: unknown[] = []
  const saved = await train(make(), passes, parts, stop)
  // Another process: other generators, a new loader.
  manualSeed(seed + 1)
  const resumed = make()
  resumed.loadState(JSON.parse(saved!.loader) as LoaderState)
  defaultGenerator.setState(saved!.generator)
  // Loading and asking changes nothing.
  expect(JSON.stringify(resumed.state())).toBe(saved!.loader)
  await train(resumed, passes, parts)
  expect(parts).toEqual(whole)
}

const sizes = fc.record({ n: fc.integer({ min: 1, max: 9 }), batchSize: fc.integer({ min: 1, max: 4 }) })
const passCounts = fc.integer({ min: 1, max: 3 })
const counts = fc.record({
  seed: fc.nat(1e6),
  at: fc.nat(1e6),
  prefetch: fc.integer({ min: 0, max: 3 }),
  dropLast: fc.boolean(),
})

beforeEach(() => void manualSeed(0))

describe.each(Object.keys(datasets))('items that come %s', (kind) => {
  test.each(Object.keys(orders))(
    '%s: interrupted after any batch, the rest and the following passes come as they would have',
    async (order) => {
      await fc.assert(
        fc.asyncProperty(sizes, passCounts, counts, async (size, passes, { seed, at, prefetch, dropLast }) => {
          const make = (): DataLoader<number, readonly number[]> => {
            const options = orders[order]!(size, seed)
            const batches = options.batchSampler === undefined ? { batchSize: size.batchSize, dropLast } : {}
            const dataset = datasets[kind]!(size.n) as Dataset<number>
            return new DataLoader(dataset, { ...options, ...batches, prefetch, collate: identity })
          }
          await assertResumes(make, passes, seed, at)
        }),
        { numRuns: 12, seed: 1 },
      )
    },
  )
})

test.each(Object.keys(streams))(
  '%s goes on after the batches that were consumed, whatever was read ahead',
  async (kind) => {
    await fc.assert(
      fc.asyncProperty(
        sizes,
        passCounts,
        counts,
        async ({ n, batchSize }, passes, { seed, at, prefetch, dropLast }) => {
          await assertResumes(
            () => new DataLoader(streams[kind]!(n), { batchSize, dropLast, prefetch, collate: identity }),
            passes,
            seed,
            at,
          )
        },
      ),
      { numRuns: 12, seed: 1 },
    )
  },
)

const loaderOf = (n: number, options: Options = {}): DataLoader<number, readonly number[]> =>
  new DataLoader({ length: n, get: (i: number) => i }, { collate: identity, ...options })

test('a loop that was left stays the position until the next one begins', async () => {
  const loader = loaderOf(10, { batchSize: 2 })
  for await (const [first] of loader) if (first === 4) break
  expect(loader.state()).toMatchObject({ epoch: 0, consumed: 3 })
  const other = loaderOf(10, { batchSize: 2 })
  other.loadState(loader.state())
  const rest: (readonly number[])[] = []
  for await (const batch of other) rest.push(batch)
  expect(rest).toEqual([
    [6, 7],
    [8, 9],
  ])
  // Here the next loop is a new pass.
  const next: (readonly number[])[] = []
  for await (const batch of loader) next.push(batch)
  expect([next.length, loader.epoch]).toEqual([5, 2])
})

test('after the last batch of a pass the resumed pass has no more, and the next one follows', async () => {
  const loader = loaderOf(4, { batchSize: 2 })
  let state: LoaderState | undefined
  for await (const _ of loader) state = loader.state()
  const other = loaderOf(4, { batchSize: 2 })
  other.loadState(state!)
  expect(other.epoch).toBe(0)
  for await (const _ of other) expect.unreachable()
  expect(other.epoch).toBe(1)
  expect([...other.sync()]).toEqual([
    [0, 1],
    [2, 3],
  ])
})

test('resuming draws nothing from the default generator', async () => {
  manualSeed(1)
  const loader = loaderOf(10, { shuffle: true })
  for await (const _ of loader) break
  const state = loader.state()
  const other = loaderOf(10, { shuffle: true })
  other.loadState(state)
  const before = defaultGenerator.getState()
  expect([...other.sync()].length).toBe(9)
  expect(defaultGenerator.getState()).toEqual(before)
})

test('the epoch of a distributed sampler is part of the state, as it was when the pass began', async () => {
  const make = (): DataLoader<number, readonly number[]> =>
    loaderOf(9, { sampler: new DistributedSampler({ length: 9 }, { numReplicas: 2, rank: 0 }) })
  const loader = make()
  const sampler = loader.sampler as DistributedSampler
  sampler.setEpoch(3)
  const whole = [...loader.sync()]
  for (const _ of loader.sync()) break
  sampler.setEpoch(4)
  const resumed = make()
  resumed.loadState(loader.state())
  expect([...resumed.sync()]).toEqual(whole.slice(1))
  expect((resumed.sampler as DistributedSampler).epoch).toBe(3)
})

test('a state holds nothing that grows with the data', async () => {
  const lengthAt = (n: number): number => {
    const loader = loaderOf(n, { shuffle: true, generator: new Generator(1) })
    for (const _ of loader.sync()) break
    return JSON.stringify(loader.state()).length
  }
  expect(Math.abs(lengthAt(1000) - lengthAt(10))).toBeLessThan(10)
})

test.each<[string, (state: LoaderState) => unknown, string]>([
  ['no object', () => null, 'loadState: this is no state that loader.state() gave'],
  ['another version', (state) => ({ ...state, version: 2 }), 'loadState: this is no state that loader.state() gave'],
  [
    'a negative count',
    (state) => ({ ...state, consumed: -1 }),
    'loadState: epoch, consumed and asked must be integers from 0',
  ],
  [
    'too few generators',
    (state) => ({ ...state, generators: [] }),
    'loadState: the state is of a loader with 0 generators of its own, this one has 1',
  ],
  [
    'a broken generator',
    (state) => ({ ...state, generators: ['AAAA'] }),
    'loadState: it holds a generator that cannot be read',
  ],
  [
    'another number of batches',
    (state) => ({ ...state, batches: 4 }),
    "loadState: the interrupted pass had 4 batches, this loader's have 3",
  ],
])('%s is refused, and nothing has changed', async (_, change, message) => {
  const loader = loaderOf(3, { shuffle: true, generator: new Generator(1) })
  for await (const __ of loader) break
  const before = JSON.stringify(loader.state())
  expect(() => loader.loadState(change(loader.state()) as LoaderState)).toThrow(message)
  expect(JSON.stringify(loader.state())).toBe(before)
})
