/** Functions that make tensors. Numbers make float32 unless `dtype` says otherwise. */
import type { Backend, DType, Shape } from '../backend/contract.ts'
import type { HostArray } from '../backend/dtype.ts'
import { DTypeError, OptionError, ShapeError } from '../backend/errors.ts'
import { isFloat, typeOf } from '../ir/type.ts'
import { defaultGenerator } from '../random/default-generator.ts'
import type { FloatArray, Generator } from '../random/generator.ts'
import { multinomial as sample } from '../random/multinomial.ts'
import { defaultDevice, deviceOf, withDevice, type Device } from './device.ts'
import { apply, type Arg } from './door.ts'
import type { Handle } from './handle.ts'
import { constant, download, elementOf, filled, hostArray, parse, type TensorData } from './host.ts'
import { NONE, type Attrs, type Op } from './op.ts'
import { noGrad } from './grad-node.ts'
import * as fills from './ops/fill.ts'
import { probability } from './ops/refusal.ts'
import type { DTypeOfData, ShapeOfData } from './static-data.ts'
import type { WithNumber } from './static-dtype.ts'
import { Tensor } from './tensor.ts'

export interface CreationOptions<D extends DType = DType> {
  /** Default float32 (bool for booleans, the array's own for typed arrays). */
  readonly dtype?: D | undefined
  /** Default: the default device. */
  readonly device?: Backend | undefined
  /** Record operations on it for backward. Default false. */
  readonly requiresGrad?: boolean
}
export interface RandomOptions<D extends DType = DType> extends CreationOptions<D> {
  /** Default: the generator that `manualSeed` seeds. */
  readonly generator?: Generator
}

export interface TensorOptions<D extends DType = DType, S extends Shape = Shape> extends CreationOptions<D> {
  /** Default: that of the nested arrays; of a typed array one dimension. */
  readonly shape?: S
}
export interface LogspaceOptions<D extends DType = DType> extends CreationOptions<D> {
  /** Default 10. */
  readonly base?: number
}
export interface DrawOptions {
  /** Default: the generator that `manualSeed` seeds. */
  readonly generator?: Generator
}
export interface MultinomialOptions extends DrawOptions {
  /** Whether an index may be drawn again; default false. */
  readonly replacement?: boolean
}

const place = (options: CreationOptions): Device =>
  options.device === undefined ? defaultDevice() : deviceOf(options.device)

/** Names the class, so that bundlers, which see no import of it behind the door, keep its methods. */
function finish<R>(made: Handle, options: CreationOptions): R {
  const result = new Tensor(made.value)
  if (options.requiresGrad === true) result.requiresGrad = true
  return result as R
}

function assertShape(operation: string, shape: Shape): void {
  if (!Array.isArray(shape) || shape.some((size) => !Number.isInteger(size) || size < 0))
    throw new OptionError(operation, `a shape is a list of sizes, integers from 0 (got ${JSON.stringify(shape)})`)
}

function create<A extends Attrs, R>(op: Op<A>, attrs: A, numbers: readonly number[], options: CreationOptions): R {
  return finish(
    withDevice(place(options), () => apply(op, attrs, numbers as readonly Arg[])[0]!),
    options,
  )
}

/**
 * A tensor of nested arrays or of a typed array (with `shape`, default one axis). Copies the data.
 * Errors: ShapeError where nested lengths differ, DTypeError where a number is no int32.
 * Source: https://pytorch.org/docs/stable/generated/torch.tensor.html
 */
export function tensor<
  const A extends TensorData,
  D extends DType = DTypeOfData<A>,
  const S extends Shape = ShapeOfData<A>,
>(data: A, options: TensorOptions<D, S> = {}): Tensor<NoInfer<S>, NoInfer<D>> {
  const { type, array } = parse(data, options.dtype, options.shape)
  return finish(constant(type, place(options), array), options)
}

/** Zeros of a shape. */
export function zeros<const S extends Shape, D extends DType = 'float32'>(
  shape: S,
  options: CreationOptions<D> = {},
): Tensor<S, NoInfer<D>> {
  assertShape('zeros', shape)
  return create(fills.zeros, { dtype: options.dtype ?? 'float32', shape }, [], options)
}
/** Ones of a shape. */
export function ones<const S extends Shape, D extends DType = 'float32'>(
  shape: S,
  options: CreationOptions<D> = {},
): Tensor<S, NoInfer<D>> {
  assertShape('ones', shape)
  return create(fills.ones, { dtype: options.dtype ?? 'float32', shape }, [], options)
}
/** One number everywhere. */
export function full<const S extends Shape, D extends DType = 'float32'>(
  shape: S,
  value: number,
  options: CreationOptions<D> = {},
): Tensor<S, NoInfer<D>> {
  assertShape('full', shape)
  const dtype = options.dtype ?? 'float32'
  return create(fills.full, { dtype, shape }, [elementOf('full', value, dtype)], options)
}
/** The identity matrix of n rows and m (default n) columns. */
export function eye<N extends number, M extends number = N, D extends DType = 'float32'>(
  n: N,
  m?: M,
  options?: CreationOptions<D>,
): Tensor<readonly [N, NoInfer<M>], NoInfer<D>>
export function eye(n: number, m: number = n, options: CreationOptions = {}): Tensor {
  assertShape('eye', [n, m])
  return create(fills.eye, { dtype: options.dtype ?? 'float32', shape: [n, m] }, [], options)
}
/** How many numbers `arange` gives, where the compiler can tell. */
type RangeLength<A extends number, B extends number, C extends number> = [B] extends [never]
  ? Count<A>
  : [A, C] extends [0, 1]
    ? Count<B>
    : number
