/**
 * The plain JavaScript backend: the default one, and the one to copy. Storages are typed arrays, `prepare` comes from a
 * table of loops, and every run is over when it returns, so nothing is ever in flight.
 */
import { DTYPE_NAMES, LOOP, StateError, stepByStep } from '@glissade/core/backend'
import type { Backend, HostMemory } from '@glissade/core/backend'
import { boolean, optional, signature, type OptionsOf } from '@glissade/core/signature'
import { kernels } from './kernels/index.ts'
import { composites } from './kernels/recurrent.ts'
import { whyNoCode } from './source/code.ts'
import { bySource } from './source/prepare.ts'
import { ALIGNMENT, ALLOCATION_BYTES, Memory, bytesOf } from './memory.ts'

const rows = {
  /** Write fused loops as JavaScript source where the page's policy allows it; otherwise prepared kernels run. Default true. */
  source: optional(boolean, true),
}
export interface CpuOptions extends OptionsOf<typeof rows> {}
const CPU = /* @__PURE__ */ signature('cpu', {}, rows)

/** The backend, and what can be asked of it beyond the contract. */
export interface CpuBackend extends Backend {
  /** Why it writes no fused loops, although `source` was asked for, in plain words; else null. */
  readonly unfusedBecause: string | null
}

/**
 * Makes the backend in plain JavaScript: values can be read at once, and tensors belong to the garbage collector. Where the page's
 * policy lets no text become code, every operation is a loop of its own, which takes longer and more memory: it warns once, and
 * says why in `unfusedBecause`.
 * @param options.source default true; false asks for loops of their own, without a warning
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
export function cpu(options?: CpuOptions): CpuBackend
export function cpu(): CpuBackend {
  const { source } = CPU.read(arguments)
  const unfusedBecause = source ? whyNoCode() : null
  if (unfusedBecause !== null)
    warnOnce(
      `cpu: no fused loops, so every operation is a loop of its own and steps take longer: ${unfusedBecause}. ` +
        "Allow 'unsafe-eval' in script-src, use the wasm backend, or ask for it with cpu({ source: false })",
    )
  const memory = new Memory()
  let destroyed = false
  const assertAlive = (operation: string): void => {
    if (destroyed) throw new StateError(operation, 'this backend was destroyed')
  }

  // Of all storages only the scratch of prepared programs is the backend's own; tensors belong to the collector.
  let scratchBytes = 0
  const scratch: HostMemory = {
    allocationBytes: ALLOCATION_BYTES,
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
  const fuses = source && unfusedBecause === null
  const prepare = (fuses ? bySource : stepByStep)(scratch, { ...kernels, ...composites })

  return {
    name: 'cpu',
    unfusedBecause,
    contract: 1,
    capabilities: {
      dtypes: new Set(DTYPE_NAMES),
      runs: new Set([...Object.keys(composites), ...(fuses ? [LOOP] : [])]),
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
        async profile(inputs, outputs, scalars) {
          assertAlive('profile')
          return executable.profile(inputs, outputs, scalars)
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

const warned = new Set<string>()
function warnOnce(message: string): void {
  if (warned.has(message)) return
  warned.add(message)
  const { console } = globalThis as { console?: { warn(message: string): void } }
  console?.warn(message)
}
