/** Convolutions over one, two and three dimensions of space, and their transposes. */
import { OptionError, ShapeError } from '../contract/errors.ts'
import type { Sym } from '../ir/builder.ts'
import { either, natural, oneOf, positive } from '../signature/kind.ts'
import { optional, signature, type OptionsOf, type ValuesOf } from '../signature/signature.ts'
import { tensor } from '../engine/kinds.ts'
import { Op } from '../engine/op.ts'
import { one } from '../tensor/one.ts'
import { resultType } from '../ops/promotion.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { each, perDimension, type Rank, type Sizes } from './sizes.ts'

/** The options of a convolution over so many dimensions. */
// oxlint-disable-next-line explicit-module-boundary-types -- the table is the type
export const convOptions = (rank: Rank) => ({
  /** Distance of the windows. */
  stride: optional(perDimension(positive, rank), 1),
  /** Zeros on both sides; 'same' keeps the size (stride 1), 'valid' is 0. */
  padding: optional(either(perDimension(natural, rank), oneOf('same', 'valid')), 0),
  /** Distance of window elements. */
  dilation: optional(perDimension(positive, rank), 1),
  /** Channels are split into this many groups that do not see each other. */
  groups: optional(positive, 1),
})
export interface ConvOptions extends OptionsOf<ReturnType<typeof convOptions>> {}

/** The options of a transposed convolution over so many dimensions. */
// oxlint-disable-next-line explicit-module-boundary-types -- the table is the type
export const convTransposeOptions = (rank: Rank) => ({
  /** Distance of the input's elements in the result. */
  stride: optional(perDimension(positive, rank), 1),
  /** What a convolution of this padding would have added. */
  padding: optional(perDimension(natural, rank), 0),
  /** Rows added at the high end only; smaller than stride or dilation. */
  outputPadding: optional(perDimension(natural, rank), 0),
  /** Channels are split into this many groups that do not see each other. */
  groups: optional(positive, 1),
  /** Distance of window elements. */
  dilation: optional(perDimension(positive, rank), 1),
})
export interface ConvTransposeOptions extends OptionsOf<ReturnType<typeof convTransposeOptions>> {}

const operands = { input: tensor, weight: tensor, bias: optional(tensor, null) }
export const CONV_1D = /* @__PURE__ */ signature('conv1d', operands, convOptions(1))
export const CONV_2D = /* @__PURE__ */ signature('conv2d', operands, convOptions(2))
export const CONV_3D = /* @__PURE__ */ signature('conv3d', operands, convOptions(3))
export const CONV_TRANSPOSE_1D = /* @__PURE__ */ signature('convTranspose1d', operands, convTransposeOptions(1))
export const CONV_TRANSPOSE_2D = /* @__PURE__ */ signature('convTranspose2d', operands, convTransposeOptions(2))
export const CONV_TRANSPOSE_3D = /* @__PURE__ */ signature('convTranspose3d', operands, convTransposeOptions(3))

type Margins = readonly (readonly [number, number])[]
interface Conv {
  readonly strides: readonly number[]
  readonly padding: Margins
  readonly dilation: readonly number[]
  readonly groups: number
}

/** The batch axis is optional: [c, ...space] is a batch of one. */
function batched(operation: string, x: Sym, weight: Sym, channels: number): Sym {
  const { rank } = weight
  if (x.rank !== rank && x.rank !== rank - 1)
    throw new ShapeError(
      operation,
      [x.shape, weight.shape],
      `the input must have ${rank} axes, or ${rank - 1} without a batch`,
    )
  const wide = x.rank === rank ? x : x.reshape([1, ...x.shape])
  if (wide.shape[1] !== channels)
    throw new ShapeError(operation, [x.shape, weight.shape], `the input must have ${channels} channels`)
  return wide
}

function finish(operation: string, y: Sym, bias: Sym | undefined, batch: boolean): Sym {
  const out = batch ? y : y.reshape(y.shape.slice(1))
  if (bias === undefined) return out
  const axis = batch ? 1 : 0
  if (bias.rank !== 1 || bias.shape[0] !== out.shape[axis])
    throw new ShapeError(
      operation,
      [bias.shape],
      `the bias must be [${out.shape[axis]}], one number per output channel`,
    )
  return out.add(
    bias
      .cast(out.dtype)
      .reshape(out.shape.map((size, i) => (i === axis ? size : 1)))
      .expand(out.shape),
  )
}

