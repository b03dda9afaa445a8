/** Datasets that are read from the front: streams, and data in parts that do not fit into memory together. */
import { fn, kind, natural, type Kind } from '../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../signature/signature.ts'
import { forsake } from '../signature/promise.ts'
import { located } from './data-error.ts'

/**
 * Items in an order of their own. Every object that can be iterated, also asynchronously, is one; each pass iterates it
 * anew.
 * Source: https://pytorch.org/docs/stable/data.html#torch.utils.data.IterableDataset
 */
export type IterableDataset<T> = (AsyncIterable<T> | Iterable<T>) & {
  /** The number of items, where it is known. */
  readonly length?: number
  /** The items from this one on. Where it is missing, a loader that resumes reads and drops the items before. */
  from?(item: number): AsyncIterable<T> | Iterable<T>
}

const rows = {
  /** Shards that are opened ahead of the one being read: memory holds at most 1 + `prefetch`. Default 1. */
  prefetch: optional(natural, 1),
}
export interface ShardDatasetOptions extends OptionsOf<typeof rows> {}
const iterable: Kind<Iterable<unknown>> = /* @__PURE__ */ kind(
  'a list of shards',
  (value) => typeof value === 'object' && value !== null && Symbol.iterator in value,
)
export const SHARD_DATASET = /* @__PURE__ */ signature('ShardDataset', { shards: iterable, open: fn() }, rows)

/** Opens a shard: reads a file, say, and gives its items at once or one after the other. */
export type OpenShard<S, T> = (
  shard: S,
  index: number,
) => Iterable<T> | AsyncIterable<T> | PromiseLike<Iterable<T> | AsyncIterable<T>>

/**
 * The items of shards, one shard after the other; together they may be larger than memory.
 * Errors: OptionError unless prefetch is an integer from 0. What `open` throws reaches the loop with the index of the shard.
 */
export class ShardDataset<S, T> implements AsyncIterable<T> {
  readonly #shards: readonly S[]
  readonly #open: OpenShard<S, T>
  readonly #prefetch: number
  constructor(shards: Iterable<S>, open: OpenShard<S, T>, options?: ShardDatasetOptions)
  constructor(shards: Iterable<S>, open: OpenShard<S, T>) {
    const { prefetch } = SHARD_DATASET.read(arguments)
    this.#shards = [...shards]
    this.#open = open
    this.#prefetch = prefetch
  }
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    const opened: Promise<Iterable<T> | AsyncIterable<T>>[] = []
    let next = 0
    for (;;) {
      while (opened.length <= this.#prefetch && next < this.#shards.length) {
        const opening = this.#start(next++)
        forsake(opening)
        opened.push(opening)
      }
      const shard = opened.shift()
      if (shard === undefined) return
      yield* await shard
    }
  }
  async #start(index: number): Promise<Iterable<T> | AsyncIterable<T>> {
    return located('ShardDataset', 'open', index, () => this.#open(this.#shards[index]!, index))
  }
}
