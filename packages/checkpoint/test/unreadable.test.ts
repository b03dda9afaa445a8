/** Checkpoints with more in them than tensors and plain values, as training programs write them. */
import { describe, expect, test } from 'vitest'
import {
  isUnreadable,
  readPt,
  stateDictOf,
  writePt,
  type PickleValue,
  type ReadOptions,
  type Unreadable,
} from '../src/index.ts'
import { archiveOf, fixture, vector } from './tensors.ts'

type Dict = ReadonlyMap<string, PickleValue>
const kept = readPt(fixture('foreign.pt'), { unreadable: 'keep' }) as ReadonlyMap<string, Dict>
const readable = kept.get('readable')!
const foreign = kept.get('foreign')!
const get = (name: string): Unreadable => foreign.get(name) as Unreadable

test('the first object that is no value is named with its place, and what reads the rest', () => {
  expect(() => readPt(fixture('foreign.pt'))).toThrow(
    'pt: "argparse.Namespace" is not read: only tensors, containers, OrderedDict and scalars are, and nothing is executed; ' +
      `{ unreadable: 'keep' } reads the rest (at value["foreign"]["args"])`,
  )
})

test('with the rest the weights are read', () => {
  const weights = stateDictOf(kept.get('model'))
  expect([...weights.keys()]).toEqual(['weight', 'bias'])
  expect(weights.get('weight')!.shape).toEqual([1, 2])
})

test('what could not be read is named with its reason where a state dict is wanted', () => {
  expect(() => stateDictOf(new Map([['c', get('complex_tensor')]]))).toThrow(
    '"c" could not be read: "torch.ComplexFloatStorage" is not read',
  )
})

describe('without any option', () => {
  test('numbers of numpy are numbers, its bools bools', () => {
    expect(readable.get('numbers')).toEqual([0.5, 1.5, -2, 2 ** 40, -3, 2 ** 32 - 1, true])
  })
  test('arrays of numpy are tensors, whatever their order of axes and bytes', () => {
    const counted = [0, 1, 2, 3, 4, 5]
    expect(readable.get('arrays')).toEqual([
      { dtype: 'float64', shape: [2, 3], data: Float64Array.from(counted) },
      { dtype: 'int32', shape: [2, 3], data: Int32Array.from(counted), as: 'int64' },
      vector(1, 2),
      { dtype: 'uint8', shape: [0, 2], data: new Uint8Array(0) },
      { dtype: 'bool', shape: [], data: Uint8Array.of(1) },
    ])
  })
  test('kinds of dict and list are dicts and lists', () => {
    expect(readable.get('counter')).toEqual(new Map(Object.entries({ a: 2, b: 1 })))
    expect(readable.get('defaultdict')).toEqual(new Map([['cat', [0.5]]]))
    expect(readable.get('deque')).toEqual([1, 2])
    expect(readable.get('bytearray')).toEqual(Uint8Array.of(0, 255))
  })
  test('keys may be None, tuples and bytes', () => {
    const keys = readable.get('keys') as ReadonlyMap<unknown, number>
    expect([...keys]).toEqual([
      [null, 0],
      [[1, 'b'], 2],
      [Uint8Array.of(99), 3],
    ])
    expect(keys.get(null)).toBe(0)
    expect(readable.get('frozenset')).toEqual(new Set([1, [2, 3]]))
  })
  test('all of it is written and read again as the same values', () => {
    expect(readPt(writePt(readable))).toEqual(readable)
  })
})

