/** The places of a program's values as words of numbered storages. */
import { bytesOf, type Layout, type Program } from '@glissade/core/backend'
import type { Widened } from '../passes/widen.ts'
import type { Bound, InMemory, Operand } from './stage.ts'

const wordsIn = (bytes: number): number => Math.ceil(bytes / 4)

export class Places {
  /** What a run binds, in the order in which it was first asked for. */
  readonly storages: Bound[] = []
  readonly #numbers = new Map<string, number>()
  readonly #widened: Widened
  readonly #layout: Layout

  constructor(widened: Widened, layout: Layout) {
    this.#widened = widened
    this.#layout = layout
  }

  /** Where a value lies. */
  of(value: number): Operand {
    const { of, index, byteOffset } = this.#layout.places[value]!
    const { dtype } = this.#widened.types[value]!
    if (of === 'scalar') return { of: 'numbers', dtype, word: index }
    const words = wordsIn(bytesOf(this.#layout.types[value]!))
    return {
      of: 'memory',
      dtype,
      storage: this.#number(of, index, this.#bytes(of, index)),
      word: byteOffset / 4,
      words,
    }
  }
  /** An output as a whole. */
  ofOutput(output: number): InMemory {
    const value = this.#program.outputs[output]!
    const words = wordsIn(this.#bytes('output', output))
    return {
      of: 'memory',
      dtype: this.#widened.types[value]!.dtype,
      storage: this.#number('output', output, 4 * words),
      word: 0,
      words,
    }
  }
  /** So many words of the constants' numbers, from `word` on. */
  ofTable(dtype: InMemory['dtype'], word: number, words: number): InMemory {
    return { of: 'memory', dtype, storage: this.#number('table', 0, 4 * (word + words)), word, words }
  }

  get #program(): Program {
    return this.#widened.program
  }
  #bytes(of: 'input' | 'output' | 'scratch', index: number): number {
    if (of === 'scratch') return this.#layout.scratch[index]!
    return bytesOf(this.#layout.types[of === 'input' ? index : this.#program.outputs[index]!]!)
  }
  #number(of: Bound['of'], index: number, bytes: number): number {
    const key = `${of} ${index}`
    const known = this.#numbers.get(key)
    const storage: Bound = { of, index, bytes: 4 * Math.max(1, wordsIn(bytes)) }
    if (known === undefined) this.#numbers.set(key, this.storages.push(storage) - 1)
    else if (of === 'table') this.storages[known] = storage
    return known ?? this.storages.length - 1
  }
}
