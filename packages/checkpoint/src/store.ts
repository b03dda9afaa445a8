/** Where whole files are kept by name. One interface; what makes a write atomic differs by the place. */
import type { OwnBytes } from '@glissade/core/backend'
import { CheckpointError, describe, quote } from './error.ts'

/**
 * A place for files. A write is atomic: whatever happens, a crash or a full disk, a reader finds the old file or the
 * new one, whole. Writes of one name are not ordered among themselves: of two at once, one wins.
 *
 * Names have up to 128 letters, digits, dots, hyphens and underscores, beginning with a letter or digit.
 * All methods reject with a CheckpointError (`store`) when the name is not one, or the place fails.
 */
export interface Store {
  /** The file's bytes. Rejects, listing the names there are, when there is none of this name. */
  read(name: string): Promise<OwnBytes>
  /** Resolves when the file would survive a loss of power, as far as the platform can promise it. */
  write(name: string, bytes: Uint8Array): Promise<void>
  /** The names of the files, sorted. */
  list(): Promise<readonly string[]>
  /** Removes a file; one that is not there is no error. */
  remove(name: string): Promise<void>
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/

/** Names are checked at the door, so that none leaves its folder or hides as a temporary file. */
export function assertName(name: unknown): asserts name is string {
  if (typeof name === 'string' && NAME.test(name)) return
  throw new CheckpointError(
    'store',
    describe(name),
    'a name has up to 128 letters, digits, dots, hyphens and underscores, and begins with a letter or digit',
  )
}

/** Whether a name found in a folder is one that a store gave. */
export const isName = (name: string): boolean => NAME.test(name)

/** The error for a file that is not there. */
export function missing(name: string, names: readonly string[]): CheckpointError {
  const there = names.length === 0 ? 'there are no files' : `there are ${names.map(quote).join(', ')}`
  return new CheckpointError('store', quote(name), `no file of this name; ${there}`)
}

/** The error for a place that failed; the old file is still there. */
export function failed(name: string, action: string, cause: unknown): CheckpointError {
  const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
  const kept = action === 'write' ? '; what was there before is kept' : ''
  return new CheckpointError('store', quote(name), `could not ${action} it (${reason})${kept}`, { cause })
}
