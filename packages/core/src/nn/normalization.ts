/** Normalisation layers. State keys are PyTorch's: `running_mean`, `running_var`, `num_batches_tracked`. */
import { OptionError, ShapeError } from '../contract/errors.ts'
import {
  affineOptions,
  batchNorm,
  groupNorm,
  instanceNorm,
  layerNorm,
  rmsNorm,
  rmsNormOptions,
} from '../functional/normalization.ts'
import { boolean, natural, nullable, number, positive } from '../signature/kind.ts'
import { optional, pick, signature, type OptionsOf, type ValuesOf } from '../signature/signature.ts'
import { ones, tensor, zeros } from '../tensor/creation.ts'
import { noGrad } from '../engine/grad-node.ts'
import { tensor as tensorKind } from '../engine/kinds.ts'
import type { Realized } from '../tensor/methods/arithmetic.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { FieldKinds } from './fields.ts'
import * as kinds from './kinds.ts'
import { Module } from './module.ts'
import type { Parameter } from './parameter.ts'
import { oneParameter, placementRows, zeroParameter } from './placement.ts'
import { bool, number as printed, tuple } from './repr.ts'

/** Of both families; they differ in whether they learn and keep anything where nobody says so. */
// oxlint-disable-next-line explicit-module-boundary-types -- the table is the type
const channelOptions = (kept: boolean) => ({
  ...pick(affineOptions, 'eps'),
  /** Weight of the new statistic in the running ones. null: the mean of all batches. */
  momentum: optional(nullable(number), 0.1),
  /** Learn a scale and a shift per channel. Default true (InstanceNorm: false). */
  affine: optional(boolean, kept),
  /** Keep running statistics, by which evaluation normalises. Default true (InstanceNorm: false). */
  trackRunningStats: optional(boolean, kept),
  ...placementRows,
})
const batchOptions = channelOptions(true)
const instanceOptions = {
  ...channelOptions(false),
  /** Weight of the new statistic in the running ones. */
  momentum: optional(number, 0.1),
}
export interface BatchNormLayerOptions extends OptionsOf<typeof batchOptions> {}
export interface InstanceNormLayerOptions extends OptionsOf<typeof instanceOptions> {}

const features = { numFeatures: natural }
export const NEW_BATCH_NORM_1D = /* @__PURE__ */ signature('BatchNorm1d', features, batchOptions)
export const NEW_BATCH_NORM_2D = /* @__PURE__ */ signature('BatchNorm2d', features, batchOptions)
export const NEW_BATCH_NORM_3D = /* @__PURE__ */ signature('BatchNorm3d', features, batchOptions)
export const NEW_INSTANCE_NORM_1D = /* @__PURE__ */ signature('InstanceNorm1d', features, instanceOptions)
export const NEW_INSTANCE_NORM_2D = /* @__PURE__ */ signature('InstanceNorm2d', features, instanceOptions)
export const NEW_INSTANCE_NORM_3D = /* @__PURE__ */ signature('InstanceNorm3d', features, instanceOptions)

abstract class ChannelNorm<M extends number | null> extends Module {
  readonly numFeatures: number
  readonly eps: number
  readonly momentum: M
  readonly affine: boolean
  readonly trackRunningStats: boolean
  weight: Parameter | null
  bias: Parameter | null
  readonly running_mean: Tensor | null = null
  readonly running_var: Tensor | null = null
  /** int32, where PyTorch has int64. */
  readonly num_batches_tracked: Tensor | null = null
  constructor(numFeatures: number, read: ValuesOf<typeof batchOptions> & { readonly momentum: M }) {
    super()
    const { eps, momentum, affine, trackRunningStats, ...placement } = read
    this.numFeatures = numFeatures
    this.eps = eps
    this.momentum = momentum
    this.affine = affine
    this.trackRunningStats = trackRunningStats
    this.weight = affine ? oneParameter(this, [numFeatures], placement) : null
    this.bias = affine ? zeroParameter(this, [numFeatures], placement) : null
    if (!trackRunningStats) return
    this.registerBuffer('running_mean', zeros([numFeatures], placement))
    this.registerBuffer('running_var', ones([numFeatures], placement))
    this.registerBuffer('num_batches_tracked', tensor(0, { ...placement, dtype: 'int32' }))
  }
  /** Files of PyTorch before 0.4.1 have no counter. */
  protected override whenMissing(buffer: string): number | null {
    return buffer === 'num_batches_tracked' ? 0 : null
  }
  override extraRepr(): string {
    const momentum = this.momentum === null ? 'None' : printed(this.momentum)
    return (
      `${this.numFeatures}, eps=${printed(this.eps)}, momentum=${momentum}, affine=${bool(this.affine)}, ` +
      `track_running_stats=${bool(this.trackRunningStats)}`
    )
  }
}

