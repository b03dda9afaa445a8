/** Orders of samplers, loaders and splits: rng.json by the code of its cases, and fixtures/data.json. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { arange, Generator, manualSeed, rand, setDefaultDevice, type Tensor } from '@glissade/core'
import {
  BatchSampler,
  DataLoader,
  DistributedSampler,
  RandomSampler,
  randomSplit,
  SequentialSampler,
  SubsetRandomSampler,
  TensorDataset,
  WeightedRandomSampler,
  type Sampler,
} from '@glissade/core/data'
import { beforeAll, describe, expect, test } from 'vitest'
import { golden, numbers, type GoldenTensor } from '../../../packages/core/test/golden.ts'
import { backends } from './backends.ts'

interface RngCase {
  readonly id: string
  readonly seed: number
  readonly fn: string
  readonly n: number
  readonly bs: number
  readonly epochs: readonly (readonly (readonly number[])[])[]
  readonly out: readonly (readonly number[])[]
  readonly next_rand2: GoldenTensor
}

interface DataCase {
  readonly id: string
  readonly kind: string
  readonly n: number
  readonly out: unknown
  readonly seed?: number | null
  readonly replacement: boolean
  readonly num_samples: number | null
  readonly weights: readonly number[]
  readonly indices: readonly number[]
  readonly batch_size: number
  readonly drop_last: boolean
  readonly shuffle: boolean
  readonly length: number
  readonly passes: readonly (number | null)[]
  readonly replicas: number
  readonly epochs: readonly number[]
  readonly lengths: readonly number[]
  readonly next_rand2: readonly number[]
  readonly next_rand2_own?: readonly number[]
}

const fixture = JSON.parse(readFileSync(join(import.meta.dirname, '../fixtures/data.json'), 'utf8')) as {
  readonly seed: number
  readonly cases: readonly DataCase[]
}

const numbersOf = async (tensor: Tensor): Promise<number[]> => [...(await tensor.data())]
const lists = <T>(sampler: Iterable<T>): T[] => [...sampler]
const single = (indices: readonly number[]): number[] => [...indices]

/** The batches of passes over `arange(n)`; a pass ends after so many batches, or with the data. */
async function batches(
  loader: DataLoader<readonly [Tensor]>,
  passes: readonly (number | null)[],
): Promise<number[][][]> {
  const all: number[][][] = []
  for (const count of passes) {
    const pass: number[][] = []
    for await (const [x] of loader) {
      if (pass.length === count) break
      pass.push(await numbersOf(x))
    }
    all.push(pass)
  }
  return all
}

const rows = (n: number): TensorDataset<readonly [Tensor]> => new TensorDataset(arange(n))

const rngKinds: Record<string, (c: RngCase) => Promise<void>> = {
  dataloader: async (c) => {
    const loader = new DataLoader(rows(c.n), { batchSize: c.bs, shuffle: true })
    expect(
      await batches(
        loader,
        c.epochs.map(() => null),
      ),
    ).toEqual(c.epochs)
  },
  dataloader_noshuffle: async (c) => {
    const loader = new DataLoader(rows(c.n), { batchSize: c.bs })
    expect((await batches(loader, [null])).flat(2)).toEqual(Array.from({ length: c.n }, (_, i) => i))
  },
  random_split: async (c) => {
    const third = Math.floor(c.n / 3)
    const parts = randomSplit(rows(c.n), [c.n - third, third])
    expect(parts.map(({ indices }) => Array.from(indices))).toEqual(c.out)
  },
}

/** What each kind of case gives, with a generator of its own where the case has one. */
const kinds: Record<string, (c: DataCase, own: { readonly generator?: Generator }) => unknown> = {
  random: (c, own) => {
    const options = { replacement: c.replacement, ...(c.num_samples === null ? {} : { numSamples: c.num_samples }) }
    const sampler = new RandomSampler({ length: c.n }, { ...options, ...own })
    return [lists(sampler), lists(sampler)]
  },
  weighted: (c, own) => {
    const sampler = new WeightedRandomSampler(c.weights, c.num_samples!, { replacement: c.replacement, ...own })
    return [lists(sampler), lists(sampler)]
  },
  subset: (c, own) => {
    const sampler = new SubsetRandomSampler(c.indices, own)
    return [lists(sampler), lists(sampler)]
  },
  batch: (c) => {
    const sampler: Sampler<readonly number[]> = new BatchSampler(new SequentialSampler({ length: c.n }), {
      batchSize: c.batch_size,
      dropLast: c.drop_last,
    })
    expect(sampler.length).toBe(c.length)
    return [lists(sampler).map(single)]
  },
  loader: async (c, own) => {
    const options = { batchSize: c.batch_size, shuffle: c.shuffle, dropLast: c.drop_last, ...own }
    const loader = new DataLoader(rows(c.n), options)
    expect(loader.length).toBe(c.length)
    return await batches(loader, c.passes)
  },
  distributed: (c) =>
    c.epochs.map((epoch) =>
      Array.from({ length: c.replicas }, (_, rank) => {
        const options = { numReplicas: c.replicas, rank, shuffle: c.shuffle, seed: 3, dropLast: c.drop_last }
        const sampler = new DistributedSampler({ length: c.n }, options)
        sampler.setEpoch(epoch)
        const order = lists(sampler)
        expect(sampler.length).toBe(order.length)
        return order
      }),
    ),
  split: (c, own) => randomSplit(rows(c.n), c.lengths, own).map(({ indices }) => Array.from(indices)),
}

describe.each(Object.entries(backends))('%s', (_, create) => {
  beforeAll(async () => setDefaultDevice(await create()))

  test.each(golden<RngCase>('rng').cases.filter(({ fn }) => fn in rngKinds))(
    "rng.json: $id has PyTorch's order",
    async (c) => {
      manualSeed(c.seed)
      await rngKinds[c.fn]!(c)
      expect(await numbersOf(rand([2]))).toEqual(numbers(c.next_rand2).map(Math.fround))
    },
  )

  test.each(fixture.cases)("$id has PyTorch's order and draws", async (c) => {
    manualSeed(fixture.seed)
    const own = typeof c.seed === 'number' ? { generator: new Generator(c.seed) } : {}
    expect(await kinds[c.kind]!(c, own)).toEqual(c.out)
    expect(await numbersOf(rand([2]))).toEqual(c.next_rand2.map(Math.fround))
    if (own.generator !== undefined)
      expect([...own.generator.uniform(new Float32Array(2))]).toEqual(c.next_rand2_own!.map(Math.fround))
  })

  test('no kind of case is left out', () => {
    expect(new Set(fixture.cases.map(({ kind }) => kind))).toEqual(new Set(Object.keys(kinds)))
    expect(golden<RngCase>('rng').cases.filter(({ fn }) => fn in rngKinds).length).toBeGreaterThan(0)
  })
})
