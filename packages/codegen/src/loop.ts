/**
 * What a `loop` composite reads, computes, reduces and stores, before any code: operands with their strides over the space,
 * broadcasts seen through, and parts that share nothing taken apart.
 */
import { stridesOf, valueTypes } from '@glissade/core/backend'
import type { Attributes, DType, LoopAttributes, Node, Program, Shape, TensorType } from '@glissade/core/backend'
import { keptStrides, nest, type Axis } from './nest.ts'
import { isReducer, type Reducer } from './reduction.ts'

/** An operand, read at every element. Strides are in elements, per axis of the space. */
export interface Read {
  readonly kind: 'read'
  readonly input: number
  readonly dtype: DType
  readonly strides: readonly number[]
}
/** The index along an axis of the space (`iota`), whose stride is 1. */
export interface Count {
  readonly kind: 'count'
  readonly dtype: DType
  readonly strides: readonly number[]
}
/** One number everywhere. */
export interface Fixed {
  readonly kind: 'fixed'
  readonly dtype: DType
  readonly value: number
}
/** A value that is not computed. */
export type Leaf = Read | Count | Fixed

/** A value that is computed, element by element: its operands are leaves and values computed before. */
export interface Computed {
  readonly value: number
  readonly node: Node
}
/** A value that is reduced into a result of the loop. */
export interface Reduction {
  readonly op: Reducer
  readonly dtype: DType
  readonly value: number
  readonly result: number
}
/** A value that is stored as a result of the loop. */
export interface Store {
  readonly value: number
  readonly dtype: DType
  readonly result: number
}

/** A loop over a space. Values are numbered as in its body. */
export interface LoopPlan {
  readonly space: Shape
  /** What every reduction goes over; empty without reductions. */
  readonly axes: readonly number[]
  readonly types: readonly TensorType[]
  readonly leaves: ReadonlyMap<number, Leaf>
  /** In the order in which it can be computed. */
  readonly computed: readonly Computed[]
  readonly reductions: readonly Reduction[]
  readonly stores: readonly Store[]
}

/** A leaf that is broadcast from one shape to another. */
function expanded(leaf: Leaf, from: Shape, to: Shape): Leaf {
  if (leaf.kind === 'fixed') return leaf
  const lead = to.length - from.length
  const strides = to.map((size, axis) =>
    axis < lead || (from[axis - lead] === 1 && size !== 1) ? 0 : leaf.strides[axis - lead]!,
  )
  return { ...leaf, strides }
}

/** The plan of a `loop` composite. */
export function planLoop({ space, axes }: LoopAttributes, body: Program): LoopPlan {
  const types = valueTypes(body)
  const leaves = new Map<number, Leaf>()
  const computed: Computed[] = []
  const reductions: Reduction[] = []
  const same = new Map<number, number>()
  const of = (value: number): number => same.get(value) ?? value
  body.inputs.forEach(({ dtype, shape }, input) =>
    leaves.set(input, { kind: 'read', input, dtype, strides: stridesOf(shape) }),
  )
  body.nodes.forEach((node, i) => {
    const value = body.inputs.length + i
    const { dtype, shape } = node.types[0]!
    const x = of(node.args[0] ?? -1)
    if (node.op === 'constant')
      leaves.set(value, { kind: 'fixed', dtype, value: (node.attrs as Attributes['constant']).value as number })
    else if (node.op === 'iota') {
      const { axis } = node.attrs as Attributes['iota']
      leaves.set(value, { kind: 'count', dtype, strides: shape.map((_, other) => Number(other === axis)) })
    } else if (node.op === 'expand') {
      const leaf = leaves.get(x)
      if (leaf === undefined) same.set(value, x)
      else leaves.set(value, expanded(leaf, types[x]!.shape, shape))
    } else if (isReducer(node.op)) {
      const { op } = node
      body.outputs.forEach((output, result) => {
        if (output === value) reductions.push({ op, dtype, value: x, result })
      })
    } else computed.push({ value, node: { ...node, args: node.args.map(of) } })
  })
  const reduced = new Set(reductions.map(({ result }) => result))
  const stores = body.outputs.flatMap((output, result): Store[] =>
    reduced.has(result) ? [] : [{ value: of(output), dtype: types[output]!.dtype, result }],
  )
  // Reductions that nothing reads are gone from the body, but maybe not from the attributes.
  return { space, axes: reductions.length === 0 ? [] : axes, types, leaves, computed, reductions, stores }
}

