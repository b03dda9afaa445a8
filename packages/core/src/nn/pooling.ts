/** Pools as modules. */
import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  sizeKept,
  type OutputSize,
} from '../functional/adaptive-pooling.ts'
import {
  avgPool1d,
  avgPool2d,
  avgPool1dOptions,
  avgPool3d,
  avgPoolOptions,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  maxPoolOptions,
  type AvgPool1dOptions,
  type AvgPoolOptions,
  type MaxPoolOptions,
} from '../functional/pooling.ts'
import { perDimension, type Rank, type Sizes } from '../functional/sizes.ts'
import { positive } from '../signature/kind.ts'
import { signature, type ValuesOf } from '../signature/signature.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { UNARY } from './kinds.ts'
import { Module } from './module.ts'
import { bool, tuple } from './repr.ts'

// oxlint-disable-next-line explicit-module-boundary-types -- the table is the type
const window = (rank: Rank) => ({ kernelSize: perDimension(positive, rank) })
export const NEW_MAX_POOL_1D = /* @__PURE__ */ signature('MaxPool1d', window(1), maxPoolOptions(1))
export const NEW_MAX_POOL_2D = /* @__PURE__ */ signature('MaxPool2d', window(2), maxPoolOptions(2))
export const NEW_MAX_POOL_3D = /* @__PURE__ */ signature('MaxPool3d', window(3), maxPoolOptions(3))
export const NEW_AVG_POOL_1D = /* @__PURE__ */ signature('AvgPool1d', window(1), avgPool1dOptions())
export const NEW_AVG_POOL_2D = /* @__PURE__ */ signature('AvgPool2d', window(2), avgPoolOptions(2))
export const NEW_AVG_POOL_3D = /* @__PURE__ */ signature('AvgPool3d', window(3), avgPoolOptions(3))

// oxlint-disable-next-line explicit-module-boundary-types -- the table is the type
const cells = (rank: Rank) => ({ outputSize: sizeKept(rank) })
export const NEW_ADAPTIVE_AVG_POOL_1D = /* @__PURE__ */ signature('AdaptiveAvgPool1d', cells(1))
export const NEW_ADAPTIVE_AVG_POOL_2D = /* @__PURE__ */ signature('AdaptiveAvgPool2d', cells(2))
export const NEW_ADAPTIVE_AVG_POOL_3D = /* @__PURE__ */ signature('AdaptiveAvgPool3d', cells(3))
export const NEW_ADAPTIVE_MAX_POOL_1D = /* @__PURE__ */ signature('AdaptiveMaxPool1d', cells(1))
export const NEW_ADAPTIVE_MAX_POOL_2D = /* @__PURE__ */ signature('AdaptiveMaxPool2d', cells(2))
export const NEW_ADAPTIVE_MAX_POOL_3D = /* @__PURE__ */ signature('AdaptiveMaxPool3d', cells(3))

const MAX = [maxPool1d, maxPool2d, maxPool3d] as const
const AVG = [avgPool1d, avgPool2d, avgPool3d] as const
const ADAPTIVE_AVG = [adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d] as const
const ADAPTIVE_MAX = [adaptiveMaxPool1d, adaptiveMaxPool2d, adaptiveMaxPool3d] as const

