/** What a compiled program costs, kernel by kernel, and where in the user's modules each kernel came from. */
import type { Attributes, Node, Program, TensorType } from '../contract/contract.ts'
import { bytesOf, numel } from '../contract/dtype.ts'
import { layout } from '../lower/layout.ts'
import { LOOP } from '../contract/loop.ts'
import { valueTypes } from '../contract/values.ts'

export interface KernelCost {
  /** The primitive or composite; for a fused loop the nodes of its body. */
  readonly op: string
  /** Path of the module whose node it is (the last one, where several were fused); '' outside of modules. */
  readonly origin: string
  /** Additions, multiplications and function values. */
  readonly flops: number
  /** Bytes that it reads and writes, each operand and result once. */
  readonly bytes: number
}

export interface Explanation {
  readonly name: string
  readonly backend: string
  /** Why the call would make a program, in words; null where one that is there would run. */
  readonly why: string | null
  /** Nodes as recorded, primitives after inlining, and kernels after fusion (what only looks at bytes in another way is none). */
  readonly recordedNodes: number
  readonly kernels: readonly KernelCost[]
  readonly flops: number
  readonly bytes: number
  /** Inputs, outputs that are not written in place, and scratch, in bytes. */
  readonly peakBytes: number
  /** Composites of the recording: run by the backend itself, or lowered to their bodies. */
  readonly composites: readonly { readonly name: string; readonly count: number; readonly by: 'backend' | 'body' }[]
  toString(): string
}

/** @internal Multiply and add count as two. */
export function flopsOf(node: Node, args: readonly TensorType[]): number {
  const results = node.types.reduce((sum, type) => sum + numel(type.shape), 0)
  if (node.body !== undefined) {
    const types = valueTypes(node.body)
    return node.body.nodes.reduce(
      (sum, inner) =>
        sum +
        flopsOf(
          inner,
          inner.args.map((arg) => types[arg]!),
        ),
      0,
    )
  }
  if (node.op === 'dot') {
    const { transposeA } = node.attrs as Attributes['dot']
    return 2 * results * args[0]!.shape.at(transposeA ? -2 : -1)!
  }
  if (node.op === 'conv') return 2 * results * numel(args[1]!.shape.slice(1))
  if (MOVES.has(node.op)) return 0
  return Math.max(results, ...args.map((type) => numel(type.shape)))
}
const MOVES: ReadonlySet<string> = new Set([
  'reshape',
  'permute',
  'expand',
  'slice',
  'pad',
  'flip',
  'concat',
  'gather',
  'constant',
  'iota',
  'cast',
  'where',
])

/** @internal */
export const nameOf = (node: Node): string =>
  node.op === LOOP
    ? node
        .body!.nodes.map(({ op }) => op)
        .filter((op) => !MOVES.has(op) || op === 'where')
        .join('+') || 'fill'
    : node.op

/** @internal */
export function explain(
  name: string,
  backend: string,
  why: string | null,
  recorded: Program,
  lowered: Program,
  scratchBytes: number,
): Explanation {
  const types = valueTypes(lowered)
  const { silent } = layout(lowered)
  const kernels = lowered.nodes
    .filter((_, i) => !silent[i])
    .map((node): KernelCost => {
      const args = node.args.map((arg) => types[arg]!)
      return {
        op: nameOf(node),
        origin: node.origin ?? '',
        flops: flopsOf(node, args),
        bytes: [...args, ...node.types].reduce((sum, type) => sum + bytesOf(type), 0),
      }
    })
  const kept = new Set(lowered.nodes.map(({ op }) => op))
  const counts = new Map<string, number>()
  for (const node of recorded.nodes) if (node.body !== undefined) counts.set(node.op, (counts.get(node.op) ?? 0) + 1)
  const outputs = lowered.outputs.reduce(
    (sum, value, i) => sum + (lowered.donated[i] === null ? bytesOf(types[value]!) : 0),
    0,
  )
  const total = (key: 'flops' | 'bytes'): number => kernels.reduce((sum, kernel) => sum + kernel[key], 0)
  const explanation = {
    name,
    backend,
    why,
    recordedNodes: recorded.nodes.length,
    kernels,
    flops: total('flops'),
    bytes: total('bytes'),
    peakBytes: lowered.inputs.reduce((sum, type) => sum + bytesOf(type), outputs + scratchBytes),
    composites: [...counts].map(([op, count]) => ({
      name: op,
      count,
      by: kept.has(op) ? ('backend' as const) : ('body' as const),
    })),
  }
  return { ...explanation, toString: () => table(explanation) }
}

const UNITS = ['', 'k', 'M', 'G', 'T']
/** @internal */
export function short(x: number): string {
  const unit = x < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(x) / 3))
  return `${unit === 0 ? Math.round(x) : (x / 1000 ** unit).toFixed(1)}${UNITS[unit]}`
}

/** @internal Lines of columns, the first so many of them flush left. */
export function columns(head: readonly string[], rows: readonly (readonly string[])[], left: number): string[] {
  const lines = [head, ...rows]
  const widths = head.map((_, c) => Math.max(...lines.map((line) => line[c]!.length)))
  return lines.map((line) =>
    line
      .map((cell, c) => (c < left ? cell.padEnd(widths[c]!) : cell.padStart(widths[c]!)))
      .join('  ')
      .trimEnd(),
  )
}

function table(e: Omit<Explanation, 'toString'>): string {
  const rows = e.kernels.map(({ op, origin, flops, bytes }, i) => [String(i), op, origin, short(flops), short(bytes)])
  return [
    `${e.name} on ${e.backend}: ${e.recordedNodes} nodes recorded, ${e.kernels.length} kernels, ${short(e.flops)}FLOP, ${short(e.bytes)}B moved, ${short(e.peakBytes)}B at the peak${e.why === null ? '' : `; to be made, ${e.why}`}`,
    ...(e.composites.length === 0
      ? []
      : [
          `composites: ${e.composites.map(({ name, count, by }) => `${name} x${count} (${by === 'backend' ? 'run by the backend' : 'lowered to its body'})`).join(', ')}`,
        ]),
    ...columns(['', 'kernel', 'module', 'FLOP', 'bytes'], rows, 3),
  ].join('\n')
}
