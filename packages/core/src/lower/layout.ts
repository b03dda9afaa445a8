/**
 * Where the values of a program live: in an input, in an output, or in scratch, whose parts are reused as soon as nobody reads or
 * writes them any more.
 */
import type { Backend, Primitive, Program, Storage } from '../contract/contract.ts'
import { bytesOf } from '../contract/dtype.ts'
import { MemoryError } from '../contract/errors.ts'
import type { Values } from '../contract/values.ts'
import { sharing } from './sharing.ts'

/** Scratch offsets are multiples of this at least, so that every element type is aligned. */
const ALIGNMENT = 16

/** Bytes of an input, of an output, or of a piece of scratch; or a scalar of the run, where those lie apart. */
export interface Place {
  readonly of: 'input' | 'output' | 'scratch' | 'scalar'
  readonly index: number
  readonly byteOffset: number
}

export interface Layout extends Omit<Values, 'producer'> {
  /** For every value the one in whose bytes it lies; mostly itself. */
  readonly base: Int32Array
  /** Where every value lies. A view of a scalar lies where the scalar does. */
  readonly places: readonly Place[]
  /** Per node: it has nothing to do, for its result lies where its operands do, or nobody reads it. */
  readonly silent: readonly boolean[]
  /** Outputs that are copies of a value, made when all nodes have run. */
  readonly copies: readonly { readonly from: number; readonly to: number }[]
  /** Bytes of the pieces of scratch: storages of their own, or parts of one. */
  readonly scratch: readonly number[]
}

export interface LayoutOptions {
  /**
   * Of which every place is a multiple, in bytes. Default 1: places then are multiples of the size of an element, and start at
   * multiples of 16 where they share bytes with nothing else.
   */
  readonly alignment?: number
  /**
   * Primitives whose kernels may find their result in the bytes of their first operand, besides those that go element by element.
   * Default: none. For `scatterAdd` it saves the copy of what is added to.
   */
  readonly inPlace?: readonly Primitive[]
  /** Bytes of a piece of scratch at most. Default: any number, so that there is one piece. */
  readonly allocationBytes?: number
  /** `apart`: scalars have no bytes in scratch, but places of their own. Default: they lie in scratch. */
  readonly scalars?: 'apart'
}

/** Plans the memory of a program. Throws MemoryError where one value is larger than a piece of scratch may be. */
export function layout(
  program: Program,
  { alignment = 1, inPlace = [], allocationBytes = Infinity, scalars: kept }: LayoutOptions = {},
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
  const most = Math.floor(allocationBytes / unit) * unit
  const roomOf = (value: number): number => Math.ceil(bytesOf(types[value]!) / unit) * unit
  const scratch: number[] = []
  const taken = new Map<number, { readonly piece: number; readonly offset: number }>()
  const free: { readonly piece: number; readonly offset: number; readonly bytes: number }[] = []
  const take = (value: number): void => {
    const bytes = roomOf(value)
    const found = free.findIndex((part) => part.bytes >= bytes)
    if (found >= 0) {
      const part = free[found]!
      taken.set(value, part)
      if (part.bytes === bytes) free.splice(found, 1)
      else free[found] = { ...part, offset: part.offset + bytes, bytes: part.bytes - bytes }
      return
    }
    if (bytes > most) throw tooLarge(program, starts, value, bytes, allocationBytes)
    const growing = scratch.findIndex((length) => length + bytes <= most)
    const piece = growing < 0 ? scratch.push(0) - 1 : growing
    taken.set(value, { piece, offset: scratch[piece]! })
    scratch[piece]! += bytes
  }
  if (kept !== 'apart') scalars.forEach((_, i) => take(inputs.length + i))
  /** Values with bytes of their own in scratch, by the first node that writes them and the last that has to do with them. */
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
    for (const value of dropped[i]!) free.push({ ...taken.get(value)!, bytes: roomOf(value) })
  })

  const places = types.map((_, value): Place => {
    const root = base[value]!
    const byteOffset = within[value]!
    if (root < inputs.length) return { of: 'input', index: root, byteOffset }
    const output = outputOf.get(root)
    if (output !== undefined) return { of: 'output', index: output, byteOffset }
    const place = taken.get(root)
    if (place === undefined) return { of: 'scalar', index: root - inputs.length, byteOffset }
    return { of: 'scratch', index: place.piece, byteOffset: place.offset + byteOffset }
  })
  return { types, firstResult, starts, base, places, silent, copies, scratch }
}

function tooLarge(
  { nodes }: Program,
  starts: readonly number[],
  value: number,
  bytes: number,
  allocationBytes: number,
): MemoryError {
  const { op, origin } = nodes[starts.findLastIndex((start) => start <= value)]!
  return new MemoryError(
    op,
    bytes,
    `a result of ${bytes} bytes${origin === undefined ? '' : ` (at ${origin})`} is more than the ${allocationBytes} of one storage; ` +
      'take smaller batches, or do it in parts',
  )
}

/** Storages for all pieces of scratch; where one is not to be had, none is kept. */
export function allocateScratch(
  scratch: readonly number[],
  memory: Pick<Backend, 'allocate' | 'release'>,
): readonly Storage[] {
  const storages: Storage[] = []
  try {
    for (const bytes of scratch) storages.push(memory.allocate(bytes))
    return storages
  } catch (error) {
    for (const storage of storages) memory.release(storage)
    throw error
  }
}
