/** Normalisation layers. State keys are PyTorch's: `running_mean`, `running_var`, `num_batches_tracked`. */
import { OptionError, ShapeError } from '../backend/errors.ts'
import { batchNorm, groupNorm, instanceNorm, layerNorm, rmsNorm } from '../functional/normalization.ts'
import { byName } from '../tensor/by-name.ts'
import { ones, tensor, zeros } from '../tensor/creation.ts'
import { noGrad } from '../tensor/grad-node.ts'
import type { Realized } from '../tensor/methods/arithmetic.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Module } from './module.ts'
import type { Parameter } from './parameter.ts'
import { oneParameter, zeroParameter, type Placement } from './placement.ts'
import { bool, number, tuple } from './repr.ts'

export interface BatchNormLayerOptions extends Placement {
  /** Added to the variance; default 1e-5. */
  readonly eps?: number
  /** Weight of the new statistic in the running ones; default 0.1. null: the mean of all batches. */
  readonly momentum?: number | null
  /** Learn a scale and a shift per channel; default true (InstanceNorm: false). */
  readonly affine?: boolean
  /** Keep running statistics, by which evaluation normalises; default true (InstanceNorm: false). */
  readonly trackRunningStats?: boolean
}

abstract class ChannelNorm extends Module {
  readonly numFeatures: number
  readonly eps: number
  readonly momentum: number | null
  readonly affine: boolean
  readonly trackRunningStats: boolean
  readonly weight: Parameter | null
  readonly bias: Parameter | null
  readonly running_mean: Tensor | null = null
  readonly running_var: Tensor | null = null
  /** int32, where PyTorch has int64. */
  readonly num_batches_tracked: Tensor | null = null
  constructor(numFeatures: number, options: BatchNormLayerOptions) {
    super()
    const {
      eps = 1e-5,
      momentum = 0.1,
      affine = true,
      trackRunningStats = true,
      ...placement
    } = byName(new.target.name, options)
    this.numFeatures = numFeatures
    this.eps = eps
    this.momentum = momentum
    this.affine = affine
    this.trackRunningStats = trackRunningStats
    this.weight = affine ? oneParameter([numFeatures], placement) : null
    this.bias = affine ? zeroParameter([numFeatures], placement) : null
    if (!trackRunningStats) return
    this.registerBuffer('running_mean', zeros([numFeatures], placement))
    this.registerBuffer('running_var', ones([numFeatures], placement))
    this.registerBuffer('num_batches_tracked', tensor(0, { ...placement, dtype: 'int32' }))
  }
  override extraRepr(): string {
    const momentum = this.momentum === null ? 'None' : number(this.momentum)
    return (
      `${this.numFeatures}, eps=${number(this.eps)}, momentum=${momentum}, affine=${bool(this.affine)}, ` +
      `track_running_stats=${bool(this.trackRunningStats)}`
    )
  }
}

