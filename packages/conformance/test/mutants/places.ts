/** Elements in wrong places: moves, broadcasting, products, windows, indices. */
import type { TensorType } from '@glissade/core/backend'
import { after, attributes, clone, coarse, isFloat, kernel, type Mutant } from './mutant.ts'

const F32_INTEGERS = 2 ** 24

/** What goes element by element may be asked to write where it reads. */
const CLEARING = ['neg', 'exp', 'tanh', 'add', 'mul', 'pow', 'where'] as const

export const places: readonly Mutant[] = [
  ...CLEARING.map((op) =>
    kernel(
      `${op} clears its result before it reads`,
      op,
      ({ attrs, args, results }, original) => {
        const loop = original(attrs, args, results)
        return (from, to) => {
          to[0]!.fill(0)
          loop(from, to)
        }
      },
      `compiled/${op}/*`,
    ),
  ),
  // ---- Moves and broadcasting ----
  attributes('permute applies the inverse order', 'permute', ({ attrs: { order } }) => ({
    order: order.map((_, axis) => order.indexOf(axis)),
  })),
  kernel('a transposed stride: permute of a matrix copies it', 'permute', ({ attrs, args, results }, original) =>
    attrs.order.join() === '1,0' ? ([x], [out]) => out!.set(x!) : original(attrs, args, results),
  ),
  kernel('expand of a middle axis repeats the wrong rows', 'expand', ({ attrs, args, results }, original) => {
    const [{ shape }] = args as [TensorType]
    const middle =
      shape.length === attrs.shape.length &&
      shape.slice(1, -1).some((size, i) => size === 1 && attrs.shape[i + 1] !== 1)
    if (!middle) return original(attrs, args, results)
    return ([x], [out]) => {
      for (let i = 0; i < out!.length; i++) out![i] = x![i % x!.length]!
    }
  }),
  kernel('expand of a trailing axis runs along the leading one', 'expand', ({ attrs, args, results }, original) => {
    const [{ shape }] = args as [TensorType]
    if (shape.length !== 2 || shape[1] !== 1 || attrs.shape.length !== 2) return original(attrs, args, results)
    return ([x], [out]) => {
      for (let i = 0; i < out!.length; i++) out![i] = x![i % x!.length]!
    }
  }),
  attributes('slice ignores its steps', 'slice', ({ attrs, results: [out] }) => ({
    ...attrs,
    step: attrs.step.map(() => 1),
    stop: attrs.start.map((from, axis) => from + out!.shape[axis]!),
  })),
  attributes('slice starts one early on the last axis', 'slice', ({ attrs }) => ({
    ...attrs,
    start: attrs.start.map((from, axis) => (axis === attrs.start.length - 1 && from > 0 ? from - 1 : from)),
  })),
  attributes('pad always fills with 0', 'pad', ({ attrs }) => ({ ...attrs, value: 0 })),
  attributes('pad puts the low amount behind', 'pad', ({ attrs }) => ({ ...attrs, low: attrs.high, high: attrs.low })),
  attributes('flip of several axes flips the first', 'flip', ({ attrs }) => ({ axes: attrs.axes.slice(0, 1) })),
  kernel('concat takes at most 8 operands', 'concat', ({ attrs, args, results }, original) => {
    const loop = original(attrs, args, results)
    return (from, to) =>
      loop(
        from.map((x, i) => (i < 8 ? x : clone(x).fill(0))),
        to,
      )
  }),
  kernel(
    'iota counts in float32',
    'iota',
    ({ attrs, args, results }, original) => {
      const loop = original(attrs, args, results)
      return (from, to) => {
        loop(from, to)
        const [out] = to
        if (out!.length > F32_INTEGERS) for (let i = F32_INTEGERS; i < out!.length; i++) out![i] = Math.fround(out![i]!)
      }
    },
    'eager/large/int32/*iota*',
  ),
  attributes('a constant list is its first element', 'constant', ({ attrs }) => ({
    ...attrs,
    value: typeof attrs.value === 'number' ? attrs.value : (attrs.value[0] ?? 0),
  })),
  // ---- Products and windows ----
  kernel('dot takes a transposed operand as it lies', 'dot', ({ attrs, args, results }, original) => {
    const [{ dtype, shape }] = args as [TensorType]
    const loop = original(
      { ...attrs, transposeA: false },
      [{ dtype, shape: attrs.transposeA ? [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!] : shape }, args[1]!],
      results,
    )
    return loop
  }),
  after('dot accumulates in bfloat16', 'dot', (out, _, { args }) => {
    if (isFloat(args[0]!.dtype)) for (let i = 0; i < out.length; i++) out[i] = coarse(out[i]!)
  }),
  after(
    'dot stops after 65,535 batches',
    'dot',
    (out, _, { args }) => {
      if (args[0]!.shape[0]! > 65_535) out.fill(0, (out.length / args[0]!.shape[0]!) * 65_535)
    },
    'eager/large/*dot*',
  ),
  kernel('dot leaves what was there when k is 0', 'dot', ({ attrs, args, results }, original) => {
    const loop = original(attrs, args, results)
    return args[0]!.shape.includes(0) && !results[0]!.shape.includes(0) ? () => {} : loop
  }),
  attributes('conv pads the low amount on both sides', 'conv', ({ attrs }) => ({
    ...attrs,
    padding: attrs.padding.map(([, high]) => [high, high] as const),
  })),
  attributes('conv ignores the dilation of the input', 'conv', ({ attrs }) => ({
    ...attrs,
    inputDilation: attrs.inputDilation.map(() => 1),
  })),
  kernel('conv turns the window round', 'conv', ({ attrs, args, results }, original) => {
    const loop = original(attrs, args, results)
    return ([x, w], out) => loop([x!, clone(w!).toReversed()], out)
  }),
  attributes('windowSum slides by one', 'windowSum', ({ attrs }) => ({
    ...attrs,
    strides: attrs.strides.map(() => 1),
  })),
  after('windowArgmax lets padding win', 'windowArgmax', (out, [x], { attrs }) => {
    if (attrs.padding.some(([low]) => low > 0) && x![out[0]!]! < 0) out[0] = out[0]! + 1
  }),
  // ---- Indices ----
  kernel(
    'gather clamps what is out of range',
    'gather',
    ({ attrs, args, results }, original) => {
      const loop = original(attrs, args, results)
      const last = args[0]!.shape[attrs.axis]! - 1
      return ([x, index], out) => loop([x!, clone(index!).map((i) => Math.max(0, Math.min(last, i)))], out)
    },
    'eager/errors/*',
  ),
  kernel('gather takes rows where columns are asked for', 'gather', ({ attrs, args, results }, original) => {
    const loop = original(attrs, args, results)
    return ([x, index], out) => loop([x!, args[0]!.shape.length === 3 ? clone(index!).fill(0) : index!], out)
  }),
  kernel('scatterAdd overwrites', 'scatterAdd', ({ attrs, args, results }, original) => {
    const loop = original(attrs, args, results)
    return ([x, index, updates], [out]) => {
      if (args[0]!.shape.length !== 1) return loop([x!, index!, updates!], [out!])
      out!.set(x!)
      for (let i = 0; i < index!.length; i++) out![index![i]!] = x![index![i]!]! + updates![i]!
    }
  }),
  kernel('scatterAdd forgets x', 'scatterAdd', ({ attrs, args, results }, original) => {
    const loop = original(attrs, args, results)
    return ([x, ...rest], out) => loop([clone(x!).fill(0), ...rest], out)
  }),
  kernel('sort is not stable', 'sort', ({ attrs, args, results }, original) => {
    const loop = original(attrs, args, results)
    return ([x], [values, indices]) => {
      loop([x!], [values!, indices!])
      if (args[0]!.shape.length === 1)
        for (let i = 1; i < values!.length; i++)
          if (values![i] === values![i - 1] && indices![i]! > indices![i - 1]!)
            [indices![i], indices![i - 1]] = [indices![i - 1]!, indices![i]!]
    }
  }),
  attributes('sort forgets to descend', 'sort', ({ attrs }) => ({ ...attrs, descending: false })),
]
