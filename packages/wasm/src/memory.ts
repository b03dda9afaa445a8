/**
 * One linear memory and the allocator over it. Small storages come from size classes (four per doubling), large ones from
 * a list of free ranges, best fit, neighbours joined again. The workspace is one range that all programs share while they
 * run. The memory grows and never shrinks; what was released is used again.
 */
import { MemoryError, StateError } from '@glissade/core/backend'
import type { Slice, Storage } from '@glissade/core/backend'
import { engine, type LinearMemory } from './webassembly.ts'

const PAGE = 65536
/** Every storage starts at a multiple, as 128-bit loads like it. */
export const ALIGNMENT = 16
/**
 * At the bottom: where programs find the workspace, where those that share a module find their own bytes and their sizes,
 * and where they leave what went wrong.
 */
export const WORKSPACE_SLOT = 16
export const OWN_SLOT = 20
export const SIZES_SLOT = 24
export const FAILURE_SLOT = 32
/**
 * Where threads meet, a cache line each: the command that is given, how many threads have not done it yet, how many have
 * come to the barrier, and the phase between barriers.
 */
export const COMMAND_SLOT = 64
export const PENDING_SLOT = 128
export const ARRIVED_SLOT = 192
export const PHASE_SLOT = 256
/** Constants of the functions in `math.ts`: 4 bytes each, some 90 of them. */
export const CONSTANTS = 512
const FIRST = 1024
/** Up to here storages have size classes. */
const SMALL = 16384
/** Ranges that are cut into storages of one class. */
const SPAN = 65536
/** What 32-bit addresses reach. */
const ADDRESSABLE = 2 ** 32

export class Block implements Storage {
  readonly byteLength: number
  readonly address: number
  /** Bytes taken, at least `byteLength`. */
  readonly taken: number
  released = false
  constructor(byteLength: number, address: number, taken: number) {
    this.byteLength = byteLength
    this.address = address
    this.taken = taken
  }
}

interface Range {
  start: number
  bytes: number
}

/** Sizes of the classes: 16, 32, 48, 64, then four per doubling. */
const CLASS_BYTES: readonly number[] = (() => {
  const sizes: number[] = []
  for (let size = 16; size <= SMALL; size += Math.max(16, 2 ** (Math.floor(Math.log2(size)) - 2))) sizes.push(size)
  return sizes
})()
/** The class of a small storage by its size in units of 16 bytes, rounded up: eager steps ask often. */
const CLASS_OF: Uint8Array = Uint8Array.from({ length: SMALL / 16 + 1 }, (_, units) =>
  CLASS_BYTES.findIndex((bytes) => bytes >= 16 * units),
)

export class Memory {
  readonly memory: LinearMemory
  readonly limit: number
  bytes: Uint8Array
  words: Int32Array
  floats: Float32Array
  live = 0
  #end = FIRST
  /** Free addresses of each class. */
  readonly #classes: readonly number[][] = CLASS_BYTES.map(() => [])
  /** Free ranges by address. */
  #free: Range[] = []
  /** Live storages that are not small: how many of each size, for the message at the limit. */
  #counts = new Map<number, number>()
  #workspace: Range = { start: 0, bytes: 0 }

  /**
   * @param limit the most bytes that it may grow to
   * @param options.shared whether other threads see it; default false
   */
  constructor(limit: number, { shared = false }: { readonly shared?: boolean } = {}) {
    this.limit = Math.min(limit, ADDRESSABLE)
    this.memory = new engine.Memory({ initial: 1, maximum: Math.max(1, Math.floor(this.limit / PAGE)), shared })
    const { buffer } = this.memory
    this.bytes = new Uint8Array(buffer)
    this.words = new Int32Array(buffer)
    this.floats = new Float32Array(buffer)
  }

  get reserved(): number {
    return this.bytes.length
  }
  /** Where the workspace starts. */
  get workspace(): number {
    return this.#workspace.start
  }

