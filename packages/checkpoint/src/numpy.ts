/**
 * Numbers and arrays of numpy, as its pickles make them (`__reduce__` in numpy/core/src/multiarray/descriptor.c and
 * methods.c): a dtype is made and then told its byte order, an array is made empty and then told its shape, dtype and bytes.
 */
import type { OwnBytes } from '@glissade/core/backend'
import { COST, type Allowance } from './allowance.ts'
import { decodeTensor, fileDTypes, roomOf } from './dtype.ts'
import { describe, type Refuse } from './error.ts'
import { readShape, type FileDType, type HostTensor } from './host-tensor.ts'
import type { PickleGlobal } from './pickle-world.ts'
import { gather, product } from './strided.ts'
import { isUnreadable } from './unreadable.ts'

/** Element types by numpy's letter and size. */
const DTYPES: ReadonlyMap<unknown, FileDType> = new Map([
  ['b1', 'bool'],
  ['i1', 'int8'],
  ['i2', 'int16'],
  ['i4', 'int32'],
  ['i8', 'int64'],
  ['u1', 'uint8'],
  ['u2', 'uint16'],
  ['u4', 'uint32'],
  ['u8', 'uint64'],
  ['f2', 'float16'],
  ['f4', 'float32'],
  ['f8', 'float64'],
])

/** numpy 2 moved its modules. */
const inBoth = (name: string, global: PickleGlobal): [string, PickleGlobal][] =>
  ['numpy.core', 'numpy._core'].map((module) => [`${module}.${name}`, global])

export class NumpyReader {
  private readonly allowance: Allowance
  /** Arrays that the pickle has made: still empty, and what it said of them. */
  private readonly arrays = new Map<object, unknown>()
  /** What pickles mention. A dtype is known by its name alone, and stays what it is when it is a value. */
  readonly globals: readonly (readonly [string, PickleGlobal])[] = [
    ...inBoth('multiarray.scalar', { call: ([dtype, bytes], refuse) => readScalar(dtype, bytes, refuse) }),
    ...inBoth('multiarray._reconstruct', {
      call: ([of], refuse) => {
        if (!isUnreadable(of) || of.type !== 'numpy.ndarray') return refuse('an array of a class of its own')
        return this.make(undefined, refuse)
      },
    }),
    ...inBoth('numeric._frombuffer', {
      call: ([bytes, dtype, shape, order], refuse) => this.make([1, shape, dtype, order === 'F', bytes], refuse),
    }),
  ]

  constructor(allowance: Allowance) {
    this.allowance = allowance
  }

  private make(state: unknown, refuse: Refuse): object {
    this.allowance.take(COST.table, refuse)
    const array = {}
    this.arrays.set(array, state)
    return array
  }

  build(made: object, state: unknown): boolean {
    if (!this.arrays.has(made)) return false
    this.arrays.set(made, state)
    return true
  }

  /** Fills an array in place, as the containers hold it already. */
  complete(made: object, refuse: Refuse): boolean {
    if (!this.arrays.has(made)) return false
    Object.assign(made, this.read(this.arrays.get(made), refuse))
    return true
  }

  /** (version, shape, dtype, whether the first axis runs fastest, bytes) */
  private read(state: unknown, refuse: Refuse): HostTensor {
    if (!Array.isArray(state)) return refuse('an array of numpy without a state')
    const [, dims, given, isFortran, bytes] = state as unknown[]
    if (!Array.isArray(dims)) return refuse(`an array of numpy whose shape is ${describe(dims)}`)
    const { shape, count } = readShape(dims, refuse)
    const dtype = dtypeOf(given, refuse)
    const width = fileDTypes[dtype].bytes
    const stored = bytesOf(bytes, count * width, refuse)
    this.allowance.take(count * roomOf(dtype), refuse)
    const strides = shape.map((_, axis) => product(isFortran === true ? shape.slice(0, axis) : shape.slice(axis + 1)))
    const elements = gather(stored, width, { shape, count, strides, offset: 0 })
    return decodeTensor(dtype, shape, littleEndian(elements, width, given), refuse)
  }
}

function dtypeOf(given: unknown, refuse: Refuse): FileDType {
  if (!isUnreadable(given) || given.type !== 'numpy.dtype')
    return refuse(`${describe(given)} where a dtype of numpy belongs`)
  const name = given.args?.[0]
  return DTYPES.get(name) ?? refuse(`the dtype ${describe(name)} of numpy is not supported`)
}

function bytesOf(value: unknown, length: number, refuse: Refuse): Uint8Array {
  if (!(value instanceof Uint8Array)) return refuse('elements of numpy that are no bytes')
  return value.length === length ? value : refuse(`${value.length} bytes where numpy has ${length}`)
}

/** The state of a dtype is (version, byte order, ...). */
function littleEndian(elements: OwnBytes, width: number, dtype: unknown): OwnBytes {
  const state = isUnreadable(dtype) ? dtype.state : null
  if (!Array.isArray(state) || state[1] !== '>') return elements
  for (let at = 0; at < elements.length; at += width) elements.subarray(at, at + width).reverse()
  return elements
}

/** A number or bool. Integers of 64 bits are whole, as those of Python are. */
function readScalar(given: unknown, bytes: unknown, refuse: Refuse): number | bigint | boolean {
  const dtype = dtypeOf(given, refuse)
  const width = fileDTypes[dtype].bytes
  const own = littleEndian(new Uint8Array(bytesOf(bytes, width, refuse)), width, given)
  const view = new DataView(own.buffer)
  if (dtype === 'uint32') return view.getUint32(0, true)
  if (dtype === 'int64' || dtype === 'uint64') {
    const value = dtype === 'int64' ? view.getBigInt64(0, true) : view.getBigUint64(0, true)
    return Number.isSafeInteger(Number(value)) ? Number(value) : value
  }
  const value = decodeTensor(dtype, [], own, refuse).data[0]!
  return dtype === 'bool' ? value !== 0 : value
}
