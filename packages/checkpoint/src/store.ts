/** Where whole files are kept by name. One interface; what makes a write atomic differs by the place. */
import type { OwnBytes } from '@glissade/core/backend'
import { CheckpointError, describe, quote } from './error.ts'
import { bytes as bytesKind } from './kinds.ts'

/**
 * A place for files. A write is atomic: whatever happens, a crash or a full disk, a reader finds the old file or the
 * new one, whole. Writes and removals of one name happen in the order of the calls, also where nobody waits for them; of
 * those of several tabs or processes, one is the last.
 *
 * Names have up to 128 letters, digits, dots, hyphens and underscores, beginning with a letter or digit.
 * All methods reject with a CheckpointError (`store`) when the name is not one, or the place fails.
 */
export interface Store {
  /** What stores of the same place have in common; without it a store is a place of its own. */
  readonly place?: string
  /** The file's bytes. Rejects, listing the names there are, when there is none of this name. */
  read(name: string): Promise<OwnBytes>
  /**
   * Resolves when the file would survive a loss of power, as far as the platform can promise it. What is written are the
   * bytes of the call: they may change before it resolves.
   */
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

/** What a write takes at the call: its bytes may change while it waits. */
export function taken(name: unknown, bytes: unknown): OwnBytes {
  assertName(name)
  if (bytesKind.accepts(bytes)) return new Uint8Array(bytes as Uint8Array)
  throw new CheckpointError('store', quote(name), `a file is written from ${bytesKind.wanted}, not ${describe(bytes)}`)
}

/** Turns what a place throws into a CheckpointError. */
export async function guarded<T>(name: string, action: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body()
  } catch (error) {
    throw error instanceof CheckpointError ? error : failed(name, action, error)
  }
}

/** Whether a name found in a folder is one that a store gave. */
export const isName = (name: string): boolean => NAME.test(name)

/** The error for a file that is not there. */
export function missing(name: string, names: readonly string[]): CheckpointError {
  const there = names.length === 0 ? 'there are no files' : `there are ${names.map(quote).join(', ')}`
  return new CheckpointError('store', quote(name), `no file of this name; ${there}`)
}

/** What a write that failed left of the file that was there before it. */
export type Before = 'kept' | 'gone' | 'none'
const BEFORE: Readonly<Record<Before, string>> = {
  kept: '; what was there before is kept',
  gone: '; what was there before is gone too: the place was cleared',
  none: '',
}

/** The error for a place that failed. */
export function failed(name: string, action: string, cause: unknown, before: Before = 'none'): CheckpointError {
  const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
  return new CheckpointError('store', quote(name), `could not ${action} it (${reason})${BEFORE[before]}`, { cause })
}
