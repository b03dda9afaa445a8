/** Functions that make tensors. Numbers make float32 unless `dtype` says otherwise. */
import type { DType, Shape } from '../contract/contract.ts'
import { DTYPES, type Elements } from '../contract/dtype.ts'
import { DTypeError, OptionError, ShapeError } from '../contract/errors.ts'
import { isFloat, typeOf } from '../ir/type.ts'
import { defaultGenerator } from '../random/default-generator.ts'
import type { FloatArray, Generator } from '../random/generator.ts'
import { multinomial as sample } from '../random/multinomial.ts'
import { called } from '../engine/called.ts'
import {
  any,
  boolean,
  device as deviceKind,
  dtype as dtypeKind,
  integer,
  natural,
  number,
  positive,
} from '../signature/kind.ts'
import { optional, signature, type OptionsOf, type ValuesOf } from '../signature/signature.ts'
import { defaultDevice, deviceOf, withDevice, type Device } from '../engine/device.ts'
import { apply, currentTracer, type Arg } from '../engine/door.ts'
import { noGrad } from '../engine/grad-node.ts'
import type { Handle } from '../engine/handle.ts'
import { computed, constant, download, elementOf, filled, parse, type TensorData } from '../engine/host.ts'
import { scalar, shape as shapeKind, tensor as tensorKind } from '../engine/kinds.ts'
import { drawOptions, type DrawOptions } from './methods/random.ts'
import { one } from './one.ts'
import { NONE, type Op } from '../engine/op.ts'
import * as fills from '../ops/fill.ts'
import { probability } from '../ops/refusal.ts'
import { sized } from './sizes.ts'
import type { DTypeOfData, ShapeOfData } from './static-data.ts'
import type { DTypeOf, GivenDType, WithNumber } from './static-dtype.ts'
import type { AnyShape, GivenShape, ShapeOf } from './static-shape.ts'
import { Tensor } from './tensor.ts'
import { assertCounts, uniform } from './uniform.ts'

export type { DrawOptions } from './methods/random.ts'

const creationOptions = {
  /** Default float32 (bool for booleans, the array's own for typed arrays). */
  dtype: optional(dtypeKind),
  /** Default: the default device. */
  device: optional(deviceKind),
  /** Record operations on it for backward. Default false. */
  requiresGrad: optional(boolean, false),
}
export interface CreationOptions<D extends DType = DType> extends OptionsOf<typeof creationOptions> {
  readonly dtype?: D | undefined
}
const randomOptions = { ...drawOptions, ...creationOptions }
export interface RandomOptions<D extends DType = DType> extends OptionsOf<typeof randomOptions> {
  readonly dtype?: D | undefined
}
const tensorOptions = {
  ...creationOptions,
  /** Default: that of the nested arrays; of a typed array one dimension. */
  shape: optional(shapeKind),
}
export interface TensorOptions<D extends DType = DType, S extends Shape = Shape> extends OptionsOf<
  typeof tensorOptions
> {
  readonly dtype?: D | undefined
  readonly shape?: S | undefined
}
const logspaceOptions = {
  /** Default 10. */
  base: optional(number, 10),
  ...creationOptions,
}
export interface LogspaceOptions<D extends DType = DType> extends OptionsOf<typeof logspaceOptions> {
  readonly dtype?: D | undefined
}
const multinomialOptions = {
  /** Whether an index may be drawn again; default false. */
  replacement: optional(boolean, false),
  ...drawOptions,
}
export interface MultinomialOptions extends OptionsOf<typeof multinomialOptions> {}

