/** Promises where none can be taken. */

export const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
  typeof (value as { readonly then?: unknown }).then === 'function'

/** Whoever refuses a promise has answered for it: were it rejected later, that would end the process. */
export function forsake(promise: PromiseLike<unknown>): void {
  promise.then(ignore, ignore)
}
const ignore = (): void => {}
