/** Convolution layers. */
import { OptionError } from '../backend/errors.ts'
import {
  conv1d,
  conv2d,
  conv3d,
  convPadding,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
} from '../functional/conv.ts'
import { pad } from '../functional/padding.ts'
import { sizes, type Sizes } from '../functional/sizes.ts'
import { byName } from '../tensor/by-name.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { fans, kaimingUniform_, uniform_ } from './init/index.ts'
import { Module } from './module.ts'
import type { Parameter } from './parameter.ts'
import { zeroParameter, type Placement } from './placement.ts'
import { tuple } from './repr.ts'

export interface ConvLayerOptions extends Placement {
  /** Default 1. */
  readonly stride?: Sizes
  /** On both sides; 'same' keeps the size (stride 1). Default 0. */
  readonly padding?: Sizes | 'same' | 'valid'
  /** Distance of window elements; default 1. */
  readonly dilation?: Sizes
  /** Channels are split into this many groups that do not see each other; default 1. */
  readonly groups?: number
  /** Learn an additive bias; default true. */
  readonly bias?: boolean
  /** What stands in the padding; default 'zeros'. */
  readonly paddingMode?: 'zeros' | 'reflect' | 'replicate' | 'circular'
}
export interface ConvTransposeLayerOptions extends Omit<ConvLayerOptions, 'padding' | 'paddingMode'> {
  /** What a convolution of this padding would have added; default 0. */
  readonly padding?: Sizes
  /** Rows added at the high end only; smaller than stride or dilation. Default 0. */
  readonly outputPadding?: Sizes
}

const all = (list: readonly number[], value: number): boolean => list.every((x) => x === value)

abstract class ConvBase extends Module {
  readonly inChannels: number
  readonly outChannels: number
  readonly kernelSize: readonly number[]
  readonly stride: readonly number[]
  readonly padding: readonly number[] | 'same' | 'valid'
  readonly dilation: readonly number[]
  readonly outputPadding: readonly number[]
  readonly groups: number
  readonly paddingMode: NonNullable<ConvLayerOptions['paddingMode']>
  /** [out, in / groups, ...kernel]; of a transposed convolution [in, out / groups, ...kernel]. */
  readonly weight: Parameter
  readonly bias: Parameter | null

  constructor(
    rank: number,
    transposed: boolean,
    inChannels: number,
    outChannels: number,
    kernelSize: Sizes,
    options: Omit<ConvLayerOptions, 'padding'> &
      Pick<ConvLayerOptions, 'padding'> &
      Pick<ConvTransposeLayerOptions, 'outputPadding'>,
  ) {
    super()
    const {
      stride = 1,
      padding = 0,
      dilation = 1,
      outputPadding = 0,
      groups = 1,
      bias = true,
      paddingMode = 'zeros',
      ...placement
    } = byName(new.target.name, options)
    const { name } = new.target
    if (!Number.isInteger(groups) || groups < 1 || inChannels % groups !== 0 || outChannels % groups !== 0)
      throw new OptionError(
        name,
        `groups must divide inChannels ${inChannels} and outChannels ${outChannels} (got ${groups})`,
      )
    this.inChannels = inChannels
    this.outChannels = outChannels
    this.kernelSize = sizes(name, 'kernelSize', kernelSize, rank, 1)
    this.stride = sizes(name, 'stride', stride, rank, 1)
    this.padding = typeof padding === 'string' ? padding : sizes(name, 'padding', padding, rank)
    this.dilation = sizes(name, 'dilation', dilation, rank, 1)
    this.outputPadding = sizes(name, 'outputPadding', outputPadding, rank)
    this.groups = groups
    this.paddingMode = paddingMode
    // 'same' with a stride is refused here.
    convPadding(name, this.padding, this.kernelSize, this.stride, this.dilation)
    const channels = transposed ? [inChannels, outChannels / groups] : [outChannels, inChannels / groups]
    this.weight = zeroParameter([...channels, ...this.kernelSize], placement)
    this.bias = bias ? zeroParameter([outChannels], placement) : null
    kaimingUniform_(this.weight, { a: Math.sqrt(5) })
    const { fanIn } = fans(this.weight.shape)
    if (this.bias !== null && fanIn > 0) uniform_(this.bias, -1 / Math.sqrt(fanIn), 1 / Math.sqrt(fanIn))
  }
  override extraRepr(): string {
    const { padding, dilation, outputPadding, groups } = this
    return [
      `${this.inChannels}, ${this.outChannels}, kernel_size=${tuple(this.kernelSize)}, stride=${tuple(this.stride)}`,
      ...(typeof padding === 'string' ? [`padding=${padding}`] : all(padding, 0) ? [] : [`padding=${tuple(padding)}`]),
      ...(all(dilation, 1) ? [] : [`dilation=${tuple(dilation)}`]),
      ...(all(outputPadding, 0) ? [] : [`output_padding=${tuple(outputPadding)}`]),
      ...(groups === 1 ? [] : [`groups=${groups}`]),
      ...(this.bias === null ? ['bias=False'] : []),
      ...(this.paddingMode === 'zeros' ? [] : [`padding_mode=${this.paddingMode}`]),
    ].join(', ')
  }
}

