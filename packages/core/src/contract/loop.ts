/** The `loop` composite, which fusion makes, and which results may be written where an operand lies. */
import {
  BINARY_NUMBER,
  COMPARISON,
  LOGIC,
  UNARY_FLOAT,
  UNARY_NUMBER,
  type Node,
  type Program,
  type Shape,
} from './contract.ts'
import { sameShape } from './dtype.ts'

/** Attributes of the `loop` composite. */
export interface LoopAttributes {
  readonly space: Shape
  /** The axes that every reduction of the body goes over; empty without reductions. */
  readonly axes: readonly number[]
}
/** The name of a fused loop, as backends that run them list it in `capabilities.runs`. */
export const LOOP = 'loop'

/** Element i of their results follows from element i of their operands. */
export const ELEMENTWISE: ReadonlySet<string> = new Set([
  ...UNARY_NUMBER,
  ...UNARY_FLOAT,
  ...BINARY_NUMBER,
  ...COMPARISON,
  ...LOGIC,
  'not',
  'where',
  'cast',
])
/** Those of which kernels promise to write element i after they have read it, and not to read it later. */
const IN_PLACE: ReadonlySet<string> = new Set([...UNARY_NUMBER, ...UNARY_FLOAT, ...BINARY_NUMBER, 'where'])

/** Whether result k of a body follows from its input at `place`. */
function follows({ inputs, nodes, outputs }: Program, k: number, place: number): boolean {
  const reached = new Set([place])
  let value = inputs.length
  for (const { args, types } of nodes) {
    const does = args.some((arg) => reached.has(arg))
    for (const _ of types) {
      if (does) reached.add(value)
      value++
    }
  }
  return reached.has(outputs[k]!)
}

/**
 * Whether result k of a node may be written where its operand at `place` lies, if both have as many bytes: each element is
 * read before it is written there, and not later.
 */
export function overwrites({ op, attrs, types, body }: Node, k: number, place: number): boolean {
  if (IN_PLACE.has(op)) return true
  if (op !== LOOP) return false
  const { space } = attrs as LoopAttributes
  // An operand of the whole space is read at the element that is written; all reads come before the writes of an element. But
  // what shares no operand may be walked over one after the other.
  return (
    sameShape(types[k]!.shape, space) &&
    sameShape(body!.inputs[place]!.shape, space) &&
    follows(body!, k, place) &&
    !body!.nodes.some((inner) => inner.op === 'expand' && inner.args.includes(place))
  )
}
