/**
 * Zip archives, read with suspicion and written with each record's bytes on a 64-byte boundary.
 *
 * The library fflate inflates and writes. The directory is walked here, because fflate's own reader checks neither
 * checksums nor bounds nor overlapping records, and a checkpoint is often a file that came from elsewhere. Records are
 * not copied: a stored one is a view of the archive. Encrypted and multi-part archives are refused.
 * Source: PKWARE's APPNOTE 6.3.10, sections 4.3 and 4.5.3.
 */
import type { OwnBytes } from '@glissade/core/backend'
import { inflateSync, zipSync, type Zippable } from 'fflate'
import { COST, type Allowance } from './allowance.ts'
import { crc32 } from './crc32.ts'
import { quote, refuseAt, type Refuse } from './error.ts'

/** A record that the directory names; its bytes have not been looked at yet. */
interface ZipRecord {
  readonly name: string
  readonly deflated: boolean
  readonly crc: number
  /** Bytes in the archive. */
  readonly packedSize: number
  /** Bytes after inflating. */
  readonly size: number
  /** Where its local header begins, and where its bytes do. */
  readonly headerAt: number
  readonly dataAt: number
}

const END = 0x06054b50
const END_LENGTH = 22
const ZIP64_LOCATOR = 0x07064b50
const ZIP64_LOCATOR_LENGTH = 20
const ZIP64_END = 0x06064b50
const ZIP64_END_LENGTH = 56
const ENTRY = 0x02014b50
const ENTRY_LENGTH = 46
const LOCAL = 0x04034b50
const LOCAL_LENGTH = 30
const MAX_COMMENT = 0xffff
const ENCRYPTED = 1
const STORED = 0
const DEFLATED = 8

/** An upper bound of deflate's ratio: 258 bytes from two bits, 1032, and some for tiny records. */
const largestInflated = (packedSize: number): number => packedSize * 1032 + 1024

/** The records of an archive by name; `read` checks the checksum. */
export interface ZipArchive {
  readonly names: readonly string[]
  /** A view of the archive where the record is stored, a new array where it is deflated. */
  read(name: string): Uint8Array
}

/** Opens an archive: every record's place is checked here, before any is read. */
export function openZip(bytes: Uint8Array, allowance: Allowance): ZipArchive {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const directory = findDirectory(view)
  allowance.take(directory.count * COST.table, refuseAt('pt', 'archive directory'))
  const records = readRecords(bytes, view, directory)
  assertApart(records)
  const byName = new Map(records.map((record) => [record.name, record]))
  return {
    names: [...byName.keys()],
    read: (name) => {
      const record = byName.get(name)
      if (record === undefined) return refuseAt('pt', 'archive')(`there is no record ${quote(name)}`)
      return readRecord(bytes, record, allowance)
    },
  }
}

interface Directory {
  readonly at: number
  readonly end: number
  readonly count: number
}

/** The end record is the last thing in the file but for a comment, whose length must then be exact. */
function findDirectory(view: DataView): Directory {
  const refuse = refuseAt('pt', 'end of the archive')
  const last = view.byteLength - END_LENGTH
  for (let at = last; at >= Math.max(0, last - MAX_COMMENT); at--) {
    if (view.getUint32(at, true) !== END || at + END_LENGTH + view.getUint16(at + 20, true) !== view.byteLength)
      continue
    const zip64 = findZip64(view, at)
    const own = {
      count: view.getUint16(at + 10, true),
      size: view.getUint32(at + 12, true),
      at: view.getUint32(at + 16, true),
    }
    if (zip64 === undefined) {
      if (view.getUint16(at + 4, true) !== 0 || view.getUint16(at + 8, true) !== own.count)
        refuse('a multi-part archive')
      return assertDirectory(own.at, own.size, own.count, at, refuse)
    }
    for (const [field, saturated] of [
      ['count', 0xffff],
      ['size', 0xffffffff],
      ['at', 0xffffffff],
    ] as const) {
      if (own[field] !== saturated && own[field] !== zip64[field]) refuse('its two end records contradict each other')
    }
    return assertDirectory(zip64.at, zip64.size, zip64.count, at, refuse)
  }
  return refuse('no end record, which every zip archive has; is the file truncated?')
}