  /** Room for a tensor. */
  allocate(byteLength: number): Block {
    const block = this.allocateOwn(byteLength)
    this.live += byteLength
    if (byteLength > SMALL) this.#counts.set(byteLength, (this.#counts.get(byteLength) ?? 0) + 1)
    return block
  }
  /** Room for the backend itself, which no message counts. */
  allocateOwn(byteLength: number): Block {
    if (byteLength <= SMALL) {
      const index = CLASS_OF[(byteLength + 15) >>> 4]!
      return new Block(byteLength, this.#classes[index]!.pop() ?? this.#cut(index), CLASS_BYTES[index]!)
    }
    const taken = align(byteLength)
    return new Block(byteLength, this.#take(taken, byteLength), taken)
  }

  release(storage: Storage): void {
    const block = storage as Block
    if (block.released) throw new StateError('release', 'this storage was released before')
    this.live -= block.byteLength
    if (block.byteLength > SMALL) {
      const count = this.#counts.get(block.byteLength)! - 1
      if (count === 0) this.#counts.delete(block.byteLength)
      else this.#counts.set(block.byteLength, count)
    }
    this.releaseOwn(block)
  }
  releaseOwn(block: Block): void {
    block.released = true
    if (block.byteLength <= SMALL) this.#classes[CLASS_OF[block.taken >>> 4]!]!.push(block.address)
    else this.#give({ start: block.address, bytes: block.taken })
  }

  /** Makes the workspace at least this large. What it held is lost. */
  reserveWorkspace(byteLength: number): void {
    if (byteLength <= this.#workspace.bytes) return
    // Half as much again: a network's layers ask for ever larger ones.
    const bytes = align(Math.max(byteLength, Math.min(1.5 * this.#workspace.bytes, byteLength + 2 ** 24)))
    const before = this.#workspace
    // The old one makes room first, since its contents are lost in any case; programs rely on it when there is no larger one.
    if (before.bytes > 0) this.#give({ ...before })
    try {
      this.#place(bytes)
    } catch (error) {
      if (before.bytes > 0) this.#place(before.bytes)
      throw error
    }
  }
  #place(bytes: number): void {
    const start = this.#take(bytes, bytes)
    this.#workspace = { start, bytes }
    this.words[WORKSPACE_SLOT >> 2] = start
  }

  addressOf(slice: Slice): number {
    const block = slice.storage as Block
    if (block.released) throw new StateError('run', 'a storage was used after its release')
    return block.address + slice.byteOffset
  }

  /** Cuts a new span into storages of one class; gives the first. */
  #cut(index: number): number {
    const size = CLASS_BYTES[index]!
    const start = this.#take(SPAN, size)
    for (let at = start + size; at + size <= start + SPAN; at += size) this.#classes[index]!.push(at)
    return start
  }

  #take(bytes: number, wanted: number): number {
    let best = -1
    for (let i = 0; i < this.#free.length; i++) {
      const range = this.#free[i]!
      if (range.bytes >= bytes && (best < 0 || range.bytes < this.#free[best]!.bytes)) best = i
    }
    if (best >= 0) {
      const range = this.#free[best]!
      const { start } = range
      if (range.bytes === bytes) this.#free.splice(best, 1)
      else {
        range.start += bytes
        range.bytes -= bytes
      }
      return start
    }
    // A free range at the end is continued.
    const last = this.#free.at(-1)
    const start = last !== undefined && last.start + last.bytes === this.#end ? last.start : this.#end
    this.#grow(start + bytes, wanted)
    if (start !== this.#end) this.#free.pop()
    this.#end = start + bytes
    return start
  }

  #give({ start, bytes }: Range): void {
    const list = this.#free
    let low = 0
    let high = list.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (list[middle]!.start < start) low = middle + 1
      else high = middle
    }
    const before = list[low - 1]
    const after = list[low]
    const joinsBefore = before !== undefined && before.start + before.bytes === start
    const joinsAfter = after !== undefined && start + bytes === after.start
    if (joinsBefore && joinsAfter) {
      before.bytes += bytes + after.bytes
      list.splice(low, 1)
    } else if (joinsBefore) before.bytes += bytes
    else if (joinsAfter) {
      after.start = start
      after.bytes += bytes
    } else list.splice(low, 0, { start, bytes })
  }

  #grow(end: number, wanted: number): void {
    const missing = end - this.bytes.length
    if (missing <= 0) return
    if (end > this.limit) throw this.#full(wanted)
    // An eighth more than asked for, so that growing stays rare.
    const pages = Math.ceil(missing / PAGE)
    const room = Math.floor(this.limit / PAGE) - this.bytes.length / PAGE
    if (!this.#tryGrow(Math.min(room, pages + Math.floor(this.bytes.length / PAGE / 8))) && !this.#tryGrow(pages))
      throw this.#full(wanted)
    const { buffer } = this.memory
    this.bytes = new Uint8Array(buffer)
    this.words = new Int32Array(buffer)
    this.floats = new Float32Array(buffer)
  }
  #tryGrow(pages: number): boolean {
    try {
      this.memory.grow(pages)
      return true
    } catch {
      return false
    }
  }

  #full(wanted: number): MemoryError {
    const largest = [...this.#counts].toSorted(([a, n], [b, m]) => b * m - a * n).slice(0, 5)
    const list = largest.map(([bytes, count]) => `${count} of ${bytes} bytes`).join(', ')
    return new MemoryError(
      'allocate',
      wanted,
      `${wanted} bytes do not fit: ${this.live} of at most ${this.limit} bytes are live (${list || 'none over 16 KB'}) and ` +
        `${this.#workspace.bytes} are the workspace of programs. Run steps inside scope(() => ...) or compile(...), or release tensors`,
    )
  }
}

const align = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT
