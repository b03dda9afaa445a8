/**
 * The safetensors format: eight bytes of header length, a JSON header, then the tensors' bytes with no gap between
 * them (https://github.com/huggingface/safetensors, "Format"). Reads and writes whole files in memory; touches no disk.
 */
import type { Tensor } from '@glissade/core'
import type { OwnBytes } from '@glissade/core/backend'
import { optional, signature } from '@glissade/core/signature'
import { COST, type Allowance } from './allowance.ts'
import { decodeTensor, encodeTensor, fileDTypeNames, fileDTypes } from './dtype.ts'
import { CheckpointError, describe, isCheckpointError, quote, refuseAt, type Refuse } from './error.ts'
import { parseJson } from './json.ts'
import { formatOf, nameOf } from './file-kind.ts'
import { named } from './kinds.ts'
import type { PickleValue } from './pickle-value.ts'
import { allowanceFor, readRows, type ReadOptions } from './read-options.ts'
import { bytes as bytesKind, bytesOf, type Bytes } from './source.ts'
import { isTensor, readAtOnce } from './tensors.ts'
import { isUnreadable, Unreadable } from './unreadable.ts'
import { readCount, readShape, type FileDType, type HostTensor } from './host-tensor.ts'

/** What a safetensors file holds. */
export interface SafetensorsFile<T = HostTensor> {
  /** By name, in the order of their bytes in the file. */
  readonly tensors: Map<string, T>
  /** The texts under `__metadata__`. */
  readonly metadata: Map<string, string>
}

/** Texts by name. */
export type Texts = ReadonlyMap<string, string> | Readonly<Record<string, string>>

/** The reference implementation's limit on the header, in bytes. */
const MAX_HEADER = 100_000_000
const LENGTH_BYTES = 8
const METADATA = '__metadata__'

export const READ_SAFETENSORS = /* @__PURE__ */ signature('readSafetensors', { bytes: bytesKind }, readRows)
export const WRITE_SAFETENSORS = /* @__PURE__ */ signature('writeSafetensors', {
  tensors: named,
  metadata: optional(named),
})

const kind = 'safetensors'
const tensorPlace = (name: string): Refuse => refuseAt(kind, `tensor ${quote(name)}`)
const headerPlace: Refuse = refuseAt(kind, 'header')

/**
 * Reads a safetensors file. The tensors own their data: nothing refers to `bytes` afterwards.
 *
 * Integers have 32 bits in memory: int64, uint64, uint32, int16, uint16 and int8 become int32, and a value that does
 * not fit is an error that names the tensor, the index and the value. float16 and bfloat16 widen exactly to float32.
 * The file's type stays known as `tensor.as`. A tensor of another type (complex, or packed in less than a byte), or with a
 * value that does not fit, is refused by name, or kept as data about it (`unreadable`).
 *
 * @throws CheckpointError (`safetensors`) for anything that the format forbids: truncated or trailing bytes, a header
 * over 100 MB, bad UTF-8 or JSON, a repeated name, offsets that leave the file, overlap or have a gap; and for tensors that
 * are not read, all of which it names.
 */
export function readSafetensors(
  bytes: Bytes,
  options: ReadOptions & { readonly unreadable: 'keep' },
): SafetensorsFile<HostTensor | Unreadable>
export function readSafetensors(
  bytes: Bytes,
  options?: ReadOptions & { readonly unreadable?: 'refuse' | undefined },
): SafetensorsFile
export function readSafetensors(bytes: Bytes, options?: ReadOptions): SafetensorsFile<HostTensor | Unreadable>
export function readSafetensors(bytes: Bytes): SafetensorsFile<HostTensor | Unreadable> {
  const { maxExtraBytes, unreadable } = READ_SAFETENSORS.read(arguments)
  const file = bytesOf(bytes)
  const { tensors, metadata } = parseSafetensors(
    file,
    allowanceFor(kind, 'readSafetensors', file.length, maxExtraBytes),
  )
  return {
    tensors: unreadable === 'keep' ? tensors : readable(tensors, "; { unreadable: 'keep' } reads the rest"),
    metadata,
  }
}

/** The same out of an allowance, for formats on top of this one, with what could not be read in its place. */
export function parseSafetensors(bytes: Uint8Array, allowance: Allowance): SafetensorsFile<HostTensor | Unreadable> {
  const { json, start } = readHeader(bytes, allowance)
  const metadata = readMetadata(json[METADATA])
  const rows = Object.entries(json)
    .filter(([name]) => name !== METADATA)
    .map(([name, entry]) => readRow(name, entry))
  rows.sort((a, b) => a.begin - b.begin || a.end - b.end)

  const tensors = new Map<string, HostTensor | Unreadable>()
  const length = bytes.length - start
  let offset = 0
  for (const row of rows) {
    const { name, begin, end } = row
    const refuse = tensorPlace(name)
    allowance.take(COST.table, refuse)
    if (end > length) refuse(`its bytes ${begin} to ${end} leave the file, which has ${length}; is it truncated?`)
    if (begin < offset)
      refuse(`its bytes ${begin} to ${end} overlap those of the tensor before, which end at ${offset}`)
    if (begin > offset) refuse(`its bytes begin at ${begin}, which leaves a gap after ${offset}`)
    tensors.set(name, readTensor(row, bytes.subarray(start + begin, start + end)))
    offset = end
  }
  if (offset !== length) {
    throw new CheckpointError(kind, `byte ${start + offset}`, `${length - offset} bytes that belong to no tensor`)
  }
  return { tensors, metadata }
}

