/** What each primitive is in ONNX: one row per primitive, and the compiler counts them. */
import { BINARY_NUMBER, COMPARISON, LOGIC, REDUCTION, UNARY_NUMBER, numel } from '@glissade/core/backend'
import type { Attributes, Primitive, TensorType } from '@glissade/core/backend'
import type { Graph, Value } from './graph.ts'
import { conv, dot, windowArgmax, windowSum } from './products.ts'

export type Operator<P extends Primitive> = (
  graph: Graph,
  attrs: Attributes[P],
  args: readonly Value[],
  results: readonly TensorType[],
) => string | readonly string[]

function rows<P extends Primitive>(names: readonly P[], row: (op: P) => Operator<P>): { [K in P]: Operator<K> } {
  return Object.fromEntries(names.map((op) => [op, row(op)])) as unknown as { [K in P]: Operator<K> }
}
const plain =
  (type: string): Operator<Primitive> =>
  (graph, _, args) =>
    graph.op(
      type,
      args.map(({ name }) => name),
    )
const isInteger = ({ type }: Value): boolean => type.dtype === 'int32'

/** In double, where ONNX has no function that keeps its digits near zero: x + sign x^2 / 2 there, `far` elsewhere. */
const nearZero =
  (sign: number, far: (graph: Graph, x: string) => string): Operator<'expm1' | 'log1p'> =>
  (graph, _, [x]) => {
    const wide = graph.cast(x!.name, 'float64')
    const number = (value: number): string => graph.number('float64', value)
    const square = graph.op('Mul', [graph.op('Mul', [wide, wide]), number(sign / 2)])
    const isSmall = graph.op('Less', [graph.op('Abs', [wide]), number(1e-5)])
    const result = graph.op('Where', [isSmall, graph.op('Add', [wide, square]), far(graph, wide)])
    // The sign of zero is lost in the sum.
    return graph.op('Where', [
      graph.op('Equal', [x!.name, graph.number('float32', 0)]),
      x!.name,
      graph.cast(result, 'float32'),
    ])
  }

const extreme =
  (type: 'Max' | 'Min'): Operator<'maximum' | 'minimum'> =>
  (graph, _, [a, b]) => {
    const result = graph.op(type, [a!.name, b!.name])
    if (isInteger(a!)) return result
    const other = graph.op('Where', [graph.op('IsNaN', [b!.name]), b!.name, result])
    return graph.op('Where', [graph.op('IsNaN', [a!.name]), a!.name, other])
  }

/** A divisor with which the processor does not trap: 0 and -1 (of the least integer) are 1. */
function safe(graph: Graph, b: string): { divisor: string; isZero: string; isMinusOne: string; zero: string } {
  const [zero, one] = [graph.number('int32', 0), graph.number('int32', 1)]
  const isZero = graph.op('Equal', [b, zero])
  const isMinusOne = graph.op('Equal', [b, graph.number('int32', -1)])
  return { divisor: graph.op('Where', [graph.op('Or', [isZero, isMinusOne]), one, b]), isZero, isMinusOne, zero }
}
const div: Operator<'div'> = (graph, _, [a, b]) => {
  if (!isInteger(a!)) return graph.op('Div', [a!.name, b!.name])
  const { divisor, isZero, isMinusOne, zero } = safe(graph, b!.name)
  const quotient = graph.op('Where', [isMinusOne, graph.op('Neg', [a!.name]), graph.op('Div', [a!.name, divisor])])
  return graph.op('Where', [isZero, zero, quotient])
}
const mod: Operator<'mod'> = (graph, _, [a, b]) => {
  if (!isInteger(a!)) return graph.op('Mod', [a!.name, b!.name], { fmod: 1 })
  const { divisor, isZero, isMinusOne, zero } = safe(graph, b!.name)
  return graph.op('Where', [
    graph.op('Or', [isZero, isMinusOne]),
    zero,
    graph.op('Mod', [a!.name, divisor], { fmod: 1 }),
  ])
}
/** Floats in double. Integers by squaring: ONNX's power of integers goes through doubles and saturates. */
const pow: Operator<'pow'> = (graph, _, [a, b]) => {
  if (!isInteger(a!))
    return graph.cast(graph.op('Pow', [graph.cast(a!.name, 'float64'), graph.cast(b!.name, 'float64')]), 'float32')
  const [zero, one, two] = [0, 1, 2].map((value) => graph.number('int32', value)) as [string, string, string]
  const isOdd = (x: string): string =>
    graph.op('Equal', [graph.op('Abs', [graph.op('Mod', [x, two], { fmod: 1 })]), one])
  const isNegative = graph.op('Less', [b!.name, zero])
  let [power, square, rest] = [one, a!.name, graph.op('Max', [b!.name, zero])]
  for (let bit = 0; bit < 31; bit++) {
    power = graph.op('Where', [isOdd(rest), graph.op('Mul', [power, square]), power])
    square = graph.op('Mul', [square, square])
    rest = graph.op('Div', [rest, two])
  }
  // 1 / x^n, truncated: x itself for odd n, 1 for even n where |x| = 1, else 0.
  const isUnit = graph.op('Equal', [graph.op('Abs', [a!.name]), one])
  const unit = graph.op('Where', [isOdd(b!.name), a!.name, one])
  return graph.op('Where', [isNegative, graph.op('Where', [isUnit, unit, zero]), power])
}

