/**
 * A storage that several tensors share, released when none of them is left. Small tensors that belong to the whole program
 * lie in one on `released` backends: the net under them is then one finalizer for many, where a finalizer for each would cost
 * more than a small step. State that compiled steps update as one lies in one of its own.
 */
import type { Storage } from '../contract/contract.ts'

/** Tensors up to this size share a storage; larger ones would keep too much alive with them. */
export const SMALL_BYTES = 256
const SLAB_BYTES = 4096
/** Where the alignment is large, a slab still holds this many. */
const SLOTS = 64

/** What is left to do for storage whose owner was collected. */
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

  constructor(storage: Storage, alignment: number) {
    this.remains = { storage, bytes: 0 }
    // Bytes behind a value up to the next multiple of 4 are its own.
    this.#alignment = Math.max(4, alignment)
  }
  /** Room for small tensors. */
  static forSmall(allocate: (byteLength: number) => Storage, alignment: number): Slab {
    return new Slab(allocate(Math.max(SLAB_BYTES, SLOTS * alignment)), alignment)
  }
  /** Takes room for one tensor; its offset, or -1 when the slab is full. */
  take(byteLength: number): number {
    const offset = this.#used
    const end = offset + Math.ceil(Math.max(1, byteLength) / this.#alignment) * this.#alignment
    if (end > this.remains.storage.byteLength) return -1
    this.#used = end
    this.count(byteLength)
    return offset
  }
  /** One more tensor lies here, in a place that the caller knows. */
  count(byteLength: number): void {
    this.#tensors++
    this.remains.bytes += byteLength
  }
  /** Gives the room of one tensor up. True when it was the last one. */
  give(byteLength: number): boolean {
    this.remains.bytes -= byteLength
    if (--this.#tensors > 0) return false
    this.#used = 0
    return true
  }
}
