/** Activations as modules. Where PyTorch takes one number, that number or an object with it is taken. */
import * as F from '../functional/activation.ts'
import { natural, number as aNumber } from '../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../signature/signature.ts'
import { called } from '../engine/called.ts'
import { full } from '../tensor/creation.ts'
import type { Realized, Unchanged } from '../tensor/methods/arithmetic.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Plain, UNARY } from './kinds.ts'
import { Module } from './module.ts'
import { Parameter } from './parameter.ts'
import { placementRows } from './placement.ts'
import { float, number } from './repr.ts'
import { readNumber } from './shorthand.ts'

const preluOptions = {
  /** The slope at the start. */
  init: optional(aNumber, 0.25),
  ...placementRows,
}
export interface PReLUOptions extends OptionsOf<typeof preluOptions> {}

export const NEW_LEAKY_RELU = /* @__PURE__ */ signature('LeakyReLU', {}, F.leakyReluOptions)
export const NEW_ELU = /* @__PURE__ */ signature('ELU', {}, F.eluOptions)
export const NEW_CELU = /* @__PURE__ */ signature('CELU', {}, F.celuOptions)
export const NEW_GELU = /* @__PURE__ */ signature('GELU', {}, F.geluOptions)
export const NEW_SOFTPLUS = /* @__PURE__ */ signature('Softplus', {}, F.softplusOptions)
export const NEW_HARDTANH = /* @__PURE__ */ signature('Hardtanh', {}, F.hardtanhOptions)
export const NEW_SOFTSHRINK = /* @__PURE__ */ signature('Softshrink', {}, F.softshrinkOptions)
export const NEW_HARDSHRINK = /* @__PURE__ */ signature('Hardshrink', {}, F.hardshrinkOptions)
export const NEW_THRESHOLD = /* @__PURE__ */ signature('Threshold', { threshold: aNumber, value: aNumber })
export const NEW_PRELU = /* @__PURE__ */ signature('PReLU', { numParameters: optional(natural) }, preluOptions)

