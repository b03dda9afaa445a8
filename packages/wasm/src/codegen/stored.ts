/** How the elements of every dtype lie in memory: one row each, null where this backend does not have the dtype. */
import { DTYPES, DTYPE_NAMES, type DType } from '@glissade/core/backend'

export interface Stored {
  /** The register that holds one. */
  readonly kind: 'f32' | 'i32'
  readonly load: 'f32.load' | 'i32.load' | 'i32.load8_u'
  readonly store: 'f32.store' | 'i32.store' | 'i32.store8'
}
const byte: Stored = { kind: 'i32', load: 'i32.load8_u', store: 'i32.store8' }
const STORED: { readonly [D in DType]: Stored | null } = {
  bool: byte,
  uint8: byte,
  int32: { kind: 'i32', load: 'i32.load', store: 'i32.store' },
  // There are no vectors of halves: a value would be converted at every load and every store.
  float16: null,
  float32: { kind: 'f32', load: 'f32.load', store: 'f32.store' },
  float64: null,
}

/** The dtypes that there are here. */
export const dtypes: readonly DType[] = DTYPE_NAMES.filter((dtype) => STORED[dtype] !== null)
export const storedAs = (dtype: DType): Stored => STORED[dtype]!
export const kindOf = (dtype: DType): 'f32' | 'i32' => storedAs(dtype).kind
export const bytesOf = (dtype: DType): number => DTYPES[dtype].bytes
