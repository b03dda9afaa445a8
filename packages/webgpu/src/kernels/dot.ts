/** Products of matrices: one lane per element of the result. */
import { numel } from '@glissade/core/backend'
import { EXPRESSIONS } from '../wgsl/index.ts'
import { byLane, lines, type Kernel } from './kernel.ts'
import { sumOf } from './sum.ts'
import { over, rest } from './text.ts'

const kernel: Kernel<'dot'> = ({ transposeA, transposeB }, [a], [out]) => {
  const [m, n] = out!.shape.slice(-2) as [number, number]
  const k = a!.shape.at(transposeA ? -2 : -1)!
  const { dtype } = out!
  const items = numel(out!.shape)
  const sum = sumOf(dtype, k)
  const atA = transposeA ? `q * ${m} + row` : `row * ${k} + q`
  const atB = transposeB ? `column * ${k} + q` : `q * ${n} + column`
  return byLane(items, items * k, ({ load, store }) => {
    const product = EXPRESSIONS.mul(
      [load(0, `batch * ${m * k} + ${atA}`), load(1, `batch * ${k * n} + ${atB}`)],
      dtype,
      {},
    )
    return lines(
      `let batch = ${over('i', m * n)};`,
      `let row = ${rest(over('i', n), m)};`,
      `let column = ${rest('i', n)};`,
      sum.open,
      `for (var q = 0u; q < ${k}; q++) {`,
      sum.add(product),
      '}',
      store(0, 'i', sum.total),
    )
  })
}

export const dot: { readonly dot: Kernel<'dot'> } = { dot: kernel }
