/** Functions that make tensors. Numbers make float32 unless `dtype` says otherwise. */
import type { Backend, DType, Shape } from '../backend/contract.ts'
import type { HostArray } from '../backend/dtype.ts'
import { DTypeError, OptionError } from '../backend/errors.ts'
import { isFloat, typeOf } from '../ir/type.ts'
import { defaultGenerator } from '../random/default-generator.ts'
import type { Generator } from '../random/generator.ts'
import { defaultDevice, deviceOf, type Device } from './device.ts'
import { apply, currentTracer, type Arg } from './door.ts'
import { filled, parse, upload, type TensorData } from './host.ts'
import type { Attrs, Op } from './op.ts'
import * as fills from './ops/fill.ts'
import { Tensor } from './tensor.ts'

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

const place = (options: CreationOptions): Device => (options.device === undefined ? defaultDevice() : deviceOf(options.device))

function finish(tensor: Tensor, options: CreationOptions): Tensor {
  if (options.requiresGrad === true) tensor.requiresGrad = true
  return tensor
}

function assertShape(operation: string, shape: Shape): void {
  if (!Array.isArray(shape) || shape.some((size) => !Number.isInteger(size) || size < 0))
    throw new OptionError(operation, `a shape is a list of sizes, integers from 0 (got ${JSON.stringify(shape)})`)
}

function made<A extends Attrs>(op: Op<A>, attrs: A, numbers: readonly number[], options: CreationOptions): Tensor {
  const device = place(options)
  if (device !== defaultDevice() && currentTracer() === null) {
    const host = apply(op, attrs, numbers as readonly Arg[])[0] as Tensor
    return finish(host.to(device.backend), options)
  }
  return finish(apply(op, attrs, numbers as readonly Arg[])[0] as Tensor, options)
}

/**
 * A tensor of nested arrays or of a typed array (with `shape`, default one axis). Copies the data.
 * Errors: ShapeError where nested lengths differ, DTypeError where a number is no int32.
 * Source: https://pytorch.org/docs/stable/generated/torch.tensor.html
 */
export function tensor(data: TensorData, options: CreationOptions & { readonly shape?: Shape } = {}): Tensor {
  const { type, array } = parse(data, options.dtype, options.shape)
  const device = place(options)
  device.assertDType('tensor', type)
  const tracer = currentTracer()
  if (tracer !== null) return finish(new Tensor(tracer.constant(type, device, array)), options)
  return finish(new Tensor(upload(type, device, array)), options)
}

/** Zeros of a shape. */
export function zeros(shape: Shape, options: CreationOptions = {}): Tensor {
  assertShape('zeros', shape)
  return made(fills.zeros, { dtype: options.dtype ?? 'float32', shape }, [], options)
}
/** Ones of a shape. */
export function ones(shape: Shape, options: CreationOptions = {}): Tensor {
  assertShape('ones', shape)
  return made(fills.ones, { dtype: options.dtype ?? 'float32', shape }, [], options)
}
/** One number everywhere. */
export function full(shape: Shape, value: number, options: CreationOptions = {}): Tensor {
  assertShape('full', shape)
  return made(fills.full, { dtype: options.dtype ?? 'float32', shape }, [value], options)
}
/** The identity matrix of n rows and m (default n) columns. */
export function eye(n: number, m: number = n, options: CreationOptions = {}): Tensor {
  return made(fills.eye, { dtype: options.dtype ?? 'float32', shape: [n, m] }, [], options)
}
/** start, start + step, ... below end (above, for negative steps). With one number: 0 to it. int32 where all are integers. */
export function arange(start: number, end?: number, step = 1, options: CreationOptions = {}): Tensor {
  const [from, to] = end === undefined ? [0, start] : [start, end]
  if (step === 0 || !Number.isFinite(step)) throw new OptionError('arange', `step must be finite and not 0 (got ${step})`)
  if ((to - from) * step < 0) throw new OptionError('arange', `from ${from} to ${to} does not go in steps of ${step}`)
  const dtype = options.dtype ?? ([from, to, step].every(Number.isInteger) ? 'int32' : 'float32')
  return made(fills.arange, { dtype, shape: [Math.max(0, Math.ceil((to - from) / step))] }, [from, step], options)
}

function random(operation: string, shape: Shape, options: RandomOptions, dtype: DType, fill: (generator: Generator, out: HostArray) => void): Tensor {
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

export const zerosLike = (x: Tensor, options: CreationOptions = {}): Tensor => zeros(x.shape, { dtype: x.dtype, device: x.device, ...options })
export const onesLike = (x: Tensor, options: CreationOptions = {}): Tensor => ones(x.shape, { dtype: x.dtype, device: x.device, ...options })
export const fullLike = (x: Tensor, value: number, options: CreationOptions = {}): Tensor => full(x.shape, value, { dtype: x.dtype, device: x.device, ...options })
export const randLike = (x: Tensor, options: RandomOptions = {}): Tensor => rand(x.shape, { dtype: x.dtype, device: x.device, ...options })
export const randnLike = (x: Tensor, options: RandomOptions = {}): Tensor => randn(x.shape, { dtype: x.dtype, device: x.device, ...options })
