import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isCheckpointError, load, readSafetensors, writeSafetensors, type HostTensor } from '../src/index.ts'
import { bits, errorOf, fixture, tensors, vector } from './tensors.ts'

/** A file from its header as text and its data. */
function fileOf(header: string | Uint8Array, data: readonly number[] = [], claimed?: bigint): Uint8Array {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header
  const length = new BigUint64Array([claimed ?? BigInt(text.length)])
  return Uint8Array.from([...new Uint8Array(length.buffer), ...text, ...data])
}

const row = (dtype: string, shape: string, begin: number, end: number): string =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${begin},${end}]}`

const read = (header: string | Uint8Array, data: readonly number[] = []): ReadonlyMap<string, HostTensor> =>
  readSafetensors(fileOf(header, data)).tensors

test('what is written is read: every type, every bit, empty and scalar shapes, any name', () => {
  const names = fc.string({ unit: 'binary' }).filter((name) => name !== '__metadata__' && !/\p{Surrogate}/u.test(name))
  const texts = fc.dictionary(names, names)
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(names, tensors()), { selector: ([name]) => name }),
      texts,
      (entries, metadata) => {
        const got = readSafetensors(writeSafetensors(new Map(entries), new Map(Object.entries(metadata))))
        expect(new Map([...got.tensors].map(([name, tensor]) => [name, bits(tensor)]))).toEqual(
          new Map(entries.map(([name, tensor]) => [name, bits(tensor)])),
        )
        expect(got.metadata).toEqual(new Map(Object.entries(metadata)))
      },
    ),
    { seed: 1, numRuns: 500 },
  )
})

test('the same tensors give the same bytes in whatever order they come', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), tensors()), (entries) => {
      const reversed = new Map(Object.entries(entries).toReversed())
      expect(writeSafetensors(reversed)).toEqual(writeSafetensors(entries))
    }),
    { seed: 2, numRuns: 200 },
  )
})

test('a file of the reference implementation is read, and written again byte for byte', () => {
  const file = fixture('torch-2.13/dtypes.safetensors')
  const { tensors: got, metadata } = readSafetensors(file)
  expect(metadata).toEqual(new Map([['format', 'pt']]))
  expect(got.get('bfloat16')).toMatchObject({ dtype: 'float32', as: 'bfloat16', shape: [8] })
  expect(got.get('int64')!.data).toEqual(Int32Array.of(-(2 ** 31), 0, 2 ** 31 - 1))
  expect([...writeSafetensors(got, metadata)]).toEqual([...file])
})

test('the data is aligned: the header is padded with spaces to a multiple of eight', () => {
  // {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}} has 54 bytes, so 2 spaces follow and the data is at 8 + 56.
  const file = writeSafetensors({ a: vector(1) })
  expect([file[0], file.length]).toEqual([56, 68])
  expect(new TextDecoder().decode(file.subarray(61, 64))).toBe('}  ')
})

test('tensors own their data: the file can be changed afterwards, and it need not be aligned', () => {
  const file = writeSafetensors({ a: vector(1, 2) })
  const shifted = new Uint8Array(file.length + 1)
  shifted.set(file, 1)
  const { tensors: got } = readSafetensors(shifted.subarray(1))
  shifted.fill(0)
  expect(got.get('a')).toEqual(vector(1, 2))
})

test('a name like __proto__ or 0 is a name like any other', () => {
  const got = readSafetensors(
    writeSafetensors(
      new Map([
        ['__proto__', vector(1)],
        ['0', vector(2)],
      ]),
    ),
  ).tensors
  expect([...got.keys()].toSorted()).toEqual(['0', '__proto__'])
})

describe('integers have 32 bits in memory', () => {
  test('what fits is an int32 that knows its type in the file', () => {
    expect(
      read(`{"a":${row('I64', '[2]', 0, 16)}}`, [5, 0, 0, 0, 0, 0, 0, 0, ...Array<number>(8).fill(255)]).get('a'),
    ).toEqual({ dtype: 'int32', shape: [2], data: Int32Array.of(5, -1), as: 'int64' })
  })

  test.each([
    ['I64', [0, 0, 0, 128, 0, 0, 0, 0], 'int64 value 2147483648'],
    ['I64', [255, 255, 255, 127, 255, 255, 255, 255], 'int64 value -2147483649'],
    ['U64', [255, 255, 255, 255, 255, 255, 255, 255], 'uint64 value 18446744073709551615'],
    ['U64', [0, 0, 0, 128, 0, 0, 0, 0], 'uint64 value 2147483648'],
    ['U32', [0, 0, 0, 128], 'uint32 value 2147483648'],
  ])('%s: what does not fit is named with its tensor, index and value', (dtype, data, value) => {
    expect(() => read(`{"steps":${row(dtype, '[1]', 0, data.length)}}`, data)).toThrow(
      `safetensors: the ${value} at index 0 does not fit int32, which integers have in memory; { unreadable: 'keep' } reads the rest (at tensor "steps")`,
    )
  })

  test('an int32 is written as the type asked for, if it fits', () => {
    const tensor: HostTensor = { dtype: 'int32', shape: [2], data: Int32Array.of(7, -1), as: 'int64' }
    expect(readSafetensors(writeSafetensors({ a: tensor })).tensors.get('a')).toEqual(tensor)
    for (const as of ['uint8', 'float16'] as const) {
      expect(() => writeSafetensors({ a: { ...tensor, as } })).toThrow(
        `safetensors: int32 cannot be written as ${as} (at tensor "a")`,
      )
    }
    for (const as of ['uint16', 'uint32', 'uint64'] as const) {
      expect(() => writeSafetensors({ a: { ...tensor, as } })).toThrow(
        `the int32 value -1 at index 1 does not fit ${as}; write it without \`as\` or as int64 (at tensor "a")`,
      )
    }
  })
})

