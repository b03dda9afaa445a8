/**
 * PyTorch's .pt files, both ways: a zip archive of a pickle (`data.pkl`) and one record per storage (`data/0`, ...).
 * Reading executes nothing: see pickle-reader.ts. The old format of before PyTorch 1.6 and TorchScript are refused.
 * Source: PyTorch's `torch/serialization.py` and `torch/_utils.py`, versions 1.13 and 2.13.
 */
import type { OwnBytes } from '@glissade/core/backend'
import { any, number, oneOf, optional, signature, type OptionsOf } from '@glissade/core/signature'
import { Allowance, COST, EXTRA_BYTES } from './allowance.ts'
import { decodeTensor, encodeTensor, fileDTypeNames, fileDTypes, isHostTensor, roomOf } from './dtype.ts'
import { describe, quote, refuseAt, type Refuse } from './error.ts'
import { readCount, readShape, type FileDType, type HostTensor } from './host-tensor.ts'
import { describeFile, isLegacy, isZip } from './file-kind.ts'
import { bytes as bytesKind, bytesOf, type Bytes } from './source.ts'
import { unpickle, type PickleGlobal, type PickleWorld } from './pickle-reader.ts'
import type { PickleValue } from './pickle-value.ts'
import { NumpyReader } from './numpy.ts'
import { pickle, type PickleWriter, type WritableValue } from './pickle-writer.ts'
import { gather, product, type View } from './strided.ts'
import { isTensor, readAtOnce } from './tensors.ts'
import { isUnreadable, Unreadable } from './unreadable.ts'
import { openZip, writeZip, type ZipArchive } from './zip.ts'

export const rows = {
  /**
   * How many bytes reading may allocate for tensors, inflated records and values beyond four times the length of the
   * file (int8 becomes int32). Default 256 MiB. Files need that for expanded tensors, for a million values outside of
   * tensors, and where they were compressed after PyTorch wrote them.
   */
  maxExtraBytes: optional(number, EXTRA_BYTES),
  /**
   * What becomes of what is no value here: objects of Python's classes, functions, tensors whose elements memory does not
   * have. 'refuse' (default): an error names the first one, and where it is. 'keep': an `Unreadable` is in its place.
   */
  unreadable: optional(oneOf('refuse', 'keep'), 'refuse'),
}
export interface ReadPtOptions extends OptionsOf<typeof rows> {}
export const READ_PT = /* @__PURE__ */ signature('readPt', { bytes: bytesKind }, rows)
export const WRITE_PT = /* @__PURE__ */ signature('writePt', { value: any() })
export const STATE_DICT_OF = /* @__PURE__ */ signature('stateDictOf', { value: optional(any(), null) })

/** PyTorch's `kMaxSupportedFileFormatVersion` (caffe2/serialize/versions.h). */
const MAX_VERSION = 10

