/**
 * What JavaScript can see of the modules that ran while a function was recorded: their own fields, and what stands in lists and
 * plain objects there. It is looked at before every run, so it is one flat list. Private (#) fields, and what stands in
 * instances of classes, cannot be seen; recording again finds what depends on them.
 */
import { isPlain } from './plain.ts'

type Owner = Record<string | symbol, unknown>

/** Lists and objects within each other are followed so far, and so many of their entries; larger ones are known by identity. */
const DEEPEST = 6
const LONGEST = 512

export const isModule = (value: unknown): value is Owner =>
  typeof value === 'function' && (value as { glissadeModule?: unknown }).glissadeModule === true

const isParameter = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'glissadeParameter' in value

export class Fields {
  readonly #owners: Owner[] = []
  readonly #keys: (string | symbol)[] = []
  readonly #values: unknown[] = []
  /** Where each owner stands, for messages: the module, and the path in it. */
  readonly #places = new Map<object, readonly [module: object, path: string]>()
  /** Objects in fields, and how many keys they have. */
  readonly #objects: Owner[] = []
  readonly #counts: number[] = []
  /** Modules, and their keys. */
  readonly #modules = new Map<object, readonly (string | symbol)[]>()

  get modules(): Iterable<object> {
    return this.#modules.keys()
  }

  /** This module and those in its fields, as they are now. */
  add(module: object): void {
    if (this.#modules.has(module)) return
    const keys = Reflect.ownKeys(module)
    this.#modules.set(module, keys)
    this.#places.set(module, [module, ''])
    // Not a field of its own, but it may be replaced by one, or on the class.
    this.#note(module as Owner, 'forward', 0)
    for (const key of keys) if (key !== 'forward') this.#note(module as Owner, key, 0)
  }
  #note(owner: Owner, key: string | symbol, depth: number): void {
    const value = owner[key]
    this.#owners.push(owner)
    this.#keys.push(key)
    this.#values.push(value)
    if (isModule(value)) this.add(value)
    else if (depth < DEEPEST && (Array.isArray(value) || isPlain(value))) this.#enter(value as Owner, owner, key, depth)
  }
  #enter(value: Owner, owner: Owner, key: string | symbol, depth: number): void {
    if (this.#places.has(value)) return
    const [module, path] = this.#places.get(owner)!
    this.#places.set(value, [module, path === '' ? String(key) : `${path}.${String(key)}`])
    // Lists may have holes, and other keys than numbers. Beyond so many entries the length is still looked at.
    const own = Reflect.ownKeys(value)
    const keys = Array.isArray(value) ? ['length', ...own.filter((inner) => inner !== 'length')] : own
    const isDense = Array.isArray(value) && own.length === value.length + 1
    if (!isDense && Object.isExtensible(value)) {
      this.#objects.push(value)
      this.#counts.push(countOf(value))
    }
    for (const inner of keys.slice(0, LONGEST)) this.#note(value, inner, depth + 1)
  }

  /** Whether every field is what it was; fields that were added are looked for by `grew`. */
  hold(): boolean {
    const owners = this.#owners
    const keys = this.#keys
    const values = this.#values
    for (let i = 0; i < owners.length; i++) if (!isStill(owners[i]!, keys[i]!, values[i])) return false
    const objects = this.#objects
    for (let i = 0; i < objects.length; i++) if (countOf(objects[i]!) !== this.#counts[i]) return false
    return true
  }
  /** Whether a module has other fields than it had. */
  grew(): boolean {
    for (const [module, keys] of this.#modules) if (this.#added(module, keys).length > 0) return true
    return false
  }
  #added(module: object, keys: readonly (string | symbol)[]): (string | symbol)[] {
    return Reflect.ownKeys(module).filter((key) => !keys.includes(key) && key !== 'forward')
  }

  /**
   * A field with another parameter than was recorded. An optimizer that was made before goes on with the old one, so this is
   * told instead of recorded.
   */
  replacedParameter(): string | null {
    const at = this.#values.findIndex((value, i) => {
      const now = this.#owners[i]![this.#keys[i]!]
      return isParameter(value) && isParameter(now) && now !== value
    })
    return at < 0 ? null : this.#nameOf(this.#owners[at]!, this.#keys[at]!)
  }
  /** What is another, in words; null where nothing is. */
  change(): string | null {
    for (const [i, owner] of this.#owners.entries()) {
      const [key, value] = [this.#keys[i]!, this.#values[i]]
      if (isStill(owner, key, value)) continue
      return `${this.#nameOf(owner, key)} changed ${fromTo(value, owner[key])}`
    }
    for (const [i, object] of this.#objects.entries()) {
      if (countOf(object) === this.#counts[i]) continue
      const [module, path] = this.#places.get(object)!
      return `field ${path} of ${nameOf(module)} has other keys`
    }
    for (const [module, keys] of this.#modules) {
      const [added] = this.#added(module, keys)
      if (added !== undefined) return `${nameOf(module)} has a field ${String(added)} now`
    }
    return null
  }
  #nameOf(owner: Owner, key: string | symbol): string {
    const [module, path] = this.#places.get(owner)!
    return `field ${path === '' ? '' : `${path}.`}${String(key)} of ${nameOf(module)}`
  }
}

/** A field that is undefined is another thing than none. */
const isStill = (owner: Owner, key: string | symbol, value: unknown): boolean =>
  Object.is(owner[key], value) && (value !== undefined || key in owner)

function countOf(object: Owner): number {
  let count = 0
  for (const _ in object) count++
  return count
}

const nameOf = (value: object): string => value.constructor.name

/** Two values in words: text and numbers as they are, of anything else the kind. */
export function fromTo(before: unknown, after: unknown): string {
  const [from, to] = [wordOf(before), wordOf(after)]
  return from === to ? `to another ${to.replace(/^an? /, '')}` : `from ${from} to ${to}`
}
function wordOf(value: unknown): string {
  if (isModule(value)) return `a ${nameOf(value)}`
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : String(value)
  if (Array.isArray(value)) return 'a list'
  return isPlain(value) ? 'an object' : `a ${nameOf(value)}`
}