/** max(x, 0). Source: https://pytorch.org/docs/stable/generated/torch.nn.ReLU.html */
export class ReLU extends Plain {
  forward(input: Tensor): Tensor {
    UNARY.read(arguments, this.constructor.name)
    return F.relu(input)
  }
}
export interface ReLU {
  <T extends Tensor>(input: T): Unchanged<T>
}
/** min(max(x, 0), 6). Source: https://pytorch.org/docs/stable/generated/torch.nn.ReLU6.html */
export class ReLU6 extends Plain {
  forward(input: Tensor): Tensor {
    UNARY.read(arguments, this.constructor.name)
    return F.relu6(input)
  }
}
export interface ReLU6 {
  <T extends Tensor>(input: T): Realized<T>
}
/** 1 / (1 + exp(-x)). Source: https://pytorch.org/docs/stable/generated/torch.nn.Sigmoid.html */
export class Sigmoid extends Plain {
  forward(input: Tensor): Tensor {
    UNARY.read(arguments, this.constructor.name)
    return F.sigmoid(input)
  }
}
export interface Sigmoid {
  <T extends Tensor>(input: T): Realized<T>
}
/** tanh(x), element by element. Source: https://pytorch.org/docs/stable/generated/torch.nn.Tanh.html */
export class Tanh extends Plain {
  forward(input: Tensor): Tensor {
    UNARY.read(arguments, this.constructor.name)
    return F.tanh(input)
  }
}
export interface Tanh {
  <T extends Tensor>(input: T): Realized<T>
}
/** x sigmoid(x), element by element. Source: https://pytorch.org/docs/stable/generated/torch.nn.SiLU.html */
export class SiLU extends Plain {
  forward(input: Tensor): Tensor {
    UNARY.read(arguments, this.constructor.name)
    return F.silu(input)
  }
}
export interface SiLU {
  <T extends Tensor>(input: T): Realized<T>
}
/** x tanh(log(1 + exp(x))). Source: https://pytorch.org/docs/stable/generated/torch.nn.Mish.html */
export class Mish extends Plain {
  forward(input: Tensor): Tensor {
    UNARY.read(arguments, this.constructor.name)
    return F.mish(input)
  }
}
export interface Mish {
  <T extends Tensor>(input: T): Realized<T>
}
/** Self-normalising elu. Source: https://pytorch.org/docs/stable/generated/torch.nn.SELU.html */
export class SELU extends Plain {
  forward(input: Tensor): Tensor {
    UNARY.read(arguments, this.constructor.name)
    return F.selu(input)
  }
}
export interface SELU {
  <T extends Tensor>(input: T): Realized<T>
}
/** x / (1 + |x|). Source: https://pytorch.org/docs/stable/generated/torch.nn.Softsign.html */
export class Softsign extends Plain {
  forward(input: Tensor): Tensor {
    UNARY.read(arguments, this.constructor.name)
    return F.softsign(input)
  }
}
export interface Softsign {
  <T extends Tensor>(input: T): Realized<T>
}
/** min(max(x + 3, 0), 6) / 6. Source: https://pytorch.org/docs/stable/generated/torch.nn.Hardsigmoid.html */
export class Hardsigmoid extends Plain {
  forward(input: Tensor): Tensor {
    UNARY.read(arguments, this.constructor.name)
    return F.hardsigmoid(input)
  }
}
export interface Hardsigmoid {
  <T extends Tensor>(input: T): Realized<T>
}
/** x hardsigmoid(x), element by element. Source: https://pytorch.org/docs/stable/generated/torch.nn.Hardswish.html */
export class Hardswish extends Plain {
  forward(input: Tensor): Tensor {
    UNARY.read(arguments, this.constructor.name)
    return F.hardswish(input)
  }
}
export interface Hardswish {
  <T extends Tensor>(input: T): Realized<T>
}
/** log(sigmoid(x)). Source: https://pytorch.org/docs/stable/generated/torch.nn.LogSigmoid.html */
export class LogSigmoid extends Plain {
  forward(input: Tensor): Tensor {
    UNARY.read(arguments, this.constructor.name)
    return F.logSigmoid(input)
  }
}
export interface LogSigmoid {
  <T extends Tensor>(input: T): Realized<T>
}
/** x - tanh(x). Source: https://pytorch.org/docs/stable/generated/torch.nn.Tanhshrink.html */
export class Tanhshrink extends Plain {
  forward(input: Tensor): Tensor {
    UNARY.read(arguments, this.constructor.name)
    return F.tanhshrink(input)
  }
}
export interface Tanhshrink {
  <T extends Tensor>(input: T): Realized<T>
}
/** x for x > 0, else negativeSlope x; default 0.01. Source: https://pytorch.org/docs/stable/generated/torch.nn.LeakyReLU.html */
export class LeakyReLU extends Module {
  readonly negativeSlope: number
  constructor(options?: number | F.LeakyReluOptions)
  constructor() {
    super()
    this.negativeSlope = readNumber(NEW_LEAKY_RELU, arguments, 'negativeSlope').negativeSlope
  }
  forward(input: Tensor): Tensor {
    UNARY.read(arguments, this.constructor.name)
    return F.leakyRelu(input, { negativeSlope: this.negativeSlope })
  }
  override extraRepr(): string {
    return `negative_slope=${number(this.negativeSlope)}`
  }
}
export interface LeakyReLU {
  <T extends Tensor>(input: T): Realized<T>
}
/** x for x > 0, else alpha (exp(x) - 1); default 1. Source: https://pytorch.org/docs/stable/generated/torch.nn.ELU.html */
export class ELU extends Module {
  readonly alpha: number
  constructor(options?: number | F.EluOptions)
  constructor() {
    super()
    this.alpha = readNumber(NEW_ELU, arguments, 'alpha').alpha
  }
  forward(input: Tensor): Tensor {
    UNARY.read(arguments, this.constructor.name)
    return F.elu(input, { alpha: this.alpha })
  }
  override extraRepr(): string {
    return `alpha=${float(this.alpha)}`
  }
}
export interface ELU {
  <T extends Tensor>(input: T): Realized<T>
}
/**
 * x for x > 0, else alpha (exp(x / alpha) - 1); default 1.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.CELU.html
 */
export class CELU extends Module {
  readonly alpha: number
  constructor(options?: number | F.CeluOptions)
  constructor() {
    super()
    this.alpha = readNumber(NEW_CELU, arguments, 'alpha').alpha
  }
  forward(input: Tensor): Tensor {
    UNARY.read(arguments, this.constructor.name)
    return F.celu(input, { alpha: this.alpha })
  }
  override extraRepr(): string {
    return `alpha=${float(this.alpha)}`
  }
}
export interface CELU {
  <T extends Tensor>(input: T): Realized<T>
}
/**
 * x Phi(x), where Phi is the normal distribution's cumulative function.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.GELU.html
 */
export class GELU extends Module {
  readonly approximate: 'none' | 'tanh'
  constructor(options?: F.GeluOptions)
  constructor() {
    super()
    const { approximate } = NEW_GELU.read(arguments)
    this.approximate = approximate
  }
  forward(input: Tensor): Tensor {
    UNARY.read(arguments, this.constructor.name)
    return F.gelu(input, { approximate: this.approximate })
  }
  override extraRepr(): string {
    return `approximate='${this.approximate}'`
  }
}
export interface GELU {
  <T extends Tensor>(input: T): Realized<T>
}
/**
 * log(1 + exp(beta x)) / beta, and x where beta x > threshold; default 1 and 20.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Softplus.html
 */
