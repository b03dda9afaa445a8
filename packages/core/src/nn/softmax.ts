/** Activations along one dimension, as modules. */
import { ShapeError } from '../backend/errors.ts'
import { glu } from '../functional/activation.ts'
import { logSoftmax, softmax, softmin } from '../functional/softmax.ts'
import type { Realized } from '../tensor/methods/arithmetic.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { numberOf } from './activation.ts'
import { Module } from './module.ts'

const LAST = -1

abstract class AlongDim extends Module {
  readonly dim: number
  /** @param options the dimension, or `{ dim }`; negative ones count from the end */
  constructor(options: number | { readonly dim: number }) {
    super()
    this.dim = numberOf(new.target.name, options, 'dim', LAST)
  }
  override extraRepr(): string {
    return `dim=${this.dim}`
  }
}
/** exp(x) / sum(exp(x)) over `dim`. */
export class Softmax extends AlongDim {
  forward(input: Tensor): Tensor {
    return softmax(input, { dim: this.dim })
  }
}
export interface Softmax {
  <T extends Tensor>(input: T): Realized<T>
}
/** log(softmax(x)) over `dim`. */
export class LogSoftmax extends AlongDim {
  forward(input: Tensor): Tensor {
    return logSoftmax(input, { dim: this.dim })
  }
}
export interface LogSoftmax {
  <T extends Tensor>(input: T): Realized<T>
}
/** softmax(-x) over `dim`. */
export class Softmin extends AlongDim {
  forward(input: Tensor): Tensor {
    return softmin(input, { dim: this.dim })
  }
}
export interface Softmin {
  <T extends Tensor>(input: T): Realized<T>
}
/** First half of `dim` (default the last) times the sigmoid of the second. */
export class GLU extends AlongDim {
  constructor(options: number | { readonly dim?: number } = {}) {
    super({ dim: numberOf(new.target.name, options, 'dim', LAST) })
  }
  forward(input: Tensor): Tensor {
    return glu(input, { dim: this.dim })
  }
}
/** Softmax over the channels of [n, c, height, width] or [c, height, width]. */
export class Softmax2d extends Module {
  forward(input: Tensor): Tensor {
    if (input.shape.length !== 3 && input.shape.length !== 4)
      throw new ShapeError('Softmax2d', [input.shape], 'expected 3D or 4D input')
    return softmax(input, { dim: -3 })
  }
}
export interface Softmax2d {
  <T extends Tensor>(input: T): Realized<T>
}