const BATCH_FIELDS: FieldKinds = { num_batches_tracked: /* @__PURE__ */ nullable(tensorKind) }
abstract class BatchNorm extends ChannelNorm<number | null> {
  protected abstract get ranks(): readonly number[]
  forward(input: Tensor): Tensor {
    kinds.UNARY.read(arguments, this.constructor.name)
    const { ranks, weight, bias, eps, running_mean: mean, running_var: variance } = this
    if (!ranks.includes(input.shape.length))
      throw new ShapeError(
        this.constructor.name,
        [input.shape],
        `expected ${ranks.map((rank) => `${rank}D`).join(' or ')} input`,
      )
    const affine = { weight, bias, eps }
    if (!this.training && mean !== null) return batchNorm(input, mean, variance, affine)
    const momentum = this.#count()
    return batchNorm(input, this.training ? mean : null, this.training ? variance : null, {
      ...affine,
      training: true,
      momentum,
    })
  }
  override get fieldKinds(): FieldKinds {
    return BATCH_FIELDS
  }
  /** Counts the batch, and gives the weight of its statistics. */
  #count(): number | Tensor {
    const { num_batches_tracked: count, momentum } = this
    if (!this.training || count === null) return momentum ?? 0
    noGrad(() => count.assign(count.add(1)))
    // The mean of all batches: 1 / count.
    return momentum ?? noGrad(() => count.to('float32').reciprocal())
  }
}
/**
 * Normalises every feature of [n, features] or [n, features, length] over the batch.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.BatchNorm1d.html
 */
export class BatchNorm1d extends BatchNorm {
  protected override get ranks(): readonly number[] {
    return [2, 3]
  }
  constructor(numFeatures: number, options?: BatchNormLayerOptions)
  constructor(numFeatures: number) {
    super(numFeatures, NEW_BATCH_NORM_1D.read(arguments))
  }
}
export interface BatchNorm1d {
  <T extends Tensor>(input: T): Realized<T>
}
/**
 * Normalises every channel of [n, c, height, width] over batch and space.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html
 */
export class BatchNorm2d extends BatchNorm {
  protected override get ranks(): readonly number[] {
    return [4]
  }
  constructor(numFeatures: number, options?: BatchNormLayerOptions)
  constructor(numFeatures: number) {
    super(numFeatures, NEW_BATCH_NORM_2D.read(arguments))
  }
}
export interface BatchNorm2d {
  <T extends Tensor>(input: T): Realized<T>
}
/**
 * Normalises every channel of [n, c, depth, height, width] over batch and space.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.BatchNorm3d.html
 */
export class BatchNorm3d extends BatchNorm {
  protected override get ranks(): readonly number[] {
    return [5]
  }
  constructor(numFeatures: number, options?: BatchNormLayerOptions)
  constructor(numFeatures: number) {
    super(numFeatures, NEW_BATCH_NORM_3D.read(arguments))
  }
}
export interface BatchNorm3d {
  <T extends Tensor>(input: T): Realized<T>
}

