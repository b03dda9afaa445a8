/** Values: typed bytes on a device, or, while a function is traced, values of the program being written. */
import type { Slice, Storage } from '../contract/contract.ts'
import { StateError } from '../contract/errors.ts'
import type { Sym } from '../ir/builder.ts'
import type { Type } from '../ir/type.ts'
import type { Device } from './device.ts'
import type { Scope } from './scope.ts'
import type { Slab } from './slab.ts'

/** Ownership of one storage, or of one place in a slab. Several values may lie in it (a reshape shares the bytes of its operand). */
export class Buffer {
  readonly device: Device
  readonly storage: Storage
  readonly byteLength: number
  /** Where its storage is shared with other tensors: what owns it. */
  readonly slab: Slab | null
  /** The scope at whose end it is released; null when it belongs to the whole program. */
  scope: Scope | null
  /** More than one handle may see it, so `assign` must neither reuse nor release it. */
  shared = false
  /** An operation on the tape may read it in backward, so it must not be overwritten in place. */
  saved = false
  released = false
  /** Creation site, while allocations are tracked. */
  site: string | undefined = undefined
  constructor(device: Device, storage: Storage, byteLength: number, scope: Scope | null, slab: Slab | null) {
    this.device = device
    this.storage = storage
    this.byteLength = byteLength
    this.scope = scope
    this.slab = slab
  }
}

export class Value implements Slice {
  readonly type: Type
  readonly device: Device
  readonly storage: Storage
  readonly byteOffset: number
  readonly buffer: Buffer | null
  /** Set while tracing: this value has no bytes. */
  readonly sym: Sym | null
  constructor(type: Type, device: Device, buffer: Buffer | null, byteOffset: number, sym: Sym | null) {
    this.type = type
    this.device = device
    this.buffer = buffer
    this.storage = buffer === null ? NO_STORAGE : buffer.storage
    this.byteOffset = byteOffset
    this.sym = sym
  }
}

const NO_STORAGE: Storage = Object.freeze({ byteLength: 0 })

/** Throws when the bytes are gone or were never there. */
export function assertReadable(operation: string, value: Value): void {
  if (value.sym !== null)
    throw new StateError(operation, 'a value cannot be read while its function is being recorded; return it instead')
  if (value.buffer!.released)
    throw new StateError(
      operation,
      'this tensor was released at the end of its scope; return it from the scope or keep() it',
    )
}
