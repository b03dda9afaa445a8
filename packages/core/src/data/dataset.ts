/** Datasets whose items have indices: of tensors, and made of other datasets. */
import { IndexError, OptionError, ShapeError } from '../contract/errors.ts'
import { defaultGenerator } from '../random/default-generator.ts'
import { kind, list, number, type Kind } from '../signature/kind.ts'
import { optional, rest, signature, type OptionsOf } from '../signature/signature.ts'
import { tensor } from '../tensor/creation.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { generator as generatorKind, tensor as tensorKind } from '../engine/kinds.ts'
import type { Collated } from './collate.ts'
import { dataset as datasetKind, numbers } from './kinds.ts'

/** A number of things. */
export interface Sized {
  readonly length: number
}

/**
 * Items by index. Any object with these members is one.
 * Source: https://pytorch.org/docs/stable/data.html#torch.utils.data.Dataset
 */
export interface Dataset<T> extends Sized {
  /** The item, for 0 <= index < length; or a promise of it. What it throws reaches the loop with the index. */
  get(index: number): T
  /** A whole batch at once, in the form that `collate` gives. Where it is, loaders without a `collate` use it. */
  getBatch?(indices: readonly number[]): NoInfer<Collated<Awaited<T>> | Promise<Collated<Awaited<T>>>>
}

function assertIndex(operation: string, index: number, length: number): void {
  if (!(Number.isInteger(index) && index >= 0 && index < length))
    throw new IndexError(operation, `index ${index} is out of range for ${length} items`)
}

/** A tensor for each tensor. */
export type Rows<T extends readonly Tensor[]> = { [K in keyof T]: Tensor }

export const TENSOR_DATASET = /* @__PURE__ */ signature('TensorDataset', { tensors: rest(tensorKind) })

/**
 * The rows of tensors: item i is row i of each. A batch costs one `indexSelect` per tensor.
 * Errors: OptionError without tensors; ShapeError for 0-d tensors and for first dimensions that differ.
 * Source: https://pytorch.org/docs/stable/data.html#torch.utils.data.TensorDataset
 */
export class TensorDataset<T extends readonly Tensor[]> implements Dataset<Rows<T>> {
  readonly tensors: T
  readonly length: number
  constructor(...tensors: T) {
    TENSOR_DATASET.read(arguments)
    const [first] = tensors
    if (first === undefined) throw new OptionError('TensorDataset', 'needs at least one tensor')
    const shapes = tensors.map(({ shape }) => shape)
    if (shapes.some((shape) => shape.length === 0 || shape[0] !== first.shape[0]))
      throw new ShapeError('TensorDataset', shapes, 'Size mismatch between tensors: all need the same first dimension')
    this.tensors = tensors
    this.length = first.shape[0]!
  }
  get(index: number): Rows<T> {
    // The index is an operand: a slice would be a program of its own for every index.
    return this.#select([index], (rows) => rows.reshape(rows.shape.slice(1)))
  }
  getBatch(indices: readonly number[]): Collated<Awaited<Rows<T>>> {
    return this.#select(indices, (rows) => rows) as unknown as Collated<Awaited<Rows<T>>>
  }
  #select(indices: readonly number[], finish: (rows: Tensor) => Tensor): Rows<T> {
    for (const index of indices) assertIndex('TensorDataset', index, this.length)
    const host = Int32Array.from(indices)
    const known = new Map<Tensor['device'], Tensor>()
    const indexOn = (device: Tensor['device']): Tensor => {
      const index = known.get(device) ?? tensor(host, { device })
      known.set(device, index)
      return index
    }
    return this.tensors.map((all) => finish(all.indexSelect(0, indexOn(all.device)))) as Rows<T>
  }
}

const datasetsKind: Kind<Iterable<Dataset<unknown>>> = /* @__PURE__ */ kind(
  'a list of datasets, each with get(index) and length',
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    Symbol.iterator in value &&
    [...(value as Iterable<unknown>)].every(datasetKind.accepts),
)
export const CONCAT_DATASET = /* @__PURE__ */ signature('ConcatDataset', { datasets: datasetsKind })

/**
 * Datasets one after the other.
 * Errors: OptionError without datasets.
 * Source: https://pytorch.org/docs/stable/data.html#torch.utils.data.ConcatDataset
 */
