/** Activations as modules. Where PyTorch takes one number, that number or an object with it is taken. */
import * as F from '../functional/activation.ts'
import { byName } from '../tensor/by-name.ts'
import { full } from '../tensor/creation.ts'
import type { Realized, Unchanged } from '../tensor/methods/arithmetic.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Module } from './module.ts'
import { Parameter } from './parameter.ts'
import type { Placement } from './placement.ts'
import { float, number } from './repr.ts'

/** @internal A number, or an object that has it under `name`. */
export function numberOf<K extends string>(
  operation: string,
  options: number | { readonly [name in K]?: number },
  name: K,
  fallback: number,
): number {
  return typeof options === 'number' ? options : (byName(operation, options)[name] ?? fallback)
}

/** max(x, 0). */
export class ReLU extends Module {
  forward(input: Tensor): Tensor {
    return F.relu(input)
  }
}
export interface ReLU {
  <T extends Tensor>(input: T): Unchanged<T>
}
/** min(max(x, 0), 6). */
export class ReLU6 extends Module {
  forward(input: Tensor): Tensor {
    return F.relu6(input)
  }
}
export interface ReLU6 {
  <T extends Tensor>(input: T): Realized<T>
}
/** 1 / (1 + exp(-x)). */
export class Sigmoid extends Module {
  forward(input: Tensor): Tensor {
    return F.sigmoid(input)
  }
}
export interface Sigmoid {
  <T extends Tensor>(input: T): Realized<T>
}
/** tanh(x). */
export class Tanh extends Module {
  forward(input: Tensor): Tensor {
    return F.tanh(input)
  }
}
export interface Tanh {
  <T extends Tensor>(input: T): Realized<T>
}
/** x sigmoid(x). */
export class SiLU extends Module {
  forward(input: Tensor): Tensor {
    return F.silu(input)
  }
}
export interface SiLU {
  <T extends Tensor>(input: T): Realized<T>
}
/** x tanh(log(1 + exp(x))). */
export class Mish extends Module {
  forward(input: Tensor): Tensor {
    return F.mish(input)
  }
}
export interface Mish {
  <T extends Tensor>(input: T): Realized<T>
}
/** Self-normalising elu. */
export class SELU extends Module {
  forward(input: Tensor): Tensor {
    return F.selu(input)
  }
}
export interface SELU {
  <T extends Tensor>(input: T): Realized<T>
}
/** x / (1 + |x|). */
export class Softsign extends Module {
  forward(input: Tensor): Tensor {
    return F.softsign(input)
  }
}
export interface Softsign {
  <T extends Tensor>(input: T): Realized<T>
}
/** min(max(x + 3, 0), 6) / 6. */
export class Hardsigmoid extends Module {
  forward(input: Tensor): Tensor {
    return F.hardsigmoid(input)
  }
}
export interface Hardsigmoid {
  <T extends Tensor>(input: T): Realized<T>
}
/** x hardsigmoid(x). */
export class Hardswish extends Module {
  forward(input: Tensor): Tensor {
    return F.hardswish(input)
  }
}
export interface Hardswish {
  <T extends Tensor>(input: T): Realized<T>
}
/** log(sigmoid(x)). */
export class LogSigmoid extends Module {
  forward(input: Tensor): Tensor {
    return F.logSigmoid(input)
  }
}
export interface LogSigmoid {
  <T extends Tensor>(input: T): Realized<T>
}
/** x - tanh(x). */
export class Tanhshrink extends Module {
  forward(input: Tensor): Tensor {
    return F.tanhshrink(input)
  }
}
export interface Tanhshrink {
  <T extends Tensor>(input: T): Realized<T>
}
/** x for x > 0, else negativeSlope x; default 0.01. */
export class LeakyReLU extends Module {
  readonly negativeSlope: number
  constructor(options: number | { readonly negativeSlope?: number } = {}) {
    super()
    this.negativeSlope = numberOf(new.target.name, options, 'negativeSlope', 0.01)
  }
  forward(input: Tensor): Tensor {
    return F.leakyRelu(input, { negativeSlope: this.negativeSlope })
  }
  override extraRepr(): string {
    return `negative_slope=${number(this.negativeSlope)}`
  }
}
export interface LeakyReLU {
  <T extends Tensor>(input: T): Realized<T>
}
/** x for x > 0, else alpha (exp(x) - 1); default 1. */
export class ELU extends Module {
  readonly alpha: number
  constructor(options: number | { readonly alpha?: number } = {}) {
    super()
    this.alpha = numberOf(new.target.name, options, 'alpha', 1)
  }
  forward(input: Tensor): Tensor {
    return F.elu(input, { alpha: this.alpha })
  }
  override extraRepr(): string {
    return `alpha=${float(this.alpha)}`
  }
}
export interface ELU {
  <T extends Tensor>(input: T): Realized<T>
}
/** x for x > 0, else alpha (exp(x / alpha) - 1); default 1. */
export class CELU extends Module {
  readonly alpha: number
  constructor(options: number | { readonly alpha?: number } = {}) {
    super()
    this.alpha = numberOf(new.target.name, options, 'alpha', 1)
  }
  forward(input: Tensor): Tensor {
    return F.celu(input, { alpha: this.alpha })
  }
  override extraRepr(): string {
    return `alpha=${float(this.alpha)}`
  }
}
export interface CELU {
  <T extends Tensor>(input: T): Realized<T>
}
/** x Phi(x). */
export class GELU extends Module {
  readonly approximate: 'none' | 'tanh'
  constructor(options: { readonly approximate?: 'none' | 'tanh' } = {}) {
    super()
    const { approximate = 'none' } = byName('GELU', options)
    this.approximate = approximate
  }
  forward(input: Tensor): Tensor {
    return F.gelu(input, { approximate: this.approximate })
  }
  override extraRepr(): string {
    return `approximate='${this.approximate}'`
  }
}
export interface GELU {
  <T extends Tensor>(input: T): Realized<T>
}
/** log(1 + exp(beta x)) / beta, and x where beta x > threshold; default 1 and 20. */
export class Softplus extends Module {
  readonly beta: number
  readonly threshold: number
  constructor(options: { readonly beta?: number; readonly threshold?: number } = {}) {
    super()
    const { beta = 1, threshold = 20 } = byName('Softplus', options)
    this.beta = beta
    this.threshold = threshold
  }
  forward(input: Tensor): Tensor {
    return F.softplus(input, { beta: this.beta, threshold: this.threshold })
  }
  override extraRepr(): string {
    return `beta=${number(this.beta)}, threshold=${number(this.threshold)}`
  }
}
export interface Softplus {
  <T extends Tensor>(input: T): Realized<T>
}
/** x limited to [minVal, maxVal], default [-1, 1]. */
export class Hardtanh extends Module {
  readonly minVal: number
  readonly maxVal: number
  constructor(options: { readonly minVal?: number; readonly maxVal?: number } = {}) {
    super()
    const { minVal = -1, maxVal = 1 } = byName('Hardtanh', options)
    this.minVal = minVal
    this.maxVal = maxVal
  }
  forward(input: Tensor): Tensor {
    return F.hardtanh(input, { minVal: this.minVal, maxVal: this.maxVal })
  }
  override extraRepr(): string {
    return `min_val=${float(this.minVal)}, max_val=${float(this.maxVal)}`
  }
}
export interface Hardtanh {
  <T extends Tensor>(input: T): Realized<T>
}
/** x moved towards 0 by lambda (default 0.5). */
export class Softshrink extends Module {
  readonly lambda: number
  constructor(options: number | { readonly lambda?: number } = {}) {
    super()
    this.lambda = numberOf(new.target.name, options, 'lambda', 0.5)
  }
  forward(input: Tensor): Tensor {
    return F.softshrink(input, { lambda: this.lambda })
  }
  override extraRepr(): string {
    return number(this.lambda)
  }
}
export interface Softshrink {
  <T extends Tensor>(input: T): Realized<T>
}
/** x, but 0 where |x| <= lambda (default 0.5). */
export class Hardshrink extends Module {
  readonly lambda: number
  constructor(options: number | { readonly lambda?: number } = {}) {
    super()
    this.lambda = numberOf(new.target.name, options, 'lambda', 0.5)
  }
  forward(input: Tensor): Tensor {
    return F.hardshrink(input, { lambda: this.lambda })
  }
  override extraRepr(): string {
    return number(this.lambda)
  }
}
export interface Hardshrink {
  <T extends Tensor>(input: T): Realized<T>
}
/** `value` where x <= threshold, else x. */
export class Threshold extends Module {
  readonly threshold: number
  readonly value: number
  constructor(threshold: number, value: number) {
    super()
    this.threshold = threshold
    this.value = value
  }
  forward(input: Tensor): Tensor {
    return F.threshold(input, { threshold: this.threshold, value: this.value })
  }
  override extraRepr(): string {
    return `threshold=${number(this.threshold)}, value=${number(this.value)}`
  }
}
export interface Threshold {
  <T extends Tensor>(input: T): Realized<T>
}
/** x for x > 0, else a learned slope times x: one slope, or one per channel. Starts at `init` (0.25). */
export class PReLU extends Module {
  readonly numParameters: number
  readonly weight: Parameter
  constructor(numParameters = 1, options: Placement & { readonly init?: number } = {}) {
    super()
    const { init = 0.25, ...placement } = byName('PReLU', options)
    this.numParameters = numParameters
    this.weight = new Parameter(full([numParameters], init, placement))
  }
  forward(input: Tensor): Tensor {
    return F.prelu(input, this.weight)
  }
  override extraRepr(): string {
    return `num_parameters=${this.numParameters}`
  }
}
export interface PReLU {
  <T extends Tensor>(input: T): Unchanged<T>
}
