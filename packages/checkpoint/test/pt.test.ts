import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  isCheckpointError,
  readPt,
  stateDictOf,
  writePt,
  type HostTensor,
  type PickleValue,
  type WritableValue,
} from '../src/index.ts'
import { fileDTypeNames, fileDTypes } from '../src/dtype.ts'
import { archiveOf, bits, errorOf, fixture, latin1, tensors, torches, vector } from './tensors.ts'

/** A part of a value, by its keys. */
function at(value: PickleValue | undefined, ...keys: (string | number)[]): unknown {
  return keys.reduce<unknown>((part, key) => {
    if (part instanceof Map) return (part as ReadonlyMap<unknown, unknown>).get(key)
    return (part as readonly unknown[])[key as number]
  }, value)
}

const data = (value: unknown): unknown[] => [...(value as HostTensor).data]

describe.each(torches)('files of %s', (torch) => {
  const read = (name: string): PickleValue => readPt(fixture(`${torch}/${name}`))
  const expected = JSON.parse(new TextDecoder().decode(fixture(`${torch}/expected.json`))) as {
    readonly model: Readonly<Record<string, unknown>>
    readonly momentum: readonly unknown[]
  }
  const nested = (tensor: HostTensor): unknown => {
    let rows: unknown[] = [...tensor.data]
    for (const dim of tensor.shape.toReversed()) {
      rows = Array.from({ length: rows.length / dim }, (_, i) => rows.slice(i * dim, (i + 1) * dim))
    }
    return rows[0]
  }

  test('a state dict has the names, order, shapes and values that PyTorch printed', () => {
    const model = stateDictOf(read('state-dict.pt'))
    expect([...model.keys()]).toEqual(Object.keys(expected.model))
    for (const [name, tensor] of model) expect([name, nested(tensor)]).toEqual([name, expected.model[name]])
    expect(model.get('1.num_batches_tracked')).toMatchObject({ dtype: 'int32', as: 'int64', shape: [] })
  })

  test("an optimizer's state keeps integer keys and the momentum of every parameter", () => {
    const optimizer = read('optimizer.pt')
    const state = [...(at(optimizer, 'state') as ReadonlyMap<number, PickleValue>)]
    expect(state.map(([key]) => key)).toEqual([0, 1, 2, 3, 4, 5])
    expect(state.map(([, buffers]) => nested(at(buffers, 'momentum_buffer') as HostTensor))).toEqual(expected.momentum)
    expect(at(optimizer, 'param_groups', 0, 'lr')).toBe(0.1)
    expect(at(optimizer, 'param_groups', 0, 'params')).toEqual([0, 1, 2, 3, 4, 5])
  })

  test('a checkpoint of several parts is a dict of them', () => {
    const checkpoint = read('checkpoint.pt')
    expect([at(checkpoint, 'epoch'), at(checkpoint, 'loss')]).toEqual([3, 0.25])
    expect(stateDictOf(at(checkpoint, 'model') as PickleValue)).toEqual(stateDictOf(read('state-dict.pt')))
    expect(at(checkpoint, 'optimizer')).toEqual(read('optimizer.pt'))
  })

  test('every element type is converted by the stated rule', () => {
    const got = stateDictOf(read('dtypes.pt'))
    const half = [0, -0, 1, -2.5, 65504, 2 ** -24, Infinity, NaN]
    expect(got.get('float16')).toEqual({ dtype: 'float16', shape: [8], data: Float32Array.from(half) })
    // bfloat16 keeps 8 bits: 65504 rounds to 65536.
    expect(data(got.get('bfloat16')).slice(0, 5)).toEqual([0, -0, 1, -2.5, 65536])
    expect(got.get('float64')).toMatchObject({ dtype: 'float64' })
    expect(got.get('int64')).toMatchObject({ dtype: 'int32', as: 'int64' })
    expect(data(got.get('int64'))).toEqual([-(2 ** 31), 0, 2 ** 31 - 1])
    expect(data(got.get('int16'))).toEqual([-32768, 32767])
    expect(data(got.get('int8'))).toEqual([-128, 127])
    expect(got.get('uint8')).toEqual({ dtype: 'uint8', shape: [2], data: Uint8Array.of(0, 255) })
    expect(got.get('bool')).toEqual({ dtype: 'bool', shape: [2], data: Uint8Array.of(1, 0) })
    expect(got.get('scalar')).toEqual({ dtype: 'float32', shape: [], data: Float32Array.of(1.5) })
    expect(got.get('empty')).toEqual({ dtype: 'float32', shape: [2, 0, 3], data: new Float32Array(0) })
  })

  test('an int64 that does not fit is named with its tensor, index and value', () => {
    expect(() => read('too-large.pt')).toThrow(
      'pt: the int64 value 2147483648 at index 1 does not fit int32, which integers have in memory (at value["steps"])',
    )
  })

  test('strides and offsets are honoured', () => {
    const views = stateDictOf(read('views.pt'))
    expect(data(views.get('transposed'))).toEqual([0, 3, 1, 4, 2, 5])
    expect(views.get('transposed')!.shape).toEqual([3, 2])
    expect(data(views.get('column'))).toEqual([1, 4])
    expect(data(views.get('step'))).toEqual([1, 4, 7])
    expect(data(views.get('expanded'))).toEqual([7, 7, 7, 7, 7, 7])
    expect(data(views.get('parameter'))).toEqual([1, 1])
  })

  test('tensors that share a storage share their data, and are written as one storage', () => {
    const views = stateDictOf(read('views.pt'))
    expect(views.get('tied.a')!.data).toBe(views.get('tied.b')!.data)
    const tied = [vector(...Array<number>(1000).fill(1)), vector(...Array<number>(1000).fill(1))] as const
    const [apart, together] = [writePt([tied[0], tied[1]]), writePt([tied[0], tied[0]])]
    expect(apart.length - together.length).toBeGreaterThan(4000)
    const [first, second] = readPt(together) as readonly HostTensor[]
    expect(first!.data).toBe(second!.data)
  })

  test('scalars and containers are values', () => {
    const values = read('values.pt')
    expect(at(values, 'none')).toBeNull()
    expect(at(values, 'ints')).toEqual([
      0,
      255,
      256,
      65536,
      -1,
      2 ** 31 - 1,
      -(2 ** 31),
      2 ** 53 - 1,
      2n ** 63n,
      -(2n ** 100n),
    ])
    expect(at(values, 'floats')).toEqual([0.5, -0, 1e300, Infinity])
    expect(at(values, 'texts')).toEqual(['', 'é€😀', 'a\nb'])
    expect(at(values, 'tuple')).toEqual([1, [2], []])
    expect(Object.isFrozen(at(values, 'tuple'))).toBe(true)
    expect([...(at(values, 'ordered') as Map<string, number>)]).toEqual([
      ['z', 1],
      ['a', 2],
    ])
    expect(at(values, 'keys')).toEqual(
      new Map<unknown, string>([
        [0, 'int'],
        ['0', 'text'],
      ]),
    )
    expect(at(values, 'size')).toEqual([2, 3])
    expect([at(values, 'dtype'), at(values, 'device')]).toEqual(['torch.float32', 'cpu'])
    expect(at(values, 'set')).toEqual(new Set([1, 2]))
    expect(at(values, 'bytes')).toEqual(Uint8Array.of(0, 255))
  })

  test('a pickled module is refused by the name of its class', () => {
    expect(() => read('module.pt')).toThrow(
      'pt: "torch.nn.modules.container.Sequential" is not read: only tensors, containers, OrderedDict and scalars are, ' +
        'and nothing is executed; save model.state_dict() rather than the whole object (at value)',
    )
  })

  test('a complex tensor is refused by name', () => {
    expect(() => read('complex.pt')).toThrow('pt: "torch.ComplexFloatStorage" is not read')
  })

  test('the format of before PyTorch 1.6 is read as the same value', () => {
    expect(read('old-format.pt')).toEqual(read('state-dict.pt'))
  })

  test.each(['state-dict.pt', 'optimizer.pt', 'checkpoint.pt', 'dtypes.pt', 'values.pt', 'views.pt'])(
    'what was read from %s is written and read again as the same value',
    (name) => {
      const value = read(name)
      expect(readPt(writePt(value))).toEqual(value)
    },
  )
})

