/** Convolution layers. */
import { OptionError } from '../contract/errors.ts'
import {
  conv1d,
  conv2d,
  conv3d,
  convOptions,
  convPadding,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  convTransposeOptions,
} from '../functional/conv.ts'
import { pad } from '../functional/padding.ts'
import { each, perDimension, type Rank, type Sizes } from '../functional/sizes.ts'
import { boolean, natural, oneOf, positive } from '../signature/kind.ts'
import { optional, signature, type OptionsOf, type ValuesOf } from '../signature/signature.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { fans, kaimingUniform_, uniform_ } from './init/index.ts'
import { UNARY } from './kinds.ts'
import { Module } from './module.ts'
import type { Parameter } from './parameter.ts'
import { placementRows, zeroParameter } from './placement.ts'
import { tuple } from './repr.ts'

/** Learn an additive bias. */
const biasRow = optional(boolean, true)
// oxlint-disable-next-line explicit-module-boundary-types -- the table is the type
const convLayerOptions = (rank: Rank) => ({
  ...convOptions(rank),
  /** Learn an additive bias. */
  bias: biasRow,
  /** What stands in the padding. */
  paddingMode: optional(oneOf('zeros', 'reflect', 'replicate', 'circular'), 'zeros'),
  ...placementRows,
})
// oxlint-disable-next-line explicit-module-boundary-types -- the table is the type
const convTransposeLayerOptions = (rank: Rank) => {
  const { dilation, ...others } = convTransposeOptions(rank)
  return {
    ...others,
    /** Learn an additive bias. */
    bias: biasRow,
    dilation,
    ...placementRows,
  }
}
export interface ConvLayerOptions extends OptionsOf<ReturnType<typeof convLayerOptions>> {}
export interface ConvTransposeLayerOptions extends OptionsOf<ReturnType<typeof convTransposeLayerOptions>> {}

// oxlint-disable-next-line explicit-module-boundary-types -- the table is the type
const sizesOf = (rank: Rank) => ({
  inChannels: natural,
  outChannels: natural,
  kernelSize: perDimension(positive, rank),
})
export const NEW_CONV_1D = /* @__PURE__ */ signature('Conv1d', sizesOf(1), convLayerOptions(1))
export const NEW_CONV_2D = /* @__PURE__ */ signature('Conv2d', sizesOf(2), convLayerOptions(2))
export const NEW_CONV_3D = /* @__PURE__ */ signature('Conv3d', sizesOf(3), convLayerOptions(3))
export const NEW_CONV_TRANSPOSE_1D = /* @__PURE__ */ signature(
  'ConvTranspose1d',
  sizesOf(1),
  convTransposeLayerOptions(1),
)
export const NEW_CONV_TRANSPOSE_2D = /* @__PURE__ */ signature(
  'ConvTranspose2d',
  sizesOf(2),
  convTransposeLayerOptions(2),
)
export const NEW_CONV_TRANSPOSE_3D = /* @__PURE__ */ signature(
  'ConvTranspose3d',
  sizesOf(3),
  convTransposeLayerOptions(3),
)

type ConvRead = ValuesOf<ReturnType<typeof convLayerOptions>>
type ConvTransposeRead = ValuesOf<ReturnType<typeof convTransposeLayerOptions>>

const all = (sizes: Sizes, value: number): boolean => [sizes].flat().every((x) => x === value)

abstract class ConvBase extends Module {
  readonly #rank: Rank
  readonly inChannels: number
  readonly outChannels: number
  readonly kernelSize: readonly number[]
  readonly stride: readonly number[]
  readonly padding: readonly number[] | 'same' | 'valid'
  readonly dilation: readonly number[]
  readonly outputPadding: readonly number[]
  readonly groups: number
  readonly paddingMode: ConvRead['paddingMode']
  /** [out, in / groups, ...kernel]; of a transposed convolution [in, out / groups, ...kernel]. */
  weight: Parameter
  bias: Parameter | null

