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
import { constant, download, filled, hostArray, parse, type TensorData } from './host.ts'
import type { Attrs, Op } from './op.ts'
import { noGrad } from './grad-node.ts'
import * as fills from './ops/fill.ts'
import type { Tensor } from './tensor.ts'

export interface CreationOptions {
  /** Default float32 (bool for booleans, the array's own for typed arrays). */
  readonly dtype?: DType
  /** Default: the default device. */
  readonly device?: Backend
  /** Record operations on it for backward. Default false. */
  readonly requiresGrad?: boolean
}
export interface RandomOptions extends CreationOptions {
  /** Default: the generator that `manualSeed` seeds. */
  readonly generator?: Generator
}

const place = (options: CreationOptions): Device =>
  options.device === undefined ? defaultDevice() : deviceOf(options.device)

function finish(made: Tensor, options: CreationOptions): Tensor {
  if (options.requiresGrad === true) made.requiresGrad = true
  return made
}

function assertShape(operation: string, shape: Shape): void {
  if (!Array.isArray(shape) || shape.some((size) => !Number.isInteger(size) || size < 0))
    throw new OptionError(operation, `a shape is a list of sizes, integers from 0 (got ${JSON.stringify(shape)})`)
}

function create<A extends Attrs>(op: Op<A>, attrs: A, numbers: readonly number[], options: CreationOptions): Tensor {
  return finish(
    withDevice(place(options), () => apply(op, attrs, numbers as readonly Arg[])[0] as Tensor),
    options,
  )
}

/**
 * A tensor of nested arrays or of a typed array (with `shape`, default one axis). Copies the data.
 * Errors: ShapeError where nested lengths differ, DTypeError where a number is no int32.
 * Source: https://pytorch.org/docs/stable/generated/torch.tensor.html
 */
export function tensor(data: TensorData, options: CreationOptions & { readonly shape?: Shape } = {}): Tensor {
  const { type, array } = parse(data, options.dtype, options.shape)
  return finish(constant(type, place(options), array) as Tensor, options)
}

/** Zeros of a shape. */
export function zeros(shape: Shape, options: CreationOptions = {}): Tensor {
  assertShape('zeros', shape)
  return create(fills.zeros, { dtype: options.dtype ?? 'float32', shape }, [], options)
}
/** Ones of a shape. */
export function ones(shape: Shape, options: CreationOptions = {}): Tensor {
  assertShape('ones', shape)
  return create(fills.ones, { dtype: options.dtype ?? 'float32', shape }, [], options)
}
/** One number everywhere. */
export function full(shape: Shape, value: number, options: CreationOptions = {}): Tensor {
  assertShape('full', shape)
  return create(fills.full, { dtype: options.dtype ?? 'float32', shape }, [value], options)
}
/** The identity matrix of n rows and m (default n) columns. */
export function eye(n: number, m: number = n, options: CreationOptions = {}): Tensor {
  return create(fills.eye, { dtype: options.dtype ?? 'float32', shape: [n, m] }, [], options)
}
/** Elements that the host computes in double and rounds once. */
function computed(length: number, element: (i: number) => number, dtype: DType, options: CreationOptions): Tensor {
  const elements = hostArray(dtype, length)
  for (let i = 0; i < length; i++) elements[i] = element(i)
  return finish(constant(typeOf(dtype, [length]), place(options), elements) as Tensor, options)
}
/**
 * start, start + step, ... below end (above, for negative steps). With one number: 0 to it. int32 where all are integers.
 * Source: https://pytorch.org/docs/stable/generated/torch.arange.html
 */
export function arange(start: number, end?: number, step = 1, options: CreationOptions = {}): Tensor {
  const [from, to] = end === undefined ? [0, start] : [start, end]
  if (step === 0 || !Number.isFinite(step))
    throw new OptionError('arange', `step must be finite and not 0 (got ${step})`)
  if (!((to - from) * step >= 0))
    throw new OptionError('arange', `from ${from} to ${to} does not go in steps of ${step}`)
  const integers = [from, to, step].every(Number.isInteger)
  const length = Math.ceil((to - from) / step)
  const dtype = options.dtype ?? (integers ? 'int32' : 'float32')
  if (integers) return create(fills.arange, { dtype, shape: [length] }, [from, step], options)
  return computed(length, (i) => from + i * step, dtype, options)
}
/** `steps` numbers from start to end, both included, evenly spaced. */
export function linspace(start: number, end: number, steps: number, options: CreationOptions = {}): Tensor {
  if (!(Number.isInteger(steps) && steps >= 0))
    throw new OptionError('linspace', `the number of steps must be an integer from 0 (got ${steps})`)
  const step = steps > 1 ? (end - start) / (steps - 1) : 0
  // From the nearer end, so that both are exact.
  const element = (i: number): number => (i < steps / 2 ? start + i * step : end - (steps - 1 - i) * step)
  return computed(steps, element, options.dtype ?? 'float32', options)
}
/** `base` (10) to the powers that linspace gives. */
export function logspace(
  start: number,
  end: number,
  steps: number,
  { base = 10, ...options }: CreationOptions & { readonly base?: number } = {},
): Tensor {
  if (!(Number.isInteger(steps) && steps >= 0))
    throw new OptionError('logspace', `the number of steps must be an integer from 0 (got ${steps})`)
  const step = steps > 1 ? (end - start) / (steps - 1) : 0
  return computed(
    steps,
    (i) => base ** (i < steps / 2 ? start + i * step : end - (steps - 1 - i) * step),
    options.dtype ?? 'float32',
    options,
  )
}
/** A tensor to be written: zeros here, so that nothing is ever undefined. */
export const empty = (shape: Shape, options: CreationOptions = {}): Tensor => zeros(shape, options)

