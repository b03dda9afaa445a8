/** Pools: the maximum or mean of windows that slide over one, two or three dimensions of space. */
import { numel } from '../contract/dtype.ts'
import { DTypeError, OptionError, ShapeError } from '../contract/errors.ts'
import type { Sym } from '../ir/builder.ts'
import { traceComposite } from '../ir/composite.ts'
import { boolean, integer, natural, positive } from '../signature/kind.ts'
import { optional, signature, type OptionsOf, type ValuesOf } from '../signature/signature.ts'
import { apply } from '../engine/door.ts'
import { tensor } from '../engine/kinds.ts'
import { Composite, Op } from '../engine/op.ts'
import { one } from '../tensor/one.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { assertRoom, each, perDimension, type Rank, type Sizes } from './sizes.ts'

/** What slides: every pool's first options. */
// oxlint-disable-next-line explicit-module-boundary-types -- the table is the type
const windowOptions = (rank: Rank) => ({
  /** Distance of the windows; null: the window. */
  stride: optional(perDimension(positive, rank), null),
  /** On both sides; at most half the window. */
  padding: optional(perDimension(natural, rank), 0),
})
/** Round the number of windows up, so that the last may hang over the end. */
const ceilMode = optional(boolean, false)

/** The options of a pool of maxima over so many dimensions. */
// oxlint-disable-next-line explicit-module-boundary-types -- the table is the type
export const maxPoolOptions = (rank: Rank) => ({
  ...windowOptions(rank),
  /** Distance of window elements. */
  dilation: optional(perDimension(positive, rank), 1),
  ceilMode,
})
export interface MaxPoolOptions extends OptionsOf<ReturnType<typeof maxPoolOptions>> {}

/** The options of a pool of means over one dimension. */
// oxlint-disable-next-line explicit-module-boundary-types -- the table is the type
export const avgPool1dOptions = () => ({
  ...windowOptions(1),
  ceilMode,
  /** Divide by the whole window also where it covers padding. */
  countIncludePad: optional(boolean, true),
})
/** The options of a pool of means over two or three dimensions. */
// oxlint-disable-next-line explicit-module-boundary-types -- the table is the type
export const avgPoolOptions = (rank: 2 | 3) => ({
  ...avgPool1dOptions(),
  ...windowOptions(rank),
  /** Divide by this number instead; null: by the number of elements. */
  divisorOverride: optional(integer, null),
})
export interface AvgPool1dOptions extends OptionsOf<ReturnType<typeof avgPool1dOptions>> {}
export interface AvgPoolOptions extends OptionsOf<ReturnType<typeof avgPoolOptions>> {}

// oxlint-disable-next-line explicit-module-boundary-types -- the table is the type
const operands = (rank: Rank) => ({ input: tensor, kernelSize: perDimension(positive, rank) })
export const MAX_POOL_1D = /* @__PURE__ */ signature('maxPool1d', operands(1), maxPoolOptions(1))
export const MAX_POOL_2D = /* @__PURE__ */ signature('maxPool2d', operands(2), maxPoolOptions(2))
export const MAX_POOL_3D = /* @__PURE__ */ signature('maxPool3d', operands(3), maxPoolOptions(3))
export const AVG_POOL_1D = /* @__PURE__ */ signature('avgPool1d', operands(1), avgPool1dOptions())
export const AVG_POOL_2D = /* @__PURE__ */ signature('avgPool2d', operands(2), avgPoolOptions(2))
export const AVG_POOL_3D = /* @__PURE__ */ signature('avgPool3d', operands(3), avgPoolOptions(3))

interface Windows {
  readonly window: readonly number[]
  readonly strides: readonly number[]
  readonly padding: readonly (readonly [number, number])[]
  readonly dilation: readonly number[]
}

/** The batch axis is optional; it alone may be empty. */
export function spaceOf(operation: string, input: Tensor, rank: Rank): readonly number[] {
  const axes = input.shape.length
  if (axes !== rank + 1 && axes !== rank + 2)
    throw new ShapeError(
      operation,
      [input.shape],
      `the input must have ${rank + 2} axes, or ${rank + 1} without a batch`,
    )
  if (input.dtype === 'bool') throw new DTypeError(operation, [input.dtype], 'needs numbers')
  if (input.shape.slice(-rank - 1).includes(0))
    throw new ShapeError(operation, [input.shape], 'there is nothing to pool: only the batch may be empty')
  return input.shape.slice(-rank)
}

/** Windows over the input's space; the high padding grows where `ceilMode` lets the last window hang over. */
function windowsOf(
  operation: string,
  input: Tensor,
  rank: Rank,
  kernelSize: Sizes,
  read: Omit<ValuesOf<ReturnType<typeof maxPoolOptions>>, 'dilation'> & { readonly dilation?: Sizes },
): Windows {
  const space = spaceOf(operation, input, rank)
  const window = each(kernelSize, rank)
  const strides = read.stride === null ? window : each(read.stride, rank)
  const low = each(read.padding, rank)
  const apart = each(read.dilation ?? 1, rank)
  low.forEach((size, i) => {
    if (size > window[i]! / 2)
      throw new OptionError(
        operation,
        `padding must be at most half the window (got padding ${size}, window ${window[i]})`,
      )
  })
  const span = window.map((size, i) => apart[i]! * (size - 1) + 1)
  const places = space.map((length, i) => {
    const free = (length + 2 * low[i]! - span[i]!) / strides[i]!
    const count = (read.ceilMode ? Math.ceil(free) : Math.floor(free)) + 1
    // A window that would begin in the high padding is left out.
    return read.ceilMode && (count - 1) * strides[i]! >= length + low[i]! ? count - 1 : count
  })
  if (places.some((count) => count < 1))
    throw new ShapeError(operation, [space, window], 'the window is larger than the padded input')
  assertRoom(operation, input, [...input.shape.slice(0, -rank), ...places])
  const margins = space.map((length, i): readonly [number, number] => {
    const pad = low[i]!
    // Elements no further apart than the input is long cannot pass it by.
    if (apart[i]! > length)
      for (let k = 0; k < places[i]!; k++) {
        const start = k * strides[i]! - pad
        const tap = Math.ceil(Math.max(0, -start) / apart[i]!)
        if (tap >= window[i]! || start + tap * apart[i]! >= length)
          throw new ShapeError(operation, [space, window], 'a window would lie wholly in the padding')
      }
    return [pad, Math.max(pad, (places[i]! - 1) * strides[i]! + span[i]! - length - pad)]
  })
  return { window, strides, padding: margins, dilation: apart }
}

/** Offsets of each leading slice in the flat input, added to indices within a slice. */
function flatIndex(index: Sym, planes: number, plane: number): Sym {
  const rows = index.reshape([planes, index.type.size / Math.max(planes, 1)])
  return rows.builder.iota('int32', rows.shape, 0).mul(plane).add(rows).reshape(index.shape)
}
function elementsAt(x: Sym, index: Sym, rank: number): Sym {
  const planes = numel(x.shape.slice(0, -rank))
  return x.reshape([x.type.size]).gather(flatIndex(index, planes, numel(x.shape.slice(-rank))), 0)
}

