/** The WebAssembly backend: every program becomes a module of 128-bit SIMD, written here and run in one call. */
import { OptionError } from '@glissade/core/backend'
import { makeBackend, type WasmBackend } from './backend.ts'

export type { WasmBackend }

export interface WasmOptions {
  /** The most bytes that the linear memory may grow to; at most, and by default, 4 GB. */
  readonly memoryBytes?: number
  /** Threads that run a program together, the calling one included; by default 1. */
  readonly threads?: number
  /** Whether a product and the sum after it may be rounded at once, as the processor likes; by default false. */
  readonly relaxedSimd?: boolean
}

/** More than any machine that runs a page has, and few enough that each has a stack. */
const MOST_THREADS = 256

/**
 * Makes the backend. With more than one thread it resolves when all have started. Where there can be no threads it works
 * on one, warns once, and says why in `oneThreadBecause`. Results have the same bits for every number of threads.
 * @param options.memoryBytes the limit of its memory, default 4 GB
 * @param options.threads default 1; threads beyond the first live until `destroy()`, and keep no process alive
 * @param options.relaxedSimd default false; with true products, convolutions and exponentials are faster, and no longer the
 *   same on every machine. An engine without it stays strict, which `relaxedSimd` of the backend tells and a warning says
 * @throws OptionError where `threads` is no whole number from 1 to 256
 */
export async function wasm({
  memoryBytes = 2 ** 32,
  threads = 1,
  relaxedSimd = false,
}: WasmOptions = {}): Promise<WasmBackend> {
  if (!Number.isInteger(threads) || threads < 1 || threads > MOST_THREADS)
    throw new OptionError('wasm', `threads is a whole number from 1 to ${MOST_THREADS} (got ${threads})`)
  const backend = await makeBackend({ memoryBytes, threads, relaxed: relaxedSimd })
  if (backend.oneThreadBecause !== null) warnOnce(`wasm: one thread instead of ${threads}: ${backend.oneThreadBecause}`)
  if (relaxedSimd && !backend.relaxedSimd) warnOnce('wasm: no relaxed SIMD: this engine does not know its instructions')
  return backend
}

const warned = new Set<string>()
function warnOnce(message: string): void {
  if (warned.has(message)) return
  warned.add(message)
  const { console } = globalThis as { console?: { warn(message: string): void } }
  console?.warn(message)
}
