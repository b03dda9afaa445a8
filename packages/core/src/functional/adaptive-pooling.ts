/**
 * Pools that are told the size of their result. Cell i of n covers the elements from floor(i length / n) to
 * ceil((i + 1) length / n); where the lengths divide, that is an ordinary pool.
 */
import { numel } from '../contract/dtype.ts'
import type { Sym } from '../ir/builder.ts'
import { either, list, natural, nullable, type Kind } from '../signature/kind.ts'
import { signature } from '../signature/signature.ts'
import { apply } from '../engine/door.ts'
import { tensor } from '../engine/kinds.ts'
import { Op } from '../engine/op.ts'
import { one } from '../tensor/one.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { avgPool, maxPool, spaceOf } from './pooling.ts'
import { assertRoom, type Rank } from './sizes.ts'

/** Sizes of the result; null keeps the input's. */
export type OutputSize = number | readonly (number | null)[]
export const sizeKept = (rank: Rank): Kind<OutputSize> => either(natural, list(nullable(natural), rank))

// oxlint-disable-next-line explicit-module-boundary-types -- the table is the type
const operands = (rank: Rank) => ({ input: tensor, outputSize: sizeKept(rank) })
export const ADAPTIVE_AVG_POOL_1D = /* @__PURE__ */ signature('adaptiveAvgPool1d', operands(1))
export const ADAPTIVE_AVG_POOL_2D = /* @__PURE__ */ signature('adaptiveAvgPool2d', operands(2))
export const ADAPTIVE_AVG_POOL_3D = /* @__PURE__ */ signature('adaptiveAvgPool3d', operands(3))
export const ADAPTIVE_MAX_POOL_1D = /* @__PURE__ */ signature('adaptiveMaxPool1d', operands(1))
export const ADAPTIVE_MAX_POOL_2D = /* @__PURE__ */ signature('adaptiveMaxPool2d', operands(2))
export const ADAPTIVE_MAX_POOL_3D = /* @__PURE__ */ signature('adaptiveMaxPool3d', operands(3))

interface Cells {
  /** Sizes of the result per dimension of space. */
  readonly output: readonly number[]
}

/** Flat positions that each cell covers, in row-major order. */
function coverage(space: readonly number[], output: readonly number[]): number[][] {
  let cells: number[][] = [[0]]
  output.forEach((count, axis) => {
    const length = space[axis]!
    cells = cells.flatMap((cell) =>
      Array.from({ length: count }, (_, i) => {
        const start = Math.floor((i * length) / count)
        const stop = Math.ceil(((i + 1) * length) / count)
        const steps = Array.from({ length: stop - start }, (__, k) => start + k)
        return cell.flatMap((base) => steps.map((step) => base * length + step))
      }),
    )
  })
  return cells
}

/** x as [planes, cells, widest], where short cells repeat their last element. */
function gathered(x: Sym, output: readonly number[]): { values: Sym; table: Sym; used: number[]; widest: number } {
  const rank = output.length
  const space = x.shape.slice(-rank)
  const cells = coverage(space, output)
  const widest = cells.reduce((most, cell) => Math.max(most, cell.length), 1)
  const flat = cells.flatMap((cell) => Array.from({ length: widest }, (_, k) => cell[Math.min(k, cell.length - 1)]!))
  const table = x.builder.data('int32', [cells.length, widest], flat)
  const planes = numel(x.shape.slice(0, -rank))
  return {
    values: x.reshape([planes, numel(space)]).gather(table, 1),
    table,
    used: cells.map((cell) => cell.length),
    widest,
  }
}

const avgOp: Op<Cells> = /* @__PURE__ */ new Op('adaptiveAvgPool', ([x], { output }, builder) => {
  const { values, used, widest } = gathered(x!, output)
  const inside = builder.data(
    'bool',
    [used.length, widest],
    used.flatMap((count) => Array.from({ length: widest }, (_, k) => Number(k < count))),
  )
  const sums = inside.expand(values.shape).where(values, 0).sum([2])
  const means = sums.div(builder.data(sums.dtype, [used.length], used).expand(sums.shape))
  return [means.reshape([...x!.shape.slice(0, -output.length), ...output])]
})

/** Values, and their indices in the space of their channel. */
const maxOp: Op<Cells> = /* @__PURE__ */ new Op('adaptiveMaxPool', ([x], { output }, builder) => {
  const { values, table, used, widest } = gathered(x!, output)
  const best = values.argmax(2)
  const index = table
    .reshape([used.length * widest])
    .gather(builder.iota('int32', best.shape, 1).mul(widest).add(best), 0)
  const [planes] = values.shape
  const plane = numel(x!.shape.slice(-output.length))
  const at = builder.iota('int32', index.shape, 0).mul(plane).add(index)
  const shape = [...x!.shape.slice(0, -output.length), ...output]
  return [
    x!
      .reshape([planes! * plane])
      .gather(at, 0)
      .reshape(shape),
    index.reshape(shape),
  ]
})

