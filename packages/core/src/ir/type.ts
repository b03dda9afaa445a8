/** Interned tensor types: equal types are one object, so comparing signatures is comparing pointers and small numbers. */
import type { DType, Shape, TensorType } from '../contract/contract.ts'
import { MemoryError } from '../contract/errors.ts'
import { DTYPES, numel } from '../contract/dtype.ts'
import { OptionError } from '../contract/errors.ts'

/** A dtype and a shape; `typeOf` and `intern` give the one object of each. */
export class Type implements TensorType {
  readonly dtype: DType
  readonly shape: Shape
  /** Unique per type in this process; feeds the hash of signatures. */
  readonly id: number
  /** Number of elements. */
  readonly size: number
  readonly byteLength: number
  readonly kind: (typeof DTYPES)[DType]['kind']
  constructor(dtype: DType, shape: Shape, id: number) {
    this.dtype = dtype
    this.shape = Object.freeze([...shape])
    this.id = id
    this.size = numel(shape)
    this.kind = DTYPES[dtype].kind
    if (!Number.isSafeInteger(this.size * DTYPES[dtype].bytes))
      throw new MemoryError(
        'allocate',
        this.size * DTYPES[dtype].bytes,
        `${this.size * DTYPES[dtype].bytes} bytes are more than any memory has, for a tensor of shape [${shape.join(',')}]`,
      )
    this.byteLength = this.size * DTYPES[dtype].bytes
  }
  /** As in printed programs: `float32[2,10]`. */
  toString(): string {
    return `${this.dtype}[${this.shape.join(',')}]`
  }
}

const interned = new Map<string, Type>()

/** The one `Type` of this dtype and shape. */
export function typeOf(dtype: DType, shape: Shape): Type {
  const key = `${dtype}[${shape.join(',')}]`
  let type = interned.get(key)
  if (type === undefined) {
    assertSizes(dtype, shape)
    interned.set(key, (type = new Type(dtype, shape, interned.size)))
  }
  return type
}
/** Nothing that is no size comes past here, to a backend that would read memory beside a tensor. */
function assertSizes(dtype: DType, shape: Shape): void {
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0))
    throw new OptionError('shape', `sizes are integers from 0 (got ${dtype}[${shape.join(',')}])`)
}

/** The interned form of a plain type. */
export function intern(type: TensorType): Type {
  return type instanceof Type ? type : typeOf(type.dtype, type.shape)
}

export { isFloat, sameShape } from '../contract/dtype.ts'
