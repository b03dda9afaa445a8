/** Operations that a recording keeps: a node each, whose body is the operation's program (`record(fn, types, { operations: true })`). */
import type { Node, Program } from '../contract/contract.ts'
import type { Builder, Sym } from './builder.ts'
import { typeOf, type Type } from './type.ts'

/**
 * Stands before the name. Names of composites have no colon, so nothing that a backend runs is meant; and `sum`, the operation, is
 * not `sum`, the primitive.
 */
const PREFIX = 'operation:'
/** Whether the name of a node is that of a kept operation: its body says what it is, and no backend runs it. */
export const isOperation = (op: string): boolean => op.startsWith(PREFIX)

/** The operation that a node is, a composite or a kept operation: `linear`; null for a primitive. */
export const operationOf = ({ op, body }: Node): string | null =>
  body === undefined ? null : isOperation(op) ? op.slice(PREFIX.length) : op

/** A traced operation: its program, and the types of what it gives. */
interface Traced {
  readonly name: string
  readonly attrs: object
  readonly program: Program
  readonly outputs: readonly Type[]
  /** Its composites are the operations. */
  readonly several: boolean
}

const bodies = new WeakMap<Traced, Program>()
/** The program with its numbers among its inputs: bodies have none of their own. */
function bodyOf(operation: Traced): Program {
  let body = bodies.get(operation)
  if (body === undefined) {
    const { program } = operation
    body = {
      ...program,
      inputs: [...program.inputs, ...program.scalars.map((dtype) => typeOf(dtype, []))],
      scalars: [],
    }
    bodies.set(operation, body)
  }
  return body
}

/** Whether the whole program is the one composite that the operation is. */
function isComposite({ name, program: { inputs, scalars, nodes, outputs } }: Traced): boolean {
  const [node] = nodes
  const operands = inputs.length + scalars.length
  return (
    nodes.length === 1 &&
    node!.op === name &&
    node!.body !== undefined &&
    node!.args.length === operands &&
    node!.args.every((arg, i) => arg === i) &&
    outputs.length === node!.types.length &&
    outputs.every((value, i) => value === operands + i)
  )
}

/** Writes an operation as one node. What gives its operands as they are needs none, and composites are nodes already. */
export function writeOperation(builder: Builder, operation: Traced, args: readonly Sym[]): readonly Sym[] {
  const { name, attrs, program, outputs, several } = operation
  if (several || program.nodes.length === 0 || isComposite(operation)) return builder.inline(program, args)
  return builder.node(PREFIX + name, attrs, args, outputs, bodyOf(operation))
}
