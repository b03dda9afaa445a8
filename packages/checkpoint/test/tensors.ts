/** Tensors and files that several test files use. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import type { FileDType, HostTensor } from '../src/index.ts'
import { decodeTensor, fileDTypeNames, fileDTypes } from '../src/dtype.ts'
import { writeZip } from '../src/zip.ts'

/** A file of `fixtures/`, which real PyTorch wrote (fixtures/make.py). */
export const fixture = (path: string): Uint8Array => readFileSync(join(import.meta.dirname, 'fixtures', path))

/** The folders of fixtures, by the PyTorch that wrote them. */
export const torches = ['torch-1.13', 'torch-2.13'] as const

const never = (what: string): never => {
  throw new Error(what)
}

/** Random bits that are a valid file content of a type: bools are 0 or 1, wide integers fit int32. */
function bitsOf(dtype: FileDType, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const own = new Uint8Array(bytes)
  if (dtype === 'bool') return own.map((byte) => byte & 1)
  if (dtype === 'uint32') return own.map((byte, i) => (i % 4 === 3 ? byte & 0x7f : byte))
  if (dtype !== 'int64' && dtype !== 'uint64') return own
  const words = new Int32Array(own.buffer)
  for (let i = 0; i < words.length; i += 2) {
    if (dtype === 'uint64') words[i]! &= 0x7fffffff
    words[i + 1] = words[i]! >> 31
  }
  return own
}

/** Tensors of every element type of files, with every pattern of bits that fits it, and empty and scalar shapes. */
export function tensors(dtypes: readonly FileDType[] = fileDTypeNames): fc.Arbitrary<HostTensor> {
  const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 })
  return fc.tuple(fc.constantFrom(...dtypes), shapes).chain(([dtype, shape]) => {
    const length = shape.reduce((count, dim) => count * dim, fileDTypes[dtype].bytes)
    return fc
      .uint8Array({ minLength: length, maxLength: length })
      .map((bytes) => decodeTensor(dtype, shape, bitsOf(dtype, bytes), never))
  })
}

/** A tensor whose data are bytes, so that two are equal only when every bit is, NaN payloads included. */
export function bits(tensor: HostTensor): unknown {
  const { data, dtype, shape, as } = tensor
  return { dtype, shape, as, bits: [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)] }
}

/** A float32 tensor of a vector. */
export const vector = (...values: number[]): HostTensor => ({
  dtype: 'float32',
  shape: [values.length],
  data: Float32Array.from(values),
})

/** The bytes of a text whose characters are bytes: how the tests write pickles by hand. */
export const latin1 = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(text, (char) => char.charCodeAt(0))

/** An archive like PyTorch's around a pickle. */
export function archiveOf(
  pickle: Uint8Array | string,
  records: Readonly<Record<string, Uint8Array>> = {},
): Uint8Array<ArrayBuffer> {
  const data = typeof pickle === 'string' ? latin1(pickle) : pickle
  return writeZip(
    new Map([
      ['a/data.pkl', data],
      ['a/version', latin1('3\n')],
      ...Object.entries(records).map(([name, bytes]): [string, Uint8Array] => [`a/${name}`, bytes]),
    ]),
  )
}

/** The error that a call throws; anything that it returns instead is a failure. */
export function errorOf(call: () => unknown): unknown {
  try {
    call()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}
