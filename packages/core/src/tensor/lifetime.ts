/** What users call to bound the lifetime of tensors. */
import { closeScope, currentScope, openScope, type Scope } from './scope.ts'
import { fn as fnKind } from '../signature/kind.ts'
import { signature } from '../signature/signature.ts'
import { Handle } from './handle.ts'
import { tensor as tensorKind } from './kinds.ts'
import { currentTracer } from './tracer.ts'

export const SCOPE = /* @__PURE__ */ signature('scope', { fn: fnKind() })
export const KEEP = /* @__PURE__ */ signature('keep', { tensor: tensorKind })

const isPromise = (value: unknown): value is Promise<unknown> =>
  typeof (value as { then?: unknown } | null | undefined)?.then === 'function'

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
 * state). Using a released tensor throws StateError. `fn` may be asynchronous; asynchronous scopes must not overlap.
 */
export function scope<T>(fn: () => T): T {
  SCOPE.read(arguments)
  const own = openScope()
  const finish = (result: unknown): void => {
    for (const handle of tensorsIn(result)) moveOut(handle, own, own.parent)
    closeScope(own)
  }
  let result: T
  try {
    result = fn()
  } catch (error) {
    closeScope(own)
    throw error
  }
  if (!isPromise(result)) {
    finish(result)
    return result
  }
  return result.then(
    (value) => {
      finish(value)
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
  const inner = currentScope()
  if (inner !== null) moveOut(tensor, inner, null)
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
