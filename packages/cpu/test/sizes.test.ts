/** Source without sizes: programs that differ in nothing else have the same, and each gives what it means. */
import { expect, test } from 'vitest'
import { evaluate } from '../../core/src/ir/evaluate.ts'
import { cpu } from '../src/index.ts'
import { kernels } from '../src/kernels/index.ts'
import { programSource } from '../src/source/program.ts'
import { withoutSizes } from '../src/source/sizes.ts'
import { operand, run } from './one-node.ts'
import { data, PROGRAMS, size } from './sized-programs.ts'

const backend = cpu()
const SIZES = 40

test.each(Object.keys(PROGRAMS))('%s', (what) => {
  const sources = new Set<string>()
  for (let i = 0; i < SIZES; i++) {
    const made = PROGRAMS[what]!(size(), size())
    sources.add(programSource(made, kernels).source)
    const inputs = made.inputs.map(data)
    const operands = made.inputs.map(({ dtype, shape }, k) => operand(dtype, shape, inputs[k]!))
    const got = run(backend, made, operands)
    evaluate(made, inputs).forEach((want, k) => {
      const wrong = [...want].findIndex((value, j) => Math.abs(value - got[k]![j]!) > 1e-6)
      if (wrong >= 0) expect.fail(`output ${k} at ${wrong} is ${got[k]![wrong]}, want ${want[wrong]}`)
    })
  }
  expect(sources.size).toBe(1)
})

test('numbers that are no sizes stay', () => {
  const source =
    'for (let i0 = 0; i0 < 3; i0++) r12[i0 * 4 + 100] = (-0.5) * x1[0] + 1e-17 * 0.01 - fround(2147483648.5)'
  const { text, sizes } = withoutSizes(source)
  expect(text).toBe('for (let i0 = 0; i0 < n0; i0++) r12[i0 * 4 + n1] = (-0.5) * x1[0] + 1e-17 * n2 - fround(n3)')
  expect(sizes).toEqual([3, 100, 0.01, 2147483648.5])
})
