/** Methods that fill a tensor with random numbers: PyTorch's for the same seed. */
import type { HostArray } from '../../backend/dtype.ts'
import { DTypeError } from '../../backend/errors.ts'
import { isFloat } from '../../ir/type.ts'
import { defaultGenerator } from '../../random/default-generator.ts'
import type { Generator } from '../../random/generator.ts'
import { filled } from '../host.ts'
import { Indexing } from './indexing.ts'

export interface DrawOptions {
  /** Default: the generator that `manualSeed` seeds. */
  readonly generator?: Generator
}

export class Random extends Indexing {
  /** Uniform numbers in [from, to). */
  uniform_(from = 0, to = 1, options: DrawOptions = {}): this {
    return floatOf(this, 'uniform_', options, (generator, out) => generator.uniform(out, from, to))
  }
  /** Normal numbers. */
  normal_(mean = 0, std = 1, options: DrawOptions = {}): this {
    return floatOf(this, 'normal_', options, (generator, out) => generator.normal(out, mean, std))
  }
  /** Exponential numbers of rate `lambda`. */
  exponential_(lambda = 1, options: DrawOptions = {}): this {
    return floatOf(this, 'exponential_', options, (generator, out) => generator.exponential(out, lambda))
  }
  /** Ones with probability `p`, else zeros. */
  bernoulli_(p = 0.5, options: DrawOptions = {}): this {
    return drawOf(this, 'bernoulli_', options, (generator, out) => generator.bernoulli(out, p))
  }
  /** Integers in [low, high); in [0, low) with one bound; over the whole range of the dtype without. */
  random_(low?: number | null, high?: number | null, options: DrawOptions = {}): this {
    const { dtype } = this
    return drawOf(this, 'random_', options, (generator, out) => {
      if (low == null) void (dtype === 'bool' ? generator.randomBool(out as Uint8Array) : generator.random(out))
      else generator.randint(out, high == null ? 0 : low, high ?? low)
    })
  }
}

function drawOf<T extends Random>(
  self: T,
  operation: string,
  { generator = defaultGenerator }: DrawOptions,
  fill: (generator: Generator, out: HostArray) => void,
): T {
  self.moveTo(filled(self.type, self.value.device, generator, fill), operation)
  return self
}

function floatOf<T extends Random>(
  self: T,
  operation: string,
  options: DrawOptions,
  fill: (generator: Generator, out: Float32Array) => void,
): T {
  if (!isFloat(self.dtype)) throw new DTypeError(operation, [self.dtype], 'needs float32 or float64')
  return drawOf(self, operation, options, (generator, out) => fill(generator, out as Float32Array))
}
