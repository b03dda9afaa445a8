/** A device: memory of its own, and a queue whose work is done later, in the order in which it was issued. */
import { DTYPES, MemoryError, StateError, bytesOf, numel } from '@glissade/core/backend'
import type { HostArray, Slice, Storage } from '@glissade/core/backend'

/** Of which every place is a multiple: what devices ask of places that are bound. */
export const ALIGNMENT = 256
/** Of one storage, and of all together. */
export const ALLOCATION_BYTES = 2 ** 28
export const MEMORY_BYTES = 2 ** 30

interface Part extends Storage { readonly start: number }
interface Job { readonly number: number; readonly work: () => unknown }

export class Device {
  readonly #memory = new ArrayBuffer(MEMORY_BYTES)
  /** Parts of it that are taken, in the order in which they lie. */
  readonly #taken: Part[] = []
  readonly #queue: Job[] = []
  /** How much was issued so far: work is numbered from 1. */
  #issued = 0
  #working = false
  #isDestroyed = false
  /** What a run failed with; `until` is the last work that was issued before somebody was told. */
  #failure: { readonly error: unknown; until: number } | null = null

  get live(): number {
    return this.#taken.reduce((sum, { byteLength }) => sum + byteLength, 0)
  }
  assertAlive(operation: string): void {
    if (this.#isDestroyed) throw new StateError(operation, 'this backend was destroyed')
  }
  assertThere(operation: string, storage: Storage): void {
    this.assertAlive(operation)
    if (!this.#taken.includes(storage as Part)) throw new StateError(operation, 'this storage was released before')
  }

  /** The first gap that is large enough. */
  allocate(byteLength: number): Storage {
    this.assertAlive('allocate')
    const refuse = (why: string): never => { throw new MemoryError('allocate', byteLength, why) }
    if (byteLength > ALLOCATION_BYTES) refuse(`${byteLength} bytes are over the limit`)
    let [start, at] = [0, 0]
    for (; at < this.#taken.length && this.#taken[at]!.start - start < byteLength; at++)
      start = Math.ceil((this.#taken[at]!.start + this.#taken[at]!.byteLength) / ALIGNMENT) * ALIGNMENT
    if (start + byteLength > MEMORY_BYTES) refuse(`${byteLength} bytes are not there`)
    const part: Part = { byteLength, start }
    this.#taken.splice(at, 0, part)
    return part
  }
  /** What is issued from now on may lie in these bytes: it is done after all that was issued before. */
  release(storage: Storage): void {
    this.assertThere('release', storage)
    this.#taken.splice(this.#taken.indexOf(storage as Part), 1)
  }
  /** Called by work, when its turn has come. */
  array({ storage, byteOffset, type }: Slice): HostArray {
    return new DTYPES[type.dtype].array(this.#memory, (storage as Part).start + byteOffset, numel(type.shape))
  }
  bytes({ storage, byteOffset, type }: Slice): Uint8Array {
    return new Uint8Array(this.#memory, (storage as Part).start + byteOffset, bytesOf(type))
  }

  /** Work that answers nobody: what it fails with is told to whoever waits behind it. */
  issue(work: () => void | Promise<void>): void {
    const number = this.#push(async () => {
      try {
        await work()
      } catch (error) {
        if (this.#failure === null || number > this.#failure.until) this.#failure = { error, until: Infinity }
      }
    })
  }
  /** Work that somebody waits for. */
  answer<T>(operation: string, work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const number = this.#push(() => {
        try {
          this.assertAlive(operation)
          if (this.#failure !== null && number <= this.#failure.until) {
            this.#failure.until = Math.min(this.#failure.until, this.#issued)
            throw this.#failure.error
          }
          resolve(work())
        } catch (error) {
          reject(error)
        }
      })
    })
  }
  #push(work: () => unknown): number {
    this.#queue.push({ number: ++this.#issued, work })
    if (!this.#working) void this.#drain()
    return this.#issued
  }
  async #drain(): Promise<void> {
    this.#working = true
    await later()
    for (let job = this.#queue.shift(); job !== undefined; job = this.#queue.shift()) await job.work()
    this.#working = false
  }
  destroy(): void {
    this.#isDestroyed = true
    this.#taken.length = 0
  }
}
/** Browsers have no `setImmediate`, which is faster. */
const task = globalThis.setImmediate ?? setTimeout
/** In a task of its own. */
export const later = (): Promise<void> => new Promise((resolve) => void task(resolve))
