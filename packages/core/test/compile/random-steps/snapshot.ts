/** All that can be seen of values at one moment: elements, gradients, fields, options, counters. By path. */
import { isGlissadeError, type Generator, type Tensor } from '../../../src/index.ts'

interface Elements {
  readonly device: string
  readonly dtype: string
  readonly shape: readonly number[]
  readonly data: ArrayLike<number>
}
/** Anything but a tensor is text. */
export type Snapshot = ReadonlyMap<string, Elements | string>

/** What `grad` of a parameter is where a compiled step used it up. */
const USED_UP = 'used up'
/** What a tensor is that a step let out while it was recorded. */
const UNREADABLE = 'unreadable'

/** What a compiled step may keep to itself. */
export interface Reserve {
  /** Gradients that it used up. */
  readonly gradients: boolean
  /** Tensors that only stood for others while it was recorded. */
  readonly tensors: boolean
}

const brand = (value: object, name: string): boolean => (value as Record<string, unknown>)[name] !== undefined
const isTensor = (value: object): value is Tensor => brand(value, 'glissadeTensor')
const isGenerator = (value: object): value is Generator => brand(value, 'getState')
const isNumbers = (value: object): value is Float32Array => ArrayBuffer.isView(value)

function elements(tensor: Tensor): Elements | string {
  const { dtype, shape } = tensor
  try {
    return { device: tensor.device.name, dtype, shape, data: tensor.dataSync().slice() }
  } catch (error) {
    if (isGlissadeError(error, 'StateError')) return UNREADABLE
    throw error
  }
}
/** A view looks at what it is a view of, which may be gone. */
function requiresGrad(tensor: Tensor): string {
  try {
    return String(tensor.requiresGrad)
  } catch (error) {
    if (isGlissadeError(error, 'StateError')) return UNREADABLE
    throw error
  }
}
function gradient(tensor: Tensor): Tensor | string | null {
  try {
    return tensor.grad
  } catch (error) {
    if (isGlissadeError(error, 'StateError')) return USED_UP
    throw error
  }
}
const hash = (bytes: Uint8Array): number => bytes.reduce((sum, byte) => (Math.imul(sum, 31) + byte) | 0, 0)

/** @param value modules, optimizers, tensors, generators, and lists and objects of them */
export function snapshot(value: unknown): Snapshot {
  const seen = new Map<string, Elements | string>()
  /** Paths of what was met. */
  const known = new Map<object, string>()
  const nameOf = (key: unknown): string =>
    typeof key === 'object' && key !== null ? (known.get(key) ?? 'unwatched') : String(key)
  const walk = (path: string, part: unknown): void => {
    if ((typeof part !== 'object' && typeof part !== 'function') || part === null) {
      seen.set(path, Object.is(part, -0) ? '-0' : String(part))
      return
    }
    if (isTensor(part)) {
      seen.set(path, elements(part))
      const first = known.get(part)
      if (first === undefined) known.set(part, path)
      // Results have no history, so what their gradients would be is no question; but one tensor at two places is one.
      if (path.startsWith('.result')) {
        if (first !== undefined) seen.set(`${path} is`, first)
        return
      }
      if (first !== undefined) return
      seen.set(`${path}.requiresGrad`, requiresGrad(part))
      const grad = gradient(part)
      seen.set(`${path}.grad`, grad === null || typeof grad === 'string' ? String(grad) : elements(grad))
      return
    }
    if (typeof part === 'function' && !brand(part, 'glissadeModule')) {
      seen.set(path, 'a function')
      return
    }
    if (known.has(part)) return
    known.set(part, path)
    if (isNumbers(part)) seen.set(path, part.join())
    else if (isGenerator(part)) seen.set(path, `state ${hash(part.getState())}`)
    else if (part instanceof Map) for (const [key, item] of part) walk(`${path}{${nameOf(key)}}`, item)
    else {
      if (brand(part, 'glissadeModule')) seen.set(`${path}.training`, String((part as { training: boolean }).training))
      for (const [name, item] of Object.entries(part)) if (!INNER.has(name)) walk(`${path}.${name}`, item)
    }
  }
  walk('', value)
  return new Map([...seen].map(([path, leaf]) => [path.replace(/^\./, ''), leaf]))
}
/** Without fields, which a step may write and nobody takes back. */
export const tensorsOf = (seen: Snapshot): Snapshot => new Map([...seen].filter(([, leaf]) => typeof leaf !== 'string'))

/** Of optimizers and schedulers: what holds functions and other parts of the library. */
const INNER = new Set(['rule', 'optimizer', 'defaults', 'params', 'foreign'])

/**
 * The first place where `got` is not what is wanted; null where all is. A number is near enough within `tolerance` times
 * the largest element of its tensor.
 */
export function difference(
  got: Snapshot,
  wanted: Snapshot,
  tolerance: number = 0,
  { gradients, tensors }: Reserve = { gradients: false, tensors: false },
): string | null {
  for (const [path, want] of wanted) {
    const have = got.get(path)
    if (have === undefined) return `${path} is missing`
    if ((have === USED_UP && gradients) || ((have === UNREADABLE || want === UNREADABLE) && tensors)) continue
    if (typeof have === 'string' || typeof want === 'string') {
      if (have !== want) return `${path} is ${text(have)}, want ${text(want)}`
      continue
    }
    const [type, wantedType] = [typeOf(have), typeOf(want)]
    if (type !== wantedType) return `${path} is ${type}, want ${wantedType}`
    let greatest = 1
    for (let i = 0; i < want.data.length; i++)
      if (Number.isFinite(want.data[i])) greatest = Math.max(greatest, Math.abs(want.data[i]!))
    for (let i = 0; i < want.data.length; i++) {
      const [a, b] = [have.data[i]!, want.data[i]!]
      if (!Object.is(a, b) && !(Math.abs(a - b) <= tolerance * greatest))
        return `${path}, element ${i} of ${want.data.length}, is ${a}, want ${b}`
    }
  }
  const more = [...got.keys()].find((path) => !wanted.has(path))
  return more === undefined ? null : `${more} should not be there`
}
const typeOf = ({ device, dtype, shape }: Elements): string => `${device} ${dtype}[${shape.join()}]`
const text = (leaf: Elements | string): string => (typeof leaf === 'string' ? leaf : `a ${leaf.dtype} tensor`)
