/**
 * Buffers by their sizes. A buffer that is given back serves the next of its size; when those that wait are more than what is in
 * use, and enough to matter, the one that waited longest goes.
 */
import { MemoryError } from '@glissade/core/backend'
import type { GpuBuffer } from './gpu.ts'

/** Sizes are multiples of this, so that small values share them. */
const UNIT = 256
/** Bytes that may wait however little is in use. */
const WAITING_BYTES = 2 ** 26

/** A buffer of the pool. */
export interface Memory {
  readonly buffer: GpuBuffer
  readonly bytes: number
  /** No two buffers have the same. */
  readonly id: number
  /** The submission that last used it. */
  submission: number
}

export interface Supply {
  /** Bytes of all buffers together, and of one. */
  readonly memoryBytes: number
  readonly allocationBytes: number
  /** Makes a buffer of a size. */
  readonly make: (bytes: number, operation: string) => GpuBuffer
  /** Destroys one as soon as nothing that was issued uses it. */
  readonly retire: (memory: Memory) => void
}

export class Pool {
  readonly #supply: Supply
  /** Insertion order is the order in which they were given back. */
  readonly #waiting = new Set<Memory>()
  readonly #bySize = new Map<number, Memory[]>()
  #waitingBytes = 0
  #usedBytes = 0
  #nextId = 0

  constructor(supply: Supply) {
    this.#supply = supply
  }

  /** Bytes of all buffers. */
  get reserved(): number {
    return this.#usedBytes + this.#waitingBytes
  }

  /** A buffer of so many bytes; what is in it is undefined. */
  take(operation: string, byteLength: number): Memory {
    const bytes = Math.max(UNIT, Math.ceil(byteLength / UNIT) * UNIT)
    const { allocationBytes, memoryBytes, make } = this.#supply
    if (byteLength > allocationBytes)
      throw new MemoryError(
        operation,
        byteLength,
        `${byteLength} bytes are more than the ${allocationBytes} of one storage`,
      )
    const known = this.#bySize.get(bytes)?.pop()
    if (known !== undefined) {
      this.#waiting.delete(known)
      this.#waitingBytes -= bytes
      this.#usedBytes += bytes
      return known
    }
    this.#forget(memoryBytes - this.#usedBytes - bytes)
    if (this.#usedBytes + bytes > memoryBytes)
      throw new MemoryError(
        operation,
        byteLength,
        `${byteLength} bytes are more than what is left of memoryBytes, ${memoryBytes}: ${this.#usedBytes} are in use`,
      )
    this.#usedBytes += bytes
    return { buffer: make(bytes, operation), bytes, id: this.#nextId++, submission: 0 }
  }

  /** After everything that uses it was submitted, or will be before the next that takes it. */
  give(memory: Memory): void {
    const { bytes } = memory
    this.#usedBytes -= bytes
    this.#waitingBytes += bytes
    this.#waiting.add(memory)
    const same = this.#bySize.get(bytes)
    if (same === undefined) this.#bySize.set(bytes, [memory])
    else same.push(memory)
    this.#forget(Math.max(WAITING_BYTES, this.#usedBytes))
  }

  destroy(): void {
    this.#forget(0)
  }

  /** Destroys those that waited longest until so many bytes wait at most. */
  #forget(most: number): void {
    for (const memory of this.#waiting) {
      if (this.#waitingBytes <= most) return
      this.#waiting.delete(memory)
      this.#waitingBytes -= memory.bytes
      const same = this.#bySize.get(memory.bytes)!
      same.splice(same.indexOf(memory), 1)
      this.#supply.retire(memory)
    }
  }
}