function random(
  operation: string,
  shape: Shape,
  options: RandomOptions,
  dtype: DType,
  fill: (generator: Generator, out: HostArray) => void,
): Tensor {
  assertShape(operation, shape)
  const generator = options.generator ?? defaultGenerator
  return finish(filled(typeOf(dtype, shape), place(options), (out) => fill(generator, out)) as Tensor, options)
}
function floating(operation: string, options: CreationOptions): DType {
  const dtype = options.dtype ?? 'float32'
  if (!isFloat(dtype)) throw new DTypeError(operation, [dtype], 'needs float32 or float64')
  return dtype
}

/** Uniform numbers in [0, 1), PyTorch's bits for the same seed. */
export const rand = (shape: Shape, options: RandomOptions = {}): Tensor =>
  random('rand', shape, options, floating('rand', options), (generator, out) => generator.uniform(out as Float32Array))
/** Normal numbers of mean 0 and variance 1, PyTorch's bits for the same seed. */
export const randn = (shape: Shape, options: RandomOptions = {}): Tensor =>
  random('randn', shape, options, floating('randn', options), (generator, out) => generator.normal(out as Float32Array))
/** Integers in [low, high); int32. */
export const randint = (low: number, high: number, shape: Shape, options: RandomOptions = {}): Tensor =>
  random('randint', shape, options, options.dtype ?? 'int32', (generator, out) => generator.randint(out, low, high))
/** A random order of 0 to n-1; int32. */
export const randperm = (n: number, options: RandomOptions = {}): Tensor =>
  random('randperm', [n], options, options.dtype ?? 'int32', (generator, out) => out.set(generator.randperm(n)))

export const zerosLike = (x: Tensor, options: CreationOptions = {}): Tensor =>
  zeros(x.shape, { dtype: x.dtype, device: x.device, ...options })
export const onesLike = (x: Tensor, options: CreationOptions = {}): Tensor =>
  ones(x.shape, { dtype: x.dtype, device: x.device, ...options })
export const fullLike = (x: Tensor, value: number, options: CreationOptions = {}): Tensor =>
  full(x.shape, value, { dtype: x.dtype, device: x.device, ...options })
export const randLike = (x: Tensor, options: RandomOptions = {}): Tensor =>
  rand(x.shape, { dtype: x.dtype, device: x.device, ...options })
export const randnLike = (x: Tensor, options: RandomOptions = {}): Tensor =>
  randn(x.shape, { dtype: x.dtype, device: x.device, ...options })
export const emptyLike = (x: Tensor, options: CreationOptions = {}): Tensor => zerosLike(x, options)
export const randintLike = (x: Tensor, low: number, high: number, options: RandomOptions = {}): Tensor =>
  randint(low, high, x.shape, { dtype: x.dtype, device: x.device, ...options })
/** Normal numbers of this mean and standard deviation. */
export const normal = (mean: number, std: number, shape: Shape, options: RandomOptions = {}): Tensor =>
  random('normal', shape, options, floating('normal', options), (generator, out) =>
    generator.normal(out as Float32Array, mean, std),
  )
/** Ones with the probability that stands at the same place, else zeros; without gradient. One draw per element. */
export function bernoulli(
  probabilities: Tensor,
  { generator = defaultGenerator }: { readonly generator?: Generator } = {},
): Tensor {
  const { dtype, shape, device } = probabilities
  // u < p on the device: the probabilities are not read.
  return noGrad(() => rand(shape, { dtype, device, generator }).lt(probabilities).to(dtype))
}
/**
 * `samples` indices per row of weights, which need not sum to 1; int32. Waits for the weights, since the host draws.
 * Errors: RangeError for weights that are negative or not finite. Source: https://pytorch.org/docs/stable/generated/torch.multinomial.html
 */
export async function multinomial(
  weights: Tensor,
  samples: number,
  {
    replacement = false,
    generator = defaultGenerator,
  }: { readonly replacement?: boolean; readonly generator?: Generator } = {},
): Promise<Tensor> {
  if (weights.shape.length < 1 || weights.shape.length > 2)
    throw new ShapeError('multinomial', [weights.shape], 'needs weights of 1 or 2 dimensions')
  if (!isFloat(weights.dtype)) throw new DTypeError('multinomial', [weights.dtype], 'needs float32 or float64')
  const data = (await download('multinomial', weights)) as FloatArray
  const indices = sample(data, weights.shape.at(-1)!, generator, { samples, replacement })
  return tensor(indices, { shape: [...weights.shape.slice(0, -1), samples], device: weights.device })
}
