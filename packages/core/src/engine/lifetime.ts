/** What users call to bound the lifetime of tensors. */
import { pause } from './flight.ts'
import { closeScope, leaveScope, openScope, type Scope } from './scope.ts'
import { fn as fnKind } from '../signature/kind.ts'
import { isPromise } from '../signature/promise.ts'
import { signature } from '../signature/signature.ts'
import { Handle } from './handle.ts'
import { tensor as tensorKind } from './kinds.ts'
import { currentTracer } from './tracer.ts'
import { assertReadable } from './value.ts'

export const SCOPE = /* @__PURE__ */ signature('scope', { fn: fnKind() })
export const KEEP = /* @__PURE__ */ signature('keep', { tensor: tensorKind })

/** Every tensor in a result: itself, in arrays, or in plain objects. */
function tensorsIn(value: unknown, found: Handle[] = []): Handle[] {
  if (value instanceof Handle) found.push(value)
  else if (Array.isArray(value)) for (const item of value) tensorsIn(item, found)
  else if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype)
    for (const item of Object.values(value)) tensorsIn(item, found)
  return found
}

function moveOut(handle: Handle, inner: Scope, outer: Scope | null): void {
  const { buffer } = handle.value
  if (buffer === null) return
  if (buffer.scope === inner) buffer.device.move(buffer, outer)
  else buffer.shared = true
  if (handle.grad !== null) moveOut(handle.grad, inner, outer)
}

/**
 * Runs `fn`; at its end the storage of every tensor made inside is released, but for tensors that it returns (alone, in
 * arrays or plain objects), passes to `keep`, or assigns to tensors from outside (parameters, their gradients, optimizer
 * state). Using a released tensor throws StateError.
 *
 * `fn` may be asynchronous. Then the scope owns what is made until `fn` waits for the first time, and lasts until its promise is
 * settled. What is made after that belongs to the collector, unless another scope is opened for it: while one function waits
 * others run, and nobody can tell whose a tensor is.
 *
 * @example
 * ```ts
 * import { ones, scope } from '@glissade/core'
 *
 * const mean = scope(() => {
 *   const x = ones([1000]) // released at the end of the scope
 *   return x.mul(2).mean() // given out, so it lives on
 * })
 * console.log(await mean.item()) // 2
 * ```
 */
export function scope<T>(fn: () => T): T {
  SCOPE.read(arguments)
  const own = openScope()
  const finish = (result: unknown): void => {
    for (const handle of tensorsIn(result)) moveOut(handle, own, own.outer)
    closeScope(own)
  }
  let result: T
  try {
    result = fn()
  } catch (error) {
    closeScope(own)
    throw error
  } finally {
    leaveScope(own)
  }
  if (!isPromise(result)) {
    finish(result)
    return result
  }
  return result.then(
    async (value) => {
      finish(value)
      const paused = pause()
      if (paused !== null) await paused
      return value
    },
    (error: unknown) => {
      closeScope(own)
      throw error
    },
  ) as T
}

/** Lets a tensor outlive every scope; from then on it lives until the program drops it. Gives the tensor back. */
export function keep<T extends Handle>(tensor: T): T {
  KEEP.read(arguments)
  const { buffer } = tensor.value
  if (buffer?.released === true) assertReadable('keep', tensor.value)
  if (buffer !== null && buffer.scope !== null) moveOut(tensor, buffer.scope, null)
  return tensor
}

/** @internal State that belongs to another tensor (a momentum buffer, say) lives as long as that one. */
export function keepWith<T extends Handle>(state: T, owner: Handle): T {
  const mine = state.value.buffer
  if (mine === null) currentTracer()?.persist?.(state, owner)
  const { buffer } = currentTracer()?.outside?.(owner) ?? owner.value
  if (mine !== null && buffer !== null && mine.scope !== buffer.scope) mine.device.move(mine, buffer.scope)
  return state
}

/** @internal Gives the bytes of a tensor back, which nobody else may hold. */
export function dispose({ value: { buffer } }: Handle): void {
  buffer?.device.release(buffer)
}
