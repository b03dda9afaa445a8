/** State as plain data: what goes into state dicts and comes out of files. */
import { OptionError } from '../contract/errors.ts'
import { noGrad } from '../engine/grad-node.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** Any copy of core made it. */
export const isTensor = (value: unknown): value is Tensor =>
  typeof value === 'object' && value !== null && (value as Partial<Tensor>).glissadeTensor === true

/** A literal or a record without a prototype, no array and no instance of a class. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** The kind of a value, for messages. */
export function kindOf(value: unknown): string {
  if (value === null || typeof value !== 'object') return value === null ? 'null' : typeof value
  return isTensor(value) ? 'Tensor' : (value.constructor?.name ?? 'Object')
}

/** Entries of a state dict: files give Maps, programs plain objects. OptionError for anything else. */
export function entriesOf(operation: string, what: string, value: unknown): [unknown, unknown][] {
  if (value instanceof Map) return [...(value as Map<unknown, unknown>)]
  if (isPlain(value)) return Object.entries(value)
  throw new OptionError(operation, `${what} must be an object or a Map (got ${kindOf(value)})`)
}

export const recordOf = (operation: string, what: string, value: unknown): Record<string, unknown> =>
  Object.fromEntries(entriesOf(operation, what, value).map(([key, entry]) => [String(key), entry]))

/** A deep copy: tensors keep their elements, frozen arrays (tuples in files) stay frozen, functions are shared. */
export function copyOf<T>(value: T): T {
  if (isTensor(value)) return noGrad(() => value.clone()) as unknown as T
  if (Array.isArray(value)) {
    const copy = value.map((item: unknown) => copyOf(item))
    return (Object.isFrozen(value) ? Object.freeze(copy) : copy) as unknown as T
  }
  if (value instanceof IntegerKeys)
    return new IntegerKeys([...value].map(([key, item]) => [key, copyOf(item)])) as unknown as T
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, copyOf(item)])) as unknown as T
  if (isPlain(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copyOf(item)])) as T
  return value
}

/** Dicts with text as keys as objects, all the way down; other dicts stay Maps. */
export function plainOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => plainOf(item))
  if (value instanceof Map) {
    const entries = [...(value as Map<unknown, unknown>)].map(([key, item]): [unknown, unknown] => [key, plainOf(item)])
    return entries.every(([key]) => typeof key === 'string') ? Object.fromEntries(entries) : new Map(entries)
  }
  return isPlain(value) ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainOf(item)])) : value
}

/** Whether a value of a file may stand where `now` does: numbers for numbers and so on, all the way down; null is open. */
export function isLike(now: unknown, value: unknown): boolean {
  if (now === null) return true
  if (Array.isArray(now)) {
    const items: readonly unknown[] = now
    return (
      Array.isArray(value) && value.every((item) => items.length === 0 || items.some((known) => isLike(known, item)))
    )
  }
  if (typeof now === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value)
  return typeof value === typeof now
}

/** A dict with integers as keys, which files keep apart from text. JSON has no such thing and gets text. */
export class IntegerKeys<V> extends Map<number, V> {
  toJSON(): Record<string, V> {
    return Object.fromEntries(this)
  }
}
