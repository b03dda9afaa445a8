/**
 * The random numbers of PyTorch's CPU generator, bit for bit: every method draws what the kernel of PyTorch 2 of the
 * same name draws, in the same order. Host memory only: nothing here knows tensors, and shapes do not matter, as all
 * kernels fill in memory order.
 *
 * Sources: ATen/CPUGeneratorImpl.cpp (engine, state), ATen/core/TransformationHelper.h and DistributionsHelper.h
 * (the transformations), ATen/native/cpu/DistributionTemplates.h (the kernels).
 */
import { entropy } from './entropy.ts'
import { fma64, roundSum } from './fused.ts'
import { integerBounds } from './integer-bounds.ts'
import { fillBernoulliMcg31 } from './mcg31.ts'
import { Mt19937 } from './mt19937.ts'
import { normal16, normal16Double } from './normal.ts'
import { decodeState, encodeState } from './state.ts'
import type { OwnBytes, OwnIntegers } from '../contract/dtype.ts'
import { OptionError } from '../contract/errors.ts'
import { either, natural, number, oneOf } from '../signature/kind.ts'
import { bare, optional, signature, type OptionsOf } from '../signature/signature.ts'
import {
  anyNumbers,
  bound,
  byteArray,
  floats,
  numbers,
  seedNumber,
  type FloatArray,
  type NumberArray,
} from './kinds.ts'

export type { FloatArray, NumberArray } from './kinds.ts'

const bernoulliOptions = {
  /**
   * Whose stream: 'generic' (default) is PyTorch's own kernel, two 32-bit draws per element; 'intel' is what its MKL
   * builds run on Intel processors, one 32-bit draw per call.
   */
  flavour: optional(oneOf('generic', 'intel'), 'generic'),
}
export interface BernoulliOptions extends OptionsOf<typeof bernoulliOptions> {}

export const BARE = /* @__PURE__ */ bare('initialSeed', 'seed', 'getState', 'uint32', 'int64')
export const GENERATOR = /* @__PURE__ */ signature('Generator', {
  seed: optional(either(seedNumber, oneOf('entropy'))),
})
export const MANUAL_SEED = /* @__PURE__ */ signature('manualSeed', { seed: seedNumber })
export const SET_STATE = /* @__PURE__ */ signature('setState', { state: byteArray })
export const UNIFORM = /* @__PURE__ */ signature('uniform', {
  out: floats,
  from: optional(number),
  to: optional(number),
})
export const NORMAL = /* @__PURE__ */ signature('normal', {
  out: floats,
  mean: optional(number),
  std: optional(number),
})
export const EXPONENTIAL = /* @__PURE__ */ signature('exponential', { out: floats, lambda: optional(number) })
export const BERNOULLI = /* @__PURE__ */ signature('bernoulli', { out: numbers, p: optional(number) }, bernoulliOptions)
export const BERNOULLI_FROM = /* @__PURE__ */ signature('bernoulliFrom', { out: numbers, probabilities: floats })
export const RANDINT = /* @__PURE__ */ signature('randint', { out: anyNumbers, low: bound, high: bound })
export const RANDOM = /* @__PURE__ */ signature('random', { out: anyNumbers })
export const RANDOM_BOOL = /* @__PURE__ */ signature('randomBool', { out: byteArray })
export const RANDPERM = /* @__PURE__ */ signature('randperm', { n: natural })

const { fround } = Math
/** The seed of a generator that was given none: PyTorch's `default_rng_seed_val`. */
const DEFAULT_SEED = 67280421310721n
const FLOAT32_MAX = 3.4028234663852886e38
const TWO_32 = 0x100000000
/** From this range on, integers are made of 64 bits (PyTorch 2; 1.13 had 2^32), to keep the skew of `%` small. */
const WIDE_RANGE = 2 ** 28
/** From this size on, PyTorch permutes with 64-bit draws: 2^32 / 20. */
const LARGE_PERMUTATION = Math.floor((TWO_32 - 1) / 20)