/**
 * Reads a .pt file as `torch.save` writes it (PyTorch 1.6 and later): tensors, dicts, lists, tuples, sets, OrderedDict,
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
export function readPt(bytes: Bytes, options?: ReadPtOptions): PickleValue
export function readPt(given: Bytes): PickleValue {
  const { maxExtraBytes, unreadable } = READ_PT.read(arguments)
  if (!(maxExtraBytes >= 0))
    refuseAt('pt', 'readPt')(`maxExtraBytes must be at least 0, not ${describe(maxExtraBytes)}`)
  const bytes = bytesOf(given)
  assertZip(bytes)
  const allowance = new Allowance(bytes.length, maxExtraBytes, '; if you trust it, raise maxExtraBytes')
  const archive = openZip(bytes, allowance)
  const root = findRoot(archive)
  const storages = new StorageReader(archive, root, allowance)
  const arrays = new NumpyReader(allowance)
  const globals = new Map<string, PickleGlobal>([...namesOfTorch, ...rebuilders(storages), ...arrays.globals])
  const record = `${root}/data.pkl`
  const world: PickleWorld = {
    globals,
    allowance,
    unreadable,
    persistent: readPersistent,
    complete: (made, refuse) => storages.complete(made, refuse) || arrays.complete(made, refuse),
    build: (made, state) => arrays.build(made, state),
  }
  return unpickle(archive.read(record), world, record)
}

/** Says what the file is where it is not a zip archive. */
function assertZip(bytes: Uint8Array): void {
  if (isZip(bytes)) return
  const refuse = refuseAt('pt', 'start of the file')
  if (isLegacy(bytes)) {
    refuse(
      'this is the format of before PyTorch 1.6, which is not read; ' +
        'write it again with PyTorch: torch.save(torch.load(path), path)',
    )
  }
  refuse(describeFile(bytes))
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

/** A class of storages. PyTorch has one per element type, and `UntypedStorage` for the types that came later. */
class StorageClass extends Unreadable {
  readonly dtype: FileDType | undefined
  constructor(name: string, dtype?: FileDType) {
    super(name, 'a class of storages itself is a value', null)
    this.dtype = dtype
  }
}

/** A storage that the pickle mentions; its bytes are read when a tensor wants them. By itself it is no value. */
class Storage extends Unreadable {
  readonly dtype: FileDType | undefined
  readonly key: string
  /** Elements, or bytes of an untyped one. */
  readonly length: number
  constructor(dtype: FileDType | undefined, key: string, length: number) {
    super('torch.storage', 'a storage itself is a value', [])
    this.dtype = dtype
    this.key = key
    this.length = length
  }
}

/** ('storage', class, key, location, length) */
function readPersistent(id: unknown, refuse: Refuse): Storage {
  if (!Array.isArray(id) || id.length !== 5 || id[0] !== 'storage') return refuse('a persistent id that is no storage')
  const [, storageClass, key, , length] = id as unknown[]
  if (!(storageClass instanceof StorageClass))
    return refuse(isUnreadable(storageClass) ? storageClass.reason : 'a storage without a storage class')
  if (typeof key !== 'string') return refuse(`a storage with the key ${describe(key)}, which is no text`)
  return new Storage(storageClass.dtype, key, readCount(length, 'a storage', refuse))
}

/** What torch's names stand for. A dtype is its text. */
const namesOfTorch: ReadonlyMap<string, PickleGlobal> = new Map<string, PickleGlobal>([
  ...fileDTypeNames.flatMap((dtype): [string, PickleGlobal][] => {
    const { storage } = fileDTypes[dtype]
    return storage === undefined ? [] : [[`torch.${storage}`, { value: new StorageClass(`torch.${storage}`, dtype) }]]
  }),
  ['torch.storage.UntypedStorage', { value: new StorageClass('torch.storage.UntypedStorage') }],
  ...fileDTypeNames.map((dtype): [string, PickleGlobal] => [`torch.${dtype}`, { value: `torch.${dtype}` }]),
  [
    'torch.Size',
    { call: ([dims], refuse) => (Array.isArray(dims) ? Object.freeze(dims) : refuse('torch.Size takes a tuple')) },
  ],
  [
    'torch.device',
    {
      call: ([type, index], refuse) => {
        if (typeof type !== 'string' || !/^[a-z]{1,32}(:\d{1,4})?$/.test(type))
          return refuse('torch.device takes a name')
        return typeof index === 'number' ? `${type}:${index}` : type
      },
    },
  ],
  [
    'torch.serialization._get_layout',
    { call: ([name], refuse) => (typeof name === 'string' ? name : refuse('a layout that is no text')) },
  ],
])

/** The functions of `torch._utils` that make tensors, as far as they make dense ones on a CPU. */
function rebuilders(storages: StorageReader): [string, PickleGlobal][] {
  const parameter: PickleGlobal = {
    call: ([data], refuse) => (storages.made(data) ? data : refuse('a Parameter that is no tensor')),
  }
  return [
    // storage, offset, size, stride, requires_grad, hooks, metadata
    ['torch._utils._rebuild_tensor', { call: (args, refuse) => storages.view(args, undefined, refuse) }],
    [
      'torch._utils._rebuild_tensor_v2',
      {
        call: (args, refuse) => {
          assertPlain(args[6], refuse)
          return storages.view(args, undefined, refuse)
        },
      },
    ],
    // The same with the dtype before the metadata, over an untyped storage.
    [
      'torch._utils._rebuild_tensor_v3',
      {
        call: (args, refuse) => {
          assertPlain(args[7], refuse)
          const dtype = fileDTypeNames.find((name) => `torch.${name}` === args[6])
          return storages.view(args, dtype ?? refuse(`the dtype ${describe(args[6])} is not supported`), refuse)
        },
      },
    ],
    ['torch._utils._rebuild_parameter', parameter],
    ['torch._utils._rebuild_parameter_with_state', parameter],
  ]
}

/** Lazily negated and conjugated tensors have other values than their storage. */
function assertPlain(metadata: unknown, refuse: Refuse): void {
  if (!(metadata instanceof Map)) return
  const lazy = ['neg', 'conj'].find((bit) => metadata.get(bit) === true)
  if (lazy !== undefined) refuse(`a tensor with its ${lazy} bit set; call resolve_${lazy}() before saving`)
}

/** Tensors out of the archive's storages. */
class StorageReader {
  private readonly archive: ZipArchive
  private readonly root: string
  private readonly allowance: Allowance
  private readonly records = new Map<string, Uint8Array>()
  private readonly views = new Map<string, object>()
  /** Tensors that the pickle has made: still empty, and how to fill them once it is known what they are called. */
  private readonly unfilled = new Map<unknown, (refuse: Refuse) => HostTensor>()

  constructor(archive: ZipArchive, root: string, allowance: Allowance) {
    this.archive = archive
    this.root = root
    this.allowance = allowance
  }

  /** The tensor of (storage, offset, size, stride, ...), to be filled; the same view twice is the same tensor. */
  view(args: readonly unknown[], asked: FileDType | undefined, refuse: Refuse): object {
    const [storage, offsetArg, size, stride] = args
    if (!(storage instanceof Storage))
      return refuse(isUnreadable(storage) ? storage.reason : 'a tensor without a storage')
    const dtype = asked ?? storage.dtype
    if (dtype === undefined) return refuse('a tensor over an untyped storage without a dtype')
    if (!Array.isArray(size) || !Array.isArray(stride) || size.length !== stride.length) {
      return refuse('a tensor whose size and stride are not two tuples of the same length')
    }
    this.allowance.take(COST.table + 2 * size.length * COST.step, refuse)
    const { shape, count } = readShape(size, refuse)
    const strides = stride.map((step) => readCount(step, 'a stride', refuse))
    const offset = readCount(offsetArg, 'a storage offset', refuse)

    const name = `${storage.key} ${dtype} ${offset} ${shape.join()} ${strides.join()}`
    const known = this.views.get(name)
    if (known !== undefined) return known
    const tensor = {}
    this.views.set(name, tensor)
    this.unfilled.set(tensor, (refuseThere) =>
      this.make(storage, dtype, { shape, count, strides, offset }, refuseThere),
    )
    return tensor
  }

  /** Whether a value is a tensor of this file. */
  made(value: unknown): boolean {
    return this.unfilled.has(value)
  }

  /** Fills a tensor in place, as the containers hold it already. */
  complete(value: object, refuse: Refuse): boolean {
    const make = this.unfilled.get(value)
    if (make === undefined) return false
    Object.assign(value, make(refuse))
    return true
  }

  private make(storage: Storage, dtype: FileDType, view: View, refuse: Refuse): HostTensor {
    const width = fileDTypes[dtype].bytes
    const bytes = this.record(storage, refuse)
    const elements = bytes.length / width
    const last = view.shape.reduce((at, dim, i) => at + (dim - 1) * view.strides[i]!, view.offset)
    if (view.count > 0 && !(last < elements)) {
      refuse(`a tensor reaches element ${last} of storage ${quote(storage.key)}, which has ${elements}`)
    }
    this.allowance.take(view.count * roomOf(dtype), refuse)
    return decodeTensor(dtype, view.shape, gather(bytes, width, view), refuse)
  }

  /** A storage's bytes, checked once. */
  private record({ key, dtype, length }: Storage, refuse: Refuse): Uint8Array {
    const name = `${this.root}/data/${key}`
    const known = this.records.get(name)
    const bytes = known ?? this.archive.read(name)
    this.records.set(name, bytes)
    const wanted = length * (dtype === undefined ? 1 : fileDTypes[dtype].bytes)
    if (bytes.length !== wanted) {
      refuse(`storage ${quote(key)} should have ${wanted} bytes; its record has ${bytes.length}`)
    }
    return bytes
  }
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
    if (typeof tensor !== 'object' || tensor === null || !isHostTensor(tensor)) {
      return refuse(`${quote(name)} is no tensor but ${describe(tensor)}`)
    }
    tensors.set(name, tensor)
  }
  return tensors
}