function findZip64(view: DataView, endAt: number): { count: number; size: number; at: number } | undefined {
  const locatorAt = endAt - ZIP64_LOCATOR_LENGTH
  if (locatorAt < 0 || view.getUint32(locatorAt, true) !== ZIP64_LOCATOR) return undefined
  const refuse = refuseAt('pt', 'end of the archive')
  const at = readUint64(view, locatorAt + 8, refuse)
  if (at + ZIP64_END_LENGTH > locatorAt || view.getUint32(at, true) !== ZIP64_END)
    refuse('its zip64 end record is missing')
  return {
    count: readUint64(view, at + 32, refuse),
    size: readUint64(view, at + 40, refuse),
    at: readUint64(view, at + 48, refuse),
  }
}

function assertDirectory(at: number, size: number, count: number, endAt: number, refuse: Refuse): Directory {
  if (at + size > endAt) refuse(`its directory of ${size} bytes at ${at} leaves the file`)
  if (count * ENTRY_LENGTH > size) refuse(`its directory of ${size} bytes cannot hold ${count} records`)
  return { at, end: at + size, count }
}

function readUint64(view: DataView, at: number, refuse: Refuse): number {
  const value = view.getBigUint64(at, true)
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) return refuse(`the 64-bit number ${value} is beyond any file`)
  return Number(value)
}

function readRecords(bytes: Uint8Array, view: DataView, directory: Directory): ZipRecord[] {
  const records: ZipRecord[] = []
  const names = new Set<string>()
  let at = directory.at
  for (let i = 0; i < directory.count; i++) {
    const refuse = refuseAt('pt', `archive directory, record ${i}`)
    if (at + ENTRY_LENGTH > directory.end || view.getUint32(at, true) !== ENTRY) refuse('its entry is missing')
    const nameEnd = at + ENTRY_LENGTH + view.getUint16(at + 28, true)
    const extraEnd = nameEnd + view.getUint16(at + 30, true)
    const end = extraEnd + view.getUint16(at + 32, true)
    if (end > directory.end) refuse('its entry leaves the directory')
    const nameBytes = bytes.subarray(at + ENTRY_LENGTH, nameEnd)
    const name = decodeName(nameBytes, refuse)
    if (names.has(name)) refuse(`the name ${quote(name)} occurs twice`)
    names.add(name)
    records.push(readEntry(bytes, view, { at, name, nameBytes, extraAt: nameEnd, extraEnd, directory }))
    at = end
  }
  return records
}

function decodeName(bytes: Uint8Array, refuse: Refuse): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return refuse('its name is not valid UTF-8')
  }
}

interface Entry {
  readonly at: number
  readonly name: string
  readonly nameBytes: Uint8Array
  readonly extraAt: number
  readonly extraEnd: number
  readonly directory: Directory
}

/** One entry of the directory and the local header that it points to, which must name the same record. */
function readEntry(bytes: Uint8Array, view: DataView, entry: Entry): ZipRecord {
  const { at, name, nameBytes } = entry
  const refuse = refuseAt('pt', `record ${quote(name)}`)
  if (view.getUint16(at + 8, true) & ENCRYPTED) refuse('it is encrypted')
  const method = view.getUint16(at + 10, true)
  if (method !== STORED && method !== DEFLATED)
    refuse(`compression method ${method}; only stored and deflated are read`)
  const deflated = method === DEFLATED
  const [size, packedSize, headerAt] = readSizes(view, entry, refuse)
  if (!deflated && size !== packedSize)
    refuse(`it is stored, yet claims ${packedSize} bytes packed and ${size} unpacked`)
  if (deflated && size > largestInflated(packedSize)) refuse(`${packedSize} bytes cannot inflate to ${size}`)

  if (headerAt + LOCAL_LENGTH > entry.directory.at || view.getUint32(headerAt, true) !== LOCAL) {
    refuse(`there is no header at ${headerAt}, where the directory puts it`)
  }
  const localName = headerAt + LOCAL_LENGTH
  const localNameEnd = localName + view.getUint16(headerAt + 26, true)
  const dataAt = localNameEnd + view.getUint16(headerAt + 28, true)
  if (dataAt + packedSize > entry.directory.at) refuse(`its ${packedSize} bytes at ${dataAt} run into the directory`)
  const ownName = bytes.subarray(localName, localNameEnd)
  if (ownName.length !== nameBytes.length || ownName.some((byte, i) => byte !== nameBytes[i])) {
    refuse('its header has another name than the directory')
  }
  return { name, deflated, crc: view.getUint32(at + 16, true), packedSize, size, headerAt, dataAt }
}

