/** `@glissade/core/data`: datasets, samplers and loaders. Nothing here reads values from a device. */
export { collate, type Collated, type HostItem } from './collate.ts'
export { DataError } from './data-error.ts'
export {
  ConcatDataset,
  randomSplit,
  Subset,
  TensorDataset,
  type Dataset,
  type RandomSplitOptions,
  type Rows,
  type Sized,
} from './dataset.ts'
export { DistributedSampler, type DistributedSamplerOptions } from './distributed-sampler.ts'
export { ShardDataset, type IterableDataset, type OpenShard, type ShardDatasetOptions } from './iterable.ts'
export { DataLoader, type DataLoaderOptions } from './loader.ts'
export type { LoaderState } from './position.ts'
export {
  BatchSampler,
  RandomSampler,
  SequentialSampler,
  SubsetRandomSampler,
  WeightedRandomSampler,
  type BatchSamplerOptions,
  type RandomSamplerOptions,
  type Sampler,
  type WeightedRandomSamplerOptions,
} from './sampler.ts'
