/**
 * Normalisation to mean 0 and variance 1 over some axes, then an optional scale and shift. Layer, group, instance and
 * batch norm are one definition over different axes, and share its gradient.
 */
import type { CompositeAttributes } from '../contract/composites.ts'
import { epsilonOf, numel } from '../contract/dtype.ts'
import { DTypeError, OptionError, ShapeError } from '../contract/errors.ts'
import type { Sym } from '../ir/builder.ts'
import type { CompositeGradient } from '../ir/composite.ts'
import { isFloat, sameShape } from '../ir/type.ts'
import { boolean, nullable, positive } from '../signature/kind.ts'
import { optional, signature, type OptionsOf, type ValuesOf } from '../signature/signature.ts'
import { apply, type Arg } from '../engine/door.ts'
import { noGrad } from '../engine/grad-node.ts'
import { operand, scalar, shape, tensor } from '../engine/kinds.ts'
import { Composite, NONE, Op } from '../engine/op.ts'
import { one } from '../tensor/one.ts'
import { toFloat } from '../ops/promotion.ts'
import type { Realized } from '../tensor/methods/arithmetic.ts'
import type { Tensor } from '../tensor/tensor.ts'

type Norm = 'layerNorm' | 'groupNorm' | 'batchNorm' | 'instanceNorm'
type Standardize = CompositeAttributes[Norm]

const mean = (x: Sym, axes: readonly number[]): Sym => x.sum(axes).div(numel(axes.map((axis) => x.shape[axis]!)))
/** 1 / sqrt(variance + eps) */
const inverse = (variance: Sym, eps: Sym): Sym => variance.like(1).div(variance.add(eps.cast(variance.dtype)).sqrt())

// With h = (x - mean) r, r = 1 / sqrt(var + eps), k = g w:  dx = r (k - mean(k) - h mean(k h)),  dw = sum(g h),  db = sum(g).
// The statistics are results too: dx += dmean / n + dvar 2 (x - mean) / n.
const standardizeGradient: CompositeGradient<Standardize> = (
  [g, gMean, gVariance],
  [input, eps, ...params],
  [, average, variance],
  { view, axes, affine, weight, bias },
) => {
  const x = toFloat(input!).reshape(view)
  const back = (statistic: Sym): Sym => statistic.restore(axes, view)
  const centred = x.sub(back(average!))
  const n = numel(axes.map((axis) => view[axis]!))
  const shared = affine.flatMap((size, axis) => (size === 1 && view[axis] !== 1 ? [axis] : []))
  const flows: Sym[] = []
  let [dWeight, dBias]: [Sym | null, Sym | null] = [null, null]
  if (g != null) {
    const grad = g.reshape(view)
    const r = inverse(variance!, eps!)
    const h = centred.mul(back(r))
    const k = weight ? grad.mul(params[0]!.reshape(affine).expand(view)) : grad
    flows.push(
      k
        .sub(back(mean(k, axes)))
        .sub(h.mul(back(mean(k.mul(h), axes))))
        .mul(back(r)),
    )
    if (weight) dWeight = grad.mul(h).sum(shared).reshape(params[0]!.shape)
    if (bias) dBias = grad.sum(shared).reshape(params.at(-1)!.shape)
  }
  if (gMean != null) flows.push(back(gMean.div(n)))
  if (gVariance != null) flows.push(centred.mul(back(gVariance.mul(2 / n))))
  const dx = flows.length === 0 ? null : flows.reduce((a, b) => a.add(b)).reshape(input!.shape)
  return [dx, null, ...(weight ? [dWeight] : []), ...(bias ? [dBias] : [])]
}

/** (x, eps, weight?, bias?) to the result, the means and the variances (divided by n) over the axes. */
const standardize = <N extends Norm>(name: N): Composite<N, Standardize> =>
  new Composite<N, Standardize>(
    name,
    ([input, eps, ...params], { view, axes, affine, weight, bias }) => {
      const x = toFloat(input!).reshape(view)
      const average = mean(x, axes)
      const centred = x.sub(average.restore(axes, view))
      const variance = mean(centred.mul(centred), axes)
      let y = centred.mul(inverse(variance, eps!).restore(axes, view))
      if (weight) y = y.mul(params[0]!.reshape(affine).expand(view))
      if (bias) y = y.add(params.at(-1)!.reshape(affine).expand(view))
      return [y.reshape(input!.shape), average, variance]
    },
    standardizeGradient,
  )

