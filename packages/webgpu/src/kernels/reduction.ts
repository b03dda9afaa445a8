/** What a lane reduces, and what the lanes of a workgroup reduce together. */
import type { Reduction } from '@glissade/codegen'
import { fromWord, REDUCERS, toWord, valueType } from '../wgsl/index.ts'
import { LANES, lines } from './kernel.ts'
import { sumOf, type Sum } from './sum.ts'

/** How a lane reduces so many elements. */
export function reducing({ op, dtype, result }: Reduction, terms: number): Sum {
  const total = `s${result}`
  if (op === 'sum') return sumOf(dtype, terms, total)
  const { start, step } = REDUCERS[op]
  return {
    open: `var ${total}: ${valueType(dtype)} = ${start(dtype)};`,
    add: (term) => `${total} = ${step(dtype, total, term)};`,
    total,
  }
}

/** What the lanes of a workgroup have each, as one value: a tree over `lanes`, which the first lane stores. */
export function together({ op, dtype }: Reduction, own: string, store: (value: string) => string): string {
  const at = (place: string): string => fromWord(dtype, `lanes[${place}]`)
  return lines(
    `lanes[lane] = ${toWord(dtype, own)};`,
    'workgroupBarrier();',
    `for (var half = ${LANES / 2}u; half > 0; half = half >> 1) {`,
    `if (lane < half) { lanes[lane] = ${toWord(dtype, REDUCERS[op].step(dtype, at('lane'), at('lane + half')))}; }`,
    'workgroupBarrier();',
    '}',
    `if (lane == 0) { ${store(at('0'))} }`,
    'workgroupBarrier();',
  )
}
