/**
 * The derivative of every primitive, as a table: from the gradient of the result (and of nothing else: only `sort` has a
 * second result, which is integer) to the gradients of the operands. null where nothing can flow. Rows are written in
 * primitives themselves, so every gradient has a gradient.
 */
import { COMPARISON, LOGIC, type Attributes, type Primitive } from '../contract/contract.ts'
import { numel, stridesOf } from '../contract/dtype.ts'
import { isFloat } from '../ir/type.ts'
import type { Sym } from '../ir/builder.ts'

/** `g`: gradient of the (first) result; `args`, `results`: the node's own values. */
export type Gradient<P extends Primitive> = (
  g: Sym,
  args: readonly Sym[],
  results: readonly Sym[],
  attrs: Attributes[P],
) => readonly (Sym | null)[]

const NOTHING: Gradient<Primitive> = (_, args) => args.map(() => null)
/** The derivative is zero almost everywhere; PyTorch gives zeros, not "no gradient". */
const ZERO: Gradient<Primitive> = (g) => [g.like(0)]

function rows<P extends Primitive>(names: readonly P[], row: Gradient<Primitive>): { [K in P]: Gradient<K> } {
  return Object.fromEntries(names.map((name) => [name, row])) as unknown as { [K in P]: Gradient<K> }
}

/**
 * Shares the gradient of an extreme value evenly among the elements that attain it, as PyTorch's amax does. Where one is NaN,
 * that is the extreme.
 */
const extreme: Gradient<'max' | 'min'> = (g, [x], [out], { axes }) => {
  const ties = x!.eq(out!.restore(axes, x!.shape)).or(x!.eq(x!).not()).cast(x!.dtype)
  return [g.div(ties.sum(axes)).restore(axes, x!.shape).mul(ties)]
}

/**
 * For every element the product of all others along `axes`, by a tree: pairs are multiplied on the way up, and on the way
 * down each half takes what its sibling has. Nothing is divided, so zeros do no harm to it or to its own derivatives.
 */
function others(x: Sym, axes: readonly number[]): Sym {
  if (numel(x.shape) === 0) return x.like(1)
  const order = [...x.shape.keys()].filter((axis) => !axes.includes(axis)).concat(axes)
  const moved = x.permute(order)
  const size = numel(axes.map((axis) => x.shape[axis]!))
  const lines = numel(x.shape) / size
  const width = 2 ** Math.ceil(Math.log2(size))
  let pairs = moved.reshape([lines, size]).pad([0, 0], [0, width - size], [0, 0], 1)
  const levels: Sym[] = []
  for (let half = width / 2; half >= 1; half /= 2) {
    const level = pairs.reshape([lines, half, 2])
    levels.push(level)
    pairs = level.prod([2])
  }
  const top = x.builder.fill(x.dtype, [lines, 1], 1)
  const product = levels.reduceRight((outer, level) => {
    const [, half] = level.shape as [number, number, number]
    return outer
      .reshape([lines, half, 1])
      .expand(level.shape)
      .mul(level.flip([2]))
      .reshape([lines, 2 * half])
  }, top)
  const back = product.slice([0, 0], [lines, size]).reshape(moved.shape)
  return back.permute(order.map((_, axis) => order.indexOf(axis)))
}

/** At a tie both operands get half. */
const ofTwo = (g: Sym, wins: Sym, tie: Sym): Sym => tie.where(g.mul(0.5), wins.where(g, 0))

