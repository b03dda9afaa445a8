/** The steps of long sorts, and sums at sorted indices: nodes of `passes/sorted.ts`. */
import { around } from '@glissade/codegen'
import { numel, type TensorType } from '@glissade/core/backend'
import { BLOCK, type SortingAttributes } from '../passes/sorted.ts'
import { greater } from '../wgsl/index.ts'
import { byLane, lines, type Work } from './kernel.ts'
import { sumOf } from './sum.ts'
import { over, rest } from './text.ts'

type Sorting<P extends keyof SortingAttributes> = (
  attrs: SortingAttributes[P],
  args: readonly TensorType[],
) => readonly Work[]

/** Opens a lane's element: `own` is its place in its line, `first` where the line starts. */
const opened = (size: number, inner: number): string =>
  lines(
    `let first = ${over('i', size * inner)} * ${size * inner} + ${rest('i', inner)};`,
    `let own = ${rest(over('i', inner), size)};`,
  )
const isBefore = ({ dtype }: TensorType, descending: boolean, a: string, b: string): string =>
  descending ? greater(dtype, a, b) : greater(dtype, b, a)

/** Every element counts those of its block that come before it. */
const sortBlocks: Sorting<'sortBlocks'> = ({ axis, descending }, [x]) => {
  const { size, inner } = around(x!.shape, axis)
  const items = numel(x!.shape)
  return byLane(items, items * BLOCK, ({ load, store }) =>
    lines(
      opened(size, inner),
      `let block = own / ${BLOCK} * ${BLOCK};`,
      `let x = ${load(0, 'i')}; var rank = block;`,
      `for (var r = block; r < min(block + ${BLOCK}, ${size}); r++) {`,
      `let y = ${load(0, `first + r * ${inner}`)};`,
      `if (${isBefore(x!, descending, 'y', 'x')} || (r < own && !${isBefore(x!, descending, 'x', 'y')})) { rank++; }`,
      '}',
      store(0, `first + rank * ${inner}`, 'i32(own)'),
    ),
  )
}

/** Every element finds by halving how many of the other run come before it: of a later run only those that are less. */
const mergeRuns: Sorting<'mergeRuns'> = ({ axis, descending, width }, [x]) => {
  const { size, inner } = around(x!.shape, axis)
  const items = numel(x!.shape)
  return byLane(items, items * Math.log2(2 * width), ({ load, store }) => {
    const key = (order: string): string => load(0, `first + u32(${order}) * ${inner}`)
    return lines(
      opened(size, inner),
      `let order = ${load(1, 'i')}; let x = ${key('order')};`,
      `let run = own / ${width}; let isLater = run % 2 == 1;`,
      `let other = min((run ^ 1) * ${width}, ${size}); let end = min(other + ${width}, ${size});`,
      'var low = other; var high = end;',
      'while (low < high) {',
      'let middle = (low + high) / 2;',
      `let y = ${key(load(1, `first + middle * ${inner}`))};`,
      `let goesOn = select(${isBefore(x!, descending, 'y', 'x')}, !${isBefore(x!, descending, 'x', 'y')}, isLater);`,
      'if (goesOn) { low = middle + 1; } else { high = middle; }',
      '}',
      `let at = run / 2 * ${2 * width} + own % ${width} + low - other;`,
      store(0, `first + at * ${inner}`, 'order'),
    )
  })
}

const takeSorted: Sorting<'takeSorted'> = ({ axis }, [x]) => {
  const { size, inner } = around(x!.shape, axis)
  const items = numel(x!.shape)
  return byLane(items, 2 * items, ({ load, store }) =>
    lines(
      opened(size, inner),
      `let order = ${load(1, 'i')};`,
      store(0, 'i', load(0, `first + u32(order) * ${inner}`)),
      store(1, 'i', 'order'),
    ),
  )
}

/** Every element finds its indices by halving; equal ones kept their order. */
const scatterSorted: Sorting<'scatterSorted'> = ({ axis }, [x, sorted]) => {
  const { size, inner } = around(x!.shape, axis)
  const count = numel(sorted!.shape)
  const items = numel(x!.shape)
  const sum = sumOf(x!.dtype, count)
  return byLane(items, items * Math.log2(count), ({ load, store, fail }) =>
    lines(
      `if (i == 0) { let least = ${load(1, 0)}; let greatest = ${load(1, count - 1)};`,
      `if (least < 0) { ${fail('least')} } else if (greatest >= ${size}) { ${fail('greatest')} } }`,
      `let own = i32(${rest(over('i', inner), size)});`,
      `let first = ${over('i', size * inner)} * ${count * inner} + ${rest('i', inner)};`,
      `var low = 0u; var high = ${count}u;`,
      'while (low < high) {',
      'let middle = (low + high) / 2;',
      `if (${load(1, 'middle')} < own) { low = middle + 1; } else { high = middle; }`,
      '}',
      sum.open,
      sum.add(load(0, 'i')),
      `for (var j = low; j < ${count} && ${load(1, 'j')} == own; j++) {`,
      sum.add(load(3, `first + u32(${load(2, 'j')}) * ${inner}`)),
      '}',
      store(0, 'i', sum.total),
    ),
  )
}

export const sorting: { readonly [P in keyof SortingAttributes]: Sorting<P> } = {
  sortBlocks,
  mergeRuns,
  takeSorted,
  scatterSorted,
}
