/** What core keeps per backend: prepared executables, memory accounting, budgets. Users pass the backend itself. */
import type { Backend, Executable, Program } from '../contract/contract.ts'
import { DTypeError, MemoryError, StateError } from '../contract/errors.ts'
import type { Type } from '../ir/type.ts'
import { roomWith } from '../random/generator.ts'
import { boolean, bytes as bytesKind, device as deviceKind } from '../signature/kind.ts'
import { bare, optional, signature } from '../signature/signature.ts'
import { Pressure } from './pressure.ts'
import { currentScope } from './scope.ts'
import { Slab, SMALL_BYTES, type Remains } from './slab.ts'
import { turn } from './turn.ts'
import { Buffer, Value } from './value.ts'

const KB = 1024

export class Device {
  readonly backend: Backend
  readonly released: boolean
  /** Bytes of tensors that are allocated and not released. */
  live = 0
  budget: number = Infinity
  /** Buffers with their creation sites, while allocations are tracked. */
  tracked: Set<WeakRef<Buffer>> | null = null
  failure: Error | null = null
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
    void backend.lost.then((error) => (this.failure = error))
  }

  /** Throws MemoryError where so many bytes are too many: asked before anything of that size is made, here or on the host. */
  assertRoom(bytes: number, operation = 'allocate'): void {
    if (this.live + bytes > this.budget) throw this.#overBudget(bytes, operation)
    const { allocationBytes } = this.backend.capabilities.limits
    if (bytes > allocationBytes)
      throw new MemoryError(
        operation,
        bytes,
        `${bytes} bytes are more than the ${allocationBytes} that the ${this.backend.name} backend has for one tensor`,
      )
  }

  /** Room for a value of this type, owned by the current scope. */
  allocate(type: Type, operation?: string): Value {
    const bytes = type.byteLength
    this.assertRoom(bytes, operation)
    const scope = currentScope()
    if (scope === null && this.#net !== null && bytes <= SMALL_BYTES) return this.#allocateSmall(type, bytes)
    const buffer = new Buffer(this, this.backend.allocate(bytes), bytes, scope, null)
    this.live += bytes
    if (scope !== null) scope.buffers.push(buffer)
    else this.#watch(buffer)
    if (this.tracked !== null) this.#note(buffer)
    return new Value(type, this, buffer, 0, null)
  }
  #allocateSmall(type: Type, bytes: number): Value {
    let offset = this.#slab?.take(bytes) ?? -1
    if (offset < 0) {
      const { alignment } = this.backend.capabilities.limits
      this.#slab = Slab.forSmall((byteLength) => this.backend.allocate(byteLength), alignment)
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
  allocateSideBySide(types: readonly Type[], offsets: readonly number[], byteLength: number): Value[] {
    this.assertRoom(byteLength)
    const slab = new Slab(this.backend.allocate(byteLength), this.backend.capabilities.limits.alignment)
    this.#net?.register(slab, slab.remains, slab)
    return types.map((type, i) => {
      const buffer = new Buffer(this, slab.remains.storage, type.byteLength, null, slab)
      slab.count(type.byteLength)
      this.live += type.byteLength
      if (this.tracked !== null) this.#note(buffer)
      return new Value(type, this, buffer, offsets[i]!, null)
    })
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

  /** The bytes of a value, once the work issued before is done. Long loops that do nothing but read let the event loop turn. */
  async read(value: Value): Promise<Uint8Array> {
    const bytes = await this.backend.read(value)
    const { memoryBytes = Infinity } = this.backend.capabilities.limits
    if (this.#pressure?.isHigh(this.live, Math.min(this.budget, memoryBytes)))
      await this.#pressure.relieve(() => this.live)
    const turned = turn()
    if (turned !== null) await turned
    return bytes
  }

  /** Prepares a lowered program. */
  prepare(program: Program): Executable {
    if (this.failure !== null) throw new StateError(this.backend.name, `the device is lost: ${this.failure.message}`)
    return this.backend.prepare(program)
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
        `${Math.ceil(this.live / KB)} KB are live. Run the step inside scope(() => ...) or compile(...) so that intermediate tensors are released` +
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
