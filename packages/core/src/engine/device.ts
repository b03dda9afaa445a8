/** What core keeps per backend: prepared executables, memory accounting, budgets. Users pass the backend itself. */
import type { Backend, Executable, Program, Slice, Storage } from '../contract/contract.ts'
import { DTypeError, isGlissadeError, MemoryError, StateError } from '../contract/errors.ts'
import type { Type } from '../ir/type.ts'
import { roomWith } from '../random/generator.ts'
import { boolean, bytes as bytesKind, device as deviceKind } from '../signature/kind.ts'
import { bare, optional, signature } from '../signature/signature.ts'
import { Compiling } from './compiling.ts'
import { Flight, pause, RUNS_IN_FLIGHT, type Late } from './flight.ts'
import { Pressure } from './pressure.ts'
import { currentScope } from './scope.ts'
import { Slab, SMALL_BYTES, type Remains } from './slab.ts'
import { turn } from './turn.ts'
import { Buffer, Value } from './value.ts'

const KB = 1024
const ADVICE = 'Run the step inside scope(() => ...) or compile(...) so that intermediate tensors are released'

export class Device implements Late {
  readonly backend: Backend
  readonly released: boolean
  /** Bytes of tensors that are allocated and not released. */
  live = 0
  budget: number = Infinity
  /** Buffers with their creation sites, while allocations are tracked. */
  tracked: Set<WeakRef<Buffer>> | null = null
  /** Why the device is gone. */
  #lost: Error | null = null
  /** What a run failed with that nobody was told of yet. */
  #failed: Error | null = null
  /** Runs in flight, where there may be any. */
  readonly #flight: Flight | null
  /** Executables that are not ready, or never will be. */
  readonly #compiling: Compiling
  #net: FinalizationRegistry<Remains> | null = null
  readonly #pressure: Pressure | null
  /** Where the next small tensor of the whole program goes. */
  #slab: Slab | null = null

