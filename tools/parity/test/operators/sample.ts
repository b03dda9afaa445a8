/** Samples as the scripts of tools/parity/operators write them, and the tensors they stand for. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { slice, tensor, type DType, type SliceIndex, type Tensor } from '@glissade/core'

/** Elements are base64 of little-endian floats, or a list of integers. */
export interface TensorData {
  readonly t: 'float32' | 'float64' | 'int64' | 'int32' | 'uint8' | 'bool'
  readonly s: readonly number[]
  readonly d: string | readonly number[]
  /** Was not contiguous. */
  readonly n?: 1
  /** Gradients are taken by it. */
  readonly g?: 1
  /** How far PyTorch's float32 is from its float64, by element, where that is more than rounding; infinite where only its float32 overflows. */
  readonly e?: string
}
interface NumberData {
  readonly f: number | 'inf' | '-inf' | 'nan'
}
interface DTypeData {
  readonly dtype: string
}
interface SliceData {
  readonly slice: readonly [number | null, number | null, number | null]
}
interface PartsData {
  readonly parts: readonly Value[]
}
interface EllipsisData {
  readonly ellipsis: 1
}
export type Value =
  | null
  | boolean
  | number
  | string
  | readonly Value[]
  | TensorData
  | NumberData
  | DTypeData
  | SliceData
  | PartsData
  | EllipsisData

/** A call with its results, gradients of their weighted sum, and gradients of the weighted sum of those. */
export interface Sample {
  readonly k: string
  /** By PyTorch's names, in its order. */
  readonly a: Readonly<Record<string, Value>>
  readonly o: readonly Value[]
  readonly g?: readonly (TensorData | null)[]
  readonly gg?: readonly (TensorData | null)[]
}
/** A call that PyTorch refuses, with its message. */
export interface Refusal {
  readonly k: 'error'
  readonly a: Sample['a']
  readonly e: string
}
/** A line of a set of operators. */
export interface Operator {
  readonly name: string
  readonly samples: readonly Sample[]
  readonly errors: readonly Refusal[]
  /** How many samples of PyTorch's are not here, by reason. */
  readonly left: Readonly<Record<string, number>>
}

/** Why a sample cannot be asked here. */
export class LeftOut extends Error {}

/** A committed set: samples of PyTorch's own, or rows of function_rows.py and module_rows.py. */
export const fixture = (file: string): string => join(import.meta.dirname, '../../fixtures/operators', file)

/** The lines of a file, by name; a line is parsed when it is asked for: whole sets are large. */
export function linesOf<T extends { readonly name: string }>(path: string): { name: string; read: () => T }[] {
  const bytes = readFileSync(path)
  const lines: { name: string; read: () => T }[] = []
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(10, start)
    const line = bytes.subarray(start, end < 0 ? bytes.length : end)
    const name = /^\{"name":"([^"]+)"/.exec(line.toString('utf8', 0, 200))![1]!
    lines.push({ name, read: () => JSON.parse(line.toString()) as T })
    start += line.length + 1
  }
  return lines
}

export const isList = (value: Value): value is readonly Value[] => Array.isArray(value)
export const isTensorData = (value: Value): value is TensorData =>
  typeof value === 'object' && value !== null && 't' in value

/** Every tensor among the arguments. */
export const operandsOf = ({ a }: Pick<Sample, 'a'>): TensorData[] => Object.values(a).flatMap(tensorsIn)
const tensorsIn = (value: Value): TensorData[] =>
  isTensorData(value) ? [value] : isList(value) ? value.flatMap(tensorsIn) : []

/** int64 is int32 here. */
export const dtypeOf = (dtype: TensorData['t']): DType => (dtype === 'int64' ? 'int32' : dtype)
export function dtypeNamed(name: string): DType {
  if (name === 'int64') return 'int32'
  if (name === 'float32' || name === 'float64' || name === 'int32' || name === 'uint8' || name === 'bool') return name
  throw new LeftOut(`dtype ${name}`)
}

function floats(text: string, wide: boolean): Float32Array | Float64Array {
  const { buffer } = Uint8Array.from(Buffer.from(text, 'base64'))
  return wide ? new Float64Array(buffer) : new Float32Array(buffer)
}
export const elementsOf = ({ t, d }: TensorData): ArrayLike<number> =>
  typeof d === 'string' ? floats(d, t === 'float64') : d
export const lostOf = ({ e }: TensorData): ArrayLike<number> | null => (e === undefined ? null : floats(e, false))

/** How operands are laid out: as the sample says, or every one as a view of a larger tensor. */
export type Layout = 'plain' | 'views'

/** What surrounds the elements of a view. */
const SURROUNDINGS = 77

/** Reads values, and collects the tensors that gradients are taken by, in PyTorch's order. */
export class Reader {
  readonly leaves: Tensor[] = []
  readonly #layout: Layout
  constructor(layout: Layout = 'plain') {
    this.#layout = layout
  }
  tensor(data: TensorData): Tensor {
    const elements = Array.from(elementsOf(data))
    const dtype = dtypeOf(data.t)
    const strided = (data.n === 1 || this.#layout === 'views') && data.s.length > 0
    const wide = strided ? elements.flatMap((x) => [dtype === 'bool' ? 1 : SURROUNDINGS, x]) : elements
    const made = tensor(wide, { dtype, shape: strided ? [...data.s, 2] : data.s })
    const result: Tensor = strided ? made.at('...', 1) : made
    if (data.g === 1) this.leaves.push(result.requiresGrad_())
    return result
  }
  value(value: Value): unknown {
    if (value === null || typeof value !== 'object') return value
    if (isList(value)) return value.map((item) => this.value(item))
    if ('t' in value) return this.tensor(value)
    if ('f' in value)
      return typeof value.f === 'number' ? value.f : { inf: Infinity, '-inf': -Infinity, nan: Number.NaN }[value.f]
    if ('dtype' in value) return dtypeNamed(value.dtype)
    if ('slice' in value) return sliceOf(value)
    if ('parts' in value) return { parts: value.parts.map((part) => this.value(part)) }
    return '...'
  }
}

const sliceOf = ({ slice: [start, stop, step] }: SliceData): SliceIndex => slice(start, stop, step ?? undefined)
