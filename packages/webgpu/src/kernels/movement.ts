/** Primitives that move elements, or make them from nothing. */
import { around, movements, type Copies, type GridCopy, type Movement } from '@glissade/codegen'
import { numel, stridesOf } from '@glissade/core/backend'
import { literal } from '../wgsl/index.ts'
import { counted } from './counted.ts'
import { byLane, lines, type Kernel, type Work } from './kernel.ts'
import { indicesOf, over, placed, rest } from './text.ts'

/** One strided copy. */
function copied({ axes, operand, from, to }: GridCopy): readonly Work[] {
  const sizes = axes.map(({ size }) => size)
  const items = numel(sizes)
  return byLane(
    items,
    items,
    ({ load, store }) => {
      const { indices, text } = indicesOf('c', 'i', sizes)
      const read = placed(indices, axes.map((axis) => axis.from), from) // prettier-ignore
      const write = placed(indices, axes.map((axis) => axis.to), to) // prettier-ignore
      return lines(text, store(0, write, load(operand, read)))
    },
    { operands: [operand] },
  )
}

/** A movement as its copies, one for each operand that has elements. */
const moved =
  <P extends Movement>(plan: Copies<P>): Kernel<P> =>
  (attrs, args, [out]) =>
    plan(attrs, args, out!).flatMap(copied)

/** An element of the operand, or the value: one pass, where a fill and a copy were two. */
const pad: Kernel<'pad'> = ({ low, interior, value }, [x], [out]) => {
  const items = numel(out!.shape)
  return byLane(items, items, ({ load, store }) => {
    const fill = literal(value, x!.dtype)
    if (numel(x!.shape) === 0) return store(0, 'i', fill)
    const { indices, text } = indicesOf('c', 'i', out!.shape)
    const apart = interior.map((zeros) => zeros + 1)
    // Below the first element it wraps to more than there are.
    const places = indices.map((index, axis) => `let p${axis} = ${index} - ${low[axis]}u;`)
    const inside = x!.shape.flatMap((size, axis) => [
      `p${axis} < ${(size - 1) * apart[axis]! + 1}`,
      ...(apart[axis] === 1 ? [] : [`${rest(`p${axis}`, apart[axis]!)} == 0`]),
    ])
    const at = placed(
      x!.shape.map((_, axis) => over(`p${axis}`, apart[axis]!)),
      stridesOf(x!.shape),
    )
    return lines(
      text,
      ...places,
      `var x = ${fill};`,
      `if (${['true', ...inside].join(' && ')}) { x = ${load(0, at)}; }`,
      store(0, 'i', 'x'),
    )
  })
}

const constant: Kernel<'constant'> = ({ dtype, value }, _, [out]) => {
  const items = numel(out!.shape)
  return typeof value === 'number'
    ? byLane(items, items, ({ store }) => store(0, 'i', literal(value, dtype)))
    : byLane(items, items, ({ store, table }) => store(0, 'i', table('i')), { table: value })
}

const iota: Kernel<'iota'> = ({ dtype, shape, axis }) => {
  const { size, inner } = around(shape, axis)
  const items = numel(shape)
  return byLane(items, items, ({ store }) => store(0, 'i', counted(rest(over('i', inner), size), dtype)))
}

export const movement: { readonly [P in Movement | 'constant' | 'iota']: Kernel<P> } = {
  permute: moved(movements.permute),
  expand: moved(movements.expand),
  slice: moved(movements.slice),
  pad,
  flip: moved(movements.flip),
  concat: moved(movements.concat),
  constant,
  iota,
}
