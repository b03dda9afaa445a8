/**
 * Type rules: from the attributes and operand types of a primitive to its result types. The only place where shapes and
 * dtypes of programs are checked. Nothing here allocates or runs.
 */
import {
  BINARY_NUMBER,
  COMPARISON,
  LOGIC,
  REDUCTION,
  UNARY_FLOAT,
  UNARY_NUMBER,
  type Attributes,
  type DType,
  type Primitive,
  type Shape,
  type TensorType,
  type Window,
} from '../contract/contract.ts'
import { DTYPES, numel } from '../contract/dtype.ts'
import { DTypeError, OptionError, ShapeError } from '../contract/errors.ts'
import { intern, isFloat, sameShape, typeOf, type Type } from './type.ts'

type Rule<P extends Primitive> = (attrs: Attributes[P], types: readonly TensorType[], op: P) => Type[]

function rows<P extends Primitive>(names: readonly P[], rule: Rule<P>): { [K in P]: Rule<K> } {
  return Object.fromEntries(names.map((name) => [name, rule])) as unknown as { [K in P]: Rule<K> }
}

const shapes = (types: readonly TensorType[]): Shape[] => types.map((type) => type.shape)
const dtypes = (types: readonly TensorType[]): DType[] => types.map((type) => type.dtype)

function assertCount(op: string, types: readonly TensorType[], count: number): void {
  if (types.length !== count) throw new OptionError(op, `takes ${count} operands (got ${types.length})`)
}

function assertSame(op: string, types: readonly TensorType[]): TensorType {
  const [first] = types
  for (const type of types) {
    if (type === first) continue
    if (type.dtype !== first!.dtype) throw new DTypeError(op, dtypes(types), 'operands must have one dtype')
    if (!sameShape(type.shape, first!.shape)) throw new ShapeError(op, shapes(types), 'operands must have one shape')
  }
  return first!
}

function assertAxis(op: string, axis: number, rank: number): void {
  if (!Number.isInteger(axis) || axis < 0 || axis >= rank)
    throw new OptionError(op, `axis ${axis} is not in a tensor of rank ${rank}`)
}

function assertAxes(op: string, axes: readonly number[], rank: number): void {
  axes.forEach((axis, i) => {
    assertAxis(op, axis, rank)
    if (i > 0 && axis <= axes[i - 1]!) throw new OptionError(op, `axes must ascend (got [${axes.join(',')}])`)
  })
}

function assertLength(op: string, name: string, list: readonly unknown[], length: number): void {
  if (list.length !== length) throw new OptionError(op, `${name} needs ${length} entries (got ${list.length})`)
}

function assertNumber(op: string, type: TensorType): void {
  if (type.dtype === 'bool') throw new DTypeError(op, ['bool'], 'needs numbers; cast first')
}

function assertDType(op: string, type: TensorType, dtype: DType): void {
  if (type.dtype !== dtype) throw new DTypeError(op, [type.dtype], `needs ${dtype}`)
}

const isWhole = Number.isSafeInteger
const isInside = (value: number, [least, greatest]: readonly [number, number]): boolean =>
  isWhole(value) && value >= least && value <= greatest

function assertWhole(op: string, name: string, list: readonly number[], least: number): void {
  if (!list.every((entry) => isWhole(entry) && entry >= least))
    throw new OptionError(op, `${name} must be integers from ${least} (got [${list.join(',')}])`)
}

const without = (shape: Shape, axes: readonly number[]): number[] => shape.filter((_, axis) => !axes.includes(axis))

/** Positions of a window of `size` taps, `dilation` apart, over `length` elements. */
export function windowPositions(
  length: number,
  size: number,
  stride: number,
  [low, high]: readonly [number, number],
  dilation: number,
): number {
  const span = (size - 1) * dilation + 1
  return Math.max(0, Math.floor((length + low + high - span) / stride) + 1)
}

