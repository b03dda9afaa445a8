/** Affine layers. */
import { linear } from '../functional/linear.ts'
import { zeros, type CreationOptions } from '../tensor/creation.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { kaimingUniform_, uniform_ } from './init.ts'
import { Module } from './module.ts'
import { Parameter } from './parameter.ts'

export interface LinearOptions extends Pick<CreationOptions, 'dtype' | 'device'> {
  /** Learn an additive bias; default true. */
  readonly bias?: boolean
}

/**
 * x weight' + bias, on the last axis. `weight` is [outFeatures, inFeatures], `bias` [outFeatures] or null; both start
 * uniform in +-1 / sqrt(inFeatures). Source: https://pytorch.org/docs/stable/generated/torch.nn.Linear.html
 */
export class Linear extends Module {
  readonly inFeatures: number
  readonly outFeatures: number
  readonly weight: Parameter
  readonly bias: Parameter | null
  constructor(inFeatures: number, outFeatures: number, { bias = true, ...options }: LinearOptions = {}) {
    super()
    this.inFeatures = inFeatures
    this.outFeatures = outFeatures
    this.weight = new Parameter(zeros([outFeatures, inFeatures], options))
    // gain sqrt(2 / (1 + 5)) makes the bound 1 / sqrt(inFeatures), computed in PyTorch's order.
    kaimingUniform_(this.weight, { a: Math.sqrt(5) })
    this.bias = bias ? new Parameter(zeros([outFeatures], options)) : null
    if (this.bias !== null) uniform_(this.bias, -1 / Math.sqrt(inFeatures), 1 / Math.sqrt(inFeatures))
  }
  forward(input: Tensor): Tensor {
    return linear(input, this.weight, this.bias)
  }
  override extraRepr(): string {
    return `in_features=${this.inFeatures}, out_features=${this.outFeatures}, bias=${this.bias === null ? 'False' : 'True'}`
  }
}
