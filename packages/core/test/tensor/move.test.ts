/** Tensors on two devices: copies, and gradients that come back. */
import { beforeAll, expect, test } from 'vitest'
import { hvp, noGrad, setDefaultDevice, tensor, type Backend } from '../../src/index.ts'
import { queuedBackend } from '../queued-backend.ts'

let here: Backend
let there: Backend
beforeAll(async () => {
  here = await queuedBackend({ readsAtOnce: true })
  there = await queuedBackend({ readsAtOnce: true })
  setDefaultDevice(here)
})

test('a gradient comes back to the device of the tensor that moved', async () => {
  const x = tensor([1, 2, 3], { requiresGrad: true })
  const moved = x.to(there)
  expect(moved.device).toBe(there)
  expect(String(moved)).toContain('grad_fn=<ToCopyBackward0>')
  moved.mul(moved).sum().backward()
  expect(x.grad!.device).toBe(here)
  expect([...(await x.grad!.data())]).toEqual([2, 4, 6])
})
test('a gradient through two moves has gradients itself', async () => {
  const x = tensor([1, 2, 3])
  // f(x) = sum x^3, whose Hessian is diag(6 x).
  const [, product] = hvp((y) => y.to(there).pow(3).to(here).sum(), x, tensor([1, 1, 1]))
  expect([...(await product.data())]).toEqual([6, 12, 18])
})
test('toAsync gives the same, and what is there already is given as it is', async () => {
  const x = tensor([1, 2], { requiresGrad: true })
  const moved = await x.toAsync(there)
  moved.sum().backward()
  expect([...(await x.grad!.data())]).toEqual([1, 1])
  expect(moved.to(there)).toBe(moved)
  expect(await moved.toAsync(there)).toBe(moved)
  expect(noGrad(() => x.to(there)).requiresGrad).toBe(false)
})