const steps = { start: number, end: number, steps: natural }
const like = { x: tensorKind }
export const TENSOR = /* @__PURE__ */ signature('tensor', { data: any<TensorData>() }, tensorOptions)
export const ZEROS = /* @__PURE__ */ signature('zeros', { shape: shapeKind }, creationOptions)
export const ONES = /* @__PURE__ */ signature('ones', { shape: shapeKind }, creationOptions)
export const EMPTY = /* @__PURE__ */ signature('empty', { shape: shapeKind }, creationOptions)
export const FULL = /* @__PURE__ */ signature('full', { shape: shapeKind, value: scalar }, creationOptions)
export const EYE = /* @__PURE__ */ signature('eye', { n: natural, m: optional(natural) }, creationOptions)
export const ARANGE = /* @__PURE__ */ signature(
  'arange',
  { start: number, end: optional(number), step: optional(number) },
  creationOptions,
)
export const LINSPACE = /* @__PURE__ */ signature('linspace', steps, creationOptions)
export const LOGSPACE = /* @__PURE__ */ signature('logspace', steps, logspaceOptions)
export const RAND = /* @__PURE__ */ signature('rand', { shape: shapeKind }, randomOptions)
export const RANDN = /* @__PURE__ */ signature('randn', { shape: shapeKind }, randomOptions)
export const RANDINT = /* @__PURE__ */ signature(
  'randint',
  { low: integer, high: integer, shape: shapeKind },
  randomOptions,
)
export const RANDPERM = /* @__PURE__ */ signature('randperm', { n: natural }, randomOptions)
export const NORMAL = /* @__PURE__ */ signature(
  'normal',
  { mean: number, std: number, shape: shapeKind },
  randomOptions,
)
export const ZEROS_LIKE = /* @__PURE__ */ signature('zerosLike', like, creationOptions)
export const ONES_LIKE = /* @__PURE__ */ signature('onesLike', like, creationOptions)
export const EMPTY_LIKE = /* @__PURE__ */ signature('emptyLike', like, creationOptions)
export const FULL_LIKE = /* @__PURE__ */ signature('fullLike', { ...like, value: scalar }, creationOptions)
export const RAND_LIKE = /* @__PURE__ */ signature('randLike', like, randomOptions)
export const RANDN_LIKE = /* @__PURE__ */ signature('randnLike', like, randomOptions)
export const RANDINT_LIKE = /* @__PURE__ */ signature(
  'randintLike',
  { ...like, low: integer, high: integer },
  randomOptions,
)
export const BERNOULLI = /* @__PURE__ */ signature('bernoulli', { probabilities: tensorKind }, drawOptions)
export const MULTINOMIAL = /* @__PURE__ */ signature(
  'multinomial',
  { weights: tensorKind, samples: positive },
  multinomialOptions,
)

type Creation = ValuesOf<typeof creationOptions>
type Drawing = ValuesOf<typeof randomOptions>

const place = ({ device: named }: Creation): Device => (named === undefined ? defaultDevice() : deviceOf(named))

/** Names the class, so that bundlers, which see no import of it behind the door, keep its methods. */
function finish(made: Handle, { requiresGrad }: Creation): Tensor {
  const result = new Tensor(made.value)
  if (requiresGrad) result.requiresGrad = true
  return result
}

/** The result of `op` in the name of `operation`. */
function create<A extends fills.Fill>(
  operation: string,
  op: Op<A>,
  attrs: A,
  numbers: readonly number[],
  options: Creation,
): Tensor {
  return called(operation, () => {
    const device = place(options)
    // Nothing is allocated while a function is recorded.
    if (currentTracer() !== null) device.assertRoom(typeOf(attrs.dtype, attrs.shape).byteLength)
    return finish(
      withDevice(device, () => apply(op, attrs, numbers as readonly Arg[])[0]!),
      options,
    )
  })
}

/**
 * A tensor of nested arrays or of a typed array (with `shape`, default one axis). Copies the data.
 * Errors: ShapeError where nested lengths differ, DTypeError where a number is no int32.
 * Source: https://pytorch.org/docs/stable/generated/torch.tensor.html
 *
 * @example
 * ```ts
 * import { tensor } from '@glissade/core'
 *
 * const x = tensor([[1, 2], [3, 4]])
 * console.log(x.shape, x.dtype) // [ 2, 2 ] float32
 * const labels = tensor([2, 0], { dtype: 'int32' })
 * console.log(await labels.toArray()) // [ 2, 0 ]
 * ```
 */