function outputOf(
  operation: string,
  input: Tensor,
  size: OutputSize,
  rank: Rank,
): { output: number[]; divides: number[] | null } {
  const space = spaceOf(operation, input, rank)
  const given = typeof size === 'number' ? space.map(() => size) : size
  const output = space.map((length, i) => given[i] ?? length)
  assertRoom(operation, input, [...input.shape.slice(0, -rank), ...output])
  const shares = space.map((length, i) => length / output[i]!)
  return { output, divides: shares.every((share) => share > 0 && Number.isInteger(share)) ? shares : null }
}

export function adaptiveAvgPool(operation: string, rank: Rank, input: Tensor, size: OutputSize): Tensor {
  const { output, divides } = outputOf(operation, input, size, rank)
  if (divides === null) return one(avgOp, { output }, input)
  return avgPool(operation, rank, input, divides, { ...PLAIN, countIncludePad: true }, null)
}
function adaptiveMaxPool(operation: string, rank: Rank, input: Tensor, size: OutputSize): [Tensor, Tensor] {
  const { output, divides } = outputOf(operation, input, size, rank)
  if (divides === null) return apply(maxOp, { output }, [input]) as [Tensor, Tensor]
  return maxPool(operation, rank, input, divides, { ...PLAIN, dilation: 1 })
}
/** Windows side by side. */
const PLAIN = { stride: null, padding: 0, ceilMode: false }

/**
 * Means of cells that cover the input.
 * @param input [n, c, length] or [c, length]
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool1d.html
 */
export function adaptiveAvgPool1d(input: Tensor, outputSize: OutputSize): Tensor {
  ADAPTIVE_AVG_POOL_1D.read(arguments)
  return adaptiveAvgPool('adaptiveAvgPool1d', 1, input, outputSize)
}
/**
 * As adaptiveAvgPool1d, over [n, c, height, width] or [c, height, width].
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool2d.html
 */
export function adaptiveAvgPool2d(input: Tensor, outputSize: OutputSize): Tensor {
  ADAPTIVE_AVG_POOL_2D.read(arguments)
  return adaptiveAvgPool('adaptiveAvgPool2d', 2, input, outputSize)
}
/**
 * As adaptiveAvgPool1d, over three dimensions of space.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool3d.html
 */
export function adaptiveAvgPool3d(input: Tensor, outputSize: OutputSize): Tensor {
  ADAPTIVE_AVG_POOL_3D.read(arguments)
  return adaptiveAvgPool('adaptiveAvgPool3d', 3, input, outputSize)
}
/**
 * Maxima of cells that cover the input; the first of equal ones gets the gradient.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool1d.html
 */
export function adaptiveMaxPool1d(input: Tensor, outputSize: OutputSize): Tensor {
  ADAPTIVE_MAX_POOL_1D.read(arguments)
  return adaptiveMaxPool('adaptiveMaxPool1d', 1, input, outputSize)[0]
}
/**
 * As adaptiveMaxPool1d, over two dimensions of space.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool2d.html
 */
export function adaptiveMaxPool2d(input: Tensor, outputSize: OutputSize): Tensor {
  ADAPTIVE_MAX_POOL_2D.read(arguments)
  return adaptiveMaxPool('adaptiveMaxPool2d', 2, input, outputSize)[0]
}
/**
 * As adaptiveMaxPool1d, over three dimensions of space.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool3d.html
 */
export function adaptiveMaxPool3d(input: Tensor, outputSize: OutputSize): Tensor {
  ADAPTIVE_MAX_POOL_3D.read(arguments)
  return adaptiveMaxPool('adaptiveMaxPool3d', 3, input, outputSize)[0]
}
/**
 * adaptiveMaxPool1d with the int32 indices of the maxima within their channel.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool1d.html
 */
export function adaptiveMaxPool1dWithIndices(input: Tensor, outputSize: OutputSize): [Tensor, Tensor] {
  ADAPTIVE_MAX_POOL_1D.read(arguments, 'adaptiveMaxPool1dWithIndices')
  return adaptiveMaxPool('adaptiveMaxPool1dWithIndices', 1, input, outputSize)
}
/**
 * adaptiveMaxPool2d with the int32 indices of the maxima within their channel, row-major.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool2d.html
 */
export function adaptiveMaxPool2dWithIndices(input: Tensor, outputSize: OutputSize): [Tensor, Tensor] {
  ADAPTIVE_MAX_POOL_2D.read(arguments, 'adaptiveMaxPool2dWithIndices')
  return adaptiveMaxPool('adaptiveMaxPool2dWithIndices', 2, input, outputSize)
}
/**
 * adaptiveMaxPool3d with the int32 indices of the maxima within their channel, row-major.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool3d.html
 */
export function adaptiveMaxPool3dWithIndices(input: Tensor, outputSize: OutputSize): [Tensor, Tensor] {
  ADAPTIVE_MAX_POOL_3D.read(arguments, 'adaptiveMaxPool3dWithIndices')
  return adaptiveMaxPool('adaptiveMaxPool3dWithIndices', 3, input, outputSize)
}
