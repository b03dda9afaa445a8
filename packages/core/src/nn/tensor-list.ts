/** Lists of parameters as they are given: what iterates, or where one is enough a tensor. */
import { OptionError } from '../contract/errors.ts'
import { describe } from '../signature/describe.ts'
import { kind, type Kind } from '../signature/kind.ts'
import { tensor } from '../engine/kinds.ts'
import type { Tensor } from '../tensor/tensor.ts'

const iterates = (value: unknown): boolean => typeof value === 'object' && value !== null && Symbol.iterator in value
const ofModule = (value: unknown): string | null =>
  (value as { glissadeModule?: unknown } | null)?.glissadeModule === true ? 'pass its parameters()' : null

/** Its items are looked at one by one: a generator runs only once. */
export const several: Kind<Iterable<Tensor>> = /* @__PURE__ */ kind(
  'a list of tensors',
  (value) => iterates(value) && !tensor.accepts(value),
  ofModule,
)
export const oneOrMore: Kind<Tensor | Iterable<Tensor>> = /* @__PURE__ */ kind(
  'a list of tensors, or a tensor',
  (value) => iterates(value) || tensor.accepts(value),
  ofModule,
)

/** The tensors. Errors: OptionError for an item that is none. */
export function listed(operation: string, given: Tensor | Iterable<Tensor>): Tensor[] {
  if (tensor.accepts(given)) return [given as Tensor]
  const list = [...(given as Iterable<Tensor>)]
  for (const item of list)
    if (!tensor.accepts(item))
      throw new OptionError(operation, `parameters must be tensors (got ${describe(item)} among them)`)
  return list
}
