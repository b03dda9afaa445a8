/** Applying an operation with one result, as the methods do. */
import { apply, type Arg } from './door.ts'
import type { Attrs, Op } from './op.ts'
import type { Tensor } from './tensor.ts'

export const one = <A extends Attrs>(op: Op<A>, attrs: A, ...args: Arg[]): Tensor => apply(op, attrs, args)[0] as Tensor
