/** Dropout as modules: only while `training`. */
import {
  alphaDropout,
  assertProbability,
  dropout,
  dropout1d,
  dropout2d,
  dropout3d,
  type DropoutOptions,
} from '../functional/dropout.ts'
import { byName } from '../tensor/by-name.ts'
import type { Unchanged } from '../tensor/methods/arithmetic.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Module } from './module.ts'
import { number } from './repr.ts'

type Settings = Omit<DropoutOptions, 'p' | 'training'>
/** The probability (default 0.5), or options with it. */
export type DropoutLayerOptions = number | (Settings & { readonly p?: number })

abstract class DropoutBase extends Module {
  readonly p: number
  readonly #settings: Settings
  readonly #drop: (input: Tensor, options: DropoutOptions) => Tensor
  constructor(options: DropoutLayerOptions, drop: (input: Tensor, options: DropoutOptions) => Tensor) {
    super()
    const { p = 0.5, ...settings } = typeof options === 'number' ? { p: options } : byName(new.target.name, options)
    assertProbability(new.target.name, p)
    this.p = p
    this.#settings = settings
    this.#drop = drop
  }
  forward(input: Tensor): Tensor {
    return this.#drop(input, { ...this.#settings, p: this.p, training: this.training })
  }
  override extraRepr(): string {
    return `p=${number(this.p)}, inplace=False`
  }
}
/**
 * Zeroes elements with probability p and divides the rest by 1 - p. Masks are PyTorch's for the same seed.
 * Errors: OptionError where p is outside [0, 1]. Source: https://pytorch.org/docs/stable/generated/torch.nn.Dropout.html
 */
export class Dropout extends DropoutBase {
  constructor(options: DropoutLayerOptions = {}) {
    super(options, dropout)
  }
}
export interface Dropout {
  <T extends Tensor>(input: T): Unchanged<T>
}
/** Zeroes whole channels of [n, c, length] or [c, length]. */
export class Dropout1d extends DropoutBase {
  constructor(options: DropoutLayerOptions = {}) {
    super(options, dropout1d)
  }
}
export interface Dropout1d {
  <T extends Tensor>(input: T): Unchanged<T>
}
/** Zeroes whole channels of [n, c, height, width]. */
export class Dropout2d extends DropoutBase {
  constructor(options: DropoutLayerOptions = {}) {
    super(options, dropout2d)
  }
}
export interface Dropout2d {
  <T extends Tensor>(input: T): Unchanged<T>
}
/** Zeroes whole channels of [n, c, depth, height, width] or [c, depth, height, width]. */
export class Dropout3d extends DropoutBase {
  constructor(options: DropoutLayerOptions = {}) {
    super(options, dropout3d)
  }
}
export interface Dropout3d {
  <T extends Tensor>(input: T): Unchanged<T>
}
/** Dropout that keeps mean and variance of selu activations. Source: https://arxiv.org/abs/1706.02515 */
export class AlphaDropout extends DropoutBase {
  constructor(options: DropoutLayerOptions = {}) {
    super(options, alphaDropout)
  }
}
export interface AlphaDropout {
  <T extends Tensor>(input: T): Unchanged<T>
}
