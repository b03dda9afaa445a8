/** What stages read and write, and whether two of them meet. */
import type { Program } from '@glissade/core/backend'
import { readsOf, type Bound, type Stage } from './stage.ts'

/** Words that a stage reads or writes. */
export interface Touch {
  /** The storage, or the one in whose place it may be. */
  readonly storage: number
  readonly from: number
  readonly to: number
  readonly isWrite: boolean
  /** Whether part p of the stage's pieces touches part p of the words alone. */
  readonly isOwn: boolean
}

/** Per storage the one in whose place it may be: outputs that take the place of inputs. */
export function places(storages: readonly Bound[], donated: Program['donated']): readonly number[] {
  return storages.map(({ of, index }, storage) => {
    const input = of === 'output' ? donated[index] : null
    const taken = input == null ? -1 : storages.findIndex((other) => other.of === 'input' && other.index === input)
    return taken < 0 ? storage : taken
  })
}

/**
 * The touches of a stage.
 * @param own per operand whether a part reads its part alone; null for none
 */
export function touchesOf(stage: Stage, at: readonly number[], own: readonly boolean[] | null): readonly Touch[] {
  const touched = (isWrite: boolean, isOwn: (place: number) => boolean) =>
    stage[isWrite ? 'results' : 'operands'].flatMap((operand, k): Touch[] =>
      operand.of === 'memory' && (isWrite || readsOf(stage).includes(operand))
        ? [
            {
              storage: at[operand.storage]!,
              from: operand.word,
              to: operand.word + operand.words,
              isWrite,
              isOwn: isOwn(k),
            },
          ]
        : [],
    )
  return [...touched(false, (k) => own?.[k] === true), ...touched(true, () => own !== null)]
}

const overlap = (a: Touch, b: Touch): boolean =>
  a.storage === b.storage && a.from < b.to && b.from < a.to && (a.isWrite || b.isWrite)
const isSamePart = (a: Touch, b: Touch): boolean => a.isOwn && b.isOwn && a.from === b.from && a.to === b.to

/** Whether one must come after the other. */
export const meet = (a: readonly Touch[], b: readonly Touch[]): boolean => a.some((x) => b.some((y) => overlap(x, y)))
/** Whether parts of one need what other parts of the other do. */
export const meetAcross = (a: readonly Touch[], b: readonly Touch[]): boolean =>
  a.some((x) => b.some((y) => overlap(x, y) && !isSamePart(x, y)))