function readTensor({ name, dtype, dtypeName, shape }: HeaderRow, bytes: Uint8Array): HostTensor | Unreadable {
  const unreadable = (reason: string): Unreadable => {
    const data = new Unreadable('torch.Tensor', reason, [])
    data.state = new Map<string, PickleValue>([
      ['dtype', dtypeName],
      ['shape', shape],
    ])
    return data
  }
  if (dtype === undefined) return unreadable(`the dtype ${quote(dtypeName)} is not read`)
  try {
    // A copy, because the bytes need not be aligned; not `slice`, which is a view where Node overrides it.
    return decodeTensor(dtype, shape, new Uint8Array(bytes), tensorPlace(name))
  } catch (error) {
    if (!isCheckpointError(error)) throw error
    return unreadable(error.what)
  }
}

/** At most this many are named in a message. */
const NAMED = 8

/** The tensors, where all of them could be read. CheckpointError: the names and the reasons of the others. */
export function readable(
  tensors: ReadonlyMap<string, HostTensor | Unreadable>,
  advice: string = '',
): Map<string, HostTensor> {
  const all = new Map<string, HostTensor>()
  const others: [string, Unreadable][] = []
  for (const [name, tensor] of tensors) {
    if (isUnreadable(tensor)) others.push([name, tensor])
    else all.set(name, tensor)
  }
  const [first] = others
  if (first === undefined) return all
  const names = others.slice(1, NAMED).map(([name]) => quote(name))
  const rest = others.length > NAMED ? [...names, `${others.length - NAMED} more`] : names
  return tensorPlace(first[0])(
    `${first[1].reason}${rest.length > 0 ? `; others are not either: ${rest.join(', ')}` : ''}${advice}`,
  )
}

/** The header as JSON gives it, and where the tensors' bytes start. */
function readHeader(bytes: Uint8Array, allowance: Allowance): { json: Record<string, unknown>; start: number } {
  const other = formatOf(bytes) === 'safetensors' ? null : nameOf(bytes)
  if (other !== null) headerPlace(other)
  if (bytes.length < LENGTH_BYTES) headerPlace(`the file has ${bytes.length} bytes; the header's length alone takes 8`)
  const length = new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES).getBigUint64(0, true)
  if (length > BigInt(MAX_HEADER)) headerPlace(`it claims ${length} bytes; at most ${MAX_HEADER} are read`)
  const start = LENGTH_BYTES + Number(length)
  if (start > bytes.length) headerPlace(`it claims ${length} bytes, but the file ends after ${bytes.length}`)
  const text = decodeText(bytes.subarray(LENGTH_BYTES, start))
  if (!text.startsWith('{')) headerPlace('it does not begin with {; is this a safetensors file?')
  // What begins with { is an object.
  return { json: parseJson(text, allowance, headerPlace) as Record<string, unknown>, start }
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return headerPlace('it is not valid UTF-8')
  }
}

function readMetadata(json: unknown): Map<string, string> {
  if (json === undefined) return new Map()
  const refuse = refuseAt(kind, METADATA)
  if (!isObject(json)) return refuse(`it must be an object of texts, not ${describe(json)}`)
  const entries = Object.entries(json).map(([key, value]): [string, string] => [
    key,
    typeof value === 'string' ? value : refuse(`the value of ${quote(key)} must be a text, not ${describe(value)}`),
  ])
  return new Map(entries)
}

/** A tensor's entry of the header, checked by itself. */
interface HeaderRow {
  readonly name: string
  /** Undefined where it is none that is read. */
  readonly dtype: FileDType | undefined
  readonly dtypeName: string
  readonly shape: readonly number[]
  readonly begin: number
  readonly end: number
}

const dtypeByName: ReadonlyMap<string, FileDType> = new Map(
  fileDTypeNames.map((dtype) => [fileDTypes[dtype].safetensors, dtype]),
)
const ENTRY_KEYS = ['dtype', 'shape', 'data_offsets']

