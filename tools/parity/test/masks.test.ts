/** Masks choose what they say, as in PyTorch 1.13, and what does not fit them is refused: eager, compiled, on every backend. */
import { beforeAll, describe, expect, test } from 'vitest'
import { bernoulli, compile, manualSeed, setDefaultDevice, tensor, type Tensor } from '@glissade/core'
import { backends } from './backends.ts'

const grid = (): Tensor =>
  tensor([
    [1, 2, 3],
    [4, 5, 6],
  ])
const rows = (): Tensor => tensor([false, true])
const cells = (): Tensor =>
  tensor([
    [true, false, true],
    [false, false, true],
  ])

const good: readonly [string, (x: Tensor, mask: Tensor) => Tensor, () => Tensor, number[]][] = [
  ['one value at cells', (x, m) => x.indexPut([m], 9), cells, [9, 2, 9, 4, 5, 9]],
  ['a value per cell', (x, m) => x.indexPut([m], tensor([7, 8, 9])), cells, [7, 2, 8, 4, 5, 9]],
  ['one value to be added', (x, m) => x.indexPut([m], 10, { accumulate: true }), cells, [11, 2, 13, 4, 5, 16]],
  [
    'values to be added',
    (x, m) => x.indexPut([m], tensor([7, 8, 9]), { accumulate: true }),
    cells,
    [8, 2, 11, 4, 5, 15],
  ],
  ['a row', (x, m) => x.indexPut([m], tensor([7, 8, 9])), rows, [1, 2, 3, 7, 8, 9]],
  ['a list of one row', (x, m) => x.indexPut([m], tensor([[7, 8, 9]])), rows, [1, 2, 3, 7, 8, 9]],
  ['a column', (x, m) => x.indexPut([m], tensor([[7]])), rows, [1, 2, 3, 7, 7, 7]],
  ['scattered elements', (x, m) => x.maskedScatter(m, tensor([7, 8, 9, 10])), cells, [7, 2, 8, 4, 5, 9]],
  ['a selection', (x, m) => x.maskedSelect(m, { count: 3 }), cells, [1, 3, 6]],
]
const bad: readonly [string, (x: Tensor, mask: Tensor) => Tensor, () => Tensor, RegExp][] = [
  ['too few values', (x, m) => x.indexPut([m], tensor([7, 8])), cells, /^indexPut: .*2 values/],
  ['too many values', (x, m) => x.indexPut([m], tensor([7, 8, 9, 10])), cells, /^indexPut: .*4 values/],
  ['rows for another number of rows', (x, m) => x.indexPut([m], grid()), rows, /^indexPut: .*2 values/],
  ['a mask of other sizes', (x) => x.indexPut([tensor([true])], 1), rows, /^indexPut: the mask/],
  [
    'a mask beside indices',
    (x, m) => x.indexPut([m, tensor([0], { dtype: 'int32' })], 1),
    rows,
    /^indexPut: a mask beside/,
  ],
  ['too short a source', (x, m) => x.maskedScatter(m, tensor([7, 8])), cells, /^maskedScatter: .*2$/],
  ['nothing as a source', (x, m) => x.maskedScatter(m, tensor([])), cells, /^maskedScatter: .*0$/],
  ['too high a count', (x, m) => x.maskedSelect(m, { count: 4 }), cells, /^maskedSelect: .*4 places/],
  ['too low a count', (x, m) => x.maskedSelect(m, { count: 2 }), cells, /^maskedSelect: .*2 places/],
  ['a mask to gather by', (x, m) => x.gather(1, m), cells, /^gather: a mask is no index/],
  [
    'bytes, which PyTorch takes for a mask',
    (x) => x.at(tensor([1], { dtype: 'uint8' })),
    rows,
    /^at: bytes are a mask/,
  ],
]

describe.each(Object.entries(backends))('on %s', (_, open) => {
  beforeAll(async () => setDefaultDevice(await open()))

  test.each(good)('%s', async (__, run, mask, want) => {
    expect([...(await run(grid(), mask()).data())]).toEqual(want)
    expect([...(await compile((x: Tensor, m: Tensor) => run(x, m))(grid(), mask()).data())]).toEqual(want)
  })
  test.each(bad)('%s: refused', async (__, run, mask, message) => {
    await expect(async () => run(grid(), mask()).data()).rejects.toThrow(message)
    await expect(async () => compile((x: Tensor, m: Tensor) => run(x, m))(grid(), mask()).data()).rejects.toThrow(
      message,
    )
  })
  test('the gradient of what a mask replaces goes to the values', async () => {
    const [x, values] = [grid().requiresGrad_(), tensor([7, 8, 9]).requiresGrad_()]
    x.indexPut([cells()], values).mul(grid()).sum().backward()
    expect([...(await x.grad!.data())]).toEqual([0, 2, 0, 4, 5, 0])
    expect([...(await values.grad!.data())]).toEqual([1, 3, 6])
  })
  test('chances are from 0 to 1', async () => {
    manualSeed(0)
    expect([...(await bernoulli(tensor([0, 1])).data())]).toEqual([0, 1])
    for (const wrong of [2, -0.5, NaN, Infinity, 1.0000001])
      await expect(async () => bernoulli(tensor([0.5, wrong])).data()).rejects.toThrow(/^bernoulli: probabilities/)
  })
})
