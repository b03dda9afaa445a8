/** Ownership by scope: what is made inside is released at its end, but for what is returned, kept or assigned outside. */
import type { Buffer } from './value.ts'

export class Scope {
  readonly buffers: Buffer[] = []
  readonly parent: Scope | null
  closed = false
  constructor(parent: Scope | null) {
    this.parent = parent
  }
  /** The nearest scope around it that is not over; null is the whole program. */
  get outer(): Scope | null {
    let at = this.parent
    while (at !== null && at.closed) at = at.parent
    return at
  }
}

let current: Scope | null = null

/** What owns the tensors that are made now. */
export const currentScope = (): Scope | null => current

/** Whether `outer` is `inner` or lies around it; null lies around everything. */
export function encloses(outer: Scope | null, inner: Scope | null): boolean {
  let at = inner
  while (at !== outer) {
    if (at === null) return false
    at = at.parent
  }
  return true
}

export function openScope(): Scope {
  current = new Scope(current)
  return current
}

/** From now on tensors belong to what lies around the scope, which keeps what it has. */
export function leaveScope(scope: Scope): void {
  current = scope.parent
}

/** Releases what the scope still owns. */
export function closeScope(scope: Scope): void {
  scope.closed = true
  for (const buffer of scope.buffers) if (buffer.scope === scope) buffer.device.release(buffer)
  scope.buffers.length = 0
}
