/**
 * Element types in shaders: the type of a value, numbers as text, and how values lie in memory, which is `array<u32>` with a
 * word for each element. uint8 is computed with as i32 and stays within 0 to 255.
 */
import { DTYPES, UnsupportedError, type DType } from '@glissade/core/backend'

export type ValueType = 'f32' | 'i32' | 'bool'
interface Row {
  readonly type: ValueType
  readonly literal: (value: number) => string
  readonly fromWord: (text: string) => string
  readonly toWord: (text: string) => string
}

const LEAST_NORMAL = 2 ** DTYPES.float32.least
/**
 * Beyond these a number is no constant expression: WGSL refuses a shader in which a constant expression overflows, and a sum or a
 * product of two smaller ones never does.
 */
const GREATEST = { integer: 2 ** 15, float: 2 ** 60 } as const

const words = new DataView(new ArrayBuffer(4))
function bitsOf(value: number): string {
  words.setFloat32(0, value)
  return `0x${words.getUint32(0).toString(16)}u`
}

/** What WGSL has no literals for, and what it may flush to 0, is made of its bits. */
function float(value: number): string {
  const x = Math.fround(value)
  const size = Math.abs(x)
  const isPlain = size === 0 ? !Object.is(x, -0) : size >= LEAST_NORMAL && size <= GREATEST.float
  return isPlain ? `(${x}f)` : `f_bits(${bitsOf(x)})`
}
function integer(value: number): string {
  const x = DTYPES.int32.round(value)
  return Math.abs(x) <= GREATEST.integer ? `(${x}i)` : `i_bits(0x${(x >>> 0).toString(16)}u)`
}

const number = {
  fromWord: (text: string) => `bitcast<i32>(${text})`,
  toWord: (text: string) => `bitcast<u32>(${text})`,
}
const ROWS: { readonly [D in DType]?: Row } = {
  bool: {
    type: 'bool',
    literal: (value) => (value === 0 ? 'false' : 'true'),
    fromWord: (text) => `(${text} != 0u)`,
    toWord: (text) => `u32(${text})`,
  },
  uint8: { type: 'i32', literal: (value) => integer(DTYPES.uint8.round(value)), ...number },
  int32: { type: 'i32', literal: integer, ...number },
  float32: { type: 'f32', literal: float, ...number, fromWord: (text) => `bitcast<f32>(${text})` },
}

function rowOf(dtype: DType): Row {
  const row = ROWS[dtype]
  if (row === undefined) throw new UnsupportedError('webgpu', `WGSL has no ${dtype}`)
  return row
}

/** The type of a variable that holds an element. */
export const valueType = (dtype: DType): ValueType => rowOf(dtype).type
/** A number as an operand of any expression. */
export const literal = (value: number, dtype: DType): string => rowOf(dtype).literal(value)
/** The element that a word of memory holds. */
export const fromWord = (dtype: DType, text: string): string => rowOf(dtype).fromWord(text)
/** The word that holds an element. */
export const toWord = (dtype: DType, text: string): string => rowOf(dtype).toWord(text)