abstract class InstanceNorm extends ChannelNorm<number> {
  protected abstract get rank(): number
  forward(input: Tensor): Tensor {
    kinds.UNARY.read(arguments, this.constructor.name)
    if (input.shape.length === this.rank - 1) return this.#normalize(input.unsqueeze(0)).squeeze(0)
    if (input.shape.length !== this.rank)
      throw new ShapeError(this.constructor.name, [input.shape], `expected ${this.rank - 1}D or ${this.rank}D input`)
    return this.#normalize(input)
  }
  #normalize(input: Tensor): Tensor {
    const { weight, bias, eps, momentum, running_mean: runningMean, running_var: runningVar } = this
    const useInputStats = this.training || runningMean === null
    return instanceNorm(input, { weight, bias, eps, momentum, runningMean, runningVar, useInputStats })
  }
}
/**
 * Normalises every channel of every sample of [n, c, length] or [c, length].
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.InstanceNorm1d.html
 */
export class InstanceNorm1d extends InstanceNorm {
  protected override get rank(): number {
    return 3
  }
  constructor(numFeatures: number, options?: InstanceNormLayerOptions)
  constructor(numFeatures: number) {
    super(numFeatures, NEW_INSTANCE_NORM_1D.read(arguments))
  }
}
export interface InstanceNorm1d {
  <T extends Tensor>(input: T): Realized<T>
}
/**
 * Normalises every channel of every sample of [n, c, height, width] or [c, height, width].
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.InstanceNorm2d.html
 */
export class InstanceNorm2d extends InstanceNorm {
  protected override get rank(): number {
    return 4
  }
  constructor(numFeatures: number, options?: InstanceNormLayerOptions)
  constructor(numFeatures: number) {
    super(numFeatures, NEW_INSTANCE_NORM_2D.read(arguments))
  }
}
export interface InstanceNorm2d {
  <T extends Tensor>(input: T): Realized<T>
}
/**
 * Normalises every channel of every sample of [n, c, depth, height, width], or without n.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.InstanceNorm3d.html
 */
export class InstanceNorm3d extends InstanceNorm {
  protected override get rank(): number {
    return 5
  }
  constructor(numFeatures: number, options?: InstanceNormLayerOptions)
  constructor(numFeatures: number) {
    super(numFeatures, NEW_INSTANCE_NORM_3D.read(arguments))
  }
}
export interface InstanceNorm3d {
  <T extends Tensor>(input: T): Realized<T>
}

/** The last dimensions: their sizes, or the size of the last one. */
export type NormalizedShape = number | readonly number[]
/** Learn a scale per element. */
const elementwiseRow = optional(boolean, true)
const layerOptions = {
  ...pick(affineOptions, 'eps'),
  /** Learn a scale and a shift per element. */
  elementwiseAffine: elementwiseRow,
  /** Learn the shift. */
  bias: optional(boolean, true),
  ...placementRows,
}
const rmsOptions = {
  ...pick(rmsNormOptions, 'eps'),
  /** Learn a scale per element. */
  elementwiseAffine: elementwiseRow,
  ...placementRows,
}
const groupOptions = {
  ...pick(affineOptions, 'eps'),
  /** Learn a scale and a shift per channel. */
  affine: optional(boolean, true),
  ...placementRows,
}
export interface LayerNormOptions extends OptionsOf<typeof layerOptions> {}
export interface RMSNormOptions extends OptionsOf<typeof rmsOptions> {}
export interface GroupNormOptions extends OptionsOf<typeof groupOptions> {}

export const NEW_LAYER_NORM = /* @__PURE__ */ signature(
  'LayerNorm',
  { normalizedShape: kinds.normalizedShape },
  layerOptions,
)
export const NEW_RMS_NORM = /* @__PURE__ */ signature('RMSNorm', { normalizedShape: kinds.normalizedShape }, rmsOptions)
export const NEW_GROUP_NORM = /* @__PURE__ */ signature(
  'GroupNorm',
  { numGroups: positive, numChannels: natural },
  groupOptions,
)

/**
 * Normalises over the last dimensions. Starts with weight 1 and bias 0.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.LayerNorm.html
 */
