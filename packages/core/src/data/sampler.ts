/**
 * The order of a pass over a dataset. Samplers draw while they are iterated, at PyTorch's moments: nothing before the
 * first index is asked for, and what PyTorch draws at the end of a pass only when an index beyond the end is asked for.
 */
import { OptionError } from '../backend/errors.ts'
import { defaultGenerator } from '../random/default-generator.ts'
import { Generator } from '../random/generator.ts'
import { multinomial } from '../random/multinomial.ts'
import type { Sized } from './dataset.ts'

/** Indices of one pass, anew at every iteration. A list of indices is one. */
export interface Sampler<I = number> extends Iterable<I>, Sized {
  /** A generator of its own from which it draws; loaders save and restore it. */
  readonly generator?: Generator | undefined
  /** What else the next pass depends on, as plain JSON data; loaders save and restore it. */
  state?(): unknown
  loadState?(state: unknown): void
}

type Indices = IterableIterator<number>

interface GeneratorOption {
  /** Default: the one that `manualSeed` seeds. */
  readonly generator?: Generator | undefined
}

export function assertPositive(operation: string, name: string, value: number): void {
  if (!(Number.isInteger(value) && value > 0))
    throw new OptionError(operation, `${name} should be a positive integer value, but got ${name}=${value}`)
}

/** 0, 1, 2, ... Source: https://pytorch.org/docs/stable/data.html#torch.utils.data.SequentialSampler */
export class SequentialSampler implements Sampler {
  readonly #source: Sized
  constructor(source: Sized) {
    this.#source = source
  }
  get length(): number {
    return this.#source.length
  }
  *[Symbol.iterator](): Indices {
    for (let i = 0; i < this.length; i++) yield i
  }
}

export interface RandomSamplerOptions {
  /** Draw every index by itself, so that one may come twice. Default false. */
  readonly replacement?: boolean
  /** Indices per pass; default the number of items. */
  readonly numSamples?: number
  /** Where permutations are drawn. Default: a fresh generator per pass, seeded from the one that `manualSeed` seeds. */
  readonly generator?: Generator | undefined
}

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
  constructor(source: Sized, { replacement = false, numSamples, generator }: RandomSamplerOptions = {}) {
    this.#source = source
    this.#numSamples = numSamples
    this.replacement = replacement
    this.generator = generator
    assertPositive('RandomSampler', 'num_samples', this.length)
  }
  get length(): number {
    return this.#numSamples ?? this.#source.length
  }
  *[Symbol.iterator](): Indices {
    const generator = this.generator ?? new Generator(defaultGenerator.int64())
    const { length: n } = this.#source
    const count = this.length
    // The part after the whole ones is drawn also where it is empty, as in PyTorch.
    if (this.replacement) {
      for (let left = count; left >= CHUNK; left -= CHUNK) yield* generator.randint(new Int32Array(CHUNK), 0, n)
      yield* generator.randint(new Int32Array(count % CHUNK), 0, n)
      return
    }
    for (let left = count; left >= n; left -= n) yield* generator.randperm(n)
    yield* generator.randperm(n).subarray(0, count % n)
  }
}

/** These indices in a random order. Source: https://pytorch.org/docs/stable/data.html#torch.utils.data.SubsetRandomSampler */
export class SubsetRandomSampler implements Sampler {
  readonly indices: ArrayLike<number>
  readonly generator: Generator | undefined
  constructor(indices: ArrayLike<number>, { generator }: GeneratorOption = {}) {
    this.indices = indices
    this.generator = generator
  }
  get length(): number {
    return this.indices.length
  }
  *[Symbol.iterator](): Indices {
    for (const at of (this.generator ?? defaultGenerator).randperm(this.length)) yield this.indices[at]!
  }
}

export interface WeightedRandomSamplerOptions extends GeneratorOption {
  /** Whether an index may come twice in a pass. Default true. */
  readonly replacement?: boolean
}

/**
 * Indices with these probabilities, which need not sum to 1; PyTorch's for the same seed.
 * Errors: OptionError unless numSamples is a positive integer, and at most the number of weights without replacement.
 * RangeError while iterating where a weight is negative or not finite.
 * Source: https://pytorch.org/docs/stable/data.html#torch.utils.data.WeightedRandomSampler
 */
export class WeightedRandomSampler implements Sampler {
  readonly weights: Float64Array
  readonly length: number
  readonly replacement: boolean
  readonly generator: Generator | undefined
  constructor(
    weights: ArrayLike<number>,
    numSamples: number,
    { replacement = true, generator }: WeightedRandomSamplerOptions = {},
  ) {
    assertPositive('WeightedRandomSampler', 'num_samples', numSamples)
    if (!replacement && numSamples > weights.length)
      throw new OptionError(
        'WeightedRandomSampler',
        `cannot draw ${numSamples} of ${weights.length} indices without replacement`,
      )
    this.weights = Float64Array.from(weights)
    this.length = numSamples
    this.replacement = replacement
    this.generator = generator
  }
  *[Symbol.iterator](): Indices {
    const { weights, length: samples, replacement, generator = defaultGenerator } = this
    yield* multinomial(weights, weights.length, generator, { samples, replacement })
  }
}

export interface BatchSamplerOptions {
  readonly batchSize: number
  /** Leave out a last batch that would be smaller. Default false. */
  readonly dropLast?: boolean
}

/**
 * Batches of another sampler's indices.
 * Errors: OptionError unless batchSize is a positive integer.
 * Source: https://pytorch.org/docs/stable/data.html#torch.utils.data.BatchSampler
 */
export class BatchSampler implements Sampler<readonly number[]> {
  readonly sampler: Sampler
  readonly batchSize: number
  readonly dropLast: boolean
  constructor(sampler: Sampler, { batchSize, dropLast = false }: BatchSamplerOptions) {
    assertPositive('BatchSampler', 'batch_size', batchSize)
    this.sampler = sampler
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
