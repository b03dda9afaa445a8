import { beforeEach, describe, expect, expectTypeOf, test } from 'vitest'
import {
  BatchSampler,
  DataError,
  DataLoader,
  DistributedSampler,
  RandomSampler,
  SequentialSampler,
  ShardDataset,
  TensorDataset,
  WeightedRandomSampler,
  type Dataset,
  type DataLoaderOptions,
} from '../../src/data/index.ts'
import { arange, isGlissadeError, manualSeed, ones, setDefaultDevice, type Tensor } from '../../src/index.ts'
import { queuedBackend } from '../queued-backend.ts'

beforeEach(async () => {
  setDefaultDevice(await queuedBackend())
  manualSeed(0)
})

const counting = (n: number): Dataset<number> => ({ length: n, get: (i) => i })
const identity = <T>(items: readonly T[]): readonly T[] => items
const loaderOf = (
  n: number,
  options: DataLoaderOptions<number, readonly number[]> = {},
): DataLoader<number, readonly number[]> => new DataLoader(counting(n), { collate: identity, ...options })
async function all<B>(loader: AsyncIterable<B>): Promise<B[]> {
  const batches: B[] = []
  for await (const batch of loader) batches.push(batch)
  return batches
}
const macrotask = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
async function errorOf(run: () => Promise<unknown>): Promise<unknown> {
  try {
    await run()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

describe('a loader', () => {
  test('says how many batches it gives', async () => {
    for (const n of [0, 1, 5, 6, 7])
      for (const dropLast of [false, true]) {
        const loader = loaderOf(n, { batchSize: 3, dropLast })
        expect((await all(loader)).length).toBe(loader.length)
      }
  })

  test('gives the same batches synchronously', async () => {
    const options = { batchSize: 2, shuffle: true }
    const [first, second] = [loaderOf(7, options), loaderOf(7, options)]
    manualSeed(3)
    const waited = [await all(first), await all(first)]
    manualSeed(3)
    expect([[...second.sync()], [...second.sync()]]).toEqual(waited)
    expect([first.epoch, second.epoch]).toEqual([2, 2])
  })

  test('types its batches by its items', async () => {
    const rows = new DataLoader(new TensorDataset(ones([4, 2]), arange(4)), { batchSize: 2 })
    for await (const [x, y] of rows) {
      expectTypeOf(x).toEqualTypeOf<Tensor>()
      expect([x.shape, y.dtype]).toEqual([[2, 2], 'int32'])
    }
    const records: Dataset<Promise<{ image: Float32Array; label: bigint; name: string }>> = {
      length: 1,
      get: async () => ({ image: new Float32Array(3), label: 1n, name: 'a' }),
    }
    for await (const batch of new DataLoader(records)) {
      expectTypeOf(batch).toEqualTypeOf<{ image: Tensor; label: Tensor; name: string[] }>()
      expect(batch.image.shape).toEqual([1, 3])
    }
  })

  test('puts the items of a batch through collate, with the indices of a given list', async () => {
    expect(await all(loaderOf(9, { sampler: [8, 1, 1], batchSize: 2 }))).toEqual([[8, 1], [1]])
    expect(await all(loaderOf(9, { batchSampler: [[8, 0], [], [3]] }))).toEqual([[8, 0], [], [3]])
  })

  test('lets timers run in a long loop', async () => {
    let ticks = 0
    const timer = setInterval(() => ticks++, 1)
    const until = Date.now() + 120
    for await (const _ of loaderOf(1e9)) if (Date.now() > until) break
    clearInterval(timer)
    expect(ticks).toBeGreaterThan(2)
  })

  test('closes a stream and its sampler when the loop is left', async () => {
    const closed: string[] = []
    const stream = {
      async *[Symbol.asyncIterator]() {
        try {
          for (let i = 0; ; i++) yield i
        } finally {
          closed.push('stream')
        }
      },
    }
    for await (const _ of new DataLoader(stream, { collate: identity })) break
    const sampler = {
      length: 5,
      *[Symbol.iterator]() {
        try {
          yield* [1, 2, 3, 4, 0]
        } finally {
          closed.push('sampler')
        }
      },
    }
    for (const _ of loaderOf(5, { sampler }).sync()) break
    expect(closed).toEqual(['stream', 'sampler'])
  })
})

describe('an asynchronous dataset', () => {
  test.each([0, 1, 3])('is asked for at most %i batches more than the loop got', async (prefetch) => {
    let asked = 0
    const data: Dataset<Promise<number>> = {
      length: 12,
      get: async (i) => {
        asked++
        await macrotask()
        return i
      },
    }
    let got = 0
    for await (const batch of new DataLoader(data, { batchSize: 2, prefetch, collate: identity })) {
      got += batch.length
      await macrotask()
      expect(asked).toBe(Math.min(12, got + 2 * prefetch))
    }
    expect(got).toBe(12)
  })

  test('gives batches in order, whichever comes first', async () => {
    const data: Dataset<Promise<number>> = {
      length: 6,
      get: (i) => new Promise((resolve) => setTimeout(resolve, 8 - i, i)),
    }
    expect(await all(new DataLoader(data, { batchSize: 2, collate: identity }))).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ])
  })

  test('cannot be iterated synchronously', () => {
    const loader = new DataLoader<Promise<number>, readonly number[]>(
      { length: 1, get: async (i) => i },
      { collate: identity },
    )
    expect(() => [...loader.sync()]).toThrow(
      'DataLoader.sync: this dataset is asynchronous; use for await (const batch of loader)',
    )
  })

  test('may make whole batches itself, unless there is a collate', async () => {
    const data: Dataset<number> = { length: 4, get: (i) => i, getBatch: async (indices) => ones([indices.length]) }
    expect((await all(new DataLoader(data, { batchSize: 3 }))).map(({ shape }) => shape)).toEqual([[3], [1]])
    expect(await all(new DataLoader(data, { batchSize: 3, collate: identity }))).toEqual([[0, 1, 2], [3]])
  })
})