export function tensor<
  const A extends TensorData,
  D extends DType = DTypeOfData<A>,
  const S extends Shape = ShapeOfData<A>,
>(data: A, options?: TensorOptions<D, S>): Tensor<GivenShape<S>, GivenDType<NoInfer<D>>>
export function tensor(data: TensorData): Tensor {
  const options = TENSOR.read(arguments)
  return called('tensor', () => {
    const device = place(options)
    const { type, array } = parse(data, options.dtype, options.shape)
    return finish(constant(type, device, array), options)
  })
}

/**
 * Zeros of a shape, which is a list or stands in numbers: `zeros([2, 3])`, `zeros(2, 3)`.
 * Source: https://pytorch.org/docs/stable/generated/torch.zeros.html
 */
export function zeros<const S extends Shape, D extends DType = 'float32'>(
  shape: S,
  options?: CreationOptions<D>,
): Tensor<GivenShape<S>, GivenDType<NoInfer<D>>>
export function zeros<const S extends Shape, D extends DType = 'float32'>(
  ...sizes: readonly [...S, CreationOptions<D>]
): Tensor<GivenShape<S>, GivenDType<NoInfer<D>>>
export function zeros<const S extends Shape>(...sizes: S): Tensor<GivenShape<S>, 'float32'>
export function zeros(): Tensor {
  const { sizes, options } = sized(ZEROS, arguments)
  return create('zeros', fills.zeros, { dtype: options.dtype ?? 'float32', shape: sizes }, [], options)
}
/**
 * Ones of a shape, which is a list or stands in numbers: `ones([2, 3])`, `ones(2, 3)`.
 * Source: https://pytorch.org/docs/stable/generated/torch.ones.html
 */
export function ones<const S extends Shape, D extends DType = 'float32'>(
  shape: S,
  options?: CreationOptions<D>,
): Tensor<GivenShape<S>, GivenDType<NoInfer<D>>>
export function ones<const S extends Shape, D extends DType = 'float32'>(
  ...sizes: readonly [...S, CreationOptions<D>]
): Tensor<GivenShape<S>, GivenDType<NoInfer<D>>>
export function ones<const S extends Shape>(...sizes: S): Tensor<GivenShape<S>, 'float32'>
export function ones(): Tensor {
  const { sizes, options } = sized(ONES, arguments)
  return create('ones', fills.ones, { dtype: options.dtype ?? 'float32', shape: sizes }, [], options)
}
/**
 * A tensor to be written: zeros here, so that nothing is ever undefined.
 * Source: https://pytorch.org/docs/stable/generated/torch.empty.html
 */
export function empty<const S extends Shape, D extends DType = 'float32'>(
  shape: S,
  options?: CreationOptions<D>,
): Tensor<GivenShape<S>, GivenDType<NoInfer<D>>>
export function empty<const S extends Shape, D extends DType = 'float32'>(
  ...sizes: readonly [...S, CreationOptions<D>]
): Tensor<GivenShape<S>, GivenDType<NoInfer<D>>>
export function empty<const S extends Shape>(...sizes: S): Tensor<GivenShape<S>, 'float32'>
export function empty(): Tensor {
  const { sizes, options } = sized(EMPTY, arguments)
  return create('empty', fills.zeros, { dtype: options.dtype ?? 'float32', shape: sizes }, [], options)
}
/** One number everywhere, in a tensor of this shape. Source: https://pytorch.org/docs/stable/generated/torch.full.html */
export function full<const S extends Shape, D extends DType = 'float32'>(
  shape: S,
  value: number,
  options?: CreationOptions<D>,
): Tensor<GivenShape<S>, GivenDType<NoInfer<D>>>
export function full(shape: Shape, value: number): Tensor {
  const options = FULL.read(arguments)
  return fullOf('full', shape, value, options.dtype ?? 'float32', options)
}
function fullOf(operation: string, sizes: Shape, value: number, type: DType, options: Creation): Tensor {
  const element = typeof value === 'number' ? elementOf(operation, value, type) : value
  return create(operation, fills.full, { dtype: type, shape: sizes }, [element], options)
}
/** The identity matrix of n rows and m (default n) columns. Source: https://pytorch.org/docs/stable/generated/torch.eye.html */
export function eye<N extends number, M extends number = N, D extends DType = 'float32'>(
  n: N,
  m?: M,
  options?: CreationOptions<D>,
): Tensor<readonly [N, NoInfer<M>], GivenDType<NoInfer<D>>>
export function eye(n: number, m: number = n): Tensor {
  const options = EYE.read(arguments)
  return create('eye', fills.eye, { dtype: options.dtype ?? 'float32', shape: [n, m] }, [], options)
}
/** How many numbers `arange` gives, where the compiler can tell. */
type RangeLength<A extends number, B extends number, C extends number> = [B] extends [never]
  ? Count<A>
  : [A, C] extends [0, 1]
    ? Count<B>
    : number
