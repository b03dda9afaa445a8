/**
 * Operations that move elements and compute none, as copies between two regular grids: element i of a grid of some shape is
 * read at `from` plus i times the strides of what is read, and written likewise.
 */
import { numel, stridesOf, type Attributes, type Shape, type TensorType } from '@glissade/core/backend'
import { broadcastStrides, nest, offsetOf } from './nest.ts'

/** One loop of a copy. Strides in what is read and in what is written; negative ones walk backwards. */
export interface GridAxis {
  readonly size: number
  readonly from: number
  readonly to: number
}

/** A copy of a part of an operand to a part of the result. In elements. */
export interface GridCopy {
  /** Which operand it reads. */
  readonly operand: number
  /** Where the first element is read, and where it is written. */
  readonly from: number
  readonly to: number
  /** Outermost first; axes that are one in both grids are merged. */
  readonly axes: readonly GridAxis[]
}

/** The same copy in as few loops as possible, in whatever unit the strides are. */
export const mergeGrid = (axes: readonly GridAxis[]): GridAxis[] =>
  nest(
    axes.map(({ size }) => size),
    [axes.map(({ from }) => from), axes.map(({ to }) => to)],
  ).map(({ size, strides: [from, to] }) => ({ size, from: from!, to: to! }))

function copyOf(
  shape: Shape,
  from: readonly number[],
  to: readonly number[],
  {
    operand = 0,
    first = 0,
    start = 0,
  }: { readonly operand?: number; readonly first?: number; readonly start?: number },
): GridCopy[] {
  if (numel(shape) === 0) return []
  const axes = mergeGrid(shape.map((size, axis) => ({ size, from: from[axis]!, to: to[axis]! })))
  return [{ operand, from: first, to: start, axes }]
}

/** Primitives whose result is made of copies. What `pad` puts around them has to be there already. */
export type Movement = 'permute' | 'expand' | 'slice' | 'pad' | 'flip' | 'concat'
/** The copies of one node; none where nothing is to be moved. */
export type Copies<P extends Movement> = (
  attrs: Attributes[P],
  args: readonly TensorType[],
  result: TensorType,
) => GridCopy[]

/** Per movement its copies: one for each operand. */
export const movements: { readonly [P in Movement]: Copies<P> } = {
  permute: ({ order }, [x], { shape }) => {
    const strides = stridesOf(x!.shape)
    return copyOf(
      shape,
      order.map((axis) => strides[axis]!),
      stridesOf(shape),
      {},
    )
  },
  expand: (_, [x], { shape }) => copyOf(shape, broadcastStrides(x!.shape, shape), stridesOf(shape), {}),
  slice: ({ start, step }, [x], { shape }) => {
    const strides = stridesOf(x!.shape)
    const steps = strides.map((stride, axis) => stride * step[axis]!)
    return copyOf(shape, steps, stridesOf(shape), { first: offsetOf(start, strides) })
  },
  pad: ({ low, interior }, [x], { shape }) => {
    const strides = stridesOf(shape)
    const steps = strides.map((stride, axis) => stride * (interior[axis]! + 1))
    return copyOf(x!.shape, stridesOf(x!.shape), steps, { start: offsetOf(low, strides) })
  },
  flip: ({ axes }, _, { shape }) => {
    const strides = stridesOf(shape)
    const turned = strides.map((stride, axis) => (axes.includes(axis) ? -stride : stride))
    const last = axes.reduce((sum, axis) => sum + (shape[axis]! - 1) * strides[axis]!, 0)
    return copyOf(shape, turned, strides, { first: last })
  },
  concat: ({ axis }, args, { shape }) => {
    const strides = stridesOf(shape)
    let before = 0
    return args.flatMap((part, operand) => {
      const start = before * strides[axis]!
      before += part.shape[axis]!
      return copyOf(part.shape, stridesOf(part.shape), strides, { operand, start })
    })
  },
}
