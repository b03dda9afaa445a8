/**
 * What a composite is: a name, how its body is written, and a gradient where that of the body would not do. It travels with
 * the body, so that whoever meets the node knows whose it is; to a node without it the name is a label.
 */
import type { CompositeAttributes, CompositeName } from '../contract/composites.ts'
import type { Node, Program, TensorType } from '../contract/contract.ts'
import { LOOP } from '../contract/loop.ts'
import { valueTypes } from '../contract/values.ts'
import { Builder, type Sym } from './builder.ts'

/** A name of others. */
export type PackageName = `${string}/${string}`
export type AttributesOf<N> = N extends CompositeName ? CompositeAttributes[N] : object

/** Writes an operation over operands (tensors and, as 0-d values, numbers) and gives its results. */
export type Trace<A extends object> = (args: readonly Sym[], attrs: A, builder: Builder) => readonly Sym[]
/**
 * The gradient of a composite, over its operands and results. A missing gradient (null) of a result counts as zero. null instead
 * of a list leaves it to the body, where gradients are given that its own formula does not take.
 */
export type CompositeGradient<A extends object = object> = (
  grads: readonly (Sym | null)[],
  args: readonly Sym[],
  results: readonly Sym[],
  attrs: A,
) => readonly (Sym | null)[] | null

export interface CompositeDefinition<A extends object = never> {
  readonly name: string
  readonly trace: Trace<A>
  /** null: that of the body. */
  readonly gradient: CompositeGradient<A> | null
}

/** A symbol, so that a body stays plain data for JSON, workers and comparisons. */
const ORIGIN = Symbol('origin')
interface Body extends Program {
  /** Whose body it is, under which attributes. */
  readonly [ORIGIN]?: { readonly definition: CompositeDefinition; readonly attrs: object }
}

/** The body of a composite for operands of these types. */
export function bodyOf<A extends object>(
  definition: CompositeDefinition<A>,
  args: readonly { readonly type: TensorType }[],
  attrs: A,
): Program {
  const builder = new Builder()
  const operands = args.map(({ type }) => builder.input(type))
  const program: Program = builder.finish(definition.trace(operands, attrs, builder))
  return Object.assign(program, { [ORIGIN]: { definition, attrs } })
}

/** Writes one composite node whose body is the definition. */
export function traceComposite<A extends object>(
  definition: CompositeDefinition<A>,
  builder: Builder,
  args: readonly Sym[],
  attrs: A,
): readonly Sym[] {
  const body = bodyOf(definition, args, attrs)
  const types = valueTypes(body)
  return builder.node(
    definition.name,
    attrs,
    args,
    body.outputs.map((value) => types[value]!),
    body,
  )
}

/** Whose composite a node is: null for primitives, and for names that others wrote over bodies of their own. */
export function definitionOf({ op, attrs, body }: Node): CompositeDefinition | null {
  const own: Body | undefined = body
  const origin = own?.[ORIGIN]
  return origin?.definition.name === op && origin.attrs === attrs ? origin.definition : null
}

/**
 * Whether a node goes to a backend as it is. Backends choose kernels by the name, so one over another body than the
 * definition's is run by that body. A loop means its body whoever wrote it.
 */
export const stays = (node: Node, runs: ReadonlySet<string>): boolean =>
  node.body === undefined || (runs.has(node.op) && (node.op === LOOP || definitionOf(node) !== null))
