/** A module as a function of its parameters. */
import { OptionError, ShapeError } from '../contract/errors.ts'
import { kind, type Kind } from '../signature/kind.ts'
import { nearest } from '../signature/nearest.ts'
import { signature } from '../signature/signature.ts'
import { tensor } from '../engine/kinds.ts'
import type { Tensor } from '../tensor/tensor.ts'
import * as kinds from './kinds.ts'
import type { AnyModule, Module } from './module.ts'
import { entriesOf, stateDict, type State } from './state.ts'

const argumentList: Kind<readonly unknown[]> = /* @__PURE__ */ kind(
  "a list of the module's arguments",
  Array.isArray,
  (value) => (tensor.accepts(value) ? 'pass [input]' : null),
)
export const FUNCTIONAL_CALL = /* @__PURE__ */ signature('functionalCall', {
  module: /* @__PURE__ */ kinds.module<AnyModule>(),
  state: stateDict,
  args: argumentList,
})

/**
 * Calls `module` with these tensors in place of the parameters and buffers of the same keys; the others stay its own.
 * Gradients flow to the given tensors. Buffers that the call updates are the given ones.
 * Errors: OptionError for a key that the module does not have, ShapeError for another shape.
 * Source: https://pytorch.org/docs/stable/generated/torch.func.functional_call.html
 */
export function functionalCall<A extends readonly unknown[], R>(module: Module<A, R>, state: State, args: A): R {
  FUNCTIONAL_CALL.read(arguments)
  const modules = new Map(module.namedModules())
  const restore: (() => void)[] = []
  try {
    for (const [key, value] of entriesOf('functionalCall', state, tensor.accepts)) {
      const dot = key.lastIndexOf('.')
      const owner = modules.get(dot < 0 ? '' : key.slice(0, dot)) as (AnyModule & Record<string, Tensor>) | undefined
      const name = key.slice(dot + 1)
      const before = owner?.[name]
      if (owner === undefined || before == null || !tensor.accepts(before)) throw unknown(module, key)
      if (before.shape.join() !== value.shape.join())
        throw new ShapeError(
          'functionalCall',
          [value.shape, before.shape],
          `'${key}' must have the shape of the module's own`,
        )
      owner[name] = value
      restore.push(() => (owner[name] = before))
    }
    return module(...args)
  } finally {
    for (const put of restore.toReversed()) put()
  }
}

function unknown(owner: AnyModule, key: string): OptionError {
  const meant = nearest(
    key,
    [...owner.namedParameters(), ...owner.namedBuffers()].map(([name]) => name),
  )
  const help = meant === null ? '' : `; did you mean '${meant}'?`
  return new OptionError('functionalCall', `the module has no parameter or buffer '${key}'${help}`)
}
