/** The tape: which operation made a tensor, from which others. */
import { StateError } from '../contract/errors.ts'
import type { Type } from '../ir/type.ts'
import { fn as fnKind } from '../signature/kind.ts'
import { forsake, isPromise } from '../signature/promise.ts'
import { bare, signature } from '../signature/signature.ts'
import { creation, type Creation } from './anomaly.ts'
import type { Handle } from './handle.ts'

/** What registering a hook gives: `remove` takes it away. */
export interface Removable {
  remove(): void
}

let enabled = true
let nodes = 0

/** Whether operations are recorded for backward. */
export function isGradEnabled(): boolean {
  // Asked for every operation.
  if (arguments.length > 0) BARE.isGradEnabled.read(arguments)
  return enabled
}
export const BARE = /* @__PURE__ */ bare('isGradEnabled')
export const NO_GRAD = /* @__PURE__ */ signature('noGrad', { fn: fnKind() })
export const ENABLE_GRAD = /* @__PURE__ */ signature('enableGrad', { fn: fnKind() })

function withGrad<T>(on: boolean, name: string, fn: () => T): T {
  const before = enabled
  enabled = on
  try {
    const result = fn()
    if (isPromise(result)) {
      forsake(result)
      throw new StateError(
        name,
        'the callback must be synchronous: the mode is global and would leak into other code while it waits',
      )
    }
    return result
  } finally {
    enabled = before
  }
}

/**
 * Runs `fn` without recording for backward: results do not require gradients.
 * `fn` must be synchronous (StateError otherwise).
 * Source: https://pytorch.org/docs/stable/generated/torch.no_grad.html
 *
 * @example
 * ```ts
 * import { noGrad, tensor } from '@glissade/core'
 *
 * const w = tensor([1, 2], { requiresGrad: true })
 * const y = noGrad(() => w.mul(2))
 * console.log(y.requiresGrad) // false
 * ```
 */
export function noGrad<T>(fn: () => T): T {
  NO_GRAD.read(arguments)
  return withGrad(false, 'noGrad', fn)
}

/** Records for backward inside `fn` again, also within `noGrad`. `fn` must be synchronous. */
export function enableGrad<T>(fn: () => T): T {
  ENABLE_GRAD.read(arguments)
  return withGrad(true, 'enableGrad', fn)
}

/** The number of the latest node. */
export const latestNode = (): number => nodes

/** A hook on the gradient of one tensor; what it returns, if anything, takes the gradient's place. */
export type GradHook = (grad: Handle) => Handle | null | undefined | void

export abstract class GradNode {
  /** Later nodes have higher numbers, so descending order is an order of backward. */
  readonly sequence: number = ++nodes
  /** Where it was called, while anomalies are looked for. */
  readonly made: Creation | null = creation()
  abstract readonly name: string
  /** Per operand the node that made it, and which of its results it is; null where no gradient is wanted. */
  abstract readonly inputs: readonly (GradNode | null)[]
  abstract readonly indices: readonly number[]
  abstract readonly outputs: readonly Type[]
  /** Per result. */
  hooks: GradHook[][] | null = null
  /** Results whose gradient is kept although they are no leaves. */
  retained: (Handle | undefined)[] | null = null
  /** Gradients of the operands; null where there is none. Runs under the current gradient mode. */
  abstract backward(grads: readonly (Handle | null)[]): readonly (Handle | null)[]
  /** Drops what was saved for backward. */
  abstract free(): void
}

/** The end of the tape: a tensor that the user made with `requiresGrad`. */
export class LeafNode extends GradNode {
  readonly name = 'leaf'
  readonly inputs: readonly GradNode[] = []
  readonly indices: readonly number[] = []
  readonly handle: Handle
  constructor(handle: Handle) {
    super()
    this.handle = handle
  }
  get outputs(): readonly Type[] {
    return [this.handle.type]
  }
  backward(): readonly Handle[] {
    return []
  }
  free(): void {}
}
