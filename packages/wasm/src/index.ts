/** The WebAssembly backend: every program becomes a module of 128-bit SIMD, written here and run in one call. */
import { OptionError } from '@glissade/core/backend'
import { boolean, number, optional, positive, signature, type OptionsOf } from '@glissade/core/signature'
import { makeBackend, type WasmBackend } from './backend.ts'

export type { WasmBackend }

const rows = {
  /** The most bytes that the linear memory may grow to, at most 4 GB. Default 4 GB. */
  memoryBytes: optional(positive, 2 ** 32),
  /**
   * Threads that run a program together, the calling one included. Those beyond the first live until `destroy()`, and keep no process
   * alive. Default 1.
   */
  threads: optional(number, 1),
  /**
   * Whether a product and the sum after it may be rounded at once, as the processor likes: products, convolutions and exponentials
   * are faster then, and no longer the same on every machine. An engine without it stays strict, which `relaxedSimd` of the backend
   * tells and a warning says. Default false.
   */
  relaxedSimd: optional(boolean, false),
}
export interface WasmOptions extends OptionsOf<typeof rows> {}
const WASM = /* @__PURE__ */ signature('wasm', {}, rows)

/** More than any machine that runs a page has, and few enough that each has a stack. */
const MOST_THREADS = 256

/**
 * Makes the backend that runs programs as WebAssembly. With more than one thread it resolves when all have started. Where there
 * can be no threads it works on one, warns once, and says why in `oneThreadBecause`. Results have the same bits for every number
 * of threads. Errors: UnsupportedError where there is no WebAssembly with SIMD, or the page's policy forbids it
 * (`'wasm-unsafe-eval'`); OptionError where `threads` is no whole number from 1 to 256, or `memoryBytes` is over 4 GB.
 *
 * @example
 * ```ts
 * import { scope, setDefaultDevice, tensor } from '@glissade/core'
 * import { wasm } from '@glissade/wasm'
 *
 * setDefaultDevice(await wasm())
 * const total = scope(() => tensor([1, 2, 3]).sum().item()) // what it makes is released at the end
 * console.log(await total) // 6
 * ```
 */
export async function wasm(options?: WasmOptions): Promise<WasmBackend>
export async function wasm(): Promise<WasmBackend> {
  const { memoryBytes, threads, relaxedSimd } = WASM.read(arguments)
  if (!Number.isInteger(threads) || threads < 1 || threads > MOST_THREADS)
    throw new OptionError('wasm', `threads is a whole number from 1 to ${MOST_THREADS} (got ${threads})`)
  if (memoryBytes > 2 ** 32) throw new OptionError('wasm', `memoryBytes is at most 4 GB, 2 ** 32 (got ${memoryBytes})`)
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