describe('a malformed file is an error that names the place', () => {
  const a = row('U8', '[1]', 0, 1)
  const rows: readonly (readonly [string, Uint8Array, string])[] = [
    ['empty', new Uint8Array(0), 'the file is empty (at header)'],
    ['seven bytes', new Uint8Array(7), "the file has 7 bytes; the header's length alone takes 8 (at header)"],
    ['header cut off', fileOf('{}', [], 9n), 'it claims 9 bytes, but the file ends after 10 (at header)'],
    [
      'huge header',
      fileOf('{}', [], 100_000_001n),
      'it claims 100000001 bytes; at most 100000000 are read (at header)',
    ],
    ['header of 2^64-1', fileOf('{}', [], 2n ** 64n - 1n), 'it claims 18446744073709551615 bytes; at most 100000000'],
    ['no header', fileOf(''), 'it does not begin with {; is this a safetensors file? (at header)'],
    ['leading space', fileOf(' {}'), 'it does not begin with {; is this a safetensors file? (at header)'],
    ['no JSON', fileOf('{"a":'), 'it is not valid JSON: '],
    ['deep JSON', fileOf('{"a":' + '['.repeat(1e6)), 'nested deeper than 500 (at header)'],
    ['bad UTF-8', fileOf(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d)), 'it is not valid UTF-8 (at header)'],
    ['byte order mark', fileOf('\ufeff{}'), 'it does not begin with {; is this a safetensors file? (at header)'],
    ['name twice', fileOf(`{"a":${a},"\\u0061":${a}}`, [1]), 'the name "a" occurs twice (at header)'],
    ['name twice, a backslash before', fileOf(`{"a\\\\":${a}, "a\\\\" :${a}}`, [1]), 'the name "a\\\\" occurs twice'],
    ['field twice', fileOf('{"a":{"dtype":"U8","dtype":"U8"}}'), 'the name "dtype" occurs twice (at header)'],
    ['entry no object', fileOf('{"a":[]}'), 'its entry must be an object, not an array of 0 (at tensor "a")'],
    ['entry null', fileOf('{"a":null}'), 'its entry must be an object, not null (at tensor "a")'],
    ['unknown field', fileOf('{"a":{"x":1}}'), 'its entry has an unknown field "x" (at tensor "a")'],
    ['dtype missing', fileOf('{"a":{}}'), 'its dtype must be a text, not undefined'],
    ['dtype unknown', fileOf(`{"a":${row('F4', '[2]', 0, 1)}}`, [0]), 'the dtype "F4" is not read'],
    ['dtype inherited', fileOf(`{"a":${row('constructor', '[1]', 0, 1)}}`, [0]), 'the dtype "constructor" is not read'],
    ['shape missing', fileOf('{"a":{"dtype":"U8"}}'), 'its shape must be an array, not undefined (at tensor "a")'],
    [
      'negative size',
      fileOf(`{"a":${row('U8', '[-1]', 0, 1)}}`),
      'the shape has -1 where a whole number of at least 0',
    ],
    [
      'half a size',
      fileOf(`{"a":${row('U8', '[0.5]', 0, 1)}}`),
      'the shape has 0.5 where a whole number of at least 0',
    ],
    [
      'size as text',
      fileOf(`{"a":${row('U8', '["1"]', 0, 1)}}`),
      'the shape has "1" where a whole number of at least 0',
    ],
    ['size 2^53', fileOf(`{"a":${row('U8', '[9007199254740992]', 0, 1)}}`), 'the shape has 9007199254740992 where'],
    ['product 2^53', fileOf(`{"a":${row('U8', '[94906266,94906267]', 0, 1)}}`), 'the shape [94906266,94906267] is too'],
    ['65 dimensions', fileOf(`{"a":${row('U8', `[${Array(65).fill(1).join()}]`, 0, 1)}}`), 'a shape of 65 dimensions'],
    [
      'offsets missing',
      fileOf('{"a":{"dtype":"U8","shape":[]}}'),
      'its data_offsets must be two numbers, not undefined',
    ],
    [
      'one offset',
      fileOf('{"a":{"dtype":"U8","shape":[],"data_offsets":[0]}}'),
      'data_offsets must be two numbers, not',
    ],
    [
      'offsets backwards',
      fileOf(`{"a":${row('U8', '[1]', 1, 0)}}`),
      'uint8 [1] takes 1 bytes, but its offsets are 1 to 0',
    ],
    [
      'wrong length',
      fileOf(`{"a":${row('F32', '[2]', 0, 4)}}`),
      'float32 [2] takes 8 bytes, but its offsets are 0 to 4',
    ],
    [
      'data cut off',
      fileOf(`{"a":${row('U8', '[2]', 0, 2)}}`, [1]),
      'its bytes 0 to 2 leave the file, which has 1; is it',
    ],
    ['far outside', fileOf(`{"a":${row('U8', '[1]', 1e15, 1e15 + 1)}}`, [1]), 'its bytes 1000000000000000 to'],
    [
      'overlap',
      fileOf(`{"a":${row('U8', '[2]', 0, 2)},"b":${row('U8', '[2]', 1, 3)}}`, [1, 2, 3]),
      'its bytes 1 to 3 overlap',
    ],
    ['same bytes', fileOf(`{"a":${a},"b":${a}}`, [1]), 'its bytes 0 to 1 overlap those of the tensor before'],
    [
      'gap at the start',
      fileOf(`{"a":${row('U8', '[1]', 1, 2)}}`, [1, 2]),
      'its bytes begin at 1, which leaves a gap after 0',
    ],
    ['bytes left over', fileOf(`{"a":${a}}`, [1, 2]), '1 bytes that belong to no tensor (at byte'],
    [
      'bool of 2',
      fileOf(`{"a":${row('BOOL', '[2]', 0, 2)}}`, [1, 2]),
      'the bool at index 1 is 2; only 0 and 1 are bools',
    ],
    ['metadata no object', fileOf('{"__metadata__":[]}'), 'it must be an object of texts, not an array of 0'],
    [
      'metadata no text',
      fileOf('{"__metadata__":{"a":1}}'),
      'the value of "a" must be a text, not 1 (at __metadata__)',
    ],
  ]

  test.each(rows)('%s', (_, file, message) => {
    const error = errorOf(() => readSafetensors(file))
    expect(isCheckpointError(error)).toBe(true)
    expect(error).toMatchObject({ name: 'CheckpointError', kind: 'safetensors' })
    expect((error as Error).message).toContain(message)
  })

  test('the error has fields: the kind of file, where, and what', () => {
    expect(errorOf(() => read('{"a":[]}'))).toMatchObject({
      kind: 'safetensors',
      where: 'tensor "a"',
      what: 'its entry must be an object, not an array of 0',
    })
  })

  test('a long name is cut in messages', () => {
    const { message } = errorOf(() => read(`{"${'x'.repeat(1e6)}":[]}`)) as Error
    expect(message.length).toBeLessThan(200)
  })
})

