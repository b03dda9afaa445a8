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
  const assertAlive = (operation: string): void => {
    if (destroyed) throw new StateError(operation, 'this backend was destroyed')
  }
  const array = ({ storage, byteOffset, type }: Slice): HostArray =>
    new DTYPES[type.dtype].array((storage as Bytes).buffer, byteOffset, numel(type.shape))
  const bytes = ({ storage, byteOffset, type }: Slice): Uint8Array =>
    new Uint8Array((storage as Bytes).buffer, byteOffset, numel(type.shape) * DTYPES[type.dtype].bytes)
  const memory: HostMemory = {
    array,
    allocate(byteLength) {
      assertAlive('allocate')
      if (byteLength > LIMIT) throw new MemoryError('allocate', byteLength, `${byteLength} bytes are over the limit`)
      const storage: Bytes = { byteLength, buffer: new ArrayBuffer(byteLength) }
      live.add(storage)
      return storage
    },
    release(storage) {
      if (!live.delete(storage)) throw new StateError('release', 'this storage was released before')
    },
  }
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
    allocate: memory.allocate,
    release: memory.release,
    write: (target, source) => bytes(target).set(source),
    async read(source) {
      assertAlive('read')
      return bytes(source).slice()
    },
    prepare(program) {
      assertAlive('prepare')
      return prepare(program)
    },
    settle: async () => {},
    memory() {
      const bytes = [...live].reduce((sum, { byteLength }) => sum + byteLength, 0)
      return { live: bytes, reserved: bytes }
    },
    destroy() {
      destroyed = true
      live.clear()
    },
  }
}