export const layerNormOp = /* @__PURE__ */ standardize('layerNorm')
export const groupNormOp = /* @__PURE__ */ standardize('groupNorm')
export const batchNormOp = /* @__PURE__ */ standardize('batchNorm')
export const instanceNormOp = /* @__PURE__ */ standardize('instanceNorm')

export const affineOptions = {
  /** Scales the normalised values; null: by 1. */
  weight: optional(tensor, null),
  /** Is added last; null: 0. */
  bias: optional(tensor, null),
  /** Added to the variance. */
  eps: optional(scalar, 1e-5),
}
export interface AffineOptions extends OptionsOf<typeof affineOptions> {}
type Affine = ValuesOf<typeof affineOptions>
export const LAYER_NORM = /* @__PURE__ */ signature(
  'layerNorm',
  { input: tensor, normalizedShape: shape },
  affineOptions,
)
export const GROUP_NORM = /* @__PURE__ */ signature('groupNorm', { input: tensor, numGroups: positive }, affineOptions)

type View = Pick<Standardize, 'view' | 'axes' | 'affine'>

/** `size` numbers each. */
function assertAffine(operation: string, input: Tensor, size: number, affine: Omit<Affine, 'eps'>): void {
  for (const [name, value] of Object.entries(affine)) {
    if (value === null) continue
    if (!isFloat(value.dtype)) throw new DTypeError(operation, [value.dtype], `the ${name} must be floating point`)
    if (numel(value.shape) !== size)
      throw new ShapeError(operation, [input.shape, value.shape], `the ${name} must have ${size} elements`)
  }
}

function run(op: Op<Standardize>, input: Tensor, view: View, { weight, bias, eps }: Affine): Tensor[] {
  assertAffine(op.name, input, numel(view.affine), { weight, bias })
  const args: Arg[] = [input, eps, ...[weight, bias].filter((value) => value !== null)]
  return apply(op, { ...view, weight: weight !== null, bias: bias !== null }, args) as Tensor[]
}

const trailing = (input: Tensor, normalizedShape: readonly number[], operation: string): number[] => {
  const lead = input.shape.length - normalizedShape.length
  if (normalizedShape.length === 0 || !sameShape(input.shape.slice(Math.max(lead, 0)), normalizedShape))
    throw new ShapeError(operation, [input.shape, normalizedShape], 'the input must end with the normalized shape')
  return normalizedShape.map((_, i) => lead + i)
}

/**
 * Normalises over the last dimensions.
 * @param input [..., ...normalizedShape]
 * @param options `weight` and `bias` of normalizedShape; `eps` 1e-5
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.layer_norm.html
 */
export function layerNorm<T extends Tensor>(
  input: T,
  normalizedShape: readonly number[],
  options?: AffineOptions,
): Realized<T>
export function layerNorm(input: Tensor, normalizedShape: readonly number[]): Tensor {
  const read = LAYER_NORM.read(arguments)
  const axes = trailing(input, normalizedShape, 'layerNorm')
  const affine = input.shape.map((size, axis) => (axes.includes(axis) ? size : 1))
  return run(layerNormOp, input, { view: input.shape, axes, affine }, read)[0]!
}

const rmsNormOp: Op<{ axes: readonly number[] }> = /* @__PURE__ */ new Op(
  'rmsNorm',
  ([input, eps, weight], { axes }) => {
    const x = toFloat(input!)
    const y = x.mul(inverse(mean(x.mul(x), axes), eps!).restore(axes, x.shape))
    return [weight === undefined ? y : y.mul(weight.expand(x.shape))]
  },
)
export const rmsNormOptions = {
  weight: affineOptions.weight,
  /** Added to the mean of the squares; null: the machine epsilon of the dtype. */
  eps: optional(scalar, null),
}
export interface RmsNormOptions extends OptionsOf<typeof rmsNormOptions> {}
export const RMS_NORM = /* @__PURE__ */ signature('rmsNorm', { input: tensor, normalizedShape: shape }, rmsNormOptions)

/**
 * x / sqrt(mean(x^2) + eps) weight, over the last dimensions.
 * @param options `weight` of normalizedShape; `eps`: default the dtype's machine epsilon
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.rms_norm.html
 */
export function rmsNorm<T extends Tensor>(
  input: T,
  normalizedShape: readonly number[],
  options?: RmsNormOptions,
): Realized<T>
export function rmsNorm(input: Tensor, normalizedShape: readonly number[]): Tensor {
  const { weight, eps } = RMS_NORM.read(arguments)
  const axes = trailing(input, normalizedShape, 'rmsNorm')
  const added = eps ?? epsilonOf(isFloat(input.dtype) ? input.dtype : 'float32')
  return weight == null ? one(rmsNormOp, { axes }, input, added) : one(rmsNormOp, { axes }, input, added, weight)
}

