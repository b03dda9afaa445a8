/**
 * Whether a composite is what its name says. Backends run those of core by name, attributes and operands, so whatever claims
 * such a name must have the body that core writes for these operands. Names of others are `package/name`; a loop is its body.
 */
import { COMPOSITES, named, type CompositeName } from '../contract/composites.ts'
import { REDUCTION, type Node, type Program, type TensorType } from '../contract/contract.ts'
import { isGlissadeError } from '../contract/errors.ts'
import { ELEMENTWISE, LOOP, type LoopAttributes } from '../contract/loop.ts'
import { malformedOfComposite } from './attributes.ts'
import { attributesKey } from './builder.ts'
import { bodyOf, type CompositeDefinition } from './composite.ts'
import { isOperation } from './operation.ts'
import { intern, sameShape } from './type.ts'
import type { Fail } from './verify.ts'

export type KnownComposites = { readonly [N in CompositeName]: CompositeDefinition }
/** With a body whose inputs are its operands. */
type CompositeNode = Node & { readonly body: Program }

export function verifyComposite(composites: KnownComposites, node: CompositeNode, fail: Fail): void {
  const { op, attrs, body } = node
  if (op === LOOP) return verifyLoop(node, fail)
  if (op.includes('/') || isOperation(op)) return
  if (!isKnown(op)) return fail(`is no composite of this version of core; those of others are named 'package/name'`)
  const malformed = malformedOfComposite(op, attrs)
  if (malformed !== null) fail(malformed)
  assertCount('operands', COMPOSITES[op].operands, body.inputs.length)
  assertCount('results', COMPOSITES[op].results, body.outputs.length)
  if (!isSame(body, definedBody()))
    fail(`its body is not the one that defines ${op} here; inline it, or name it 'package/name'`)

  function assertCount(what: string, entries: readonly string[], got: number): void {
    const names = named(entries, attrs)
    const many = names.some((name) => name.startsWith('...'))
    if (!many && names.length !== got) fail(`has ${names.length} ${what}: ${names.join(', ')} (got ${got})`)
  }
  function definedBody(): Program {
    try {
      return bodyOf(composites[op as CompositeName], body.inputs.map(operand), attrs as never)
    } catch (error) {
      if (isGlissadeError(error)) return fail(`does not take these operands: ${error.message}`)
      return fail(`does not take operands like ${body.inputs.map((type) => String(intern(type))).join(', ')}`)
    }
  }
}

const isKnown = (op: string): op is CompositeName => Object.hasOwn(COMPOSITES, op)
const operand = (type: TensorType): { readonly type: TensorType } => ({ type })

/** Elementwise nodes over the space, what repeats to it, and reductions of it over the axes. */
function verifyLoop({ attrs, body }: CompositeNode, fail: Fail): void {
  const { space, axes } = attrs as Partial<LoopAttributes>
  const isList = (list: unknown): list is readonly number[] =>
    Array.isArray(list) && list.every((entry) => Number.isSafeInteger(entry) && entry >= 0)
  if (!isList(space) || !isList(axes)) return fail('space and axes of a loop must be lists of integers from 0')
  const types = [...body.inputs, ...body.nodes.flatMap((inner) => inner.types)]
  for (const { op, attrs: own, args, types: results } of body.nodes) {
    const isWithin = ELEMENTWISE.has(op) && sameShape(results[0]!.shape, space)
    const isReduction =
      (REDUCTION as readonly string[]).includes(op) &&
      sameShape(types[args[0]!]!.shape, space) &&
      sameShape((own as LoopAttributes).axes, axes)
    const isRepeated = op === 'expand' || op === 'iota' || op === 'constant'
    if (!isWithin && !isReduction && !isRepeated)
      fail(
        `a loop over [${space.join()}] and its axes [${axes.join()}] cannot hold ${op} of ${String(intern(results[0]!))}`,
      )
  }
}

// ---- Whether two programs are one -----------------------------------------------------------------------------------

const isSameType = (a: TensorType, b: TensorType): boolean => a.dtype === b.dtype && sameShape(a.shape, b.shape)
const isSameList = <T>(a: readonly T[], b: readonly T[], isEqual: (x: T, y: T) => boolean = Object.is): boolean =>
  a.length === b.length && a.every((x, i) => isEqual(x, b[i]!))

const isSame = (a: Program, b: Program): boolean =>
  a === b ||
  (isSameList(a.inputs, b.inputs, isSameType) &&
    isSameList(a.scalars, b.scalars) &&
    isSameList(a.outputs, b.outputs) &&
    isSameList(a.nodes, b.nodes, isSameNode))

const isSameNode = (a: Node, b: Node): boolean =>
  a.op === b.op &&
  isSameList(a.args, b.args) &&
  isSameList(a.types, b.types, isSameType) &&
  isSameValue(a.attrs, b.attrs) &&
  (a.body === undefined ? b.body === undefined : b.body !== undefined && isSame(a.body, b.body))

/** In whatever order the names stand; what is undefined is not there. */
function isSameValue(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b)
  const [of, other] = [a, b] as { readonly [name: string]: unknown }[]
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((name) => isSameValue(of![name], other![name]))
}

// ---- Taking programs in ---------------------------------------------------------------------------------------------

/** A verified program whose composites of core are core's own: backends may run them, and their gradients are those of core. */
export function adopted(composites: KnownComposites, program: Program): Program {
  const own = new Map<string, Pick<Node, 'attrs' | 'body'>>()
  const others = new Map<Program, Program>()
  const written = ({ op, attrs, body }: Node): Pick<Node, 'attrs' | 'body'> => {
    if (body === undefined || !isKnown(op)) return body === undefined ? { attrs } : { attrs, body: take(body) }
    const key = `${op}${attributesKey(attrs)}${body.inputs.map((type) => intern(type).id).join()}`
    let known = own.get(key)
    if (known === undefined)
      own.set(key, (known = { attrs, body: bodyOf(composites[op], body.inputs.map(operand), attrs as never) }))
    return known
  }
  const take = (part: Program): Program => {
    let taken = others.get(part)
    if (taken === undefined)
      others.set(part, (taken = { ...part, nodes: part.nodes.map((node) => ({ ...node, ...written(node) })) }))
    return taken
  }
  return take(program)
}
