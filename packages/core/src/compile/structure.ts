/**
 * The shape of operands and results apart from what differs from call to call: lists and plain objects, with leaves in order.
 * Anything else with fields or entries of its own is refused, since nothing would notice when they change.
 */
import { OptionError } from '../contract/errors.ts'
import { Handle } from '../engine/handle.ts'
import { LiveNumber } from '../engine/tracer.ts'
import { isPlain } from './plain.ts'

type Node =
  | { readonly kind: 'leaf' }
  | { readonly kind: 'array'; readonly items: readonly Node[] }
  | {
      readonly kind: 'object'
      readonly names: readonly string[]
      readonly items: readonly Node[]
      readonly bare: boolean
    }

const LEAF: Node = { kind: 'leaf' }

export class Structure {
  readonly #root: Node
  constructor(root: Node) {
    this.#root = root
  }
  get isLeaf(): boolean {
    return this.#root === LEAF
  }
  /** The value with these leaves. */
  rebuild(leaves: readonly unknown[]): unknown {
    if (this.#root === LEAF) return leaves[0]
    let at = 0
    const build = (node: Node): unknown => {
      if (node.kind === 'leaf') return leaves[at++]
      if (node.kind === 'array') return node.items.map(build)
      const made = Object.fromEntries(node.names.map((name, i) => [name, build(node.items[i]!)]))
      return node.bare ? Object.setPrototypeOf(made, null) : made
    }
    return build(this.#root)
  }
  equals(other: Structure): boolean {
    return this === other || same(this.#root, other.#root)
  }
  /** The path of every leaf: `.batch[1]`. */
  paths(): string[] {
    const found: string[] = []
    const walk = (node: Node, path: string): void => {
      if (node.kind === 'leaf') found.push(path)
      else if (node.kind === 'array') node.items.forEach((item, i) => walk(item, `${path}[${i}]`))
      else node.items.forEach((item, i) => walk(item, `${path}.${node.names[i]!}`))
    }
    walk(this.#root, '')
    return found
  }
}

function same(a: Node, b: Node): boolean {
  if (a === b) return true
  if (a.kind === 'array' && b.kind === 'array')
    return a.items.length === b.items.length && a.items.every((item, i) => same(item, b.items[i]!))
  if (a.kind === 'object' && b.kind === 'object')
    return (
      a.bare === b.bare &&
      a.names.length === b.names.length &&
      a.names.every((name, i) => name === b.names[i]) &&
      a.items.every((item, i) => same(item, b.items[i]!))
    )
  return false
}

/** What stands at a place that cannot be taken apart; null where it can, or is a leaf. */
function refusal(part: object): string | null {
  if (Array.isArray(part)) {
    if (Object.keys(part).length > part.length) return 'a list with fields of its own'
    const { name } = part.constructor
    return name === 'Array' ? null : `a list of class ${name}`
  }
  if (isPlain(part)) return Object.getOwnPropertySymbols(part).length > 0 ? 'an object with symbols as keys' : null
  if ('glissadeTensor' in part)
    return 'a tensor of another copy of @glissade/core (let your bundler or package manager keep one)'
  if (typeof (part as { then?: unknown }).then === 'function') return 'a promise (wait for it outside)'
  return `an instance of ${part.constructor.name}`
}

/**
 * Takes a value apart.
 * @param name of the compiled function, for errors
 * @param nameOf the place with this path: `operand 0.config`
 */
function takeApart(
  name: string,
  value: unknown,
  nameOf: (path: string) => string,
): { structure: Structure; leaves: unknown[] } {
  const leaves: unknown[] = []
  /** The lists and objects around the part that is looked at, and its key in each. */
  const around: unknown[] = []
  const keys: (string | number)[] = []
  const inside = (part: unknown, key: string | number): Node => {
    keys.push(key)
    const node = walk(part)
    keys.pop()
    return node
  }
  const walk = (part: unknown): Node => {
    if (typeof part !== 'object' || part === null || part instanceof Handle || part instanceof LiveNumber) {
      leaves.push(part)
      return LEAF
    }
    const what = around.includes(part) ? 'a list or object within itself' : refusal(part)
    if (what !== null) {
      const path = keys.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('')
      throw new OptionError(
        name,
        `${nameOf(path)} is ${what}; pass and return tensors, plain values, and lists and objects of these`,
      )
    }
    around.push(part)
    const node: Node = Array.isArray(part)
      ? { kind: 'array', items: Array.from(part, inside) }
      : {
          kind: 'object',
          names: Object.keys(part),
          items: Object.entries(part).map(([key, item]) => inside(item, key)),
          bare: Object.getPrototypeOf(part) === null,
        }
    around.pop()
    return node
  }
  return { structure: new Structure(walk(value)), leaves }
}

/** `[2].config` in the list of operands is `operand 2.config`. */
const operand = (path: string): string => `operand ${path.replace(/^\[(\d+)\]/, '$1')}`

export const resultsOf = (name: string, result: unknown): { structure: Structure; leaves: readonly unknown[] } =>
  takeApart(name, result, (path) => `the result${path}`)

/** Structures of flat operand lists, by length. */
const FLAT: Structure[] = []

/** Takes the operands of a call apart. */
export const operandsOf = (
  name: string,
  args: readonly unknown[],
): { structure: Structure; leaves: readonly unknown[] } => takeApart(name, args, operand)

/** The structure of operands without lists and objects, the usual ones, which are their own leaves; null for others. */
export function flatStructure(args: readonly unknown[]): Structure | null {
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]
    if (typeof arg === 'object' && arg !== null && !(arg instanceof Handle)) return null
  }
  return (FLAT[args.length] ??= new Structure({ kind: 'array', items: args.map(() => LEAF) }))
}

/** The name of an operand by the number of its leaf. */
export const operandName = (structure: Structure, leaf: number): string => operand(structure.paths()[leaf]!)