export class LayerNorm extends Module {
  readonly normalizedShape: readonly number[]
  readonly eps: number
  readonly elementwiseAffine: boolean
  weight: Parameter | null
  bias: Parameter | null
  constructor(normalizedShape: NormalizedShape, options?: LayerNormOptions)
  constructor(normalizedShape: NormalizedShape) {
    super()
    const { eps, elementwiseAffine, bias, ...placement } = NEW_LAYER_NORM.read(arguments)
    this.normalizedShape = typeof normalizedShape === 'number' ? [normalizedShape] : normalizedShape
    this.eps = eps
    this.elementwiseAffine = elementwiseAffine
    this.weight = elementwiseAffine ? oneParameter(this, this.normalizedShape, placement) : null
    this.bias = elementwiseAffine && bias ? zeroParameter(this, this.normalizedShape, placement) : null
  }
  forward(input: Tensor): Tensor {
    kinds.UNARY.read(arguments, this.constructor.name)
    const { weight, bias, eps } = this
    return layerNorm(input, this.normalizedShape, { weight, bias, eps })
  }
  override extraRepr(): string {
    const text = `${tuple(this.normalizedShape)}, eps=${printed(this.eps)}, elementwise_affine=${bool(this.elementwiseAffine)}`
    return this.elementwiseAffine && this.bias === null ? `${text}, bias=False` : text
  }
}
export interface LayerNorm {
  <T extends Tensor>(input: T): Realized<T>
}

/** x / sqrt(mean(x^2) + eps) weight. Source: https://pytorch.org/docs/stable/generated/torch.nn.RMSNorm.html */
export class RMSNorm extends Module {
  readonly normalizedShape: readonly number[]
  readonly eps: number | null
  readonly elementwiseAffine: boolean
  weight: Parameter | null
  constructor(normalizedShape: NormalizedShape, options?: RMSNormOptions)
  constructor(normalizedShape: NormalizedShape) {
    super()
    const { eps, elementwiseAffine, ...placement } = NEW_RMS_NORM.read(arguments)
    this.normalizedShape = typeof normalizedShape === 'number' ? [normalizedShape] : normalizedShape
    this.eps = eps
    this.elementwiseAffine = elementwiseAffine
    this.weight = elementwiseAffine ? oneParameter(this, this.normalizedShape, placement) : null
  }
  forward(input: Tensor): Tensor {
    kinds.UNARY.read(arguments, this.constructor.name)
    return rmsNorm(input, this.normalizedShape, { weight: this.weight, eps: this.eps })
  }
  override extraRepr(): string {
    const eps = this.eps === null ? 'None' : printed(this.eps)
    return `${tuple(this.normalizedShape)}, eps=${eps}, elementwise_affine=${bool(this.elementwiseAffine)}`
  }
}
export interface RMSNorm {
  <T extends Tensor>(input: T): Realized<T>
}

/** Normalises every group of channels of every sample. Source: https://pytorch.org/docs/stable/generated/torch.nn.GroupNorm.html */
export class GroupNorm extends Module {
  readonly numGroups: number
  readonly numChannels: number
  readonly eps: number
  readonly affine: boolean
  weight: Parameter | null
  bias: Parameter | null
  constructor(numGroups: number, numChannels: number, options?: GroupNormOptions)
  constructor(numGroups: number, numChannels: number) {
    super()
    const { eps, affine, ...placement } = NEW_GROUP_NORM.read(arguments)
    if (numChannels % numGroups !== 0)
      throw new OptionError('GroupNorm', `numGroups ${numGroups} must divide numChannels ${numChannels}`)
    this.numGroups = numGroups
    this.numChannels = numChannels
    this.eps = eps
    this.affine = affine
    this.weight = affine ? oneParameter(this, [numChannels], placement) : null
    this.bias = affine ? zeroParameter(this, [numChannels], placement) : null
  }
  forward(input: Tensor): Tensor {
    kinds.UNARY.read(arguments, this.constructor.name)
    const { weight, bias, eps } = this
    return groupNorm(input, this.numGroups, { weight, bias, eps })
  }
  override extraRepr(): string {
    return `${this.numGroups}, ${this.numChannels}, eps=${printed(this.eps)}, affine=${bool(this.affine)}`
  }
}
export interface GroupNorm {
  <T extends Tensor>(input: T): Realized<T>
}