/** The channel axis split into groups; each group of each sample is normalised. */
function grouped(input: Tensor, groups: number): View {
  const [n, c, ...space] = input.shape as [number, number, ...number[]]
  // Where there are no channels, there are no groups either.
  const size = c === 0 ? 1 : c / groups
  const view = [n, groups, size, ...space]
  return {
    view,
    axes: view.flatMap((_, axis) => (axis >= 2 ? [axis] : [])),
    affine: [1, groups, size, ...space.map(() => 1)],
  }
}

/**
 * Normalises every group of channels of every sample.
 * @param input [n, c, ...space]
 * @param options `weight` and `bias` [c]; `eps` 1e-5
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.group_norm.html
 */
export function groupNorm<T extends Tensor>(input: T, numGroups: number, options?: AffineOptions): Realized<T>
export function groupNorm(input: Tensor, numGroups: number): Tensor {
  const read = GROUP_NORM.read(arguments)
  const channels = input.shape[1]
  if (channels === undefined) throw new ShapeError('groupNorm', [input.shape], 'the input must be [n, c, ...]')
  if (channels % numGroups !== 0)
    throw new OptionError('groupNorm', `numGroups must divide the ${channels} channels (got ${numGroups})`)
  if (numel(input.shape) === numGroups)
    throw new ShapeError('groupNorm', [input.shape], 'needs more than 1 value per group')
  return run(groupNormOp, input, grouped(input, numGroups), read)[0]!
}

// running' = (1 - momentum) running + momentum statistic
const followOp: Op<{ factor: number }> = /* @__PURE__ */ new Op(
  'runningAverage',
  ([running, statistic, momentum], { factor }) => {
    const m = momentum!.cast(running!.dtype)
    return [running!.mul(m.like(1).sub(m)).add(statistic!.mul(factor).cast(running!.dtype).mul(m))]
  },
)

const batchNormOptions = {
  weight: affineOptions.weight,
  bias: affineOptions.bias,
  /** Normalise by this batch and update the running statistics; otherwise normalise by those. */
  training: optional(boolean, false),
  /** Weight of the new statistic; a 0-d tensor is taken as it is. */
  momentum: optional(operand, 0.1),
  eps: affineOptions.eps,
}
export interface BatchNormOptions extends OptionsOf<typeof batchNormOptions> {}
export const BATCH_NORM = /* @__PURE__ */ signature(
  'batchNorm',
  { input: tensor, runningMean: nullable(tensor), runningVar: nullable(tensor) },
  batchNormOptions,
)

/** Moves the running statistics towards these; the variance as the unbiased one of `n` samples. */
function follow(
  running: Tensor | null | undefined,
  statistic: Tensor,
  momentum: number | Tensor,
  factor: number,
): void {
  if (running == null) return
  if (typeof momentum !== 'number' && momentum.shape.length > 0)
    throw new ShapeError('batchNorm', [momentum.shape], 'momentum is a number or a 0-d tensor')
  noGrad(() => running.assign(one(followOp, { factor }, running, statistic, momentum as Arg)))
}

function assertStatistics(operation: string, input: Tensor, channels: number, ...running: (Tensor | null)[]): void {
  for (const statistic of running) {
    if (statistic === null) continue
    if (!sameShape(statistic.shape, [channels]))
      throw new ShapeError(
        operation,
        [input.shape, statistic.shape],
        `running statistics must be [${channels}], one per channel`,
      )
    if (!isFloat(statistic.dtype))
      throw new DTypeError(operation, [statistic.dtype], 'running statistics must be floating point')
  }
}

const byStatisticsOp: Op<Pick<Standardize, 'affine' | 'weight' | 'bias'>> = /* @__PURE__ */ new Op(
  'batchNormByStatistics',
  ([input, eps, average, variance, ...params], { affine, weight, bias }) => {
    // y = x a + (b - mean a), a = w / sqrt(var + eps)
    const x = toFloat(input!)
    const r = inverse(variance!, eps!)
    const scale = weight ? r.mul(params[0]!) : r
    const shift = average!.mul(scale).neg()
    const offset = bias ? shift.add(params.at(-1)!) : shift
    return [
      x
        .mul(scale.cast(x.dtype).reshape(affine).expand(x.shape))
        .add(offset.cast(x.dtype).reshape(affine).expand(x.shape)),
    ]
  },
)

