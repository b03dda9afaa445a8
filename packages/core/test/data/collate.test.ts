import { beforeEach, expect, test } from 'vitest'
import { collate } from '../../src/data/index.ts'
import { setDefaultDevice, tensor, type Tensor } from '../../src/index.ts'
import { queuedBackend } from '../queued-backend.ts'

beforeEach(async () => setDefaultDevice(await queuedBackend()))

const facts = async (x: Tensor): Promise<unknown> => [x.dtype, x.shape, await x.toArray()]

test.each<[string, readonly (number | boolean | bigint)[], unknown]>([
  ['numbers make float32', [1, 2.5], ['float32', [2], [1, 2.5]]],
  ['bigints make int32', [3n, -1n], ['int32', [2], [3, -1]]],
  ['booleans make bool', [true, false], ['bool', [2], [true, false]]],
])('%s', async (_, items, want) => {
  expect(await facts(collate<number | boolean | bigint>(items))).toEqual(want)
})

test('typed arrays keep their element type and become rows', async () => {
  expect(await facts(collate([Int32Array.of(1, 2), Int32Array.of(3, 4)]))).toEqual([
    'int32',
    [2, 2],
    [
      [1, 2],
      [3, 4],
    ],
  ])
  expect(await facts(collate([new Float64Array(0), new Float64Array(0)]))).toEqual(['float64', [2, 0], [[], []]])
})

test('host data with a shape gets an axis in front, and the element type that it names', async () => {
  const image = (pixel: number): { shape: number[]; data: Uint8Array; dtype: 'bool' } => ({
    shape: [1, 2],
    data: Uint8Array.of(pixel, 0),
    dtype: 'bool',
  })
  expect(await facts(collate([image(1), image(0)]))).toEqual(['bool', [2, 1, 2], [[[true, false]], [[false, false]]]])
})

test('tensors are stacked without being read', async () => {
  const backend = await queuedBackend()
  setDefaultDevice(backend)
  let reads = 0
  const read = backend.read.bind(backend)
  backend.read = (source) => (reads++, read(source))
  const batch = collate([
    [tensor([1, 2]), 'a'],
    [tensor([3, 4]), 'b'],
  ] as [Tensor, string][])
  expect(reads).toBe(0)
  expect([await facts(batch[0]), batch[1]]).toEqual([
    [
      'float32',
      [2, 2],
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ['a', 'b'],
  ])
})

test('arrays and records become arrays and records of batches, at any depth', async () => {
  const batch = collate([
    { x: [1, { y: 2 }] as const, name: 'a' },
    { x: [3, { y: 4 }] as const, name: 'b' },
  ])
  expect(await batch.x[0].toArray()).toEqual([1, 3])
  expect(await batch.x[1].y.toArray()).toEqual([2, 4])
  expect(batch.name).toEqual(['a', 'b'])
})

test.each<[string, readonly unknown[], string]>([
  ['no items', [], 'collate: a batch needs at least one item'],
  [
    'null',
    [null],
    'collate: a batch is made of tensors, typed arrays, numbers, strings, arrays or plain objects; found null',
  ],
  ['an instance of a class', [new Date(0)], 'found Date. Pass collate to make batches of other things'],
  ['items of two kinds', [1, 2, 'a'], 'collate: item 2 of the batch is a string, item 0 a number'],
  [
    'tuples of two lengths',
    [[1, 2], [1]],
    'collate: each element in list of batch should be of equal size (got 2 in item 0 and 1 in item 1)',
  ],
  ['records that differ', [{ a: 1, b: 2 }, { a: 1 }], "collate: item 1 of the batch has no 'b', which item 0 has"],
  [
    'arrays of two lengths',
    [new Float32Array(2), new Float32Array(3)],
    'item 1 of the batch has another shape than item 0; crop or pad the items, or pass collate (got [3] and [2])',
  ],
  [
    'arrays of two classes',
    [new Float32Array(2), new Int32Array(2)],
    'item 1 of the batch has another element type than item 0 (got Int32Array and Float32Array)',
  ],
  ['integers that are too large', [1n, 2n ** 31n], 'item 1 of the batch, 2147483648, is no int32'],
])('%s: the error says what and where', (_, items, message) => {
  expect(() => collate(items)).toThrow(message)
})
