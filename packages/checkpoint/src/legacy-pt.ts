/**
 * The format of before PyTorch 1.6, which `torch.save(..., _use_new_zipfile_serialization=False)` still writes: five pickles in
 * a row (a magic number, a version, the machine, the value, the keys of its storages), then each storage: its length in
 * elements as an int64, and its elements. Source: `_legacy_save` in PyTorch's `torch/serialization.py`.
 */
import { describe, quote, refuseAt, type Refuse } from './error.ts'
import { readCount } from './host-tensor.ts'
import { complete } from './pickle-complete.ts'
import { runPickle } from './pickle-reader.ts'
import type { PickleValue } from './pickle-value.ts'
import type { PickleWorld } from './pickle-world.ts'
import { Storage } from './torch-values.ts'

/** PyTorch's `PROTOCOL_VERSION`. */
const VERSION = 1001

/** Where the bytes of storages are; filled when the pickles have been read. */
export type Records = Map<string, Uint8Array>

/** The value of a file, whose storages come from `records`. */
export function readLegacy(bytes: Uint8Array, world: PickleWorld, records: Records): PickleValue {
  const storages = new Map<string, Storage>()
  const noting: PickleWorld = {
    ...world,
    persistent: (id, refuse) => {
      const made = world.persistent(id, refuse)
      if (made instanceof Storage) storages.set(made.key, made)
      return made
    },
  }
  let at = 0
  const next = (name: string): unknown => {
    const { value, end } = runPickle(bytes, noting, name, at)
    at = end
    return value
  }
  next('magic number')
  const version = next('version')
  if (version !== VERSION) refuseAt('pt', 'version')(`it is ${describe(version)}; ${VERSION} is read`)
  const machine = next('machine')
  if (machine instanceof Map && machine.get('little_endian') !== true)
    refuseAt('pt', 'machine')('the file comes from a big-endian machine; only little-endian files are read')
  const value = next('value')
  const keys = next('keys of storages')
  locate(bytes, at, keys, storages, records)
  return complete(value, world)
}

function locate(
  bytes: Uint8Array,
  start: number,
  keys: unknown,
  storages: ReadonlyMap<string, Storage>,
  records: Records,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (!Array.isArray(keys)) return refuseAt('pt', 'keys of storages')(`a list belongs here, not ${describe(keys)}`)
  let at = start
  for (const key of keys as unknown[]) {
    const refuse: Refuse = refuseAt('pt', `storage ${describe(key)}`)
    const storage = storages.get(key as string)
    if (storage === undefined) return refuse('its type is not known, so where the next one begins is not either')
    if (at + 8 > bytes.length) refuse('the file ends before it; is it truncated?')
    const length = readCount(Number(view.getBigInt64(at, true)), 'the length of a storage', refuse)
    const end = at + 8 + length * storage.of.width
    if (end > bytes.length) refuse(`it has ${length} elements, but the file ends before; is it truncated?`)
    records.set(storage.key, bytes.subarray(at + 8, end))
    at = end
  }
  if (at !== bytes.length) refuseAt('pt', `byte ${at}`)(`${bytes.length - at} bytes that belong to no storage`)
}

/** What has a key that no storage of the file has. */
export const recordOf = (records: Records, key: string): Uint8Array =>
  records.get(key) ?? refuseAt('pt', `storage ${quote(key)}`)('the file does not have its elements')
