/**
 * Stages over more storages than a dispatch binds: operands of those that are too many are copied side by side into a piece of
 * scratch first. Core keeps loops within the limit; scratch in several pieces, which it does not know of, can lead beyond.
 */
import { copy } from '../kernels/border.ts'
import { storagesOf, type Bound, type InMemory, type Operand, type Stage } from './stage.ts'

/** Words of a copy start at multiples of this. */
const UNIT = 4

/** The stage as it reads words that were copied, and the copies before it. */
function moved(stage: Stage, most: number, spill: number): readonly Stage[] {
  const written = new Set(stage.results.map(({ storage }) => storage))
  const movable = [...new Set(storagesOf(stage))].filter((storage) => !written.has(storage))
  const room = most - Number(stage.failure !== null) - written.size - 1
  const going = new Set(movable.slice(Math.max(0, room)))
  const copies: Stage[] = []
  let next = 0
  const operands = stage.operands.map((operand): Operand => {
    if (operand.of !== 'memory' || !going.has(operand.storage)) return operand
    const { words } = operand
    const words32 = { dtype: 'int32', shape: [words] } as const
    const target: InMemory = { ...operand, storage: spill, word: next }
    next += Math.ceil(words / UNIT) * UNIT
    for (const work of copy([words32], [words32]))
      copies.push({
        op: 'copy',
        work,
        operands: [{ ...operand, dtype: 'int32' }],
        results: [{ ...target, dtype: 'int32' }],
        table: null,
        failure: null,
      })
    return target
  })
  return [...copies, { ...stage, operands }]
}

/** Words that were copied for a stage. */
const wordsIn = (stages: readonly Stage[], storage: number): number =>
  Math.max(
    0,
    ...stages.flatMap(({ results }) =>
      results.flatMap((result) => (result.storage === storage ? [result.word + result.words] : [])),
    ),
  )

/**
 * Stages that bind at most so many storages each.
 * @param scratch the pieces of scratch; one more is added where it is needed
 */
export function spilled(
  stages: readonly Stage[],
  most: number,
  storages: Bound[],
  scratch: number[],
): readonly Stage[] {
  const isTooWide = (stage: Stage): boolean => new Set(storagesOf(stage)).size + Number(stage.failure !== null) > most
  if (!stages.some(isTooWide)) return stages
  const spill = storages.length
  const all = stages.flatMap((stage) => (isTooWide(stage) ? moved(stage, most, spill) : [stage]))
  const bytes = 4 * wordsIn(all, spill)
  storages.push({ of: 'scratch', index: scratch.length, bytes })
  scratch.push(bytes)
  return all
}
