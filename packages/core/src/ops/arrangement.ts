/**
 * Operations that copy elements to other places: joining, repeating, rolling, padding, triangles. Those that no method of
 * a tensor needs are left out of bundles that do not use them.
 */
import type { Shape } from '../contract/contract.ts'
import { OptionError, ShapeError } from '../contract/errors.ts'
import type { Sym } from '../ir/builder.ts'
import { sameShape } from '../ir/type.ts'
import { Op } from '../engine/op.ts'
import { normalizeDim } from './axes.ts'
import { resultType } from './promotion.ts'
import { checked, noSuchClass } from './refusal.ts'

const zeros = (x: Sym): number[] => x.shape.map(() => 0)
/** The part from `start` to `stop` of one axis. */
export const part = (x: Sym, axis: number, start: number, stop: number): Sym =>
  x.slice(zeros(x).with(axis, start), x.shape.with(axis, stop))

/** Operands along an existing axis. Empty vectors fit any shape, as in PyTorch. `dim` may count from the end. */
export const cat: Op<{ readonly dim: number }> = /* @__PURE__ */ new Op('cat', (operands, { dim }, builder) => {
  const dtype = resultType(operands)
  const isLegacy = (x: Sym): boolean => x.rank === 1 && x.shape[0] === 0
  const model = operands.find((x) => !isLegacy(x)) ?? operands[0]!
  const { shape } = model
  const shapes = operands.map((x) => x.shape)
  if (shape.length === 0) throw new ShapeError('cat', shapes, '0-d tensors cannot be joined; use stack')
  const axis = normalizeDim('cat', dim, shape.length)
  // Empty ones take part, so that they have a gradient.
  const parts = operands.map((x) => (isLegacy(x) ? x.reshape(shape.with(axis, 0)) : x))
  if (parts.some((x) => x.rank !== shape.length || !sameShape(x.shape.with(axis, 0), shape.with(axis, 0))))
    throw new ShapeError('cat', shapes, `sizes must agree but for dimension ${dim}`)
  return [
    builder.concat(
      parts.map((x) => x.cast(dtype)),
      axis,
    ),
  ]
})
/** Operands of one shape along a new axis. */
export const stack: Op<{ readonly dim: number }> = /* @__PURE__ */ new Op('stack', (operands, { dim }, builder) => {
  const { shape } = operands[0]!
  const axis = normalizeDim('stack', dim, shape.length + 1)
  if (operands.some((x) => !sameShape(x.shape, shape)))
    throw new ShapeError(
      'stack',
      operands.map((x) => x.shape),
      'all tensors must have one shape',
    )
  const dtype = resultType(operands)
  return [
    builder.concat(
      operands.map((x) => x.cast(dtype).reshape(shape.toSpliced(axis, 0, 1))),
      axis,
    ),
  ]
})

/** The whole tensor, `repeats[i]` times along axis i; missing leading axes are added. */
export const repeat: Op<{ readonly repeats: readonly number[] }> = new Op('repeat', ([x], { repeats }) => {
  const lead = repeats.length - x!.rank
  const shape = [...repeats.slice(0, lead).map(() => 1), ...x!.shape]
  const paired = shape.flatMap((size) => [1, size])
  const wide = shape.flatMap((size, axis) => [repeats[axis]!, size])
  return [
    x!
      .reshape(paired)
      .expand(wide)
      .reshape(shape.map((size, axis) => size * repeats[axis]!)),
  ]
})
/** Every element `times` times in a row. */
export const repeatInterleave: Op<{ readonly axis: number; readonly times: number }> = new Op(
  'repeatInterleave',
  ([x], { axis, times }) => {
    const { shape } = x!
    const spaced = shape.toSpliced(axis + 1, 0, 1)
    return [
      x!
        .reshape(spaced)
        .expand(spaced.with(axis + 1, times))
        .reshape(shape.with(axis, shape[axis]! * times)),
    ]
  },
)
/** Elements moved by `shift` along their axis; those pushed out come in at the other end. */
export const roll: Op<{ readonly axes: readonly number[]; readonly shifts: readonly number[] }> = new Op(
  'roll',
  ([operand], { axes, shifts }, builder) => {
    let x = operand!
    axes.forEach((axis, i) => {
      const size = x.shape[axis]!
      const shift = size === 0 ? 0 : ((shifts[i]! % size) + size) % size
      if (shift !== 0) x = builder.concat([part(x, axis, size - shift, size), part(x, axis, 0, size - shift)], axis)
    })
    return [x]
  },
)

const triangle = (name: string, keeps: (row: Sym, column: Sym) => Sym): Op<{ readonly diagonal: number }> =>
  new Op(name, ([x], { diagonal }, builder) => {
    if (x!.rank < 2) throw new ShapeError(name, [x!.shape], 'needs at least 2 dimensions')
    const { shape } = x!
    // Beyond the matrix all diagonals are alike, and int32 holds these.
    const shift = Math.max(-shape.at(-2)!, Math.min(shape.at(-1)!, diagonal))
    const row = builder.iota('int32', shape.slice(-2), 0).add(shift)
    const column = builder.iota('int32', shape.slice(-2), 1)
    const zero = builder.fill(x!.dtype, shape, 0)
    return [keeps(row, column).expand(shape).where(x!, zero)]
  })
