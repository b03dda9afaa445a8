/**
 * In which storages the values of a program may lie once they have places: every input and every output is one, scratch is
 * another. It is asked before there are places, so a value has all those where `layout` may put it: in the output that it becomes
 * element by element, or that it is a part of.
 */
import type { Program } from '../contract/contract.ts'
import { numel } from '../contract/dtype.ts'
import { ELEMENTWISE } from '../contract/loop.ts'
import { valuesOf } from '../contract/values.ts'
import { contiguousStart } from './sharing.ts'

/** What scratch is called among storages; inputs are numbered from 1 on, then outputs. */
const SCRATCH = 0
const PART_OF_RESULT: ReadonlySet<string> = new Set(['concat', 'scatterAdd', 'sum', 'prod', 'max', 'min'])

/** Per value the storages where it may lie. */
export function storagesOf(program: Program): readonly ReadonlySet<number>[] {
  const { inputs, nodes, outputs } = program
  const { types, firstResult, starts } = valuesOf(program)
  const found = types.map((_, value) => new Set([value < inputs.length ? 1 + value : SCRATCH]))
  outputs.forEach((value, i) => found[value]!.add(1 + inputs.length + i))
  const lies = (value: number, where: ReadonlySet<number>): void => {
    if (value >= firstResult) for (const storage of where) found[value]!.add(storage)
  }
  const isView = nodes.map(
    (node) =>
      node.op === 'reshape' ||
      contiguousStart(
        node,
        node.args.map((arg) => types[arg]!),
      ) !== null,
  )
  // From results to what they may be made in the place of, then from values to views of them.
  for (let i = nodes.length - 1; i >= 0; i--) {
    const { op, args, types: results } = nodes[i]!
    const isMadeInPlace = isView[i]! || ELEMENTWISE.has(op) || PART_OF_RESULT.has(op)
    if (!isMadeInPlace) continue
    for (const arg of args)
      if (op === 'concat' || isView[i]! || numel(types[arg]!.shape) === numel(results[0]!.shape))
        lies(arg, found[starts[i]!]!)
  }
  nodes.forEach(({ args }, i) => {
    if (isView[i]!) lies(starts[i]!, found[args[0]!]!)
  })
  return found
}

/** At most so many storages hold these values. */
export function countStorages(values: Iterable<number>, storages: readonly ReadonlySet<number>[]): number {
  const distinct = new Set(values)
  return Math.min(distinct.size, new Set([...distinct].flatMap((value) => [...storages[value]!])).size)
}