test('an archive that another program has packed again, deflated and with sizes of 64 bits, is the same file', () => {
  expect(readPt(fixture('torch-2.13/packed-again.pt'))).toEqual(readPt(fixture('torch-2.13/state-dict.pt')))
})

test('unsigned integers, which have no storage class, are read from their untyped storages', () => {
  const got = stateDictOf(readPt(fixture('torch-2.13/unsigned.pt')))
  for (const as of ['uint16', 'uint32', 'uint64']) {
    expect(got.get(as)).toEqual({ dtype: 'int32', shape: [2], data: Int32Array.of(0, 7), as })
  }
  expect(() => writePt([got.get('uint16')!])).toThrow(
    "pt: uint16 has no storage class in PyTorch's files; write it as int32 or int64 (at value[0])",
  )
})

describe('what is written is read', () => {
  const storable = fileDTypeNames.filter((dtype) => fileDTypes[dtype].storage !== undefined)
  const key = fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.boolean())
  const text = fc.string({ unit: 'binary' })
  const { value } = fc.letrec<{ value: PickleValue }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constant(null),
      fc.boolean(),
      fc.double({ noNaN: false }),
      fc.maxSafeInteger(),
      fc.bigInt({ min: 2n ** 53n, max: 2n ** 200n }),
      fc.bigInt({ min: -(2n ** 200n), max: -(2n ** 53n) }),
      text,
      fc.uint8Array(),
      tensors(storable),
      fc.array(tie('value')),
      fc.array(tie('value')).map((items) => Object.freeze(items)),
      fc.array(fc.tuple(key, tie('value'))).map((pairs) => new Map(pairs)),
      fc.array(key).map((keys) => new Set(keys)),
    ),
  }))

  test('any value comes back as it was, tuples as tuples', () => {
    fc.assert(
      fc.property(
        value.filter((any) => !/\\ud[89a-f]/.test(JSON.stringify(textsOf(any)))),
        (any) => {
          const got = readPt(writePt(any))
          expect(comparable(got)).toEqual(comparable(any))
        },
      ),
      { seed: 3, numRuns: 1000 },
    )
  })

  /** Every text of a value, for leaving out those with half a surrogate pair. */
  function textsOf(any: PickleValue): unknown {
    if (any instanceof Map) return [...any].map(([name, item]) => [String(name), textsOf(item as PickleValue)])
    if (any instanceof Set) return [...any].map(String)
    if (Array.isArray(any)) return any.map(textsOf)
    return typeof any === 'string' ? any : 0
  }

  /** The value with tuples marked and tensors as bits. */
  function comparable(any: PickleValue): unknown {
    if (any instanceof Map) return new Map([...any].map(([name, item]) => [name, comparable(item as PickleValue)]))
    if (Array.isArray(any)) return { tuple: Object.isFrozen(any), items: any.map(comparable) }
    return typeof any === 'object' && any !== null && 'dtype' in any ? bits(any) : any
  }

  test('a plain object is a dict with text keys', () => {
    expect(readPt(writePt({ a: { b: [1] } }))).toEqual(new Map([['a', new Map([['b', [1]]])]]))
  })

  test('the same value gives the same bytes', () => {
    const file = writePt({ w: vector(1, 2), lr: 0.1 })
    expect(writePt({ w: vector(1, 2), lr: 0.1 })).toEqual(file)
  })

  test('every record begins at a multiple of 64 bytes, so that PyTorch can map the file', () => {
    const file = writePt([vector(1.5), vector(2.5, 3.5)])
    const starts = [1.5, 2.5].map((number) => {
      const bytes = new Uint8Array(Float32Array.of(number).buffer).join()
      return [...file.keys()].findIndex((i) => file.subarray(i, i + 4).join() === bytes)
    })
    expect(starts.map((start) => start % 64)).toEqual([0, 0])
  })
})

