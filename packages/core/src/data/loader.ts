/**
 * Batches of a dataset, in an order that PyTorch draws for the same seed. A loop over a loader lets the event loop turn
 * and may be interrupted: what the program got, not what was fetched ahead, is the position that can be saved.
 */
import { OptionError, StateError } from '../contract/errors.ts'
import { defaultGenerator } from '../random/default-generator.ts'
import type { Generator } from '../random/generator.ts'
import { boolean, fn, kind, natural, number, type Kind } from '../signature/kind.ts'
import { optional, signature, type OptionsOf, type ValuesOf } from '../signature/signature.ts'
import { generator as generatorKind } from '../engine/kinds.ts'
import { collate as defaultCollate, type Collated } from './collate.ts'
import { forsake, isPromise } from '../signature/promise.ts'
import type { Dataset } from './dataset.ts'
import { batchSampler as batchSamplerKind, sampler as samplerKind } from './kinds.ts'
import type { IterableDataset } from './iterable.ts'
import { assertState, decodeGenerator, encodeGenerator, type LoaderState } from './position.ts'
import { assertPositive, BatchSampler, RandomSampler, SequentialSampler, type Sampler } from './sampler.ts'
import { END, IndexedSource, StreamSource, type End, type Source } from './source.ts'
import { pause } from '../engine/flight.ts'

const rows = {
  /** Items per batch. Default 1. */
  batchSize: optional(number, 1),
  /** A new random order in every pass. Default false. */
  shuffle: optional(boolean, false),
  /** The order, instead of `shuffle`. Default: that of the dataset. */
  sampler: optional(samplerKind),
  /** The batches' indices, instead of `batchSize`, `shuffle`, `sampler` and `dropLast`. Default: what these say. */
  batchSampler: optional(batchSamplerKind),
  /** Makes a batch of items. Default: `collate`, or the dataset's own `getBatch`. */
  collate: optional(fn<(items: readonly never[]) => unknown>()),
  /** Leave out a last batch that would be smaller. Default false. */
  dropLast: optional(boolean, false),
  /** Where the loader and its shuffling draw. Default: the one that `manualSeed` seeds. */
  generator: optional(generatorKind),
  /** Batches of an asynchronous dataset that are fetched ahead of the loop. Default 2. */
  prefetch: optional(natural, 2),
}
export interface DataLoaderOptions<T, B = Collated<Awaited<T>>> extends OptionsOf<typeof rows> {
  readonly collate?: ((items: readonly Awaited<T>[]) => B | PromiseLike<B>) | undefined
}
type Read = ValuesOf<typeof rows>
const isData = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && (isIndexed(value as Dataset<unknown>) || isIterable(value))
const data: Kind<object> = /* @__PURE__ */ kind(
  'a dataset, with get(index) and length, or something to iterate',
  isData,
)
export const DATA_LOADER = /* @__PURE__ */ signature('DataLoader', { dataset: data }, rows)

const isIndexed = <T>(dataset: Dataset<T> | IterableDataset<T>): dataset is Dataset<T> =>
  typeof (dataset as Partial<Dataset<T>>).get === 'function' && typeof dataset.length === 'number'
const isIterable = (dataset: object): boolean => Symbol.asyncIterator in dataset || Symbol.iterator in dataset

/** One pass over the data. */
class Pass {
  /** The states of the generators when it began. */
  readonly start: readonly Uint8Array[]
  /** What the sampler kept then. */
  readonly sampler: unknown
  consumed = 0
  asked = 0
  /** Indices that were asked for before the pass was interrupted, and not consumed. */
  readonly #pending: (readonly number[] | null)[] = []
  readonly #batches: Iterator<readonly number[]> | null
  constructor(start: readonly Uint8Array[], sampler: Sampler<readonly number[]> | null) {
    this.start = start
    this.sampler = sampler?.state?.() ?? null
    this.#batches = sampler?.[Symbol.iterator]() ?? null
  }
  /** Goes through what was asked for before; what was not consumed comes again. */
  repeat({ consumed, asked }: LoaderState): void {
    for (let k = 0; k < asked; k++) {
      const indices = this.#ask()
      if (k >= consumed) this.#pending.push(indices)
    }
    this.consumed = consumed
    this.asked = asked
  }
  next(): readonly number[] | null {
    if (this.#pending.length > 0) return this.#pending.shift()!
    this.asked++
    return this.#ask()
  }
  #ask(): readonly number[] | null {
    const { done, value } = this.#batches!.next()
    return done === true ? null : value
  }
  close(): void {
    this.#batches?.return?.()
  }
}

