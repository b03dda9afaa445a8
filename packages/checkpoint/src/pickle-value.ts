/** The values that pickles are read to and written from. */
import { describe } from './error.ts'
import type { HostTensor } from './host-tensor.ts'
import type { Unreadable } from './unreadable.ts'

/** A key of a dict or a member of a set. Those that are objects here, such as tuples, are found by going through the dict. */
export type PickleKey =
  | string
  | number
  | bigint
  | boolean
  | null
  | Uint8Array
  | HostTensor
  | Unreadable
  | readonly PickleKey[]
  | ReadonlySet<PickleKey>

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
  | Unreadable
  | readonly PickleValue[]
  | ReadonlyMap<PickleKey, PickleValue>
  | ReadonlySet<PickleKey>

/** Nesting of containers; deeper ones would overflow the stacks of the programs that walk them. */
export const MAX_DEPTH = 100

/** Whether a value is a key that JavaScript compares as Python does. */
export function isPlainKey(value: unknown): value is string | number | bigint | boolean {
  return (
    typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
  )
}

/** The place of a part of a value in messages: `value["optimizer"]["state"][0]`. */
export function formatPath(keys: readonly unknown[]): string {
  return `value${keys.map((key) => `[${describe(key)}]`).join('')}`
}
