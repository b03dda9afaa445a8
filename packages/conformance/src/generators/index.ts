/** What is tried of every primitive: one row each, and the compiler counts them. */
import type { Primitive } from '@glissade/core/backend'
import { elementwise } from './elementwise.ts'
import { indexing } from './indexing.ts'
import { movement } from './movement.ts'
import { products } from './product.ts'
import { reductions } from './reduction.ts'
import type { Generator } from './sample.ts'
import { windows } from './window.ts'

export const generators: { readonly [P in Primitive]: Generator<P> } = {
  ...elementwise,
  ...reductions,
  ...movement,
  ...products,
  ...windows,
  ...indexing,
}
