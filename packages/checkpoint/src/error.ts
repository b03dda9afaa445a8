/** The one error that this package throws on purpose. Nothing else escapes from its readers, whatever the bytes. */

/** What was being read or written: a file format, a file of none, where bytes come from, or the place where files are kept. */
export type CheckpointKind = 'safetensors' | 'pt' | 'file' | 'source' | 'store' | 'run'

/**
 * A file that cannot be read, a value that cannot be written, or a store that failed.
 * The message is `kind: what (at where)`; the three parts are fields.
 */
export class CheckpointError extends Error {
  /** The brand: present on errors of every copy of this library. */
  readonly checkpointError: CheckpointKind
  readonly kind: CheckpointKind
  /** The place in the file (`header`, `tensor "0.weight"`, `record "archive/data.pkl", byte 17`) or the file's name. */
  readonly where: string
  /** What was found there, what was wanted and, where possible, what to do. */
  readonly what: string

  constructor(kind: CheckpointKind, where: string, what: string, options?: ErrorOptions) {
    super(`${kind}: ${what} (at ${where})`, options)
    this.name = 'CheckpointError'
    this.checkpointError = kind
    this.kind = kind
    this.where = where
    this.what = what
  }
}

/** Whether `error` was thrown on purpose by any copy of this library; a brand, so a second copy is recognised. */
export function isCheckpointError(error: unknown): error is CheckpointError {
  return typeof error === 'object' && error !== null && 'checkpointError' in error
}

/** Throws what it is told, with the place already filled in. */
export type Refuse = (what: string) => never

/** A `Refuse` for one place of one kind of file. */
export const refuseAt =
  (kind: CheckpointKind, where: string): Refuse =>
  (what) => {
    throw new CheckpointError(kind, where, what)
  }

/** Names in messages come from files: at most this much of one is shown. */
const SHOWN = 80

/** A name as messages show it: quoted, escaped and cut. */
export function quote(name: string): string {
  return JSON.stringify(name.length > SHOWN ? `${name.slice(0, SHOWN)}…` : name)
}

/** A value of a file in a message: numbers and strings as they are but cut, anything else by its kind. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'number' || typeof value === 'bigint') return String(value).slice(0, SHOWN)
  if (typeof value !== 'object' || value === null) return String(value)
  return Array.isArray(value) ? `an array of ${value.length}` : 'an object'
}