/** Comparisons of bool are those of 0 and 1. */
const comparison =
  (type: string): Operator<'eq' | 'lt' | 'le'> =>
  (graph, _, args) =>
    graph.op(
      type,
      args.map(({ name, type: { dtype } }) => (dtype === 'bool' ? graph.cast(name, 'int32') : name)),
    )
const logic =
  (bool: string, integer: string): Operator<'and' | 'or' | 'not'> =>
  (graph, _, args) =>
    graph.op(
      args[0]!.type.dtype === 'bool' ? bool : integer,
      args.map(({ name }) => name),
    )

const where: Operator<'where'> = (graph, _, [condition, a, b]) => {
  const names = [condition, a, b].map((value) => value!.name) as [string, string, string]
  if (a!.type.dtype !== 'bool') return graph.op('Where', names)
  const [c, x, y] = names
  return graph.op('Or', [graph.op('And', [c, x]), graph.op('And', [graph.op('Not', [c]), y])])
}

const cast: Operator<'cast'> = (graph, { dtype }, [x]) => {
  if (dtype !== 'int32' || x!.type.dtype !== 'float32') return graph.cast(x!.name, dtype)
  const wide = graph.cast(x!.name, 'float64')
  const within = graph.op('Clip', [wide, graph.number('float64', -(2 ** 31)), graph.number('float64', 2 ** 31 - 1)])
  return graph.cast(graph.op('Where', [graph.op('IsNaN', [x!.name]), graph.number('float64', 0), within]), 'int32')
}

const sign: Operator<'sign'> = (graph, _, [x]) => {
  const result = graph.op('Sign', [x!.name])
  if (isInteger(x!)) return result
  const keeps = graph.op('Or', [graph.op('IsNaN', [x!.name]), graph.op('Equal', [x!.name, graph.number('float32', 0)])])
  return graph.op('Where', [keeps, x!.name, result])
}

// ---- Reductions -----------------------------------------------------------------------------------------------------

const reduce = (graph: Graph, type: string, x: string, axes: readonly number[]): string =>
  axes.length === 0 ? graph.op('Identity', [x]) : graph.op(type, [x, graph.list(axes)], { keepdims: 0 })
const TYPES = { sum: 'ReduceSum', prod: 'ReduceProd', max: 'ReduceMax', min: 'ReduceMin' } as const
const reduction =
  (op: (typeof REDUCTION)[number]): Operator<typeof op> =>
  (graph, { axes }, [x]) => {
    // ONNX Runtime's sums of int32 saturate; the lower half of an int64 wraps.
    if (isInteger(x!) && (op === 'sum' || op === 'prod'))
      return graph.cast(reduce(graph, TYPES[op], graph.cast(x!.name, 'int64'), axes), 'int32')
    const result = reduce(graph, TYPES[op], x!.name, axes)
    if (op === 'sum' || op === 'prod' || isInteger(x!)) return result
    const nans = reduce(graph, 'ReduceMax', graph.cast(graph.op('IsNaN', [x!.name]), 'int32'), axes)
    return graph.op('Where', [graph.cast(nans, 'bool'), graph.number('float32', NaN), result])
  }
