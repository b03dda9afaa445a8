/**
 * Small tensors that belong to the whole program lie side by side in one storage on `released` backends: the net under
 * them is then one finalizer for many, where a finalizer for each would cost more than a small step.
 */
import type { Storage } from '../backend/contract.ts'

/** Tensors up to this size share a storage; larger ones would keep too much alive with them. */
export const SMALL_BYTES = 256
const SLAB_BYTES = 4096
/** Where the alignment is large, a slab still holds this many. */
const SLOTS = 64

/** @internal What is left to do for storage whose owner was collected. */
export interface Remains {
  readonly storage: Storage
  /** Of the tensors that were never released. */
  bytes: number
}

export class Slab {
  readonly remains: Remains
  readonly #alignment: number
  #used = 0
  #tensors = 0

  constructor(allocate: (byteLength: number) => Storage, alignment: number) {
    this.remains = { storage: allocate(Math.max(SLAB_BYTES, SLOTS * alignment)), bytes: 0 }
    this.#alignment = alignment
  }
  /** Takes room for one tensor; its offset, or -1 when the slab is full. */
  take(byteLength: number): number {
    const offset = this.#used
    const end = offset + Math.ceil(Math.max(1, byteLength) / this.#alignment) * this.#alignment
    if (end > this.remains.storage.byteLength) return -1
    this.#used = end
    this.#tensors++
    this.remains.bytes += byteLength
    return offset
  }
  /** Gives the room of one tensor up. True when it was the last one. */
  give(byteLength: number): boolean {
    this.remains.bytes -= byteLength
    if (--this.#tensors > 0) return false
    this.#used = 0
    return true
  }
}
