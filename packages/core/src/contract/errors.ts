/** Error classes. They are recognised by brand, never by `instanceof`: a second copy of core may be loaded. */

import type { Refusal } from './contract.ts'

/** The kinds of error, as `error.name`. */
export type ErrorKind =
  | 'ShapeError'
  | 'DTypeError'
  | 'OptionError'
  | 'StateError'
  | 'MemoryError'
  | 'UnsupportedError'
  | 'GradientError'
  | 'IndexError'
  | 'DataError'

/** Base of all errors thrown on purpose: `operation` names what was called. */
export class GlissadeError extends Error {
  readonly operation: string
  /** The brand: present on errors of every copy of this library. */
  readonly glissadeError: ErrorKind
  constructor(kind: ErrorKind, operation: string, message: string) {
    super(`${operation}: ${message}`)
    this.name = kind
    this.operation = operation
    this.glissadeError = kind
  }
}

/** Whether `error` was thrown on purpose by any copy of this library, and optionally of which kind. */
export function isGlissadeError(error: unknown, kind?: ErrorKind): error is GlissadeError {
  const brand =
    typeof error === 'object' && error !== null ? (error as { glissadeError?: ErrorKind }).glissadeError : undefined
  return kind === undefined ? brand !== undefined : brand === kind
}

const show = (shape: readonly number[]): string => `[${shape.join(',')}]`

/** The error in the name of the operation that the user called, of which the one that threw it is a part. */
export function inNameOf<E extends GlissadeError>(error: E, operation: string): E {
  const message = operation + error.message.slice(error.operation.length)
  // The first line of a stack repeats the message.
  const stack = error.stack?.replace(error.message, () => message)
  return Object.assign(error, { operation, message, stack })
}

/** Shapes that do not fit; `got` lists them as the user passed them. */
export class ShapeError extends GlissadeError {
  readonly got: readonly (readonly number[])[]
  constructor(operation: string, got: readonly (readonly number[])[], wanted: string) {
    super('ShapeError', operation, `${wanted} (got ${got.map(show).join(' and ')})`)
    this.got = got
  }
}

/** An element type that the operation or the backend does not take. */
export class DTypeError extends GlissadeError {
  readonly got: readonly string[]
  constructor(operation: string, got: readonly string[], wanted: string) {
    super('DTypeError', operation, `${wanted} (got ${got.join(' and ')})`)
    this.got = got
  }
}

/** An option out of its range. */
export class OptionError extends GlissadeError {
  constructor(operation: string, message: string) {
    super('OptionError', operation, message)
  }
}

/** A call that the current state forbids: a released tensor, a read while recording, a second backward. */
export class StateError extends GlissadeError {
  constructor(operation: string, message: string) {
    super('StateError', operation, message)
  }
}

/** An allocation over the budget or the backend's limit. */
export class MemoryError extends GlissadeError {
  readonly bytes: number
  constructor(operation: string, bytes: number, message: string) {
    super('MemoryError', operation, message)
    this.bytes = bytes
  }
}

/** Autograd was asked for something that has no gradient. */
export class GradientError extends GlissadeError {
  constructor(operation: string, message: string) {
    super('GradientError', operation, message)
  }
}

/** An index outside its axis. */
export class IndexError extends GlissadeError {
  constructor(operation: string, message: string) {
    super('IndexError', operation, message)
  }
}

/** What the kernel of a `gather` or `scatterAdd` throws for an index that is not in its axis of `size`. */
export function outOfRange(
  op: string,
  { says }: { readonly says?: Refusal },
  index: number,
  size: number,
): GlissadeError {
  if (says === undefined) return new IndexError(op, `index ${index} is not in an axis of size ${size}`)
  const { kind, operation, message, beyond } = says
  return REFUSED[kind](operation, message.replace('{index}', String(indexFrom(index, beyond))))
}
const LEAST = -(2 ** 31)
/** The index that was sent out of range: those beyond the end were moved on, and the greatest wrapped on the way. */
function indexFrom(place: number, beyond: number): number {
  if (place >= 0) return place - beyond
  if (beyond <= 0 || place > LEAST + beyond) return place
  return place === LEAST + beyond ? LEAST : place - beyond + 2 ** 32
}
const REFUSED: { readonly [K in Refusal['kind']]: (operation: string, message: string) => GlissadeError } = {
  IndexError: (operation, message) => new IndexError(operation, message),
  OptionError: (operation, message) => new OptionError(operation, message),
  DTypeError: (operation, message) => new DTypeError(operation, ['int32'], message),
}

/** Thrown by `prepare`: the node that the backend cannot run. */
export class UnsupportedError extends GlissadeError {
  readonly origin: string | undefined
  constructor(operation: string, reason: string, origin?: string) {
    super('UnsupportedError', operation, reason + (origin === undefined ? '' : ` (at ${origin})`))
    this.origin = origin
  }
}
