/** What is decided before a program is written: where constants and tables lie, what workspace it needs, who does what. */
import { bytesOf, DTYPES, layout, numel } from '@glissade/core/backend'
import type { Attributes, Layout, Node, Program } from '@glissade/core/backend'
import { isConstant, tablesOf, workOf, type Work } from './kernels.ts'
import { withoutSwaps } from './planes.ts'
import { schedule, type Schedule } from './schedule.ts'

export const align = (bytes: number): number => Math.ceil(bytes / 16) * 16

/** The bytes of a constant or iota. */
function constantBytes(node: Node): Uint8Array {
  const { dtype, shape } = node.types[0]!
  const array = new DTYPES[dtype].array(new ArrayBuffer(bytesOf(node.types[0]!)), 0, numel(shape))
  if (node.op === 'constant') {
    const { value } = node.attrs as Attributes['constant']
    const { round } = DTYPES[dtype]
    for (let i = 0; i < array.length; i++) array[i] = round(typeof value === 'number' ? value : value[i]!)
  } else {
    const { axis } = node.attrs as Attributes['iota']
    const inner = numel(shape.slice(axis + 1))
    for (let i = 0; i < array.length; i++) array[i] = Math.floor(i / inner) % shape[axis]!
  }
  return new Uint8Array(array.buffer)
}

/** The program's own bytes: the table of addresses, constants, tables of nodes. */
class Own {
  readonly parts: { readonly offset: number; readonly bytes: Uint8Array }[] = []
  length: number
  constructor(length: number) {
    this.length = align(length)
  }
  add(bytes: Uint8Array): number {
    const offset = this.length
    this.parts.push({ offset, bytes })
    this.length = align(offset + bytes.length)
    return offset
  }
}

/** What is known of a program before its modules are written. */
export interface Draft {
  readonly program: Program
  readonly placed: Layout
  /** Bytes of scratch, which is one piece. */
  readonly scratchBytes: number
  /** Offsets of constants among the program's own bytes. */
  readonly constants: ReadonlyMap<number, number>
  readonly tables: readonly (readonly number[])[]
  readonly own: Own
  /** The most that a node needs. */
  readonly work: Work
  /** Threads that divide its work: 1 where no node is worth it. */
  readonly threads: number
  /** Whether other threads see the memory; every module over it has to say so. */
  readonly sharedMemory: boolean
  readonly order: Schedule
  /** Whether relaxed SIMD may be used. */
  readonly relaxed: boolean
}

export function draft(given: Program, threads: number, worth: number, relaxed: boolean): Draft {
  const program = withoutSwaps(given)
  const placed = layout(program, { inPlace: ['scatterAdd'] })
  const own = new Own(4 * (program.inputs.length + program.outputs.length))
  const scratchBytes = placed.scratch[0] ?? 0
  const order = schedule(program, placed, align(scratchBytes), threads, worth)
  const team = order.divided.includes(true) ? threads : 1
  const constants = new Map<number, number>()
  const work = { shared: 0, own: 0 }
  const tables = program.nodes.map((node, i) => {
    if (isConstant(node) && !placed.silent[i]) constants.set(placed.starts[i]!, own.add(constantBytes(node)))
    const types = node.args.map((arg) => placed.types[arg]!)
    const needed = workOf(node, types, order.divided[i] ? team : 1)
    work.shared = Math.max(work.shared, align(needed.shared))
    work.own = Math.max(work.own, align(needed.own))
    return tablesOf(node, types).map((table) => own.add(new Uint8Array(table.buffer)))
  })
  // oxfmt-ignore
  return { program, placed, scratchBytes, constants, tables, own, work, threads: team, sharedMemory: threads > 1, order, relaxed }
}
