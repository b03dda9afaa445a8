/** Activations along one dimension, as modules. */
import { ShapeError } from '../contract/errors.ts'
import { glu, gluOptions, type GluOptions } from '../functional/activation.ts'
import { logSoftmax, softmax, softmin } from '../functional/softmax.ts'
import { signature, type OptionsOf } from '../signature/signature.ts'
import { dim } from '../engine/kinds.ts'
import type { Realized } from '../tensor/methods/arithmetic.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Plain, UNARY } from './kinds.ts'
import { Module } from './module.ts'
import { readNumber } from './shorthand.ts'

const options = {
  /** The dimension whose entries sum to 1; negative ones count from the end. */
  dim,
}
/** The dimension, or options with it. */
export type AlongDimOptions = number | OptionsOf<typeof options>

export const NEW_SOFTMAX = /* @__PURE__ */ signature('Softmax', {}, options)
export const NEW_LOG_SOFTMAX = /* @__PURE__ */ signature('LogSoftmax', {}, options)
export const NEW_SOFTMIN = /* @__PURE__ */ signature('Softmin', {}, options)
export const NEW_GLU = /* @__PURE__ */ signature('GLU', {}, gluOptions)

abstract class AlongDim extends Module {
  readonly dim: number
  constructor(along: number) {
    super()
    this.dim = along
  }
  override extraRepr(): string {
    return `dim=${this.dim}`
  }
}
/** exp(x) / sum(exp(x)) over `dim`. Source: https://pytorch.org/docs/stable/generated/torch.nn.Softmax.html */
export class Softmax extends AlongDim {
  constructor(options: AlongDimOptions)
  constructor() {
    super(readNumber(NEW_SOFTMAX, arguments, 'dim').dim)
  }
  forward(input: Tensor): Tensor {
    UNARY.read(arguments, this.constructor.name)
    return softmax(input, { dim: this.dim })
  }
}
export interface Softmax {
  <T extends Tensor>(input: T): Realized<T>
}
/** log(softmax(x)) over `dim`. Source: https://pytorch.org/docs/stable/generated/torch.nn.LogSoftmax.html */
export class LogSoftmax extends AlongDim {
  constructor(options: AlongDimOptions)
  constructor() {
    super(readNumber(NEW_LOG_SOFTMAX, arguments, 'dim').dim)
  }
  forward(input: Tensor): Tensor {
    UNARY.read(arguments, this.constructor.name)
    return logSoftmax(input, { dim: this.dim })
  }
}
export interface LogSoftmax {
  <T extends Tensor>(input: T): Realized<T>
}
/** softmax(-x) over `dim`. Source: https://pytorch.org/docs/stable/generated/torch.nn.Softmin.html */
export class Softmin extends AlongDim {
  constructor(options: AlongDimOptions)
  constructor() {
    super(readNumber(NEW_SOFTMIN, arguments, 'dim').dim)
  }
  forward(input: Tensor): Tensor {
    UNARY.read(arguments, this.constructor.name)
    return softmin(input, { dim: this.dim })
  }
}
export interface Softmin {
  <T extends Tensor>(input: T): Realized<T>
}
/**
 * First half of `dim` (default the last) times the sigmoid of the second.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.GLU.html
 */
export class GLU extends AlongDim {
  constructor(options?: number | GluOptions)
  constructor() {
    super(readNumber(NEW_GLU, arguments, 'dim').dim)
  }
  forward(input: Tensor): Tensor {
    UNARY.read(arguments, this.constructor.name)
    return glu(input, { dim: this.dim })
  }
}
/**
 * Softmax over the channels of [n, c, height, width] or [c, height, width].
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Softmax2d.html
 */
export class Softmax2d extends Plain {
  forward(input: Tensor): Tensor {
    UNARY.read(arguments, this.constructor.name)
    if (input.shape.length !== 3 && input.shape.length !== 4)
      throw new ShapeError('Softmax2d', [input.shape], 'expected 3D or 4D input')
    return softmax(input, { dim: -3 })
  }
}
export interface Softmax2d {
  <T extends Tensor>(input: T): Realized<T>
}