describe('what a dataset throws', () => {
  const broken = new TypeError('no such file')
  const failing: Dataset<number> = {
    length: 9,
    get: (i) => {
      if (i === 7) throw broken
      return i
    },
  }

  test('names the index and keeps the cause, at once or later', async () => {
    const later: Dataset<Promise<number>> = { length: 9, get: async (i) => failing.get(i) }
    for (const data of [failing, later] as Dataset<number>[]) {
      const error = await errorOf(() => all(new DataLoader(data, { batchSize: 2, shuffle: true, collate: identity })))
      expect(error).toBeInstanceOf(DataError)
      expect(isGlissadeError(error, 'DataError')).toBe(true)
      expect(error).toMatchObject({
        index: 7,
        cause: broken,
        message: 'DataLoader: dataset.get(7) failed: no such file',
      })
    }
  })

  test('comes after the batches before it, although they were fetched ahead', async () => {
    const later: Dataset<Promise<number>> = { length: 9, get: async (i) => failing.get(i) }
    const got: number[] = []
    const error = await errorOf(async () => {
      for await (const batch of new DataLoader(later, { batchSize: 2, prefetch: 3, collate: identity })) {
        await macrotask()
        got.push(...batch)
      }
    })
    expect([got, (error as DataError).index]).toEqual([[0, 1, 2, 3, 4, 5], 7])
  })

  test('after the loop was left reaches nobody', async () => {
    const later: Dataset<Promise<number>> = {
      length: 9,
      get: async (i) => {
        await macrotask()
        return failing.get(i + 6)
      },
    }
    // A rejection that nobody handles would fail this run.
    for await (const _ of new DataLoader(later, { collate: identity })) break
    await macrotask()
    await macrotask()
  })

  test('for a whole batch names its indices, for a shard its number', async () => {
    const whole: Dataset<number> = {
      length: 40,
      get: (i) => i,
      getBatch: () => {
        throw broken
      },
    }
    expect(await errorOf(() => all(new DataLoader(whole, { batchSize: 2 })))).toMatchObject({
      index: [0, 1],
      cause: broken,
    })
    expect(String(await errorOf(() => all(new DataLoader(whole, { batchSize: 40 }))))).toContain(
      '14, 15, ... 40 in all]) failed',
    )
    const shards = new ShardDataset(['a', 'b'], (name) => (name === 'b' ? Promise.reject(broken) : [1, 2]))
    expect(await errorOf(() => all(shards))).toMatchObject({
      index: 1,
      cause: broken,
      message: 'ShardDataset: open(1) failed: no such file',
    })
  })
})

