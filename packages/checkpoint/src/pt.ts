/**
 * PyTorch's .pt files, both ways: a zip archive of a pickle (`data.pkl`) and one record per storage (`data/0`, ...).
 * Reading executes nothing: see pickle-reader.ts. The format of before PyTorch 1.6 is read too (legacy-pt.ts); TorchScript is
 * refused.
 * Source: PyTorch's `torch/serialization.py` and `torch/_utils.py`, versions 1.13 and 2.13.
 */
import type { OwnBytes } from '@glissade/core/backend'
import { any, optional, signature } from '@glissade/core/signature'
import type { Allowance } from './allowance.ts'
import { encodeTensor, fileDTypes, isHostTensor } from './dtype.ts'
import { describe, quote, refuseAt, type Refuse } from './error.ts'
import { describeFile, isLegacy, isZip } from './file-kind.ts'
import type { FileDType, HostTensor } from './host-tensor.ts'
import { readLegacy, recordOf, type Records } from './legacy-pt.ts'
import { NumpyReader } from './numpy.ts'
import { unpickle } from './pickle-reader.ts'
import type { PickleValue } from './pickle-value.ts'
import type { PickleGlobal, PickleWorld } from './pickle-world.ts'
import { pickle, type PickleWriter, type WritableValue } from './pickle-writer.ts'
import { allowanceFor, readRows, type ReadOptions } from './read-options.ts'
import { bytes as bytesKind, bytesOf, type Bytes } from './source.ts'
import { product } from './strided.ts'
import { isTensor, readAtOnce } from './tensors.ts'
import { namesOfTorch, readPersistent, rebuilders, StorageReader } from './torch-values.ts'
import { isUnreadable } from './unreadable.ts'
import { openZip, writeZip, type ZipArchive } from './zip.ts'

export const READ_PT = /* @__PURE__ */ signature('readPt', { bytes: bytesKind }, readRows)
export const WRITE_PT = /* @__PURE__ */ signature('writePt', { value: any() })
export const STATE_DICT_OF = /* @__PURE__ */ signature('stateDictOf', { value: optional(any(), null) })

/** PyTorch's `kMaxSupportedFileFormatVersion` (caffe2/serialize/versions.h). */
const MAX_VERSION = 10

/**
 * Reads a .pt file as `torch.save` writes it, now and before PyTorch 1.6: tensors, dicts, lists, tuples, sets, OrderedDict,
 * defaultdict, Counter, deque, scalars, and numpy's numbers and arrays. Nothing is executed: objects of any other class are
 * refused, naming them and their place, or kept as data (`unreadable`). `torch.Size` becomes a frozen array; a dtype or
 * device becomes its text, such as `torch.float32`; a Parameter becomes a tensor; `requires_grad`, hooks, the device and
 * the attributes of an OrderedDict are dropped.
 *
 * Elements are converted as `readSafetensors` says. Strided views are made contiguous. Tensors that are the same view
 * of one storage in the file share their data here.
 *
 * @throws CheckpointError (`pt`) for a damaged or hostile file, for what is refused by name, and when reading would
 * allocate far beyond the file's length.
 */
export function readPt(bytes: Bytes, options?: ReadOptions): PickleValue
export function readPt(given: Bytes): PickleValue {
  const { maxExtraBytes, unreadable } = READ_PT.read(arguments)
  const bytes = bytesOf(given)
  if (!isZip(bytes) && !isLegacy(bytes)) refuseAt('pt', 'start of the file')(describeFile(bytes))
  const allowance = allowanceFor('pt', 'readPt', bytes.length, maxExtraBytes)
  if (isLegacy(bytes)) {
    const records: Records = new Map()
    return readLegacy(
      bytes,
      worldOf((key) => recordOf(records, key), allowance, unreadable),
      records,
    )
  }
  const archive = openZip(bytes, allowance)
  const root = findRoot(archive)
  const record = `${root}/data.pkl`
  const world = worldOf((key) => archive.read(`${root}/data/${key}`), allowance, unreadable)
  return unpickle(archive.read(record), world, record)
}

/** What the pickle of a file may mention. */
function worldOf(
  bytesOfStorage: (key: string) => Uint8Array,
  allowance: Allowance,
  unreadable: 'refuse' | 'keep',
): PickleWorld {
  const storages = new StorageReader(bytesOfStorage, allowance)
  const arrays = new NumpyReader(allowance)
  return {
    globals: new Map<string, PickleGlobal>([...namesOfTorch, ...rebuilders(storages), ...arrays.globals]),
    allowance,
    unreadable,
    persistent: readPersistent,
    complete: (made, refuse) => storages.complete(made, refuse) || arrays.complete(made, refuse),
    build: (made, state) => arrays.build(made, state),
  }
}