const CONV = [conv1d, conv2d, conv3d] as const
const CONV_TRANSPOSE = [convTranspose1d, convTranspose2d, convTranspose3d] as const

abstract class Conv extends ConvBase {
  constructor(rank: 1 | 2 | 3, inChannels: number, outChannels: number, kernelSize: Sizes, options: ConvLayerOptions) {
    super(rank, false, inChannels, outChannels, kernelSize, options)
  }
  forward(input: Tensor): Tensor {
    const { kernelSize, stride, dilation, groups, paddingMode, padding } = this
    const conv = CONV[kernelSize.length - 1]!
    if (paddingMode === 'zeros') return conv(input, this.weight, this.bias, { stride, padding, dilation, groups })
    const margins = convPadding(this.constructor.name, padding, kernelSize, stride, dilation)
    const wide = pad(input, margins.toReversed().flat(), { mode: paddingMode })
    return conv(wide, this.weight, this.bias, { stride, dilation, groups })
  }
}
abstract class ConvTranspose extends ConvBase {
  constructor(
    rank: 1 | 2 | 3,
    inChannels: number,
    outChannels: number,
    kernelSize: Sizes,
    options: ConvTransposeLayerOptions,
  ) {
    super(rank, true, inChannels, outChannels, kernelSize, options)
  }
  forward(input: Tensor): Tensor {
    const { kernelSize, stride, dilation, groups, outputPadding } = this
    const padding = this.padding as readonly number[]
    return CONV_TRANSPOSE[kernelSize.length - 1]!(input, this.weight, this.bias, {
      stride,
      padding,
      outputPadding,
      dilation,
      groups,
    })
  }
}

/**
 * Cross-correlation of [n, inChannels, length]. `weight` and `bias` start uniform in +-1 / sqrt(inputs of an output).
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Conv1d.html
 */
export class Conv1d extends Conv {
  constructor(inChannels: number, outChannels: number, kernelSize: Sizes, options: ConvLayerOptions = {}) {
    super(1, inChannels, outChannels, kernelSize, options)
  }
}
/**
 * Cross-correlation of [n, inChannels, height, width]; starts as Conv1d.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Conv2d.html
 */
export class Conv2d extends Conv {
  constructor(inChannels: number, outChannels: number, kernelSize: Sizes, options: ConvLayerOptions = {}) {
    super(2, inChannels, outChannels, kernelSize, options)
  }
}
/** Cross-correlation of [n, inChannels, depth, height, width]; starts as Conv1d. */
export class Conv3d extends Conv {
  constructor(inChannels: number, outChannels: number, kernelSize: Sizes, options: ConvLayerOptions = {}) {
    super(3, inChannels, outChannels, kernelSize, options)
  }
}
/**
 * The transpose of Conv1d: length (length - 1) stride - 2 padding + dilation (kernel - 1) + outputPadding + 1.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ConvTranspose1d.html
 */
export class ConvTranspose1d extends ConvTranspose {
  constructor(inChannels: number, outChannels: number, kernelSize: Sizes, options: ConvTransposeLayerOptions = {}) {
    super(1, inChannels, outChannels, kernelSize, options)
  }
}
/** The transpose of Conv2d; sizes as ConvTranspose1d. */
export class ConvTranspose2d extends ConvTranspose {
  constructor(inChannels: number, outChannels: number, kernelSize: Sizes, options: ConvTransposeLayerOptions = {}) {
    super(2, inChannels, outChannels, kernelSize, options)
  }
}
/** The transpose of Conv3d; sizes as ConvTranspose1d. */
export class ConvTranspose3d extends ConvTranspose {
  constructor(inChannels: number, outChannels: number, kernelSize: Sizes, options: ConvTransposeLayerOptions = {}) {
    super(3, inChannels, outChannels, kernelSize, options)
  }
}