  constructor(backend: Backend) {
    this.backend = backend
    this.released = backend.capabilities.memory === 'released'
    this.#pressure = this.released ? new Pressure() : null
    if (this.released)
      this.#net = new FinalizationRegistry(({ storage, bytes }) => {
        this.live -= bytes
        try {
          backend.release(storage)
        } catch {
          // The backend was destroyed, and its storages with it; an error in a finalizer would end the process.
        }
      })
    const { runsInFlight = backend.readSync === undefined ? RUNS_IN_FLIGHT : Infinity } = backend.capabilities.limits
    this.#flight = runsInFlight === Infinity ? null : new Flight(this, runsInFlight)
    this.#compiling = new Compiling((error) => (this.#failed ??= error))
    void backend.lost.then((error) => (this.#lost = error))
  }

  /** Throws StateError where the device is gone. */
  assertAlive(operation: string): void {
    if (this.#lost !== null) throw this.#gone(operation, this.#lost)
  }

  /** Throws MemoryError where so many bytes are too many: asked before anything of that size is made, here or on the host. */
  assertRoom(bytes: number, operation = 'allocate'): void {
    if (this.live + bytes > this.budget) throw this.#overBudget(bytes, operation)
    const { allocationBytes } = this.backend.capabilities.limits
    if (bytes > allocationBytes)
      throw new MemoryError(
        operation,
        bytes,
        `${bytes} bytes are more than the ${allocationBytes} that the ${this.backend.name} backend has for one tensor; take smaller ` +
          'batches, or several tensors',
      )
  }

  /** Room for a value of this type, owned by the current scope. */
  allocate(type: Type, operation = 'allocate'): Value {
    const bytes = type.byteLength
    this.assertAlive(operation)
    this.assertRoom(bytes, operation)
    const scope = currentScope()
    if (scope === null && this.#net !== null && bytes <= SMALL_BYTES) return this.#allocateSmall(type, bytes, operation)
    const buffer = new Buffer(this, this.#storage(bytes, operation), bytes, scope, null)
    this.live += bytes
    if (scope !== null) scope.buffers.push(buffer)
    else this.#watch(buffer)
    if (this.tracked !== null) this.#note(buffer)
    return new Value(type, this, buffer, 0, null)
  }
  #allocateSmall(type: Type, bytes: number, operation: string): Value {
    let offset = this.#slab?.take(bytes) ?? -1
    if (offset < 0) {
      const { alignment } = this.backend.capabilities.limits
      this.#slab = Slab.forSmall((byteLength) => this.#storage(byteLength, operation), alignment)
      this.#net!.register(this.#slab, this.#slab.remains, this.#slab)
      offset = this.#slab.take(bytes)
    }
    const slab = this.#slab!
    const buffer = new Buffer(this, slab.remains.storage, bytes, null, slab)
    this.live += bytes
    if (this.tracked !== null) this.#note(buffer)
    return new Value(type, this, buffer, offset, null)
  }
  /** Room for several values in one storage, which is released with the last of them. They belong to the whole program. */
  allocateSideBySide(
    operation: string,
    types: readonly Type[],
    offsets: readonly number[],
    byteLength: number,
  ): Value[] {
    this.assertAlive(operation)
    this.assertRoom(byteLength, operation)
    const slab = new Slab(this.#storage(byteLength, operation), this.backend.capabilities.limits.alignment)
    this.#net?.register(slab, slab.remains, slab)
    return types.map((type, i) => {
      const buffer = new Buffer(this, slab.remains.storage, type.byteLength, null, slab)
      slab.count(type.byteLength)
      this.live += type.byteLength
      if (this.tracked !== null) this.#note(buffer)
      return new Value(type, this, buffer, offsets[i]!, null)
    })
  }
  #storage(byteLength: number, operation: string): Storage {
    try {
      return this.backend.allocate(byteLength)
    } catch (error) {
      throw this.#advised(operation, error)
    }
  }
  #note(buffer: Buffer): void {
    buffer.site = stackOf()
    this.tracked!.add(new WeakRef(buffer))
  }
  #watch(buffer: Buffer): void {
    if (buffer.slab === null) this.#net?.register(buffer, { storage: buffer.storage, bytes: buffer.byteLength }, buffer)
  }

  release(buffer: Buffer): void {
    if (buffer.released) return
    buffer.released = true
    const { slab, byteLength } = buffer
    this.live -= byteLength
    if (slab === null) {
      this.#net?.unregister(buffer)
      this.backend.release(buffer.storage)
    } else if (slab.give(byteLength) && slab !== this.#slab) {
      this.#net?.unregister(slab)
      this.backend.release(buffer.storage)
    }
  }

  /** From now on `scope` owns it; null is the whole program, where only the net under it releases. */
  move(buffer: Buffer, scope: Scope | null): void {
    if (buffer.scope === scope) return
    if (buffer.scope === null && buffer.slab === null) this.#net?.unregister(buffer)
    buffer.scope = scope
    if (scope !== null) scope.buffers.push(buffer)
    else this.#watch(buffer)
  }

  write(operation: string, target: Slice, bytes: Uint8Array): void {
    this.assertAlive(operation)
    this.backend.write(target, bytes)
  }
  /**
   * The bytes of a value, once the work issued before is done. Long loops that do nothing but read let the event loop turn. Throws what
   * a run failed with, once.
   */
  async read(operation: string, value: Value): Promise<Uint8Array> {
    this.assertAlive(operation)
    const issued = this.#flight?.issued ?? 0
    let bytes: Uint8Array
    try {
      bytes = await this.backend.read(value)
    } catch (error) {
      throw await this.#refused(operation, error)
    } finally {
      this.#flight?.over(issued)
    }
    this.assertAlive(operation)
    this.tell()
    const { memoryBytes = Infinity } = this.backend.capabilities.limits
    if (this.#pressure?.isHigh(this.live, Math.min(this.budget, memoryBytes)))
      await this.#pressure.relieve(() => this.live)
    const paused = pause()
    if (paused !== null) await paused
    return bytes
  }
  readSync(operation: string, value: Value): Uint8Array {
    this.assertAlive(operation)
    this.tell()
    return this.backend.readSync!(value)
  }
  async catchUp(pending: number): Promise<void> {
    try {
      await this.backend.settle(pending)
    } catch (error) {
      this.#failed = await this.#refused('settle', error)
    }
  }
  tell(): void {
    const error = this.#failed
    if (error === null) return
    this.#failed = null
    throw error
  }

  /** Prepares a lowered program, whose first runs may have to wait until it is compiled. */
  prepare(operation: string, program: Program): Executable {
    this.assertAlive(operation)
    try {
      const executable = this.backend.prepare(program)
      this.#compiling.watch(operation, this.backend.name, program, executable)
      return executable
    } catch (error) {
      throw this.#advised(operation, error)
    }
  }
  /** Resolves when an executable can run without waiting; rejects in the name of what it was prepared for. */
  async ready(executable: Executable): Promise<void> {
    try {
      await executable.ready
    } catch (error) {
      throw this.#compiling.named(error) ?? error
    }
  }
  /** Every run of an executable goes through here. */
  run(
    operation: string,
    executable: Executable,
    inputs: readonly Slice[],
    outputs: readonly Slice[],
    scalars: Float64Array,
  ): void {
    if (this.#lost !== null) throw this.#gone(operation, this.#lost)
    if (this.#compiling.count > 0) this.#compiling.assertRuns(executable)
    this.#flight?.issue()
    try {
      executable.run(inputs, outputs, scalars)
    } catch (error) {
      throw this.#advised(operation, error)
    }
  }

  /** What a pending answer was refused with, which is what all is refused with where the device is gone. */
  async #refused(operation: string, error: unknown): Promise<Error> {
    // Which of the two rejects first, the answer or `lost`, is the backend's.
    await turn(true)
    if (this.#lost !== null) return this.#gone(operation, this.#lost)
    this.#failed = null
    return this.#compiling.named(error) ?? this.#advised(operation, error)
  }
  #gone(operation: string, { message }: Error): StateError {
    return new StateError(
      operation,
      `the device is lost: ${message}. What it held is gone: make a new backend (${this.backend.name}), build the model there and load ` +
        'the last checkpoint',
    )
  }
  /** A backend's MemoryError with what helps; every other error as it is. */
  #advised(operation: string, error: unknown): Error {
    if (!isGlissadeError(error, 'MemoryError')) return error as Error
    const { operation: own, message, bytes } = error as MemoryError
    const what = message.startsWith(`${own}: `) ? message.slice(own.length + 2) : message
    return new MemoryError(
      own === 'allocate' ? operation : own,
      bytes,
      `${what}; ${Math.ceil(this.live / KB)} KB are live. ${ADVICE}`,
    )
  }

  assertDType(operation: string, type: Type): void {
    const { dtypes } = this.backend.capabilities
    if (!dtypes.has(type.dtype))
      throw new DTypeError(operation, [type.dtype], `the ${this.backend.name} backend has ${[...dtypes].join(', ')}`)
  }

  #overBudget(bytes: number, operation: string): MemoryError {
    return new MemoryError(
      operation,
      bytes,
      `${Math.ceil(bytes / KB)} KB more than the ${Math.floor(this.budget / KB)} KB budget of ${this.backend.name} allows; ` +
        `${Math.ceil(this.live / KB)} KB are live. ${ADVICE}` +
        (this.tracked === null ? '; trackAllocations() names what is live' : `:\n${report(this)}`),
    )
  }
}

