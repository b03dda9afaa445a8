/** Other tabs and workers of the origin use the same files: who waits for whom, and for how long. */
import { number, optional, type OptionsOf } from '@glissade/core/signature'
import { CheckpointError, quote } from './error.ts'

/** What stores of browsers take. */
export const waitingRows = {
  /** Milliseconds to wait for another tab or worker before giving up. Default 30,000. */
  patience: optional(number, 30_000),
}
/** Options of `opfsStore` and `indexedDbStore`. */
export interface BrowserStoreOptions extends OptionsOf<typeof waitingRows> {}

/**
 * Runs `body` while no other tab or worker writes this name (`exclusive`: or reads it), where the platform has locks.
 *
 * @throws (rejects with) CheckpointError (`store`) naming who holds it, once `patience` is over.
 */
export async function locked<T>(
  name: string,
  mode: 'exclusive' | 'shared',
  patience: number,
  body: () => Promise<T>,
): Promise<T> {
  const { locks } = (globalThis as { navigator?: { locks?: LockManager } }).navigator ?? {}
  if (locks === undefined) return body()
  const lock = `glissade-checkpoint/${name}`
  const waiting = new AbortController()
  const timer = setTimeout(() => waiting.abort(), patience)
  try {
    return await locks.request(lock, { mode, signal: waiting.signal }, async () => {
      clearTimeout(timer)
      return body()
    })
  } catch (error) {
    if (!waiting.signal.aborted) throw error
    const { held = [] } = await locks.query()
    const holder = held.find((other) => other.name === lock)?.clientId
    throw new CheckpointError(
      'store',
      quote(name),
      `another tab or worker${holder === undefined ? '' : ` (client ${holder})`} has held the lock ${quote(lock)} for more than ` +
        `${patience} ms: it is saving or reading this file, or is frozen; close it, use another name, or raise patience`,
    )
  } finally {
    clearTimeout(timer)
  }
}
