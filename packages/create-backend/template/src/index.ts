/** Storage, and a table of kernels: a whole backend. */
import { DTYPES, MemoryError, StateError, numel, stepByStep } from '@glissade/core/backend'
import type { Backend, HostArray, HostMemory, Slice, Storage } from '@glissade/core/backend'
import { composites } from './composites.js'
import { kernels } from './kernels.js'

interface Bytes extends Storage { readonly buffer: ArrayBuffer }
const LIMIT = 2 ** 30

export function createBackend(): Backend {
  /** Allocated and not released. */
  const live = new Set<Storage>()
  let destroyed = false
  const assert = (operation: string, isThere: boolean): void => {
    if (destroyed) throw new StateError(operation, 'this backend was destroyed')
    if (!isThere) throw new StateError(operation, 'this storage was released before')
  }
  const allocate = (byteLength: number): Bytes => {
    assert('allocate', true)
    if (byteLength > LIMIT) throw new MemoryError('allocate', byteLength, `${byteLength} bytes are over the limit`)
    const storage: Bytes = { byteLength, buffer: new ArrayBuffer(byteLength) }
    live.add(storage)
    return storage
  }
  const release = (storage: Storage): void => assert('release', live.delete(storage))
  const array = ({ storage, byteOffset, type }: Slice, operation = 'run'): HostArray => {
    assert(operation, live.has(storage))
    return new DTYPES[type.dtype].array((storage as Bytes).buffer, byteOffset, numel(type.shape))
  }
  const bytes = (slice: Slice, operation: string): Uint8Array => {
    const { buffer, byteOffset, byteLength } = array(slice, operation)
    return new Uint8Array(buffer, byteOffset, byteLength)
  }
  const memory: HostMemory = { allocate, release, array, allocationBytes: LIMIT }
  const prepare = stepByStep(memory, { ...kernels, ...composites })
  return {
    name: '{{name}}',
    contract: 1,
    capabilities: {
      dtypes: new Set(['float32', 'int32', 'uint8', 'bool']),
      runs: new Set(Object.keys(composites)),
      limits: { allocationBytes: LIMIT, alignment: 16 },
      accuracy: 'ieee',
      memory: 'released',
    },
    lost: new Promise(() => {}),
    allocate,
    release,
    write: (target, source) => bytes(target, 'write').set(source),
    read: async (source) => bytes(source, 'read').slice(),
    prepare(program) {
      assert('prepare', true)
      return prepare(program)
    },
    settle: async () => assert('settle', true),
    memory() {
      const total = [...live].reduce((sum, { byteLength }) => sum + byteLength, 0)
      return { live: total, reserved: total }
    },
    destroy() {
      destroyed = true
      live.clear()
    },
  }
}
