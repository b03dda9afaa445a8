/** Dropout as modules: only while `training`. */
import {
  alphaDropout,
  assertProbability,
  dropout,
  dropout1d,
  dropout2d,
  dropout3d,
  dropoutOptions,
  type DropoutOptions,
} from '../functional/dropout.ts'
import { signature, type OptionsOf, type Signature } from '../signature/signature.ts'
import type { Unchanged } from '../tensor/methods/arithmetic.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { UNARY } from './kinds.ts'
import { Module } from './module.ts'
import { number } from './repr.ts'
import { readNumber } from './shorthand.ts'

/** The probability, or options with it. */
export type DropoutLayerOptions = number | OptionsOf<typeof dropoutOptions>

export const NEW_DROPOUT = /* @__PURE__ */ signature('Dropout', {}, dropoutOptions)
export const NEW_DROPOUT_1D = /* @__PURE__ */ signature('Dropout1d', {}, dropoutOptions)
export const NEW_DROPOUT_2D = /* @__PURE__ */ signature('Dropout2d', {}, dropoutOptions)
export const NEW_DROPOUT_3D = /* @__PURE__ */ signature('Dropout3d', {}, dropoutOptions)
export const NEW_ALPHA_DROPOUT = /* @__PURE__ */ signature('AlphaDropout', {}, dropoutOptions)

abstract class DropoutBase extends Module {
  readonly p: number
  readonly #settings: Omit<DropoutOptions, 'p' | 'training'>
  readonly #drop: (input: Tensor, options: DropoutOptions) => Tensor
  constructor(
    takes: Signature<typeof dropoutOptions>,
    args: ArrayLike<unknown>,
    drop: (input: Tensor, options: DropoutOptions) => Tensor,
  ) {
    super()
    const { p, ...settings } = readNumber(takes, args, 'p')
    assertProbability(takes.name, p)
    this.p = p
    this.#settings = settings
    this.#drop = drop
  }
  forward(input: Tensor): Tensor {
    UNARY.read(arguments, this.constructor.name)
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
  constructor(options?: DropoutLayerOptions)
  constructor() {
    super(NEW_DROPOUT, arguments, dropout)
  }
}
export interface Dropout {
  <T extends Tensor>(input: T): Unchanged<T>
}
/**
 * Zeroes whole channels of [n, c, length] or [c, length].
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Dropout1d.html
 */
export class Dropout1d extends DropoutBase {
  constructor(options?: DropoutLayerOptions)
  constructor() {
    super(NEW_DROPOUT_1D, arguments, dropout1d)
  }
}
export interface Dropout1d {
  <T extends Tensor>(input: T): Unchanged<T>
}
/** Zeroes whole channels of [n, c, height, width]. Source: https://pytorch.org/docs/stable/generated/torch.nn.Dropout2d.html */
export class Dropout2d extends DropoutBase {
  constructor(options?: DropoutLayerOptions)
  constructor() {
    super(NEW_DROPOUT_2D, arguments, dropout2d)
  }
}
export interface Dropout2d {
  <T extends Tensor>(input: T): Unchanged<T>
}
/**
 * Zeroes whole channels of [n, c, depth, height, width] or [c, depth, height, width].
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Dropout3d.html
 */
export class Dropout3d extends DropoutBase {
  constructor(options?: DropoutLayerOptions)
  constructor() {
    super(NEW_DROPOUT_3D, arguments, dropout3d)
  }
}
export interface Dropout3d {
  <T extends Tensor>(input: T): Unchanged<T>
}
/** Dropout that keeps mean and variance of selu activations. Source: https://arxiv.org/abs/1706.02515 */
export class AlphaDropout extends DropoutBase {
  constructor(options?: DropoutLayerOptions)
  constructor() {
    super(NEW_ALPHA_DROPOUT, arguments, alphaDropout)
  }
}
export interface AlphaDropout {
  <T extends Tensor>(input: T): Unchanged<T>
}