type Scope = NonNullable<ReturnType<typeof currentScope>>

/** Frames of a stack: enough to get out of this library. */
const FRAMES = 40

function stackOf(): string {
  const errors = Error as unknown as { stackTraceLimit?: number }
  const before = errors.stackTraceLimit
  errors.stackTraceLimit = FRAMES
  const stack = new Error('allocated').stack ?? ''
  if (before !== undefined) errors.stackTraceLimit = before
  return stack
}

/** Live buffers, largest first, with the lines that made them. */
export function report(device: Device): string {
  const sites = new Map<string, { bytes: number; count: number }>()
  for (const reference of device.tracked ?? []) {
    const buffer = reference.deref()
    if (buffer === undefined || buffer.released) {
      device.tracked!.delete(reference)
      continue
    }
    const site = callSite(buffer.site ?? '')
    const entry = sites.get(site) ?? { bytes: 0, count: 0 }
    sites.set(site, { bytes: entry.bytes + buffer.byteLength, count: entry.count + 1 })
  }
  return [...sites]
    .toSorted(([, a], [, b]) => b.bytes - a.bytes)
    .map(
      ([site, { bytes, count }]) =>
        `${String(bytes).padStart(12)} bytes in ${count} tensor${count === 1 ? '' : 's'} made ${site}`,
    )
    .join('\n')
}

