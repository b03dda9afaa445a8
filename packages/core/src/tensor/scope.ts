/** Ownership by scope: what is made inside is released at its end, but for what is returned, kept or assigned outside. */
import { StateError } from '../backend/errors.ts'
import type { Buffer } from './value.ts'

export class Scope {
  readonly buffers: Buffer[] = []
  readonly parent: Scope | null
  readonly depth: number
  closed = false
  constructor(parent: Scope | null) {
    this.parent = parent
    this.depth = parent === null ? 1 : parent.depth + 1
  }
}

let current: Scope | null = null

export const currentScope = (): Scope | null => current

/** Whether `outer` is `inner` or lies around it; null lies around everything. */
export const encloses = (outer: Scope | null, inner: Scope | null): boolean =>
  (outer?.depth ?? 0) <= (inner?.depth ?? 0)

export function openScope(): Scope {
  current = new Scope(current)
  return current
}

/** Releases what the scope still owns. */
export function closeScope(scope: Scope): void {
  const overlap = current !== scope
  scope.closed = true
  while (current !== null && current.closed) current = current.parent
  for (const buffer of scope.buffers) if (buffer.scope === scope) buffer.device.release(buffer)
  scope.buffers.length = 0
  if (overlap)
    throw new StateError(
      'scope',
      'scopes overlap: another asynchronous scope was opened before this one ended; run them one after the other',
    )
}