/** The folder that the archive's records are in, which PyTorch names after the file. */
function findRoot(archive: ZipArchive): string {
  const refuse = refuseAt('pt', 'archive')
  const pickles = archive.names.filter((name) => /^[^/]+\/data\.pkl$/.test(name))
  const root = pickles[0]?.slice(0, -'/data.pkl'.length)
  if (root === undefined) {
    const names = archive.names.slice(0, 3).map(quote).join(', ')
    return refuse(`this zip archive is no .pt file: it has no data.pkl, but ${names === '' ? 'nothing' : names}`)
  }
  if (pickles.length > 1) return refuse(`${pickles.length} records named data.pkl; there must be one`)
  const has = (name: string): boolean => archive.names.includes(`${root}/${name}`)
  const textOf = (name: string): string =>
    new TextDecoder().decode(archive.read(`${root}/${name}`).subarray(0, 64)).trim()
  if (has('constants.pkl')) refuse('this is a TorchScript program, which is not read; save model.state_dict() instead')
  if (has('byteorder') && textOf('byteorder') !== 'little') {
    refuse(`the byte order is ${quote(textOf('byteorder'))}; only little-endian files are read`)
  }
  const version = has('version') ? Number(textOf('version')) : 0
  if (!(version <= MAX_VERSION)) refuse(`its version is ${quote(textOf('version'))}; up to ${MAX_VERSION} are read`)
  return root
}

/** The folder inside the archive; PyTorch takes any. */
const ROOT = 'archive'
/** The version that PyTorch has written since 1.6. */
const VERSION = '3\n'

/**
 * Writes a .pt file that `torch.load` reads, with `weights_only=True` too (PyTorch 2.0 and later; 1.13 refuses floats
 * outside tensors there). Deterministic. A tensor in host memory is written as its `as` says, by default as its `dtype`;
 * tensors over the same data share a storage. A tensor of core is read at once, where its device can; `save` waits. Its
 * int32 is written as int64, which it stands for.
 *
 * @throws CheckpointError (`pt`) naming the place of a value that cannot be written: see `pickle`. Also for uint16,
 * uint32 and uint64, for which PyTorch's files have no storage class, and for archives over 4 GiB.
 */
export function writePt(value: WritableValue): OwnBytes {
  WRITE_PT.read(arguments)
  const storages = new StorageWriter()
  const data = pickle(value, (out, tensor, refuse) =>
    storages.write(out, isTensor(tensor) ? readAtOnce(tensor, refuse) : tensor, refuse),
  )
  const text = (content: string): Uint8Array => new TextEncoder().encode(content)
  return writeZip(
    new Map([
      [`${ROOT}/data.pkl`, data],
      [`${ROOT}/byteorder`, text('little')],
      ...storages.records.map((bytes, key): [string, Uint8Array] => [`${ROOT}/data/${key}`, bytes]),
      [`${ROOT}/version`, text(VERSION)],
    ]),
  )
}

/** Storages in the order in which the pickle mentions them. */
class StorageWriter {
  readonly records: Uint8Array[] = []
  /** Keys by what was written before: the memory, and the part of it, and the type in the file. */
  private readonly keys = new Map<ArrayBufferLike, Map<string, number>>()

  write(out: PickleWriter, tensor: HostTensor, refuse: Refuse): void {
    const { key, dtype } = this.store(tensor, refuse)
    const { storage } = fileDTypes[dtype]
    if (storage === undefined) {
      return refuse(`${dtype} has no storage class in PyTorch's files; write it as int32 or int64`)
    }
    const { shape, data } = tensor
    out.global('torch._utils', '_rebuild_tensor_v2')
    out.op('((')
    out.text('storage')
    out.global('torch', storage)
    out.text(String(key))
    out.text('cpu')
    out.int(data.length)
    out.op('tQ')
    out.int(0) // offset
    out.ints(shape)
    out.ints(shape.map((_, i) => product(shape.slice(i + 1).map((dim) => Math.max(dim, 1)))))
    out.op('\x89') // requires_grad
    out.global('collections', 'OrderedDict') // hooks
    out.op(')RtR')
  }

  private store(tensor: HostTensor, refuse: Refuse): { key: number; dtype: FileDType } {
    const { buffer, byteOffset, byteLength } = tensor.data
    const part = `${tensor.as ?? tensor.dtype} ${byteOffset} ${byteLength}`
    const known = this.keys.get(buffer)?.get(part)
    const { dtype, bytes } = encodeTensor(tensor, refuse)
    if (known !== undefined) return { key: known, dtype }
    const key = this.records.push(bytes) - 1
    if (!this.keys.has(buffer)) this.keys.set(buffer, new Map())
    this.keys.get(buffer)!.set(part, key)
    return { key, dtype }
  }
}

/** The tensors of a state dict, a value of `readPt`, by name; a CheckpointError (`pt`) where it is none. */
export function stateDictOf(value: PickleValue | undefined): Map<string, HostTensor> {
  STATE_DICT_OF.read(arguments)
  const refuse = refuseAt('pt', 'state dict')
  if (!(value instanceof Map)) return refuse(`a state dict is a dict of tensors, not ${describe(value)}`)
  const tensors = new Map<string, HostTensor>()
  for (const [name, tensor] of value as ReadonlyMap<unknown, PickleValue>) {
    if (typeof name !== 'string') return refuse(`the name ${describe(name)} is no text`)
    if (isUnreadable(tensor)) return refuse(`${quote(name)} could not be read: ${tensor.reason}`)
    if (typeof tensor !== 'object' || tensor === null || !isHostTensor(tensor)) {
      const inner = tensor instanceof Map ? `; if that is the state dict, pass it alone: value.get(${quote(name)})` : ''
      return refuse(`${quote(name)} is no tensor but ${describe(tensor)}${inner}`)
    }
    tensors.set(name, tensor)
  }
  return tensors
}
