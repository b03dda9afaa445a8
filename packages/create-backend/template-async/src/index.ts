/** A backend whose device answers late. */
import type { Backend } from '@glissade/core/backend'
import { ALIGNMENT, ALLOCATION_BYTES, Device, MEMORY_BYTES } from './device.js'
import { composites } from './composites.js'
import { prepare } from './prepare.js'

export async function createBackend(): Promise<Backend> {
  const device = new Device()
  return {
    name: '{{name}}',
    contract: 1,
    capabilities: {
      dtypes: new Set(['float32', 'int32', 'uint8', 'bool']),
      runs: new Set(Object.keys(composites)),
      limits: { allocationBytes: ALLOCATION_BYTES, memoryBytes: MEMORY_BYTES, alignment: ALIGNMENT, runsInFlight: 8 },
      accuracy: 'ieee',
      memory: 'released',
    },
    lost: new Promise(() => {}),
    allocate: (byteLength) => device.allocate(byteLength),
    release: (storage) => device.release(storage),
    write(target, bytes) {
      device.assertThere('write', target.storage)
      const copy = bytes.slice()
      device.issue(() => device.bytes(target).set(copy))
    },
    async read(source) {
      device.assertThere('read', source.storage)
      return device.answer('read', () => device.bytes(source).slice())
    },
    prepare(program) {
      device.assertAlive('prepare')
      return prepare(device, program)
    },
    /** It waits for all, so that no more are in flight than were asked for. */
    async settle() {
      device.assertAlive('settle')
      return device.answer('settle', () => {})
    },
    memory: () => ({ live: device.live, reserved: MEMORY_BYTES }),
    destroy: () => device.destroy(),
  }
}
