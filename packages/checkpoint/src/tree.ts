/**
 * State of any shape as JSON and tensors, and back: the state dicts of optimizers and schedulers, and what users add.
 * JSON has no tensors, Maps, tuples, bigints and special numbers; they stand as objects with one key that begins with $.
 */
import { describe, refuseAt, type Refuse } from './error.ts'
import type { HostTensor } from './host-tensor.ts'
import { formatPath, MAX_DEPTH } from './pickle-value.ts'

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** What `pack` does with the two kinds of values that do not go into JSON; each gives the name to find it by. */
export interface Put {
  tensor(value: object, path: readonly unknown[]): string
  array(value: HostTensor['data'], path: readonly unknown[]): string
}
/** And `unpack`, from the names. */
export interface Get {
  tensor(name: string): unknown
  array(name: string): unknown
}

/** Numbers that JSON does not keep. */
const SPECIAL: ReadonlyMap<string, number> = new Map([
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['-0', -0],
])
const specialName = (value: number): string | undefined =>
  [...SPECIAL].find(([, special]) => Object.is(special, value))?.[0]

const ARRAYS: readonly string[] = ['Float32Array', 'Float64Array', 'Int32Array', 'Uint8Array']
const tagOf = (value: object): string | undefined => (value as { [Symbol.toStringTag]?: string })[Symbol.toStringTag]

const isTensor = (value: object): boolean => (value as { glissadeTensor?: unknown }).glissadeTensor === true

/** As `JSON.parse` gives it, with `path` as the place of the value in messages. */
export function pack(value: unknown, put: Put, path: readonly unknown[] = []): Json {
  const refuse = refuseAt('run', formatPath(path))
  if (path.length > MAX_DEPTH) refuse(`nested deeper than ${MAX_DEPTH}; does it contain itself?`)
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'number') {
    const name = specialName(value)
    return name === undefined ? value : { $number: name }
  }
  if (typeof value === 'bigint') return { $bigint: String(value) }
  if (typeof value !== 'object') return refuse(`a ${typeof value} cannot be saved`)
  return packObject(value, put, path, refuse)
}

function packObject(value: object, put: Put, path: readonly unknown[], refuse: Refuse): Json {
  const inner = (key: unknown, part: unknown): Json => pack(part, put, [...path, key])
  if (isTensor(value)) return { $tensor: put.tensor(value, path) }
  if (ArrayBuffer.isView(value)) {
    if (!ARRAYS.includes(tagOf(value)!)) refuse(`arrays are ${ARRAYS.join(', ')} (got ${tagOf(value)})`)
    return { $array: put.array(value as HostTensor['data'], path) }
  }
  if (Array.isArray(value)) {
    const list = value.map((part: unknown, i) => inner(i, part))
    return Object.isFrozen(value) ? { $tuple: list } : list
  }
  if (tagOf(value) === 'Map')
    return { $map: [...(value as Map<unknown, unknown>)].map(([key, part]) => [inner('key', key), inner(key, part)]) }
  const prototype: unknown = Object.getPrototypeOf(value)
  // A plain object of any realm has a prototype without one.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
    return refuse(`a ${value.constructor.name} cannot be saved; save what it is made of`)
  const entries = Object.entries(value)
    .filter(([, part]) => part !== undefined)
    .map(([key, part]): [string, Json] => [key, inner(key, part)])
  return entries.some(([key]) => key.startsWith('$')) ? { $object: entries } : Object.fromEntries(entries)
}

/** The rows for objects with one key that begins with $. */
const unpackers: Readonly<
  Record<string, (part: unknown, inner: (part: unknown) => unknown, get: Get, refuse: Refuse) => unknown>
> = {
  $number: (name, _, __, refuse) => SPECIAL.get(name as string) ?? refuse(`${describe(name)} is no number`),
  $bigint: (digits, _, __, refuse) =>
    typeof digits === 'string' && /^-?\d{1,1000}$/.test(digits)
      ? BigInt(digits)
      : refuse(`${describe(digits)} is no integer`),
  $tensor: (name, _, get) => get.tensor(String(name)),
  $array: (name, _, get) => get.array(String(name)),
  $tuple: (list, inner, _, refuse) => Object.freeze(listOf(list, refuse).map(inner)),
  $map: (list, inner, _, refuse) => new Map(listOf(list, refuse).map((entry) => pairOf(entry, inner, refuse))),
  $object: (list, inner, _, refuse) =>
    Object.fromEntries(listOf(list, refuse).map((entry) => pairOf(entry, inner, refuse) as [string, unknown])),
}

const listOf = (value: unknown, refuse: Refuse): readonly unknown[] =>
  Array.isArray(value) ? value : refuse(`${describe(value)} where a list belongs`)
function pairOf(value: unknown, inner: (part: unknown) => unknown, refuse: Refuse): [unknown, unknown] {
  const pair = listOf(value, refuse)
  return pair.length === 2 ? [inner(pair[0]), inner(pair[1])] : refuse(`${describe(value)} where a pair belongs`)
}

/** What `pack` was given, with new objects. Refuses what `pack` does not give. */
export function unpack(json: unknown, get: Get, refuse: Refuse, depth = 0): unknown {
  if (depth > 2 * MAX_DEPTH) refuse(`nested deeper than ${2 * MAX_DEPTH}`)
  if (typeof json !== 'object' || json === null) return json
  const inner = (part: unknown): unknown => unpack(part, get, refuse, depth + 1)
  if (Array.isArray(json)) return json.map(inner)
  const entries = Object.entries(json)
  const [first] = entries
  if (first === undefined || !first[0].startsWith('$'))
    return Object.fromEntries(entries.map(([key, part]) => [key, inner(part)]))
  const row = Object.hasOwn(unpackers, first[0]) ? unpackers[first[0]] : undefined
  if (row === undefined || entries.length > 1)
    return refuse(`an object with the key ${describe(first[0])} is not understood`)
  return row(first[1], inner, get, refuse)
}
