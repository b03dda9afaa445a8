/**
 * Scratch, which all programs share: the device does one thing after the other, and no value in it outlives a run. Its pieces are as
 * large as the largest program needs them.
 */
import type { Memory, Pool } from './pool.ts'

export class Workspace {
  readonly #pool: Pool
  readonly #give: (memory: Memory) => void
  readonly #users = new Set<readonly number[]>()
  readonly #pieces = new Map<number, Memory>()

  /** @param give gives a buffer back to the pool after all that was issued */
  constructor(pool: Pool, give: (memory: Memory) => void) {
    this.#pool = pool
    this.#give = give
  }

  /** A program with pieces of these sizes is there until it leaves. */
  enter(sizes: readonly number[]): void {
    if (sizes.length > 0) this.#users.add(sizes)
  }
  leave(sizes: readonly number[]): void {
    if (!this.#users.delete(sizes)) return
    for (const [piece, memory] of this.#pieces)
      if (memory.bytes > 2 * this.#most(piece)) {
        this.#pieces.delete(piece)
        this.#give(memory)
      }
  }
  /** A piece of at least so many bytes. */
  piece(piece: number, bytes: number): Memory {
    const known = this.#pieces.get(piece)
    if (known !== undefined && known.bytes >= bytes) return known
    if (known !== undefined) {
      this.#pieces.delete(piece)
      this.#give(known)
    }
    const made = this.#pool.take('run', this.#most(piece))
    this.#pieces.set(piece, made)
    return made
  }

  #most(piece: number): number {
    return Math.max(0, ...[...this.#users].map((sizes) => sizes[piece] ?? 0))
  }
}
