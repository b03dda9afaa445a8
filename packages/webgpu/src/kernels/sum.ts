/**
 * Sums of many terms. One after the other they get less exact with their number, so a long one is made of parts
 * (docs/decisions/0016-long-sums.md).
 */
import { isFloat, type DType } from '@glissade/core/backend'
import { REDUCERS, valueType } from '../wgsl/index.ts'
import { lines } from './kernel.ts'

/** Terms of a part; sums of up to twice as many have none. */
const PART = 256

/** A sum as statements: what opens it, what adds a term, and the expression that it is in the end. */
export interface Sum {
  readonly open: string
  readonly add: (term: string) => string
  readonly total: string
}

/** A sum of so many terms, under a name of its own. */
export function sumOf(dtype: DType, terms: number, name = 'total'): Sum {
  const { start, step } = REDUCERS.sum
  const variable = (variableName: string): string => `var ${variableName}: ${valueType(dtype)} = ${start(dtype)};`
  const added = (to: string, term: string): string => `${to} = ${step(dtype, to, term)};`
  if (!isFloat(dtype) || terms <= 2 * PART)
    return { open: variable(name), add: (term) => added(name, term), total: name }
  const [part, count] = [`${name}_part`, `${name}_count`]
  return {
    open: lines(variable(name), variable(part), `var ${count} = 0u;`),
    add: (term) =>
      lines(
        added(part, term),
        `${count}++;`,
        `if (${count} == ${PART}) { ${added(name, part)} ${part} = ${start(dtype)}; ${count} = 0; }`,
      ),
    total: step(dtype, name, part),
  }
}
