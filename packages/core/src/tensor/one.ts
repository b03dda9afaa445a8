/** Applying an operation with one result, as the methods do. */
import { apply, type Arg } from './door.ts'
import type { Attrs, Op } from './op.ts'
import type { Tensor } from './tensor.ts'

/** The result has the type that the caller declares: what the compiler knows of shapes and dtypes, operations do not. */
export const one = <A extends Attrs, R = Tensor>(op: Op<A>, attrs: A, ...args: Arg[]): R =>
  apply(op, attrs, args)[0] as R
