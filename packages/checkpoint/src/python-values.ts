/** Values of Python that are values here, and how pickles make them: containers, bytes. */
import { COST, type Allowance } from './allowance.ts'
import { describe, type Refuse } from './error.ts'
import { isPlainKey, type PickleKey } from './pickle-value.ts'
import { Unreadable } from './unreadable.ts'

type Call = (args: readonly unknown[], refuse: Refuse, allowance: Allowance) => unknown

/** A function on the stack: a class of its own, so that no value of a file passes for one. As a value it is not read. */
export class Callable extends Unreadable {
  readonly #call: Call
  constructor(name: string, call: Call) {
    super(name, `${name} itself is a value`, null)
    this.#call = call
  }
  call(args: readonly unknown[], refuse: Refuse, allowance: Allowance): unknown {
    return this.#call(args, refuse, allowance)
  }
}

export const tuple = (items: unknown[]): readonly unknown[] => Object.freeze(items)
export const isTuple = (value: unknown): value is readonly unknown[] => Array.isArray(value) && Object.isFrozen(value)
export const isList = (value: unknown): value is unknown[] => Array.isArray(value) && !Object.isFrozen(value)

/** What Python hashes. What is in a tuple or set is looked at when the value is complete. */
export function assertKey(value: unknown, refuse: Refuse): PickleKey {
  if (value === null || isPlainKey(value)) return value
  if (typeof value === 'object' && !isList(value) && !(value instanceof Map)) return value as PickleKey
  return refuse(`a key of a dict or set cannot be ${describe(value)}`)
}

function makeSet(name: string): Callable {
  return new Callable(name, (args, refuse, allowance) => {
    const [items = []] = args
    if (args.length > 1 || !Array.isArray(items)) return refuse(`${name} takes one list`)
    allowance.take(COST.table + items.length * COST.entry, refuse)
    return new Set(items.map((item) => assertKey(item, refuse)))
  })
}

/** A text whose code points are bytes, as protocol 2 writes bytes. */
function latin1(text: string, refuse: Refuse, allowance: Allowance): Uint8Array {
  allowance.take(COST.table + text.length, refuse)
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    bytes[i] = code <= 0xff ? code : refuse('encode has a text that is not latin1')
  }
  return bytes
}

/** The containers that Python's own pickles mention. Protocol 2 says `__builtin__` for `builtins`. */
export const pythonGlobals: ReadonlyMap<string, Callable> = new Map(
  [
    new Callable('collections.OrderedDict', (args, refuse, allowance) => {
      const [pairs = []] = args
      if (args.length > 1 || !Array.isArray(pairs)) return refuse('OrderedDict takes one list of pairs')
      allowance.take(COST.table + pairs.length * COST.entry, refuse)
      return new Map(
        pairs.map((pair: unknown) => {
          if (!Array.isArray(pair) || pair.length !== 2) return refuse('OrderedDict takes one list of pairs')
          return [assertKey(pair[0], refuse), pair[1] as unknown] as const
        }),
      )
    }),
    // What makes missing values is dropped.
    new Callable('collections.defaultdict', (args, refuse, allowance) => {
      if (args.length > 1) return refuse('defaultdict takes what makes missing values')
      allowance.take(COST.table, refuse)
      return new Map()
    }),
    new Callable('collections.Counter', (args, refuse, allowance) => {
      const [counts = new Map()] = args
      if (args.length > 1 || !(counts instanceof Map)) return refuse('Counter takes one dict')
      allowance.take(COST.table + counts.size * COST.entry, refuse)
      return new Map(counts as Map<unknown, unknown>)
    }),
    new Callable('collections.deque', (args, refuse, allowance) => {
      const [items = []] = args
      if (args.length > 2 || !Array.isArray(items)) return refuse('deque takes one list')
      allowance.take(COST.list + items.length * COST.step, refuse)
      return [...(items as unknown[])]
    }),
    ...['__builtin__.set', 'builtins.set', '__builtin__.frozenset', 'builtins.frozenset'].map(makeSet),
    new Callable('_codecs.encode', (args, refuse, allowance) => {
      const [text, encoding] = args
      return typeof text === 'string' && encoding === 'latin1'
        ? latin1(text, refuse, allowance)
        : refuse('encode is read for bytes in latin1 only')
    }),
    ...['__builtin__.bytes', 'builtins.bytes'].map(
      (name) =>
        new Callable(name, (args, refuse) =>
          args.length === 0 ? new Uint8Array(0) : refuse('bytes takes no argument'),
        ),
    ),
    ...['__builtin__.bytearray', 'builtins.bytearray'].map(
      (name) =>
        new Callable(name, (args, refuse, allowance) => {
          const [content = '', encoding] = args
          if (content instanceof Uint8Array) return content
          return typeof content === 'string' && (content === '' || encoding === 'latin-1')
            ? latin1(content, refuse, allowance)
            : refuse('bytearray takes bytes')
        }),
    ),
  ].map((callable) => [callable.type, callable]),
)