  constructor(
    rank: Rank,
    transposed: boolean,
    inChannels: number,
    outChannels: number,
    kernelSize: Sizes,
    read: ConvRead & Pick<ConvTransposeRead, 'outputPadding'>,
  ) {
    super()
    const { stride, padding, dilation, outputPadding, groups, bias, paddingMode, ...placement } = read
    const { name } = new.target
    if (inChannels % groups !== 0 || outChannels % groups !== 0)
      throw new OptionError(
        name,
        `groups must divide inChannels ${inChannels} and outChannels ${outChannels} (got ${groups})`,
      )
    this.#rank = rank
    this.inChannels = inChannels
    this.outChannels = outChannels
    this.kernelSize = each(kernelSize, rank)
    this.stride = each(stride, rank)
    this.padding = typeof padding === 'string' ? padding : each(padding, rank)
    this.dilation = each(dilation, rank)
    this.outputPadding = each(outputPadding, rank)
    this.groups = groups
    this.paddingMode = paddingMode
    // 'same' with a stride is refused here.
    convPadding(name, this.padding, this.kernelSize, this.stride, this.dilation)
    const channels = transposed ? [inChannels, outChannels / groups] : [outChannels, inChannels / groups]
    this.weight = zeroParameter(this, [...channels, ...this.kernelSize], placement)
    this.bias = bias ? zeroParameter(this, [outChannels], placement) : null
    kaimingUniform_(this.weight, { a: Math.sqrt(5) })
    const { fanIn } = fans(this.weight.shape)
    if (this.bias !== null && fanIn > 0) uniform_(this.bias, -1 / Math.sqrt(fanIn), 1 / Math.sqrt(fanIn))
  }
  protected get rank(): Rank {
    return this.#rank
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
  constructor(rank: Rank, inChannels: number, outChannels: number, kernelSize: Sizes, read: ConvRead) {
    super(rank, false, inChannels, outChannels, kernelSize, { ...read, outputPadding: 0 })
  }
  forward(input: Tensor): Tensor {
    UNARY.read(arguments, this.constructor.name)
    const { kernelSize, stride, dilation, groups, paddingMode, padding } = this
    const conv = CONV[this.rank - 1]!
    if (paddingMode === 'zeros') return conv(input, this.weight, this.bias, { stride, padding, dilation, groups })
    const margins = convPadding(this.constructor.name, padding, kernelSize, stride, dilation)
    const wide = pad(input, margins.toReversed().flat(), { mode: paddingMode })
    return conv(wide, this.weight, this.bias, { stride, dilation, groups })
  }
}
abstract class ConvTranspose extends ConvBase {
  constructor(rank: Rank, inChannels: number, outChannels: number, kernelSize: Sizes, read: ConvTransposeRead) {
    super(rank, true, inChannels, outChannels, kernelSize, { ...read, paddingMode: 'zeros' })
  }
  forward(input: Tensor): Tensor {
    UNARY.read(arguments, this.constructor.name)
    const { stride, dilation, groups, outputPadding } = this
    const padding = this.padding as readonly number[]
    return CONV_TRANSPOSE[this.rank - 1]!(input, this.weight, this.bias, {
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
  constructor(inChannels: number, outChannels: number, kernelSize: Sizes, options?: ConvLayerOptions)
  constructor(inChannels: number, outChannels: number, kernelSize: Sizes) {
    super(1, inChannels, outChannels, kernelSize, NEW_CONV_1D.read(arguments))
  }
}
/**
 * Cross-correlation of [n, inChannels, height, width]; starts as Conv1d.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Conv2d.html
 */
export class Conv2d extends Conv {
  constructor(inChannels: number, outChannels: number, kernelSize: Sizes, options?: ConvLayerOptions)
  constructor(inChannels: number, outChannels: number, kernelSize: Sizes) {
    super(2, inChannels, outChannels, kernelSize, NEW_CONV_2D.read(arguments))
  }
}
/**
 * Cross-correlation of [n, inChannels, depth, height, width]; starts as Conv1d.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Conv3d.html
 */
export class Conv3d extends Conv {
  constructor(inChannels: number, outChannels: number, kernelSize: Sizes, options?: ConvLayerOptions)
  constructor(inChannels: number, outChannels: number, kernelSize: Sizes) {
    super(3, inChannels, outChannels, kernelSize, NEW_CONV_3D.read(arguments))
  }
}
/**
 * The transpose of Conv1d: length (length - 1) stride - 2 padding + dilation (kernel - 1) + outputPadding + 1.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ConvTranspose1d.html
 */
export class ConvTranspose1d extends ConvTranspose {
  constructor(inChannels: number, outChannels: number, kernelSize: Sizes, options?: ConvTransposeLayerOptions)
  constructor(inChannels: number, outChannels: number, kernelSize: Sizes) {
    super(1, inChannels, outChannels, kernelSize, NEW_CONV_TRANSPOSE_1D.read(arguments))
  }
}
/**
 * The transpose of Conv2d; sizes as ConvTranspose1d.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ConvTranspose2d.html
 */
export class ConvTranspose2d extends ConvTranspose {
  constructor(inChannels: number, outChannels: number, kernelSize: Sizes, options?: ConvTransposeLayerOptions)
  constructor(inChannels: number, outChannels: number, kernelSize: Sizes) {
    super(2, inChannels, outChannels, kernelSize, NEW_CONV_TRANSPOSE_2D.read(arguments))
  }
}
/**
 * The transpose of Conv3d; sizes as ConvTranspose1d.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ConvTranspose3d.html
 */
export class ConvTranspose3d extends ConvTranspose {
  constructor(inChannels: number, outChannels: number, kernelSize: Sizes, options?: ConvTransposeLayerOptions)
  constructor(inChannels: number, outChannels: number, kernelSize: Sizes) {
    super(3, inChannels, outChannels, kernelSize, NEW_CONV_TRANSPOSE_3D.read(arguments))
  }
}
