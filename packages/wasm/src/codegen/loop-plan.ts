/**
 * What a `loop` composite reads, computes and writes, before any code: operands with their strides over the space, and parts
 * that share nothing taken apart.
 */
import { stridesOf } from '@glissade/core/backend'
import type { DType, LoopAttributes, Node, Program, Shape, TensorType } from '@glissade/core/backend'

/** A value that is read, not computed: strides in elements per axis of the space. */
export interface Read {
  readonly input: number
  readonly dtype: DType
  readonly strides: readonly number[]
}
/** `iota` is read from the counters: its pointer is its value. */
export const IOTA: number = -1
export type Leaf = Read | { readonly constant: number; readonly dtype: DType }
export const isRead = (leaf: Leaf): leaf is Read => 'input' in leaf

export interface Reduction {
  readonly op: string
  readonly dtype: DType
  readonly value: number
  readonly result: number
}

/** What of a loop's body is read, computed and written. */
export interface Plan {
  readonly types: readonly TensorType[]
  readonly leaves: ReadonlyMap<number, Leaf>
  readonly computed: readonly (readonly [value: number, node: Node])[]
  readonly reductions: readonly Reduction[]
  /** Elementwise results: value and which result. */
  readonly stores: readonly (readonly [value: number, result: number])[]
}

const REDUCES: ReadonlySet<string> = new Set(['sum', 'prod', 'max', 'min'])

function expanded(leaf: Leaf, from: Shape, to: Shape): Leaf {
  if (!isRead(leaf)) return leaf
  const lead = to.length - from.length
  return {
    ...leaf,
    strides: to.map((size, axis) =>
      axis < lead || (from[axis - lead] === 1 && size !== 1) ? 0 : leaf.strides[axis - lead]!,
    ),
  }
}

export function planOf(body: Program): Plan {
  const types: TensorType[] = [...body.inputs, ...body.nodes.flatMap((node) => node.types)]
  const leaves = new Map<number, Leaf>()
  const computed: [number, Node][] = []
  const reductions: Reduction[] = []
  const same = new Map<number, number>()
  const of = (value: number): number => same.get(value) ?? value
  body.inputs.forEach(({ dtype, shape }, input) => leaves.set(input, { input, dtype, strides: stridesOf(shape) }))
  body.nodes.forEach((node, i) => {
    const value = body.inputs.length + i
    const { dtype, shape } = node.types[0]!
    const x = of(node.args[0] ?? -1)
    if (node.op === 'constant') leaves.set(value, { constant: (node.attrs as { value: number }).value, dtype })
    else if (node.op === 'iota')
      leaves.set(value, {
        input: IOTA,
        dtype,
        strides: shape.map((_, axis) => (axis === (node.attrs as { axis: number }).axis ? 1 : 0)),
      })
    else if (node.op === 'expand') {
      const leaf = leaves.get(x)
      if (leaf === undefined) same.set(value, x)
      else leaves.set(value, expanded(leaf, types[x]!.shape, shape))
    } else if (REDUCES.has(node.op)) {
      body.outputs.forEach((output, result) => {
        if (output === value) reductions.push({ op: node.op, dtype, value: x, result })
      })
    } else computed.push([value, { ...node, args: node.args.map(of) }])
  })
  const reduced = new Set(reductions.map(({ result }) => result))
  const stores = body.outputs.flatMap((value, result): [number, number][] =>
    reduced.has(result) ? [] : [[of(value), result]],
  )
  return { types, leaves, computed, reductions, stores }
}

/**
 * The parts of a loop that share no operand but single numbers, each a loop of its own: the update of twenty parameters of
 * one shape would walk over sixty places of memory at once.
 */
export function parts(plan: Plan): Plan[] {
  const group = new Map<number | string, number | string>()
  const find = (item: number | string): number | string => {
    let root = item
    while (group.has(root)) root = group.get(root)!
    return root
  }
  const join = (a: number | string, b: number | string): void => {
    const [x, y] = [find(a), find(b)]
    if (x !== y) group.set(x, y)
  }
  const joinOperand = (item: number | string, operand: number): void => {
    const leaf = plan.leaves.get(operand)
    if (leaf === undefined) return join(item, operand)
    if (isRead(leaf) && leaf.input !== IOTA && leaf.strides.some((stride) => stride !== 0))
      join(item, `input ${leaf.input}`)
  }
  for (const [value, node] of plan.computed) for (const arg of node.args) joinOperand(value, arg)
  for (const { value, result } of plan.reductions) joinOperand(`result ${result}`, value)
  for (const [value, result] of plan.stores) joinOperand(`result ${result}`, value)
  const roots = [
    ...new Set(
      [...plan.reductions, ...plan.stores.map(([, result]) => ({ result }))].map(({ result }) =>
        find(`result ${result}`),
      ),
    ),
  ]
  if (roots.length <= 1) return [plan]
  return roots.map((root) => ({
    ...plan,
    computed: plan.computed.filter(([value]) => find(value) === root),
    reductions: plan.reductions.filter(({ result }) => find(`result ${result}`) === root),
    stores: plan.stores.filter(([, result]) => find(`result ${result}`) === root),
  }))
}

/** A primitive that maps, reduces or repeats, as a loop of its own. */
export function asLoop(node: Node, args: readonly TensorType[]): { attrs: LoopAttributes; body: Program } {
  const { op: kind, attrs, types } = node
  const body: Program = {
    inputs: args,
    scalars: [],
    outputs: [args.length],
    donated: [null],
    nodes: [{ op: kind, attrs, types, args: args.map((_, i) => i) }],
  }
  return REDUCES.has(kind)
    ? { attrs: { space: args[0]!.shape, axes: (attrs as { axes: readonly number[] }).axes }, body }
    : { attrs: { space: types[0]!.shape, axes: [] }, body }
}