export class Softplus extends Module {
  readonly beta: number
  readonly threshold: number
  constructor(options?: F.SoftplusOptions)
  constructor() {
    super()
    const { beta, threshold } = NEW_SOFTPLUS.read(arguments)
    this.beta = beta
    this.threshold = threshold
  }
  forward(input: Tensor): Tensor {
    UNARY.read(arguments, this.constructor.name)
    return F.softplus(input, { beta: this.beta, threshold: this.threshold })
  }
  override extraRepr(): string {
    return `beta=${number(this.beta)}, threshold=${number(this.threshold)}`
  }
}
export interface Softplus {
  <T extends Tensor>(input: T): Realized<T>
}
/** x limited to [minVal, maxVal], default [-1, 1]. Source: https://pytorch.org/docs/stable/generated/torch.nn.Hardtanh.html */
export class Hardtanh extends Module {
  readonly minVal: number
  readonly maxVal: number
  constructor(options?: F.HardtanhOptions)
  constructor() {
    super()
    const { minVal, maxVal } = NEW_HARDTANH.read(arguments)
    this.minVal = minVal
    this.maxVal = maxVal
  }
  forward(input: Tensor): Tensor {
    UNARY.read(arguments, this.constructor.name)
    return F.hardtanh(input, { minVal: this.minVal, maxVal: this.maxVal })
  }
  override extraRepr(): string {
    return `min_val=${float(this.minVal)}, max_val=${float(this.maxVal)}`
  }
}
export interface Hardtanh {
  <T extends Tensor>(input: T): Realized<T>
}
/** x moved towards 0 by lambda (default 0.5). Source: https://pytorch.org/docs/stable/generated/torch.nn.Softshrink.html */
export class Softshrink extends Module {
  readonly lambda: number
  constructor(options?: number | F.SoftshrinkOptions)
  constructor() {
    super()
    this.lambda = readNumber(NEW_SOFTSHRINK, arguments, 'lambda').lambda
  }
  forward(input: Tensor): Tensor {
    UNARY.read(arguments, this.constructor.name)
    return F.softshrink(input, { lambda: this.lambda })
  }
  override extraRepr(): string {
    return number(this.lambda)
  }
}
export interface Softshrink {
  <T extends Tensor>(input: T): Realized<T>
}
/** x, but 0 where |x| <= lambda (default 0.5). Source: https://pytorch.org/docs/stable/generated/torch.nn.Hardshrink.html */
export class Hardshrink extends Module {
  readonly lambda: number
  constructor(options?: number | F.HardshrinkOptions)
  constructor() {
    super()
    this.lambda = readNumber(NEW_HARDSHRINK, arguments, 'lambda').lambda
  }
  forward(input: Tensor): Tensor {
    UNARY.read(arguments, this.constructor.name)
    return F.hardshrink(input, { lambda: this.lambda })
  }
  override extraRepr(): string {
    return number(this.lambda)
  }
}
export interface Hardshrink {
  <T extends Tensor>(input: T): Realized<T>
}
/** `value` where x <= threshold, else x. Source: https://pytorch.org/docs/stable/generated/torch.nn.Threshold.html */
export class Threshold extends Module {
  readonly threshold: number
  readonly value: number
  constructor(threshold: number, value: number) {
    super()
    NEW_THRESHOLD.read(arguments)
    this.threshold = threshold
    this.value = value
  }
  forward(input: Tensor): Tensor {
    UNARY.read(arguments, this.constructor.name)
    return F.threshold(input, { threshold: this.threshold, value: this.value })
  }
  override extraRepr(): string {
    return `threshold=${number(this.threshold)}, value=${number(this.value)}`
  }
}
export interface Threshold {
  <T extends Tensor>(input: T): Realized<T>
}
/**
 * x for x > 0, else a learned slope times x: one slope, or one per channel. Starts at `init` (0.25).
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.PReLU.html
 */
export class PReLU extends Module {
  readonly numParameters: number
  weight: Parameter
  constructor(numParameters?: number, options?: PReLUOptions)
  constructor(numParameters = 1) {
    super()
    const { init, ...placement } = NEW_PRELU.read(arguments)
    this.numParameters = numParameters
    this.weight = new Parameter(called('PReLU', () => full([numParameters], init, placement)))
  }
  forward(input: Tensor): Tensor {
    UNARY.read(arguments, this.constructor.name)
    return F.prelu(input, this.weight)
  }
  override extraRepr(): string {
    return `num_parameters=${this.numParameters}`
  }
}
export interface PReLU {
  <T extends Tensor>(input: T): Unchanged<T>
}
