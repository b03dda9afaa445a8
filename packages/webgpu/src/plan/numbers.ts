/** Numbers as the words that lie in memory. */
import { DTYPES, type DType } from '@glissade/core/backend'

const FLOAT = new Float32Array(1)
const WORD = new Uint32Array(FLOAT.buffer)

/** The word of an element: the bits of a float, an integer, 0 or 1. */
export function wordOf(value: number, dtype: DType): number {
  if (DTYPES[dtype].kind !== 'float') return DTYPES[dtype].round(value) >>> 0
  FLOAT[0] = value
  return WORD[0]!
}
