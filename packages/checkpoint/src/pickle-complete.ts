/** The last look at what a pickle made: tensors get their elements, and nothing but values is left. */
import { COST } from './allowance.ts'
import { isCheckpointError, refuseAt, type Refuse } from './error.ts'
import type { PickleWorld } from './pickle-world.ts'
import { formatPath, isPlainKey, MAX_DEPTH, type PickleValue } from './pickle-value.ts'
import { Unreadable } from './unreadable.ts'

/** What someone who walks a value without looking for shared parts sees of it. */
interface Measure {
  readonly size: number
  readonly height: number
}
const LEAF: Measure = { size: 1, height: 0 }

/** Checks that nothing but values is in the result, and that a program that walks it comes to an end. */
export function complete(root: unknown, world: PickleWorld): PickleValue {
  const measured = new Map<object, Measure>()
  const open = new Set<object>()
  /** The keys on the way from the root to the value at hand. */
  const path: unknown[] = []
  const refuse: Refuse = (what) => refuseAt('pt', formatPath(path))(what)
  /** What is kept although it could not be read: its parts come later, since objects may go in circles. */
  const kept: { readonly object: Unreadable; readonly path: readonly unknown[] }[] = []

  const measure = (value: unknown): Measure => {
    if (value === null || isPlainKey(value)) return LEAF
    if (typeof value !== 'object') return refuse(`a value of the kind ${typeof value}`)
    const known = measured.get(value)
    if (known !== undefined) return known
    const result = measureNew(value)
    measured.set(value, result)
    return result
  }
  const measureNew = (value: object): Measure => {
    if (Array.isArray(value)) return measureParts(value, value.entries())
    if (value instanceof Map || value instanceof Set) return measureParts(value, value.entries())
    if (value instanceof Uint8Array) return LEAF
    if (value instanceof Unreadable) meet(value)
    else if (!fill(value)) refuse('what is no value')
    return LEAF
  }
  const measureParts = (container: object, parts: Iterable<[unknown, unknown]>): Measure => {
    world.allowance.take(COST.entry, refuse)
    if (open.has(container)) refuse('a container holds itself')
    if (open.size >= MAX_DEPTH) refuse(`containers are nested deeper than ${MAX_DEPTH}`)
    open.add(container)
    let [size, height] = [1, 0]
    for (const [key, item] of parts) {
      path.push(key)
      const inner = measure(item)
      size += inner.size
      height = Math.max(height, inner.height + 1)
      // Such as the tuples that are keys of a dict.
      if (key !== item) measure(key)
      path.pop()
    }
    open.delete(container)
    if (size * COST.step > world.allowance.total)
      refuse('its containers are shared so often that it unfolds without end')
    if (height > MAX_DEPTH) refuse(`containers are nested deeper than ${MAX_DEPTH}`)
    return { size, height }
  }
  /** Whether it is a tensor, which it is from now on. */
  const fill = (value: object): boolean => {
    if (world.unreadable === 'refuse') return world.complete(value, refuse)
    try {
      return world.complete(value, refuse)
    } catch (error) {
      if (!isCheckpointError(error) || world.allowance.isSpent) throw error
      Object.assign(value, new Unreadable('torch.Tensor', error.what, []))
      return true
    }
  }
  const meet = (object: Unreadable): void => {
    if (world.unreadable === 'refuse') {
      const whole = path.length === 0
      return refuse(
        `${object.reason}; ${whole ? 'save model.state_dict() rather than the whole object' : "{ unreadable: 'keep' } reads the rest"}`,
      )
    }
    world.allowance.take(COST.list + 8 * path.length, refuse)
    // A chain of objects may be longer than any path is useful.
    kept.push({ object, path: path.length > MAX_DEPTH ? [] : [...path] })
  }

  measure(root)
  for (const { object, path: at } of kept) {
    path.splice(0, path.length, ...at)
    for (const part of ['args', 'state', 'items'] as const) {
      path.push(part)
      measure(object[part])
      path.pop()
    }
  }
  return root as PickleValue
}