/**
 * Passes over a dataset in batches: `for await (const batch of loader)`. Every pass draws one int64 when it begins and,
 * with `shuffle`, one more for its order, or all of it from `generator` where that is given: PyTorch's draws.
 *
 * Errors: OptionError for options that exclude each other. In the loop, what the dataset threw, as the cause of an error
 * that names the index.
 * Source: https://pytorch.org/docs/stable/data.html#torch.utils.data.DataLoader
 *
 * @example
 * ```ts
 * import { arange } from '@glissade/core'
 * import { DataLoader, TensorDataset } from '@glissade/core/data'
 *
 * const data = new TensorDataset(arange(5).float(), arange(5))
 * const loader = new DataLoader(data, { batchSize: 2, shuffle: true })
 * for await (const [x, label] of loader) console.log(x.shape, label.dtype) // [ 2 ] int32, [ 2 ] int32, [ 1 ] int32
 * ```
 */
export class DataLoader<T, B = Collated<Awaited<T>>> implements AsyncIterable<B> {
  readonly dataset: Dataset<T> | IterableDataset<T>
  /** The order of single items; null for streams and with a batchSampler. */
  readonly sampler: Sampler | null
  /** null for streams. */
  readonly batchSampler: Sampler<readonly number[]> | null
  readonly generator: Generator | undefined
  readonly #batchSize: number
  readonly #dropLast: boolean
  readonly #prefetch: number
  readonly #collate: ((items: readonly Awaited<T>[]) => B | PromiseLike<B>) | null
  #epoch = 0
  #pass: Pass | null = null
  #resume: LoaderState | null = null

  constructor(dataset: Dataset<T> | IterableDataset<T>, options?: DataLoaderOptions<T, B>)
  constructor(dataset: Dataset<T> | IterableDataset<T>) {
    const read = DATA_LOADER.read(arguments)
    const { batchSize, dropLast, prefetch } = read
    assertPositive('DataLoader', 'batch_size', batchSize)
    this.dataset = dataset
    this.generator = read.generator
    this.sampler = isIndexed(dataset) ? samplerOf(dataset, read) : refuseOrder(read)
    this.batchSampler =
      read.batchSampler ?? (this.sampler === null ? null : new BatchSampler(this.sampler, { batchSize, dropLast }))
    this.#batchSize = batchSize
    this.#dropLast = dropLast
    this.#prefetch = prefetch
    this.#collate = (read.collate as DataLoaderOptions<T, B>['collate']) ?? null
  }

  /** Batches per pass. StateError for a stream whose length is not known. */
  get length(): number {
    const batches = this.#batches
    if (batches === null) throw new StateError('DataLoader.length', 'this stream does not say how many items it has')
    return batches
  }
  get #batches(): number | null {
    if (this.batchSampler !== null) return this.batchSampler.length
    const { length } = this.dataset
    return length === undefined ? null : (this.#dropLast ? Math.floor : Math.ceil)(length / this.#batchSize)
  }
  /** Passes that are over; a loop that was left by `break` is over when the next one begins. */
  get epoch(): number {
    return this.#epoch
  }

