/** Affine layers. */
import { bilinear, linear } from '../functional/linear.ts'
import { boolean, natural, positive } from '../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../signature/signature.ts'
import { tensor } from '../engine/kinds.ts'
import type { Unchanged } from '../tensor/methods/arithmetic.ts'
import type { Multiplies, ShapeOf, WithLast } from '../tensor/static-shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { kaimingUniform_, uniform_ } from './init/index.ts'
import { PASSED_ON, UNARY } from './kinds.ts'
import { Module } from './module.ts'
import type { Parameter } from './parameter.ts'
import { placementRows, zeroParameter } from './placement.ts'
import { bool } from './repr.ts'

const options = {
  /** Learn an additive bias. */
  bias: optional(boolean, true),
  ...placementRows,
}
export interface LinearOptions extends OptionsOf<typeof options> {}

export const NEW_IDENTITY = /* @__PURE__ */ signature('Identity')
export const NEW_LINEAR = /* @__PURE__ */ signature('Linear', { inFeatures: natural, outFeatures: natural }, options)
export const NEW_BILINEAR = /* @__PURE__ */ signature(
  'Bilinear',
  { in1Features: positive, in2Features: natural, outFeatures: natural },
  options,
)
const BILINEAR_FORWARD = /* @__PURE__ */ signature('forward', { input1: tensor, input2: tensor })

/** Gives its input back, as it is. Source: https://pytorch.org/docs/stable/generated/torch.nn.Identity.html */
export class Identity extends Module {
  constructor() {
    super()
    NEW_IDENTITY.read(arguments)
  }
  forward(input: Tensor): Tensor {
    PASSED_ON.read(arguments, this.constructor.name)
    return input
  }
}
export interface Identity {
  <T extends Tensor>(input: T): Unchanged<T>
}

/**
 * x weight' + bias, on the last axis. `weight` is [outFeatures, inFeatures], `bias` [outFeatures] or null; both start
 * uniform in +-1 / sqrt(inFeatures). Source: https://pytorch.org/docs/stable/generated/torch.nn.Linear.html
 */
export class Linear<In extends number = number, Out extends number = number> extends Module {
  readonly inFeatures: In
  readonly outFeatures: Out
  weight: Parameter<readonly [Out, In]>
  bias: Parameter<readonly [Out]> | null
  constructor(inFeatures: In, outFeatures: Out, options?: LinearOptions)
  constructor(inFeatures: In, outFeatures: Out) {
    super()
    const { bias, ...placement } = NEW_LINEAR.read(arguments)
    this.inFeatures = inFeatures
    this.outFeatures = outFeatures
    this.weight = zeroParameter(this, [outFeatures, inFeatures], placement)
    this.bias = bias ? zeroParameter(this, [outFeatures], placement) : null
    // gain sqrt(2 / (1 + 5)) makes the bound 1 / sqrt(inFeatures), computed in PyTorch's order.
    kaimingUniform_(this.weight, { a: Math.sqrt(5) })
    const bound = inFeatures > 0 ? 1 / Math.sqrt(inFeatures) : 0
    if (this.bias !== null) uniform_(this.bias, -bound, bound)
  }
  forward(input: Tensor): Tensor {
    UNARY.read(arguments, this.constructor.name)
    return linear(input, this.weight, this.bias)
  }
  override extraRepr(): string {
    return `in_features=${this.inFeatures}, out_features=${this.outFeatures}, bias=${bool(this.bias !== null)}`
  }
}
export interface Linear<In extends number = number, Out extends number = number> {
  <T extends Tensor>(input: T & Multiplies<'Linear', ShapeOf<T>, readonly [In]>): Tensor<WithLast<ShapeOf<T>, Out>>
  /** An input that does not fit gives no tensor. */
  <T extends Tensor>(input: T): Multiplies<'Linear', ShapeOf<T>, readonly [In]>
}

/**
 * x1' weight x2 + bias. `weight` is [outFeatures, in1Features, in2Features]; it and the bias start uniform in
 * +-1 / sqrt(in1Features). Source: https://pytorch.org/docs/stable/generated/torch.nn.Bilinear.html
 */
export class Bilinear extends Module<[input1: Tensor, input2: Tensor]> {
  readonly in1Features: number
  readonly in2Features: number
  readonly outFeatures: number
  weight: Parameter
  bias: Parameter | null
  constructor(in1Features: number, in2Features: number, outFeatures: number, options?: LinearOptions)
  constructor(in1Features: number, in2Features: number, outFeatures: number) {
    super()
    const { bias, ...placement } = NEW_BILINEAR.read(arguments)
    this.in1Features = in1Features
    this.in2Features = in2Features
    this.outFeatures = outFeatures
    this.weight = zeroParameter(this, [outFeatures, in1Features, in2Features], placement)
    this.bias = bias ? zeroParameter(this, [outFeatures], placement) : null
    const bound = 1 / Math.sqrt(in1Features)
    uniform_(this.weight, -bound, bound)
    if (this.bias !== null) uniform_(this.bias, -bound, bound)
  }
  forward(input1: Tensor, input2: Tensor): Tensor {
    BILINEAR_FORWARD.read(arguments, this.constructor.name)
    return bilinear(input1, input2, this.weight, this.bias)
  }
  override extraRepr(): string {
    const { in1Features, in2Features, outFeatures } = this
    return `in1_features=${in1Features}, in2_features=${in2Features}, out_features=${outFeatures}, bias=${bool(this.bias !== null)}`
  }
}
