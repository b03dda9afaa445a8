/** Looking for the first NaN of a backward pass. Off, it costs one comparison per recorded operation. */
import { StateError } from '../contract/errors.ts'
import { boolean, fn as fnKind } from '../signature/kind.ts'
import { forsake, isPromise } from '../signature/promise.ts'
import { bare, signature } from '../signature/signature.ts'

export interface Creation {
  /** The module's path in the user's model; '' outside of modules. */
  readonly path: string
  readonly stack: string
}

let enabled = false
let path: () => string = () => ''

/** @internal Modules say where the code that runs belongs. */
export function locateWith(currentPath: () => string): void {
  path = currentPath
}
/** @internal Where the operation that is being recorded was called, while anomalies are looked for. */
export const creation = (): Creation | null =>
  enabled ? { path: path(), stack: new Error('recorded').stack ?? '' } : null
/** Whether `setDetectAnomaly` is on. */
export function isAnomalyEnabled(): boolean {
  if (arguments.length > 0) BARE.isAnomalyEnabled.read(arguments)
  return enabled
}
export const BARE = /* @__PURE__ */ bare('isAnomalyEnabled')
export const SET_DETECT_ANOMALY = /* @__PURE__ */ signature('setDetectAnomaly', { on: boolean })
export const DETECT_ANOMALY = /* @__PURE__ */ signature('detectAnomaly', { fn: fnKind() })

/**
 * While on, every recorded operation notes where it was called, and backward throws GradientError at the first operation
 * whose gradient has a NaN, naming it, its module and the line that called it. Slow: every gradient is read. It needs a
 * device that can be read at once (StateError otherwise), and does not look into recorded functions.
 * Source: https://pytorch.org/docs/stable/autograd.html#anomaly-detection
 */
export function setDetectAnomaly(on: boolean): void {
  SET_DETECT_ANOMALY.read(arguments)
  enabled = on
}

/** Runs `fn`, which must be synchronous, with setDetectAnomaly on. */
export function detectAnomaly<T>(fn: () => T): T {
  DETECT_ANOMALY.read(arguments)
  const before = enabled
  enabled = true
  try {
    const result = fn()
    if (isPromise(result)) {
      forsake(result)
      throw new StateError(
        'detectAnomaly',
        'the callback must be synchronous; use setDetectAnomaly around asynchronous code',
      )
    }
    return result
  } finally {
    enabled = before
  }
}
