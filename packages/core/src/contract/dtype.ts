/** The element types as a table: one row each, and nothing else decides by name what a dtype is. */
import { DTYPE_NAMES, type DType, type Shape, type TensorType } from './contract.ts'
import { packing, rounding, type Packing } from './packing.ts'

/** Elements as numbers. */
export type Elements = Float32Array | Float64Array | Int32Array | Uint8Array
/** Elements as they lie in memory: numbers, or the patterns of a packed dtype. */
export type HostArray = Elements | Uint16Array
/** Bytes in memory that is not shared: `Uint8Array<ArrayBuffer>`, which compilers before TypeScript 5.7 cannot read. */
export type OwnBytes = ReturnType<typeof Uint8Array.of>
/** As OwnBytes, of integers. */
export type OwnIntegers = ReturnType<typeof Int32Array.of>

/** What the compiler must know of a dtype too: its kind, and the array that its elements come in. */
export interface DTypeTraits {
  readonly bool: { readonly kind: 'bool'; readonly elements: Uint8Array }
  readonly uint8: { readonly kind: 'integer'; readonly elements: Uint8Array }
  readonly int32: { readonly kind: 'integer'; readonly elements: Int32Array }
  readonly float16: { readonly kind: 'float'; readonly elements: Float32Array }
  readonly float32: { readonly kind: 'float'; readonly elements: Float32Array }
  readonly float64: { readonly kind: 'float'; readonly elements: Float64Array }
}

/** Those of real numbers. */
export type FloatDType = { [D in DType]: DTypeTraits[D]['kind'] extends 'float' ? D : never }[DType]

interface Row<D extends DType> {
  readonly kind: DTypeTraits[D]['kind']
  readonly bytes: number
  /** The least and the greatest of its numbers, infinities too. */
  readonly range: readonly [least: number, greatest: number]
  /** Binary digits of its numbers, and the exponent of the smallest with all of them. */
  readonly digits: number
  readonly least: number
  /** The element that a number becomes: floats round to the nearest and to even at ties, integers wrap. */
  readonly round: (x: number) => number
  /** Its elements as they lie in memory; where those are no numbers, how numbers are packed into them. */
  readonly array: new (buffer: ArrayBufferLike, byteOffset: number, length: number) => HostArray
  readonly packing?: Packing
  /** What PyTorch prints for it. int32 stands for PyTorch's int64. */
  readonly printed: string
}

const REAL = [-Infinity, Infinity] as const
const float = { kind: 'float', range: REAL } as const

/** Every dtype, in the order of promotion: of two the later one is the result's. */
export const DTYPES: { readonly [D in DType]: Row<D> } = {
  bool: {
    kind: 'bool',
    bytes: 1,
    range: [0, 1],
    digits: 1,
    least: 0,
    round: (x) => Number(x !== 0),
    array: Uint8Array,
    printed: 'bool',
  },
  uint8: {
    kind: 'integer',
    bytes: 1,
    range: [0, 255],
    digits: 8,
    least: 0,
    round: (x) => x & 255,
    array: Uint8Array,
    printed: 'uint8',
  },
  int32: {
    kind: 'integer',
    bytes: 4,
    range: [-(2 ** 31), 2 ** 31 - 1],
    digits: 31,
    least: 0,
    round: (x) => x | 0,
    array: Int32Array,
    printed: 'int64',
  },
  float16: {
    ...float,
    bytes: 2,
    digits: 11,
    least: -14,
    round: /* @__PURE__ */ rounding(11, -14),
    array: Uint16Array,
    packing: /* @__PURE__ */ packing(11, -14),
    printed: 'float16',
  },
  float32: {
    ...float,
    bytes: 4,
    digits: 24,
    least: -126,
    round: Math.fround,
    array: Float32Array,
    printed: 'float32',
  },
  float64: {
    ...float,
    bytes: 8,
    digits: 53,
    least: -1022,
    round: (x) => x,
    array: Float64Array,
    printed: 'float64',
  },
}

/** Whether a dtype has fractions, and so gradients. */
export const isFloat = (dtype: DType): boolean => DTYPES[dtype].kind === 'float'

/** The distance from 1 to the next number of a float dtype. */
export const epsilonOf = (dtype: DType): number => 2 ** (1 - DTYPES[dtype].digits)
/** The largest finite number of a float dtype. */
export const largestOf = (dtype: DType): number => (2 - epsilonOf(dtype)) * 2 ** (1 - DTYPES[dtype].least)

const rank = (dtype: DType): number => DTYPE_NAMES.indexOf(dtype)
/** The result's dtype, of operands of these. */
export const highest = (dtypes: readonly DType[]): DType => dtypes.reduce((a, b) => (rank(b) > rank(a) ? b : a))
/** Of the kinds bool, integer and float. */
export const isHigherKind = (a: DType, b: DType): boolean => DTYPES[a].kind !== DTYPES[b].kind && rank(a) > rank(b)

/** Whether every element of `from` is one of `dtype`. */
export function holds(dtype: DType, from: DType): boolean {
  const [own, other] = [DTYPES[dtype], DTYPES[from]]
  if (own.kind === 'float') return other.digits <= own.digits && other.least >= own.least
  return other.kind !== 'float' && other.range[0] >= own.range[0] && other.range[1] <= own.range[1]
}

/** Room for elements as numbers: those of packed dtypes are in float32, which holds them all. */
export function elementsFor<D extends DType>(dtype: D, length: number): DTypeTraits[D]['elements'] {
  const { array, bytes, packing: packs } = DTYPES[dtype]
  const made = packs === undefined ? new array(new ArrayBuffer(length * bytes), 0, length) : new Float32Array(length)
  return made as DTypeTraits[D]['elements']
}
/** The elements of a tensor, from its bytes, which become theirs. */
export function elementsOf({ dtype, shape }: TensorType, bytes: Uint8Array): Elements {
  const { array, packing: packs } = DTYPES[dtype]
  const own = new array(bytes.buffer, bytes.byteOffset, numel(shape))
  if (packs === undefined) return own as Elements
  const numbers = packs.numbers()
  return Float32Array.from(own, (pattern) => numbers[pattern]!)
}
/** The bytes of a tensor with these elements; their own, where nothing is packed. */
export function bytesOfElements(dtype: DType, elements: ArrayLike<number> & Elements): Uint8Array {
  const { packing: packs } = DTYPES[dtype]
  const { buffer, byteOffset, byteLength } = packs === undefined ? elements : Uint16Array.from(elements, packs.pack)
  return new Uint8Array(buffer, byteOffset, byteLength)
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Number of elements: the product of the sizes. */
export function numel(shape: Shape): number {
  let n = 1
  for (let i = 0; i < shape.length; i++) n *= shape[i]!
  return n
}

/** Row-major strides in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length)
  let stride = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride
    stride *= shape[axis]!
  }
  return strides
}

/** What a value takes. */
export const bytesOf = ({ dtype, shape }: TensorType): number => numel(shape) * DTYPES[dtype].bytes
