/**
 * Pools that are told the size of their result. Cell i of n covers the elements from floor(i length / n) to
 * ceil((i + 1) length / n); where the lengths divide, that is an ordinary pool.
 */
import { numel } from '../backend/dtype.ts'
import { OptionError, ShapeError } from '../backend/errors.ts'
import type { Sym } from '../ir/builder.ts'
import { apply } from '../tensor/door.ts'
import { Op } from '../tensor/op.ts'
import { one } from '../tensor/one.ts'
import type { Tensor } from '../tensor/tensor.ts'
import {
  avgPool1d,
  avgPool2d,
  avgPool3d,
  maxPool1dWithIndices,
  maxPool2dWithIndices,
  maxPool3dWithIndices,
} from './pooling.ts'

/** Sizes of the result; null keeps the input's. */
export type OutputSize = number | readonly (number | null)[]

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
  const widest = Math.max(0, ...cells.map((cell) => cell.length))
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
  rank: number,
): { output: number[]; divides: number[] | null } {
  const axes = input.shape.length
  if (axes !== rank + 1 && axes !== rank + 2)
    throw new ShapeError(
      operation,
      [input.shape],
      `the input must have ${rank + 2} axes, or ${rank + 1} without a batch`,
    )
  const space = input.shape.slice(-rank)
  const list = typeof size === 'number' ? space.map(() => size) : size
  const output = space.map((length, i) => list[i] ?? length)
  if (list.length !== rank || output.some((count) => !Number.isInteger(count) || count < 0))
    throw new OptionError(
      operation,
      `the output size is an integer from 0, or ${rank} of them (got ${JSON.stringify(size)})`,
    )
  const shares = space.map((length, i) => length / output[i]!)
  return { output, divides: shares.every((share) => share > 0 && Number.isInteger(share)) ? shares : null }
}

const AVERAGE = [avgPool1d, avgPool2d, avgPool3d] as const
const MAXIMUM = [maxPool1dWithIndices, maxPool2dWithIndices, maxPool3dWithIndices] as const

function adaptiveAvg(rank: 1 | 2 | 3, input: Tensor, size: OutputSize): Tensor {
  const { output, divides } = outputOf(`adaptiveAvgPool${rank}d`, input, size, rank)
  return divides === null ? one(avgOp, { output }, input) : AVERAGE[rank - 1]!(input, divides)
}
function adaptiveMax(rank: 1 | 2 | 3, input: Tensor, size: OutputSize): [Tensor, Tensor] {
  const { output, divides } = outputOf(`adaptiveMaxPool${rank}d`, input, size, rank)
  return divides === null ? (apply(maxOp, { output }, [input]) as [Tensor, Tensor]) : MAXIMUM[rank - 1]!(input, divides)
}

/**
 * Means of cells that cover the input.
 * @param input [n, c, length] or [c, length]
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool1d.html
 */
export const adaptiveAvgPool1d = (input: Tensor, outputSize: OutputSize): Tensor => adaptiveAvg(1, input, outputSize)
/** As adaptiveAvgPool1d, over [n, c, height, width] or [c, height, width]. */
export const adaptiveAvgPool2d = (input: Tensor, outputSize: OutputSize): Tensor => adaptiveAvg(2, input, outputSize)
/** As adaptiveAvgPool1d, over three dimensions of space. */
export const adaptiveAvgPool3d = (input: Tensor, outputSize: OutputSize): Tensor => adaptiveAvg(3, input, outputSize)
/** Maxima of cells that cover the input; the first of equal ones gets the gradient. */
export const adaptiveMaxPool1d = (input: Tensor, outputSize: OutputSize): Tensor => adaptiveMax(1, input, outputSize)[0]
/** As adaptiveMaxPool1d, over two dimensions of space. */
export const adaptiveMaxPool2d = (input: Tensor, outputSize: OutputSize): Tensor => adaptiveMax(2, input, outputSize)[0]
/** As adaptiveMaxPool1d, over three dimensions of space. */
export const adaptiveMaxPool3d = (input: Tensor, outputSize: OutputSize): Tensor => adaptiveMax(3, input, outputSize)[0]
/** adaptiveMaxPool1d with the int32 indices of the maxima within their channel. */
export const adaptiveMaxPool1dWithIndices = (input: Tensor, outputSize: OutputSize): [Tensor, Tensor] =>
  adaptiveMax(1, input, outputSize)
/** adaptiveMaxPool2d with the int32 indices of the maxima within their channel, row-major. */
export const adaptiveMaxPool2dWithIndices = (input: Tensor, outputSize: OutputSize): [Tensor, Tensor] =>
  adaptiveMax(2, input, outputSize)
/** adaptiveMaxPool3d with the int32 indices of the maxima within their channel, row-major. */
export const adaptiveMaxPool3dWithIndices = (input: Tensor, outputSize: OutputSize): [Tensor, Tensor] =>
  adaptiveMax(3, input, outputSize)
