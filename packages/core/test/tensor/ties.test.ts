/** Where equal elements stand for one result: which of them get its gradient. Values are PyTorch 1.13's. */
import { beforeAll, expect, test } from 'vitest'
import { setDefaultDevice, tensor, type Tensor } from '../../src/index.ts'
import { queuedBackend } from '../queued-backend.ts'

beforeAll(async () => setDefaultDevice(await queuedBackend()))

const TIED = [1, 3, 3, 2, 3]
const THIRD = Math.fround(1 / 3)
const rows: [string, number[], (x: Tensor) => Tensor, number[]][] = [
  ['the median of all shares it', TIED, (x) => x.median(), [0, THIRD, THIRD, 0, THIRD]],
  ['the median along an axis gives it to one', TIED, (x) => x.median({ dim: 0 }).values, [0, 1, 0, 0, 0]],
  ['a median that is NaN shares it among the NaNs', [1, NaN, 3, NaN, 3], (x) => x.median(), [0, 0.5, 0, 0.5, 0]],
  ['the maximum of all shares it', TIED, (x) => x.max(), [0, THIRD, THIRD, 0, THIRD]],
]
test.each(rows)('%s', async (_, list, f, want) => {
  const x = tensor(list, { requiresGrad: true })
  f(x).backward()
  expect([...(await x.grad!.data())]).toEqual(want)
})
test('the median of one number and of a matrix', async () => {
  expect(await tensor(2.5).median().item()).toBe(2.5)
  const x = tensor(
    [
      [4, 1],
      [3, 2],
    ],
    { requiresGrad: true },
  )
  x.median().backward()
  expect(await x.grad!.data()).toEqual(Float32Array.of(0, 0, 0, 1))
})
