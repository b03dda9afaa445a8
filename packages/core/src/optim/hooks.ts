/** Lists of hooks, and the hooks that every optimizer runs. */
import type { Removable } from '../engine/grad-node.ts'
import { structureChanged } from '../engine/tracer.ts'
import { fn } from '../signature/kind.ts'
import { signature } from '../signature/signature.ts'

/** Hooks in their order. The same function may be in it several times; each is removed by its own handle. */
export class Hooks<H> implements Iterable<H> {
  #entries: { readonly hook: H }[] = []
  add(hook: H, { prepend = false }: { readonly prepend?: boolean } = {}): Removable {
    const entry = { hook }
    this.#set(prepend ? [entry, ...this.#entries] : [...this.#entries, entry])
    return { remove: () => this.#set(this.#entries.filter((other) => other !== entry)) }
  }
  /** Recorded steps look at hooks again when something has changed. */
  #set(entries: { readonly hook: H }[]): void {
    this.#entries = entries
    structureChanged()
  }
  *[Symbol.iterator](): Iterator<H> {
    for (const { hook } of this.#entries) yield hook
  }
}

/** What `step` was called with: nothing, or the closure. */
export type StepArgs = readonly unknown[]
/** Runs before `step`; an array that it returns takes the place of the arguments. */
export type StepPreHook<P> = (optimizer: P, args: StepArgs) => StepArgs | undefined | void
/** Runs after `step`. */
export type StepPostHook<P> = (optimizer: P, args: StepArgs) => void

/** @internal */
export const globalBefore: Hooks<StepPreHook<unknown>> = new Hooks()
/** @internal */
export const globalAfter: Hooks<StepPostHook<unknown>> = new Hooks()

export const GLOBAL_HOOK = /* @__PURE__ */ signature('registerOptimizerStepHook', { hook: fn() })

/**
 * Runs `hook` before every step of every optimizer, ahead of the optimizer's own hooks.
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.optimizer.register_optimizer_step_pre_hook.html
 */
export function registerOptimizerStepPreHook(hook: StepPreHook<unknown>): Removable {
  GLOBAL_HOOK.read(arguments, 'registerOptimizerStepPreHook')
  return globalBefore.add(hook)
}
/** Runs `hook` after every step of every optimizer, behind the optimizer's own hooks. */
export function registerOptimizerStepPostHook(hook: StepPostHook<unknown>): Removable {
  GLOBAL_HOOK.read(arguments, 'registerOptimizerStepPostHook')
  return globalAfter.add(hook)
}
