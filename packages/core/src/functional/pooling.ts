/** Pools: the maximum or mean of windows that slide over one, two or three dimensions of space. */
import { numel } from '../backend/dtype.ts'
import { OptionError, ShapeError } from '../backend/errors.ts'
import type { CompositeGradient } from '../autograd/vjp.ts'
import type { Sym } from '../ir/builder.ts'
import { byName } from '../tensor/by-name.ts'
import { apply } from '../tensor/door.ts'
import { Op } from '../tensor/op.ts'
import { one } from '../tensor/one.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { sizes, type Sizes } from './sizes.ts'

export interface MaxPoolOptions {
  /** Default: the window. */
  readonly stride?: Sizes | null
  /** On both sides, never chosen; at most half the window. Default 0. */
  readonly padding?: Sizes
  /** Distance of window elements; default 1. */
  readonly dilation?: Sizes
  /** Round the number of windows up, so that the last may hang over the end. Default false. */
  readonly ceilMode?: boolean
}
export interface AvgPoolOptions {
  /** Default: the window. */
  readonly stride?: Sizes | null
  /** Zeros on both sides; at most half the window. Default 0. */
  readonly padding?: Sizes
  /** Windows may run over the end, so that the size is rounded up; default false. */
  readonly ceilMode?: boolean
  /** Divide by the whole window also where it covers padding; default true. */
  readonly countIncludePad?: boolean
  /** Divide by this number instead; default null: by the number of elements. */
  readonly divisorOverride?: number | null
}

interface Windows {
  readonly window: readonly number[]
  readonly strides: readonly number[]
  readonly padding: readonly (readonly [number, number])[]
  readonly dilation: readonly number[]
}

/** Windows over `space`; the high padding grows where `ceilMode` lets the last window hang over. */
function windowsOf(
  operation: string,
  space: readonly number[],
  kernelSize: Sizes,
  { stride, padding = 0, dilation = 1, ceilMode = false }: MaxPoolOptions,
): Windows {
  const rank = space.length
  const window = sizes(operation, 'kernelSize', kernelSize, rank, 1)
  const strides = stride == null ? window : sizes(operation, 'stride', stride, rank, 1)
  const low = sizes(operation, 'padding', padding, rank)
  const apart = sizes(operation, 'dilation', dilation, rank, 1)
  low.forEach((size, i) => {
    if (size > window[i]! / 2)
      throw new OptionError(
        operation,
        `padding must be at most half the window (got padding ${size}, window ${window[i]})`,
      )
  })
  const margins = space.map((length, i): readonly [number, number] => {
    const pad = low[i]!
    const span = apart[i]! * (window[i]! - 1) + 1
    const free = length + 2 * pad - span
    let count = (ceilMode ? Math.ceil(free / strides[i]!) : Math.floor(free / strides[i]!)) + 1
    // A window that would begin in the high padding is left out.
    if (ceilMode && (count - 1) * strides[i]! >= length + pad) count--
    if (count < 1) throw new ShapeError(operation, [space, window], 'the window is larger than the padded input')
    // Elements no further apart than the input is long cannot pass it by.
    const isInside = (start: number): boolean =>
      Array.from({ length: window[i]! }, (_, tap) => start + tap * apart[i]!).some((at) => at >= 0 && at < length)
    if (apart[i]! > length && !Array.from({ length: count }, (_, k) => k * strides[i]! - pad).every(isInside))
      throw new ShapeError(operation, [space, window], 'a window would lie wholly in the padding')
    return [pad, Math.max(pad, (count - 1) * strides[i]! + span - length - pad)]
  })
  return { window, strides, padding: margins, dilation: apart }
}

/** The batch axis is optional. */
function spaceOf(operation: string, input: Tensor, rank: number): readonly number[] {
  const axes = input.shape.length
  if (axes !== rank + 1 && axes !== rank + 2)
    throw new ShapeError(
      operation,
      [input.shape],
      `the input must have ${rank + 2} axes, or ${rank + 1} without a batch`,
    )
  return input.shape.slice(-rank)
}

/** Offsets of each leading slice in the flat input, added to indices within a slice. */
function flatIndex(index: Sym, planes: number, plane: number): Sym {
  const rows = index.reshape([planes, index.type.size / Math.max(planes, 1)])
  return rows.builder.iota('int32', rows.shape, 0).mul(plane).add(rows).reshape(index.shape)
}
function pick(x: Sym, index: Sym, rank: number): Sym {
  const planes = numel(x.shape.slice(0, -rank))
  return x.reshape([x.type.size]).gather(flatIndex(index, planes, numel(x.shape.slice(-rank))), 0)
}

// The first maximum in row-major order gets the whole gradient.
const picked: CompositeGradient = ([g], [x], [, index], attrs) => {
  if (g == null) return [null]
  const { rank } = attrs as { readonly rank: number }
  const planes = numel(x!.shape.slice(0, -rank))
  const at = flatIndex(index!, planes, numel(x!.shape.slice(-rank)))
  return [x!.like(0).reshape([x!.type.size]).scatterAdd(at, g, 0).reshape(x!.shape)]
}

interface MaxPool extends Windows {
  /** Dimensions of space. */
  readonly rank: number
}
/** Values, and their indices in the space of their channel. */
const maxPoolOp: Op<MaxPool> = /* @__PURE__ */ new Op(
  'maxPool',
  ([x], { rank, ...windows }) => {
    const index = x!.windowArgmax(windows)
    return [pick(x!, index, rank), index]
  },
  { composite: picked },
)

