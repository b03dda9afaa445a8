/**
 * The plain JavaScript backend: the default one, and the one to copy. Storages are typed arrays, `prepare` comes from a
 * table of loops, and every run is over when it returns, so nothing is ever in flight.
 */
import { LOOP, StateError, stepByStep } from '@glissade/core/backend'
import type { Backend, HostMemory } from '@glissade/core/backend'
import { boolean, optional, signature, type OptionsOf } from '@glissade/core/signature'
import { kernels } from './kernels/index.ts'
import { allowsSource, bySource } from './source/program.ts'
import { ALIGNMENT, ALLOCATION_BYTES, Memory, bytesOf } from './memory.ts'

const rows = {
  /** Write fused loops as JavaScript source where the page's policy allows it; otherwise prepared kernels run. Default true. */
  source: optional(boolean, true),
}
export interface CpuOptions extends OptionsOf<typeof rows> {}
const CPU = /* @__PURE__ */ signature('cpu', {}, rows)

/**
 * Makes the backend in plain JavaScript: values can be read at once, and tensors belong to the garbage collector.
 * Errors: OptionError for options that there are not.
 *
 * @example
 * ```ts
 * import { setDefaultDevice, tensor } from '@glissade/core'
 * import { cpu } from '@glissade/cpu'
 *
 * setDefaultDevice(cpu())
 * console.log(tensor([1, 2, 3]).sum().itemSync()) // 6
 * ```
 */
export function cpu(options?: CpuOptions): Backend
export function cpu(): Backend {
  const { source } = CPU.read(arguments)
  const memory = new Memory()
  let destroyed = false
  const assertAlive = (operation: string): void => {
    if (destroyed) throw new StateError(operation, 'this backend was destroyed')
  }

  // Of all storages only the scratch of prepared programs is the backend's own; tensors belong to the collector.
  let scratchBytes = 0
  const scratch: HostMemory = {
    allocate(byteLength) {
      const storage = memory.allocate(byteLength)
      scratchBytes += byteLength
      return storage
    },
    release(storage) {
      memory.release(storage)
      if (!destroyed) scratchBytes -= storage.byteLength
    },
    array: (slice) => memory.array(slice),
  }
  const fuses = source && allowsSource()
  const prepare = (fuses ? bySource : stepByStep)(scratch, kernels)

  return {
    name: 'cpu',
    contract: 1,
    capabilities: {
      dtypes: new Set(['float32', 'float64', 'int32', 'uint8', 'bool']),
      runs: new Set(fuses ? [LOOP] : []),
      limits: { allocationBytes: ALLOCATION_BYTES, alignment: ALIGNMENT },
      accuracy: 'ieee',
      memory: 'collected',
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
      bytesOf(memory.array(target)).set(bytes)
    },
    async read(slice) {
      assertAlive('read')
      return bytesOf(memory.array(slice)).slice()
    },
    readSync(slice) {
      assertAlive('read')
      return bytesOf(memory.array(slice)).slice()
    },
    view(slice) {
      assertAlive('view')
      return bytesOf(memory.array(slice))
    },
    prepare(program) {
      assertAlive('prepare')
      const executable = prepare(program)
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
    memory: () => ({ live: scratchBytes, reserved: scratchBytes + memory.reserved }),
    destroy() {
      destroyed = true
      scratchBytes = 0
      memory.clear()
    },
  }
}