/** The gradient of every primitive: what it writes into the backward program. */
export const gradients: { readonly [P in Primitive]: Gradient<P> } = {
  ...rows(COMPARISON, NOTHING),
  ...rows(LOGIC, NOTHING),
  not: NOTHING,
  argmax: NOTHING,
  windowArgmax: NOTHING,
  constant: NOTHING,
  iota: NOTHING,
  sign: ZERO,
  floor: ZERO,
  ceil: ZERO,
  round: ZERO,
  neg: (g) => [g.neg()],
  // 0 of NaN, as PyTorch's sign.
  abs: (g, [x]) => [x!.eq(x!).where(g.mul(x!.sign()), 0)],
  exp: (g, _, [out]) => [g.mul(out!)],
  expm1: (g, _, [out]) => [g.mul(out!.add(1))],
  log: (g, [x]) => [g.div(x!)],
  log1p: (g, [x]) => [g.div(x!.add(1))],
  sin: (g, [x]) => [g.mul(x!.cos())],
  cos: (g, [x]) => [g.mul(x!.sin().neg())],
  atan: (g, [x]) => [g.div(x!.mul(x!).add(1))],
  tanh: (g, _, [out]) => [g.mul(out!.like(1).sub(out!.mul(out!)))],
  sqrt: (g, _, [out]) => [g.div(out!.mul(2))],
  // d erf = 2 / sqrt(pi) exp(-x^2)
  erf: (g, [x]) => [
    g.mul(
      x!
        .mul(x!)
        .neg()
        .exp()
        .mul(2 / Math.sqrt(Math.PI)),
    ),
  ],
  add: (g) => [g, g],
  sub: (g) => [g, g.neg()],
  mul: (g, [a, b]) => [g.mul(b!), g.mul(a!)],
  div: (g, [a, b]) => [g.div(b!), g.neg().mul(a!.div(b!).div(b!))],
  // a - b trunc(a / b)
  mod: (g, [a, b], [out]) => [g, g.neg().mul(a!.sub(out!).div(b!).round())],
  // b a^(b-1), which is 0 for b = 0 even at a = 0; a^b log(a), which is 0 at a = 0 for b >= 0
  pow: (g, [a, b], [out]) => [
    b!.eq(0).where(0, g.mul(b!.mul(a!.pow(b!.sub(1))))),
    a!
      .eq(0)
      .and(b!.like(0).le(b!))
      .where(0, g.mul(out!.mul(a!.log()))),
  ],
  maximum: (g, [a, b]) => [ofTwo(g, a!.lt(b!).not(), a!.eq(b!)), ofTwo(g, b!.lt(a!).not(), a!.eq(b!))],
  minimum: (g, [a, b]) => [ofTwo(g, b!.lt(a!).not(), a!.eq(b!)), ofTwo(g, a!.lt(b!).not(), a!.eq(b!))],
  where: (g, [condition]) => [null, condition!.where(g, 0), condition!.where(0, g)],
  cast: (g, [x]) => [isFloat(x!.dtype) ? g.cast(x!.dtype) : null],
  sum: (g, [x], _, { axes }) => [g.restore(axes, x!.shape)],
  prod: (g, [x], _, { axes }) => [g.restore(axes, x!.shape).mul(others(x!, axes))],
  max: extreme,
  min: extreme,
  cumsum: (g, _, __, { axis, reverse }) => [g.cumsum(axis, !reverse)],
  reshape: (g, [x]) => [g.reshape(x!.shape)],
  permute: (g, _x, _out, { order }) => [g.permute(order.map((_, axis) => order.indexOf(axis)))],
  expand: (g, [x], _, { shape }) => {
    const lead = shape.length - x!.rank
    const axes = shape.flatMap((size, axis) =>
      axis < lead || (x!.shape[axis - lead] === 1 && size !== 1) ? [axis] : [],
    )
    return [g.sum(axes).reshape(x!.shape)]
  },
  slice: (g, [x], _, { start, step }) => {
    if (numel(g.shape) === 0) return [x!.like(0)]
    const high = x!.shape.map((size, axis) => size - start[axis]! - (g.shape[axis]! - 1) * step[axis]! - 1)
    return [
      g.pad(
        start,
        high,
        step.map((by) => by - 1),
      ),
    ]
  },
  pad: (g, [x], _, { low, interior }) => {
    if (numel(x!.shape) === 0) return [x!.like(0)]
    const step = interior.map((zeros) => zeros + 1)
    return [
      g.slice(
        low,
        x!.shape.map((size, axis) => low[axis]! + (size - 1) * step[axis]! + 1),
        step,
      ),
    ]
  },
  flip: (g, _, __, { axes }) => [g.flip(axes)],
  concat: (g, args, _out, { axis }) => {
    let at = 0
    return args.map((x) => {
      const start = x.shape.map((_, i) => (i === axis ? at : 0))
      at += x.shape[axis]!
      return g.slice(
        start,
        x.shape.map((size, i) => start[i]! + size),
      )
    })
  },
  // C = op(A) op(B): dA = dC op(B)', dB = op(A)' dC, each transposed once more where the operand is.
  dot: (g, [a, b], _, { transposeA, transposeB }) => [
    transposeA ? b!.dot(g, transposeB, true) : g.dot(b!, false, !transposeB),
    transposeB ? g.dot(a!, true, transposeA) : a!.dot(g, !transposeA, false),
  ],
  conv: (g, [x, w], [out], attrs) => {
    if (numel(out!.shape) === 0 || numel(x!.shape) === 0 || numel(w!.shape) === 0) return [x!.like(0), w!.like(0)]
    const { strides, padding, dilation, inputDilation, groups } = attrs
    const space = x!.shape.slice(2)
    const window = w!.shape.slice(2)
    const trailing = window.map((_, i) => i + 2)
    const [n, o, perGroup] = [x!.shape[0]!, w!.shape[0]!, w!.shape[1]!]
    const swapped = (planes: Sym): Sym => planes.permute([1, 0, ...trailing])
    // Lengths once dilated: of the input, of the window, and of the result by the strides.
    const spread = (sizes: readonly number[], by: readonly number[]): number[] =>
      sizes.map((size, i) => (size - 1) * by[i]! + 1)
    const inputSpan = spread(space, inputDilation)
    const windowSpan = spread(window, dilation)
    const resultSpan = spread(out!.shape.slice(2), strides)
    // dx: the transposed convolution of g with the window turned round and its channels exchanged within each group.
    const exchanged =
      groups === 1
        ? swapped(w!)
        : w!
            .reshape([groups, o / groups, perGroup, ...window])
            .permute([0, 2, 1, ...trailing.map((axis) => axis + 1)])
            .reshape([groups * perGroup, o / groups, ...window])
    const dx = g.conv(exchanged.flip(trailing), {
      strides: inputDilation,
      inputDilation: strides,
      dilation,
      groups,
      padding: padding.map(([low], i) => [windowSpan[i]! - 1 - low, inputSpan[i]! - resultSpan[i]! + low] as const),
    })
    // dw: x as images of n channels, one per channel of a group, convolved with g as the window, o outputs.
    const images =
      groups === 1
        ? swapped(x!)
        : x!
            .reshape([n, groups, perGroup, ...space])
            .permute([2, 1, 0, ...trailing.map((axis) => axis + 1)])
            .reshape([perGroup, groups * n, ...space])
    const dw = images.conv(swapped(g), {
      strides: dilation,
      inputDilation,
      dilation: strides,
      groups,
      padding: padding.map(
        ([low], i) => [low, (window[i]! - 1) * dilation[i]! + resultSpan[i]! - inputSpan[i]! - low] as const,
      ),
    })
    return [dx, swapped(dw)]
  },
  windowSum: (g, [x], _out, { window, strides, padding, dilation }) => {
    if (numel(g.shape) === 0) return [x!.like(0)]
    const lead = x!.rank - window.length
    const none = x!.shape.map(() => 0)
    const apart = g.pad(
      none,
      none,
      none.map((_, axis) => (axis < lead ? 0 : strides[axis - lead]! - 1)),
    )
    // Every input element is summed by the windows that cover it: low and high margins as of a transposed convolution.
    const low = padding.map(([before], i) => (window[i]! - 1) * dilation[i]! - before)
    const high = padding.map(([before], i) => x!.shape[lead + i]! - apart.shape[lead + i]! + before)
    const sums = apart.windowSum({
      window,
      dilation,
      strides: window.map(() => 1),
      padding: low.map((amount, i) => [Math.max(0, amount), Math.max(0, high[i]!)] as const),
    })
    const start = none.map((_, axis) => (axis < lead ? 0 : Math.max(0, -low[axis - lead]!)))
    return [
      sums.slice(
        start,
        x!.shape.map((size, axis) => start[axis]! + size),
      ),
    ]
  },
  gather: (g, [x, index], _, { axis }) => [x!.like(0).scatterAdd(index!, g, axis), null],
  scatterAdd: (g, [, index], _, { axis }) => [g, null, g.gather(index!, axis)],
  sort: (g, [x], [, order], { axis }) => {
    const strides = stridesOf(x!.shape)
    let flat = order!.mul(strides[axis]!)
    strides.forEach((stride, other) => {
      if (other !== axis) flat = flat.add(x!.builder.iota('int32', x!.shape, other).mul(stride))
    })
    const size = numel(x!.shape)
    return [
      x!
        .like(0)
        .reshape([size])
        .scatterAdd(flat.reshape([size]), g.reshape([size]), 0)
        .reshape(x!.shape),
    ]
  },
}