type Count<N extends number> = `${N}` extends `-${string}` ? number : `${N}` extends `${bigint}` ? N : number

/** Elements that the host computes in double and rounds once. */
function listed(
  operation: string,
  length: number,
  element: (i: number) => number,
  dtype: DType,
  options: Creation,
): Tensor {
  return called(operation, () => finish(computed(operation, typeOf(dtype, [length]), place(options), element), options))
}
/**
 * start, start + step, ... below end (above, for negative steps). With one number: 0 to it. int32 where all are integers.
 * Source: https://pytorch.org/docs/stable/generated/torch.arange.html
 */
export function arange<
  A extends number,
  B extends number = never,
  C extends number = 1,
  D extends DType = WithNumber<WithNumber<WithNumber<'int32', A>, B>, C>,
>(
  start: A,
  end?: B,
  step?: C,
  options?: CreationOptions<D>,
): Tensor<readonly [RangeLength<A, B, C>], GivenDType<NoInfer<D>>>
export function arange(start: number, end?: number, step = 1): Tensor {
  const options = ARANGE.read(arguments)
  const [from, to] = end === undefined ? [0, start] : [start, end]
  if (step === 0 || !Number.isFinite(step))
    throw new OptionError('arange', `step must be finite and not 0 (got ${step})`)
  if (!Number.isFinite(from) || !Number.isFinite(to))
    throw new OptionError('arange', `the ends must be finite (got ${from} and ${to})`)
  if ((to - from) * step < 0) throw new OptionError('arange', `from ${from} to ${to} does not go in steps of ${step}`)
  const integers = [from, to, step].every(Number.isInteger)
  const length = Math.ceil((to - from) / step)
  const type = options.dtype ?? (integers ? 'int32' : 'float32')
  const last = from + (length - 1) * step
  // The device counts in int32.
  const [least, greatest] = DTYPES[type].range
  const counted =
    integers &&
    [from, last, step].every((x) => x === (x | 0)) &&
    Math.min(from, last) >= least &&
    Math.max(from, last) <= greatest
  if (counted) return create('arange', fills.arange, { dtype: type, shape: [length] }, [from, step], options)
  return listed('arange', length, (i) => from + i * step, type, options)
}
/** The i-th of so many evenly spaced numbers, from the nearer end, so that both are exact. */
function spaced(start: number, end: number, count: number): (i: number) => number {
  const step = count > 1 ? (end - start) / (count - 1) : 0
  return (i) => (i < count / 2 ? start + i * step : end - (count - 1 - i) * step)
}
/**
 * `steps` numbers from start to end, both included, evenly spaced.
 * Source: https://pytorch.org/docs/stable/generated/torch.linspace.html
 */