let assertRoom: (bytes: number, operation: string) => void = () => {}
/** @internal Who throws where there is no room for so many bytes: devices are above this layer. */
export function roomWith(check: typeof assertRoom): void {
  assertRoom = check
}

/**
 * A stream of random numbers, the same as PyTorch's for the same seed. It starts at `seed`, by default 67280421310721 as there;
 * 'entropy' takes the platform's at the first use. Methods that draw fill the given array, in order, and return it.
 * Source: https://pytorch.org/docs/stable/generated/torch.Generator.html
 */
export class Generator {
  readonly #engine = new Mt19937()
  /** The second half of a Box-Muller pair, kept for the next call. */
  #cachedNormal: number | undefined

  constructor(seed: number | bigint | 'entropy' = DEFAULT_SEED) {
    GENERATOR.read(arguments)
    if (seed !== 'entropy') this.#engine.reseed(seedBits('Generator', seed))
  }

  /**
   * Restarts the stream at `seed` and forgets the cached normal. Fractions are dropped, as `torch.manual_seed` does,
   * and a negative seed s means 2^64 + s. Only the low 32 bits matter for the stream.
   * @throws OptionError if the seed is not finite or outside [-2^63, 2^64 - 1].
   */
  manualSeed(seed: number | bigint): this {
    MANUAL_SEED.read(arguments)
    this.#engine.reseed(seedBits('manualSeed', seed))
    this.#cachedNormal = undefined
    return this
  }

  /** The seed that the stream started from, as an unsigned 64-bit integer: 2^64 - 1 after `manualSeed(-1)`. */
  initialSeed(): bigint {
    BARE.initialSeed.read(arguments)
    return this.#engine.seed
  }

  /** @internal Another number after every draw and every new beginning. */
  get position(): number {
    return this.#engine.position
  }

  /** Restarts the stream at a non-deterministic seed of 53 bits and returns that seed. */
  seed(): bigint {
    BARE.seed.read(arguments)
    const seed = entropy()
    this.manualSeed(seed)
    return seed
  }

