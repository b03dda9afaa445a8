/** What good calls are made of: small tensors, made anew for every call, because methods change them. */
import { Generator, randn, tensor, zeros, type Tensor } from '@glissade/core'
import * as nn from '@glissade/core/nn'
import * as optim from '@glissade/core/optim'

export const x = (): Tensor =>
  tensor([
    [1, 2, 3],
    [4, 5, 6],
  ])
/** Between 0 and 1. */
export const p = (): Tensor =>
  tensor([
    [0.1, 0.2, 0.7],
    [0.4, 0.5, 0.1],
  ])
export const square = (): Tensor =>
  tensor([
    [1, 2],
    [3, 4],
  ])
export const v = (): Tensor => tensor([1, 2, 3])
export const w = (): Tensor => tensor([0.5, 0.25, 2])
export const s = (): Tensor => tensor(2)
export const ints = (): Tensor =>
  tensor(
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
    { dtype: 'int32' },
  )
export const mask = (): Tensor =>
  tensor([
    [true, false, true],
    [false, true, false],
  ])
export const index = (...at: number[]): Tensor => tensor(at, { dtype: 'int32' })
export const at = (): Tensor =>
  tensor(
    [
      [0, 1, 0],
      [1, 0, 1],
    ],
    { dtype: 'int32' },
  )
export const leaf = (): Tensor =>
  tensor(
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
    { requiresGrad: true },
  )
export const image = (channels: number, ...sizes: number[]): Tensor => randn([2, channels, ...sizes])
export const classes = (): Tensor => index(0, 2)
export const linear = (): nn.Linear => new nn.Linear(3, 2)
export const parameter = (): nn.Parameter => new nn.Parameter(zeros([2, 3]))
export const sgd = (): optim.SGD => new optim.SGD([parameter()], { lr: 0.1, momentum: 0.9 })
export const generator = (): Generator => new Generator(1)
