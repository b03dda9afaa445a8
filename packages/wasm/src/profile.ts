/** What a program's nodes take: the same nodes at the same places, each in a module of its own, one after the other. */
import type { KernelTime } from '@glissade/core/backend'
import type { Draft } from './draft.ts'
import type { Loaded, Modules } from './modules.ts'
import { isSilent } from './schedule.ts'
import { writeModule } from './write-module.ts'

/** A node, or the copies when all have run. */
export interface ProfiledKernel extends Pick<KernelTime, 'kernel' | 'nodes'>, Pick<Loaded, 'run' | 'drop'> {}

/** @param base the address of the program's own bytes */
export function kernelsOf(drafted: Draft, base: number, modules: Modules): ProfiledKernel[] {
  const { program, placed, threads } = drafted
  const { nodes } = program
  const load = (kernel: string, of: readonly number[], from: number, end: number): ProfiledKernel => {
    const module = writeModule(drafted, base, modules.pool, from, end, of.length === 0)
    return { kernel, nodes: of, ...modules.load([module.bytes()], threads > 1) }
  }
  const kernels = nodes.flatMap((node, i) => (isSilent(node, i, placed) ? [] : [load(node.op, [i], i, i + 1)]))
  return placed.copies.length === 0 ? kernels : [...kernels, load('copy', [], nodes.length, nodes.length)]
}
