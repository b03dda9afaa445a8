/** What the pickles of PyTorch's files mention: storages, tensors over them, dtypes and the like. */
import { COST, type Allowance } from './allowance.ts'
import { decodeTensor, fileDTypeNames, fileDTypes, roomOf } from './dtype.ts'
import { describe, quote, type Refuse } from './error.ts'
import { readCount, readShape, type FileDType, type HostTensor } from './host-tensor.ts'
import type { PickleGlobal } from './pickle-world.ts'
import { gather, type View } from './strided.ts'
import { isUnreadable, Unreadable } from './unreadable.ts'

/** A class of storages. PyTorch has one per element type, and `UntypedStorage` for the types that came later. */
class StorageClass extends Unreadable {
  readonly dtype: FileDType | undefined
  /** Bytes per element, or per byte of an untyped one. */
  readonly width: number
  constructor(name: string, dtype?: FileDType, width: number = dtype === undefined ? 1 : fileDTypes[dtype].bytes) {
    super(name, 'a class of storages itself is a value', null)
    this.dtype = dtype
    this.width = width
  }
}
const UNTYPED = /* @__PURE__ */ new StorageClass('torch.storage.UntypedStorage')

/** Bytes per element of the classes whose elements are not read: what comes after them in a file is. */
const FOREIGN: Readonly<Record<string, number>> = {
  ComplexFloatStorage: 8,
  ComplexDoubleStorage: 16,
  QInt8Storage: 1,
  QUInt8Storage: 1,
  QInt32Storage: 4,
  QUInt4x2Storage: 1,
  QUInt2x4Storage: 1,
}

/** A storage that the pickle mentions; its bytes are read when a tensor wants them. By itself it is no value. */
export class Storage extends Unreadable {
  readonly of: StorageClass
  readonly key: string
  /** Elements, or bytes of an untyped one. */
  readonly length: number
  constructor(of: StorageClass, key: string, length: number) {
    super('torch.storage', 'a storage itself is a value', [])
    this.of = of
    this.key = key
    this.length = length
  }
}

/**
 * ('storage', class, key, location, length), and in files of before PyTorch 1.6 a view of it, which is no more written; there
 * also ('module', class, file, source) for the class of a module.
 */
export function readPersistent(id: unknown, refuse: Refuse): Unreadable {
  if (!Array.isArray(id)) return refuse('a persistent id that is no storage')
  const [kind, storageClass, key, , length, view = null] = id as unknown[]
  if (kind === 'module' && isUnreadable(storageClass)) return storageClass
  if (kind !== 'storage' || id.length < 5 || id.length > 6) return refuse('a persistent id that is no storage')
  if (view !== null) return refuse('a view of a storage, as PyTorch before 0.4 wrote')
  if (!(storageClass instanceof StorageClass))
    return refuse(isUnreadable(storageClass) ? storageClass.reason : 'a storage without a storage class')
  if (typeof key !== 'string') return refuse(`a storage with the key ${describe(key)}, which is no text`)
  return new Storage(storageClass, key, readCount(length, 'a storage', refuse))
}

/** What torch's names stand for. A dtype is its text. */
export const namesOfTorch: ReadonlyMap<string, PickleGlobal> = new Map<string, PickleGlobal>([
  ...fileDTypeNames.flatMap((dtype): [string, PickleGlobal][] => {
    const { storage } = fileDTypes[dtype]
    return storage === undefined ? [] : [[`torch.${storage}`, { value: new StorageClass(`torch.${storage}`, dtype) }]]
  }),
  ...Object.entries(FOREIGN).map(([name, width]): [string, PickleGlobal] => [
    `torch.${name}`,
    { value: new StorageClass(`torch.${name}`, undefined, width) },
  ]),
  [UNTYPED.type, { value: UNTYPED }],
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
export function rebuilders(storages: StorageReader): [string, PickleGlobal][] {
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

/** Tensors out of the file's storages. */
export class StorageReader {
  private readonly bytesOf: (key: string) => Uint8Array
  private readonly allowance: Allowance
  private readonly records = new Map<string, Uint8Array>()
  private readonly views = new Map<string, object>()
  /** Tensors that the pickle has made: still empty, and how to fill them once it is known what they are called. */
  private readonly unfilled = new Map<unknown, (refuse: Refuse) => HostTensor>()

  /** @param bytesOf the bytes of the storage with this key */
  constructor(bytesOf: (key: string) => Uint8Array, allowance: Allowance) {
    this.bytesOf = bytesOf
    this.allowance = allowance
  }

  /** The tensor of (storage, offset, size, stride, ...), to be filled; the same view twice is the same tensor. */
  view(args: readonly unknown[], asked: FileDType | undefined, refuse: Refuse): object {
    const [storage, offsetArg, size, stride] = args
    if (!(storage instanceof Storage))
      return refuse(isUnreadable(storage) ? storage.reason : 'a tensor without a storage')
    const { type, dtype: own } = storage.of
    const dtype = asked ?? own
    if (dtype === undefined)
      return refuse(
        storage.of === UNTYPED
          ? 'a tensor over an untyped storage without a dtype'
          : `${quote(type)} is not read: no element type of memory has its values`,
      )
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
  private record({ key, of: { width }, length }: Storage, refuse: Refuse): Uint8Array {
    const bytes = this.records.get(key) ?? this.bytesOf(key)
    this.records.set(key, bytes)
    const wanted = length * width
    if (bytes.length !== wanted) {
      refuse(`storage ${quote(key)} should have ${wanted} bytes; its record has ${bytes.length}`)
    }
    return bytes
  }
}