describe('what is kept is data', () => {
  test.each<[string, Partial<Unreadable>]>([
    ['args', { type: 'argparse.Namespace', args: [], state: new Map(Object.entries({ lr: 0.1, layers: [1, 2] })) }],
    ['config', { type: '__main__.Config', state: new Map(Object.entries({ width: 32, names: ['a', 'b'] })) }],
    ['registry', { type: '__main__.Registry', items: [['first', 1]], state: new Map([['note', 'an attribute']]) }],
    ['history', { type: '__main__.History', items: [1, 2], state: null }],
    ['path', { type: 'pathlib.PurePosixPath', args: ['a', 'b'] }],
    ['date', { type: 'datetime.date', args: [Uint8Array.of(7, 228, 1, 2)] }],
    ['complex', { type: '__builtin__.complex', args: [1, 2] }],
    ['function', { type: 'torch.nn.functional.relu', args: null }],
    ['class', { type: 'torch.nn.modules.linear.Linear', args: null }],
    ['builtin', { type: 'collections.OrderedDict', args: null }],
    ['storage', { type: 'torch.storage', reason: 'a storage itself is a value' }],
    ['sparse', { type: 'torch._utils._rebuild_sparse_tensor' }],
    ['quantized', { type: 'torch._utils._rebuild_qtensor' }],
    ['large', { type: 'torch.Tensor', reason: expect.stringContaining('1099511627776 at index 0 does not fit') }],
    ['words', { reason: 'the dtype "U1" of numpy is not supported' }],
    ['complex_tensor', { reason: expect.stringContaining('"torch.ComplexFloatStorage" is not read') }],
  ])('%s', (name, parts) => {
    expect(isUnreadable(get(name))).toBe(true)
    expect(get(name)).toMatchObject(parts)
  })

  test('a whole module has its parameters', () => {
    const state = get('module').state as ReadonlyMap<string, ReadonlyMap<string, PickleValue>>
    expect(state.get('_parameters')!.get('weight')).toMatchObject({ dtype: 'float32', shape: [1, 1] })
  })
  test('a bound method, as PyTorch 1.13 has in the state of OneCycleLR, leaves the numbers of the schedule', () => {
    const scheduler = foreign.get('scheduler') as Dict
    expect([scheduler.get('total_steps'), scheduler.get('last_epoch')]).toEqual([10, 0])
    expect(scheduler.get('anneal_func')).toMatchObject({ type: '__builtin__.getattr' })
  })
  test('objects may go in circles', () => {
    const node = get('node')
    expect((node.state as Dict).get('parent')).toBe(node)
  })
  test('it may be a key', () => {
    const [[key, value]] = [...(foreign.get('enum_key') as ReadonlyMap<unknown, PickleValue>)] as [[unknown, number]]
    expect([isUnreadable(key), value]).toEqual([true, 1])
  })
  test('it is not written', () => {
    expect(() => writePt({ args: get('args') })).toThrow(
      'argparse.Namespace could not be read, so there is nothing to write (at value["args"])',
    )
  })
})

describe('hostile files that are kept', () => {
  const read = (pickle: string, options?: ReadOptions): PickleValue =>
    readPt(archiveOf(`\x80\x02${pickle}`), { unreadable: 'keep', ...options })

  test('nothing is executed, and nothing of JavaScript is found by name', () => {
    expect(read('cos\nsystem\nX\x02\0\0\0ls\x85R.')).toMatchObject({ type: 'os.system', args: ['ls'] })
    expect(read('cconstructor\nprototype\n.')).toMatchObject({ type: 'constructor.prototype', args: null })
  })
  test('attributes of what all files share stay', () => {
    expect(() => read('ccollections\nOrderedDict\nNb.')).toThrow('it sets attributes of what has none')
  })
  test('a list that holds itself is refused inside an object too', () => {
    expect(() => read('ca\nB\n)R]q\0h\0ab.')).toThrow('a container holds itself (at value["state"][0])')
  })
  test('a chain of twenty thousand objects is paid for, and does not end the process', () => {
    const chain = `${'ca\nB\n('.repeat(20_000)}${'tR'.repeat(20_000)}.`
    expect(read(chain)).toMatchObject({ type: 'a.B' })
    expect(() => read(chain, { maxExtraBytes: 0 })).toThrow('reading this file would allocate more than')
  })
})
