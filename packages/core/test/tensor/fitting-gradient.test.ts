/** A gradient lies where its tensor does, and has its dtype and shape: what is assigned, and what backward starts from. */
import { beforeEach, expect, test } from 'vitest'
import { compile, grad, ones, setDefaultDevice, type Tensor } from '../../src/index.ts'
import { queuedBackend, type QueuedBackend } from '../queued-backend.ts'

let other: QueuedBackend
beforeEach(async () => {
  other = await queuedBackend({ readsAtOnce: true })
  setDefaultDevice(await queuedBackend({ readsAtOnce: true }))
})

const wrong: readonly [what: string, make: () => Tensor, message: RegExp][] = [
  [
    'on another device',
    () => ones([2], { device: other }),
    /on the device of .* \(got queued and queued\); move it with to\(\)/,
  ],
  ['of another shape', () => ones([3]), /has the shape of .* \(got \[3\] and \[2\]\)/],
  ['of another dtype', () => ones([2], { dtype: 'int32' }), /has the dtype of .* \(got int32 and float32\)/],
]
test.each(wrong)('one %s is refused', (_, make, message) => {
  const p = ones([2], { requiresGrad: true })
  const before = ones([2])
  p.grad = before
  expect(() => (p.grad = make())).toThrow(message)
  expect(p.grad).toBe(before)
  const g = make()
  expect(() => compile(() => void (p.grad = g))()).toThrow(message)
  expect(() => p.mul(2).backward(make())).toThrow(message)
  expect(() => grad(p.mul(2), p, { gradOutputs: make() })).toThrow(message)
})

test('a tensor is not its own gradient', () => {
  const p = ones([2], { requiresGrad: true })
  expect(() => (p.grad = p)).toThrow('grad: a tensor cannot be its own gradient')
})
