/** The one channel of warnings: what PyTorch warns about too. Nothing else in this folder prints. */
import { fn, nullable } from '../signature/kind.ts'
import { signature } from '../signature/signature.ts'

/** Receives the text of a warning, which names the operation first. */
export type WarningHandler = (message: string) => void

/** `console` is no part of the language; where there is none, warnings are dropped. */
const toConsole: WarningHandler = (message) =>
  (globalThis as { console?: { warn: (text: string) => void } }).console?.warn(message)

export const ON_WARNING = /* @__PURE__ */ signature('onWarning', { next: nullable(fn()) })

let handler: WarningHandler = toConsole

/**
 * Sends warnings of optimizers and schedulers to `next` instead of `console.warn`; null restores that.
 * @returns the handler before
 */
export function onWarning(next: WarningHandler | null): WarningHandler {
  ON_WARNING.read(arguments)
  const before = handler
  handler = next ?? toConsole
  return before
}

/** @internal */
export const warn = (operation: string, message: string): void => handler(`${operation}: ${message}`)