function byStatistics(
  operation: string,
  input: Tensor,
  average: Tensor,
  variance: Tensor,
  { weight, bias, eps }: Affine,
): Tensor {
  const affine = input.shape.map((size, axis) => (axis === 1 ? size : 1))
  assertAffine(operation, input, numel(affine), { weight, bias })
  const args: Arg[] = [input, eps, average, variance, ...[weight, bias].filter((value) => value !== null)]
  return one(byStatisticsOp, { affine, weight: weight !== null, bias: bias !== null }, ...args)
}

/**
 * Normalises every channel over the batch and space. In training the running statistics (which may be null) are
 * assigned: mean and unbiased variance of this batch, weighted by `momentum`.
 * @param input [n, c, ...space]
 * @param options `weight` and `bias` [c]; `eps` 1e-5
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.batch_norm.html
 */
export function batchNorm<T extends Tensor>(
  input: T,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  options?: BatchNormOptions,
): Realized<T>
export function batchNorm(input: Tensor, runningMean: Tensor | null, runningVar: Tensor | null): Tensor {
  const read = BATCH_NORM.read(arguments)
  const channels = input.shape[1]
  if (channels === undefined) throw new ShapeError('batchNorm', [input.shape], 'the input must be [n, c, ...]')
  assertStatistics('batchNorm', input, channels, runningMean, runningVar)
  if (!read.training) {
    if (runningMean === null || runningVar === null)
      throw new OptionError('batchNorm', 'without training it needs running statistics')
    return byStatistics('batchNorm', input, runningMean, runningVar, read)
  }
  const axes = input.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]))
  const n = numel(axes.map((axis) => input.shape[axis]!))
  if (n === 1) throw new ShapeError('batchNorm', [input.shape], 'training needs more than 1 value per channel')
  const affine = input.shape.map((size, axis) => (axis === 1 ? size : 1))
  const [y, average, variance] = run(batchNormOp, input, { view: input.shape, axes, affine }, read)
  // A batch of no items has no statistics.
  if (n > 0) {
    follow(runningMean, average!, read.momentum, 1)
    follow(runningVar, variance!, read.momentum, n / (n - 1))
  }
  return y!
}

const channelMeanOp: Op = /* @__PURE__ */ new Op('channelMean', ([x]) => [mean(x!, [0])])

const instanceNormOptions = {
  /** One per channel, which follows the input; null: none is kept. */
  runningMean: optional(tensor, null),
  /** As runningMean. */
  runningVar: optional(tensor, null),
  weight: affineOptions.weight,
  bias: affineOptions.bias,
  /** Normalise by the input itself, or by the running statistics. */
  useInputStats: optional(boolean, true),
  /** Weight of the new statistic in the running ones. */
  momentum: optional(scalar, 0.1),
  eps: affineOptions.eps,
}
export interface InstanceNormOptions extends OptionsOf<typeof instanceNormOptions> {}
export const INSTANCE_NORM = /* @__PURE__ */ signature('instanceNorm', { input: tensor }, instanceNormOptions)

/**
 * Normalises every channel of every sample.
 * @param input [n, c, ...space]
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.instance_norm.html
 */
export function instanceNorm<T extends Tensor>(input: T, options?: InstanceNormOptions): Realized<T>
export function instanceNorm(input: Tensor): Tensor {
  const read = INSTANCE_NORM.read(arguments)
  const { runningMean, runningVar, useInputStats, momentum } = read
  const [n, c, ...space] = input.shape
  if (n === undefined || c === undefined)
    throw new ShapeError('instanceNorm', [input.shape], 'the input must be [n, c, ...space]')
  assertStatistics('instanceNorm', input, c, runningMean, runningVar)
  if (!useInputStats) {
    if (runningMean === null || runningVar === null)
      throw new OptionError('instanceNorm', 'without the statistics of the input it needs running statistics')
    return byStatistics('instanceNorm', input, runningMean, runningVar, read)
  }
  const count = numel(space)
  if (count === 1) throw new ShapeError('instanceNorm', [input.shape], 'needs more than 1 element of space')
  const [y, average, variance] = run(instanceNormOp, input, grouped(input, c), read)
  if (n * count === 0) return y!
  const overBatch = (statistic: Tensor): Tensor => noGrad(() => one(channelMeanOp, NONE, statistic))
  if (runningMean !== null) follow(runningMean, overBatch(average!), momentum, 1)
  if (runningVar !== null) follow(runningVar, overBatch(variance!), momentum, count / (count - 1))
  return y!
}
