/** Primitives that walk along lines of an axis: one lane per line, or per element. */
import { around } from '@glissade/codegen'
import { numel } from '@glissade/core/backend'
import { greater } from '../wgsl/index.ts'
import { byLane, lines, type Kernel } from './kernel.ts'
import { sumOf } from './sum.ts'
import { over, rest } from './text.ts'

/** Where line `i` starts, of lines of `size` that lie `inner` apart. */
const start = (size: number, inner: number): string =>
  inner === 1 ? `i * ${size}` : `${over('i', inner)} * ${size * inner} + ${rest('i', inner)}`

const argmax: Kernel<'argmax'> = ({ axis }, [x]) => {
  const { outer, size, inner } = around(x!.shape, axis)
  return byLane(outer * inner, numel(x!.shape), ({ load, store }) =>
    lines(
      `let first = ${start(size, inner)};`,
      `var best = ${load(0, 'first')}; var where_ = 0i;`,
      `for (var r = 1u; r < ${size}; r++) {`,
      `let x = ${load(0, `first + r * ${inner}`)};`,
      `if (${greater(x!.dtype, 'x', 'best')}) { best = x; where_ = i32(r); }`,
      '}',
      store(0, 'i', 'where_'),
    ),
  )
}

const cumsum: Kernel<'cumsum'> = ({ axis, reverse }, [x]) => {
  const { outer, size, inner } = around(x!.shape, axis)
  const sum = sumOf(x!.dtype, size)
  return byLane(size === 0 ? 0 : outer * inner, numel(x!.shape), ({ load, store }) =>
    lines(
      `let first = ${start(size, inner)};`,
      sum.open,
      `for (var r = 0u; r < ${size}; r++) {`,
      `let at = first + ${reverse ? `(${size - 1} - r)` : 'r'} * ${inner};`,
      sum.add(load(0, 'at')),
      store(0, 'at', sum.total),
      '}',
    ),
  )
}

/** Every element counts those that come before it: as many comparisons as the square of a line, but no lane waits. */
const sort: Kernel<'sort'> = ({ axis, descending }, [x]) => {
  const { size, inner } = around(x!.shape, axis)
  const { dtype } = x!
  const isBefore = (a: string, b: string): string => (descending ? greater(dtype, a, b) : greater(dtype, b, a))
  const items = numel(x!.shape)
  return byLane(items, items * size, ({ load, store }) =>
    lines(
      `let first = ${over('i', size * inner)} * ${size * inner} + ${rest('i', inner)};`,
      `let own = ${rest(over('i', inner), size)};`,
      `let x = ${load(0, 'i')}; var rank = 0u;`,
      `for (var r = 0u; r < ${size}; r++) {`,
      `let y = ${load(0, `first + r * ${inner}`)};`,
      `if (${isBefore('y', 'x')} || (r < own && !${isBefore('x', 'y')})) { rank++; }`,
      '}',
      `let at = first + rank * ${inner};`,
      store(0, 'at', 'x'),
      store(1, 'at', 'i32(own)'),
    ),
  )
}

export const alongLines: { readonly [P in 'argmax' | 'cumsum' | 'sort']: Kernel<P> } = { argmax, cumsum, sort }