type MaxPoolRead = ValuesOf<ReturnType<typeof maxPoolOptions>>
/** For the indices of the maxima there are the functions maxPool1dWithIndices and so on. */
abstract class MaxPool extends Module {
  readonly kernelSize: Sizes
  readonly options: MaxPoolRead
  readonly #rank: Rank
  constructor(rank: Rank, kernelSize: Sizes, read: MaxPoolRead) {
    super()
    this.#rank = rank
    this.kernelSize = kernelSize
    this.options = read
  }
  forward(input: Tensor): Tensor {
    UNARY.read(arguments, this.constructor.name)
    return MAX[this.#rank - 1]!(input, this.kernelSize, this.options)
  }
  override extraRepr(): string {
    const { stride, padding, dilation, ceilMode } = this.options
    return (
      `kernel_size=${tuple(this.kernelSize)}, stride=${tuple(stride ?? this.kernelSize)}, padding=${tuple(padding)}, ` +
      `dilation=${tuple(dilation)}, ceil_mode=${bool(ceilMode)}`
    )
  }
}
/** The maximum of every window. Source: https://pytorch.org/docs/stable/generated/torch.nn.MaxPool1d.html */
export class MaxPool1d extends MaxPool {
  constructor(kernelSize: Sizes, options?: MaxPoolOptions)
  constructor(kernelSize: Sizes) {
    super(1, kernelSize, NEW_MAX_POOL_1D.read(arguments))
  }
}
/** The maximum of every window. Source: https://pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html */
export class MaxPool2d extends MaxPool {
  constructor(kernelSize: Sizes, options?: MaxPoolOptions)
  constructor(kernelSize: Sizes) {
    super(2, kernelSize, NEW_MAX_POOL_2D.read(arguments))
  }
}
/**
 * The maximum of every window over three dimensions of space.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.MaxPool3d.html
 */
export class MaxPool3d extends MaxPool {
  constructor(kernelSize: Sizes, options?: MaxPoolOptions)
  constructor(kernelSize: Sizes) {
    super(3, kernelSize, NEW_MAX_POOL_3D.read(arguments))
  }
}

/** Pools over one dimension have no divisor of their own. */
type AvgPoolRead = ValuesOf<ReturnType<typeof avgPool1dOptions>> & Partial<ValuesOf<ReturnType<typeof avgPoolOptions>>>
abstract class AvgPool extends Module {
  readonly kernelSize: Sizes
  readonly options: AvgPoolRead
  readonly #rank: Rank
  constructor(rank: Rank, kernelSize: Sizes, read: AvgPoolRead) {
    super()
    this.#rank = rank
    this.kernelSize = kernelSize
    this.options = read
  }
  forward(input: Tensor): Tensor {
    UNARY.read(arguments, this.constructor.name)
    return AVG[this.#rank - 1]!(input, this.kernelSize, this.options)
  }
  override extraRepr(): string {
    const { stride, padding } = this.options
    // AvgPool1d keeps its options as tuples.
    const shown = (value: Sizes): string => tuple(this.#rank === 1 && typeof value === 'number' ? [value] : value)
    return `kernel_size=${shown(this.kernelSize)}, stride=${shown(stride ?? this.kernelSize)}, padding=${shown(padding)}`
  }
}
/** The mean of every window. Source: https://pytorch.org/docs/stable/generated/torch.nn.AvgPool1d.html */
export class AvgPool1d extends AvgPool {
  constructor(kernelSize: Sizes, options?: AvgPool1dOptions)
  constructor(kernelSize: Sizes) {
    super(1, kernelSize, NEW_AVG_POOL_1D.read(arguments))
  }
}
/** The mean of every window. Source: https://pytorch.org/docs/stable/generated/torch.nn.AvgPool2d.html */
export class AvgPool2d extends AvgPool {
  constructor(kernelSize: Sizes, options?: AvgPoolOptions)
  constructor(kernelSize: Sizes) {
    super(2, kernelSize, NEW_AVG_POOL_2D.read(arguments))
  }
}
/**
 * The mean of every window over three dimensions of space.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.AvgPool3d.html
 */
export class AvgPool3d extends AvgPool {
  constructor(kernelSize: Sizes, options?: AvgPoolOptions)
  constructor(kernelSize: Sizes) {
    super(3, kernelSize, NEW_AVG_POOL_3D.read(arguments))
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
    UNARY.read(arguments, this.constructor.name)
    return this.#pool(input, this.outputSize)
  }
  override extraRepr(): string {
    return `output_size=${tuple(this.outputSize)}`
  }
}
/** Means of `outputSize` cells. Source: https://pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool1d.html */
export class AdaptiveAvgPool1d extends Adaptive {
  constructor(outputSize: OutputSize) {
    NEW_ADAPTIVE_AVG_POOL_1D.read(arguments)
    super(outputSize, ADAPTIVE_AVG[0])
  }
}
/**
 * Means of `outputSize` cells; null keeps a size.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool2d.html
 */
export class AdaptiveAvgPool2d extends Adaptive {
  constructor(outputSize: OutputSize) {
    NEW_ADAPTIVE_AVG_POOL_2D.read(arguments)
    super(outputSize, ADAPTIVE_AVG[1])
  }
}
/**
 * Means of `outputSize` cells; null keeps a size.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool3d.html
 */
export class AdaptiveAvgPool3d extends Adaptive {
  constructor(outputSize: OutputSize) {
    NEW_ADAPTIVE_AVG_POOL_3D.read(arguments)
    super(outputSize, ADAPTIVE_AVG[2])
  }
}
/** Maxima of `outputSize` cells. Source: https://pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool1d.html */
export class AdaptiveMaxPool1d extends Adaptive {
  constructor(outputSize: OutputSize) {
    NEW_ADAPTIVE_MAX_POOL_1D.read(arguments)
    super(outputSize, ADAPTIVE_MAX[0])
  }
}
/**
 * Maxima of `outputSize` cells; null keeps a size.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool2d.html
 */
export class AdaptiveMaxPool2d extends Adaptive {
  constructor(outputSize: OutputSize) {
    NEW_ADAPTIVE_MAX_POOL_2D.read(arguments)
    super(outputSize, ADAPTIVE_MAX[1])
  }
}
/**
 * Maxima of `outputSize` cells; null keeps a size.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool3d.html
 */
export class AdaptiveMaxPool3d extends Adaptive {
  constructor(outputSize: OutputSize) {
    NEW_ADAPTIVE_MAX_POOL_3D.read(arguments)
    super(outputSize, ADAPTIVE_MAX[2])
  }
}
