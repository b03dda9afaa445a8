/** A device and all that is kept for it. */
import { MemoryError, StateError, type Slice, type Storage } from '@glissade/core/backend'
import type { Shared } from './binder.ts'
import { Failures, type Asking } from './failures.ts'
import { USAGE, type GpuBuffer, type GpuDevice } from './gpu.ts'
import { Numbers } from './numbers.ts'
import { Order } from './order.ts'
import { Pipelines } from './pipelines.ts'
import { Pool, type Memory } from './pool.ts'
import { Readback } from './readback.ts'
import { Submissions } from './submissions.ts'
import { Workspace } from './workspace.ts'
import type { Limits } from '../plan/plan.ts'

/** A storage of the contract: a buffer, until it is released. */
export class DeviceStorage implements Storage {
  readonly byteLength: number
  memory: Memory | null

  constructor(byteLength: number, memory: Memory) {
    this.byteLength = byteLength
    this.memory = memory
  }
}
/** The buffer that a slice lies in. */
export function memoryOf({ storage }: Slice, operation: string): Memory {
  const { memory } = storage as DeviceStorage
  if (memory === null) throw new StateError(operation, 'a storage was used after its release')
  return memory
}

export interface DeviceOptions {
  readonly memoryBytes: number
  readonly limits: Limits
  /** Whether the device ends with this. */
  readonly isOwn: boolean
}

export class Device {
  readonly gpu: GpuDevice
  readonly limits: Limits
  readonly order: Order
  readonly failures: Failures
  readonly submissions: Submissions
  readonly numbers: Numbers
  readonly pool: Pool
  readonly workspace: Workspace
  readonly readback: Readback
  readonly shared: Shared
  readonly lost: Promise<Error>
  readonly #isOwn: boolean
  #loss: Error | null = null
  #isDestroyed = false
  #live = 0

  constructor(gpu: GpuDevice, { memoryBytes, limits, isOwn }: DeviceOptions) {
    this.gpu = gpu
    this.limits = limits
    this.#isOwn = isOwn
    this.failures = new Failures(gpu)
    this.order = new Order((error) => this.failures.add(error))
    this.numbers = new Numbers(gpu)
    this.submissions = new Submissions(gpu, () => this.numbers.upload())
    this.pool = new Pool({
      memoryBytes,
      allocationBytes: limits.allocationBytes,
      make: (bytes, operation) => this.#make(bytes, operation),
      retire: (memory) => this.submissions.retire(memory),
    })
    this.workspace = new Workspace(this.pool, (memory) => this.give(memory))
    this.readback = new Readback(gpu, this.submissions, this.failures)
    this.shared = {
      device: gpu,
      pipelines: new Pipelines(gpu),
      failures: this.failures.buffer,
      numbers: this.numbers.buffer,
    }
    this.lost = this.#untilLost()
    gpu.addEventListener?.('uncapturederror', ({ error }: { readonly error: { readonly message: string } }) => {
      if (!this.#isDestroyed) this.failures.add(new StateError('webgpu', error.message), 0)
    })
  }

  assertAlive(operation: string): void {
    if (this.#isDestroyed) throw new StateError(operation, 'this backend was destroyed')
  }
  /** Also that the device is there. */
  assertThere(operation: string): void {
    this.assertAlive(operation)
    if (this.#loss !== null) throw this.#loss
  }

  memory(): { readonly live: number; readonly reserved: number } {
    return this.#isDestroyed ? { live: 0, reserved: 0 } : { live: this.#live, reserved: this.pool.reserved }
  }
  allocate(byteLength: number): DeviceStorage {
    const storage = new DeviceStorage(byteLength, this.pool.take('allocate', byteLength))
    this.#live += byteLength
    return storage
  }
  release(storage: DeviceStorage): void {
    const { memory, byteLength } = storage
    if (memory === null) throw new StateError('release', 'this storage was released before')
    storage.memory = null
    this.#live -= byteLength
    if (!this.#isDestroyed) this.give(memory)
  }
  /** Gives a buffer back after all that was issued. */
  give(memory: Memory): void {
    this.order.push(() => this.pool.give(memory))
  }

  write(memory: Memory, byteOffset: number, bytes: Uint8Array): void {
    const isWhole = bytes.byteLength % 4 === 0
    const own = isWhole && this.order.isIdle ? bytes : new Uint8Array(Math.ceil(bytes.byteLength / 4) * 4)
    if (own !== bytes) own.set(bytes)
    this.order.push(() => {
      // What is written now comes before everything that is not submitted yet.
      if (memory.submission === this.submissions.current) this.submissions.submit()
      this.gpu.queue.writeBuffer(memory.buffer, byteOffset, own)
    })
  }
  read(memory: Memory, { byteOffset, type }: Slice): Promise<Uint8Array> {
    return this.#inOrder('read', (asking) => this.readback.read(asking, memory, byteOffset, type))
  }
  settle(pending: number): Promise<void> {
    return this.#inOrder('settle', async (asking) => {
      await this.submissions.settle(pending)
      await this.readback.check(asking)
    })
  }

  destroy(): void {
    if (this.#isDestroyed) return
    this.#isDestroyed = true
    this.order.end()
    this.pool.destroy()
    if (this.#isOwn) this.gpu.destroy()
  }

  async #untilLost(): Promise<Error> {
    const { message } = await this.gpu.lost
    // Who ends it has not lost it.
    if (this.#isDestroyed) return new Promise(() => {})
    this.#loss = new StateError('webgpu', `the device was lost: ${message || 'no reason is known'}`)
    this.order.end()
    return this.#loss
  }

  /** Asks when all that was issued before has been. Ends when the device does. */
  #inOrder<T>(operation: string, ask: (asking: Asking) => Promise<T>): Promise<T> {
    const asking = this.failures.ask()
    const asked = new Promise<T>((resolve, reject) => {
      this.order.push(() => {
        this.failures.take(asking)
        ask(asking).then(resolve, reject)
      })
    })
    return asked.then(
      (value) => {
        this.assertThere(operation)
        return value
      },
      (error: unknown) => {
        this.assertThere(operation)
        throw error
      },
    )
  }

  #make(bytes: number, operation: string): GpuBuffer {
    const { gpu } = this
    gpu.pushErrorScope('out-of-memory')
    const buffer = gpu.createBuffer({ size: bytes, usage: USAGE.storage | USAGE.copySource | USAGE.copyTarget })
    const { live } = this.memory()
    this.failures.follow(
      gpu
        .popErrorScope()
        .then((error) =>
          error === null
            ? null
            : new MemoryError(
                operation,
                bytes,
                `${bytes} bytes are not to be had beside ${live} that are live: ${error.message}`,
              ),
        ),
    )
    return buffer
  }
}
