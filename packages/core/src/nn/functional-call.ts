/** A module as a function of its parameters. */
import { OptionError, ShapeError } from '../backend/errors.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { AnyModule, Module } from './module.ts'

type State = ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>

/**
 * Calls `module` with these tensors in place of the parameters and buffers of the same keys; the others stay its own.
 * Gradients flow to the given tensors. Buffers that the call updates are the given ones.
 * Errors: OptionError for a key that the module does not have, ShapeError for another shape.
 * Source: https://pytorch.org/docs/stable/generated/torch.func.functional_call.html
 */
export function functionalCall<A extends readonly unknown[], R>(module: Module<A, R>, state: State, args: A): R {
  const modules = new Map(module.namedModules())
  const restore: (() => void)[] = []
  try {
    for (const [key, value] of state instanceof Map ? (state as ReadonlyMap<string, Tensor>) : Object.entries(state)) {
      const dot = key.lastIndexOf('.')
      const owner = modules.get(dot < 0 ? '' : key.slice(0, dot)) as (AnyModule & Record<string, Tensor>) | undefined
      const name = key.slice(dot + 1)
      const before = owner?.[name]
      if (owner === undefined || before == null || !('glissadeTensor' in before))
        throw new OptionError('functionalCall', `the module has no parameter or buffer '${key}'`)
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
