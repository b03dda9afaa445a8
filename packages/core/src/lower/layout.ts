/**
 * Where the values of a program live: in an input, in an output, or in one scratch storage whose parts are reused as soon as
 * nobody reads or writes them any more.
 */
import type { Primitive, Program } from '../contract/contract.ts'
import { bytesOf } from '../contract/dtype.ts'
import type { Values } from '../contract/values.ts'
import { sharing } from './sharing.ts'

/** Scratch offsets are multiples of this at least, so that every element type is aligned. */
const ALIGNMENT = 16

/** Bytes of an input, of an output, or of the scratch storage (whose index is 0). */
export interface Place {
  readonly of: 'input' | 'output' | 'scratch'
  readonly index: number
  readonly byteOffset: number
}

export interface Layout extends Omit<Values, 'producer'> {
  /** For every value the one in whose bytes it lies; mostly itself. */
  readonly base: Int32Array
  /** Where every value lies. Scalars lie in the scratch storage. */
  readonly places: readonly Place[]
  /** Per node: it has nothing to do, for its result lies where its operands do. */
  readonly silent: readonly boolean[]
  /** Outputs that are copies of a value, made when all nodes have run. */
  readonly copies: readonly { readonly from: number; readonly to: number }[]
  readonly scratchBytes: number
}

/**
 * Plans the memory of a program.
 * @param options.alignment of which every place is a multiple, in bytes. Default 1: places then are multiples of the size of
 *   an element, and start at multiples of 16 where they share bytes with nothing else.
 * @param options.inPlace primitives whose kernels may find their result in the bytes of their first operand, besides those
 *   that go element by element. Default: none. For `scatterAdd` it saves the copy of what is added to.
 */
export function layout(
  program: Program,
  { alignment = 1, inPlace = [] }: { readonly alignment?: number; readonly inPlace?: readonly Primitive[] } = {},
): Layout {
  const { inputs, scalars, nodes, outputs } = program
  const { types, firstResult, starts, base, within, silent, outputOf, firstWrite, lastUse } = sharing(
    program,
    alignment,
    inPlace,
  )
  const copies = outputs.flatMap((from, to) => (outputOf.get(base[from]!) === to ? [] : [{ from, to }]))

  // First fit among the parts that are free again.
  const unit = Math.max(ALIGNMENT, alignment)
  const roomOf = (value: number): number => Math.ceil(bytesOf(types[value]!) / unit) * unit
  const offsets = new Map<number, number>()
  const free: { offset: number; bytes: number }[] = []
  let scratchBytes = 0
  const take = (value: number): void => {
    const bytes = roomOf(value)
    const found = free.findIndex((part) => part.bytes >= bytes)
    if (found < 0) {
      offsets.set(value, scratchBytes)
      scratchBytes += bytes
      return
    }
    const part = free[found]!
    offsets.set(value, part.offset)
    if (part.bytes === bytes) free.splice(found, 1)
    else free[found] = { offset: part.offset + bytes, bytes: part.bytes - bytes }
  }
  scalars.forEach((_, i) => take(inputs.length + i))
  /** Values with bytes of their own in the scratch storage, by the first node that writes them and the last that has to do with them. */
  const written: number[][] = nodes.map(() => [])
  const dropped: number[][] = nodes.map(() => [])
  for (let value = firstResult; value < types.length; value++) {
    if (base[value] !== value || outputOf.has(value)) continue
    written[firstWrite[value]!]!.push(value)
    const last = lastUse[value]!
    if (last < nodes.length) dropped[last]!.push(value)
  }
  nodes.forEach((_, i) => {
    written[i]!.forEach(take)
    for (const value of dropped[i]!) free.push({ offset: offsets.get(value)!, bytes: roomOf(value) })
  })

  const places = types.map((_, value): Place => {
    const root = base[value]!
    const byteOffset = within[value]!
    if (root < inputs.length) return { of: 'input', index: root, byteOffset }
    const output = outputOf.get(root)
    if (output !== undefined) return { of: 'output', index: output, byteOffset }
    return { of: 'scratch', index: 0, byteOffset: offsets.get(root)! + byteOffset }
  })
  return { types, firstResult, starts, base, places, silent, copies, scratchBytes }
}
