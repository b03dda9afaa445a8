/** Targets that are no class are refused in the words of the loss, also where nothing but the gradient is computed. */
import { compile, setDefaultDevice, tensor, type Tensor } from '@glissade/core'
import * as F from '@glissade/core/functional'
import { expect, test } from 'vitest'
import { cpu } from '../../../cpu/src/index.ts'
import { wasm } from '../../../wasm/src/index.ts'

const backends = { cpu: cpu(), wasm: await wasm({ threads: 1 }) }
const losses: { readonly [name: string]: (x: Tensor, target: Tensor) => Tensor } = {
  crossEntropy: (x, target) => F.crossEntropy(x, target),
  nllLoss: (x, target) => F.nllLoss(x, target),
  multiMarginLoss: (x, target) => F.multiMarginLoss(x, target),
}

for (const [backend, device] of Object.entries(backends))
  test.each(Object.keys(losses))(`%s on ${backend}`, async (name) => {
    setDefaultDevice(device)
    const x = tensor([0.5, 1, 2, -1, 0, 3], { shape: [2, 3], requiresGrad: true })
    const gradient = compile((target: Tensor) => {
      x.grad = null
      losses[name]!(x, target).backward()
      return x.grad!
    })
    expect((await gradient(tensor(Int32Array.of(2, 0))).data()).some((g) => g !== 0)).toBe(true)
    for (const bad of [3, -1, 2 ** 31 - 1]) {
      const words = `${name}: class ${bad} is out of range for 3 classes`
      const target = tensor(Int32Array.of(2, bad))
      await expect(async () => losses[name]!(x, target).data()).rejects.toThrow(words)
      await expect(async () => gradient(target).data()).rejects.toThrow(words)
    }
  })

test('a target that is ignored may be any number', async () => {
  setDefaultDevice(backends.cpu)
  const x = tensor([0.5, 1, 2, -1, 0, 3], { shape: [2, 3], requiresGrad: true })
  F.crossEntropy(x, tensor(Int32Array.of(2, 99)), { ignoreIndex: 99 }).backward()
  expect((await x.grad!.data()).subarray(3)).toEqual(new Float32Array(3))
})

test('masks of integers are refused', () => {
  const [q, mask] = [tensor([1, 2], { shape: [2, 1] }), tensor([1, 0], { dtype: 'uint8' })]
  expect(() => F.scaledDotProductAttention(q, q, q, { attnMask: mask })).toThrow(
    'scaledDotProductAttention: a mask is bool, or floating point; use bool() or float() (got uint8)',
  )
  const weights = { inProjWeight: tensor([1, 1, 1], { shape: [3, 1] }), outProjWeight: tensor([1], { shape: [1, 1] }) }
  const rest = { numHeads: 1, ...weights }
  for (const masks of [{ attnMask: mask.reshape([1, 2]).expand([2, 2]) }, { keyPaddingMask: mask }])
    expect(() => F.multiHeadAttentionForward(q, q, q, { ...rest, ...masks })).toThrow('a mask is bool')
})
