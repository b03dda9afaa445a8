/** Which outputs may be written in the place of the input that they replace. */
import type { Program } from '../contract/contract.ts'
import { bytesOf } from '../contract/dtype.ts'
import { overwrites } from '../contract/loop.ts'
import { contiguousStart } from './sharing.ts'
import { valuesOf } from '../contract/values.ts'

/**
 * @param program as the backend will get it: passes may have moved nodes
 * @param own per output, the input whose place it would take, or null
 * @returns per output that input where it is safe: nothing reads the input once the output's node has begun, but for the
 * node itself where it goes element by element
 */
export function donations(program: Program, own: readonly (number | null)[]): (number | null)[] {
  const { types, starts, producer } = valuesOf(program)
  // Reshapes and contiguous slices may lie in the bytes of their operand: those are read for as long as any of them.
  const base = types.map((_, value) => value)
  const lastRead = new Map<number, number>()
  program.nodes.forEach((node, i) => {
    const args = node.args.map((arg) => types[arg]!)
    if (node.op === 'reshape' || contiguousStart(node, args) !== null) base[starts[i]!] = base[node.args[0]!]!
    for (const arg of node.args) lastRead.set(base[arg]!, i)
  })
  // A reshaped result is written when its operand is made.
  const places = program.outputs.map((output) =>
    bytesOf(types[base[output]!]!) === bytesOf(types[output]!) ? base[output]! : output,
  )
  return places.map((output, i) => {
    const input = own[i] ?? null
    const at = producer[output]!
    if (
      input === null ||
      at < 0 ||
      program.outputs.some((other) => base[other] === input) ||
      places.indexOf(output) !== i
    )
      return null
    const last = lastRead.get(input) ?? -1
    if (last !== at) return last < at ? input : null
    const node = program.nodes[at]!
    const whole = bytesOf(types[input]!)
    const isSafe = node.args.every(
      (arg, place) =>
        base[arg] !== input || (bytesOf(types[arg]!) === whole && overwrites(node, output - starts[at]!, place)),
    )
    return isSafe ? input : null
  })
}