abstract class BatchNorm extends ChannelNorm {
  protected abstract readonly ranks: readonly number[]
  forward(input: Tensor): Tensor {
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
 * Normalises every feature of [n, features] or [n, features, length] over the batch. Options: eps 1e-5, momentum 0.1,
 * affine and trackRunningStats true. Source: https://pytorch.org/docs/stable/generated/torch.nn.BatchNorm1d.html
 */
export class BatchNorm1d extends BatchNorm {
  protected override readonly ranks: readonly number[] = [2, 3]
  constructor(numFeatures: number, options: BatchNormLayerOptions = {}) {
    super(numFeatures, options)
  }
}
export interface BatchNorm1d {
  <T extends Tensor>(input: T): Realized<T>
}
/**
 * Normalises every channel of [n, c, height, width] over batch and space. Options as BatchNorm1d.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html
 */
export class BatchNorm2d extends BatchNorm {
  protected override readonly ranks: readonly number[] = [4]
  constructor(numFeatures: number, options: BatchNormLayerOptions = {}) {
    super(numFeatures, options)
  }
}
export interface BatchNorm2d {
  <T extends Tensor>(input: T): Realized<T>
}
/** Normalises every channel of [n, c, depth, height, width] over batch and space. Options as BatchNorm1d. */
export class BatchNorm3d extends BatchNorm {
  protected override readonly ranks: readonly number[] = [5]
  constructor(numFeatures: number, options: BatchNormLayerOptions = {}) {
    super(numFeatures, options)
  }
}
export interface BatchNorm3d {
  <T extends Tensor>(input: T): Realized<T>
}

abstract class InstanceNorm extends ChannelNorm {
  protected abstract readonly rank: number
  constructor(numFeatures: number, options: BatchNormLayerOptions) {
    const { affine = false, trackRunningStats = false, ...rest } = byName(new.target.name, options)
    super(numFeatures, { affine, trackRunningStats, ...rest })
  }
  forward(input: Tensor): Tensor {
    if (input.shape.length === this.rank - 1) return this.#normalize(input.unsqueeze(0)).squeeze(0)
    if (input.shape.length !== this.rank)
      throw new ShapeError(this.constructor.name, [input.shape], `expected ${this.rank - 1}D or ${this.rank}D input`)
    return this.#normalize(input)
  }
  #normalize(input: Tensor): Tensor {
    const { weight, bias, eps, momentum, running_mean: runningMean, running_var: runningVar } = this
    const useInputStats = this.training || runningMean === null
    return instanceNorm(input, { weight, bias, eps, momentum: momentum ?? 0, runningMean, runningVar, useInputStats })
  }
}
/**
 * Normalises every channel of every sample of [n, c, length]. Options as BatchNorm1d, but affine and trackRunningStats
 * are false. Source: https://pytorch.org/docs/stable/generated/torch.nn.InstanceNorm1d.html
 */
export class InstanceNorm1d extends InstanceNorm {
  protected override readonly rank: number = 3
  constructor(numFeatures: number, options: BatchNormLayerOptions = {}) {
    super(numFeatures, options)
  }
}
export interface InstanceNorm1d {
  <T extends Tensor>(input: T): Realized<T>
}
/** Normalises every channel of every sample of [n, c, height, width]; options as InstanceNorm1d. */
export class InstanceNorm2d extends InstanceNorm {
  protected override readonly rank: number = 4
  constructor(numFeatures: number, options: BatchNormLayerOptions = {}) {
    super(numFeatures, options)
  }
}
export interface InstanceNorm2d {
  <T extends Tensor>(input: T): Realized<T>
}
/** Normalises every channel of every sample of [n, c, depth, height, width]; options as InstanceNorm1d. */
export class InstanceNorm3d extends InstanceNorm {
  protected override readonly rank: number = 5
  constructor(numFeatures: number, options: BatchNormLayerOptions = {}) {
    super(numFeatures, options)
  }
}
export interface InstanceNorm3d {
  <T extends Tensor>(input: T): Realized<T>
}

/** The last dimensions: their sizes, or the size of the last one. */
export type NormalizedShape = number | readonly number[]
export interface LayerNormOptions extends Placement {
  /** Added to the variance; default 1e-5. */
  readonly eps?: number
  /** Learn a scale and a shift per element; default true. */
  readonly elementwiseAffine?: boolean
  /** Learn the shift; default true. */
  readonly bias?: boolean
}

/**
 * Normalises over the last dimensions. Starts with weight 1 and bias 0.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.LayerNorm.html
 */
export class LayerNorm extends Module {
  readonly normalizedShape: readonly number[]
  readonly eps: number
  readonly elementwiseAffine: boolean
  readonly weight: Parameter | null
  readonly bias: Parameter | null
  constructor(normalizedShape: NormalizedShape, options: LayerNormOptions = {}) {
    super()
    const { eps = 1e-5, elementwiseAffine = true, bias = true, ...placement } = byName('LayerNorm', options)
    this.normalizedShape = typeof normalizedShape === 'number' ? [normalizedShape] : normalizedShape
    this.eps = eps
    this.elementwiseAffine = elementwiseAffine
    this.weight = elementwiseAffine ? oneParameter(this.normalizedShape, placement) : null
    this.bias = elementwiseAffine && bias ? zeroParameter(this.normalizedShape, placement) : null
  }
  forward(input: Tensor): Tensor {
    const { weight, bias, eps } = this
    return layerNorm(input, this.normalizedShape, { weight, bias, eps })
  }
  override extraRepr(): string {
    const printed = `${tuple(this.normalizedShape)}, eps=${number(this.eps)}, elementwise_affine=${bool(this.elementwiseAffine)}`
    return this.elementwiseAffine && this.bias === null ? `${printed}, bias=False` : printed
  }
}
export interface LayerNorm {
  <T extends Tensor>(input: T): Realized<T>
}

export interface RMSNormOptions extends Placement {
  /** Default: the machine epsilon of the input's dtype. */
  readonly eps?: number | null
  /** Learn a scale per element; default true. */
  readonly elementwiseAffine?: boolean
}
/** x / sqrt(mean(x^2) + eps) weight. Source: https://pytorch.org/docs/stable/generated/torch.nn.RMSNorm.html */
export class RMSNorm extends Module {
  readonly normalizedShape: readonly number[]
  readonly eps: number | null
  readonly elementwiseAffine: boolean
  readonly weight: Parameter | null
  constructor(normalizedShape: NormalizedShape, options: RMSNormOptions = {}) {
    super()
    const { eps = null, elementwiseAffine = true, ...placement } = byName('RMSNorm', options)
    this.normalizedShape = typeof normalizedShape === 'number' ? [normalizedShape] : normalizedShape
    this.eps = eps
    this.elementwiseAffine = elementwiseAffine
    this.weight = elementwiseAffine ? oneParameter(this.normalizedShape, placement) : null
  }
  forward(input: Tensor): Tensor {
    return rmsNorm(input, this.normalizedShape, { weight: this.weight, eps: this.eps })
  }
  override extraRepr(): string {
    const eps = this.eps === null ? 'None' : number(this.eps)
    return `${tuple(this.normalizedShape)}, eps=${eps}, elementwise_affine=${bool(this.elementwiseAffine)}`
  }
}
export interface RMSNorm {
  <T extends Tensor>(input: T): Realized<T>
}

export interface GroupNormOptions extends Placement {
  /** Added to the variance; default 1e-5. */
  readonly eps?: number
  /** Learn a scale and a shift per channel; default true. */
  readonly affine?: boolean
}
/** Normalises every group of channels of every sample. Source: https://pytorch.org/docs/stable/generated/torch.nn.GroupNorm.html */
export class GroupNorm extends Module {
  readonly numGroups: number
  readonly numChannels: number
  readonly eps: number
  readonly affine: boolean
  readonly weight: Parameter | null
  readonly bias: Parameter | null
  constructor(numGroups: number, numChannels: number, options: GroupNormOptions = {}) {
    super()
    const { eps = 1e-5, affine = true, ...placement } = byName('GroupNorm', options)
    if (numChannels % numGroups !== 0)
      throw new OptionError('GroupNorm', `numGroups ${numGroups} must divide numChannels ${numChannels}`)
    this.numGroups = numGroups
    this.numChannels = numChannels
    this.eps = eps
    this.affine = affine
    this.weight = affine ? oneParameter([numChannels], placement) : null
    this.bias = affine ? zeroParameter([numChannels], placement) : null
  }
  forward(input: Tensor): Tensor {
    const { weight, bias, eps } = this
    return groupNorm(input, this.numGroups, { weight, bias, eps })
  }
  override extraRepr(): string {
    return `${this.numGroups}, ${this.numChannels}, eps=${number(this.eps)}, affine=${bool(this.affine)}`
  }
}
export interface GroupNorm {
  <T extends Tensor>(input: T): Realized<T>
}
