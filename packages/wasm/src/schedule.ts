/** Which nodes the threads of a team divide, which the first does alone, and where they wait for each other. */
import { bytesOf } from '@glissade/core/backend'
import type { Layout, Node, Program, TensorType } from '@glissade/core/backend'
import { divisibleCost, isConstant, workOf } from './kernels.ts'

/** Bytes from `begin` to below `end` of the workspace, of an input or of an output. */
interface Region {
  readonly place: string
  readonly begin: number
  readonly end: number
}
/** What a step reads and writes. */
interface Stage {
  readonly divided: boolean
  readonly reads: readonly Region[]
  readonly writes: readonly Region[]
}

export interface Schedule {
  readonly divided: readonly boolean[]
  /** Whether all threads wait before a node; the last is for what comes after all nodes. */
  readonly waits: readonly boolean[]
}

/** Nodes that leave no code: those with nothing to do, and constants that are read where they lie. */
export const isSilent = (node: Node, index: number, { places, silent, starts }: Layout): boolean =>
  silent[index]! || (isConstant(node) && places[starts[index]!]!.of !== 'output')

/**
 * @param sharedStart where the workspace that nodes have for themselves begins
 * @param worth nanoseconds of one thread from which on a node is divided
 */
export function schedule(
  program: Program,
  placed: Layout,
  sharedStart: number,
  threads: number,
  worth: number,
): Schedule {
  const { types, starts, copies } = placed
  const typesOf = (args: readonly number[]): TensorType[] => args.map((arg) => types[arg]!)
  const divided = program.nodes.map(
    (node) => threads > 1 && !isConstant(node) && divisibleCost(node, typesOf(node.args)) >= worth,
  )
  if (!divided.includes(true)) return { divided, waits: Array.from({ length: divided.length + 1 }, () => false) }
  const region = regions(program, placed)
  const steps = program.nodes.map((node, i): Stage => {
    if (isSilent(node, i, placed)) return { divided: false, reads: [], writes: [] }
    const writes = node.types.map((_, k) => region(starts[i]! + k))
    const { shared } = workOf(node, typesOf(node.args), threads)
    if (shared > 0) writes.push({ place: 'workspace', begin: sharedStart, end: sharedStart + shared })
    return { divided: divided[i]!, reads: isConstant(node) ? [] : node.args.map(region), writes }
  })
  const last: Stage = {
    divided: false,
    reads: copies.map(({ from }) => region(from)),
    writes: copies.map(({ to }) => outputRegion(program, to)),
  }
  return { divided, waits: barriers([...steps, last]) }
}

const EVERYWHERE = { begin: 0, end: Infinity }
function outputRegion({ donated }: Program, output: number): Region {
  const input = donated[output]
  return { place: input == null ? `output ${output}` : `input ${input}`, ...EVERYWHERE }
}
/** Where a value lies. Constants lie in places of their own. */
function regions(program: Program, { types, base, places, starts }: Layout): (value: number) => Region {
  const constants = new Set(program.nodes.flatMap((node, i) => (isConstant(node) ? [starts[i]!] : [])))
  return (value) => {
    const { of, index, byteOffset } = places[value]!
    if (of === 'input') return { place: `input ${index}`, ...EVERYWHERE }
    if (of === 'output') return outputRegion(program, index)
    if (constants.has(base[value]!)) return { place: `constant ${base[value]!}`, ...EVERYWHERE }
    return { place: 'workspace', begin: byteOffset, end: byteOffset + bytesOf(types[value]!) }
  }
}

/**
 * Threads wait before a step that touches what an earlier one has written, or writes what an earlier one has touched, since
 * they waited last, unless the first thread does both.
 */
function barriers(steps: readonly Stage[]): boolean[] {
  let since: Stage[] = []
  return steps.map((step) => {
    const waits = since.some(
      (earlier) =>
        (earlier.divided || step.divided) &&
        (meet(earlier.writes, step.reads) || meet(earlier.writes, step.writes) || meet(earlier.reads, step.writes)),
    )
    if (waits) since = []
    since.push(step)
    return waits
  })
}
const meet = (some: readonly Region[], others: readonly Region[]): boolean =>
  some.some((a) => others.some((b) => a.place === b.place && a.begin < b.end && b.begin < a.end))
