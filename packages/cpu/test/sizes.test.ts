/** Source without sizes: programs that differ in nothing else have the same, and each gives what it means. */
import { expect, test } from 'vitest'
import { evaluate } from '../../core/src/ir/evaluate.ts'
import { cpu } from '../src/index.ts'
import { kernels } from '../src/kernels/index.ts'
import { programSource } from '../src/source/program.ts'
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