export function linspace<N extends number, D extends DType = 'float32'>(
  start: number,
  end: number,
  steps: N,
  options?: CreationOptions<D>,
): Tensor<readonly [N], GivenDType<NoInfer<D>>>
export function linspace(start: number, end: number, count: number): Tensor {
  const options = LINSPACE.read(arguments)
  return listed('linspace', count, spaced(start, end, count), options.dtype ?? 'float32', options)
}
/** `base` (10) to the powers that linspace gives. Source: https://pytorch.org/docs/stable/generated/torch.logspace.html */
export function logspace<N extends number, D extends DType = 'float32'>(
  start: number,
  end: number,
  steps: N,
  options?: LogspaceOptions<D>,
): Tensor<readonly [N], GivenDType<NoInfer<D>>>
export function logspace(start: number, end: number, count: number): Tensor {
  const { base, ...options } = LOGSPACE.read(arguments)
  const power = spaced(start, end, count)
  return listed('logspace', count, (i) => base ** power(i), options.dtype ?? 'float32', options)
}

function random(
  operation: string,
  sizes: Shape,
  options: Drawing,
  type: DType,
  fill: (generator: Generator, out: Elements) => void,
): Tensor {
  const { generator = defaultGenerator } = options
  return called(operation, () => finish(filled(typeOf(type, sizes), place(options), generator, fill), options))
}
function randomly(operation: string, sizes: Shape, options: Drawing): Tensor {
  const type = floating(operation, options)
  return random(operation, sizes, options, type, (generator, out) => uniform(type, generator, out))
}
function drawnIntegers(
  operation: string,
  sizes: Shape,
  options: Drawing,
  type: DType,
  low: number,
  high: number,
): Tensor {
  assertCounts(operation, type, low, high - 1)
  return random(operation, sizes, options, type, (generator, out) => generator.randint(out, low, high))
}
function floating(operation: string, { dtype: type = 'float32' }: Creation): DType {
  if (!isFloat(type)) throw new DTypeError(operation, [type], 'needs a floating-point dtype')
  return type
}
const standardNormal = (generator: Generator, out: Elements): void => void generator.normal(out as Float32Array)

/**
 * Uniform numbers in [0, 1), PyTorch's bits for the same seed.
 * Source: https://pytorch.org/docs/stable/generated/torch.rand.html
 */
export function rand<const S extends Shape, D extends DType = 'float32'>(
  shape: S,
  options?: RandomOptions<D>,
): Tensor<GivenShape<S>, GivenDType<NoInfer<D>>>
export function rand<const S extends Shape, D extends DType = 'float32'>(
  ...sizes: readonly [...S, RandomOptions<D>]
): Tensor<GivenShape<S>, GivenDType<NoInfer<D>>>
export function rand<const S extends Shape>(...sizes: S): Tensor<GivenShape<S>, 'float32'>
export function rand(): Tensor {
  const { sizes, options } = sized(RAND, arguments)
  return randomly('rand', sizes, options)
}
/**
 * Normal numbers of mean 0 and variance 1, PyTorch's bits for the same seed.
 * Source: https://pytorch.org/docs/stable/generated/torch.randn.html
 */
