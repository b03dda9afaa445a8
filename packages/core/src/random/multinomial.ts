/**
 * Sampling of indices by weight: `torch.multinomial` on host memory, as ATen/native/Distributions.cpp and
 * ATen/native/cpu/MultinomialKernel.cpp do it. Weights need not sum to one.
 */
import type { OwnIntegers } from '../contract/dtype.ts'
import { OptionError } from '../contract/errors.ts'
import type { FloatArray, Generator } from './generator.ts'

export interface MultinomialOptions {
  /** Indices per row; default 1. */
  readonly samples?: number
  /** Whether an index may come twice in a row; default false. */
  readonly replacement?: boolean
}

/**
 * Draws `samples` indices for each row of `weights`, a row-major [rows, columns] array. Returns [rows, samples].
 *
 * Without replacement, and for one sample: one exponential per weight, w / q, and the largest indices, in descending
 * order of w / q. With replacement: one float64 uniform per sample, searched in the row's running sum. (PyTorch 1.13
 * searches also for one sample with replacement; this follows PyTorch 2.)
 * @throws OptionError if a weight is negative or not finite, a row sums to zero, or samples is out of range.
 */
export function multinomial(
  weights: FloatArray,
  columns: number,
  generator: Generator,
  { samples = 1, replacement = false }: MultinomialOptions = {},
): OwnIntegers {
  if (!Number.isInteger(columns) || columns <= 0 || weights.length % columns !== 0) {
    throw new OptionError('multinomial', `${weights.length} weights do not make rows of ${columns}`)
  }
  if (!(Number.isInteger(samples) && samples > 0)) {
    throw new OptionError('multinomial', `cannot sample n_sample <= 0 samples (got ${samples})`)
  }
  if (!replacement && samples > columns) {
    throw new OptionError(
      'multinomial',
      `cannot sample n_sample > prob_dist.size(-1) samples without replacement (got ${samples} of ${columns})`,
    )
  }
  assertWeights(weights, columns)
  const rows = weights.length / columns
  if (rows === 0) return new Int32Array(0)
  const out = new Int32Array(rows * samples)
  if (replacement && samples > 1) sampleRunningSum(out, weights, columns, samples, generator)
  else sampleRace(out, weights, columns, samples, generator)
  return out
}

function assertWeights(weights: FloatArray, columns: number): void {
  for (let start = 0; start < weights.length; start += columns) {
    let sum = 0
    for (let i = start; i < start + columns; i++) {
      const weight = weights[i]!
      if (!(weight >= 0 && weight < Infinity)) {
        throw new OptionError(
          'multinomial',
          `probability tensor contains either \`inf\`, \`nan\` or element < 0 (${weight} at index ${i})`,
        )
      }
      sum += weight
    }
    if (sum === 0) throw new OptionError('multinomial', 'invalid multinomial distribution (sum of probabilities <= 0)')
  }
}

/** Each index runs a race of rate w: the first to arrive, at time q / w, is drawn with probability w / sum(w). */
function sampleRace(
  out: Int32Array,
  weights: FloatArray,
  columns: number,
  samples: number,
  generator: Generator,
): void {
  const score = generator.exponential(sameType(weights))
  for (let i = 0; i < score.length; i++) score[i] = weights[i]! / score[i]!
  for (let start = 0, row = 0; start < weights.length; start += columns, row += samples) {
    if (samples === 1) {
      let best = 0
      for (let i = 1; i < columns; i++) if (score[start + i]! > score[start + best]!) best = i
      out[row] = best
      continue
    }
    const order = Array.from({ length: columns }, (_, i) => i)
    order.sort((a, b) => score[start + b]! - score[start + a]! || a - b)
    for (let i = 0; i < samples; i++) out[row + i] = order[i]!
  }
}

function sampleRunningSum(
  out: Int32Array,
  weights: FloatArray,
  columns: number,
  samples: number,
  generator: Generator,
): void {
  const round = weights instanceof Float32Array ? Math.fround : (x: number) => x
  const running = sameType(weights).subarray(0, columns)
  const uniform = new Float64Array(samples)
  for (let start = 0, row = 0; start < weights.length; start += columns, row += samples) {
    let sum = 0
    for (let i = 0; i < columns; i++) {
      sum = round(sum + weights[start + i]!)
      running[i] = sum
    }
    for (let i = 0; i < columns; i++) running[i]! /= sum
    running[columns - 1] = 1
    generator.uniform(uniform)
    for (let i = 0; i < samples; i++) out[row + i] = firstAtLeast(running, uniform[i]!)
  }
}

/** The first index whose value is at least u; `sorted` ends with 1 > u. */
function firstAtLeast(sorted: FloatArray, u: number): number {
  let left = 0
  let right = sorted.length
  while (left < right) {
    const middle = (left + right) >>> 1
    if (sorted[middle]! < u) left = middle + 1
    else right = middle
  }
  return left
}

function sameType(weights: FloatArray): FloatArray {
  return weights instanceof Float32Array ? new Float32Array(weights.length) : new Float64Array(weights.length)
}
