/** Which outputs may be written in the place of the input that they replace. */
import { BINARY_NUMBER, UNARY_FLOAT, UNARY_NUMBER, type Node, type Program } from '../backend/contract.ts'
import { LOOP, type LoopAttributes } from '../ir/passes/fuse.ts'
import { sameShape } from '../ir/type.ts'

/** Results of these may lie where an operand of the same type lies: element i is written after element i was read. */
const ELEMENTWISE: ReadonlySet<string> = new Set([...UNARY_NUMBER, ...UNARY_FLOAT, ...BINARY_NUMBER, 'where'])

/** Whether result k of a node may overwrite its operand: it reads each element before it writes there, and not later. */
function overwrites(node: Node, k: number, operand: number): boolean {
  if (ELEMENTWISE.has(node.op)) return true
  if (node.op !== LOOP) return false
  const { space } = node.attrs as LoopAttributes
  const body = node.body!
  // An operand of the whole space is read at the element that is written; all reads come before the writes of an element.
  return (
    sameShape(node.types[k]!.shape, space) &&
    node.args.every(
      (arg, i) =>
        arg !== operand ||
        (sameShape(body.inputs[i]!.shape, space) &&
          !body.nodes.some((inner) => inner.op === 'expand' && inner.args.includes(i))),
    )
  )
}

/**
 * @param program as the backend will get it: passes may have moved nodes
 * @param own per output, the input whose place it would take, or null
 * @returns per output that input where it is safe: nothing reads the input once the output's node has begun, but for the
 * node itself where it goes element by element
 */
export function donations(program: Program, own: readonly (number | null)[]): (number | null)[] {
  const lastRead = new Map<number, number>()
  const madeBy = new Map<number, readonly [node: number, result: number]>()
  let value = program.inputs.length + program.scalars.length
  program.nodes.forEach((node, i) => {
    for (const arg of node.args) lastRead.set(arg, i)
    node.types.forEach((_, k) => madeBy.set(value++, [i, k]))
  })
  // A reshape has the bytes of its operand: they are written when that is made, and read for as long as any of them.
  const base = Array.from({ length: value }, (_, at) => at)
  let next = program.inputs.length + program.scalars.length
  for (const node of program.nodes) {
    if (node.op === 'reshape') base[next] = base[node.args[0]!]!
    next += node.types.length
  }
  const aliased = new Set(program.nodes.flatMap((node) => (node.op === 'reshape' ? [base[node.args[0]!]!] : [])))
  const places = program.outputs.map((output) => base[output]!)
  return places.map((output, i) => {
    const input = own[i] ?? null
    const made = madeBy.get(output)
    if (
      input === null ||
      made === undefined ||
      aliased.has(input) ||
      places.includes(input) ||
      places.indexOf(output) !== i
    )
      return null
    const [node, k] = made
    const last = lastRead.get(input) ?? -1
    return last < node || (last === node && overwrites(program.nodes[node]!, k, input)) ? input : null
  })
}