export function randn<const S extends Shape, D extends DType = 'float32'>(
  shape: S,
  options?: RandomOptions<D>,
): Tensor<GivenShape<S>, GivenDType<NoInfer<D>>>
export function randn<const S extends Shape, D extends DType = 'float32'>(
  ...sizes: readonly [...S, RandomOptions<D>]
): Tensor<GivenShape<S>, GivenDType<NoInfer<D>>>
export function randn<const S extends Shape>(...sizes: S): Tensor<GivenShape<S>, 'float32'>
export function randn(): Tensor {
  const { sizes, options } = sized(RANDN, arguments)
  return random('randn', sizes, options, floating('randn', options), standardNormal)
}
/** Integers in [low, high); int32. Source: https://pytorch.org/docs/stable/generated/torch.randint.html */
export function randint<const S extends Shape, D extends DType = 'int32'>(
  low: number,
  high: number,
  shape: S,
  options?: RandomOptions<D>,
): Tensor<GivenShape<S>, GivenDType<NoInfer<D>>>
export function randint(low: number, high: number, sizes: Shape): Tensor {
  const options = RANDINT.read(arguments)
  return drawnIntegers('randint', sizes, options, options.dtype ?? 'int32', low, high)
}
/** A random order of 0 to n-1; int32. Source: https://pytorch.org/docs/stable/generated/torch.randperm.html */
export function randperm<N extends number, D extends DType = 'int32'>(
  n: N,
  options?: RandomOptions<D>,
): Tensor<readonly [N], GivenDType<NoInfer<D>>>
export function randperm(n: number): Tensor {
  const options = RANDPERM.read(arguments)
  const type = options.dtype ?? 'int32'
  assertCounts('randperm', type, 0, n - 1)
  return random('randperm', [n], options, type, (generator, out) => out.set(generator.randperm(n)))
}
/** Normal numbers of this mean and standard deviation. Source: https://pytorch.org/docs/stable/generated/torch.normal.html */
export function normal<const S extends Shape, D extends DType = 'float32'>(
  mean: number,
  std: number,
  shape: S,
  options?: RandomOptions<D>,
): Tensor<GivenShape<S>, GivenDType<NoInfer<D>>>
export function normal(mean: number, std: number, sizes: Shape): Tensor {
  const options = NORMAL.read(arguments)
  return random('normal', sizes, options, floating('normal', options), (generator, out) =>
    generator.normal(out as Float32Array, mean, std),
  )
}

/** The dtype and device of a tensor, where options do not say otherwise. */
const likeOf = <O extends Creation>(x: Tensor, options: O): O & { readonly dtype: DType } => ({
  ...options,
  dtype: options.dtype ?? x.dtype,
  device: options.device ?? x.device,
})
/** Zeros of the shape, dtype and device of a tensor. Source: https://pytorch.org/docs/stable/generated/torch.zeros_like.html */
export function zerosLike<T extends Tensor, D extends DType = DTypeOf<T>>(
  x: T,
  options?: CreationOptions<D>,
): Tensor<ShapeOf<T>, GivenDType<NoInfer<D>>>
export function zerosLike(x: Tensor): Tensor {
  const options = likeOf(x, ZEROS_LIKE.read(arguments))
  return create('zerosLike', fills.zeros, { dtype: options.dtype, shape: x.shape }, [], options)
}
/** Ones of the shape, dtype and device of a tensor. Source: https://pytorch.org/docs/stable/generated/torch.ones_like.html */
export function onesLike<T extends Tensor, D extends DType = DTypeOf<T>>(
  x: T,
  options?: CreationOptions<D>,
): Tensor<ShapeOf<T>, GivenDType<NoInfer<D>>>
export function onesLike(x: Tensor): Tensor {
  const options = likeOf(x, ONES_LIKE.read(arguments))
  return create('onesLike', fills.ones, { dtype: options.dtype, shape: x.shape }, [], options)
}
/**
 * A tensor of the shape, dtype and device of another, to be written: zeros here.
 * Source: https://pytorch.org/docs/stable/generated/torch.empty_like.html
 */
export function emptyLike<T extends Tensor, D extends DType = DTypeOf<T>>(
  x: T,
  options?: CreationOptions<D>,
): Tensor<ShapeOf<T>, GivenDType<NoInfer<D>>>
export function emptyLike(x: Tensor): Tensor {
  const options = likeOf(x, EMPTY_LIKE.read(arguments))
  return create('emptyLike', fills.zeros, { dtype: options.dtype, shape: x.shape }, [], options)
}
/**
 * One number everywhere, of the shape, dtype and device of a tensor.
 * Source: https://pytorch.org/docs/stable/generated/torch.full_like.html
 */
export function fullLike<T extends Tensor, D extends DType = DTypeOf<T>>(
  x: T,
  value: number,
  options?: CreationOptions<D>,
): Tensor<ShapeOf<T>, GivenDType<NoInfer<D>>>
export function fullLike(x: Tensor, value: number): Tensor {
  const options = likeOf(x, FULL_LIKE.read(arguments))
  return fullOf('fullLike', x.shape, value, options.dtype, options)
}
/**
 * Uniform numbers in [0, 1), of the shape, dtype and device of a tensor.
 * Source: https://pytorch.org/docs/stable/generated/torch.rand_like.html
 */
