/**
 * Host memory of a `collected` backend: a storage is typed arrays over one buffer and belongs to the garbage collector.
 * `release` only offers its bytes to the next storage of the same size. Nothing here knows of programs.
 */
import { DTYPES, MemoryError, StateError, numel } from '@glissade/core/backend'
import type { HostArray, HostMemory, Slice, Storage, TensorType } from '@glissade/core/backend'

/** What a signed 32-bit index reaches: beyond it V8 leaves its integer arithmetic, and some engines refuse the array. */
export const ALLOCATION_BYTES: number = 2 ** 31 - 1
/** Every element type is aligned there. */
export const ALIGNMENT = 16
/** From here on an allocation is made at once, so that one that cannot be made fails in `allocate`. */
const EAGER_BYTES = 2 ** 20
/** Below this a fresh array costs no more than a recycled one. */
const POOLED_BYTES = 2 ** 10
/** The pool forgets everything when it would grow over this: its sizes are then those of an earlier model. */
const POOL_BYTES = 2 ** 26
/** Views remembered per storage; enough for the parameters of a large model that lie side by side. */
const VIEWS = 256

/** The views of storages that have none yet. */
const NONE: HostArray[] = []

class HostStorage implements Storage {
  readonly byteLength: number
  /** All over one buffer. The first is made by the first element type asked for: `buffer` of a small array is slow. */
  views: HostArray[]
  released = false
  /** The last view given out, with what was asked for. */
  view: HostArray | null = null
  type: TensorType | null = null
  byteOffset = 0

  constructor(byteLength: number, views: HostArray[]) {
    this.byteLength = byteLength
    this.views = views
  }
}

type Sized = new (length: number) => HostArray

function make(bytes: number, length: number, kind: Sized): HostArray {
  try {
    return new kind(length)
  } catch (error) {
    throw new MemoryError('allocate', bytes, `${bytes} bytes are not to be had: ${(error as Error).message}`)
  }
}

/** The view of a slice that is not the last one given out. */
function find(storage: HostStorage, byteOffset: number, type: TensorType): HostArray {
  if (storage.released) throw new StateError('run', 'a storage was used after its release')
  const { array, bytes } = DTYPES[type.dtype]
  const length = numel(type.shape)
  if (storage.views === NONE) storage.views = []
  const { views } = storage
  for (const view of views)
    if (view.length === length && view.byteOffset === byteOffset && view.constructor === array) return view
  const whole = byteOffset === 0 && length * bytes === storage.byteLength
  if (views.length === 0) {
    const kind = array as unknown as Sized
    views.push(
      whole ? make(storage.byteLength, length, kind) : make(storage.byteLength, storage.byteLength, Uint8Array),
    )
    if (whole) return views[0]!
  }
  const view = new array(views[0]!.buffer, byteOffset, length)
  if (views.length < VIEWS) views.push(view)
  return view
}

export class Memory implements HostMemory {
  private readonly pool = new Map<number, HostArray[][]>()
  private pooledBytes = 0

  /** Bytes kept for storages to come. */
  get reserved(): number {
    return this.pooledBytes
  }

  allocate(byteLength: number): Storage {
    if (byteLength >= POOLED_BYTES) {
      const views = this.pool.get(byteLength)?.pop()
      if (views !== undefined) {
        this.pooledBytes -= byteLength
        return new HostStorage(byteLength, views)
      }
    }
    if (byteLength > ALLOCATION_BYTES)
      throw new MemoryError(
        'allocate',
        byteLength,
        `${byteLength} bytes are more than the ${ALLOCATION_BYTES} of one storage`,
      )
    return new HostStorage(byteLength, byteLength < EAGER_BYTES ? NONE : [make(byteLength, byteLength, Uint8Array)])
  }

  release(storage: Storage): void {
    const host = storage as HostStorage
    if (host.released) throw new StateError('release', 'this storage was released before')
    const { byteLength, views } = host
    host.released = true
    host.type = host.view = null
    host.views = NONE
    if (byteLength < POOLED_BYTES || byteLength > POOL_BYTES || views.length === 0) return
    if (this.pooledBytes + byteLength > POOL_BYTES) this.clear()
    const same = this.pool.get(byteLength)
    if (same === undefined) this.pool.set(byteLength, [views])
    else same.push(views)
    this.pooledBytes += byteLength
  }

  /** The elements of a slice. Called for every operand of every operation: the usual answer is the last one. */
  array(slice: Slice): HostArray {
    const storage = slice.storage as HostStorage
    const { type } = slice
    if (storage.type === type && storage.byteOffset === slice.byteOffset) return storage.view!
    // A fresh result of a few numbers, the loss of a step say: half of what a small compiled step costs otherwise.
    if (storage.views === NONE && type.dtype === 'float32' && slice.byteOffset === 0 && !storage.released) {
      const length = numel(type.shape)
      if (length * 4 === storage.byteLength) {
        const view = new Float32Array(length)
        storage.views = [view]
        storage.view = view
        storage.type = type
        return view
      }
    }
    storage.view = find(storage, slice.byteOffset, type)
    storage.byteOffset = slice.byteOffset
    storage.type = type
    return storage.view
  }

  clear(): void {
    this.pool.clear()
    this.pooledBytes = 0
  }
}

/** The bytes of an array, not a copy. */
export const bytesOf = (array: HostArray): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
