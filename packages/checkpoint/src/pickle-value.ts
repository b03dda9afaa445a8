/** The values that pickles are read to and written from. */
import { describe } from './error.ts'
import type { HostTensor } from './host-tensor.ts'

/** A key of a dict or a member of a set. */
export type PickleKey = string | number | bigint | boolean

/**
 * What a .pt file holds. A dict is a Map, in order and with its keys as they are (`0` and `'0'` differ); a list is an
 * array, a tuple a frozen array; an int or a float is a number, an int beyond 2^53 a bigint; None is null.
 */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | HostTensor
  | readonly PickleValue[]
  | ReadonlyMap<PickleKey, PickleValue>
  | ReadonlySet<PickleKey>

/** Nesting of containers; deeper ones would overflow the stacks of the programs that walk them. */
export const MAX_DEPTH = 100

/** Whether a value can be a key of a dict, or a member of a set. */
export function isKey(value: unknown): value is PickleKey {
  return (
    typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
  )
}

/** The place of a part of a value in messages: `value["optimizer"]["state"][0]`. */
export function formatPath(keys: readonly unknown[]): string {
  return `value${keys.map((key) => `[${describe(key)}]`).join('')}`
}