function assertGroups(operation: string, groups: number, channels: number, weight: Sym): void {
  if (channels % groups !== 0)
    throw new OptionError(
      operation,
      `groups must divide the ${channels} channels (got ${groups}, weight [${weight.shape.join(',')}])`,
    )
}

const convOp = (operation: string): Op<Conv> =>
  new Op(operation, ([x, weight, bias], { groups, ...attrs }) => {
    assertGroups(operation, groups, weight!.shape[0]!, weight!)
    const input = batched(operation, x!, weight!, weight!.shape[1]! * groups)
    const dtype = resultType([x!, weight!])
    const y = input
      .cast(dtype)
      .conv(weight!.cast(dtype), { ...attrs, groups, inputDilation: attrs.strides.map(() => 1) })
    if (y.shape.slice(2).includes(0))
      throw new ShapeError(operation, [x!.shape, weight!.shape], 'the window, dilated, is larger than the padded input')
    return [finish(operation, y, bias, input === x)]
  })

// The gradient of a convolution by its input: zeros between the elements, the window turned round, channels exchanged.
const convTransposeOp = (operation: string): Op<Conv> =>
  new Op(operation, ([x, weight, bias], { strides, padding, dilation, groups }) => {
    const [channels, perGroup, ...window] = weight!.shape as [number, number, ...number[]]
    assertGroups(operation, groups, channels, weight!)
    const input = batched(operation, x!, weight!, channels)
    const trailing = window.map((_, i) => i + 2)
    const turned = weight!
      .reshape([groups, channels / groups, perGroup, ...window])
      .permute([0, 2, 1, ...trailing.map((axis) => axis + 1)])
      .reshape([groups * perGroup, channels / groups, ...window])
      .flip(trailing)
    const dtype = resultType([x!, weight!])
    const y = input.cast(dtype).conv(turned.cast(dtype), {
      strides: strides.map(() => 1),
      inputDilation: strides,
      dilation,
      groups,
      padding: padding.map(([low, extra], i) => {
        const reach = (window[i]! - 1) * dilation[i]!
        return [reach - low, reach - low + extra] as const
      }),
    })
    if (y.shape.slice(2).includes(0))
      throw new ShapeError(operation, [x!.shape, weight!.shape], 'the result would be empty')
    return [finish(operation, y, bias, input === x)]
  })

const OPS: readonly Op<Conv>[] = [1, 2, 3].map((rank) => convOp(`conv${rank}d`))
const TRANSPOSED: readonly Op<Conv>[] = [1, 2, 3].map((rank) => convTransposeOp(`convTranspose${rank}d`))

/** Padding [low, high] per dimension; with 'same' an odd one is larger at the high end. */
export function convPadding(
  operation: string,
  padding: Sizes | 'same' | 'valid',
  window: readonly number[],
  strides: readonly number[],
  dilation: readonly number[],
): Margins {
  if (typeof padding !== 'string') return each(padding, window.length as Rank).map((size) => [size, size] as const)
  if (padding === 'valid') return window.map(() => [0, 0] as const)
  if (strides.some((stride) => stride !== 1)) throw new OptionError(operation, "padding 'same' needs stride 1")
  return window.map((size, i) => {
    const total = dilation[i]! * (size - 1)
    return [Math.floor(total / 2), Math.ceil(total / 2)] as const
  })
}

function assertWeight(operation: string, weight: Tensor, rank: number): void {
  if (weight.shape.length !== rank + 2)
    throw new ShapeError(
      operation,
      [weight.shape],
      `the weight must have ${rank + 2} axes: channels, channels of a group, window`,
    )
}