/** A primitive that maps, reduces or repeats, as a loop of its own. */
export function asLoop(
  { op, attrs, types }: Pick<Node, 'op' | 'attrs' | 'types'>,
  args: readonly TensorType[],
): { attrs: LoopAttributes; body: Program } {
  const body: Program = {
    inputs: args,
    scalars: [],
    outputs: [args.length],
    donated: [null],
    nodes: [{ op, attrs, types, args: args.map((_, i) => i) }],
  }
  return isReducer(op)
    ? { attrs: { space: args[0]!.shape, axes: (attrs as Attributes[Reducer]).axes }, body }
    : { attrs: { space: types[0]!.shape, axes: [] }, body }
}

/**
 * Computes the values of a plan in order, in whatever they are made of: text, closures, numbers.
 * @param read gives what a leaf is, when it is first needed
 * @param compute gives what follows from a node's operands
 * @returns what any value of the plan is
 */
export function computeLoop<T>(
  plan: LoopPlan,
  read: (leaf: Leaf) => T,
  compute: (computed: Computed, operands: readonly T[]) => T,
): (value: number) => T {
  const made = new Map<number, T>()
  const of = (value: number): T => {
    if (!made.has(value)) made.set(value, read(plan.leaves.get(value)!))
    return made.get(value)!
  }
  for (const each of plan.computed) made.set(each.value, compute(each, each.node.args.map(of)))
  return of
}

/** Something that is walked over the space: an operand, a result, or the indices along an axis. In elements. */
export type Access =
  | {
      readonly kind: 'read' | 'write'
      readonly index: number
      readonly dtype: DType
      readonly strides: readonly number[]
    }
  | { readonly kind: 'count'; readonly strides: readonly number[] }

/** The loops of a plan, and what is walked in them. */
export interface LoopNest {
  /** One for every different way to read an operand or to count, then one for every result. */
  readonly accesses: readonly Access[]
  /** Which access reads a leaf, and which writes a result. */
  readonly accessOf: ReadonlyMap<Leaf, number>
  readonly resultAccess: ReadonlyMap<number, number>
  /** Outermost first, with the strides of every access. */
  readonly axes: readonly Axis[]
}

/** What of a plan is walked, in as few loops as possible. */
export function nestOf(plan: LoopPlan): LoopNest {
  const { space, axes, leaves, computed, reductions, stores } = plan
  const accesses: Access[] = []
  const accessOf = new Map<Leaf, number>()
  const resultAccess = new Map<number, number>()
  const known = new Map<string, number>()
  const used = new Set([
    ...computed.flatMap(({ node }) => node.args),
    ...reductions.map(({ value }) => value),
    ...stores.map(({ value }) => value),
  ])
  for (const [value, leaf] of leaves) {
    if (leaf.kind === 'fixed' || !used.has(value)) continue
    const { kind, dtype, strides } = leaf
    // Nobody steps along an axis of one element.
    const steps = strides.map((stride, axis) => (space[axis] === 1 ? 0 : stride))
    const key = `${leaf.kind === 'read' ? leaf.input : kind}:${steps.join()}`
    const access: Access =
      leaf.kind === 'read'
        ? { kind: 'read', index: leaf.input, dtype, strides: steps }
        : { kind: 'count', strides: steps }
    const index = known.get(key) ?? accesses.push(access) - 1
    known.set(key, index)
    accessOf.set(leaf, index)
  }
  const write = (result: number, dtype: DType, strides: readonly number[]): void => {
    resultAccess.set(result, accesses.push({ kind: 'write', index: result, dtype, strides }) - 1)
  }
  for (const { result, dtype } of stores) write(result, dtype, stridesOf(space))
  for (const { result, dtype } of reductions) write(result, dtype, keptStrides(space, axes))
  const strides = accesses.map((access) => access.strides)
  return { accesses, accessOf, resultAccess, axes: nest(space, strides, axes) }
}
