/** The shape of operands and results apart from their tensors: arrays and plain objects, with leaves in order. */
import { Handle } from '../tensor/handle.ts'

type Node =
  | { readonly kind: 'leaf' }
  | { readonly kind: 'constant'; readonly value: unknown }
  | { readonly kind: 'array'; readonly items: readonly Node[] }
  | { readonly kind: 'object'; readonly names: readonly string[]; readonly items: readonly Node[] }

const LEAF: Node = { kind: 'leaf' }
const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

export class Structure {
  readonly #root: Node
  constructor(root: Node) {
    this.#root = root
  }
  /** The value with these leaves. */
  rebuild(leaves: readonly unknown[]): unknown {
    if (this.#root === LEAF) return leaves[0]
    let at = 0
    const build = (node: Node): unknown => {
      if (node.kind === 'leaf') return leaves[at++]
      if (node.kind === 'constant') return node.value
      if (node.kind === 'array') return node.items.map(build)
      return Object.fromEntries(node.names.map((name, i) => [name, build(node.items[i]!)]))
    }
    return build(this.#root)
  }
  /** Leaves that are no tensors become part of the structure. */
  withConstants(leaves: readonly unknown[]): Structure {
    let at = 0
    const walk = (node: Node): Node => {
      if (node.kind === 'constant') return node
      if (node.kind === 'leaf') {
        const leaf = leaves[at++]
        return leaf instanceof Handle ? LEAF : { kind: 'constant', value: leaf }
      }
      return { ...node, items: node.items.map(walk) }
    }
    return new Structure(walk(this.#root))
  }
  equals(other: Structure): boolean {
    return this === other || same(this.#root, other.#root)
  }
}

function same(a: Node, b: Node): boolean {
  if (a === b) return true
  if (a.kind === 'array' && b.kind === 'array')
    return a.items.length === b.items.length && a.items.every((item, i) => same(item, b.items[i]!))
  if (a.kind === 'object' && b.kind === 'object')
    return (
      a.names.length === b.names.length &&
      a.names.every((name, i) => name === b.names[i]) &&
      a.items.every((item, i) => same(item, b.items[i]!))
    )
  return false
}

/** Takes a value apart. */
export function structureOf(value: unknown): { structure: Structure; leaves: unknown[] } {
  const leaves: unknown[] = []
  const walk = (part: unknown): Node => {
    if (Array.isArray(part)) return { kind: 'array', items: part.map(walk) }
    if (isPlain(part)) return { kind: 'object', names: Object.keys(part), items: Object.values(part).map(walk) }
    leaves.push(part)
    return LEAF
  }
  return { structure: new Structure(walk(value)), leaves }
}

/** Structures of flat operand lists, by length. */
const FLAT: Structure[] = []

/** Takes the operands of a call apart; lists without arrays and objects, the usual ones, are their own leaves. */
export function operandsOf(args: readonly unknown[]): { structure: Structure; leaves: readonly unknown[] } {
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]
    if (typeof arg === 'object' && arg !== null && !(arg instanceof Handle)) return structureOf(args)
  }
  const structure = (FLAT[args.length] ??= new Structure({ kind: 'array', items: args.map(() => LEAF) }))
  return { structure, leaves: args }
}
