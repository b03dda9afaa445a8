/**
 * The element types of files, one row each: their size, their names in both formats, and the way to and from memory.
 * A row says how a type is converted; there is no other place that does.
 */
import type { OwnBytes } from '@glissade/core/backend'
import { describe, type Refuse } from './error.ts'
import { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16, float32ToFloat16 } from './float16.ts'
import { e4m3fn, e5m2, e8m0fnu } from './float8.ts'
import type { Converted, FileDType, HostArrays, HostDType, HostTensor } from './host-tensor.ts'

/** An element type of files. `H` is what it is in memory. */
interface Row<H extends HostDType> {
  readonly host: H
  /** Bytes per element. */
  readonly bytes: number
  /** The `dtype` of a safetensors header. */
  readonly safetensors: string
  /** The class in `torch` whose storages hold it; absent for the types that came after those classes. */
  readonly storage?: string
  /** From bytes that belong to the caller and are aligned. */
  decode(bytes: OwnBytes, refuse: Refuse): HostArrays[H]
  encode(data: HostArrays[H], refuse: Refuse): ArrayBufferView
}

type IntegerArray = Int8Array | Int16Array | Uint16Array | Uint32Array

/** An integer type of at most 32 bits, which is an int32 in memory. */
function integer<A extends IntegerArray>(
  names: { readonly safetensors: string; readonly storage?: string },
  Stored: { readonly BYTES_PER_ELEMENT: number; new (buffer: ArrayBufferLike): A; new (length: number): A },
  dtype: string,
): Row<'int32'> {
  return {
    ...names,
    host: 'int32',
    bytes: Stored.BYTES_PER_ELEMENT,
    decode: (bytes, refuse) => {
      const stored = new Stored(bytes.buffer)
      const data = Int32Array.from(stored)
      for (let i = 0; i < data.length; i++) if (data[i] !== stored[i]) refuse(tooLarge(dtype, stored[i]!, i))
      return data
    },
    encode: (data, refuse) => {
      const stored = new Stored(data.length)
      stored.set(data)
      for (let i = 0; i < data.length; i++) if (data[i] !== stored[i]) refuse(unwritable(dtype, data[i]!, i))
      return stored
    },
  }
}

const tooLarge = (dtype: string, value: number | bigint, index: number): string =>
  `the ${dtype} value ${value} at index ${index} does not fit int32, which integers have in memory`

const unwritable = (dtype: string, value: number, index: number): string =>
  `the int32 value ${value} at index ${index} does not fit ${dtype}; write it without \`as\` or as int64`

/** A 64-bit integer type: low and high words in turn. It fits int32 where `fits` says that the high word adds nothing. */
function wide(
  names: { readonly safetensors: string; readonly storage?: string },
  dtype: 'int64' | 'uint64',
  fits: (low: number, high: number) => boolean,
): Row<'int32'> {
  return {
    ...names,
    host: 'int32',
    bytes: 8,
    decode: (bytes, refuse) => {
      const words = new Int32Array(bytes.buffer)
      const data = new Int32Array(words.length / 2)
      for (let i = 0; i < data.length; i++) {
        const low = words[2 * i]!
        if (!fits(low, words[2 * i + 1]!)) {
          const values = dtype === 'int64' ? new BigInt64Array(bytes.buffer) : new BigUint64Array(bytes.buffer)
          refuse(tooLarge(dtype, values[i]!, i))
        }
        data[i] = low
      }
      return data
    },
    encode: (data, refuse) => {
      const words = new Int32Array(data.length * 2)
      for (let i = 0; i < data.length; i++) {
        const high = data[i]! >> 31
        if (!fits(data[i]!, high)) refuse(unwritable(dtype, data[i]!, i))
        words[2 * i] = data[i]!
        words[2 * i + 1] = high
      }
      return words
    },
  }
}

function assertBool(data: Uint8Array, refuse: Refuse): Uint8Array {
  const odd = data.findIndex((byte) => byte > 1)
  return odd < 0 ? data : refuse(`the bool at index ${odd} is ${data[odd]}; only 0 and 1 are bools`)
}

const same = <A>(data: A): A => data