describe('streams', () => {
  test.each([0, 1, 2])('of shards hold at most 1 + %i shards in memory', async (prefetch) => {
    let alive = 0
    let most = 0
    const shards = new ShardDataset(
      [3, 0, 2, 4, 1, 3],
      async (length, index) => {
        most = Math.max(most, ++alive)
        await macrotask()
        return (function* () {
          for (let i = 0; i < length; i++) yield index * 10 + i
          alive--
        })()
      },
      { prefetch },
    )
    const batches = await all(new DataLoader(shards, { batchSize: 4, collate: identity }))
    expect(batches.flat()).toEqual([0, 1, 2, 20, 21, 30, 31, 32, 33, 40, 50, 51, 52])
    expect(batches.map(({ length }) => length)).toEqual([4, 4, 4, 1])
    expect([most, alive]).toEqual([1 + prefetch, 0])
  })

  test.each([0, 2])('are read at most %i batches ahead', async (prefetch) => {
    let read = 0
    const stream = {
      async *[Symbol.asyncIterator]() {
        for (; read < 20;) yield read++
      },
    }
    let got = 0
    for await (const batch of new DataLoader(stream, { batchSize: 2, prefetch, collate: identity })) {
      got += batch.length
      await macrotask()
      // The one item more is that which says that the stream goes on.
      expect(read).toBeLessThanOrEqual(Math.min(20, got + 2 * prefetch + 1))
      if (got + 2 * prefetch <= 20) expect(read).toBeGreaterThanOrEqual(got + 2 * prefetch - 1)
    }
    expect(got).toBe(20)
  })

  test('have a length where they say so', () => {
    expect(new DataLoader([1, 2, 3], { batchSize: 2 }).length).toBe(2)
    expect(new DataLoader([1, 2, 3], { batchSize: 2, dropLast: true }).length).toBe(1)
    expect(() => new DataLoader(new Set([1])).length).toThrow(
      'DataLoader.length: this stream does not say how many items it has',
    )
  })

  test('that are synchronous must not give promises', async () => {
    const error = await errorOf(() => all(new DataLoader([Promise.resolve(1)])))
    expect(String(error)).toContain('a synchronous stream gave a promise; make it asynchronous')
  })
})

test.each<[string, () => unknown, string]>([
  [
    'a sampler and shuffle',
    () => loaderOf(3, { sampler: [0], shuffle: true }),
    'DataLoader: sampler option is mutually exclusive with shuffle',
  ],
  [
    'a batchSampler and dropLast',
    () => loaderOf(3, { batchSampler: [[0]], dropLast: true }),
    'DataLoader: batchSampler option is mutually exclusive with batchSize, shuffle, sampler, and dropLast',
  ],
  [
    'an order for a stream',
    () => new DataLoader([1], { shuffle: true }),
    'DataLoader: a dataset that is iterated has its own order: expected unspecified shuffle option',
  ],
  [
    'no batch',
    () => loaderOf(3, { batchSize: 0 }),
    'DataLoader: batch_size should be a positive integer value, but got batch_size=0',
  ],
  [
    'a negative prefetch',
    () => loaderOf(3, { prefetch: -1 }),
    'DataLoader: prefetch must be an integer from 0 (got -1)',
  ],
  [
    'no dataset',
    () => new DataLoader({} as Dataset<number>),
    'DataLoader: dataset must be a dataset, with get(index) and length, or something to iterate',
  ],
  [
    'nothing to shuffle',
    () => loaderOf(0, { shuffle: true }),
    'RandomSampler: num_samples should be a positive integer value, but got num_samples=0',
  ],
  [
    'no samples',
    () => new RandomSampler({ length: 3 }, { numSamples: 0.5 }),
    'RandomSampler: num_samples should be a positive integer value, but got num_samples=0.5',
  ],
  [
    'a fraction of a batch',
    () => new BatchSampler(new SequentialSampler({ length: 3 }), { batchSize: 1.5 }),
    'BatchSampler: batch_size should be a positive integer value, but got batch_size=1.5',
  ],
  [
    'more than there is',
    () => new WeightedRandomSampler([1, 2], 3, { replacement: false }),
    'WeightedRandomSampler: cannot draw 3 of 2 indices without replacement',
  ],
  [
    'a rank beyond the last',
    () => new DistributedSampler({ length: 3 }, { numReplicas: 2, rank: 2 }),
    'DistributedSampler: Invalid rank 2, rank should be in the interval [0, 1]',
  ],
])('%s is refused at the call', (_, make, message) => {
  expect(make).toThrow(message)
})

test('the ranks of a distributed sampler together are the batches of one process', () => {
  for (const n of [1, 7, 8, 12]) {
    const order = [...new DistributedSampler({ length: n }, { numReplicas: 1, rank: 0, seed: 3 })]
    const ranks = [0, 1, 2, 3].map((rank) => [
      ...new DistributedSampler({ length: n }, { numReplicas: 4, rank, seed: 3 }),
    ])
    const together = ranks[0]!.flatMap((_, step) => ranks.map((own) => own[step]!))
    expect(together.slice(0, n)).toEqual(order)
    expect(together.length).toBe(4 * Math.ceil(n / 4))
  }
})
