/** The WebAssembly backend: every program becomes a module of 128-bit SIMD, written here and run in one call. */
import { DTYPES, LOOP, numel, StateError } from '@glissade/core/backend'
import type { Backend, Slice } from '@glissade/core/backend'
import { ALIGNMENT, Memory } from './memory.ts'
import { prepare } from './program.ts'

export interface WasmOptions {
  /** The most bytes that the linear memory may grow to; at most, and by default, 4 GB. */
  readonly memoryBytes?: number
}

/** What a signed 32-bit size reaches. */
const ALLOCATION_BYTES = 2 ** 31 - 1

const sizeOf = ({ type }: Slice): number => numel(type.shape) * DTYPES[type.dtype].bytes

/**
 * Makes the backend.
 * @param options.memoryBytes the limit of its memory, default 4 GB
 */
export async function wasm({ memoryBytes = 2 ** 32 }: WasmOptions = {}): Promise<Backend> {
  const memory = new Memory(memoryBytes)
  let destroyed = false
  const assertAlive = (operation: string): void => {
    if (destroyed) throw new StateError(operation, 'this backend was destroyed')
  }
  const bytesOf = (slice: Slice): Uint8Array => {
    const address = memory.addressOf(slice)
    return memory.bytes.subarray(address, address + sizeOf(slice))
  }
  return {
    name: 'wasm',
    contract: 1,
    capabilities: {
      dtypes: new Set(['float32', 'int32', 'uint8', 'bool']),
      runs: new Set([LOOP]),
      limits: { allocationBytes: Math.min(memoryBytes, ALLOCATION_BYTES), alignment: ALIGNMENT },
      accuracy: 'ieee',
      memory: 'released',
    },
    lost: new Promise(() => {}),
    allocate(byteLength) {
      assertAlive('allocate')
      return memory.allocate(byteLength)
    },
    release(storage) {
      assertAlive('release')
      memory.release(storage)
    },
    write(target, bytes) {
      assertAlive('write')
      bytesOf(target).set(bytes)
    },
    async read(source) {
      assertAlive('read')
      return bytesOf(source).slice()
    },
    readSync(source) {
      assertAlive('read')
      return bytesOf(source).slice()
    },
    view(source) {
      assertAlive('view')
      return bytesOf(source)
    },
    prepare(program) {
      assertAlive('prepare')
      const executable = prepare(memory, program)
      return {
        ...executable,
        run(inputs, outputs, scalars) {
          assertAlive('run')
          executable.run(inputs, outputs, scalars)
        },
      }
    },
    async settle() {
      assertAlive('settle')
    },
    memory: () => ({ live: memory.live, reserved: memory.reserved }),
    destroy() {
      destroyed = true
    },
  }
}
