/**
 * Options are passed by name, in one object. PyTorch takes many of them by place too (`x.sum(1)`): TypeScript refuses that,
 * and in JavaScript it would be ignored without a word.
 */
import { OptionError } from '../backend/errors.ts'
import type { Tensor } from './tensor.ts'

/** The options, if they are an object of that kind. */
export function byName<T>(operation: string, options: T): T {
  if (options === undefined) return options
  if (typeof options === 'object' && options !== null && !Array.isArray(options) && !('glissadeTensor' in options))
    return options
  const got = typeof options === 'number' || typeof options === 'boolean' ? String(options) : typeof options
  throw new OptionError(operation, `options are passed by name, in one object: { name: value } (got ${got})`)
}

/** The methods whose options PyTorch takes by place, and which argument is the object here. */
const PLACES = {
  sum: 0,
  prod: 0,
  mean: 0,
  nansum: 0,
  nanmean: 0,
  var: 0,
  std: 0,
  norm: 0,
  logsumexp: 0,
  amax: 0,
  amin: 0,
  aminmax: 0,
  any: 0,
  all: 0,
  countNonzero: 0,
  argmax: 0,
  argmin: 0,
  sort: 0,
  argsort: 0,
  kthvalue: 1,
  topk: 1,
  flatten: 0,
  split: 1,
  chunk: 1,
  tensorSplit: 1,
  diagonal: 0,
  diag: 0,
  diagEmbed: 0,
  tril: 0,
  triu: 0,
  repeatInterleave: 1,
  takeAlongDim: 1,
  indexPut: 2,
  nanToNum: 0,
  isclose: 1,
  allclose: 1,
  dist: 1,
} as const satisfies Partial<Record<Exclude<keyof Tensor, 'toString'>, number>>

/** From now on these methods of the prototype look at their options first. */
export function checkOptions(prototype: object): void {
  const methods = prototype as Record<string, (...args: readonly unknown[]) => unknown>
  for (const [name, place] of Object.entries(PLACES)) {
    const method = methods[name]!
    methods[name] = function (this: unknown, ...args: readonly unknown[]): unknown {
      byName(name, args[place])
      return method.apply(this, args as never)
    }
  }
}
