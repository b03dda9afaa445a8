/** Parts of few large buffers, first fit; what is free is poison. */

export interface Block {
  /** As many as were asked for, and up to the next unit. */
  readonly bytes: Uint8Array
  readonly chunk: number
  readonly offset: number
}
interface Part {
  readonly chunk: number
  readonly offset: number
  readonly length: number
}
const CHUNK_BYTES = 2 ** 23
const FRESH = 0xa5
const FREED = 0x5a

export class Arena {
  readonly #unit: number
  readonly #poisonsBeyond: boolean
  readonly #chunks: ArrayBuffer[] = []
  /** In the order in which they lie; no two are neighbours. */
  #free: Part[] = []

  /** @param poisonsBeyond a fault: what is behind a block is poisoned with it */
  constructor(unit: number, poisonsBeyond: boolean) {
    this.#unit = unit
    this.#poisonsBeyond = poisonsBeyond
  }
  get reserved(): number {
    return this.#chunks.length * CHUNK_BYTES
  }

  take(byteLength: number): Block {
    const length = Math.max(1, Math.ceil(byteLength / this.#unit)) * this.#unit
    let at = this.#free.findIndex((part) => part.length >= length)
    if (at < 0) {
      const chunk = this.#chunks.push(new ArrayBuffer(CHUNK_BYTES)) - 1
      at = this.#free.push({ chunk, offset: 0, length: CHUNK_BYTES }) - 1
    }
    const { chunk, offset, length: room } = this.#free[at]!
    const rest = { chunk, offset: offset + length, length: room - length }
    this.#free.splice(at, 1, ...(rest.length > 0 ? [rest] : []))
    const bytes = new Uint8Array(this.#chunks[chunk]!, offset, length).fill(FRESH)
    return { bytes, chunk, offset }
  }
  give({ bytes, chunk, offset }: Block): void {
    bytes.fill(FREED)
    const end = offset + bytes.length
    if (this.#poisonsBeyond && end < CHUNK_BYTES) new Uint8Array(this.#chunks[chunk]!, end, this.#unit).fill(FREED)
    const parts = [...this.#free, { chunk, offset, length: bytes.length }]
    parts.sort((a, b) => a.chunk - b.chunk || a.offset - b.offset)
    this.#free = []
    for (const part of parts) {
      const last = this.#free.at(-1)
      if (last !== undefined && last.chunk === part.chunk && last.offset + last.length === part.offset)
        this.#free[this.#free.length - 1] = { ...last, length: last.length + part.length }
      else this.#free.push(part)
    }
  }
}