interface AvgPool extends Windows {
  readonly countIncludePad: boolean
  readonly divisor: number | null
}
/** How many elements the window at each position counts, as rows of one axis. */
function counts(
  { window, strides, padding, countIncludePad }: AvgPool,
  axis: number,
  length: number,
  positions: number,
): number[] {
  const [low] = padding[axis]!
  return Array.from({ length: positions }, (_, i) => {
    const start = i * strides[axis]! - low
    const stop = Math.min(start + window[axis]!, length + low)
    return countIncludePad ? stop - start : Math.min(stop, length) - Math.max(start, 0)
  })
}
const avgPoolOp: Op<AvgPool> = /* @__PURE__ */ new Op('avgPool', ([x], attrs, builder) => {
  const { window, strides, padding, dilation, divisor } = attrs
  const rank = window.length
  const total = x!.windowSum({ window, strides, padding, dilation })
  if (divisor !== null) return [total.div(divisor)]
  const space = x!.shape.slice(-rank)
  const positions = total.shape.slice(-rank)
  const perAxis = space.map((length, axis) => counts(attrs, axis, length, positions[axis]!))
  const whole = numel(window)
  if (perAxis.every((list, axis) => list.every((count) => count === window[axis]))) return [total.div(whole)]
  const divisors = perAxis.reduce<number[]>(
    (rows, list) => rows.flatMap((row) => list.map((count) => row * count)),
    [1],
  )
  return [total.div(builder.data(total.dtype, positions, divisors).expand(total.shape))]
})

function maxPool(
  name: string,
  rank: 1 | 2 | 3,
  input: Tensor,
  kernelSize: Sizes,
  options: MaxPoolOptions,
): [values: Tensor, indices: Tensor] {
  byName(name, options)
  const space = spaceOf(name, input, rank)
  return apply(maxPoolOp, { rank, ...windowsOf(name, space, kernelSize, options) }, [input]) as [Tensor, Tensor]
}

function avgPool(rank: 1 | 2 | 3, input: Tensor, kernelSize: Sizes, options: AvgPoolOptions): Tensor {
  const name = `avgPool${rank}d`
  const { countIncludePad = true, divisorOverride: divisor = null, ...window } = byName(name, options)
  if (divisor === 0) throw new OptionError(name, 'divisorOverride must not be 0')
  return one(
    avgPoolOp,
    { ...windowsOf(name, spaceOf(name, input, rank), kernelSize, window), countIncludePad, divisor },
    input,
  )
}

/**
 * The maximum of every window. At a tie the first in row-major order wins and gets the gradient.
 * @param input [n, c, length] or [c, length]
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool1d.html
 */
export const maxPool1d = (input: Tensor, kernelSize: Sizes, options: MaxPoolOptions = {}): Tensor =>
  maxPool('maxPool1d', 1, input, kernelSize, options)[0]
/** As maxPool1d, over [n, c, height, width] or [c, height, width]. */
export const maxPool2d = (input: Tensor, kernelSize: Sizes, options: MaxPoolOptions = {}): Tensor =>
  maxPool('maxPool2d', 2, input, kernelSize, options)[0]
/** As maxPool1d, over three dimensions of space. */
export const maxPool3d = (input: Tensor, kernelSize: Sizes, options: MaxPoolOptions = {}): Tensor =>
  maxPool('maxPool3d', 3, input, kernelSize, options)[0]
/** maxPool1d with the int32 indices of the maxima within their channel. */
export const maxPool1dWithIndices = (
  input: Tensor,
  kernelSize: Sizes,
  options: MaxPoolOptions = {},
): [Tensor, Tensor] => maxPool('maxPool1dWithIndices', 1, input, kernelSize, options)
/** maxPool2d with the int32 indices of the maxima within their channel, row-major. */
export const maxPool2dWithIndices = (
  input: Tensor,
  kernelSize: Sizes,
  options: MaxPoolOptions = {},
): [Tensor, Tensor] => maxPool('maxPool2dWithIndices', 2, input, kernelSize, options)
/** maxPool3d with the int32 indices of the maxima within their channel, row-major. */
export const maxPool3dWithIndices = (
  input: Tensor,
  kernelSize: Sizes,
  options: MaxPoolOptions = {},
): [Tensor, Tensor] => maxPool('maxPool3dWithIndices', 3, input, kernelSize, options)
/**
 * The mean of every window.
 * @param input [n, c, length] or [c, length]
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool1d.html
 */
export const avgPool1d = (
  input: Tensor,
  kernelSize: Sizes,
  options: Omit<AvgPoolOptions, 'divisorOverride'> = {},
): Tensor => avgPool(1, input, kernelSize, options)
/** As avgPool1d, over [n, c, height, width] or [c, height, width]. */
export const avgPool2d = (input: Tensor, kernelSize: Sizes, options: AvgPoolOptions = {}): Tensor =>
  avgPool(2, input, kernelSize, options)
/** As avgPool1d, over three dimensions of space. */
export const avgPool3d = (input: Tensor, kernelSize: Sizes, options: AvgPoolOptions = {}): Tensor =>
  avgPool(3, input, kernelSize, options)
