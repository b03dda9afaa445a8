/** Kinds of argument that data code has. */
import { kind, type Kind } from '../signature/kind.ts'
import type { Dataset, Sized } from './dataset.ts'
import type { Sampler } from './sampler.ts'

const isSized = (value: unknown): boolean => typeof (value as Partial<Sized> | null)?.length === 'number'
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

export const sized: Kind<Sized> = /* @__PURE__ */ kind(
  'something with a length',
  (value) => isObject(value) && isSized(value),
)
export const dataset: Kind<Dataset<unknown>> = /* @__PURE__ */ kind(
  'a dataset, with get(index) and length',
  (value) => isObject(value) && isSized(value) && typeof (value as Partial<Dataset<unknown>>).get === 'function',
)
/** A list or a typed array. */
export const numbers: Kind<ArrayLike<number>> = /* @__PURE__ */ kind(
  'a list of numbers',
  (value) =>
    (Array.isArray(value) || ArrayBuffer.isView(value)) &&
    typeof (value as unknown as ArrayLike<unknown>)[0] !== 'string',
)
const isSampler = (value: unknown): boolean => isObject(value) && isSized(value) && Symbol.iterator in value
export const sampler: Kind<Sampler> = /* @__PURE__ */ kind('a sampler, or a list of indices', isSampler)
export const batchSampler: Kind<Sampler<readonly number[]>> = /* @__PURE__ */ kind(
  'a sampler of batches, or a list of lists of indices',
  isSampler,
)
