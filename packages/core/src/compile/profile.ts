/** What the kernels of a compiled step take, and from which modules their nodes came. */
import type { KernelTime, Program } from '../contract/contract.ts'
import { valueTypes } from '../contract/values.ts'
import { columns, flopsOf, nameOf, short } from './explain.ts'

export interface KernelProfile extends KernelTime {
  /** What its nodes are, in order: primitives and composites, of fused loops the nodes of their bodies. */
  readonly ops: readonly string[]
  /** Paths of the modules whose nodes they are, each once; empty outside of modules. */
  readonly modules: readonly string[]
  /** Of the time of all kernels, from 0 to 1. */
  readonly share: number
  /** Additions, multiplications and function values. */
  readonly flops: number
  /** null where it computes nothing, or took less than the clock can tell. */
  readonly flopsPerSecond: number | null
}

export interface Profile {
  readonly name: string
  readonly backend: string
  /** In the order in which they ran. */
  readonly kernels: readonly KernelProfile[]
  /** Nanoseconds of all kernels together. */
  readonly ns: number
  readonly flops: number
  /** A table, the slowest first. */
  toString(): string
}

/**
 * @internal
 * @param runs times of the same kernels, run by run: the fastest of each counts, for it was disturbed least
 */
export function profileOf(
  name: string,
  backend: string,
  program: Program,
  runs: readonly (readonly KernelTime[])[],
): Profile {
  const types = valueTypes(program)
  const fastest = runs[0]!.map((time, k) => ({ ...time, ns: Math.min(...runs.map((times) => times[k]!.ns)) }))
  const total = fastest.reduce((sum, { ns }) => sum + ns, 0)
  const kernels = fastest.map((time): KernelProfile => {
    const nodes = time.nodes.map((node) => program.nodes[node]!)
    const flops = nodes.reduce(
      (sum, node) =>
        sum +
        flopsOf(
          node,
          node.args.map((arg) => types[arg]!),
        ),
      0,
    )
    return {
      ...time,
      ops: nodes.map(nameOf),
      modules: [...new Set(nodes.flatMap(({ origin }) => (origin === undefined ? [] : [origin])))],
      share: total === 0 ? 0 : time.ns / total,
      flops,
      flopsPerSecond: flops === 0 || time.ns === 0 ? null : (flops / time.ns) * 1e9,
    }
  })
  const profile = { name, backend, kernels, ns: total, flops: kernels.reduce((sum, { flops }) => sum + flops, 0) }
  return { ...profile, toString: () => table(profile) }
}

const duration = (ns: number): string => `${(ns / 1e3).toFixed(1)} us`

function table({ name, backend, kernels, ns, flops }: Omit<Profile, 'toString'>): string {
  const rows = kernels
    .toSorted((a, b) => b.ns - a.ns)
    .map((of) => [
      of.kernel,
      of.nodes.map((node, i) => `${node} ${of.ops[i]!}`).join(', '),
      of.modules.join(', '),
      duration(of.ns),
      `${(100 * of.share).toFixed(1)}%`,
      of.flopsPerSecond === null ? '' : `${short(of.flopsPerSecond)}FLOP/s`,
    ])
  const rate = ns === 0 ? '' : `, ${short((flops / ns) * 1e9)}FLOP/s`
  return [
    `${name} on ${backend}: ${kernels.length} kernels, ${duration(ns)}, ${short(flops)}FLOP${rate}`,
    ...columns(['kernel', 'nodes', 'modules', 'time', 'share', ''], rows, 3),
  ].join('\n')
}
