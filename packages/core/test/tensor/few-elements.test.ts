/** Variances of no more elements than the correction takes off. Numbers by PyTorch 1.13. */
import { beforeEach, expect, test } from 'vitest'
import { grad, setDefaultDevice, tensor, zeros } from '../../src/index.ts'
import { queuedBackend } from '../queued-backend.ts'

beforeEach(async () => setDefaultDevice(await queuedBackend({ readsAtOnce: true })))

test.each([
  ['var', 3, [-Infinity, -Infinity, Infinity]],
  // 2 / (3 - 4) times the distance from the mean 7 / 3
  ['var', 4, [8 / 3, 2 / 3, -10 / 3]],
  ['std', 3, [NaN, NaN, NaN]],
  ['std', 4, [0, 0, 0]],
] as const)('%s of 3 elements with the correction %i is infinite, and its slope is', (name, correction, slope) => {
  const x = tensor([1, 2, 4]).requiresGrad_()
  const spread = x[name]({ dim: 0, correction })
  expect(spread.itemSync()).toBe(Infinity)
  const [g] = grad(spread, [x])
  const numbers = g!.toArraySync() as number[]
  numbers.forEach((each, i) =>
    Number.isFinite(slope[i]) ? expect(each).toBeCloseTo(slope[i]!, 5) : expect(each).toBe(slope[i]),
  )
})
test('of nothing it is NaN, whatever is taken off', () => {
  expect(zeros([0]).var({ dim: 0, correction: -1 }).itemSync()).toBeNaN()
  expect(zeros([2, 0]).std({ dim: 1, correction: -2 }).toArraySync()).toEqual([NaN, NaN])
})
