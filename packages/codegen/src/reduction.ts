/** What reductions begin with. */
import { DTYPES, REDUCTION, type DType } from '@glissade/core/backend'

/** `sum`, `prod`, `max` and `min`. */
export type Reducer = (typeof REDUCTION)[number]

/** Whether the primitive of this name reduces over axes. */
export const isReducer = (op: string): op is Reducer => (REDUCTION as readonly string[]).includes(op)

/** The number that a reduction begins with: it changes nothing that it is combined with. */
export function identity(op: Reducer, dtype: DType): number {
  if (op === 'sum') return 0
  if (op === 'prod') return 1
  const [least, greatest] = DTYPES[dtype].range
  return op === 'max' ? least : greatest
}