/** @internal The first line of a stack outside this library. */
export function callSite(stack: string): string {
  const lines = stack.split('\n').slice(1)
  const url = (import.meta as unknown as { url: string }).url
  const own = url.split('/').slice(0, -2).join('/').replace('file://', '')
  return (lines.find((line) => !line.includes(own)) ?? lines.at(-1) ?? 'at an unknown place').trim()
}

const devices = new WeakMap<Backend, Device>()
let fallback: Device | null = null

/** Core's state for a backend. */
export function deviceOf(backend: Backend): Device {
  let device = devices.get(backend)
  if (device === undefined) devices.set(backend, (device = new Device(backend)))
  return device
}

export const SET_DEFAULT_DEVICE = /* @__PURE__ */ signature('setDefaultDevice', { backend: deviceKind })
export const MEMORY = /* @__PURE__ */ signature('memory', { backend: optional(deviceKind) })
export const SET_MEMORY_BUDGET = /* @__PURE__ */ signature('setMemoryBudget', {
  bytes: bytesKind,
  backend: optional(deviceKind),
})
export const TRACK_ALLOCATIONS = /* @__PURE__ */ signature('trackAllocations', {
  on: optional(boolean),
  backend: optional(deviceKind),
})
export const LEAK_REPORT = /* @__PURE__ */ signature('leakReport', { backend: optional(deviceKind) })
export const BARE = /* @__PURE__ */ bare('getDefaultDevice')

/** Sets the device on which tensors are made when none is named. */
export function setDefaultDevice(backend: Backend): void {
  SET_DEFAULT_DEVICE.read(arguments)
  fallback = deviceOf(backend)
}

roomWith((bytes, operation) => fallback?.assertRoom(bytes, operation))

export function defaultDevice(): Device {
  if (fallback === null)
    throw new StateError('device', 'no default device; install a backend and call setDefaultDevice(await cpu()) first')
  return fallback
}

/** @internal Runs `fn` with another default device. */
export function withDevice<T>(device: Device, fn: () => T): T {
  const before = fallback
  fallback = device
  try {
    return fn()
  } finally {
    fallback = before
  }
}

/** The backend on which tensors are made when none is named. Throws StateError before `setDefaultDevice`. */
export function getDefaultDevice(): Backend {
  BARE.getDefaultDevice.read(arguments)
  return defaultDevice().backend
}

/**
 * Live storage of a backend in bytes, as core counts it (tensors) and as the backend does. On `collected` backends
 * dropped tensors are not seen until their scope ends: the garbage collector owns them.
 */
export function memory(backend?: Backend): { tensors: number; live: number; reserved: number }
export function memory(backend: Backend = getDefaultDevice()): { tensors: number; live: number; reserved: number } {
  MEMORY.read(arguments)
  return { tensors: deviceOf(backend).live, ...backend.memory() }
}

/** Limits live tensors to `bytes`: allocations beyond throw MemoryError. Infinity (the default) lifts the budget. */
export function setMemoryBudget(bytes: number, backend?: Backend): void
export function setMemoryBudget(bytes: number, backend: Backend = getDefaultDevice()): void {
  SET_MEMORY_BUDGET.read(arguments)
  deviceOf(backend).budget = bytes
}

/** From now on every allocation notes where it was made (slow; for development). */
export function trackAllocations(on?: boolean, backend?: Backend): void
export function trackAllocations(on = true, backend: Backend = getDefaultDevice()): void {
  TRACK_ALLOCATIONS.read(arguments)
  deviceOf(backend).tracked = on ? new Set() : null
}

/** The tensors made since `trackAllocations()` that are still live, with the lines that made them, largest first. */
export function leakReport(backend?: Backend): string
export function leakReport(backend: Backend = getDefaultDevice()): string {
  LEAK_REPORT.read(arguments)
  return report(deviceOf(backend))
}
