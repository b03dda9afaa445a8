/** Applying an operation with one result, as the methods do. */
import { isGlissadeError } from '../contract/errors.ts'
import { named } from '../engine/called.ts'
import { apply, type Arg } from '../engine/door.ts'
import type { Attrs, Op } from '../engine/op.ts'
import type { Tensor } from './tensor.ts'

/** The result has the type that the caller declares: what the compiler knows of shapes and dtypes, operations do not. */
export function one<A extends Attrs, R = Tensor>(op: Op<A>, attrs: A, ...args: Arg[]): R {
  try {
    return apply(op, attrs, args)[0] as R
  } catch (error) {
    // A device knows no operation.
    throw isGlissadeError(error, 'MemoryError') ? named(error, op.name) : error
  }
}