export function randLike<T extends Tensor, D extends DType = DTypeOf<T>>(
  x: T,
  options?: RandomOptions<D>,
): Tensor<ShapeOf<T>, GivenDType<NoInfer<D>>>
export function randLike(x: Tensor): Tensor {
  const options = likeOf(x, RAND_LIKE.read(arguments))
  return randomly('randLike', x.shape, options)
}
/**
 * Normal numbers of mean 0 and variance 1, of the shape, dtype and device of a tensor.
 * Source: https://pytorch.org/docs/stable/generated/torch.randn_like.html
 */
export function randnLike<T extends Tensor, D extends DType = DTypeOf<T>>(
  x: T,
  options?: RandomOptions<D>,
): Tensor<ShapeOf<T>, GivenDType<NoInfer<D>>>
export function randnLike(x: Tensor): Tensor {
  const options = likeOf(x, RANDN_LIKE.read(arguments))
  return random('randnLike', x.shape, options, floating('randnLike', options), standardNormal)
}
/**
 * Integers in [low, high), of the shape, dtype and device of a tensor.
 * Source: https://pytorch.org/docs/stable/generated/torch.randint_like.html
 */
export function randintLike<T extends Tensor, D extends DType = DTypeOf<T>>(
  x: T,
  low: number,
  high: number,
  options?: RandomOptions<D>,
): Tensor<ShapeOf<T>, GivenDType<NoInfer<D>>>
export function randintLike(x: Tensor, low: number, high: number): Tensor {
  const options = likeOf(x, RANDINT_LIKE.read(arguments))
  return drawnIntegers('randintLike', x.shape, options, options.dtype, low, high)
}
/**
 * Ones with the probability that stands at the same place, else zeros; without gradient. One draw per element.
 * Source: https://pytorch.org/docs/stable/generated/torch.bernoulli.html
 */
export function bernoulli<T extends Tensor>(probabilities: T, options?: DrawOptions): Tensor<ShapeOf<T>, DTypeOf<T>>
export function bernoulli(probabilities: Tensor): Tensor {
  const { generator } = BERNOULLI.read(arguments)
  const type = floating('bernoulli', { dtype: probabilities.dtype, device: undefined, requiresGrad: false })
  // u < p on the device: the probabilities are not read, and checked where they lie.
  return called('bernoulli', () =>
    noGrad(() =>
      randLike(probabilities, { generator })
        .lt(one(probability, NONE, probabilities))
        .to(type),
    ),
  )
}
/**
 * `samples` indices per row of weights, which need not sum to 1; int32. Waits for the weights, since the host draws.
 * Errors: OptionError for weights that are negative or not finite. Source: https://pytorch.org/docs/stable/generated/torch.multinomial.html
 */
export function multinomial(
  weights: Tensor,
  samples: number,
  options?: MultinomialOptions,
): Promise<Tensor<AnyShape, 'int32'>>
export async function multinomial(weights: Tensor, samples: number): Promise<Tensor> {
  const { replacement, generator = defaultGenerator } = MULTINOMIAL.read(arguments)
  if (weights.shape.length < 1 || weights.shape.length > 2)
    throw new ShapeError('multinomial', [weights.shape], 'needs weights of 1 or 2 dimensions')
  if (!isFloat(weights.dtype)) throw new DTypeError('multinomial', [weights.dtype], 'needs a floating-point dtype')
  const shape = [...weights.shape.slice(0, -1), samples]
  called('multinomial', () => weights.value.device.assertRoom(typeOf('int32', shape).byteLength))
  const data = (await download('multinomial', weights)) as FloatArray
  const indices = sample(data, weights.shape.at(-1)!, generator, { samples, replacement })
  return tensor(indices, { shape, device: weights.device })
}
