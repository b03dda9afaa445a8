/** What the compiler knows of tensors. The docs show it; a test compares. */
import { randn, setDefaultDevice, zeros, type Tensor } from '@glissade/core'
import * as F from '@glissade/core/functional'
import * as nn from '@glissade/core/nn'
import { cpu } from '@glissade/cpu'

setDefaultDevice(cpu())

// #region types
const images = randn([64, 784]) // Tensor<readonly [64, 784], 'float32'>
const layer = new nn.Linear(784, 10)
const logits = layer(images) // Tensor<readonly [64, 10], any>
const guesses = logits.argmax({ dim: 1 }) // Tensor<readonly [64], 'int32'>
const loss = F.crossEntropy(logits, guesses) // Tensor<readonly [], any>
const pixels = images.mul(255).to('uint8').at(0).dataSync() // Uint8Array

// @ts-expect-error matmul: inner dimensions 784 and 10 differ
const wrong = () => images.matmul(zeros([10, 784]))

const normalize = (x: Tensor): Tensor => x.sub(x.mean()).div(x.std()) // any shape, any dtype
const score = (x: Tensor<[number, 784]>): Tensor<[number]> => x.mean({ dim: 1 }) // some sizes
let state = zeros([64, 10]) // Tensor<readonly [64, 10], 'float32'>
state = normalize(state) // what is not known fits
// #endregion types

export const program: {
  readonly guesses: Tensor
  readonly loss: Tensor
  readonly pixels: Uint8Array
  readonly score: (x: Tensor<[number, 784]>) => Tensor
  readonly state: Tensor
  readonly wrong: () => unknown
} = { guesses, loss, pixels, score, state, wrong }