test.each([
  [
    'shape and data',
    { dtype: 'float32', shape: [2], data: new Float32Array(3) },
    'the shape [2] has 2 elements, its data 3',
  ],
  [
    'dtype and data',
    { dtype: 'float32', shape: [1], data: new Float64Array(1) },
    'float32 data must be a Float32Array',
  ],
  ['no data', { dtype: 'float32', shape: [1], data: undefined }, 'float32 data must be a Float32Array'],
  [
    'dtype',
    { dtype: 'int64', shape: [1], data: new Int32Array(1) },
    'the dtype "int64" is none of float16, float32, float64,',
  ],
  [
    'shape',
    { dtype: 'float32', shape: [-1], data: new Float32Array(1) },
    'the shape must be an array of whole numbers',
  ],
  [
    'as',
    { dtype: 'float32', shape: [1], data: new Float32Array(1), as: 'half' },
    'as: "half" is none of bool, uint8, int8',
  ],
  ['bool', { dtype: 'bool', shape: [1], data: Uint8Array.of(2) }, 'the bool at index 0 is 2; only 0 and 1 are bools'],
])('a tensor that is none is not written: %s', (_, tensor, message) => {
  expect(() => writeSafetensors({ a: tensor as unknown as HostTensor })).toThrow(message)
})

