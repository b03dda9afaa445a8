/** State dicts: what is taken for one, and how its entries are copied into a module's tensors. */
import { OptionError, ShapeError } from '../contract/errors.ts'
import { describe } from '../signature/describe.ts'
import { kind, type Kind } from '../signature/kind.ts'
import { called } from '../engine/called.ts'
import { copyFor, isHostElements, type HostElements } from '../tensor/elements.ts'
import { tensor } from '../engine/kinds.ts'
import { noGrad } from '../engine/grad-node.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** Names to tensors, in PyTorch's keys (`0.weight`). */
export type StateDict = Map<string, Tensor>
/** A state dict as it is given: a Map, or a plain object. */
export type State<V = Tensor> = ReadonlyMap<string, V> | Readonly<Record<string, V>>
/** What is loaded: tensors on any device or, from files, in host memory. */
export type Saved = Tensor | HostElements
export const isSaved = (value: unknown): value is Saved => tensor.accepts(value) || isHostElements(value)

export interface LoadResult {
  readonly missingKeys: readonly string[]
  readonly unexpectedKeys: readonly string[]
}

/** `{ ... }`, and no instance of a class. */
export function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}
export const stateDict: Kind<State<Saved>> = /* @__PURE__ */ kind(
  'a Map or a plain object of tensors by key',
  (value) => value instanceof Map || isPlain(value),
  (value) => {
    if ((value as { glissadeModule?: unknown } | null)?.glissadeModule === true) return 'pass its stateDict()'
    if (typeof (value as PromiseLike<unknown> | null)?.then === 'function') return 'wait for it: await'
    return ArrayBuffer.isView(value) || value instanceof ArrayBuffer ? 'read the file first' : null
  },
)

/** The entries of a state dict, each of which is a tensor. Errors: OptionError. */
export function entriesOf<V extends Saved>(
  operation: string,
  given: State<V>,
  accepts: (value: unknown) => boolean,
): ReadonlyMap<string, V> {
  const entries = given instanceof Map ? (given as ReadonlyMap<string, V>) : new Map(Object.entries(given))
  for (const [key, value] of entries)
    if (typeof key !== 'string' || !accepts(value)) {
      const part = given instanceof Map ? `state.get(${describe(key)})` : `state[${describe(key)}]`
      const inner = stateDict.accepts(value) ? `; if that is the state dict, pass it alone: ${part}` : ''
      throw new OptionError(operation, `the entry ${describe(key)} must be a tensor (got ${describe(value)})${inner}`)
    }
  return entries
}

/** A tensor that a state dict fills. */
export interface Target {
  readonly tensor: Tensor
  /** What it becomes where the state dict is older than it; null: it must be there. */
  readonly fallback: number | null
}

const quoted = (keys: readonly string[]): string => keys.map((key) => `"${key}"`).join(', ')

/** Copies entries into the targets of the same keys, from wherever they are; all, or where something is wrong none. */
export function loadInto(
  module: string,
  targets: ReadonlyMap<string, Target>,
  entries: ReadonlyMap<string, Saved>,
  strict: boolean,
): LoadResult {
  const missingKeys = [...targets].filter(([key, at]) => at.fallback === null && !entries.has(key)).map(([key]) => key)
  const unexpectedKeys = [...entries.keys()].filter((key) => !targets.has(key))
  if (strict && missingKeys.length + unexpectedKeys.length > 0)
    throw new OptionError(
      'loadStateDict',
      [
        `Error(s) in loading state_dict for ${module}:`,
        ...(missingKeys.length > 0 ? [`\tMissing key(s) in state_dict: ${quoted(missingKeys)}. `] : []),
        ...(unexpectedKeys.length > 0 ? [`\tUnexpected key(s) in state_dict: ${quoted(unexpectedKeys)}. `] : []),
      ].join('\n'),
    )
  for (const [key, { tensor: target }] of targets) {
    const source = entries.get(key)
    if (source !== undefined && source.shape.join() !== target.shape.join())
      throw new ShapeError('loadStateDict', [source.shape, target.shape], `size mismatch for ${key}`)
  }
  noGrad(() => {
    // All values are on their devices before the first one is changed.
    const values = [...targets].map(([key, { tensor: target, fallback }]): Tensor | number | null => {
      const source = entries.get(key)
      return source === undefined ? fallback : called('loadStateDict', () => copyFor(target, source))
    })
    let at = 0
    for (const { tensor: target } of targets.values()) {
      const value = values[at++]!
      if (value !== null) target.copy_(value)
    }
  })
  return { missingKeys, unexpectedKeys }
}