  /** The state as 5056 bytes, the cached normal included, in the layout of `torch.get_rng_state()` (state.ts). */
  getState(): OwnBytes {
    BARE.getState.read(arguments)
    return encodeState({ engine: this.#engine.state, cachedNormal: this.#cachedNormal })
  }

  /**
   * Continues from a state of `getState()` or `torch.get_rng_state()`; the bytes are copied.
   * @throws OptionError if there are not 5056 bytes or their counters are impossible; the stream is then unchanged.
   */
  setState(state: Uint8Array): this {
    SET_STATE.read(arguments)
    const { engine, cachedNormal } = decodeState(state)
    this.#engine.state = engine
    this.#cachedNormal = cachedNormal
    return this
  }

  /** One 32-bit draw: an integer from 0 to 2^32 - 1. */
  uint32(): number {
    BARE.uint32.read(arguments)
    return this.#engine.uint32()
  }

  /** One int64 as `torch.empty((), dtype=torch.int64).random_()` draws it: from 0 to 2^63 - 1, two 32-bit draws. */
  int64(): bigint {
    BARE.int64.read(arguments)
    const high = this.#engine.uint32()
    return (BigInt(high & 0x7fffffff) << 32n) | BigInt(this.#engine.uint32())
  }

  /**
   * Uniform numbers in [from, to), by default [0, 1): `torch.rand`, `Tensor.uniform_`. One 32-bit draw per float32, two
   * per float64. Where rounding reaches `to`, the result is `from` (PyTorch 2).
   * @throws OptionError if from > to, or if a bound or their distance exceeds the element type.
   */
  uniform<A extends FloatArray>(out: A, from: number = 0, to: number = 1): A {
    UNIFORM.read(arguments)
    assertUniformBounds(out, from, to)
    if (out instanceof Float32Array) {
      if (from === 0 && to === 1) this.#unit32(out, 0, out.length)
      else this.#uniform32(out, fround(from), fround(to))
    } else {
      this.#uniform64(out, from, to)
    }
    return out
  }

  /**
   * Normal numbers, by default with mean 0 and standard deviation 1: `torch.randn`, `Tensor.normal_`.
   *
   * Below 16 elements: pairs, of which the second waits in the generator for the next such call. From 16 on: blocks of
   * 16, where an incomplete last block is replaced by the last 16 elements drawn anew (n = 17 costs 33 uniforms).
   * @throws OptionError if std is negative or NaN.
   */
  normal<A extends FloatArray>(out: A, mean: number = 0, std: number = 1): A {
    NORMAL.read(arguments)
    if (!(std >= 0)) throw new OptionError('normal', `normal expects std >= 0.0, but found std ${std}`)
    if (out.length < 16) for (let i = 0; i < out.length; i++) out[i] = fma64(this.#gauss(), std, mean)
    else if (out instanceof Float32Array) this.#normal32(out, fround(mean), fround(std))
    else this.#normal64(out, mean, std)
    return out
  }

  /**
   * Exponential numbers of rate `lambda` (default 1): `Tensor.exponential_`. Two 32-bit draws per element.
   * @throws OptionError if lambda is not positive.
   */
  exponential<A extends FloatArray>(out: A, lambda: number = 1): A {
    EXPONENTIAL.read(arguments)
    if (!(lambda > 0))
      throw new OptionError('exponential', `exponential_ expects lambda > 0.0, but found lambda=${lambda}`)
    const scale = -1 / lambda
    for (let i = 0; i < out.length; i++) out[i] = scale * Math.log1p(-this.#unit53())
    return out
  }

  /**
   * Ones with probability p, else zeros: `Tensor.bernoulli_(p)`, dropout's masks. See BernoulliOptions for the draws.
   * @throws OptionError if p is outside [0, 1].
   */
  bernoulli<A extends NumberArray>(out: A, p?: number, options?: BernoulliOptions): A
  bernoulli<A extends NumberArray>(out: A, p: number = 0.5): A {
    const { flavour } = BERNOULLI.read(arguments)
    if (!(p >= 0 && p <= 1)) throw new OptionError('bernoulli', `bernoulli_ expects p to be in [0, 1], but got p=${p}`)
    if (out.length === 0) return out
    if (flavour === 'intel') fillBernoulliMcg31(out, p, this.#engine.uint32())
    else for (let i = 0; i < out.length; i++) out[i] = this.#unit53() < p ? 1 : 0
    return out
  }

  /**
   * Ones with the probability that stands at the same place in `probabilities`, else zeros: `torch.bernoulli(P)`. One
   * 32-bit draw per element for float32 probabilities, two for float64.
   * @throws OptionError if the lengths differ or a probability is outside [0, 1]; nothing is drawn then.
   */
  bernoulliFrom<A extends NumberArray>(out: A, probabilities: FloatArray): A {
    BERNOULLI_FROM.read(arguments)
    if (out.length !== probabilities.length) {
      throw new OptionError('bernoulliFrom', `${probabilities.length} probabilities for ${out.length} elements`)
    }
    const outside = probabilities.findIndex((p) => !(p >= 0 && p <= 1))
    if (outside >= 0) {
      throw new OptionError(
        'bernoulliFrom',
        'Expected p_in >= 0 && p_in <= 1 to be true, but got false.' +
          ` (p is ${probabilities[outside]} at index ${outside})`,
      )
    }
    const single = probabilities instanceof Float32Array
    for (let i = 0; i < out.length; i++) {
      const u = single ? (this.#engine.uint32() & 0xffffff) * 2 ** -24 : this.#unit53()
      out[i] = u < probabilities[i]! ? 1 : 0
    }
    return out
  }

  /**
   * Integers in [low, high): `torch.randint`, `Tensor.random_(low, high)`. One 32-bit draw per element where
   * high - low < 2^28, else two. For floating-point elements the bounds move inwards to representable numbers.
   * @throws OptionError if the bounds are no integers, low >= high, or the element type cannot hold them.
   */
  randint<A extends NumberArray | BigInt64Array>(out: A, low: number | bigint, high: number | bigint): A {
    RANDINT.read(arguments)
    const { from, range } = integerBounds(out, low, high)
    const base = Number(from)
    const width = Number(range)
    if (out instanceof BigInt64Array) {
      for (let i = 0; i < out.length; i++) out[i] = this.#bigInteger(from, range)
    } else if (width > 2 ** 37 || !Number.isSafeInteger(base)) {
      for (let i = 0; i < out.length; i++) out[i] = Number(this.#bigInteger(from, range))
    } else if (width >= WIDE_RANGE) {
      for (let i = 0; i < out.length; i++) out[i] = base + this.#uint64Modulo(width)
    } else {
      for (let i = 0; i < out.length; i++) out[i] = base + (this.#engine.uint32() % (width >>> 0))
    }
    return out
  }

  /**
   * Integers over the element type's whole range from 0 on, as `Tensor.random_()` without bounds: int32 below 2^31,
   * int64 (BigInt64Array) below 2^63, uint8 below 256, float32 up to 2^24, float64 up to 2^53. One 32-bit draw per
   * element, two for int64 and float64. For bool see `randomBool`.
   */
  random<A extends NumberArray | BigInt64Array>(out: A): A {
    RANDOM.read(arguments)
    if (out instanceof BigInt64Array) {
      for (let i = 0; i < out.length; i++) out[i] = this.int64()
    } else if (out instanceof Float64Array) {
      for (let i = 0; i < out.length; i++) out[i] = Number(this.#uint64() % (2n ** 53n + 1n))
    } else {
      const range = out instanceof Float32Array ? 2 ** 24 + 1 : out instanceof Int32Array ? 2 ** 31 : 256
      for (let i = 0; i < out.length; i++) out[i] = this.#engine.uint32() % range
    }
    return out
  }

  /** Zeros and ones, the lowest bit of one 32-bit draw each: `Tensor.random_()` of a bool tensor. */
  randomBool(out: Uint8Array): Uint8Array {
    RANDOM_BOOL.read(arguments)
    for (let i = 0; i < out.length; i++) out[i] = this.#engine.uint32() & 1
    return out
  }

  /**
   * A random permutation of 0 ... n-1: `torch.randperm(n)`. n - 1 32-bit draws (Fisher-Yates, from the front).
   * @throws OptionError if n is negative, no integer or above 2^31 - 1; MemoryError where the default device has no room for it.
   */
  randperm(n: number): OwnIntegers {
    RANDPERM.read(arguments)
    if (n > 0x7fffffff) throw new OptionError('randperm', `n must be an int32 (got ${n})`)
    assertRoom(4 * n, 'randperm')
    const order = new Int32Array(n)
    if (n >= LARGE_PERMUTATION) return this.#insideOut(order)
    for (let i = 0; i < n; i++) order[i] = i
    for (let i = 0; i < n - 1; i++) {
      const other = i + (this.#engine.uint32() % ((n - i) >>> 0))
      const taken = order[i]!
      order[i] = order[other]!
      order[other] = taken
    }
    return order
  }

  #insideOut(order: OwnIntegers): OwnIntegers {
    for (let i = 0; i < order.length; i++) {
      const other = this.#uint64Modulo(i + 1)
      order[i] = order[other]!
      order[other] = i
    }
    return order
  }

  /** Uniform in [0, 1) with 53 bits: the low 21 bits of the first draw, then the second. */
  #unit53(): number {
    const high = this.#engine.uint32() & 0x1fffff
    return (high * TWO_32 + this.#engine.uint32()) * 2 ** -53
  }

  #uint64(): bigint {
    const high = this.#engine.uint32()
    return (BigInt(high) << 32n) | BigInt(this.#engine.uint32())
  }

  /** An integer in [from, from + range), in exact integers. */
  #bigInteger(from: bigint, range: bigint): bigint {
    return from + ((range < WIDE_RANGE ? BigInt(this.#engine.uint32()) : this.#uint64()) % range)
  }

  /** A 64-bit draw modulo range <= 2^37, brought in by pieces so that every step is exact in a double. */
  #uint64Modulo(range: number): number {
    const high = this.#engine.uint32() % range
    const low = this.#engine.uint32()
    return (((high * 65536 + (low >>> 16)) % range) * 65536 + (low & 0xffff)) % range
  }

  /** Uniform in [0, 1) with 24 bits, into out[start ... end - 1]. */
  #unit32(out: Float32Array, start: number, end: number): void {
    const engine = this.#engine
    for (let i = start; i < end; i++) out[i] = (engine.uint32() & 0xffffff) * 2 ** -24
  }

  #uniform32(out: Float32Array, from: number, to: number): void {
    const engine = this.#engine
    const width = roundSum(to, -from)
    for (let i = 0; i < out.length; i++) {
      // u and width have 24 bits each, so their product is exact: one rounding, as in PyTorch's FMA.
      const u = (engine.uint32() & 0xffffff) * 2 ** -24
      const drawn = roundSum(u * width, from)
      out[i] = drawn === to ? from : drawn
    }
  }

  #uniform64(out: Float64Array, from: number, to: number): void {
    const width = to - from
    for (let i = 0; i < out.length; i++) {
      const drawn = fma64(this.#unit53(), width, from)
      out[i] = drawn === to ? from : drawn
    }
  }

  /** One standard normal number in double, from the cache or a new Box-Muller pair. */
  #gauss(): number {
    const cached = this.#cachedNormal
    if (cached !== undefined) {
      this.#cachedNormal = undefined
      return cached
    }
    // Here the first uniform is the angle and the second the radius, the other way round than in normal16.
    const theta = 2 * Math.PI * this.#unit53()
    const radius = Math.sqrt(-2 * Math.log1p(-this.#unit53()))
    this.#cachedNormal = radius * Math.sin(theta)
    return radius * Math.cos(theta)
  }

  #normal32(out: Float32Array, mean: number, std: number): void {
    const n = out.length
    this.#unit32(out, 0, n)
    for (let i = 0; i <= n - 16; i += 16) normal16(out, i, mean, std)
    if (n % 16 === 0) return
    this.#unit32(out, n - 16, n)
    normal16(out, n - 16, mean, std)
  }

  #normal64(out: Float64Array, mean: number, std: number): void {
    const n = out.length
    for (let i = 0; i < n; i++) out[i] = this.#unit53()
    for (let i = 0; i <= n - 16; i += 16) normal16Double(out, i, mean, std)
    if (n % 16 === 0) return
    for (let i = n - 16; i < n; i++) out[i] = this.#unit53()
    normal16Double(out, n - 16, mean, std)
  }
}

function seedBits(operation: string, seed: number | bigint): bigint {
  if (typeof seed === 'number' && !Number.isFinite(seed)) {
    throw new OptionError(operation, `cannot convert float ${Number.isNaN(seed) ? 'NaN' : 'infinity'} to integer`)
  }
  const whole = typeof seed === 'number' ? BigInt(Math.trunc(seed)) : seed
  if (whole < -(2n ** 63n) || whole >= 2n ** 64n) {
    throw new OptionError(
      operation,
      `Overflow when unpacking long long; a seed lies in [-2^63, 2^64 - 1] (got ${whole})`,
    )
  }
  return BigInt.asUintN(64, whole)
}

function assertUniformBounds(out: FloatArray, from: number, to: number): void {
  const single = out instanceof Float32Array
  const type = single ? 'float' : 'double'
  const max = single ? FLOAT32_MAX : Number.MAX_VALUE
  if (!(Math.abs(from) <= max)) throw new OptionError('uniform', `from is out of bounds for ${type} (got ${from})`)
  if (!(Math.abs(to) <= max)) throw new OptionError('uniform', `to is out of bounds for ${type} (got ${to})`)
  if (from > to) {
    throw new OptionError('uniform', `uniform_ expects to return a [from, to) range, but found from=${from} > to=${to}`)
  }
  if (to - from > max) {
    throw new OptionError(
      'uniform',
      `uniform_ expects to-from <= std::numeric_limits<${single ? 'Float' : 'Double'}>::max(), ` +
        `but found to=${to} and from=${from} which result in to-from to exceed the limit`,
    )
  }
}
