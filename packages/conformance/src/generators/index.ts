/** What is tried of every primitive: one row each, and the compiler counts them. */
import type { Primitive } from '@glissade/core/backend'
import { beyondFloats } from './beyond.ts'
import { elementwise } from './elementwise.ts'
import { finite } from './finite.ts'
import { indexing } from './indexing.ts'
import { lines } from './lines.ts'
import { movement } from './movement.ts'
import { products } from './product.ts'
import { reductions } from './reduction.ts'
import type { Generator } from './sample.ts'
import { usual } from './usual.ts'
import { windows } from './window.ts'

const edges: { readonly [P in Primitive]: Generator<P> } = {
  ...elementwise,
  ...reductions,
  ...movement,
  ...products,
  ...windows,
  ...indexing,
}
/** dot and conv of usual sizes are judged by projection (`usual/products.ts`). */
const kinds: readonly { readonly [P in Primitive]?: Generator<P> }[] = [edges, usual, lines, beyondFloats, finite]

/** All calls of a primitive. */
export const generators: { readonly [P in Primitive]: Generator<P> } = Object.fromEntries(
  Object.keys(edges).map((op) => [op, () => kinds.flatMap((kind) => kind[op as 'dot']?.() ?? [])]),
) as unknown as { [P in Primitive]: Generator<P> }