describe('what cannot be written is named with its place', () => {
  const cycle: unknown[] = []
  cycle.push(cycle)
  class Model {
    readonly layers = 1
  }
  test.each<[string, unknown, string]>([
    ['undefined', { a: [undefined] }, 'a value of the kind undefined has no place in a file (at value["a"][0])'],
    ['a function', { f: () => 1 }, 'a value of the kind function has no place in a file (at value["f"])'],
    ['an instance', { model: new Model() }, 'an instance of a class has no place in a file (at value["model"])'],
    ['a date', [new Date(0)], 'an instance of a class has no place in a file (at value[0])'],
    ['a cycle', cycle, 'containers are nested deeper than 100, or hold themselves'],
    ['half a surrogate pair', ['\ud800'], 'a text that is not valid Unicode (at value[0])'],
    [
      'a key',
      new Map([[[1], 1]]),
      'a key must be a text, a number, a bool, null or a tuple of these, not an array of 1',
    ],
    ['a huge integer', 1n << 600n, 'an integer beyond 500 bits (at value)'],
    ['a tensor', { w: { ...vector(1), shape: [2] } }, 'the shape [2] has 2 elements, its data 1 (at value["w"])'],
  ])('%s', (_, value, message) => {
    expect(errorOf(() => writePt(value as WritableValue))).toMatchObject({ name: 'CheckpointError', kind: 'pt' })
    expect(() => writePt(value as WritableValue)).toThrow(message)
  })
})

