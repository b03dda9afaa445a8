/** x[...] and x[...] = value, where a fixture of PyTorch's says nothing: writing, errors, masks, duplicates. */
import { beforeAll, expect, test } from 'vitest'
import {
  arange,
  isGlissadeError,
  setDefaultDevice,
  slice,
  tensor,
  zeros,
  type Index,
  type Operand,
  type Tensor,
} from '../../src/index.ts'
import { queuedBackend } from '../queued-backend.ts'

beforeAll(async () => setDefaultDevice(await queuedBackend()))

const grid = (): Tensor => arange(12, undefined, 1, { dtype: 'float32' }).reshape([3, 4]).clone()
const ints = (...list: number[]): Tensor => tensor(list, { dtype: 'int32' })
const at = (...cells: [number, number][]): Set<number> => new Set(cells.map(([row, column]) => row * 4 + column))

const writes: [string, () => readonly Index[], Set<number>][] = [
  ['a number', () => [1], at([1, 0], [1, 1], [1, 2], [1, 3])],
  ['numbers', () => [-1, -2], at([2, 2])],
  ['slices', () => [slice(1), slice(null, null, 3)], at([1, 0], [1, 3], [2, 0], [2, 3])],
  ['a list', () => [[0, -1]], at([0, 0], [0, 1], [0, 2], [0, 3], [2, 0], [2, 1], [2, 2], [2, 3])],
  ['index tensors', () => [ints(0, 1, -1), ints(3, 2, 0)], at([0, 3], [1, 2], [2, 0])],
  ['a slice and a list', () => [slice(0, 2), [1, 3]], at([0, 1], [0, 3], [1, 1], [1, 3])],
  [
    'a mask of the rows',
    () => [tensor([true, false, true])],
    at([0, 0], [0, 1], [0, 2], [0, 3], [2, 0], [2, 1], [2, 2], [2, 3]),
  ],
  ['a mask of the columns', () => [':', tensor([false, true, false, false])], at([0, 1], [1, 1], [2, 1])],
  ['a whole mask', () => [grid().gt(9)], at([2, 2], [2, 3])],
  ["'...' and a number", () => ['...', 0], at([0, 0], [1, 0], [2, 0])],
]
test.each(writes)('setAt writes what %s names and nothing else', async (_, indices, cells) => {
  const x = grid()
  x.setAt(indices(), -1)
  expect([...(await x.data())]).toEqual(Array.from({ length: 12 }, (__, i) => (cells.has(i) ? -1 : i)))
})

test('what setAt wrote is what at reads', async () => {
  const x = zeros([3, 4])
  const value = tensor([
    [1, 2],
    [3, 4],
  ])
  x.setAt([[2, 0], slice(1, 3)], value)
  expect(await x.at([2, 0], slice(1, 3)).toArray()).toEqual([
    [1, 2],
    [3, 4],
  ])
})

test('of equal indices the last one stays', async () => {
  const x = zeros([3])
  x.setAt([ints(1, 1, 1, 0)], tensor([5, 7, 6, 4]))
  expect(await x.toArray()).toEqual([4, 6, 0])
})

test('setAt casts the value and gradients flow to it, and no longer to what it replaced', async () => {
  const x = tensor([1, 2, 3], { requiresGrad: true })
  const v = tensor(10, { requiresGrad: true })
  const y = x.mul(2)
  y.setAt([ints(1)], v)
  y.sum().backward()
  expect(await x.grad!.toArray()).toEqual([2, 0, 2])
  expect(await v.grad!.item()).toBe(1)
})

test('maskedSelect with a count reads nothing and gives what the waiting one gives', async () => {
  const x = grid().requiresGrad_()
  const mask = x.remainder(3).eq(0)
  const chosen = x.maskedSelect(mask, { count: 4 })
  expect(await chosen.toArray()).toEqual([0, 3, 6, 9])
  expect(await (await x.maskedSelect(mask)).toArray()).toEqual([0, 3, 6, 9])
  chosen.sum().backward()
  expect([...(await x.grad!.data())]).toEqual([1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0])
})