  /** Begins a pass. Between batches the event loop turns, every 16 ms at least. */
  [Symbol.asyncIterator](): AsyncIterableIterator<B> {
    const { pass, source } = this.#begin()
    return this.#run(pass, source)
  }
  async *#run(pass: Pass, source: Source<B>): AsyncGenerator<B, void, undefined> {
    const queue: (B | End | Promise<B | End>)[] = []
    try {
      for (;;) {
        this.#fill(queue, source)
        const batch = await queue.shift()!
        if (batch === END) break
        await pause()
        pass.consumed++
        yield batch
      }
      this.#finish(pass)
    } finally {
      await source.close()
    }
  }
  /** Starts batches as long as they have to be waited for, one to be given and `prefetch` ahead. */
  #fill(queue: (B | End | Promise<B | End>)[], source: Source<B>): void {
    while (queue.length <= this.#prefetch) {
      const batch = startNext(source)
      queue.push(batch)
      if (!isPromise(batch)) return
      // It may fail long before the loop gets to it, or after the loop was left.
      forsake(batch)
    }
  }

  /**
   * The passes as a synchronous iterable, for datasets that are synchronous: `for (const batch of loader.sync())`.
   * The event loop does not turn meanwhile. StateError where a batch has to be waited for.
   */
  sync(): Iterable<B> {
    return {
      [Symbol.iterator]: () => {
        const { pass, source } = this.#begin()
        return this.#runSync(pass, source)
      },
    }
  }
  *#runSync(pass: Pass, source: Source<B>): globalThis.Generator<B, void, undefined> {
    try {
      for (;;) {
        const batch = source.next()
        if (batch === END) break
        if (isPromise(batch)) {
          forsake(batch)
          throw new StateError('DataLoader.sync', 'this dataset is asynchronous; use for await (const batch of loader)')
        }
        pass.consumed++
        yield batch
      }
      this.#finish(pass)
    } finally {
      const closing = source.close()
      if (isPromise(closing)) forsake(closing)
    }
  }

  /** Generators that passes draw from: the default one, the loader's and the sampler's. */
  get #generators(): Generator[] {
    return [...new Set([defaultGenerator, this.generator, this.batchSampler?.generator])].filter(
      (one) => one !== undefined,
    )
  }
  #begin(): { pass: Pass; source: Source<B> } {
    const resume = this.#resume
    if (this.#pass !== null) this.#epoch++
    const generators = this.#generators
    const now = generators.map((generator) => generator.getState())
    const start = resume?.start?.map(decodeGenerator) ?? now
    if (resume !== null) generators.forEach((generator, i) => generator.setState(start[i]!))
    try {
      // PyTorch's seed for its worker processes.
      ;(this.generator ?? defaultGenerator).int64()
      const pass = new Pass(start, this.batchSampler)
      if (this.batchSampler !== null && resume !== null) pass.repeat(resume)
      if (resume !== null) pass.consumed = resume.consumed
      this.#resume = null
      this.#pass = pass
    } finally {
      // The draws of this pass lie in the past.
      if (resume !== null) generators.forEach((generator, i) => generator.setState(now[i]!))
    }
    return { pass: this.#pass, source: this.#sourceOf(this.#pass) }
  }
  #sourceOf(pass: Pass): Source<B> {
    const collate = this.#collate ?? (defaultCollate as (items: readonly Awaited<T>[]) => B)
    const { dataset } = this
    if (isIndexed(dataset)) return new IndexedSource(dataset, pass, this.#collate, collate)
    const options = { batchSize: this.#batchSize, dropLast: this.#dropLast, skip: pass.consumed * this.#batchSize }
    return new StreamSource(dataset, options, collate)
  }
  #finish(pass: Pass): void {
    if (this.#pass !== pass) return
    this.#pass = null
    this.#epoch++
  }

  /**
   * The position: passes that are over, and how many batches of the current one the program got. Ask inside the loop
   * when the batch was used, or after the loop. Plain data that JSON keeps; some kilobytes, whatever the dataset's size.
   * Generators that were given to the loader or its sampler are part of it; the default one is not, but for what the
   * current pass drew from it: save it beside.
   */
  state(): LoaderState {
    const own = this.#generators.slice(1).map((generator) => encodeGenerator(generator.getState()))
    if (this.#resume !== null) return { ...this.#resume, generators: own }
    const pass = this.#pass
    return {
      version: 1,
      epoch: this.#epoch,
      consumed: pass?.consumed ?? 0,
      asked: pass?.asked ?? 0,
      batches: this.#batches,
      start: pass === null ? null : pass.start.map(encodeGenerator),
      generators: own,
      sampler: pass === null ? (this.batchSampler?.state?.() ?? null) : pass.sampler,
    }
  }
  /**
   * Takes over a position. The next loop goes on with the batches of the interrupted pass that were left, in its order;
   * the passes after it are those that would have come, given that the default generator is as it was too.
   * A stream reads what was consumed again and drops it, unless it has `from`.
   *
   * Generators that were given to samplers must be used for nothing else while a pass runs that draws in its middle
   * (with replacement, or with numSamples above the number of items), or its draws cannot be repeated.
   * Errors: OptionError where the state is none, or of another number of batches; then nothing has changed.
   */
  loadState(state: LoaderState): void {
    const own = this.#generators.slice(1)
    assertState(state, own.length, this.#batches)
    own.forEach((generator, i) => generator.setState(decodeGenerator(state.generators[i]!)))
    if (state.sampler !== null) this.batchSampler?.loadState?.(state.sampler)
    this.#epoch = state.epoch
    this.#pass = null
    this.#resume = state.start === null ? null : state
  }
}

/** What a source threw at once comes when its turn has come. */
function startNext<B>(source: Source<B>): B | End | Promise<B | End> {
  try {
    return source.next()
  } catch (error) {
    return Promise.reject(error)
  }
}

function samplerOf<T>(
  dataset: Dataset<T>,
  { sampler, batchSampler, batchSize, shuffle, dropLast, generator }: Read,
): Sampler | null {
  if (sampler !== undefined && shuffle)
    throw new OptionError('DataLoader', 'sampler option is mutually exclusive with shuffle')
  if (batchSampler !== undefined) {
    if (batchSize !== 1 || shuffle || sampler !== undefined || dropLast)
      throw new OptionError(
        'DataLoader',
        'batchSampler option is mutually exclusive with batchSize, shuffle, sampler, and dropLast',
      )
    return null
  }
  if (sampler !== undefined) return sampler
  return shuffle ? new RandomSampler(dataset, { generator }) : new SequentialSampler(dataset)
}

/** Streams have an order of their own. */
function refuseOrder({ shuffle, sampler, batchSampler }: Read): null {
  const given = Object.entries({ shuffle: shuffle ? shuffle : undefined, sampler, batchSampler }).find(
    ([, value]) => value !== undefined,
  )
  if (given !== undefined)
    throw new OptionError(
      'DataLoader',
      `a dataset that is iterated has its own order: expected unspecified ${given[0]} option`,
    )
  return null
}
