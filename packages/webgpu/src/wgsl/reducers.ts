/** Reductions: where they start, and how they go on. */
import { identity, type Reducer } from '@glissade/codegen'
import type { DType } from '@glissade/core/backend'
import { literal } from './dtype.ts'
import { EXPRESSIONS, type Elementwise } from './expressions.ts'

interface Reduction {
  readonly start: (dtype: DType) => string
  readonly step: (dtype: DType, total: string, x: string) => string
}
const by = (op: Reducer, step: Exclude<Elementwise, 'cast'>): Reduction => ({
  start: (dtype) => literal(identity(op, dtype), dtype),
  step: (dtype, total, x) => EXPRESSIONS[step]([total, x], dtype, {}),
})

export const REDUCERS: { readonly [R in Reducer]: Reduction } = {
  sum: by('sum', 'add'),
  prod: by('prod', 'mul'),
  max: by('max', 'maximum'),
  min: by('min', 'minimum'),
}
