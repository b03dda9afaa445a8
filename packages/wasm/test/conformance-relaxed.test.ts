/**
 * The conformance kit in relaxed SIMD: within the same bounds. All that multiplies and adds at once is tried, and nothing else, whose
 * code is the same as without.
 */
import { testBackend } from '@glissade/conformance'
import { valueTypes, type Primitive } from '@glissade/core/backend'
import { expect, test } from 'vitest'
import { cases, type Case } from '../../cpu/test/cases.ts'
import { oneNode } from '../../cpu/test/one-node.ts'
import { dtypes } from '../src/codegen/stored.ts'
import { wasm } from '../src/index.ts'
import { printModule } from '../src/program.ts'
import { allowRelaxedSimd } from './allow-relaxed-simd.ts'

allowRelaxedSimd()

/** Primitives whose code has its instructions. */
const PRIMITIVES = ['exp', 'expm1', 'log', 'log1p', 'sin', 'cos', 'atan', 'tanh', 'erf', 'dot', 'conv']
/** Composites with kernels of their own that have them, and longer programs. */
const OTHERS = ['softmax', 'rnn', 'rnnBackward', 'lstm', 'lstmBackward', 'gru', 'gruBackward', 'attention', 'training']

test('other primitives have none of its instructions', () => {
  const relaxed = Object.entries(cases).flatMap(([op, list]) => {
    const programs = (list() as Case<Primitive>[])
      .map(({ attrs, operands }) => oneNode(op as Primitive, attrs as never, operands))
      .filter((program) => valueTypes(program).every(({ dtype }) => dtypes.includes(dtype)))
    return programs.some((program) => printModule(program, { relaxed: true }).includes('relaxed_')) ? [op] : []
  })
  expect(relaxed.toSorted()).toEqual(PRIMITIVES.toSorted())
})

testBackend({
  test,
  create: () => wasm({ relaxedSimd: true }),
  only: [
    ...[...PRIMITIVES, ...OTHERS].map((op) => `*/${op}/*`),
    ...PRIMITIVES.filter((op) => !['dot', 'conv'].includes(op)).map((op) => `compiled/loop/*/${op}, *`),
    'compiled/loop/*/softmax, *',
    'compiled/program/float32/*',
  ],
})
