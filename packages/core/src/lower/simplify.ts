/**
 * Rewrites nodes into simpler ones with the same bits: arithmetic on constants, operations that change nothing, chains of
 * movements, transposes folded into `dot`. Sums of pads that do not overlap become concatenations (`disjoint-pads.ts`). Dead and
 * repeated nodes vanish because the builder writes neither.
 */
import type { Attributes, DType, Node, Primitive, Program } from '../contract/contract.ts'
import { DTYPES } from '../contract/dtype.ts'
import { Builder, type Sym } from '../ir/builder.ts'
import { stays } from '../ir/composite.ts'
import { isPrimitive } from '../ir/infer.ts'
import { isFloat, sameShape } from '../ir/type.ts'
import { joinPads } from './disjoint-pads.ts'

/** What a node may become: another value, or null where the rule does not apply. */
type Rule<P extends Primitive> = (args: readonly Sym[], attrs: Attributes[P], builder: Builder) => Sym | null

/** The node that makes a value, if it is of this kind. */
function made<P extends Primitive>(
  value: Sym,
  op: P,
): { readonly attrs: Attributes[P]; readonly args: readonly Sym[] } | null {
  const node = value.builder.nodeOf(value)
  return node?.op === op
    ? { attrs: node.attrs as Attributes[P], args: node.args.map((arg) => value.builder.value(arg)) }
    : null
}

/** The one number that a value holds everywhere, or null. */
function number(value: Sym): number | null {
  const constant = made(value, 'constant')
  if (constant !== null) return typeof constant.attrs.value === 'number' ? constant.attrs.value : null
  const moved = made(value, 'expand') ?? made(value, 'reshape')
  return moved === null ? null : number(moved.args[0]!)
}

/** As the dtype stores it; +, -, *, / and sqrt in double and rounded once more are those of narrower floats. */
const stored = (value: number, dtype: DType): number => DTYPES[dtype].round(value)

/** Only operations whose results are the same on every correct backend are done here. */
const EXACT: { readonly [P in Primitive]?: (x: number, y: number) => number } = {
  neg: (x) => -x,
  abs: (x) => Math.abs(x),
  sqrt: (x) => Math.sqrt(x),
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  eq: (x, y) => Number(x === y),
  lt: (x, y) => Number(x < y),
  le: (x, y) => Number(x <= y),
}

/** Arithmetic on constants. */
function folded(op: Primitive, args: readonly Sym[], node: Node, builder: Builder): Sym | null {
  const { dtype, shape } = node.types[0]!
  const rule = op === 'div' && isFloat(dtype) ? (x: number, y: number) => x / y : EXACT[op]
  // Products of integers may need more than 53 bits.
  if (rule === undefined || args.length === 0 || (op === 'mul' && !isFloat(dtype))) return null
  const numbers = args.map((arg) => number(arg))
  if (numbers.includes(null)) return null
  const [left = 0, right = 0] = (numbers as number[]).map((x, i) => stored(x, args[i]!.dtype))
  return builder.fill(dtype, shape, stored(rule(left, right), dtype))
}

const swapsLastTwo = (order: readonly number[]): boolean =>
  order.length >= 2 &&
  order.every((axis, i) => axis === (i === order.length - 1 ? i - 1 : i === order.length - 2 ? i + 1 : i))

/** An operand of `dot` without its transpose. */
function untransposed(value: Sym, transposed: boolean): [Sym, boolean] {
  const permuted = made(value, 'permute')
  return permuted !== null && swapsLastTwo(permuted.attrs.order)
    ? [permuted.args[0]!, !transposed]
    : [value, transposed]
}

const rules: { readonly [P in Primitive]?: Rule<P> } = {
  neg: ([x]) => made(x!, 'neg')?.args[0] ?? null,
  mul: ([a, b]) => (number(b!) === 1 ? a! : number(a!) === 1 ? b! : null),
  // x - 0 is x, also for -0; x + 0 is not.
  sub: ([a, b]) => (Object.is(number(b!), 0) ? a! : null),
  div: ([a, b]) => {
    const by = number(b!)
    if (by === 1) return a!
    if (by === null || !isFloat(a!.dtype)) return null
    // The reciprocal of a power of two is exact, as long as it is far from the ends of the dtype.
    const power = Math.log2(Math.abs(by))
    return Number.isInteger(power) && Math.abs(power) < -DTYPES[a!.dtype].least / 2 ? a!.mul(1 / by) : null
  },
  where: ([condition, a, b]) => {
    const which = number(condition!)
    return which === null ? (a!.id === b!.id ? a! : null) : which !== 0 ? a! : b!
  },
  reshape: ([x], { shape }) => {
    const before = made(x!, 'reshape')
    return before === null ? null : before.args[0]!.reshape(shape)
  },
  permute: ([x], { order }) => {
    const before = made(x!, 'permute')
    if (before !== null) return before.args[0]!.permute(order.map((axis) => before.attrs.order[axis]!))
    // Nothing moves past an axis of one element.
    const long = order.filter((axis) => x!.shape[axis] !== 1)
    return long.every((axis, i) => i === 0 || axis > long[i - 1]!)
      ? x!.reshape(order.map((axis) => x!.shape[axis]!))
      : null
  },
  flip: ([x], { axes }) => (axes.every((axis) => x!.shape[axis] === 1) ? x! : null),
  expand: ([x], { shape }) => {
    const before = made(x!, 'expand')
    if (before !== null) return before.args[0]!.expand(shape)
    const constant = number(x!)
    return constant !== null && x!.rank > 0 ? x!.builder.fill(x!.dtype, shape, constant) : null
  },
  dot: ([a, b], { transposeA, transposeB }) => {
    const [left, leftTransposed] = untransposed(a!, transposeA)
    const [right, rightTransposed] = untransposed(b!, transposeB)
    return left === a && right === b ? null : left.dot(right, leftTransposed, rightTransposed)
  },
}

/** The node, or what it may become. */
function written(node: Node, args: readonly Sym[], builder: Builder): readonly Sym[] {
  const { op, attrs, types, body } = node
  const simpler = isPrimitive(op)
    ? (folded(op, args, node, builder) ??
      (rules[op] as Rule<never> | undefined)?.(args, attrs as never, builder) ??
      null)
    : null
  if (simpler === null) return builder.node(op, attrs, args, types, body)
  if (simpler.dtype !== types[0]!.dtype || !sameShape(simpler.shape, types[0]!.shape))
    throw new Error(`simplify: ${op} changed its type`)
  return [simpler]
}

/**
 * The same program, simpler.
 * @param runs composites that stay; of all others the bodies are written. Default: all stay. (As a pass of its own, `inline`
 *   would write a program twice while a first step is waited for.)
 */
export function simplify(program: Program, runs: ReadonlySet<string> | null = null): Program {
  const builder = new Builder()
  const write = ({ nodes, outputs }: Program, values: Sym[]): Sym[] => {
    for (const node of nodes) {
      const args = node.args.map((arg) => values[arg]!)
      const outer = builder.origin
      builder.origin = node.origin ?? outer
      const kept = runs === null || stays(node, runs)
      for (const value of kept ? written(node, args, builder) : write(node.body!, args)) values.push(value)
      builder.origin = outer
    }
    return outputs.map((value) => values[value]!)
  }
  const operands = [
    ...program.inputs.map((type) => builder.input(type)),
    ...program.scalars.map((dtype) => builder.scalar(dtype)),
  ]
  return joinPads(builder.finish(write(program, operands), program.donated))
}
