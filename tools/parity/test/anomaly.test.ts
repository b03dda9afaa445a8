/** Anomaly detection: the operation, the module and the line of the first NaN of a backward pass. */
import { detectAnomaly, setDefaultDevice, setDetectAnomaly, tensor, type Tensor } from '@glissade/core'
import * as nn from '@glissade/core/nn'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { backends } from './backends.ts'

class Root extends nn.Module {
  forward(x: Tensor): Tensor {
    return x.mul(0).sqrt()
  }
}

describe.each(Object.entries(backends))('%s', (_, create) => {
  beforeAll(async () => setDefaultDevice(await create()))
  afterEach(() => setDetectAnomaly(false))

  const loss = (): Tensor => {
    const model = new nn.Sequential(new nn.Identity(), new Root())
    const x = tensor([1, 2], { requiresGrad: true })
    // sqrt'(0) is infinite, and 0 times it, in the gradient of mul, is NaN.
    return model(x).mul(1).sum()
  }
  test('the first operation whose gradient has a NaN is named, with its module and the line', () => {
    expect(() => detectAnomaly(() => loss().backward())).toThrow(
      /^backward: mul in 1, called .*anomaly\.test\.ts.* gave NaN in the gradient of operand 0/u,
    )
  })
  test('setDetectAnomaly holds until it is turned off', () => {
    setDetectAnomaly(true)
    expect(() => loss().backward()).toThrow('gave NaN')
    setDetectAnomaly(false)
    expect(() => loss().backward()).not.toThrow()
  })
  test('finite gradients pass', () => {
    const x = tensor([4], { requiresGrad: true })
    detectAnomaly(() => x.sqrt().sum().backward())
    expect(x.grad!.itemSync()).toBe(0.25)
  })
})
