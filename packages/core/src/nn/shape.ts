/** Modules that only move or resample elements. */
import { ShapeError } from '../backend/errors.ts'
import { pixelShuffle, pixelUnshuffle } from '../functional/patches.ts'
import { interpolate, type InterpolateMode, type InterpolateOptions } from '../functional/resize.ts'
import { byName } from '../tensor/by-name.ts'
import { normalizeDim } from '../tensor/ops/axes.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Module } from './module.ts'
import { float, size as shown, tuple } from './repr.ts'

/** Joins dimensions startDim (default 1) to endDim (default the last) into one. */
export class Flatten extends Module {
  readonly startDim: number
  readonly endDim: number
  constructor(options: { readonly startDim?: number; readonly endDim?: number } = {}) {
    super()
    const { startDim = 1, endDim = -1 } = byName('Flatten', options)
    this.startDim = startDim
    this.endDim = endDim
  }
  forward(input: Tensor): Tensor {
    return input.flatten({ startDim: this.startDim, endDim: this.endDim })
  }
  override extraRepr(): string {
    return `start_dim=${this.startDim}, end_dim=${this.endDim}`
  }
}
/** Splits dimension `dim` into `unflattenedSize`; one size may be -1. */
export class Unflatten extends Module {
  readonly dim: number
  readonly unflattenedSize: readonly number[]
  constructor(dim: number, unflattenedSize: readonly number[]) {
    super()
    this.dim = dim
    this.unflattenedSize = unflattenedSize
  }
  forward(input: Tensor): Tensor {
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

/** Resamples space. Source: https://pytorch.org/docs/stable/generated/torch.nn.Upsample.html */
export class Upsample extends Module {
  readonly options: InterpolateOptions
  constructor(options: InterpolateOptions) {
    super()
    this.options = byName('Upsample', options)
  }
  forward(input: Tensor): Tensor {
    return interpolate(input, this.options)
  }
  override extraRepr(): string {
    const { size = null, scaleFactor = null, mode = 'nearest' } = this.options
    const factor =
      typeof scaleFactor === 'number' ? float(scaleFactor) : `(${(scaleFactor ?? []).map(float).join(', ')})`
    return `${scaleFactor === null ? `size=${shown(size!)}` : `scale_factor=${factor}`}, mode=${NAMES[mode] ?? mode}`
  }
}
const NAMES: { readonly [M in InterpolateMode]?: string } = { nearestExact: 'nearest-exact' }

/** [..., c r^2, h, w] to [..., c, h r, w r]. */
export class PixelShuffle extends Module {
  readonly upscaleFactor: number
  constructor(upscaleFactor: number) {
    super()
    this.upscaleFactor = upscaleFactor
  }
  forward(input: Tensor): Tensor {
    return pixelShuffle(input, this.upscaleFactor)
  }
  override extraRepr(): string {
    return `upscale_factor=${this.upscaleFactor}`
  }
}
/** [..., c, h r, w r] to [..., c r^2, h, w]. */
export class PixelUnshuffle extends Module {
  readonly downscaleFactor: number
  constructor(downscaleFactor: number) {
    super()
    this.downscaleFactor = downscaleFactor
  }
  forward(input: Tensor): Tensor {
    return pixelUnshuffle(input, this.downscaleFactor)
  }
  override extraRepr(): string {
    return `downscale_factor=${this.downscaleFactor}`
  }
}
