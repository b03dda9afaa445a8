/** An index (u32) as an element: what `iota` counts with. */
import type { DType } from '@glissade/core/backend'
import type { Term } from '@glissade/codegen'
import { EXPRESSIONS } from '../wgsl/index.ts'

export const counted = (index: Term, dtype: DType): string =>
  dtype === 'int32' ? `i32(${index})` : EXPRESSIONS.cast([`i32(${index})`], 'int32', { dtype })