function windowed(op: string, attrs: Window, type: TensorType): number[] {
  const rank = attrs.window.length
  if (type.shape.length < rank) throw new ShapeError(op, [type.shape], `needs at least ${rank} axes`)
  for (const name of ['strides', 'padding', 'dilation'] as const) assertLength(op, name, attrs[name], rank)
  for (const name of ['window', 'strides', 'dilation'] as const) assertWhole(op, name, attrs[name], 1)
  assertWhole(op, 'padding', attrs.padding.flat(), -Infinity)
  const lead = type.shape.length - rank
  return type.shape.map((length, axis) => {
    if (axis < lead) return length
    const i = axis - lead
    return windowPositions(length, attrs.window[i]!, attrs.strides[i]!, attrs.padding[i]!, attrs.dilation[i]!)
  })
}

const unary =
  (accepts: (dtype: DType) => boolean, wanted: string): Rule<Primitive> =>
  (_, types, op) => {
    assertCount(op, types, 1)
    const [x] = types
    if (!accepts(x!.dtype)) throw new DTypeError(op, [x!.dtype], wanted)
    return [intern(x!)]
  }

/** One row per primitive; the compiler counts them. */
export const rules: { readonly [P in Primitive]: Rule<P> } = {
  ...rows(
    UNARY_NUMBER,
    unary((dtype) => dtype !== 'bool', 'needs numbers; cast first'),
  ),
  ...rows(UNARY_FLOAT, unary(isFloat, 'needs a floating-point operand; cast first')),
  ...rows(BINARY_NUMBER, (_, types, op) => {
    assertCount(op, types, 2)
    const type = assertSame(op, types)
    assertNumber(op, type)
    return [intern(type)]
  }),
  ...rows(COMPARISON, (_, types, op) => {
    assertCount(op, types, 2)
    return [typeOf('bool', assertSame(op, types).shape)]
  }),
  ...rows(LOGIC, (_, types, op) => {
    assertCount(op, types, 2)
    const type = assertSame(op, types)
    if (isFloat(type.dtype)) throw new DTypeError(op, dtypes(types), 'needs bool or integers')
    return [intern(type)]
  }),
  ...rows(REDUCTION, ({ axes }, types, op) => {
    assertCount(op, types, 1)
    const [x] = types
    assertNumber(op, x!)
    assertAxes(op, axes, x!.shape.length)
    const empty = axes.some((axis) => x!.shape[axis] === 0)
    if (empty && (op === 'max' || op === 'min') && numel(without(x!.shape, axes)) > 0)
      throw new ShapeError(op, [x!.shape], 'an empty axis has no extreme value')
    return [typeOf(x!.dtype, without(x!.shape, axes))]
  }),
  not: unary((dtype) => !isFloat(dtype), 'needs bool or integers'),
  where: (_, types) => {
    assertCount('where', types, 3)
    const [condition, a, b] = types
    assertDType('where', condition!, 'bool')
    const type = assertSame('where', [a!, b!])
    if (!sameShape(condition!.shape, type.shape))
      throw new ShapeError('where', shapes(types), 'operands must have one shape')
    return [intern(type)]
  },
  cast: ({ dtype }, types) => {
    assertCount('cast', types, 1)
    return [typeOf(dtype, types[0]!.shape)]
  },
  argmax: ({ axis }, types) => {
    assertCount('argmax', types, 1)
    const { shape } = types[0]!
    assertNumber('argmax', types[0]!)
    assertAxis('argmax', axis, shape.length)
    if (shape[axis] === 0 && numel(without(shape, [axis])) > 0)
      throw new ShapeError('argmax', [shape], 'an empty axis has no maximum')
    return [typeOf('int32', without(shape, [axis]))]
  },
  cumsum: ({ axis }, types) => {
    assertCount('cumsum', types, 1)
    assertNumber('cumsum', types[0]!)
    assertAxis('cumsum', axis, types[0]!.shape.length)
    return [intern(types[0]!)]
  },
  reshape: ({ shape }, types) => {
    assertCount('reshape', types, 1)
    if (numel(shape) !== numel(types[0]!.shape))
      throw new ShapeError('reshape', [types[0]!.shape, shape], 'the number of elements must stay')
    return [typeOf(types[0]!.dtype, shape)]
  },
  permute: ({ order }, types) => {
    assertCount('permute', types, 1)
    const { dtype, shape } = types[0]!
    if (order.length !== shape.length || order.toSorted((a, b) => a - b).some((axis, i) => axis !== i))
      throw new OptionError('permute', `order [${order.join(',')}] is no permutation of ${shape.length} axes`)
    return [
      typeOf(
        dtype,
        order.map((axis) => shape[axis]!),
      ),
    ]
  },
  expand: ({ shape }, types) => {
    assertCount('expand', types, 1)
    const from = types[0]!.shape
    const lead = shape.length - from.length
    if (lead < 0 || from.some((size, axis) => size !== 1 && size !== shape[axis + lead]))
      throw new ShapeError('expand', [from, shape], 'only axes of size 1 repeat')
    return [typeOf(types[0]!.dtype, shape)]
  },
  slice: ({ start, stop, step }, types) => {
    assertCount('slice', types, 1)
    const { dtype, shape } = types[0]!
    for (const [name, list] of Object.entries({ start, stop, step })) assertLength('slice', name, list, shape.length)
    return [
      typeOf(
        dtype,
        shape.map((size, axis) => {
          const [from, to, by] = [start[axis]!, stop[axis]!, step[axis]!]
          if (!(isWhole(from) && isWhole(to) && isWhole(by) && from >= 0 && from <= to && to <= size && by >= 1))
            throw new OptionError('slice', `${from}:${to}:${by} does not fit axis ${axis} of size ${size}`)
          return Math.ceil((to - from) / by)
        }),
      ),
    ]
  },
  pad: ({ low, high, interior }, types) => {
    assertCount('pad', types, 1)
    const { dtype, shape } = types[0]!
    for (const [name, list] of Object.entries({ low, high, interior })) assertLength('pad', name, list, shape.length)
    if ([...low, ...high, ...interior].some((amount) => !(isWhole(amount) && amount >= 0)))
      throw new OptionError('pad', 'amounts must be integers from 0')
    return [
      typeOf(
        dtype,
        shape.map((size, axis) => low[axis]! + size + Math.max(0, size - 1) * interior[axis]! + high[axis]!),
      ),
    ]
  },
  flip: ({ axes }, types) => {
    assertCount('flip', types, 1)
    assertAxes('flip', axes, types[0]!.shape.length)
    return [intern(types[0]!)]
  },
  concat: ({ axis }, types) => {
    if (types.length === 0) throw new OptionError('concat', 'needs at least one operand')
    const [first] = types
    assertAxis('concat', axis, first!.shape.length)
    let size = 0
    for (const type of types) {
      if (type.dtype !== first!.dtype) throw new DTypeError('concat', dtypes(types), 'operands must have one dtype')
      if (
        !sameShape(without(type.shape, [axis]), without(first!.shape, [axis])) ||
        type.shape.length !== first!.shape.length
      )
        throw new ShapeError('concat', shapes(types), `shapes must agree but for axis ${axis}`)
      size += type.shape[axis]!
    }
    return [typeOf(first!.dtype, first!.shape.with(axis, size))]
  },
  dot: ({ transposeA, transposeB }, types) => {
    assertCount('dot', types, 2)
    const [a, b] = types.map((type) => type.shape) as [Shape, Shape]
    if (types[0]!.dtype !== types[1]!.dtype) throw new DTypeError('dot', dtypes(types), 'operands must have one dtype')
    assertNumber('dot', types[0]!)
    const rank = a.length
    if (rank < 2 || b.length !== rank || !sameShape(a.slice(0, -2), b.slice(0, -2)))
      throw new ShapeError('dot', [a, b], 'needs operands of one rank of at least 2 with the same batch axes')
    const [m, k] = transposeA ? [a[rank - 1]!, a[rank - 2]!] : [a[rank - 2]!, a[rank - 1]!]
    const [l, n] = transposeB ? [b[rank - 1]!, b[rank - 2]!] : [b[rank - 2]!, b[rank - 1]!]
    if (k !== l) throw new ShapeError('dot', [a, b], `inner dimensions differ: ${k} and ${l}`)
    return [typeOf(types[0]!.dtype, [...a.slice(0, -2), m, n])]
  },
  conv: (attrs, types) => {
    assertCount('conv', types, 2)
    const [x, w] = types as [TensorType, TensorType]
    if (x.dtype !== w.dtype) throw new DTypeError('conv', dtypes(types), 'operands must have one dtype')
    if (!isFloat(x.dtype)) throw new DTypeError('conv', dtypes(types), 'needs floating-point operands')
    const rank = x.shape.length - 2
    if (rank < 1 || w.shape.length !== x.shape.length)
      throw new ShapeError('conv', shapes(types), 'needs [n, c, ...space] and [o, c / groups, ...window]')
    for (const name of ['strides', 'padding', 'dilation', 'inputDilation'] as const)
      assertLength('conv', name, attrs[name], rank)
    const { groups } = attrs
    for (const name of ['strides', 'dilation', 'inputDilation'] as const) assertWhole('conv', name, attrs[name], 1)
    assertWhole('conv', 'padding', attrs.padding.flat(), -Infinity)
    assertWhole('conv', 'groups', [groups], 1)
    if (x.shape[1] !== w.shape[1]! * groups || w.shape[0]! % groups !== 0)
      throw new ShapeError('conv', shapes(types), `channels do not fit ${groups} group${groups === 1 ? '' : 's'}`)
    const space = x.shape.slice(2).map((length, i) => {
      const dilated = length === 0 ? 0 : (length - 1) * attrs.inputDilation[i]! + 1
      return windowPositions(dilated, w.shape[i + 2]!, attrs.strides[i]!, attrs.padding[i]!, attrs.dilation[i]!)
    })
    return [typeOf(x.dtype, [x.shape[0]!, w.shape[0]!, ...space])]
  },
  windowSum: (attrs, types) => {
    assertCount('windowSum', types, 1)
    assertNumber('windowSum', types[0]!)
    return [typeOf(types[0]!.dtype, windowed('windowSum', attrs, types[0]!))]
  },
  windowArgmax: (attrs, types) => {
    assertCount('windowArgmax', types, 1)
    assertNumber('windowArgmax', types[0]!)
    return [typeOf('int32', windowed('windowArgmax', attrs, types[0]!))]
  },
  gather: ({ axis }, types) => {
    assertCount('gather', types, 2)
    const [x, index] = types as [TensorType, TensorType]
    assertDType('gather', index, 'int32')
    assertAxis('gather', axis, x.shape.length)
    return [typeOf(x.dtype, x.shape.toSpliced(axis, 1, ...index.shape))]
  },
  scatterAdd: ({ axis }, types) => {
    assertCount('scatterAdd', types, 3)
    const [x, index, updates] = types as [TensorType, TensorType, TensorType]
    assertDType('scatterAdd', index, 'int32')
    assertNumber('scatterAdd', x)
    assertAxis('scatterAdd', axis, x.shape.length)
    const wanted = x.shape.toSpliced(axis, 1, ...index.shape)
    if (updates.dtype !== x.dtype)
      throw new DTypeError('scatterAdd', [x.dtype, updates.dtype], 'operands must have one dtype')
    if (!sameShape(updates.shape, wanted))
      throw new ShapeError('scatterAdd', [updates.shape, wanted], 'updates must be shaped as gather(x, index)')
    return [intern(x)]
  },
  sort: ({ axis }, types) => {
    assertCount('sort', types, 1)
    assertNumber('sort', types[0]!)
    assertAxis('sort', axis, types[0]!.shape.length)
    return [intern(types[0]!), typeOf('int32', types[0]!.shape)]
  },
  constant: ({ dtype, shape, value }, types) => {
    assertCount('constant', types, 0)
    if (typeof value !== 'number') assertLength('constant', 'value', value, numel(shape))
    else if (!isFloat(dtype) && !isInside(value, DTYPES[dtype].range))
      throw new OptionError('constant', `${value} is no ${dtype}`)
    return [typeOf(dtype, shape)]
  },
  iota: ({ dtype, shape, axis }, types) => {
    assertCount('iota', types, 0)
    assertAxis('iota', axis, shape.length)
    if (dtype === 'bool') throw new DTypeError('iota', [dtype], 'needs numbers')
    return [typeOf(dtype, shape)]
  },
}

/** Whether a node's name is that of a primitive; others are composites. */
export const isPrimitive = (op: string): op is Primitive => Object.hasOwn(rules, op)

/** Result types of a primitive; throws ShapeError, DTypeError or OptionError. */
export function infer<P extends Primitive>(op: P, attrs: Attributes[P], types: readonly TensorType[]): Type[] {
  return (rules[op] as Rule<P>)(attrs, types, op)
}
