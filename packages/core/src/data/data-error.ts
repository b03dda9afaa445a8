/** The error of user code that a loader called: it says for which item. */
import { GlissadeError } from '../contract/errors.ts'
import { isPromise } from '../signature/promise.ts'

/** An error in the loop of a loader: what a dataset or a shard threw is its `cause`. */
export class DataError extends GlissadeError {
  /** The index of the item or shard; the indices where a whole batch was asked for. */
  readonly index: number | readonly number[]
  constructor(operation: string, call: string, index: number | readonly number[], cause: unknown) {
    super(
      'DataError',
      operation,
      `${call}(${show(index)}) failed: ${cause instanceof Error ? cause.message : String(cause)}`,
    )
    this.index = index
    this.cause = cause
  }
}

/** Indices beyond this are not listed. */
const LISTED = 16

function show(index: number | readonly number[]): string {
  if (typeof index === 'number') return String(index)
  return `[${index.slice(0, LISTED).join(', ')}${index.length > LISTED ? `, ... ${index.length} in all` : ''}]`
}

/** Runs `get`, which may be asynchronous; what it throws carries the index. */
export function located<T>(
  operation: string,
  call: string,
  index: number | readonly number[],
  get: () => T | PromiseLike<T>,
): T | Promise<T> {
  const fail = (cause: unknown): never => {
    throw new DataError(operation, call, index, cause)
  }
  let result: T | PromiseLike<T>
  try {
    result = get()
  } catch (error) {
    return fail(error)
  }
  return isPromise(result) ? Promise.resolve(result).catch(fail) : result
}
