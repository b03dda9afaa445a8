/** Bytes from the device: copied into a buffer that the host can map, with the words of failures before them. */
import { bytesOf, type TensorType } from '@glissade/core/backend'
import { FAILURE_BYTES, type Asking, type Failures } from './failures.ts'
import { MAP_READ, USAGE, type GpuBuffer, type GpuDevice } from './gpu.ts'
import type { Memory } from './pool.ts'
import type { Submissions } from './submissions.ts'

/** Where the bytes begin. */
const FIRST = 16
/** Sizes of buffers that are kept for the next reading are powers of 2, from here to there; so many are of a size. */
const LEAST = 2 ** 10
const KEPT = 2 ** 22
const MANY = 4

export class Readback {
  readonly #device: GpuDevice
  readonly #submissions: Submissions
  readonly #failures: Failures
  readonly #kept = new Map<number, GpuBuffer[]>()

  constructor(device: GpuDevice, submissions: Submissions, failures: Failures) {
    this.#device = device
    this.#submissions = submissions
    this.#failures = failures
  }

  /** The bytes of a value, after all that was submitted; throws what failed before. */
  async read(asking: Asking, memory: Memory, byteOffset: number, type: TensorType): Promise<Uint8Array> {
    return this.#mapped(asking, bytesOf(type), (staging, size) => {
      memory.submission = this.#submissions.current
      this.#submissions.commands().copyBufferToBuffer(memory.buffer, byteOffset, staging, FIRST, size)
    })
  }
  /** Throws what failed before. */
  async check(asking: Asking): Promise<void> {
    if (this.#failures.isOpen) await this.#mapped(asking, 0, () => {})
    else await this.#failures.tell(asking)
  }

  async #mapped(
    asking: Asking,
    byteLength: number,
    copy: (staging: GpuBuffer, size: number) => void,
  ): Promise<Uint8Array> {
    const size = Math.ceil(byteLength / 4) * 4
    const failures = this.#failures
    const bytes = Math.max(LEAST, 2 ** Math.ceil(Math.log2(FIRST + size)))
    const staging = this.#kept.get(bytes)?.pop() ?? this.#make(bytes)
    if (size > 0) copy(staging, size)
    const looks = failures.isOpen
    if (looks) {
      failures.isOpen = false
      const commands = this.#submissions.commands()
      commands.copyBufferToBuffer(failures.buffer, 0, staging, 0, FAILURE_BYTES)
      commands.clearBuffer(failures.buffer)
    }
    this.#submissions.submit()
    await staging.mapAsync(MAP_READ, 0, FIRST + size)
    const range = staging.getMappedRange(0, FIRST + size)
    if (looks) failures.read(new Int32Array(range, 0, FAILURE_BYTES / 4), asking)
    const own = new Uint8Array(range, FIRST, byteLength).slice()
    staging.unmap()
    this.#keep(bytes, staging)
    await failures.tell(asking)
    return own
  }

  #make(bytes: number): GpuBuffer {
    return this.#device.createBuffer({ size: bytes, usage: USAGE.mapRead | USAGE.copyTarget })
  }
  #keep(bytes: number, staging: GpuBuffer): void {
    const same = this.#kept.get(bytes) ?? []
    this.#kept.set(bytes, same)
    if (bytes > KEPT || same.length >= MANY) staging.destroy()
    else same.push(staging)
  }
}
