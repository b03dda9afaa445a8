/** The one channel of warnings: what PyTorch warns about too. Nothing else in the library prints. */
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
 * Sends warnings (of optimizers, schedulers, losses and dropout) to `next` instead of `console.warn`; null restores that.
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

/** How often each text was there, of those that may come in every step of a training loop. */
const times = new Map<string, number>()
/** Texts name shapes: a loop over ever new shapes must not fill the memory. */
const REMEMBERED = 256

/**
 * As `warn`, for what every step of a training loop would repeat: the console shows a text the 1st, 2nd, 4th, 8th, ... time.
 * A handler gets them all.
 * @internal
 */
export function warnInLoops(operation: string, message: string): void {
  if (handler !== toConsole) return warn(operation, message)
  const text = `${operation}: ${message}`
  const count = (times.get(text) ?? 0) + 1
  if (times.size >= REMEMBERED) times.clear()
  times.set(text, count)
  if ((count & (count - 1)) === 0) warn(operation, message)
}
