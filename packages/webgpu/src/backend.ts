/** The contract's calls, over one device. */
import type { Backend, DType } from '@glissade/core/backend'
import type { Opened } from './adapter.ts'
import { Device, memoryOf, type DeviceStorage } from './device/device.ts'
import { COMPOSITES } from './kernels/index.ts'
import { prepare } from './executable.ts'

/** The backend, and what can be asked of it beyond the contract. */
export interface WebGpuBackend extends Backend {
  /** Whether shaders run on a GPU, or on the processor in its place. */
  readonly adapter: 'hardware' | 'software'
}

const DTYPES: readonly DType[] = ['float32', 'int32', 'uint8', 'bool']

export interface Settings extends Opened {
  readonly memoryBytes: number
  readonly small: number
}

export function makeBackend({ device: gpu, adapter, isOwn, memoryBytes, small }: Settings): WebGpuBackend {
  const {
    maxBufferSize,
    maxStorageBufferBindingSize,
    maxStorageBuffersPerShaderStage,
    minStorageBufferOffsetAlignment,
  } = gpu.limits
  const allocationBytes = Math.min(maxBufferSize, maxStorageBufferBindingSize, memoryBytes)
  const device = new Device(gpu, {
    memoryBytes,
    isOwn,
    limits: { allocationBytes, storages: maxStorageBuffersPerShaderStage, small, adapter },
  })
  return {
    name: 'webgpu',
    adapter,
    contract: 1,
    capabilities: {
      dtypes: new Set(DTYPES),
      runs: new Set(COMPOSITES),
      limits: {
        allocationBytes,
        ...(memoryBytes === Infinity ? {} : { memoryBytes }),
        alignment: minStorageBufferOffsetAlignment,
        storages: maxStorageBuffersPerShaderStage,
      },
      accuracy: 'wgsl',
      memory: 'released',
    },
    lost: device.lost,
    allocate(byteLength) {
      device.assertThere('allocate')
      return device.allocate(byteLength)
    },
    release(storage) {
      device.release(storage as DeviceStorage)
    },
    write(target, bytes) {
      device.assertThere('write')
      device.write(memoryOf(target, 'write'), target.byteOffset, bytes)
    },
    async read(source) {
      device.assertThere('read')
      return device.read(memoryOf(source, 'read'), source)
    },
    prepare(program) {
      device.assertThere('prepare')
      return prepare(device, program)
    },
    async settle(pending = 0) {
      device.assertThere('settle')
      await device.settle(pending)
    },
    memory: () => device.memory(),
    destroy: () => device.destroy(),
  }
}
