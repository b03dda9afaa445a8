/** Between host arrays and device values: the only places where bytes cross. */
import type { DType, Shape } from '../contract/contract.ts'
import { DTYPES, bytesOfElements, elementsFor, elementsOf, numel, type Elements } from '../contract/dtype.ts'
import { DTypeError, MemoryError, OptionError, ShapeError, StateError } from '../contract/errors.ts'
import { typeOf, type Type } from '../ir/type.ts'
import type { Generator } from '../random/generator.ts'
import { currentTracer, wrap } from './door.ts'
import type { Device } from './device.ts'
import type { Handle } from './handle.ts'
import type { Fill } from './tracer.ts'
import { assertReadable, type Value } from './value.ts'

/** Nested arrays of numbers and booleans. */
export type Nested = number | boolean | readonly Nested[]
export type TensorData = Nested | Elements

/** An array for values of this dtype. */
export function hostArray(dtype: DType, length: number): Elements {
  try {
    return elementsFor(dtype, length)
  } catch (error) {
    const byteLength = length * DTYPES[dtype].bytes
    throw new MemoryError('allocate', byteLength, `${byteLength} bytes are not to be had: ${(error as Error).message}`)
  }
}

/** A tensor of what `fill` writes from a generator; while a function is recorded, `fill` runs again at every run. */
export function filled(type: Type, device: Device, generator: Generator, fill: Fill): Handle {
  device.assertRoom(type.byteLength)
  const tracer = currentTracer()
  if (tracer !== null) return wrap(tracer.draw(type, device, generator, fill))
  device.assertDType('tensor', type)
  const array = hostArray(type.dtype, type.size)
  fill(generator, array)
  return wrap(upload(type, device, array))
}

/** As `constant`, of elements that are made only where there is room for them. */
export function computed(operation: string, type: Type, device: Device, element: (i: number) => number): Handle {
  device.assertRoom(type.byteLength)
  const elements = hostArray(type.dtype, type.size)
  for (let i = 0; i < elements.length; i++) elements[i] = elementOf(operation, element(i), type.dtype, i)
  return constant(type, device, elements)
}

/** A tensor of these elements; a constant of the program where a function is recorded. */
export function constant(type: Type, device: Device, elements: Elements): Handle {
  const tracer = currentTracer()
  if (tracer !== null) return wrap(tracer.constant(type, device, elements))
  device.assertDType('tensor', type)
  return wrap(upload(type, device, elements))
}

export function upload(type: Type, device: Device, array: Elements): Value {
  const value = device.allocate(type)
  device.write('tensor', value, bytesOfElements(type.dtype, array))
  return value
}

/** Shape of nested arrays; throws ShapeError where lengths differ. */
function shapeOf(data: Nested): number[] {
  if (!Array.isArray(data)) return []
  const list = data as readonly Nested[]
  if (list.length === 0) return [0]
  const inner = shapeOf(list[0]!)
  list.forEach((item, i) => {
    const other = shapeOf(item)
    if (other.length !== inner.length || other.some((size, axis) => size !== inner[axis]))
      throw new ShapeError('tensor', [other, inner], `item ${i} has another shape than item 0`)
  })
  return [list.length, ...inner]
}

/** Lists within each other end somewhere: deeper ones have themselves in them. */
const DEEPEST = 256

function flatten(data: Nested, into: number[], depth = 0): void {
  if (depth > DEEPEST) throw new OptionError('tensor', 'a list has itself among its items')
  if (Array.isArray(data)) for (const item of data as readonly Nested[]) flatten(item, into, depth + 1)
  else {
    if (typeof data !== 'number' && typeof data !== 'boolean')
      throw new OptionError(
        'tensor',
        `elements must be numbers or booleans (got ${data === null ? 'null' : typeof data})`,
      )
    into.push(Number(data))
  }
}

/** Whether all elements are booleans, and there are some: a number among them makes numbers of all. */
const isBoolean = (data: Nested): boolean =>
  Array.isArray(data) ? data.length > 0 && (data as readonly Nested[]).every(isBoolean) : typeof data === 'boolean'