const argmax: Operator<'argmax'> = (graph, { axis }, [x]) => {
  const first = (value: string): string => graph.op('ArgMax', [value], { axis, keepdims: 0 })
  if (isInteger(x!)) return graph.cast(first(x!.name), 'int32')
  const nans = graph.cast(graph.op('IsNaN', [x!.name]), 'int32')
  const some = graph.cast(reduce(graph, 'ReduceMax', nans, [axis]), 'bool')
  return graph.cast(graph.op('Where', [some, first(nans), first(x!.name)]), 'int32')
}

// ---- Moves ----------------------------------------------------------------------------------------------------------

const slice: Operator<'slice'> = (graph, { start, stop, step }, [x]) =>
  start.length === 0
    ? x!.name
    : graph.op('Slice', [
        x!.name,
        graph.list(start),
        graph.list(stop),
        graph.list(start.map((_, axis) => axis)),
        graph.list(step),
      ])

/** `interior`: each element becomes a row with the filler behind it, and the last row is cut short. */
const pad: Operator<'pad'> = (graph, { low, high, interior, value }, [x]) => {
  const { dtype } = x!.type
  if (x!.type.shape.length === 0) return x!.name
  const filler = graph.number(dtype, value)
  let name = x!.name
  const shape = [...x!.type.shape]
  interior.forEach((count, axis) => {
    if (count === 0) return
    const rows_ = graph.reshape(name, shape.toSpliced(axis + 1, 0, 1))
    const none = [...shape, 0].map(() => 0)
    const filled = graph.op('Pad', [rows_, graph.list([...none, ...none.with(axis + 1, count)]), filler])
    shape[axis] = shape[axis]! * (count + 1)
    const flat = graph.reshape(filled, shape)
    shape[axis] = shape[axis] - count
    name = graph.op('Slice', [flat, graph.list([0]), graph.list([shape[axis]]), graph.list([axis])])
  })
  return graph.op('Pad', [name, graph.list([...low, ...high]), filler])
}
const flip: Operator<'flip'> = (graph, { axes }, [x]) => {
  if (axes.length === 0) return x!.name
  const all = (value: number): string => graph.list(axes.map(() => value))
  return graph.op('Slice', [x!.name, all(-1), all(-(2 ** 31)), graph.list(axes), all(-1)])
}
/** ONNX counts negative indices from the end; here they are errors, as those beyond the end. */
const inside = (graph: Graph, index: string, size: number): string =>
  graph.op('Where', [graph.op('Less', [index, graph.number('int32', 0)]), graph.number('int32', size), index])
const scatterAdd: Operator<'scatterAdd'> = (graph, { axis }, [x, index, updates]) => {
  const { shape } = x!.type
  const [outer, inner] = [numel(shape.slice(0, axis)), numel(shape.slice(axis + 1))]
  const count = numel(index!.type.shape)
  const front = (name: string, size: number): string =>
    graph.op('Transpose', [graph.reshape(name, [outer, size, inner])], { perm: [1, 0, 2] })
  const places = graph.reshape(graph.cast(inside(graph, index!.name, shape[axis]!), 'int64'), [count, 1])
  const sum = graph.op('ScatterND', [front(x!.name, shape[axis]!), places, front(updates!.name, count)], {
    reduction: 'add',
  })
  return graph.reshape(graph.op('Transpose', [sum], { perm: [1, 0, 2] }), shape)
}