type Count<N extends number> = `${N}` extends `-${string}` ? number : `${N}` extends `${bigint}` ? N : number

/** Elements that the host computes in double and rounds once. */
function computed<R>(
  operation: string,
  length: number,
  element: (i: number) => number,
  dtype: DType,
  options: CreationOptions,
): R {
  const elements = hostArray(dtype, length)
  for (let i = 0; i < length; i++) elements[i] = elementOf(operation, element(i), dtype, i)
  return finish(constant(typeOf(dtype, [length]), place(options), elements), options)
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
>(start: A, end?: B, step?: C, options?: CreationOptions<D>): Tensor<readonly [RangeLength<A, B, C>], NoInfer<D>>
export function arange(start: number, end?: number, step = 1, options: CreationOptions = {}): Tensor {
  const [from, to] = end === undefined ? [0, start] : [start, end]
  if (step === 0 || !Number.isFinite(step))
    throw new OptionError('arange', `step must be finite and not 0 (got ${step})`)
  if (!Number.isFinite(from) || !Number.isFinite(to))
    throw new OptionError('arange', `the ends must be finite (got ${from} and ${to})`)
  if (!((to - from) * step >= 0))
    throw new OptionError('arange', `from ${from} to ${to} does not go in steps of ${step}`)
  const integers = [from, to, step].every(Number.isInteger)
  const length = Math.ceil((to - from) / step)
  const dtype = options.dtype ?? (integers ? 'int32' : 'float32')
  const last = from + (length - 1) * step
  // The device counts in int32.
  if (
    integers &&
    [from, last, step].every((x) => x === (x | 0)) &&
    (dtype !== 'uint8' || (from >= 0 && last >= 0 && Math.max(from, last) <= 255))
  )
    return create(fills.arange, { dtype, shape: [length] }, [from, step], options)
  return computed('arange', length, (i) => from + i * step, dtype, options)
}
/** `steps` numbers from start to end, both included, evenly spaced. */
export function linspace<N extends number, D extends DType = 'float32'>(
  start: number,
  end: number,
  steps: N,
  options: CreationOptions<D> = {},
): Tensor<readonly [N], NoInfer<D>> {
  if (!(Number.isInteger(steps) && steps >= 0))
    throw new OptionError('linspace', `the number of steps must be an integer from 0 (got ${steps})`)
  const step = steps > 1 ? (end - start) / (steps - 1) : 0
  // From the nearer end, so that both are exact.
  const element = (i: number): number => (i < steps / 2 ? start + i * step : end - (steps - 1 - i) * step)
  return computed('linspace', steps, element, options.dtype ?? 'float32', options)
}
/** `base` (10) to the powers that linspace gives. */
export function logspace<N extends number, D extends DType = 'float32'>(
  start: number,
  end: number,
  steps: N,
  { base = 10, ...options }: LogspaceOptions<D> = {},
): Tensor<readonly [N], NoInfer<D>> {
  if (!(Number.isInteger(steps) && steps >= 0))
    throw new OptionError('logspace', `the number of steps must be an integer from 0 (got ${steps})`)
  const step = steps > 1 ? (end - start) / (steps - 1) : 0
  return computed(
    'logspace',
    steps,
    (i) => base ** (i < steps / 2 ? start + i * step : end - (steps - 1 - i) * step),
    options.dtype ?? 'float32',
    options,
  )
}
/** A tensor to be written: zeros here, so that nothing is ever undefined. */
export const empty = <const S extends Shape, D extends DType = 'float32'>(
  shape: S,
  options: CreationOptions<D> = {},
): Tensor<S, NoInfer<D>> => zeros(shape, options)

function random<R>(
  operation: string,
  shape: Shape,
  options: RandomOptions,
  dtype: DType,
  fill: (generator: Generator, out: HostArray) => void,
): R {
  assertShape(operation, shape)
  const generator = options.generator ?? defaultGenerator
  return finish(filled(typeOf(dtype, shape), place(options), generator, fill), options)
}
function floating(operation: string, options: CreationOptions): DType {
  const dtype = options.dtype ?? 'float32'
  if (!isFloat(dtype)) throw new DTypeError(operation, [dtype], 'needs float32 or float64')
  return dtype
}

/** Uniform numbers in [0, 1), PyTorch's bits for the same seed. */
export const rand = <const S extends Shape, D extends DType = 'float32'>(
  shape: S,
  options: RandomOptions<D> = {},
): Tensor<S, NoInfer<D>> =>
  random('rand', shape, options, floating('rand', options), (generator, out) => generator.uniform(out as Float32Array))
/** Normal numbers of mean 0 and variance 1, PyTorch's bits for the same seed. */
export const randn = <const S extends Shape, D extends DType = 'float32'>(
  shape: S,
  options: RandomOptions<D> = {},
): Tensor<S, NoInfer<D>> =>
  random('randn', shape, options, floating('randn', options), (generator, out) => generator.normal(out as Float32Array))
/** Integers in [low, high); int32. */
export const randint = <const S extends Shape, D extends DType = 'int32'>(
  low: number,
  high: number,
  shape: S,
  options: RandomOptions<D> = {},
): Tensor<S, NoInfer<D>> =>
  random('randint', shape, options, options.dtype ?? 'int32', (generator, out) => generator.randint(out, low, high))
/** A random order of 0 to n-1; int32. */
export const randperm = <N extends number, D extends DType = 'int32'>(
  n: N,
  options: RandomOptions<D> = {},
): Tensor<readonly [N], NoInfer<D>> =>
  random('randperm', [n], options, options.dtype ?? 'int32', (generator, out) => out.set(generator.randperm(n)))

/** The dtype and device of a tensor, where options do not say otherwise. */
const likeOf = <D extends DType>(x: Tensor, options: RandomOptions<D>): RandomOptions<D> => ({
  dtype: x.dtype as D,
  device: x.device,
  ...options,
})
export const zerosLike = <T extends Tensor, D extends DType = T['dtype']>(
  x: T,
  options: CreationOptions<D> = {},
): Tensor<T['shape'], NoInfer<D>> => zeros(x.shape, likeOf(x, options))
export const onesLike = <T extends Tensor, D extends DType = T['dtype']>(
  x: T,
  options: CreationOptions<D> = {},
): Tensor<T['shape'], NoInfer<D>> => ones(x.shape, likeOf(x, options))
export const fullLike = <T extends Tensor, D extends DType = T['dtype']>(
  x: T,
  value: number,
  options: CreationOptions<D> = {},
): Tensor<T['shape'], NoInfer<D>> => full(x.shape, value, likeOf(x, options))
export const randLike = <T extends Tensor, D extends DType = T['dtype']>(
  x: T,
  options: RandomOptions<D> = {},
): Tensor<T['shape'], NoInfer<D>> => rand(x.shape, likeOf(x, options))
export const randnLike = <T extends Tensor, D extends DType = T['dtype']>(
  x: T,
  options: RandomOptions<D> = {},
): Tensor<T['shape'], NoInfer<D>> => randn(x.shape, likeOf(x, options))
export const emptyLike = <T extends Tensor, D extends DType = T['dtype']>(
  x: T,
  options: CreationOptions<D> = {},
): Tensor<T['shape'], NoInfer<D>> => zerosLike(x, options)
export const randintLike = <T extends Tensor, D extends DType = T['dtype']>(
  x: T,
  low: number,
  high: number,
  options: RandomOptions<D> = {},
): Tensor<T['shape'], NoInfer<D>> => randint(low, high, x.shape, likeOf(x, options))
/** Normal numbers of this mean and standard deviation. */
export const normal = <const S extends Shape, D extends DType = 'float32'>(
  mean: number,
  std: number,
  shape: S,
  options: RandomOptions<D> = {},
): Tensor<S, NoInfer<D>> =>
  random('normal', shape, options, floating('normal', options), (generator, out) =>
    generator.normal(out as Float32Array, mean, std),
  )
/** Ones with the probability that stands at the same place, else zeros; without gradient. One draw per element. */
export function bernoulli<T extends Tensor>(
  probabilities: T,
  { generator = defaultGenerator }: DrawOptions = {},
): Tensor<T['shape'], T['dtype']> {
  const { dtype, shape, device } = probabilities
  // u < p on the device: the probabilities are not read, and checked where they lie.
  return noGrad(() =>
    rand(shape, { dtype, device, generator })
      .lt(apply(probability, NONE, [probabilities])[0] as T)
      .to(dtype),
  )
}
/**
 * `samples` indices per row of weights, which need not sum to 1; int32. Waits for the weights, since the host draws.
 * Errors: RangeError for weights that are negative or not finite. Source: https://pytorch.org/docs/stable/generated/torch.multinomial.html
 */
export async function multinomial(
  weights: Tensor,
  samples: number,
  { replacement = false, generator = defaultGenerator }: MultinomialOptions = {},
): Promise<Tensor<Shape, 'int32'>> {
  if (weights.shape.length < 1 || weights.shape.length > 2)
    throw new ShapeError('multinomial', [weights.shape], 'needs weights of 1 or 2 dimensions')
  if (!isFloat(weights.dtype)) throw new DTypeError('multinomial', [weights.dtype], 'needs float32 or float64')
  const data = (await download('multinomial', weights)) as FloatArray
  const indices = sample(data, weights.shape.at(-1)!, generator, { samples, replacement })
  return tensor(indices, { shape: [...weights.shape.slice(0, -1), samples], device: weights.device })
}
