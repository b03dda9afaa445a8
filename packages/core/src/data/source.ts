/** Where the batches of one pass come from. `next` starts a batch, which may be ready at once or be awaited. */
import { OptionError } from '../contract/errors.ts'
import { isPromise } from '../signature/promise.ts'
import { located } from './data-error.ts'
import type { Dataset } from './dataset.ts'
import type { IterableDataset } from './iterable.ts'

export const END: unique symbol = Symbol('end')
export type End = typeof END

export interface Source<B> {
  /** The next batch in order. Several may be started before the first one is there. */
  next(): B | End | Promise<B | End>
  close(): void | Promise<unknown>
}

/** Makes a batch of items; null where the dataset may make it by itself. */
export type Collate<T, B> = ((items: readonly Awaited<T>[]) => B | PromiseLike<B>) | null

/** Batches of indexed items. */
export class IndexedSource<T, B> implements Source<B> {
  readonly #dataset: Dataset<T>
  readonly #batches: { next(): readonly number[] | null; close(): void }
  readonly #collate: Collate<T, B>
  readonly #collateItems: (items: readonly Awaited<T>[]) => B | PromiseLike<B>
  constructor(
    dataset: Dataset<T>,
    batches: { next(): readonly number[] | null; close(): void },
    collate: Collate<T, B>,
    collateItems: (items: readonly Awaited<T>[]) => B | PromiseLike<B>,
  ) {
    this.#dataset = dataset
    this.#batches = batches
    this.#collate = collate
    this.#collateItems = collate ?? collateItems
  }
  next(): B | End | Promise<B> {
    const indices = this.#batches.next()
    if (indices === null) return END
    const dataset = this.#dataset
    if (this.#collate === null && dataset.getBatch !== undefined)
      return located('DataLoader', 'dataset.getBatch', indices, () => dataset.getBatch!(indices) as B | PromiseLike<B>)
    const items = indices.map((index) => located('DataLoader', 'dataset.get', index, () => dataset.get(index)))
    const collate = this.#collateItems
    if (!items.some(isPromise)) return collate(items as Awaited<T>[]) as B | Promise<B>
    return Promise.all(items).then(collate)
  }
  close(): void {
    this.#batches.close()
  }
}

/** Batches of a stream, in its order. */
export class StreamSource<T, B> implements Source<B> {
  readonly #iterator: Iterator<T> | AsyncIterator<T>
  readonly #asynchronous: boolean
  readonly #batchSize: number
  readonly #dropLast: boolean
  readonly #collate: (items: readonly Awaited<T>[]) => B | PromiseLike<B>
  /** Items to be read and dropped before the first batch. */
  #skip: number
  #ended = false
  /** Batches are read one after the other, however many are asked for. */
  #before: Promise<unknown> = Promise.resolve()

  constructor(
    dataset: IterableDataset<T>,
    { batchSize, dropLast, skip }: { readonly batchSize: number; readonly dropLast: boolean; readonly skip: number },
    collate: (items: readonly Awaited<T>[]) => B | PromiseLike<B>,
  ) {
    const items = skip > 0 && dataset.from !== undefined ? dataset.from(skip) : dataset
    this.#asynchronous = Symbol.asyncIterator in items
    this.#iterator = this.#asynchronous
      ? (items as AsyncIterable<T>)[Symbol.asyncIterator]()
      : (items as Iterable<T>)[Symbol.iterator]()
    this.#skip = items === dataset ? skip : 0
    this.#batchSize = batchSize
    this.#dropLast = dropLast
    this.#collate = collate
  }
  next(): B | End | Promise<B | End> {
    if (!this.#asynchronous) return this.#read()
    const batch = this.#before.then(() => this.#readLater())
    this.#before = batch.catch(() => {})
    return batch
  }
  #read(): B | End | Promise<B> {
    const iterator = this.#iterator as Iterator<T>
    for (; this.#skip > 0 && !this.#ended; this.#skip--) this.#ended = iterator.next().done === true
    const items: T[] = []
    while (!this.#ended && items.length < this.#batchSize) this.#take(iterator.next(), items)
    return this.#batchOf(items) as B | End | Promise<B>
  }
  async #readLater(): Promise<B | End> {
    const iterator = this.#iterator as AsyncIterator<T>
    for (; this.#skip > 0 && !this.#ended; this.#skip--) this.#ended = (await iterator.next()).done === true
    const items: T[] = []
    // oxlint-disable-next-line no-await-in-loop -- a stream is read in its order
    while (!this.#ended && items.length < this.#batchSize) this.#take(await iterator.next(), items)
    return await this.#batchOf(items)
  }
  #take(result: IteratorResult<T>, items: T[]): void {
    if (result.done === true) this.#ended = true
    else items.push(result.value)
  }
  #batchOf(items: readonly T[]): B | End | PromiseLike<B> {
    if (items.length === 0 || (this.#dropLast && items.length < this.#batchSize)) return END
    if (!items.some(isPromise)) return this.#collate(items as readonly Awaited<T>[])
    throw new OptionError(
      'DataLoader',
      'a synchronous stream gave a promise; make it asynchronous: async function* or [Symbol.asyncIterator]',
    )
  }
  close(): void | Promise<unknown> {
    if (this.#ended) return
    this.#ended = true
    return this.#iterator.return?.() as Promise<unknown> | undefined
  }
}
