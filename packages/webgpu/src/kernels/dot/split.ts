/**
 * The terms of a sum divided among lanes, where there are few results and each has many terms: a workgroup has `RESULTS` of them, and
 * the parts are added in one order, so that every run gives the same bits.
 */
import { LANES, lines, type Work } from '../kernel.ts'
import { EXPRESSIONS, fromWord, REDUCERS, toWord } from '../../wgsl/index.ts'
import { over, rest } from '../text.ts'
import { sumOf } from '../sum.ts'
import type { Sizes } from './sizes.ts'

const RESULTS = 32
const PARTS = LANES / RESULTS

export function splitTerms({ batch, m, n, k, dtype, a, b }: Sizes): readonly Work[] {
  const results = batch * m * n
  const { step } = REDUCERS.sum
  const sum = sumOf(dtype, Math.ceil(k / PARTS))
  const items = Math.ceil(results / RESULTS)
  return [
    {
      items,
      by: 'group',
      cost: results * k,
      body: ({ load, store }) => {
        const at = (place: string): string => fromWord(dtype, `lanes[${place}]`)
        const place = (operand: string): string => `${operand} + q * ${operand === 'x' ? a.term : b.term}`
        return lines(
          `let result = i * ${RESULTS} + lane % ${RESULTS};`,
          `let matrix = ${over('result', m * n)};`,
          `let x = matrix * ${m * k} + ${rest(over('result', n), m)} * ${a.row};`,
          `let y = matrix * ${k * n} + ${rest('result', n)} * ${b.column};`,
          sum.open,
          `if (result < ${results}) {`,
          `for (var q = lane / ${RESULTS}; q < ${k}; q += ${PARTS}) {`,
          sum.add(EXPRESSIONS.mul([load(0, place('x')), load(1, place('y'))], dtype, {})),
          '} }',
          `lanes[lane] = ${toWord(dtype, sum.total)};`,
          'workgroupBarrier();',
          `for (var half = ${LANES / 2}u; half >= ${RESULTS}; half = half >> 1) {`,
          `if (lane < half) { lanes[lane] = ${toWord(dtype, step(dtype, at('lane'), at('lane + half')))}; }`,
          'workgroupBarrier();',
          '}',
          `if (lane < ${RESULTS} && result < ${results}) { ${store(0, 'result', at('lane'))} }`,
          'workgroupBarrier();',
        )
      },
    },
  ]
}
