/** The numbers of runs: one uniform buffer, filled from the start for every submission. */
import { USAGE, type GpuBuffer, type GpuDevice } from './gpu.ts'

/** What every device binds of a uniform buffer. */
const BYTES = 65_536
/** The most numbers of a run. */
export const MOST_NUMBERS = BYTES / 4

export class Numbers {
  readonly #device: GpuDevice
  readonly buffer: GpuBuffer
  readonly #words: Uint32Array = new Uint32Array(BYTES / 4)
  readonly #alignment: number
  #used = 0

  constructor(device: GpuDevice) {
    this.#device = device
    this.#alignment = device.limits.minUniformBufferOffsetAlignment
    this.buffer = device.createBuffer({ size: BYTES, usage: USAGE.uniform | USAGE.copyTarget })
  }

  /** Whether this many words are left before the next submission. */
  hasRoom(words: number): boolean {
    return this.#used + 4 * words <= BYTES
  }
  /** Puts words where a dispatch may find them; gives the offset in bytes. */
  put(words: readonly number[]): number {
    const offset = this.#used
    this.#words.set(words, offset / 4)
    this.#used = Math.ceil((offset + 4 * words.length) / this.#alignment) * this.#alignment
    return offset
  }
  /** Before the submission whose dispatches read them. */
  upload(): void {
    if (this.#used === 0) return
    this.#device.queue.writeBuffer(this.buffer, 0, this.#words.buffer, 0, Math.min(this.#used, BYTES))
    this.#used = 0
  }
}