const DTYPE_OF = new Map<unknown, DType>([
  [Float32Array, 'float32'],
  [Float64Array, 'float64'],
  [Int32Array, 'int32'],
  [Uint8Array, 'uint8'],
])

/** Type and elements of what the user passed as data. */
export function parse(data: TensorData, dtype?: DType, shape?: Shape): { type: Type; array: Elements } {
  if (ArrayBuffer.isView(data)) {
    const own = DTYPE_OF.get(data.constructor)
    if (own === undefined)
      throw new DTypeError(
        'tensor',
        [data.constructor.name],
        'typed arrays are Float32Array, Float64Array, Int32Array or Uint8Array',
      )
    return {
      type: fit(typeOf(dtype ?? own, shape ?? [data.length]), data.length),
      array: convert(data, own, dtype ?? own),
    }
  }
  const numbers: number[] = []
  flatten(data, numbers)
  const wanted = dtype ?? (isBoolean(data) ? 'bool' : 'float32')
  const type = fit(typeOf(wanted, shape ?? shapeOf(data)), numbers.length)
  return { type, array: convert(numbers, null, wanted) }
}

function fit(type: Type, length: number): Type {
  if (type.size !== length)
    throw new ShapeError('tensor', [[length], type.shape], `the shape needs ${numel(type.shape)} elements`)
  return type
}

function convert(data: ArrayLike<number>, from: DType | null, to: DType): Elements {
  if (from === to) return data as Elements
  const array = hostArray(to, data.length)
  for (let i = 0; i < data.length; i++) array[i] = elementOf('tensor', data[i]!, to, i)
  return array
}

/** A number as the element of a tensor at position `at`; fractions are cut off, and what an integer dtype cannot hold is refused. */
export function elementOf(operation: string, x: number, dtype: DType, at?: number): number {
  const { kind, range, round } = DTYPES[dtype]
  if (kind !== 'integer') return round(x)
  const whole = Math.trunc(x)
  if (!(whole >= range[0] && whole <= range[1]))
    throw new DTypeError(
      operation,
      [dtype],
      `${x}${at === undefined ? '' : ` at index ${at}`} is beyond ${dtype}, which is from ${range[0]} to ${range[1]}`,
    )
  return whole
}

/** The elements, row-major. Waits for work that was issued before. */
export async function download(operation: string, handle: Handle): Promise<Elements> {
  const { value } = handle
  assertReadable(operation, value)
  return elementsOf(value.type, (await value.device.read(operation, value)).slice())
}

/** What to do instead of an operation that reads at once. */
const ASYNCHRONOUS: Readonly<Record<string, string>> = {
  to: 'await x.toAsync(device)',
  setDetectAnomaly: 'a backend with readSync (cpu, wasm) to look for anomalies',
}

/** The elements, row-major, at once; throws StateError where the backend cannot. */
export function downloadSync(operation: string, handle: Handle): Elements {
  const { value } = handle
  assertReadable(operation, value)
  const { backend } = value.device
  if (backend.readSync === undefined)
    throw new StateError(
      operation,
      `the ${backend.name} backend cannot read without waiting; use ${ASYNCHRONOUS[operation] ?? `await ${operation.replace('Sync', '')}()`}`,
    )
  return elementsOf(value.type, value.device.readSync(operation, value).slice())
}

/** Elements as nested arrays of the tensor's shape; bool as booleans. */
export function nested(type: Type, elements: Elements): Nested {
  let at = 0
  const level = (axis: number): Nested => {
    if (axis < type.shape.length) return Array.from({ length: type.shape[axis]! }, () => level(axis + 1))
    const element = elements[at++]!
    return type.kind === 'bool' ? element !== 0 : element
  }
  return level(0)
}

/** Whether values can be read at once. */
export const readsSync = (handle: Handle): boolean => handle.value.sym === null && handle.device.readSync !== undefined