const failures: [string, () => unknown, string][] = [
  ['too many indices', () => grid().at(0, 0, 0), 'at: 3 indices for a tensor of 2 dimensions'],
  ['a number out of range', () => grid().at(0, 4), 'at: index 4 is out of range for dimension 1 of size 4'],
  ['a list out of range', () => grid().at([0, 3]), 'at: index 3 is out of range for a dimension of size 3'],
  [
    'a negative step',
    () => grid().at({ step: -1 }),
    'at: the step of a slice must be a positive integer (got -1); use flip',
  ],
  ["two '...'", () => grid().at('...', '...'), "at: only one '...' can stand among the indices"],
  ['a mask', () => grid().at(grid().gt(1)), 'use await x.atAsync(mask)'],
  [
    'a mask of another size',
    () => grid().setAt([tensor([true, false])], 0),
    'setAt: a mask must have the sizes of the tensor from dimension 0 on (got [2] and [3,4])',
  ],
  ['a float index', () => grid().at(tensor([0, 1])), 'at: an index must be int32; use int() (got float32)'],
  [
    'nonsense',
    () => grid().at('x' as never),
    "at: indices must be an integer, slice(), ':', '...', null, a tensor or a list of integers (got 'x')",
  ],
  ['a value that does not fit', () => grid().setAt([ints(0, 1)], zeros([3])), 'setAt: shapes do not broadcast'],
  [
    'gather with an index that is too large',
    () => grid().gather(0, ints(0, 1, 2, 0, 1).reshape([1, 5])),
    'gather: the index must not be larger than the tensor but along dimension 0 (got [3,4] and [1,5])',
  ],
]
test.each(failures)('%s is an error', (_, run, message) => {
  let error: unknown
  try {
    run()
  } catch (thrown) {
    error = thrown
  }
  expect(isGlissadeError(error)).toBe(true)
  expect((error as Error).message).toContain(message)
})

const inPlace: [string, (x: Tensor, y: Operand) => Tensor, (x: Tensor, y: Operand) => Tensor][] = [
  ['add', (x, y) => x.add_(y, { alpha: 2 }), (x, y) => x.add(y, { alpha: 2 })],
  ['sub', (x, y) => x.sub_(y), (x, y) => x.sub(y)],
  ['mul', (x, y) => x.mul_(y), (x, y) => x.mul(y)],
  ['div', (x, y) => x.div_(y, { roundingMode: 'floor' }), (x, y) => x.div(y, { roundingMode: 'floor' })],
  ['clamp', (x, y) => x.clamp_({ min: 2, max: y }), (x, y) => x.clamp({ min: 2, max: y })],
  ['maskedFill', (x) => x.maskedFill_(x.gt(3), 0), (x) => x.maskedFill(x.gt(3), 0)],
  ['sqrt', (x) => x.sqrt_(), (x) => x.sqrt()],
  ['cumsum', (x) => x.cumsum_(1), (x) => x.cumsum(1)],
]
test.each(inPlace)('%s_ moves the tensor to what the method gives, and gives it back', async (_, change, method) => {
  const x = grid()
  expect(change(x, 3)).toBe(x)
  expect(await x.toArray()).toEqual(await method(grid(), 3).toArray())
})
test('an in-place form keeps the dtype, and refuses results of a higher kind or another shape', async () => {
  const x = ints(1, 2)
  expect(() => x.mul_(0.5)).toThrow('mul_: the result cannot be stored in a int32 tensor (got float32)')
  expect(() => x.add_(zeros([3, 2], { dtype: 'int32' }))).toThrow(
    'add_: the new value must have the shape of the tensor',
  )
  x.add_(tensor([true, false]))
  expect(x.dtype).toBe('int32')
  expect(await x.toArray()).toEqual([2, 2])
})

test('an index without elements may have any shape, as in PyTorch', async () => {
  const x = tensor([[1, 2, 3], [4, 5, 6]]) // oxfmt-ignore
  for (const shape of [[0], [0, 3], [2, 0], [0, 0, 0]] as const) {
    const none = zeros(shape, { dtype: 'int32' })
    expect(x.gather(1, none).shape).toEqual(shape)
    expect(await x.scatter(1, none, 9).toArray()).toEqual(await x.toArray())
    expect(await x.scatterAdd(1, none, x).toArray()).toEqual(await x.toArray())
  }
  expect(() => x.gather(1, zeros([1], { dtype: 'int32' }))).toThrow('as many dimensions as the tensor')
})
