/** Methods that fill a tensor with random numbers: PyTorch's for the same seed. */
import type { Elements } from '../../contract/dtype.ts'
import { DTypeError } from '../../contract/errors.ts'
import { isFloat } from '../../ir/type.ts'
import { defaultGenerator } from '../../random/default-generator.ts'
import type { Generator } from '../../random/generator.ts'
import { called } from '../../engine/called.ts'
import { integer, number } from '../../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../../signature/signature.ts'
import { filled } from '../../engine/host.ts'
import { generator as generatorKind } from '../../engine/kinds.ts'
import { anyInteger, assertCounts, uniform } from '../uniform.ts'
import { Indexing } from './indexing.ts'

export const drawOptions = {
  /** Default: the generator that `manualSeed` seeds. */
  generator: optional(generatorKind),
}
export interface DrawOptions extends OptionsOf<typeof drawOptions> {}

export const UNIFORM_ = /* @__PURE__ */ signature(
  'uniform_',
  { from: optional(number), to: optional(number) },
  drawOptions,
)
export const NORMAL_ = /* @__PURE__ */ signature(
  'normal_',
  { mean: optional(number), std: optional(number) },
  drawOptions,
)
export const EXPONENTIAL_ = /* @__PURE__ */ signature('exponential_', { lambda: optional(number) }, drawOptions)
export const BERNOULLI_ = /* @__PURE__ */ signature('bernoulli_', { p: optional(number) }, drawOptions)
export const RANDOM_ = /* @__PURE__ */ signature(
  'random_',
  { low: optional(integer, null), high: optional(integer, null) },
  drawOptions,
)

export class Random extends Indexing {
  /** Uniform numbers in [from, to). */
  uniform_(from?: number, to?: number, options?: DrawOptions): this
  uniform_(from = 0, to = 1): this {
    const { dtype } = this
    return floatOf(this, 'uniform_', UNIFORM_.read(arguments), (generator, out) =>
      uniform(dtype, generator, out, from, to),
    )
  }
  /** Normal numbers in place of all elements. */
  normal_(mean?: number, std?: number, options?: DrawOptions): this
  normal_(mean = 0, std = 1): this {
    return floatOf(this, 'normal_', NORMAL_.read(arguments), (generator, out) => generator.normal(out, mean, std))
  }
  /** Exponential numbers of rate `lambda`. */
  exponential_(lambda?: number, options?: DrawOptions): this
  exponential_(lambda = 1): this {
    return floatOf(this, 'exponential_', EXPONENTIAL_.read(arguments), (generator, out) =>
      generator.exponential(out, lambda),
    )
  }
  /** Ones with probability `p`, else zeros. */
  bernoulli_(p?: number, options?: DrawOptions): this
  bernoulli_(p = 0.5): this {
    return drawOf(this, 'bernoulli_', BERNOULLI_.read(arguments), (generator, out) => generator.bernoulli(out, p))
  }
  /** Integers in [low, high); in [0, low) with one bound; over the whole range of the dtype without. */
  random_(low?: number | null, high?: number | null, options?: DrawOptions): this
  random_(low?: number | null, high?: number | null): this {
    const { dtype } = this
    const options = RANDOM_.read(arguments)
    if (low != null) assertCounts('random_', dtype, high == null ? 0 : low, (high ?? low) - 1)
    return drawOf(this, 'random_', options, (generator, out) => {
      if (low == null)
        void (dtype === 'bool' ? generator.randomBool(out as Uint8Array) : anyInteger(dtype, generator, out))
      else generator.randint(out, high == null ? 0 : low, high ?? low)
    })
  }
}

function drawOf<T extends Random>(
  self: T,
  operation: string,
  { generator = defaultGenerator }: DrawOptions,
  fill: (generator: Generator, out: Elements) => void,
): T {
  const drawn = called(operation, () => filled(self.type, self.value.device, generator, fill))
  self.moveTo(drawn, operation)
  return self
}

function floatOf<T extends Random>(
  self: T,
  operation: string,
  options: DrawOptions,
  fill: (generator: Generator, out: Float32Array) => void,
): T {
  if (!isFloat(self.dtype)) throw new DTypeError(operation, [self.dtype], 'needs a floating-point dtype')
  return drawOf(self, operation, options, (generator, out) => fill(generator, out as Float32Array))
}