export class ConcatDataset<T> implements Dataset<T> {
  readonly datasets: readonly Dataset<T>[]
  /** Where each dataset ends. */
  readonly cumulativeSizes: readonly number[]
  constructor(datasets: Iterable<Dataset<T>>) {
    CONCAT_DATASET.read(arguments)
    this.datasets = [...datasets]
    if (this.datasets.length === 0) throw new OptionError('ConcatDataset', 'datasets should not be an empty iterable')
    let end = 0
    this.cumulativeSizes = this.datasets.map(({ length }) => (end += length))
  }
  get length(): number {
    return this.cumulativeSizes.at(-1)!
  }
  get(index: number): T {
    assertIndex('ConcatDataset', index, this.length)
    const at = this.cumulativeSizes.findIndex((end) => index < end)
    return this.datasets[at]!.get(index - (at === 0 ? 0 : this.cumulativeSizes[at - 1]!))
  }
}

export const SUBSET = /* @__PURE__ */ signature('Subset', { dataset: datasetKind, indices: numbers })

/**
 * The items of a dataset at these indices.
 * Source: https://pytorch.org/docs/stable/data.html#torch.utils.data.Subset
 */
export class Subset<T> implements Dataset<T> {
  readonly dataset: Dataset<T>
  readonly indices: ArrayLike<number>
  /** Where the dataset has it. */
  readonly getBatch?: NonNullable<Dataset<T>['getBatch']>
  constructor(dataset: Dataset<T>, indices: ArrayLike<number>) {
    SUBSET.read(arguments)
    this.dataset = dataset
    this.indices = indices
    if (dataset.getBatch !== undefined) this.getBatch = (own) => dataset.getBatch!(own.map((index) => this.#at(index)))
  }
  get length(): number {
    return this.indices.length
  }
  get(index: number): T {
    return this.dataset.get(this.#at(index))
  }
  #at(index: number): number {
    assertIndex('Subset', index, this.length)
    return this.indices[index]!
  }
}

/** How far fractions may be from 1 in sum: Python's math.isclose. */
const SUM_TOLERANCE = 1e-9

/** Fractions as lengths: rounded down, and what is left over goes to the first ones, one each. */
function lengthsOf(total: number, lengths: readonly number[]): readonly number[] {
  const sum = lengths.reduce((a, b) => a + b, 0)
  if (!(Math.abs(sum - 1) <= SUM_TOLERANCE * Math.max(sum, 1) && sum <= 1)) return lengths
  const outside = lengths.findIndex((fraction) => !(fraction >= 0 && fraction <= 1))
  if (outside >= 0)
    throw new OptionError(
      'randomSplit',
      `Fraction at index ${outside} is not between 0 and 1 (got ${lengths[outside]})`,
    )
  const sizes = lengths.map((fraction) => Math.floor(total * fraction))
  const left = total - sizes.reduce((a, b) => a + b, 0)
  for (let i = 0; i < left; i++) sizes[i % sizes.length]!++
  return sizes
}

const rows = {
  /** Where the order is drawn. Default: the one that `manualSeed` seeds. */
  generator: optional(generatorKind),
}
export interface RandomSplitOptions extends OptionsOf<typeof rows> {}
export const RANDOM_SPLIT = /* @__PURE__ */ signature(
  'randomSplit',
  { dataset: datasetKind, lengths: list(number) },
  rows,
)

/**
 * Parts of a dataset with these lengths, or fractions that sum to 1, chosen at random: PyTorch's for the same seed.
 * Draws one permutation of all indices from `generator` (default: the one that `manualSeed` seeds).
 * Errors: OptionError where the lengths do not sum to the length of the dataset; nothing is drawn then.
 * Source: https://pytorch.org/docs/stable/data.html#torch.utils.data.random_split
 */
export function randomSplit<T>(
  dataset: Dataset<T>,
  lengths: readonly number[],
  options?: RandomSplitOptions,
): Subset<T>[]
export function randomSplit<T>(dataset: Dataset<T>, lengths: readonly number[]): Subset<T>[] {
  const { generator = defaultGenerator } = RANDOM_SPLIT.read(arguments)
  const sizes = lengthsOf(dataset.length, lengths)
  const sum = sizes.reduce((a, b) => a + b, 0)
  if (sum !== dataset.length || sizes.some((size) => !(Number.isInteger(size) && size >= 0)))
    throw new OptionError(
      'randomSplit',
      `Sum of input lengths does not equal the length of the input dataset! (got [${lengths.join(', ')}] for ${dataset.length} items)`,
    )
  const order = generator.randperm(sum)
  let start = 0
  return sizes.map((size) => new Subset(dataset, order.subarray(start, (start += size))))
}
