/** Hooks of `forward`: what they may give, and how they are taken out again. */
import { OptionError } from '../contract/errors.ts'
import { tensor } from '../engine/kinds.ts'
import type { Removable } from '../engine/grad-node.ts'
import { structureChanged } from '../engine/tracer.ts'
import { describe } from '../signature/describe.ts'

export type ForwardPreHook<M, A extends readonly unknown[]> = (module: M, args: A) => A | void
export type ForwardHook<M, A extends readonly unknown[], R> = (module: M, args: A, result: R) => R | void

/** What a hook before `forward` gave: nothing, a list of arguments, or the only argument, as in PyTorch. */
export function argumentsOf(given: unknown): readonly unknown[] | null {
  if (given === undefined || given === null) return null
  if (Array.isArray(given)) return given
  if (tensor.accepts(given)) return [given]
  throw new OptionError(
    'registerForwardPreHook',
    `a hook gives nothing, or a list of the arguments that take the place of its own (got ${describe(given)})`,
  )
}
/** What a hook after `forward` gave, if it can be in the place of `result`. */
export function resultOf<R>(given: R | void, result: R): R | void {
  if (given === undefined || given === null) return given
  if (typeof given === typeof result && typeof (given as { then?: unknown }).then !== 'function') return given
  throw new OptionError(
    'registerForwardHook',
    `a hook gives nothing, or what takes the place of the result (got ${describe(given)})`,
  )
}

export function hookInto<H>(hooks: Set<H>, hook: H): Removable {
  hooks.add(hook)
  structureChanged()
  return {
    remove() {
      hooks.delete(hook)
      structureChanged()
    },
  }
}
