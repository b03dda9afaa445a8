/** Modules that only move or resample elements. */
import { OptionError, ShapeError } from '../contract/errors.ts'
import { pixelShuffle, pixelUnshuffle } from '../functional/patches.ts'
import { interpolate, upsampleOptions, type InterpolateMode, type InterpolateOptions } from '../functional/resize.ts'
import { kind, list, positive, type Kind } from '../signature/kind.ts'
import { optional, signature, type OptionsOf, type ValuesOf } from '../signature/signature.ts'
import { dim } from '../engine/kinds.ts'
import { normalizeDim } from '../ops/axes.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { FieldKinds } from './fields.ts'
import { UNARY } from './kinds.ts'
import { Module } from './module.ts'
import { float, tuple } from './repr.ts'

const flattenOptions = {
  /** The first dimension that is joined. */
  startDim: optional(dim, 1),
  /** The last one. */
  endDim: optional(dim, -1),
}
export interface FlattenOptions extends OptionsOf<typeof flattenOptions> {}

const sizeOrRest: Kind<number> = /* @__PURE__ */ kind(
  'an integer from 0, or -1 once',
  (value) => Number.isInteger(value) && (value as number) >= -1,
)
export const NEW_FLATTEN = /* @__PURE__ */ signature('Flatten', {}, flattenOptions)
const sizesOrRest: Kind<readonly number[]> = /* @__PURE__ */ list(sizeOrRest)
export const NEW_UNFLATTEN = /* @__PURE__ */ signature('Unflatten', { dim, unflattenedSize: sizesOrRest })
export const NEW_UPSAMPLE = /* @__PURE__ */ signature('Upsample', {}, upsampleOptions)
export const NEW_PIXEL_SHUFFLE = /* @__PURE__ */ signature('PixelShuffle', { upscaleFactor: positive })
export const NEW_PIXEL_UNSHUFFLE = /* @__PURE__ */ signature('PixelUnshuffle', { downscaleFactor: positive })

/** Joins dimensions startDim to endDim into one. Source: https://pytorch.org/docs/stable/generated/torch.nn.Flatten.html */
export class Flatten extends Module {
  readonly startDim: number
  readonly endDim: number
  constructor(options?: FlattenOptions)
  constructor() {
    super()
    const { startDim, endDim } = NEW_FLATTEN.read(arguments)
    this.startDim = startDim
    this.endDim = endDim
  }
  forward(input: Tensor): Tensor {
    UNARY.read(arguments, this.constructor.name)
    return input.flatten({ startDim: this.startDim, endDim: this.endDim })
  }
  override extraRepr(): string {
    return `start_dim=${this.startDim}, end_dim=${this.endDim}`
  }
}
const UNFLATTEN_FIELDS: FieldKinds = { dim, unflattenedSize: sizesOrRest }
/**
 * Splits dimension `dim` into `unflattenedSize`; one size may be -1.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Unflatten.html
 */
export class Unflatten extends Module {
  readonly dim: number
  readonly unflattenedSize: readonly number[]
  constructor(along: number, unflattenedSize: readonly number[]) {
    super()
    NEW_UNFLATTEN.read(arguments)
    this.dim = along
    this.unflattenedSize = unflattenedSize
  }
  override get fieldKinds(): FieldKinds {
    return UNFLATTEN_FIELDS
  }
  forward(input: Tensor): Tensor {
    UNARY.read(arguments, this.constructor.name)
    const axis = normalizeDim('Unflatten', this.dim, input.shape.length)
    const length = input.shape[axis]!
    const known = this.unflattenedSize.filter((size) => size !== -1).reduce((a, b) => a * b, 1)
    const sizes = this.unflattenedSize.map((size) => (size === -1 ? length / known : size))
    if (sizes.reduce((a, b) => a * b, 1) !== length || !sizes.every(Number.isInteger))
      throw new ShapeError(
        'Unflatten',
        [input.shape, this.unflattenedSize],
        `dimension ${this.dim} of size ${length} does not split so`,
      )
    return input.reshape(input.shape.toSpliced(axis, 1, ...sizes))
  }
  override extraRepr(): string {
    return `dim=${this.dim}, unflattened_size=${tuple(this.unflattenedSize)}`
  }
}

/**
 * Resamples the dimensions of space, to `size` or by `scaleFactor`.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Upsample.html
 */
export class Upsample extends Module {
  readonly options: ValuesOf<typeof upsampleOptions>
  constructor(options: InterpolateOptions)
  constructor() {
    super()
    this.options = NEW_UPSAMPLE.read(arguments)
    if (this.options.size === null && this.options.scaleFactor === null)
      throw new OptionError('Upsample', 'give either size or scaleFactor')
  }
  forward(input: Tensor): Tensor {
    UNARY.read(arguments, this.constructor.name)
    return interpolate(input, this.options)
  }
  override extraRepr(): string {
    const { size, scaleFactor, mode } = this.options
    const factor =
      typeof scaleFactor === 'number' ? float(scaleFactor) : `(${(scaleFactor ?? []).map(float).join(', ')})`
    return `${scaleFactor === null ? `size=${tuple(size!)}` : `scale_factor=${factor}`}, mode=${NAMES[mode] ?? mode}`
  }
}
const NAMES: { readonly [M in InterpolateMode]?: string } = { nearestExact: 'nearest-exact' }

/** [..., c r^2, h, w] to [..., c, h r, w r]. Source: https://pytorch.org/docs/stable/generated/torch.nn.PixelShuffle.html */
export class PixelShuffle extends Module {
  readonly upscaleFactor: number
  constructor(upscaleFactor: number) {
    super()
    NEW_PIXEL_SHUFFLE.read(arguments)
    this.upscaleFactor = upscaleFactor
  }
  forward(input: Tensor): Tensor {
    UNARY.read(arguments, this.constructor.name)
    return pixelShuffle(input, this.upscaleFactor)
  }
  override extraRepr(): string {
    return `upscale_factor=${this.upscaleFactor}`
  }
}
/** [..., c, h r, w r] to [..., c r^2, h, w]. Source: https://pytorch.org/docs/stable/generated/torch.nn.PixelUnshuffle.html */
export class PixelUnshuffle extends Module {
  readonly downscaleFactor: number
  constructor(downscaleFactor: number) {
    super()
    NEW_PIXEL_UNSHUFFLE.read(arguments)
    this.downscaleFactor = downscaleFactor
  }
  forward(input: Tensor): Tensor {
    UNARY.read(arguments, this.constructor.name)
    return pixelUnshuffle(input, this.downscaleFactor)
  }
  override extraRepr(): string {
    return `downscale_factor=${this.downscaleFactor}`
  }
}
