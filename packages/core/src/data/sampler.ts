/**
 * The order of a pass over a dataset. Samplers draw while they are iterated, at PyTorch's moments: nothing before the
 * first index is asked for, and what PyTorch draws at the end of a pass only when an index beyond the end is asked for.
 */
import { OptionError } from '../contract/errors.ts'
import { defaultGenerator } from '../random/default-generator.ts'
import { Generator } from '../random/generator.ts'
import { multinomial } from '../random/multinomial.ts'
import { boolean, number } from '../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../signature/signature.ts'
import { generator } from '../engine/kinds.ts'
import type { Sized } from './dataset.ts'
import { numbers, sampler, sized } from './kinds.ts'

/** Indices of one pass, anew at every iteration. A list of indices is one. */
export interface Sampler<I = number> extends Iterable<I>, Sized {
  /** A generator of its own from which it draws; loaders save and restore it. */
  readonly generator?: Generator | undefined
  /** What else the next pass depends on, as plain JSON data; loaders save and restore it. */
  state?(): unknown
  loadState?(state: unknown): void
}

type Indices = IterableIterator<number>

const generatorRow = {
  /** Where it draws. Default: the one that `manualSeed` seeds. */
  generator: optional(generator),
}
interface GeneratorOption extends OptionsOf<typeof generatorRow> {}

export function assertPositive(operation: string, name: string, value: number): void {
  if (!(Number.isInteger(value) && value > 0))
    throw new OptionError(operation, `${name} should be a positive integer value, but got ${name}=${value}`)
}

export const SEQUENTIAL_SAMPLER = /* @__PURE__ */ signature('SequentialSampler', { source: sized })

/** 0, 1, 2, ... Source: https://pytorch.org/docs/stable/data.html#torch.utils.data.SequentialSampler */
export class SequentialSampler implements Sampler {
  readonly #source: Sized
  constructor(source: Sized) {
    SEQUENTIAL_SAMPLER.read(arguments)
    this.#source = source
  }
  get length(): number {
    return this.#source.length
  }
  *[Symbol.iterator](): Indices {
    for (let i = 0; i < this.length; i++) yield i
  }
}

const randomRows = {
  /** Draw every index by itself, so that one may come twice. Default false. */
  replacement: optional(boolean, false),
  /** Indices per pass. Default: the number of items. */
  numSamples: optional(number),
  /** Where permutations are drawn. Default: a fresh generator per pass, seeded from the one that `manualSeed` seeds. */
  generator: optional(generator),
}
export interface RandomSamplerOptions extends OptionsOf<typeof randomRows> {}
export const RANDOM_SAMPLER = /* @__PURE__ */ signature('RandomSampler', { source: sized }, randomRows)

/** How many indices PyTorch draws at a time with replacement. */
const CHUNK = 32

/**
 * A random order, PyTorch's for the same seed.
 * Errors: OptionError unless numSamples is a positive integer (so the source must not be empty).
 * Source: https://pytorch.org/docs/stable/data.html#torch.utils.data.RandomSampler
 */
export class RandomSampler implements Sampler {
  readonly replacement: boolean
  readonly generator: Generator | undefined
  readonly #source: Sized
  readonly #numSamples: number | undefined
  constructor(source: Sized, options?: RandomSamplerOptions)
  constructor(source: Sized) {
    const read = RANDOM_SAMPLER.read(arguments)
    this.#source = source
    this.#numSamples = read.numSamples
    this.replacement = read.replacement
    this.generator = read.generator
    assertPositive('RandomSampler', 'num_samples', this.length)
  }
  get length(): number {
    return this.#numSamples ?? this.#source.length
  }
  *[Symbol.iterator](): Indices {
    const source = this.generator ?? new Generator(defaultGenerator.int64())
    const { length: n } = this.#source
    const count = this.length
    // The part after the whole ones is drawn also where it is empty, as in PyTorch.
    if (this.replacement) {
      for (let left = count; left >= CHUNK; left -= CHUNK) yield* source.randint(new Int32Array(CHUNK), 0, n)
      yield* source.randint(new Int32Array(count % CHUNK), 0, n)
      return
    }
    for (let left = count; left >= n; left -= n) yield* source.randperm(n)
    yield* source.randperm(n).subarray(0, count % n)
  }
}

export const SUBSET_RANDOM_SAMPLER = /* @__PURE__ */ signature(
  'SubsetRandomSampler',
  { indices: numbers },
  generatorRow,
)