/** Unpacked size, packed size and place: from the zip64 field, in that order, where the entry itself is saturated. */
function readSizes(view: DataView, { at, extraAt, extraEnd }: Entry, refuse: Refuse): [number, number, number] {
  const sizes: [number, number, number] = [
    view.getUint32(at + 24, true),
    view.getUint32(at + 20, true),
    view.getUint32(at + 42, true),
  ]
  if (!sizes.includes(0xffffffff)) return sizes
  for (let field = extraAt; field + 4 <= extraEnd; field += 4 + view.getUint16(field + 2, true)) {
    if (view.getUint16(field, true) !== 1) continue
    const end = Math.min(extraEnd, field + 4 + view.getUint16(field + 2, true))
    let position = field + 4
    return sizes.map((size) => {
      if (size !== 0xffffffff) return size
      if (position + 8 > end) return refuse('its zip64 sizes are cut off')
      position += 8
      return readUint64(view, position - 8, refuse)
    }) as [number, number, number]
  }
  return refuse('its zip64 sizes are missing')
}

/** Overlapping records would let a small file hold any number of large ones. */
function assertApart(records: readonly ZipRecord[]): void {
  const sorted = records.toSorted((a, b) => a.headerAt - b.headerAt)
  for (const [i, record] of sorted.entries()) {
    const before = sorted[i - 1]
    if (before !== undefined && record.headerAt < before.dataAt + before.packedSize) {
      refuseAt('pt', `record ${quote(record.name)}`)(`its bytes overlap those of ${quote(before.name)}`)
    }
  }
}

function readRecord(bytes: Uint8Array, record: ZipRecord, allowance: Allowance): Uint8Array {
  const refuse = refuseAt('pt', `record ${quote(record.name)}`)
  const packed = bytes.subarray(record.dataAt, record.dataAt + record.packedSize)
  const content = record.deflated ? inflate(packed, record.size, allowance, refuse) : packed
  if (crc32(content) !== record.crc) refuse('its checksum is wrong: the file is damaged')
  return content
}

function inflate(packed: Uint8Array, size: number, allowance: Allowance, refuse: Refuse): Uint8Array {
  allowance.take(size, refuse)
  const content = inflateInto(new Uint8Array(size), packed, refuse)
  return content.length === size ? content : refuse(`it inflates to ${content.length} bytes instead of ${size}`)
}

/** With an array to fill, fflate allocates no other, whatever the stream says. */
function inflateInto(out: Uint8Array, packed: Uint8Array, refuse: Refuse): Uint8Array {
  try {
    return inflateSync(packed, { out })
  } catch {
    return refuse('its deflated bytes are damaged')
  }
}

/** Where PyTorch puts the bytes of every record, so that they can be mapped (its `.storage_alignment`). */
export const ALIGNMENT = 64
/** The id of PyTorch's padding field, `FB`. */
const PADDING_FIELD = 0x4246
/** The oldest date of a zip: a fixed one, so that the same records give the same bytes. Zip dates are local time. */
const MTIME: Date = new Date(1980, 0, 1)
const MAX_ARCHIVE = 0xffffffff

/** Writes stored records, each aligned. At most 4 GiB and 65,535 records: without zip64. */
export function writeZip(records: ReadonlyMap<string, Uint8Array>): OwnBytes {
  const refuse = refuseAt('pt', 'archive')
  const zippable: Zippable = {}
  let at = 0
  let directory = 0
  for (const [name, bytes] of records) {
    // Local header, name, then a field of four bytes and its padding.
    const beforePadding = at + LOCAL_LENGTH + name.length + 4
    const padding = (ALIGNMENT - (beforePadding % ALIGNMENT)) % ALIGNMENT
    zippable[name] = [bytes, { level: 0, mtime: MTIME, os: 0, extra: { [PADDING_FIELD]: new Uint8Array(padding) } }]
    at = beforePadding + padding + bytes.length
    directory += ENTRY_LENGTH + name.length + 4 + padding
  }
  if (records.size > 0xffff) refuse(`${records.size} records; an archive without zip64 holds 65535`)
  if (at + directory > MAX_ARCHIVE) refuse(`it would have ${at + directory} bytes; write over 4 GiB as safetensors`)
  return zipSync(zippable)
}