export const operators: { readonly [P in Primitive]: Operator<P> } = {
  ...rows(UNARY_NUMBER, (op) => plain({ neg: 'Neg', abs: 'Abs', sign: 'Sign' }[op])),
  sign,
  floor: plain('Floor'),
  ceil: plain('Ceil'),
  round: plain('Round'),
  exp: plain('Exp'),
  expm1: nearZero(1, (graph, x) => graph.op('Sub', [graph.op('Exp', [x]), graph.number('float64', 1)])),
  log: plain('Log'),
  log1p: nearZero(-1, (graph, x) => graph.op('Log', [graph.op('Add', [x, graph.number('float64', 1)])])),
  sin: plain('Sin'),
  cos: plain('Cos'),
  atan: plain('Atan'),
  tanh: plain('Tanh'),
  sqrt: plain('Sqrt'),
  erf: plain('Erf'),
  ...rows(BINARY_NUMBER, (op) => plain(op[0]!.toUpperCase() + op.slice(1))),
  div,
  mod,
  pow,
  maximum: extreme('Max'),
  minimum: extreme('Min'),
  ...rows(COMPARISON, (op) => comparison({ eq: 'Equal', lt: 'Less', le: 'LessOrEqual' }[op])),
  ...rows(LOGIC, (op) => (op === 'and' ? logic('And', 'BitwiseAnd') : logic('Or', 'BitwiseOr'))),
  not: logic('Not', 'BitwiseNot'),
  where,
  cast,
  ...rows(REDUCTION, reduction),
  argmax,
  cumsum: (graph, { axis, reverse }, [x]) =>
    graph.op('CumSum', [x!.name, graph.number('int32', axis)], { reverse: Number(reverse) }),
  reshape: (graph, { shape }, [x]) => graph.reshape(x!.name, shape),
  permute: (graph, { order }, [x]) =>
    order.length === 0 ? x!.name : graph.op('Transpose', [x!.name], { perm: order }),
  expand: (graph, { shape }, [x]) => graph.op('Expand', [x!.name, graph.list(shape)]),
  slice,
  pad,
  flip,
  concat: (graph, { axis }, args) =>
    graph.op(
      'Concat',
      args.filter(({ type }) => numel(type.shape) > 0).map(({ name }) => name),
      { axis },
    ),
  dot,
  conv,
  windowSum,
  windowArgmax,
  gather: (graph, { axis }, [x, index]) =>
    graph.op('Gather', [x!.name, inside(graph, index!.name, x!.type.shape[axis]!)], { axis }),
  scatterAdd,
  sort: (graph, { axis, descending }, [x]) => {
    const [values, places] = graph.ops(
      'TopK',
      [x!.name, graph.list([x!.type.shape[axis]!])],
      { axis, largest: Number(descending), sorted: 1 },
      2,
    )
    return [values!, graph.cast(places!, 'int32')]
  },
  constant: (graph, { dtype, shape, value }) =>
    typeof value === 'number' ? graph.fill(dtype, shape, value) : graph.constant(dtype, shape, value),
  iota: (graph, { dtype, shape, axis }) => {
    const [zero, size, one] = [0, shape[axis]!, 1].map((value) => graph.number('int32', value)) as [
      string,
      string,
      string,
    ]
    const line = graph.cast(graph.op('Range', [zero, size, one]), dtype)
    return graph.op('Expand', [
      graph.reshape(
        line,
        shape.map((length, i) => (i === axis ? length : 1)),
      ),
      graph.list(shape),
    ])
  },
}

/** What results are where an operand has no elements: ONNX leaves most of these to its implementations. */
export function ofNothing(
  graph: Graph,
  op: Primitive,
  attrs: object,
  args: readonly Value[],
  result: TensorType,
): string | null {
  if (numel(result.shape) === 0) return graph.fill(result.dtype, result.shape, 0)
  if (args.every(({ type }) => numel(type.shape) > 0)) return null
  if (op === 'pad') return graph.fill(result.dtype, result.shape, (attrs as Attributes['pad']).value)
  if (op === 'prod') return graph.fill(result.dtype, result.shape, 1)
  if (op === 'scatterAdd') return args[0]!.name
  return op === 'concat' ? null : graph.fill(result.dtype, result.shape, 0)
}
