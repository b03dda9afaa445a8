/**
 * A correct backend over host memory whose parts can be replaced: kernels from a table, memory released by its users and
 * poisoned, every run over when it returns. What the mutants break.
 */
import { DTYPES, DTYPE_NAMES, MemoryError, StateError, numel, stepByStep } from '@glissade/core/backend'
import type { Backend, HostMemory, Kernels, Slice, Storage } from '@glissade/core/backend'
import { kernels as correct } from '../../cpu/src/kernels/index.ts'

interface Bytes extends Storage {
  readonly buffer: ArrayBuffer
  released: boolean
}

export const ALLOCATION_BYTES = 2 ** 30

export function hostBackend(kernels: Partial<Kernels> = correct, name = 'host'): Backend {
  let live = 0
  let destroyed = false
  const assertAlive = (operation: string): void => {
    if (destroyed) throw new StateError(operation, 'this backend was destroyed')
  }
  const memory: HostMemory = {
    allocate(byteLength) {
      assertAlive('allocate')
      if (byteLength > ALLOCATION_BYTES) throw new MemoryError('allocate', byteLength, 'over the limit')
      live += byteLength
      const storage: Bytes = { byteLength, buffer: new ArrayBuffer(byteLength), released: false }
      new Uint8Array(storage.buffer).fill(0xa5)
      return storage
    },
    release(storage) {
      const own = storage as Bytes
      if (own.released) throw new StateError('release', 'this storage was released before')
      own.released = true
      live -= destroyed ? 0 : own.byteLength
      new Uint8Array(own.buffer).fill(0x5a)
    },
    array({ storage, byteOffset, type }) {
      const { buffer, released } = storage as Bytes
      if (released) throw new StateError('run', 'a released storage was used')
      return new DTYPES[type.dtype].array(buffer, byteOffset, numel(type.shape))
    },
  }
  const bytes = (slice: Slice): Uint8Array => {
    const { buffer, byteOffset, byteLength } = memory.array(slice)
    return new Uint8Array(buffer, byteOffset, byteLength)
  }
  const prepare = stepByStep(memory, kernels as Kernels)
  return {
    name,
    contract: 1,
    capabilities: {
      dtypes: new Set(DTYPE_NAMES),
      runs: new Set(),
      limits: { allocationBytes: ALLOCATION_BYTES, alignment: 16 },
      accuracy: 'ieee',
      memory: 'released',
    },
    lost: new Promise(() => {}),
    allocate: (byteLength) => memory.allocate(byteLength),
    release: (storage) => memory.release(storage),
    write(target, source) {
      assertAlive('write')
      bytes(target).set(source)
    },
    async read(source) {
      assertAlive('read')
      return bytes(source).slice()
    },
    prepare(program) {
      assertAlive('prepare')
      const executable = prepare(program)
      return {
        ...executable,
        run(...operands) {
          assertAlive('run')
          executable.run(...operands)
        },
      }
    },
    async settle() {
      assertAlive('settle')
    },
    memory: () => ({ live, reserved: live }),
    destroy() {
      destroyed = true
      live = 0
    },
  }
}
