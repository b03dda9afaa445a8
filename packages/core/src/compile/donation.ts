/** Which outputs may be written in the place of the input that they replace. */
import { BINARY_NUMBER, UNARY_FLOAT, UNARY_NUMBER, type Program } from '../backend/contract.ts'

/** Results of these may lie where an operand of the same type lies: element i is written after element i was read. */
const ELEMENTWISE: ReadonlySet<string> = new Set([...UNARY_NUMBER, ...UNARY_FLOAT, ...BINARY_NUMBER, 'where'])

/**
 * @param own per output, the input whose place it would take, or null
 * @returns per output that input where it is safe: nothing reads the input once the output's node has begun, but for the
 * node itself where it goes element by element
 */
export function donations(program: Program, own: readonly (number | null)[]): (number | null)[] {
  const lastRead = new Map<number, number>()
  const madeBy = new Map<number, number>()
  let value = program.inputs.length + program.scalars.length
  program.nodes.forEach((node, i) => {
    for (const arg of node.args) lastRead.set(arg, i)
    for (const _ of node.types) madeBy.set(value++, i)
  })
  // What reshapes make shares bytes with its operand and is read for as long as any of them.
  const aliased = new Set(program.nodes.flatMap((node) => (node.op === 'reshape' ? node.args : [])))
  return program.outputs.map((output, i) => {
    const input = own[i] ?? null
    const node = madeBy.get(output)
    if (input === null || node === undefined || aliased.has(input) || program.outputs.includes(input)) return null
    const last = lastRead.get(input) ?? -1
    const free = last < node || (last === node && ELEMENTWISE.has(program.nodes[node]!.op))
    return free && program.outputs.indexOf(output) === i ? input : null
  })
}