/** These indices in a random order. Source: https://pytorch.org/docs/stable/data.html#torch.utils.data.SubsetRandomSampler */
export class SubsetRandomSampler implements Sampler {
  readonly indices: ArrayLike<number>
  readonly generator: Generator | undefined
  constructor(indices: ArrayLike<number>, options?: GeneratorOption)
  constructor(indices: ArrayLike<number>) {
    this.generator = SUBSET_RANDOM_SAMPLER.read(arguments).generator
    this.indices = indices
  }
  get length(): number {
    return this.indices.length
  }
  *[Symbol.iterator](): Indices {
    for (const at of (this.generator ?? defaultGenerator).randperm(this.length)) yield this.indices[at]!
  }
}

const weightedRows = {
  /** Whether an index may come twice in a pass. Default true. */
  replacement: optional(boolean, true),
  ...generatorRow,
}
export interface WeightedRandomSamplerOptions extends OptionsOf<typeof weightedRows> {}
export const WEIGHTED_RANDOM_SAMPLER = /* @__PURE__ */ signature(
  'WeightedRandomSampler',
  { weights: numbers, numSamples: number },
  weightedRows,
)

/**
 * Indices with these probabilities, which need not sum to 1; PyTorch's for the same seed.
 * Errors: OptionError unless numSamples is a positive integer, and at most the number of weights without replacement.
 * OptionError while iterating where a weight is negative or not finite.
 * Source: https://pytorch.org/docs/stable/data.html#torch.utils.data.WeightedRandomSampler
 */
export class WeightedRandomSampler implements Sampler {
  readonly weights: Float64Array
  readonly length: number
  readonly replacement: boolean
  readonly generator: Generator | undefined
  constructor(weights: ArrayLike<number>, numSamples: number, options?: WeightedRandomSamplerOptions)
  constructor(weights: ArrayLike<number>, numSamples: number) {
    const { replacement, generator: own } = WEIGHTED_RANDOM_SAMPLER.read(arguments)
    assertPositive('WeightedRandomSampler', 'num_samples', numSamples)
    if (!replacement && numSamples > weights.length)
      throw new OptionError(
        'WeightedRandomSampler',
        `cannot draw ${numSamples} of ${weights.length} indices without replacement`,
      )
    this.weights = Float64Array.from(weights)
    this.length = numSamples
    this.replacement = replacement
    this.generator = own
  }
  *[Symbol.iterator](): Indices {
    const { weights, length: samples, replacement } = this
    yield* multinomial(weights, weights.length, this.generator ?? defaultGenerator, { samples, replacement })
  }
}

const batchRows = {
  /** Indices per batch. */
  batchSize: number,
  /** Leave out a last batch that would be smaller. Default false. */
  dropLast: optional(boolean, false),
}
export interface BatchSamplerOptions extends OptionsOf<typeof batchRows> {}
export const BATCH_SAMPLER = /* @__PURE__ */ signature('BatchSampler', { sampler }, batchRows)

/**
 * Batches of another sampler's indices.
 * Errors: OptionError unless batchSize is a positive integer.
 * Source: https://pytorch.org/docs/stable/data.html#torch.utils.data.BatchSampler
 */
export class BatchSampler implements Sampler<readonly number[]> {
  readonly sampler: Sampler
  readonly batchSize: number
  readonly dropLast: boolean
  constructor(indices: Sampler, options: BatchSamplerOptions)
  constructor(indices: Sampler) {
    const { batchSize, dropLast } = BATCH_SAMPLER.read(arguments)
    assertPositive('BatchSampler', 'batch_size', batchSize)
    this.sampler = indices
    this.batchSize = batchSize
    this.dropLast = dropLast
  }
  get length(): number {
    return (this.dropLast ? Math.floor : Math.ceil)(this.sampler.length / this.batchSize)
  }
  get generator(): Generator | undefined {
    return this.sampler.generator
  }
  state(): unknown {
    return this.sampler.state?.()
  }
  /** Brings the sampler whose indices it takes to a state of `state()`. */
  loadState(state: unknown): void {
    this.sampler.loadState?.(state)
  }
  *[Symbol.iterator](): IterableIterator<readonly number[]> {
    let batch: number[] = []
    for (const index of this.sampler) {
      batch.push(index)
      if (batch.length < this.batchSize) continue
      yield batch
      batch = []
    }
    if (batch.length > 0 && !this.dropLast) yield batch
  }
}