/** Values, and their indices in the space of their channel. */
export const maxPoolOp = /* @__PURE__ */ new Composite(
  'maxPool',
  ([x], { rank, ...windows }) => {
    const index = x!.windowArgmax(windows)
    return [elementsAt(x!, index, rank), index]
  },
  // The first maximum in row-major order gets the whole gradient.
  ([g], [x], [, index], attrs) =>
    g == null
      ? [null]
      : traceComposite(maxPoolGradOp, g.builder, [g, index!], { ...attrs, space: x!.shape.slice(-attrs.rank) }),
)
export const maxPoolGradOp = /* @__PURE__ */ new Composite(
  'maxPoolGrad',
  ([g, index], { rank, space }, builder) => {
    const lead = g!.shape.slice(0, -rank)
    const planes = numel(lead)
    const zeros = builder.fill(g!.dtype, [planes * numel(space)], 0)
    return [zeros.scatterAdd(flatIndex(index!, planes, numel(space)), g!, 0).reshape([...lead, ...space])]
  },
  ([g], [, index], _, { rank }) => [elementsAt(g!, index!, rank), null],
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

/** Values, and indices within their channel. */
export function maxPool(
  operation: string,
  rank: Rank,
  input: Tensor,
  kernelSize: Sizes,
  read: ValuesOf<ReturnType<typeof maxPoolOptions>>,
): [values: Tensor, indices: Tensor] {
  return apply(maxPoolOp, { rank, ...windowsOf(operation, input, rank, kernelSize, read) }, [input]) as [Tensor, Tensor]
}

export function avgPool(
  operation: string,
  rank: Rank,
  input: Tensor,
  kernelSize: Sizes,
  read: Omit<ValuesOf<ReturnType<typeof avgPoolOptions>>, 'divisorOverride'>,
  divisor: number | null,
): Tensor {
  if (divisor === 0) throw new OptionError(operation, 'divisorOverride must not be 0')
  const windows = windowsOf(operation, input, rank, kernelSize, read)
  return one(avgPoolOp, { ...windows, countIncludePad: read.countIncludePad, divisor }, input)
}

/**
 * The maximum of every window. At a tie the first in row-major order wins and gets the gradient.
 * @param input [n, c, length] or [c, length]
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool1d.html
 */
export function maxPool1d(input: Tensor, kernelSize: Sizes, options?: MaxPoolOptions): Tensor
export function maxPool1d(input: Tensor, kernelSize: Sizes): Tensor {
  return maxPool('maxPool1d', 1, input, kernelSize, MAX_POOL_1D.read(arguments))[0]
}
/**
 * As maxPool1d, over [n, c, height, width] or [c, height, width].
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool2d.html
 */
export function maxPool2d(input: Tensor, kernelSize: Sizes, options?: MaxPoolOptions): Tensor
export function maxPool2d(input: Tensor, kernelSize: Sizes): Tensor {
  return maxPool('maxPool2d', 2, input, kernelSize, MAX_POOL_2D.read(arguments))[0]
}
/**
 * As maxPool1d, over three dimensions of space.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool3d.html
 */
export function maxPool3d(input: Tensor, kernelSize: Sizes, options?: MaxPoolOptions): Tensor
export function maxPool3d(input: Tensor, kernelSize: Sizes): Tensor {
  return maxPool('maxPool3d', 3, input, kernelSize, MAX_POOL_3D.read(arguments))[0]
}
/**
 * maxPool1d with the int32 indices of the maxima within their channel.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool1d.html
 */
export function maxPool1dWithIndices(input: Tensor, kernelSize: Sizes, options?: MaxPoolOptions): [Tensor, Tensor]
export function maxPool1dWithIndices(input: Tensor, kernelSize: Sizes): [Tensor, Tensor] {
  const name = 'maxPool1dWithIndices'
  return maxPool(name, 1, input, kernelSize, MAX_POOL_1D.read(arguments, name))
}
/**
 * maxPool2d with the int32 indices of the maxima within their channel, row-major.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool2d.html
 */
export function maxPool2dWithIndices(input: Tensor, kernelSize: Sizes, options?: MaxPoolOptions): [Tensor, Tensor]
export function maxPool2dWithIndices(input: Tensor, kernelSize: Sizes): [Tensor, Tensor] {
  const name = 'maxPool2dWithIndices'
  return maxPool(name, 2, input, kernelSize, MAX_POOL_2D.read(arguments, name))
}
/**
 * maxPool3d with the int32 indices of the maxima within their channel, row-major.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool3d.html
 */
export function maxPool3dWithIndices(input: Tensor, kernelSize: Sizes, options?: MaxPoolOptions): [Tensor, Tensor]
export function maxPool3dWithIndices(input: Tensor, kernelSize: Sizes): [Tensor, Tensor] {
  const name = 'maxPool3dWithIndices'
  return maxPool(name, 3, input, kernelSize, MAX_POOL_3D.read(arguments, name))
}
/**
 * The mean of every window.
 * @param input [n, c, length] or [c, length]
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool1d.html
 */
export function avgPool1d(input: Tensor, kernelSize: Sizes, options?: AvgPool1dOptions): Tensor
export function avgPool1d(input: Tensor, kernelSize: Sizes): Tensor {
  return avgPool('avgPool1d', 1, input, kernelSize, AVG_POOL_1D.read(arguments), null)
}
/**
 * As avgPool1d, over [n, c, height, width] or [c, height, width].
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool2d.html
 */
export function avgPool2d(input: Tensor, kernelSize: Sizes, options?: AvgPoolOptions): Tensor
export function avgPool2d(input: Tensor, kernelSize: Sizes): Tensor {
  const { divisorOverride, ...read } = AVG_POOL_2D.read(arguments)
  return avgPool('avgPool2d', 2, input, kernelSize, read, divisorOverride)
}
/**
 * As avgPool1d, over three dimensions of space.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool3d.html
 */
export function avgPool3d(input: Tensor, kernelSize: Sizes, options?: AvgPoolOptions): Tensor
export function avgPool3d(input: Tensor, kernelSize: Sizes): Tensor {
  const { divisorOverride, ...read } = AVG_POOL_3D.read(arguments)
  return avgPool('avgPool3d', 3, input, kernelSize, read, divisorOverride)
}
