/** Activations as modules. */
import { relu, sigmoid } from '../functional/activation.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Module } from './module.ts'

/** max(x, 0). */
export class ReLU extends Module {
  forward(input: Tensor): Tensor {
    return relu(input)
  }
}
/** 1 / (1 + exp(-x)). */
export class Sigmoid extends Module {
  forward(input: Tensor): Tensor {
    return sigmoid(input)
  }
}
/** tanh(x). */
export class Tanh extends Module {
  forward(input: Tensor): Tensor {
    return input.tanh()
  }
}
