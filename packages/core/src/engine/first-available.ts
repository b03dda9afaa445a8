/** The backend that a page or a machine has, of several in the order in which they are wanted. */
import type { Backend } from '../contract/contract.ts'
import { isGlissadeError, OptionError, UnsupportedError } from '../contract/errors.ts'
import { fn, list } from '../signature/kind.ts'
import { signature } from '../signature/signature.ts'

/** Makes a backend, or throws UnsupportedError where there can be none, as `cpu` and `wasm` do. */
export type BackendMaker = () => Backend | Promise<Backend>

export const FIRST_AVAILABLE = /* @__PURE__ */ signature('firstAvailable', {
  makers: /* @__PURE__ */ list(/* @__PURE__ */ fn<BackendMaker>()),
})

/**
 * The first backend of the list that can be had here. Those behind it are not made.
 * Errors: UnsupportedError, with the reason of each, where none can be had; OptionError for an empty list; whatever a maker throws
 * that is no UnsupportedError (a wrong option is a mistake, not a reason to train elsewhere).
 *
 * @param makers functions that make a backend: `wasm`, or with options `() => wasm({ threads: 2 })`
 *
 * @example
 * ```ts
 * import { firstAvailable, setDefaultDevice } from '@glissade/core'
 * import { cpu } from '@glissade/cpu'
 * import { wasm } from '@glissade/wasm'
 *
 * setDefaultDevice(await firstAvailable([wasm, cpu])) // cpu where a page forbids WebAssembly
 * ```
 */
export async function firstAvailable<const M extends readonly BackendMaker[]>(
  makers: M,
): Promise<Awaited<ReturnType<M[number]>>>
export async function firstAvailable(makers: readonly BackendMaker[]): Promise<Backend> {
  FIRST_AVAILABLE.read(arguments)
  if (makers.length === 0) throw new OptionError('firstAvailable', 'wants one backend at least: [wasm, cpu]')
  const reasons: string[] = []
  for (const make of makers)
    try {
      return await make()
    } catch (error) {
      if (!isGlissadeError(error, 'UnsupportedError')) throw error
      reasons.push(error.message)
    }
  throw new UnsupportedError('firstAvailable', `none of ${makers.length} can be had here. ${reasons.join('. ')}`)
}
