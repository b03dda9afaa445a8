import { beforeEach, describe, expect, test } from 'vitest'
import { ConcatDataset, DataLoader, randomSplit, Subset, TensorDataset, type Dataset } from '../../src/data/index.ts'
import { arange, defaultGenerator, manualSeed, setDefaultDevice, tensor, zeros, type Tensor } from '../../src/index.ts'
import { queuedBackend } from '../queued-backend.ts'

beforeEach(async () => setDefaultDevice(await queuedBackend()))

const counting = (n: number, from = 0): Dataset<number> => ({ length: n, get: (i) => from + i })

describe('a dataset of tensors', () => {
  test('has a row of each as an item', async () => {
    const data = new TensorDataset(
      tensor([
        [1, 2],
        [3, 4],
      ]),
      tensor([5, 6]),
    )
    const [x, y] = data.get(1)
    expect([await x.toArray(), y.shape, await y.item()]).toEqual([[3, 4], [], 6])
  })

  test('gives whole batches that are the stacked items', async () => {
    const data = new TensorDataset(arange(12).reshape([4, 3]))
    const [batch] = data.getBatch([3, 0, 3])
    const rows = await Promise.all([3, 0, 3].map((i) => data.get(i)[0].toArray()))
    expect(await batch.toArray()).toEqual(rows)
  })

  test('prepares one program per batch size, not one per index', async () => {
    const backend = await queuedBackend()
    setDefaultDevice(backend)
    let prepared = 0
    const prepare = backend.prepare.bind(backend)
    backend.prepare = (program) => (prepared++, prepare(program))
    const data = new TensorDataset(zeros([50, 2]))
    prepared = 0
    for (let i = 0; i < 50; i++) data.get(i)
    expect(prepared).toBe(1)
    for (const _ of new DataLoader(data, { batchSize: 8 }).sync());
    expect(prepared).toBe(3)
  })

  test('needs tensors with one first dimension', () => {
    expect(() => new TensorDataset()).toThrow('TensorDataset: needs at least one tensor')
    expect(() => new TensorDataset(zeros([2]), zeros([3]))).toThrow(
      'TensorDataset: Size mismatch between tensors: all need the same first dimension (got [2] and [3])',
    )
    expect(() => new TensorDataset(zeros([]))).toThrow('(got [])')
  })

  test.each([-1, 4, 0.5])('has no item %j', (index) => {
    expect(() => new TensorDataset(zeros([4])).get(index)).toThrow(
      `TensorDataset: index ${index} is out of range for 4 items`,
    )
  })
})

test('datasets one after the other are one, empty ones too', () => {
  const all = new ConcatDataset([counting(0), counting(2, 10), counting(0), counting(3, 20)])
  expect(Array.from({ length: all.length }, (_, i) => all.get(i))).toEqual([10, 11, 20, 21, 22])
  expect(() => all.get(5)).toThrow('ConcatDataset: index 5 is out of range for 5 items')
  expect(() => new ConcatDataset([])).toThrow('ConcatDataset: datasets should not be an empty iterable')
})

test('a subset of a subset picks through both, item by item and in whole batches', async () => {
  const data = new TensorDataset(arange(10))
  const inner = new Subset(data, [9, 7, 5, 3])
  const outer = new Subset(inner, [3, 1])
  expect(await Promise.all([0, 1].map((i) => outer.get(i)[0].item()))).toEqual([3, 7])
  expect(await (outer.getBatch!([1, 0]) as [Tensor])[0].toArray()).toEqual([7, 3])
  expect(new Subset(counting(3), [0]).getBatch).toBeUndefined()
  expect(() => outer.get(2)).toThrow('Subset: index 2 is out of range for 2 items')
})

describe('a random split', () => {
  test('parts all items', () => {
    const parts = randomSplit(counting(11), [0.5, 0.25, 0.25])
    expect(parts.map(({ length }) => length)).toEqual([6, 3, 2])
    const all = parts.flatMap((part) => Array.from({ length: part.length }, (_, i) => part.get(i)))
    expect(all.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 11 }, (_, i) => i))
  })

  test.each([[[3, 3]], [[0.3, 0.3]], [[11]], [[-1, 11]], [[0.5, 9.5]], [[NaN]]])(
    'into %j of ten is refused, and nothing is drawn',
    (lengths) => {
      manualSeed(1)
      const before = defaultGenerator.getState()
      expect(() => randomSplit(counting(10), lengths)).toThrow(
        'randomSplit: Sum of input lengths does not equal the length of the input dataset!',
      )
      expect(defaultGenerator.getState()).toEqual(before)
    },
  )
})
