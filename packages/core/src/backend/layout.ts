/**
 * Where the values of a program live: reshapes share the bytes of their operand, computed outputs are written in place,
 * and everything else gets a part of one scratch storage that is reused as soon as its last reader has run.
 */
import type { Program, TensorType } from './contract.ts'
import { DTYPES, numel } from './dtype.ts'

/** Scratch offsets are multiples of this, so that every element type is aligned. */
const ALIGNMENT = 16
const align = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT

export interface Layout {
  /** The type of every value, by number. */
  readonly types: readonly TensorType[]
  /** The first value that a node computes. */
  readonly firstResult: number
  /** For every value the one whose bytes it shares through reshapes; mostly itself. */
  readonly base: Int32Array
  /** Values written straight into an output. */
  readonly outputOf: ReadonlyMap<number, number>
  /** Outputs that are copies of a value, made when all nodes have run. */
  readonly copies: readonly { readonly from: number; readonly to: number }[]
  /** Byte offsets in the scratch storage, of scalars and of all other values. */
  readonly offsets: ReadonlyMap<number, number>
  readonly scratchBytes: number
}

function bases(program: Program, count: number, first: number): Int32Array {
  const base = Int32Array.from({ length: count }, (_, value) => value)
  let next = first
  for (const node of program.nodes) {
    if (node.op === 'reshape') base[next] = base[node.args[0]!]!
    next += node.types.length
  }
  return base
}

export function layout(program: Program): Layout {
  const { inputs, scalars, nodes, outputs } = program
  const firstResult = inputs.length + scalars.length
  const types: TensorType[] = [
    ...inputs,
    ...scalars.map((dtype): TensorType => ({ dtype, shape: [] })),
    ...nodes.flatMap((node) => node.types),
  ]
  const base = bases(program, types.length, firstResult)

  // A computed value is written into the first output that it is; every other output is a copy at the end.
  const outputOf = new Map<number, number>()
  outputs.forEach((value, i) => {
    if (base[value]! >= firstResult && !outputOf.has(base[value]!)) outputOf.set(base[value]!, i)
  })
  const copies = outputs.flatMap((value, i) =>
    outputOf.get(base[value]!) === i ? [] : [{ from: base[value]!, to: i }],
  )

  const lastUse = new Int32Array(types.length).fill(-1)
  nodes.forEach((node, i) => node.args.forEach((arg) => (lastUse[base[arg]!] = i)))
  for (const { from } of copies) lastUse[from] = nodes.length

  // First fit among the parts that are free again.
  const offsets = new Map<number, number>()
  const free: { offset: number; bytes: number }[] = []
  let scratchBytes = 0
  const bytesOf = (value: number): number => align(numel(types[value]!.shape) * DTYPES[types[value]!.dtype].bytes)
  const place = (value: number): void => {
    const bytes = bytesOf(value)
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
  scalars.forEach((_, i) => place(inputs.length + i))
  let next = firstResult
  nodes.forEach((node, i) => {
    const results = node.types.map((_, k) => next + k)
    next += results.length
    if (node.op !== 'reshape') for (const value of results) if (!outputOf.has(value)) place(value)
    for (const value of new Set([...node.args.map((arg) => base[arg]!), ...results]))
      if (lastUse[value]! <= i && value >= firstResult && offsets.has(value) && base[value] === value)
        free.push({ offset: offsets.get(value)!, bytes: bytesOf(value) })
  })
  return { types, firstResult, base, outputOf, copies, offsets, scratchBytes }
}
