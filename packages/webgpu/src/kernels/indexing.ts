/** Primitives whose indices are values. */
import { around } from '@glissade/codegen'
import { numel } from '@glissade/core/backend'
import { byLane, lines, type Kernel } from './kernel.ts'
import { sumOf } from './sum.ts'
import { over, rest } from './text.ts'

const gather: Kernel<'gather'> = ({ axis }, [x, index], [out]) => {
  const { size, inner } = around(x!.shape, axis)
  const count = numel(index!.shape)
  const items = numel(out!.shape)
  return byLane(items, items, ({ load, store, fail }) =>
    lines(
      `let at = ${load(1, rest(over('i', inner), count))};`,
      `if (at < 0 || at >= ${size}) { ${fail('at')} } else {`,
      `let line = ${over('i', count * inner)} * ${size} + u32(at);`,
      store(0, 'i', load(0, `line * ${inner} + ${rest('i', inner)}`)),
      '}',
    ),
  )
}

/** Every element looks through all indices for its own: the sum has their order, and no lane writes what another does. */
const scatterAdd: Kernel<'scatterAdd'> = ({ axis }, [x, index]) => {
  const { size, inner } = around(x!.shape, axis)
  const count = numel(index!.shape)
  const sum = sumOf(x!.dtype, count + 1)
  const items = numel(x!.shape)
  return byLane(items, items * count, ({ load, store, fail }) =>
    lines(
      `let own = i32(${rest(over('i', inner), size)});`,
      `let first = ${over('i', size * inner)} * ${count * inner} + ${rest('i', inner)};`,
      sum.open,
      sum.add(load(0, 'i')),
      `for (var j = 0u; j < ${count}; j++) {`,
      `let at = ${load(1, 'j')};`,
      `if (at < 0 || at >= ${size}) { ${fail('at')} }`,
      `if (at == own) { ${sum.add(load(2, `first + j * ${inner}`))} }`,
      '}',
      store(0, 'i', sum.total),
    ),
  )
}

export const indexing: { readonly [P in 'gather' | 'scatterAdd']: Kernel<P> } = { gather, scatterAdd }