/** Every element type that is read and written. The order is that of safetensors' own list, which sorts its files. */
export const fileDTypes: {
  readonly [F in FileDType]: Row<F extends HostDType ? F : F extends keyof Converted ? Converted[F] : never>
} = {
  bool: {
    host: 'bool',
    bytes: 1,
    safetensors: 'BOOL',
    storage: 'BoolStorage',
    decode: assertBool,
    encode: assertBool,
  },
  uint8: { host: 'uint8', bytes: 1, safetensors: 'U8', storage: 'ByteStorage', decode: same, encode: same },
  int8: integer({ safetensors: 'I8', storage: 'CharStorage' }, Int8Array, 'int8'),
  float8_e5m2: { host: 'float32', bytes: 1, safetensors: 'F8_E5M2', ...e5m2 },
  float8_e4m3fn: { host: 'float32', bytes: 1, safetensors: 'F8_E4M3', ...e4m3fn },
  float8_e8m0fnu: { host: 'float32', bytes: 1, safetensors: 'F8_E8M0', ...e8m0fnu },
  int16: integer({ safetensors: 'I16', storage: 'ShortStorage' }, Int16Array, 'int16'),
  uint16: integer({ safetensors: 'U16' }, Uint16Array, 'uint16'),
  float16: {
    host: 'float16',
    bytes: 2,
    safetensors: 'F16',
    storage: 'HalfStorage',
    decode: (bytes) => float16ToFloat32(new Uint16Array(bytes.buffer)),
    encode: float32ToFloat16,
  },
  bfloat16: {
    host: 'float32',
    bytes: 2,
    safetensors: 'BF16',
    storage: 'BFloat16Storage',
    decode: (bytes) => bfloat16ToFloat32(new Uint16Array(bytes.buffer)),
    encode: float32ToBfloat16,
  },
  int32: {
    host: 'int32',
    bytes: 4,
    safetensors: 'I32',
    storage: 'IntStorage',
    decode: (bytes) => new Int32Array(bytes.buffer),
    encode: same,
  },
  uint32: integer({ safetensors: 'U32' }, Uint32Array, 'uint32'),
  float32: {
    host: 'float32',
    bytes: 4,
    safetensors: 'F32',
    storage: 'FloatStorage',
    decode: (bytes) => new Float32Array(bytes.buffer),
    encode: same,
  },
  float64: {
    host: 'float64',
    bytes: 8,
    safetensors: 'F64',
    storage: 'DoubleStorage',
    decode: (bytes) => new Float64Array(bytes.buffer),
    encode: same,
  },
  // An int64 fits when its high word only repeats the sign; a uint64 when the high word and the sign bit are zero.
  int64: wide({ safetensors: 'I64', storage: 'LongStorage' }, 'int64', (low, high) => high === low >> 31),
  uint64: wide({ safetensors: 'U64' }, 'uint64', (low, high) => high === 0 && low >= 0),
}

/** Bytes per element in memory. */
const hostBytes: { readonly [D in HostDType]: number } = {
  float16: 4,
  float32: 4,
  float64: 8,
  int32: 4,
  uint8: 1,
  bool: 1,
}
/** The most bytes per element that decoding takes. */
export const roomOf = (dtype: FileDType): number => Math.max(fileDTypes[dtype].bytes, hostBytes[fileDTypes[dtype].host])

/** The names of `fileDTypes`, in its order. */
export const fileDTypeNames: readonly FileDType[] = Object.keys(fileDTypes) as FileDType[]

/** Both formats are little-endian, and so is every machine that JavaScript runs on today; elsewhere this refuses. */
function assertLittleEndian(refuse: Refuse): void {
  if (new Uint8Array(Uint16Array.of(1).buffer)[0] !== 1) refuse('this machine is big-endian, which is not supported')
}

/** A tensor from the bytes of a file: `bytes` belongs to the tensor from here on. */
export function decodeTensor(dtype: FileDType, shape: readonly number[], bytes: OwnBytes, refuse: Refuse): HostTensor {
  assertLittleEndian(refuse)
  const row = fileDTypes[dtype]
  // The table keeps `host` and the result of `decode` together; the compiler cannot follow that through an index.
  const tensor = { dtype: row.host, shape, data: row.decode(bytes, refuse) } as HostTensor
  return dtype === row.host ? tensor : { ...tensor, as: dtype }
}

/** The tags of the arrays that hold each type; a tag and not `instanceof`, so arrays of another realm are taken. */
const arrayTags: { readonly [D in HostDType]: string } = {
  float16: 'Float32Array',
  float32: 'Float32Array',
  float64: 'Float64Array',
  int32: 'Int32Array',
  uint8: 'Uint8Array',
  bool: 'Uint8Array',
}

/** Whether a value looks like a `HostTensor`; `assertHostTensor` says what is wrong with one that is none. */
export function isHostTensor(value: unknown): value is HostTensor {
  return typeof value === 'object' && value !== null && 'dtype' in value && 'shape' in value && 'data' in value
}

/** Checks a tensor that is about to be written. */
export function assertHostTensor(tensor: HostTensor, refuse: Refuse): void {
  const { dtype, shape, data } = tensor
  if (!Object.hasOwn(arrayTags, dtype)) {
    refuse(`the dtype ${describe(dtype)} is none of ${Object.keys(arrayTags).join(', ')}`)
  }
  if (data?.[Symbol.toStringTag] !== arrayTags[dtype]) refuse(`${dtype} data must be a ${arrayTags[dtype]}`)
  if (!Array.isArray(shape) || shape.some((dim) => !Number.isSafeInteger(dim) || dim < 0)) {
    refuse('the shape must be an array of whole numbers of at least 0')
  }
  const count = shape.reduce((product, dim) => product * dim, 1)
  if (count !== data.length) {
    refuse(`the shape [${shape.join(',')}] has ${count} elements, its data ${data.length}`)
  }
}

/** The bytes of a tensor in a file, and their element type there. */
export function encodeTensor(tensor: HostTensor, refuse: Refuse): { dtype: FileDType; bytes: Uint8Array } {
  assertLittleEndian(refuse)
  assertHostTensor(tensor, refuse)
  const dtype = tensor.as ?? tensor.dtype
  if (!Object.hasOwn(fileDTypes, dtype)) {
    return refuse(`as: ${describe(dtype)} is none of ${fileDTypeNames.join(', ')}`)
  }
  const row = fileDTypes[dtype] as Row<HostDType>
  // A float32 rounds to a float16 as it is written.
  const rounds = tensor.dtype === 'float32' && row.host === 'float16'
  if (row.host !== tensor.dtype && !rounds) return refuse(`${tensor.dtype} cannot be written as ${dtype}`)
  const { buffer, byteOffset, byteLength } = row.encode(tensor.data, refuse)
  return { dtype, bytes: new Uint8Array(buffer, byteOffset, byteLength) }
}
