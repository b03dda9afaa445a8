/** The contract's calls, over one memory and the threads that share it. */
import { bytesOf, LOOP, StateError } from '@glissade/core/backend'
import type { Backend, Slice } from '@glissade/core/backend'
import { assertRuns } from './assert-runs.ts'
import { COMPOSITES } from './kernels.ts'
import { dtypes } from './codegen/stored.ts'
import { ALIGNMENT, Memory } from './memory.ts'
import { Modules } from './modules.ts'
import { prepare, type Writing } from './program.ts'
import { hasRelaxedSimd } from './relaxed-simd.ts'
import { Team } from './team.ts'

/** The backend, and what can be asked of it beyond the contract. */
export interface WasmBackend extends Backend {
  /** Threads that run its programs, the calling one included. */
  readonly threads: number
  /** Why it is one, where more were asked for, in plain words; else null. */
  readonly oneThreadBecause: string | null
  /** Whether its programs use relaxed SIMD: asked for, and known to the engine. */
  readonly relaxedSimd: boolean
}

/** What a signed 32-bit size reaches. */
const ALLOCATION_BYTES = 2 ** 31 - 1

/** What tests set and users do not. */
export interface Settings extends Partial<Writing> {
  readonly memoryBytes: number
  readonly threads: number
}

/** Memory and the threads over it, or the reason why there is one thread. */
async function start(
  memoryBytes: number,
  threads: number,
): Promise<{ memory: Memory; team: Team | null; reason: string | null }> {
  const alone = (reason: string | null): { memory: Memory; team: null; reason: string | null } => ({
    memory: new Memory(memoryBytes),
    team: null,
    reason,
  })
  if (threads === 1) return alone(null)
  try {
    // Loaded when it is needed: most programs have one thread.
    const { startWorkers, whyNoThreads } = await import('./start-worker.ts')
    const reason = whyNoThreads()
    if (reason !== null) return alone(reason)
    const memory = new Memory(memoryBytes, { shared: true })
    return { memory, team: await Team.start(memory, threads, startWorkers), reason: null }
  } catch (error) {
    return alone(`workers could not be started: ${error instanceof Error ? error.message : String(error)}`)
  }
}

export async function makeBackend({ memoryBytes, threads, ...asked }: Settings): Promise<WasmBackend> {
  assertRuns()
  const { memory, team, reason } = await start(memoryBytes, threads)
  const writing = { ...asked, relaxed: asked.relaxed === true && hasRelaxedSimd() }
  const modules = new Modules(memory, team)
  let destroyed = false
  const assertAlive = (operation: string): void => {
    if (destroyed) throw new StateError(operation, 'this backend was destroyed')
  }
  const bytesAt = (slice: Slice): Uint8Array => {
    const address = memory.addressOf(slice)
    return memory.bytes.subarray(address, address + bytesOf(slice.type))
  }
  return {
    name: 'wasm',
    threads: team?.threads ?? 1,
    oneThreadBecause: reason,
    relaxedSimd: writing.relaxed,
    contract: 1,
    capabilities: {
      dtypes: new Set(dtypes),
      runs: new Set([LOOP, ...COMPOSITES]),
      limits: { allocationBytes: Math.min(memoryBytes, ALLOCATION_BYTES), memoryBytes, alignment: ALIGNMENT },
      accuracy: 'ieee',
      memory: 'released',
    },
    lost: team?.lost ?? new Promise(() => {}),
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
      bytesAt(target).set(bytes)
    },
    async read(source) {
      assertAlive('read')
      team?.assertWhole('read')
      return bytesAt(source).slice()
    },
    readSync(source) {
      assertAlive('read')
      team?.assertWhole('read')
      return bytesAt(source).slice()
    },
    view(source) {
      assertAlive('view')
      team?.assertWhole('view')
      return bytesAt(source)
    },
    prepare(program) {
      assertAlive('prepare')
      const executable = prepare(modules, program, writing)
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
    memory: () => ({ live: destroyed ? 0 : memory.live, reserved: memory.reserved }),
    destroy() {
      destroyed = true
      team?.destroy()
    },
  }
}