test('a state dict is a dict of tensors by name', () => {
  expect(() => stateDictOf([1])).toThrow('pt: a state dict is a dict of tensors, not an array of 1 (at state dict)')
  expect(() => stateDictOf(new Map([[0, vector(1)]]))).toThrow('the name 0 is no text')
  expect(() => stateDictOf(new Map([['lr', 0.1]]))).toThrow('"lr" is no tensor but 0.1')
  expect(() => stateDictOf(new Map([['model', new Map()]]))).toThrow(
    '"model" is no tensor but an object; if that is the state dict, pass it alone: value.get("model")',
  )
})

describe('hand-written pickles', () => {
  const read = (pickle: string, records?: Readonly<Record<string, Uint8Array>>): PickleValue =>
    readPt(archiveOf(`\x80\x02${pickle}`, records))
  const text = (value: string): string => `X${String.fromCharCode(value.length)}\0\0\0${value}`
  /** A storage of so many elements, and a tensor over it. */
  const storage = (type: string, length: string, key = '0'): string =>
    `(${text('storage')}c${type}\n${text(key)}${text('cpu')}${length}tQ`
  const tensor = (over: string, offset: string, size: string, stride: string): string =>
    `ctorch._utils\n_rebuild_tensor_v2\n(${over}${offset}${size}${stride}\x89)tR`
  const floats = { 'data/0': new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer) }
  const four = storage('torch\nFloatStorage', 'K\x04')

  test('the shapes of the other protocols are read: frames, short texts, memoised names, sets, bytes', () => {
    const pickle = latin1(
      '\x80\x04\x95\x10\0\0\0\0\0\0\0' +
        '(\x8c\x01a\x94h\0\x8c\x0bcollections\x8c\x0bOrderedDict\x93)R\x8f(K\x01K\x02\x90(K\x03\x91C\x02\0\xff\x8b\x02\0\0\0\0\x80l.',
    )
    expect(readPt(archiveOf(pickle))).toEqual([
      'a',
      'a',
      new Map(),
      new Set([1, 2]),
      new Set([3]),
      Uint8Array.of(0, 255),
      -32768,
    ])
  })

  test('a tensor is what its storage holds from its offset on', () => {
    expect(read(`${tensor(four, 'K\x01', 'K\x02\x85', 'K\x02\x85')}.`, floats)).toEqual(vector(2, 4))
  })

  test.each<[string, string, string]>([
    ['a class', 'cos\nsystem\n.', '"os.system" is not read: only tensors, containers, OrderedDict and scalars are'],
    ['a call', `cos\nsystem\n(${text('x')}tR.`, '"os.system" is not read'],
    ['a builtin', 'c__builtin__\neval\n.', '"__builtin__.eval" is not read'],
    ['a name of Object', 'cconstructor\nprototype\n.', '"constructor.prototype" is not read'],
    ['a name from the stack', `${text('posix')}${text('system')}\x93.`, '"posix.system" is not read'],
    ['a name of numbers', 'K\x01K\x02\x93.', 'a name that is no text'],
    ['an endless name', `c${'x'.repeat(600)}`, 'a name longer than 512 bytes, or without an end'],
    ['an instance', 'ca\nB\n)\x81.', '"a.B" is not read'],
    ['an instance made by name', 'ca\nB\n)}\x92.', '"a.B" is not read'],
    ['an instance of no class', '])\x81.', 'it calls what is no function'],
    ['an instance by name of no class', '])}\x92.', 'it makes an instance of what is no class'],
    ['an old instance', '(ios\nsystem\n.', 'the opcode INST is not read'],
    ['a registered class', '\x82\x01.', 'the opcode EXT1 is not read'],
    ['a text of protocol 0', 'I1\n.', 'the opcode INT is not read'],
    ['no opcode', '\xff.', '0xff is no opcode of pickle'],
    ['protocol 1', '\x80\x01.', 'protocol 1; 2 to 5 are read'],
    ['nothing', '.', 'it takes a value from an empty stack'],
    ['no end', 'N', 'it ends in the middle; 1 more bytes belong here'],
    ['text cut off', 'X\xff\xff\xff\xff', 'it ends in the middle; 4294967295 more bytes belong here'],
    ['text of 2^64-1', '\x8d\xff\xff\xff\xff\xff\xff\xff\xff', 'it ends in the middle'],
    ['bad UTF-8', 'X\x01\0\0\0\xff.', 'a text that is not valid UTF-8'],
    ['huge integer', '\x8b\xff\xff\xff\x7f', 'an integer of 2147483647 bytes; at most 64 are read'],
    ['values left over', 'NN.', 'it ends with values left over'],
    ['a mark left over', '(N.', 'it ends with values left over'],
    ['no mark', 'Nt.', 'it looks for a mark that was not set'],
    ['bytes after the end', 'N.N', '1 bytes follow its end'],
    ['unknown memo', 'h\x05.', 'it recalls 5, which was not stored'],
    ['append to a dict', '}Na.', 'it appends to what is no list'],
    ['append to a tuple', ')Na.', 'it appends to what is no list'],
    ['item of a list', ']NNs.', 'it sets items of what is no dict'],
    ['odd items', '}(Nu.', 'a dict with a key that has no value'],
    ['a list as key', '}]Ns.', 'a key of a dict or set cannot be an array of 0'],
    ['add to a list', '](N\x90.', 'it adds items to what is no set'],
    ['call of a text', `${text('x')})R.`, 'it calls what is no function'],
    ['call without a tuple', 'ccollections\nOrderedDict\nNR.', 'it calls collections.OrderedDict without a tuple'],
    ['attributes of a list', ']}b.', 'it sets attributes of what has none'],
    ['a function as value', 'ccollections\nOrderedDict\n.', 'collections.OrderedDict itself is a value'],
    ['a storage as value', `${four}.`, 'a storage itself is a value'],
    ['a storage class as value', 'ctorch\nFloatStorage\n.', 'a class of storages itself is a value'],
    ['a list in itself', ']q\0h\0a.', 'a container holds itself (at value[0])'],
    ['deep lists', `${']'.repeat(200)}${'a'.repeat(199)}.`, 'containers are nested deeper than 100'],
    ['a foreign persistent id', `${text('x')}Q.`, 'a persistent id that is no storage'],
    ['a storage key', `(${text('storage')}ctorch\nFloatStorage\nK\0${text('cpu')}K\x04tQ.`, 'a storage with the key 0'],
    ['no storage', `ctorch._utils\n_rebuild_tensor_v2\n)R.`, 'a tensor without a storage'],
    [
      'a missing record',
      `${tensor(storage('torch\nFloatStorage', 'K\x04', '9'), 'K\0', ')', ')')}.`,
      'there is no record',
    ],
    [
      'a storage too short',
      `${tensor(storage('torch\nFloatStorage', 'K\x05'), 'K\0', ')', ')')}.`,
      'storage "0" should have 20 bytes; its record has 16',
    ],
    [
      'a view outside',
      `${tensor(four, 'K\0', 'K\x05\x85', 'K\x01\x85')}.`,
      'a tensor reaches element 4 of storage "0", which has 4',
    ],
    [
      'an offset outside',
      `${tensor(four, 'K\x04', ')', ')')}.`,
      'a tensor reaches element 4 of storage "0", which has 4',
    ],
    ['a negative stride', `${tensor(four, 'K\0', 'K\x02\x85', 'J\xff\xff\xff\xff\x85')}.`, 'a stride has -1 where'],
    [
      'a huge stride',
      `${tensor(four, 'K\0', 'K\x02\x85', '\x8a\x07\xff\xff\xff\xff\xff\xff\x1f\x85')}.`,
      'a tensor reaches element',
    ],
    [
      'a size of text',
      `${tensor(four, 'K\0', `${text('x')}\x85`, 'K\x01\x85')}.`,
      'the shape has "x" where a whole number',
    ],
    [
      'a stride too few',
      `${tensor(four, 'K\0', 'K\x02\x85', ')')}.`,
      'a tensor whose size and stride are not two tuples',
    ],
    [
      'a negative tensor',
      `ctorch._utils\n_rebuild_tensor_v2\n(${four}K\0))\x89}}${text('neg')}\x88stR.`,
      'a tensor with its neg bit set; call resolve_neg() before saving',
    ],
    ['a parameter of nothing', 'ctorch._utils\n_rebuild_parameter\nN\x89)\x87R.', 'a Parameter that is no tensor'],
    [
      'a sparse tensor',
      'ctorch._utils\n_rebuild_sparse_tensor\n.',
      '"torch._utils._rebuild_sparse_tensor" is not read',
    ],
  ])('%s is refused', (_, pickle, message) => {
    const error = errorOf(() => read(pickle, floats))
    expect(isCheckpointError(error)).toBe(true)
    expect((error as Error).message).toContain(message)
  })

  test('a pickle without a protocol is refused', () => {
    expect(() => readPt(archiveOf('N.'))).toThrow('this is no pickle of protocol 2 or later')
  })

  test('lists that share lists are read, but not when they unfold without end', () => {
    // Each level holds the one before twice: n levels are 2^n values in 5n bytes.
    const levels = (n: number): string => `]q\0${'0]h\0ah\0aq\0'.repeat(n)}.`
    expect(() => read(levels(10))).not.toThrow()
    expect(() => read(levels(60))).toThrow('its containers are shared so often that it unfolds without end')
  })

  test('a chain of shared lists is as deep as it is long, however it is walked', () => {
    // The list of [x1, x2, ...] with x1 = [], x2 = [x1], ...: every one is seen at depth 1 first.
    const chain = `](]q\0${']h\0aq\0'.repeat(150)}e.`
    expect(() => read(chain)).toThrow('containers are nested deeper than 100')
  })

  test('an expanded tensor cannot take more memory than is allowed', () => {
    const one = { 'data/0': new Uint8Array(4) }
    const over = storage('torch\nFloatStorage', 'K\x01')
    const huge = tensor(over, 'K\0', 'J\0\0\0\x40\x85', 'K\0\x85') // 2^30 elements of 4 bytes
    expect(() => read(`${huge}.`, one)).toThrow('reading this file would allocate more than')
    const million = tensor(over, 'K\0', 'J\0\0\x10\0\x85', 'K\0\x85') // 2^20 elements
    expect((read(`${million}.`, one) as HostTensor).data.length).toBe(2 ** 20)
    const file = archiveOf(`\x80\x02${million}.`, one)
    expect(() => readPt(file, { maxExtraBytes: 2 ** 21 })).toThrow('raise maxExtraBytes')
    expect(() => readPt(file, { maxExtraBytes: NaN })).toThrow('maxExtraBytes must be at least 0, not NaN (at readPt)')
  })

  test('copies by function are paid for: a text encoded again and again', () => {
    const encode = 'c_codecs\nencode\nq\x000'
    const args = `X\x50\xc3\0\0${'x'.repeat(50_000)}${text('latin1')}\x86q\x010`
    expect(() => read(`${encode}${args}](${'h\0h\x01R'.repeat(10_000)}e.`)).toThrow(
      'reading this file would allocate more than',
    )
  })
})
