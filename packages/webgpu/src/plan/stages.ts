/** The nodes of a program as stages, in its order. */
import { type Attributes, type Layout, type Node } from '@glissade/core/backend'
import { around } from '@glissade/codegen'
import { copy } from '../kernels/border.ts'
import { worksOf } from '../kernels/index.ts'
import type { Adapter, Work } from '../kernels/kernel.ts'
import type { Widened } from '../passes/widen.ts'
import { wordOf } from './numbers.ts'
import { Places } from './places.ts'
import type { Bound, InMemory, Operand, Stage } from './stage.ts'

/** A node that can fail when it runs, for an index out of range. */
export interface MayFail {
  readonly op: string
  readonly attrs: Attributes['gather']
  /** Of the axis. */
  readonly size: number
  readonly origin: string | undefined
}

export interface Staged {
  readonly stages: readonly Stage[]
  readonly storages: readonly Bound[]
  /** The numbers of constants, a word each. */
  readonly table: readonly number[]
  readonly mayFail: readonly MayFail[]
}

/** Nodes that may fail, and which primitive they are part of. */
const FAILING: { readonly [op: string]: string } = {
  gather: 'gather',
  scatterAdd: 'scatterAdd',
  scatterSorted: 'scatterAdd',
}

export function stagesOf(widened: Widened, layout: Layout, adapter: Adapter): Staged {
  const { program, types } = widened
  const places = new Places(widened, layout)
  const stages: Stage[] = []
  const table: number[] = []
  const mayFail: MayFail[] = []

  const tableOf = ({ table: numbers }: Work, { dtype }: InMemory): InMemory | null => {
    if (numbers === undefined) return null
    const first = table.length
    for (const number of numbers) table.push(wordOf(number, dtype))
    return places.ofTable(dtype, first, numbers.length)
  }
  const failureOf = ({ op, attrs, args, origin }: Node): number | null => {
    if (!Object.hasOwn(FAILING, op)) return null
    const { axis } = attrs as Attributes['gather']
    const { size } = around(types[args[0]!]!.shape, axis)
    return (
      program.scalars.length +
      mayFail.push({ op: FAILING[op]!, attrs: attrs as Attributes['gather'], size, origin }) -
      1
    )
  }

  program.nodes.forEach((node, i) => {
    if (node.op === 'reshape') return
    const first = layout.starts[i]!
    const logical = { ...node, types: node.types.map((_, k) => types[first + k]!) }
    const args = node.args.map((arg) => types[arg]!)
    // Also where nobody runs it: a node without a kernel is refused.
    const works = worksOf(logical, args, adapter)
    if (layout.silent[i]) return
    const operands = node.args.map((arg) => places.of(arg))
    const results = node.types.map((_, k) => places.of(first + k) as InMemory)
    const failure = failureOf(node)
    for (const work of works) {
      if (node.op === 'concat' && liesThere(work, operands, results[0]!)) continue
      stages.push({ op: node.op, work, operands, results, table: tableOf(work, results[0]!), failure })
    }
  })
  for (const { from, to } of layout.copies)
    for (const work of copy([types[from]!], [types[from]!]))
      stages.push({
        op: 'copy',
        work,
        operands: [places.of(from)],
        results: [places.ofOutput(to)],
        table: null,
        failure: null,
      })
  return { stages, storages: places.storages, table, mayFail }
}

/** Whether a part of a concatenation was computed where it belongs. */
function liesThere(work: Work, operands: readonly Operand[], whole: InMemory): boolean {
  const [part] = work.operands!
  const words = operands.map((operand) => (operand.of === 'memory' ? operand.words : 1))
  const before = words.slice(0, part).reduce((sum, each) => sum + each, 0)
  const operand = operands[part!]!
  return operand.of === 'memory' && operand.storage === whole.storage && operand.word === whole.word + before
}