function conv(
  rank: Rank,
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null | undefined,
  read: ValuesOf<ReturnType<typeof convOptions>>,
): Tensor {
  const op = OPS[rank - 1]!
  assertWeight(op.name, weight, rank)
  const strides = each(read.stride, rank)
  const dilation = each(read.dilation, rank)
  const padding = convPadding(op.name, read.padding, weight.shape.slice(2), strides, dilation)
  const attrs: Conv = { strides, padding, dilation, groups: read.groups }
  return bias == null ? one(op, attrs, input, weight) : one(op, attrs, input, weight, bias)
}

function convTranspose(
  rank: Rank,
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null | undefined,
  read: ValuesOf<ReturnType<typeof convTransposeOptions>>,
): Tensor {
  const op = TRANSPOSED[rank - 1]!
  assertWeight(op.name, weight, rank)
  const strides = each(read.stride, rank)
  const dilation = each(read.dilation, rank)
  const extra = each(read.outputPadding, rank)
  if (extra.some((size, i) => size > 0 && size >= Math.max(strides[i]!, dilation[i]!)))
    throw new OptionError(op.name, `outputPadding must be smaller than stride or dilation (got [${extra.join(',')}])`)
  const attrs: Conv = {
    strides,
    dilation,
    groups: read.groups,
    padding: each(read.padding, rank).map((low, i) => [low, extra[i]!] as const),
  }
  return bias == null ? one(op, attrs, input, weight) : one(op, attrs, input, weight, bias)
}

/**
 * Cross-correlation over one dimension of space.
 * @param input [n, c, length] or [c, length]
 * @param weight [out, c / groups, window]
 * @param bias [out]; optional
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.conv1d.html
 */
export function conv1d(input: Tensor, weight: Tensor, bias?: Tensor | null, options?: ConvOptions): Tensor
export function conv1d(input: Tensor, weight: Tensor, bias?: Tensor | null): Tensor {
  return conv(1, input, weight, bias, CONV_1D.read(arguments))
}
/**
 * As conv1d, over [n, c, height, width] or [c, height, width].
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.conv2d.html
 */
export function conv2d(input: Tensor, weight: Tensor, bias?: Tensor | null, options?: ConvOptions): Tensor
export function conv2d(input: Tensor, weight: Tensor, bias?: Tensor | null): Tensor {
  return conv(2, input, weight, bias, CONV_2D.read(arguments))
}
/**
 * As conv1d, over three dimensions of space.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.conv3d.html
 */
export function conv3d(input: Tensor, weight: Tensor, bias?: Tensor | null, options?: ConvOptions): Tensor
export function conv3d(input: Tensor, weight: Tensor, bias?: Tensor | null): Tensor {
  return conv(3, input, weight, bias, CONV_3D.read(arguments))
}
/**
 * The transpose of conv1d: its gradient by the input. Length (length - 1) stride - 2 padding + dilation (window - 1) +
 * outputPadding + 1.
 * @param input [n, c, length] or [c, length]
 * @param weight [c, out / groups, window]
 * @param bias [out]; optional
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose1d.html
 */
export function convTranspose1d(
  input: Tensor,
  weight: Tensor,
  bias?: Tensor | null,
  options?: ConvTransposeOptions,
): Tensor
export function convTranspose1d(input: Tensor, weight: Tensor, bias?: Tensor | null): Tensor {
  return convTranspose(1, input, weight, bias, CONV_TRANSPOSE_1D.read(arguments))
}
/**
 * As convTranspose1d, over two dimensions of space.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose2d.html
 */
export function convTranspose2d(
  input: Tensor,
  weight: Tensor,
  bias?: Tensor | null,
  options?: ConvTransposeOptions,
): Tensor
export function convTranspose2d(input: Tensor, weight: Tensor, bias?: Tensor | null): Tensor {
  return convTranspose(2, input, weight, bias, CONV_TRANSPOSE_2D.read(arguments))
}
/**
 * As convTranspose1d, over three dimensions of space.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose3d.html
 */
export function convTranspose3d(
  input: Tensor,
  weight: Tensor,
  bias?: Tensor | null,
  options?: ConvTransposeOptions,
): Tensor
export function convTranspose3d(input: Tensor, weight: Tensor, bias?: Tensor | null): Tensor {
  return convTranspose(3, input, weight, bias, CONV_TRANSPOSE_3D.read(arguments))
}
