/** What reductions begin with. */
import { REDUCTION, type DType } from '@glissade/core/backend'

/** `sum`, `prod`, `max` and `min`. */
export type Reducer = (typeof REDUCTION)[number]

/** Whether the primitive of this name reduces over axes. */
export const isReducer = (op: string): op is Reducer => (REDUCTION as readonly string[]).includes(op)

const RANGE: { readonly [D in DType]: readonly [least: number, greatest: number] } = {
  float32: [-Infinity, Infinity],
  float64: [-Infinity, Infinity],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint8: [0, 255],
  bool: [0, 1],
}

/** The number that a reduction begins with: it changes nothing that it is combined with. */
export function identity(op: Reducer, dtype: DType): number {
  if (op === 'sum') return 0
  if (op === 'prod') return 1
  const [least, greatest] = RANGE[dtype]
  return op === 'max' ? least : greatest
}
