/**
 * Which values of a program lie in each other's bytes, so that nothing has to be copied: a reshape and a contiguous slice lie
 * in their operand, what is concatenated is computed where the whole will lie, and an elementwise result takes the place of
 * an operand that nobody reads any more.
 */
import type { Attributes, Node, Program, TensorType } from '../contract/contract.ts'
import { bytesOf, DTYPES, numel, stridesOf } from '../contract/dtype.ts'
import { overwrites } from '../contract/loop.ts'
import { valuesOf, type Values } from '../contract/values.ts'

export interface Sharing extends Omit<Values, 'producer'> {
  /** For every value the one in whose bytes it lies, mostly itself, and where in them it starts. */
  readonly base: Int32Array
  readonly within: Int32Array
  /** Per node: it has nothing to do, for the bytes of its result are there already, or nobody reads them. */
  readonly silent: readonly boolean[]
  /** Values written straight into an output. */
  readonly outputOf: ReadonlyMap<number, number>
  /**
   * Per base: the first node that writes into its bytes, and the last that writes into or reads them; -1 for none. The last may
   * write what nobody reads.
   */
  readonly firstWrite: Int32Array
  readonly lastUse: Int32Array
}

/** Where the elements of a slice start in its operand, if they are contiguous there; null otherwise. */
export function contiguousStart({ op, attrs }: Node, [x]: readonly TensorType[]): number | null {
  if (op !== 'slice') return null
  const { start, stop, step } = attrs as Attributes['slice']
  const { shape, dtype } = x!
  if (start.some((from, axis) => from >= stop[axis]!)) return null
  const count = (axis: number): number => Math.ceil((stop[axis]! - start[axis]!) / step[axis]!)
  const axis = shape.findIndex((_, at) => count(at) > 1)
  const rest = axis < 0 ? [] : shape.slice(axis + 1)
  const whole = rest.every((size, i) => count(axis + 1 + i) === size)
  if (axis >= 0 && (step[axis] !== 1 || !whole)) return null
  const strides = stridesOf(shape)
  return start.reduce((sum, from, at) => sum + from * strides[at]!, 0) * DTYPES[dtype].bytes
}

/** Whether a node makes what nobody reads: a gap between two parts of a concatenation. */
const isGap = (node: Node | undefined): boolean =>
  node?.op === 'constant' && (node.attrs as Attributes['constant']).unread === true

/**
 * @param alignment of which the place of a value in another's bytes must be a multiple
 * @param inPlace operations that may write their result where their first operand lies, besides those of element by element
 */
export function sharing(program: Program, alignment: number, inPlace: readonly string[]): Sharing {
  const { nodes, outputs, donated } = program
  const { types, firstResult, starts, producer } = valuesOf(program)
  const base = Int32Array.from({ length: types.length }, (_, value) => value)
  const within = new Int32Array(types.length)
  /** Follows a value to the one whose bytes are its own; shortens the way. */
  const rootOf = (value: number): number => {
    const next = base[value]!
    if (next === value) return value
    const root = rootOf(next)
    if (root !== next) {
      within[value]! += within[next]!
      base[value] = root
    }
    return root
  }
  const put = (value: number, into: number, at: number): void => {
    base[value] = into
    within[value] = at
  }
  const typesOf = (node: Node): TensorType[] => node.args.map((arg) => types[arg]!)

  const silent = nodes.map((node, i) => {
    if (isGap(node)) return true
    const start = node.op === 'reshape' ? 0 : contiguousStart(node, typesOf(node))
    if (start === null || start % alignment !== 0) return false
    put(starts[i]!, node.args[0]!, start)
    return true
  })
  const replaces = (node: Node, k: number, place: number): boolean =>
    overwrites(node, k, place) || (place === 0 && inPlace.includes(node.op))
  const covers = (value: number): boolean => {
    const root = rootOf(value)
    return within[value] === 0 && bytesOf(types[value]!) === bytesOf(types[root]!)
  }
  // A computed value is written into the first output that it is; every other output is a copy at the end.
  const outputOf = new Map<number, number>()
  outputs.forEach((value, i) => {
    const root = rootOf(value)
    if (root >= firstResult && covers(value) && !outputOf.has(root)) outputOf.set(root, i)
  })
  /** Whether it may be computed elsewhere than in bytes of its own. */
  const moves = (value: number): boolean => {
    const root = rootOf(value)
    const node = nodes[producer[root]!]
    return covers(value) && node !== undefined && node.op !== 'constant' && node.op !== 'iota' && !outputOf.has(root)
  }
  /** Whether something may be written into its bytes before its own node: not where an input lies until then. */
  const waits = (value: number): boolean => {
    const output = outputOf.get(rootOf(value))
    return output !== undefined && donated[output] != null
  }

  /** Gaps with where they may lie, and those that a copy reads, which need bytes of their own. */
  const gaps: { readonly gap: number; readonly whole: number; readonly at: number }[] = []
  const copied = new Set<number>()
  nodes.forEach((node, i) => {
    const whole = starts[i]!
    if (node.op !== 'concat') return
    const own = node.args.filter((arg) => isGap(nodes[producer[arg]!]))
    const { axis } = node.attrs as Attributes['concat']
    if (waits(whole) || numel(node.types[0]!.shape.slice(0, axis)) !== 1) return own.forEach((gap) => copied.add(gap))
    let at = 0
    silent[i] = true
    for (const arg of node.args) {
      if (own.includes(arg)) gaps.push({ gap: arg, whole, at })
      else if (at % alignment === 0 && moves(arg) && rootOf(arg) !== whole) put(rootOf(arg), whole, at)
      else silent[i] = false
      at += bytesOf(types[arg]!)
    }
    if (!silent[i]) own.forEach((gap) => copied.add(gap))
  })
  for (const { gap, whole, at } of gaps) if (!copied.has(gap)) put(gap, whole, at)

  const lastRead = new Int32Array(types.length).fill(-1)
  nodes.forEach((node, i) => {
    if (!silent[i]) for (const arg of node.args) lastRead[rootOf(arg)] = i
  })
  outputs.forEach((value, i) => {
    if (outputOf.get(rootOf(value)) !== i) lastRead[rootOf(value)] = nodes.length
  })
  nodes.forEach((node, i) => {
    if (silent[i]) return
    node.types.forEach((type, k) => {
      const result = starts[i]! + k
      if (waits(result)) return
      const place = node.args.findIndex((arg) => {
        const root = rootOf(arg)
        return (
          moves(arg) &&
          producer[root]! < i &&
          lastRead[root]! <= i &&
          bytesOf(types[root]!) === bytesOf(type) &&
          bytesOf(type) > 0 &&
          node.args.every((other, at) => rootOf(other) !== root || (covers(other) && replaces(node, k, at)))
        )
      })
      if (place >= 0) put(rootOf(node.args[place]!), result, 0)
    })
  })

  const firstWrite = new Int32Array(types.length).fill(-1)
  const lastUse = lastRead
  for (let value = types.length - 1; value >= 0; value--) {
    const root = rootOf(value)
    const node = nodes[producer[value]!]
    const writes = node !== undefined && (!silent[producer[value]!] || (isGap(node) && root === value))
    if (writes) firstWrite[root] = producer[value]!
    lastUse[root] = Math.max(lastUse[root]!, lastRead[value]!, writes ? producer[value]! : -1)
  }
  return { types, firstResult, starts, base, within, silent, outputOf, firstWrite, lastUse }
}
