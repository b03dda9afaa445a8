/**
 * A hundred training steps of a small convolutional network with exp, tanh and erf on the way, and the hash of all its
 * weights after them: the same on every engine, processor and number of threads.
 */
import { compile, manualSeed, rand, setDefaultDevice, tensor } from '@glissade/core'
import * as nn from '@glissade/core/nn'
import * as optim from '@glissade/core/optim'
import type { WasmBackend } from '../src/index.ts'

/** A change of kernels that changes a sum or a function changes it; a change of anything else must not. */
export const GOLDEN_HASH = '724ae539e8280e78d2092592b85b3c315b97d21bd448f0e1402d490611e0157e'

/** SHA-256 of the weights, in hexadecimal. */
export async function trainAndHash(backend: WasmBackend): Promise<string> {
  setDefaultDevice(backend)
  manualSeed(0)
  const model = new nn.Sequential(
    new nn.Conv2d(1, 8, 3),
    new nn.GELU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(8, 16, 3),
    new nn.Tanh(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(400, 64),
    new nn.ReLU(),
    new nn.Linear(64, 10),
  )
  const criterion = new nn.CrossEntropyLoss()
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.01, momentum: 0.9 })
  const x = rand([16, 1, 28, 28])
  const y = tensor(Int32Array.from({ length: 16 }, (_, i) => i % 10))
  const step = compile((): void => {
    optimizer.zeroGrad()
    criterion(model(x), y).backward()
    optimizer.step()
  })
  for (let i = 0; i < 100; i++) step()
  const weights = await Promise.all(model.parameters().map((parameter) => parameter.data()))
  const bytes = new Uint8Array(weights.reduce((sum, { byteLength }) => sum + byteLength, 0))
  let end = 0
  for (const { buffer, byteOffset, byteLength } of weights) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), end)
    end += byteLength
  }
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