/** On and below the diagonal `diagonal`. */
export const tril: Op<{ readonly diagonal: number }> = triangle('tril', (row, column) => column.le(row))
/** On and above it. */
export const triu: Op<{ readonly diagonal: number }> = triangle('triu', (row, column) => row.le(column))
/** The last axis on the diagonal `offset` of square matrices. */
export const diagEmbed: Op<{ readonly offset: number }> = new Op('diagEmbed', ([x], { offset }, builder) => {
  if (x!.rank === 0) throw new ShapeError('diagEmbed', [x!.shape], 'needs at least 1 dimension')
  const n = x!.shape.at(-1)!
  const size = n + Math.abs(offset)
  const shape = [...x!.shape.slice(0, -1), size, size]
  const on = builder
    .iota('int32', [size, size], 0)
    .add(offset)
    .eq(builder.iota('int32', [size, size], 1))
  // Along the rows the vector lies from row max(0, -offset) on.
  const low = zeros(x!)
  const columns = x!.pad(low.with(x!.rank - 1, Math.max(0, -offset)), low.with(x!.rank - 1, Math.max(0, offset)))
  return [
    on.expand(shape).where(columns.reshape([...columns.shape, 1]).expand(shape), builder.fill(x!.dtype, shape, 0)),
  ]
})

export type PadMode = 'constant' | 'reflect' | 'replicate' | 'circular'
/** Low and high amounts per axis, from the last axis back, as PyTorch's list has them. */
interface Pad {
  readonly pad: readonly number[]
  readonly mode: PadMode
}

/** What stands before (`low` elements) and behind an axis, per mode. */
const margins: {
  readonly [M in Exclude<PadMode, 'constant'>]: (x: Sym, axis: number, low: number, high: number) => [Sym, Sym]
} = {
  reflect: (x, axis, low, high) => {
    const size = x.shape[axis]!
    if (low >= size || high >= size)
      throw new OptionError(
        'pad',
        `reflect: amounts must be smaller than the size of dimension ${axis} (got ${low} and ${high} for ${size})`,
      )
    return [part(x, axis, 1, low + 1).flip([axis]), part(x, axis, size - 1 - high, size - 1).flip([axis])]
  },
  replicate: (x, axis, low, high) => {
    const size = x.shape[axis]!
    if (size === 0) throw new OptionError('pad', `replicate: dimension ${axis} is empty`)
    return [
      part(x, axis, 0, 1).expand(x.shape.with(axis, low)),
      part(x, axis, size - 1, size).expand(x.shape.with(axis, high)),
    ]
  },
  circular: (x, axis, low, high) => {
    const size = x.shape[axis]!
    if (low > size || high > size)
      throw new OptionError(
        'pad',
        `circular: amounts must not exceed the size of dimension ${axis} (got ${low} and ${high} for ${size})`,
      )
    return [part(x, axis, size - low, size), part(x, axis, 0, high)]
  },
}

/** Operands x and, for mode 'constant', optionally the value (default 0). Negative amounts crop. */
export const pad: Op<Pad> = /* @__PURE__ */ new Op('pad', ([operand, value], { pad: amounts, mode }, builder) => {
  let x = operand!
  const { rank } = x
  const [low, high] = [zeros(x), zeros(x)]
  for (let i = 0; i < amounts.length; i += 2) {
    const axis = rank - 1 - i / 2
    low[axis] = amounts[i]!
    high[axis] = amounts[i + 1]!
  }
  const stop = x.shape.map((size, axis) => size + Math.min(0, high[axis]!))
  const start = low.map((amount) => Math.max(0, -amount))
  if (start.some((from, axis) => from > stop[axis]!))
    throw new ShapeError('pad', [x.shape, amounts], 'more is cropped than there is')
  x = x.slice(start, stop)
  const [before, behind] = [low, high].map((list) => list.map((amount) => Math.max(0, amount))) as [number[], number[]]
  if (mode === 'constant') {
    const padded = x.pad(before, behind)
    if (value === undefined || padded === x) return [padded]
    const inside = builder.fill('bool', x.shape, 1).pad(before, behind)
    return [inside.where(padded, value.cast(x.dtype).expand(padded.shape))]
  }
  for (let axis = 0; axis < rank; axis++) {
    if (before[axis] === 0 && behind[axis] === 0) continue
    const [first, last] = margins[mode](x, axis, before[axis]!, behind[axis]!)
    x = builder.concat([first, x, last], axis)
  }
  return [x]
})

/** Windows of `size` elements, `step` apart, of one axis, in a new last axis. */
export const unfold: Op<{ readonly axis: number; readonly size: number; readonly step: number }> = new Op(
  'unfold',
  ([x], { axis, size, step }, builder) => {
    const shape: Shape = [Math.floor((x!.shape[axis]! - size) / step) + 1, size]
    const at = builder
      .iota('int32', shape, 0)
      .mul(step)
      .add(builder.iota('int32', shape, 1))
    const windows = x!.gather(at, axis)
    const order = windows.shape.map((_, i) => i).toSpliced(axis + 1, 1)
    return [windows.permute([...order, axis + 1])]
  },
)

/** Classes to rows of 0 and one 1, in a new last axis. */
export const oneHot: Op<{ readonly classes: number }> = /* @__PURE__ */ new Op(
  'oneHot',
  ([x], { classes }, builder) => {
    const shape = [...x!.shape, classes]
    return [
      checked(x!, classes, (total) => noSuchClass('oneHot', classes, total))
        .reshape([...x!.shape, 1])
        .expand(shape)
        .eq(builder.iota(x!.dtype, shape, x!.rank))
        .cast('int32'),
    ]
  },
)
