/** Promises, also where none can be taken. */

export const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
  typeof (value as { readonly then?: unknown }).then === 'function'

/** A promise that is refused, or that nobody will look at any more: were it rejected later, that would end the process. */
export function forsake(promise: PromiseLike<unknown>): void {
  promise.then(ignore, ignore)
}
const ignore = (): void => {}