function readRow(name: string, json: unknown): HeaderRow {
  const refuse = tensorPlace(name)
  if (!isObject(json)) return refuse(`its entry must be an object, not ${describe(json)}`)
  const unknown = Object.keys(json).find((key) => !ENTRY_KEYS.includes(key))
  if (unknown !== undefined) refuse(`its entry has an unknown field ${quote(unknown)}`)
  const { dtype: dtypeName, shape: dims, data_offsets: offsets } = json as Record<string, unknown>
  if (typeof dtypeName !== 'string') return refuse(`its dtype must be a text, not ${describe(dtypeName)}`)
  const dtype = dtypeByName.get(dtypeName)
  if (!Array.isArray(dims)) return refuse(`its shape must be an array, not ${describe(dims)}`)
  if (!Array.isArray(offsets) || offsets.length !== 2) {
    return refuse(`its data_offsets must be two numbers, not ${describe(offsets)}`)
  }
  const { shape, count } = readShape(dims, refuse)
  const begin = readCount(offsets[0], 'data_offsets', refuse)
  const end = readCount(offsets[1], 'data_offsets', refuse)
  if (dtype === undefined && end < begin) refuse(`its offsets are ${begin} to ${end}`)
  const wanted = dtype === undefined ? end - begin : count * fileDTypes[dtype].bytes
  if (end - begin !== wanted) {
    refuse(`${dtype} [${shape.join(',')}] takes ${wanted} bytes, but its offsets are ${begin} to ${end}`)
  }
  return { name, dtype, dtypeName, shape, begin, end }
}

const isObject = (json: unknown): json is object => typeof json === 'object' && json !== null && !Array.isArray(json)

/** Half of a surrogate pair: such a text has no UTF-8. */
const LONE_SURROGATE = /\p{Surrogate}/u

/**
 * Writes a safetensors file. Deterministic: the same tensors give the same bytes in whatever order they come, and they
 * are the bytes that the reference implementation writes (wider element types first, then by name).
 *
 * A tensor in host memory is written as its `as` says, by default as its `dtype`. A tensor of core is read at once, where
 * its device can (`save` waits), and its int32 is written as int64, which it stands for.
 *
 * @param metadata texts for `__metadata__`; none by default.
 * @throws CheckpointError (`safetensors`) for a tensor whose shape, data and dtype do not agree, a value that does not
 * fit the type it is to be written as, or a name that the format cannot hold.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, HostTensor | Tensor> | Readonly<Record<string, HostTensor | Tensor>>,
  metadata: Texts = {},
): OwnBytes {
  WRITE_SAFETENSORS.read(arguments)
  const texts = entriesOf(metadata).toSorted(([a], [b]) => compareUtf8(a, b))
  for (const [key, text] of texts)
    if (typeof text !== 'string') refuseAt(kind, `metadata ${quote(key)}`)(`texts are strings, not ${describe(text)}`)
  const parts = entriesOf(tensors).map(([name, tensor]) => {
    const refuse = tensorPlace(name)
    if (name === METADATA) refuse(`no tensor can have this name; it is where the format keeps its texts`)
    if (LONE_SURROGATE.test(name)) refuse('its name is not valid Unicode')
    if (typeof tensor !== 'object' || tensor === null) refuse(`it is no tensor but ${describe(tensor)}`)
    const host = isTensor(tensor) ? readAtOnce(tensor, refuse) : tensor
    return { name, shape: host.shape, ...encodeTensor(host, refuse) }
  })
  const width = ({ dtype }: { dtype: FileDType }): number => fileDTypeNames.indexOf(dtype)
  parts.sort((a, b) => width(b) - width(a) || compareUtf8(a.name, b.name))

  // Joined from its members, because an object would put names like `0` first, whatever their place.
  const members: string[] = []
  if (texts.length > 0)
    members.push(member(METADATA, object(texts.map(([key, text]) => member(key, JSON.stringify(text))))))
  let offset = 0
  for (const { name, dtype, shape, bytes } of parts) {
    const row = { dtype: fileDTypes[dtype].safetensors, shape, data_offsets: [offset, offset + bytes.length] }
    members.push(member(name, JSON.stringify(row)))
    offset += bytes.length
  }
  const header = new TextEncoder().encode(object(members))
  const padded = Math.ceil(header.length / 8) * 8
  if (padded > MAX_HEADER) headerPlace(`it would have ${padded} bytes; at most ${MAX_HEADER} can be read`)

  const file = new Uint8Array(LENGTH_BYTES + padded + offset)
  new DataView(file.buffer).setBigUint64(0, BigInt(padded), true)
  file.fill(0x20, LENGTH_BYTES, LENGTH_BYTES + padded) // the reference pads with spaces, so that the data is aligned
  file.set(header, LENGTH_BYTES)
  let position = LENGTH_BYTES + padded
  for (const { bytes } of parts) {
    file.set(bytes, position)
    position += bytes.length
  }
  return file
}

function entriesOf<V>(values: ReadonlyMap<string, V> | Readonly<Record<string, V>>): [string, V][] {
  return values instanceof Map ? [...(values as ReadonlyMap<string, V>)] : Object.entries(values)
}

const member = (key: string, json: string): string => `${JSON.stringify(key)}:${json}`
const object = (members: readonly string[]): string => `{${members.join(',')}}`

/** The order of the texts' UTF-8 bytes, which beyond U+FFFF is not the order of JavaScript's `<`. */
function compareUtf8(a: string, b: string): number {
  const [x, y] = [new TextEncoder().encode(a), new TextEncoder().encode(b)]
  const differs = x.findIndex((byte, i) => byte !== y[i])
  return differs < 0 ? x.length - y.length : x[differs]! - (y[differs] ?? -1)
}