test('a name that the format cannot hold is refused', () => {
  expect(() => writeSafetensors({ __metadata__: vector(1) })).toThrow('no tensor can have this name')
  expect(() => writeSafetensors({ '\ud800': vector(1) })).toThrow('its name is not valid Unicode')
})

describe('tensors that are not read', () => {
  const parts = [
    `"packed":${row('F4', '[2]', 0, 1)}`,
    `"complex":${row('C64', '[1]', 1, 9)}`,
    `"good":${row('U8', '[1]', 9, 10)}`,
    `"large":${row('I64', '[1]', 10, 18)}`,
  ]
  const file = fileOf(`{${parts.join(',')}}`, [0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 1, 0, 0, 0])

  test('are named, all of them', () => {
    expect(() => readSafetensors(file)).toThrow(
      `safetensors: the dtype "F4" is not read; others are not either: "complex", "large"; { unreadable: 'keep' } reads the rest (at tensor "packed")`,
    )
  })

  test('are data about them where the rest is wanted, with load too', async () => {
    const kept = readSafetensors(file, { unreadable: 'keep' }).tensors
    expect(kept.get('good')).toEqual({ dtype: 'uint8', shape: [1], data: Uint8Array.of(7) })
    expect(kept.get('packed')).toMatchObject({
      glissadeUnreadable: true,
      reason: 'the dtype "F4" is not read',
      state: new Map<string, unknown>([
        ['dtype', 'F4'],
        ['shape', [2]],
      ]),
    })
    expect(kept.get('large')).toMatchObject({ reason: expect.stringContaining('int64 value 4294967296') })
    expect(await load(file, { unreadable: 'keep' })).toEqual(kept)
    await expect(load(file)).rejects.toThrow('the dtype "F4" is not read')
  })

  test('their places in the file are looked at as those of others', () => {
    expect(() => read(`{"a":${row('F4', '[2]', 1, 0)}}`)).toThrow('its offsets are 1 to 0')
    expect(() => read(`{"a":${row('F4', '[2]', 0, 9)}}`, [0])).toThrow('leave the file')
  })
})

test('what a header may take is asked for as in other files', async () => {
  const file = writeSafetensors(Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`w${i}`, vector()])))
  expect(() => readSafetensors(file, { maxExtraBytes: 0 })).toThrow('if you trust it, raise maxExtraBytes')
  await expect(load(file, { maxExtraBytes: 0 })).rejects.toThrow('raise maxExtraBytes')
  expect(() => readSafetensors(file, { maxExtraBytes: -1 })).toThrow('maxExtraBytes must be at least 0, not -1')
})
