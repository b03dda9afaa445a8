/** Pools as modules. */
import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  type OutputSize,
} from '../functional/adaptive-pooling.ts'
import {
  avgPool1d,
  avgPool2d,
  avgPool3d,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  type AvgPoolOptions,
  type MaxPoolOptions,
} from '../functional/pooling.ts'
import { sizes, type Sizes } from '../functional/sizes.ts'
import { byName } from '../tensor/by-name.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Module } from './module.ts'
import { bool, size } from './repr.ts'

const MAX = [maxPool1d, maxPool2d, maxPool3d] as const
const AVG = [avgPool1d, avgPool2d, avgPool3d] as const
const ADAPTIVE_AVG = [adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d] as const
const ADAPTIVE_MAX = [adaptiveMaxPool1d, adaptiveMaxPool2d, adaptiveMaxPool3d] as const

/** For the indices of the maxima there are the functions maxPool1dWithIndices and so on. */
abstract class MaxPool extends Module {
  readonly kernelSize: Sizes
  readonly options: MaxPoolOptions
  readonly #rank: 1 | 2 | 3
  constructor(rank: 1 | 2 | 3, kernelSize: Sizes, options: MaxPoolOptions) {
    super()
    byName(new.target.name, options)
    this.#rank = rank
    sizes(new.target.name, 'kernelSize', kernelSize, rank, 1)
    this.kernelSize = kernelSize
    this.options = options
  }
  forward(input: Tensor): Tensor {
    return MAX[this.#rank - 1]!(input, this.kernelSize, this.options)
  }
  override extraRepr(): string {
    const { stride, padding = 0, dilation = 1, ceilMode = false } = this.options
    return (
      `kernel_size=${size(this.kernelSize)}, stride=${size(stride ?? this.kernelSize)}, padding=${size(padding)}, ` +
      `dilation=${size(dilation)}, ceil_mode=${bool(ceilMode)}`
    )
  }
}
/** The maximum of every window. Source: https://pytorch.org/docs/stable/generated/torch.nn.MaxPool1d.html */
export class MaxPool1d extends MaxPool {
  constructor(kernelSize: Sizes, options: MaxPoolOptions = {}) {
    super(1, kernelSize, options)
  }
}
/** The maximum of every window. Source: https://pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html */
export class MaxPool2d extends MaxPool {
  constructor(kernelSize: Sizes, options: MaxPoolOptions = {}) {
    super(2, kernelSize, options)
  }
}
/** The maximum of every window over three dimensions of space. */
export class MaxPool3d extends MaxPool {
  constructor(kernelSize: Sizes, options: MaxPoolOptions = {}) {
    super(3, kernelSize, options)
  }
}

abstract class AvgPool extends Module {
  readonly kernelSize: Sizes
  readonly options: AvgPoolOptions
  readonly #rank: 1 | 2 | 3
  constructor(rank: 1 | 2 | 3, kernelSize: Sizes, options: AvgPoolOptions) {
    super()
    byName(new.target.name, options)
    this.#rank = rank
    sizes(new.target.name, 'kernelSize', kernelSize, rank, 1)
    this.kernelSize = kernelSize
    this.options = options
  }
  forward(input: Tensor): Tensor {
    return AVG[this.#rank - 1]!(input, this.kernelSize, this.options)
  }
  override extraRepr(): string {
    const { stride, padding = 0 } = this.options
    // AvgPool1d keeps its options as tuples.
    const shown = (value: Sizes): string => size(this.#rank === 1 && typeof value === 'number' ? [value] : value)
    return `kernel_size=${shown(this.kernelSize)}, stride=${shown(stride ?? this.kernelSize)}, padding=${shown(padding)}`
  }
}
/** The mean of every window. Source: https://pytorch.org/docs/stable/generated/torch.nn.AvgPool1d.html */
export class AvgPool1d extends AvgPool {
  constructor(kernelSize: Sizes, options: Omit<AvgPoolOptions, 'divisorOverride'> = {}) {
    super(1, kernelSize, options)
  }
}
/** The mean of every window. Source: https://pytorch.org/docs/stable/generated/torch.nn.AvgPool2d.html */
export class AvgPool2d extends AvgPool {
  constructor(kernelSize: Sizes, options: AvgPoolOptions = {}) {
    super(2, kernelSize, options)
  }
}
/** The mean of every window over three dimensions of space. */
export class AvgPool3d extends AvgPool {
  constructor(kernelSize: Sizes, options: AvgPoolOptions = {}) {
    super(3, kernelSize, options)
  }
}

abstract class Adaptive extends Module {
  readonly outputSize: OutputSize
  readonly #pool: (input: Tensor, outputSize: OutputSize) => Tensor
  constructor(outputSize: OutputSize, pool: (input: Tensor, outputSize: OutputSize) => Tensor) {
    super()
    this.outputSize = outputSize
    this.#pool = pool
  }
  forward(input: Tensor): Tensor {
    return this.#pool(input, this.outputSize)
  }
  override extraRepr(): string {
    return `output_size=${size(this.outputSize)}`
  }
}
/** Means of `outputSize` cells. Source: https://pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool1d.html */
export class AdaptiveAvgPool1d extends Adaptive {
  constructor(outputSize: OutputSize) {
    super(outputSize, ADAPTIVE_AVG[0])
  }
}
/** Means of `outputSize` cells; null keeps a size. */
export class AdaptiveAvgPool2d extends Adaptive {
  constructor(outputSize: OutputSize) {
    super(outputSize, ADAPTIVE_AVG[1])
  }
}
/** Means of `outputSize` cells; null keeps a size. */
export class AdaptiveAvgPool3d extends Adaptive {
  constructor(outputSize: OutputSize) {
    super(outputSize, ADAPTIVE_AVG[2])
  }
}
/** Maxima of `outputSize` cells. */
export class AdaptiveMaxPool1d extends Adaptive {
  constructor(outputSize: OutputSize) {
    super(outputSize, ADAPTIVE_MAX[0])
  }
}
/** Maxima of `outputSize` cells; null keeps a size. */
export class AdaptiveMaxPool2d extends Adaptive {
  constructor(outputSize: OutputSize) {
    super(outputSize, ADAPTIVE_MAX[1])
  }
}
/** Maxima of `outputSize` cells; null keeps a size. */
export class AdaptiveMaxPool3d extends Adaptive {
  constructor(outputSize: OutputSize) {
    super(outputSize, ADAPTIVE_MAX[2])
  }
}
