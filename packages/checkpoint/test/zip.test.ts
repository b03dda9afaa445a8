import { describe, expect, test } from 'vitest'
import { zipSync } from 'fflate'
import { isCheckpointError, readPt, writePt, type HostTensor } from '../src/index.ts'
import { crc32 } from '../src/crc32.ts'
import { archiveOf, errorOf, fixture, latin1, vector } from './tensors.ts'

test('crc32 of "123456789" is the check value of the standard, at every alignment', () => {
  expect(crc32(latin1('123456789'))).toBe(0xcbf43926)
  for (let start = 0; start < 5; start++) {
    expect(crc32(latin1(`${'x'.repeat(start)}123456789`).subarray(start))).toBe(0xcbf43926)
  }
})

const file = writePt({ w: vector(1, 2) })

/** The directory's entry and the local header of a record, by the name that follows them. */
function places(archive: Uint8Array, name: string): { entry: number; local: number } {
  const text = String.fromCharCode(...archive)
  return { entry: text.lastIndexOf(name) - 46, local: text.indexOf(name) - 30 }
}

/** The end record. */
const endOf = (archive: Uint8Array): number => archive.length - 22

/** A copy of the file with little-endian numbers of `width` bytes written over it. */
function changed(
  archive: Uint8Array,
  ...changes: readonly (readonly [at: number, width: 2 | 4, value: number])[]
): Uint8Array {
  const copy = new Uint8Array(archive)
  const view = new DataView(copy.buffer)
  for (const [at, width, value] of changes) {
    if (width === 2) view.setUint16(at, value, true)
    else view.setUint32(at, value, true)
  }
  return copy
}

describe('a malformed archive is an error that names the place', () => {
  const weights = places(file, 'archive/data/0')
  const end = endOf(file)
  const zip64 = fixture('torch-2.13/state-dict.pt')
  const locator = zip64.length - 42
  const start = new DataView(file.buffer).getUint32(end + 16, true)

  test.each<[string, Uint8Array, string]>([
    ['empty', new Uint8Array(0), 'the file is empty (at start of the file)'],
    ['text', latin1('hello'), 'this is text, not a checkpoint: "hello" (5 bytes)'],
    ['cut off', file.subarray(0, -1), 'no end record, which every zip archive has; is the file truncated?'],
    ['cut in half', file.subarray(0, file.length / 2), 'no end record'],
    ['two bytes', file.subarray(0, 2), 'no end record'],
    ['bytes after the end', Uint8Array.of(...file, 0), 'no end record'],
    ['directory outside', changed(file, [end + 16, 4, 0xfffffff0]), 'leaves the file'],
    ['too many records', changed(file, [end + 8, 2, 999], [end + 10, 2, 999]), 'cannot hold 999 records'],
    [
      'directory elsewhere',
      changed(file, [end + 16, 4, start - 1]),
      'its entry is missing (at archive directory, record 0)',
    ],
    ['long name', changed(file, [weights.entry + 28, 2, 60_000]), 'its entry leaves the directory'],
    ['parts', changed(file, [end + 4, 2, 1]), 'a multi-part archive'],
    ['encrypted', changed(file, [weights.entry + 8, 2, 1]), 'it is encrypted (at record "archive/data/0")'],
    [
      'method 14',
      changed(file, [weights.entry + 10, 2, 14]),
      'compression method 14; only stored and deflated are read',
    ],
    ['sizes that differ', changed(file, [weights.entry + 24, 4, 9]), 'claims 8 bytes packed and 9 unpacked'],
    ['header outside', changed(file, [weights.entry + 42, 4, 0x7fffffff]), 'there is no header at 2147483647'],
    [
      'no header',
      changed(file, [weights.local, 4, 0]),
      `there is no header at ${weights.local}, where the directory puts`,
    ],
    ['another name', changed(file, [weights.local + 30, 2, 0x7a7a]), 'its header has another name than the directory'],
    [
      'data outside',
      changed(file, [weights.entry + 20, 4, 1e6], [weights.entry + 24, 4, 1e6]),
      'run into the directory',
    ],
    [
      'overlap',
      changed(file, [weights.entry + 20, 4, 20], [weights.entry + 24, 4, 20]),
      'its bytes overlap those of "archive/data/0" (at record "archive/version")',
    ],
    [
      'damaged data',
      changed(file, [64 * Math.ceil((weights.local + 44) / 64), 4, 0]),
      'its checksum is wrong: the file is damaged (at record "archive/data/0")',
    ],
    ['no zip64 sizes', changed(file, [weights.entry + 24, 4, 0xffffffff]), 'its zip64 sizes are missing'],
    ['zip64 end elsewhere', changed(zip64, [locator + 8, 4, 5]), 'its zip64 end record is missing'],
    ['zip64 end outside', changed(zip64, [locator + 12, 4, 0xffffffff]), 'is beyond any file'],
    ['ends that differ', changed(zip64, [endOf(zip64) + 10, 2, 3]), 'its two end records contradict each other'],
  ])('%s', (_, bytes, message) => {
    const error = errorOf(() => readPt(bytes))
    expect(isCheckpointError(error)).toBe(true)
    expect((error as Error).message).toContain(message)
  })

  test('two records of one name', () => {
    const twice = latin1(
      String.fromCharCode(...archiveOf('\x80\x02N.', { x: latin1('1'), y: latin1('2') })).replaceAll('a/y', 'a/x'),
    )
    expect(() => readPt(twice)).toThrow('pt: the name "a/x" occurs twice (at archive directory, record 3)')
  })

  test('a name that is not UTF-8', () => {
    const odd = latin1(String.fromCharCode(...archiveOf('\x80\x02N.', { y: latin1('2') })).replaceAll('a/y', 'a/\xff'))
    expect(() => readPt(odd)).toThrow('its name is not valid UTF-8')
  })
})

describe('what the archive holds decides what it is', () => {
  const none = '\x80\x02N.'
  test.each<[string, Uint8Array, string]>([
    [
      'no pickle',
      zipSync({ 'a/version': latin1('3') }),
      'this zip archive is no .pt file: it has no data.pkl, but "a/version"',
    ],
    ['two pickles', zipSync({ 'a/data.pkl': latin1(none), 'b/data.pkl': latin1(none) }), '2 records named data.pkl'],
    [
      'TorchScript',
      archiveOf(none, { 'constants.pkl': latin1(none) }),
      'this is a TorchScript program, which is not read',
    ],
    [
      'big-endian',
      archiveOf(none, { byteorder: latin1('big') }),
      'the byte order is "big"; only little-endian files are',
    ],
    [
      'a later version',
      zipSync({ 'a/data.pkl': latin1(none), 'a/version': latin1('11') }),
      'its version is "11"; up to 10',
    ],
    ['no version', zipSync({ 'a/data.pkl': latin1(none), 'a/version': latin1('x') }), 'its version is "x"; up to 10'],
  ])('%s', (_, bytes, message) => {
    expect(() => readPt(bytes)).toThrow(message)
  })
})

describe('deflated records, which PyTorch does not write but reads', () => {
  const zeros = new Uint8Array(1 << 20)
  const pickle = latin1(
    '\x80\x02ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nByteStorage\nX\x01\0\0\x000X\x03\0\0\0cpuJ\0\0\x10\0tQ' +
      'K\0J\0\0\x10\0\x85K\x01\x85\x89)tR.',
  )
  const squeezed = zipSync({ 'a/data.pkl': pickle, 'a/data/0': zeros })
  const record = places(squeezed, 'a/data/0')

  test('are inflated', () => {
    expect((readPt(squeezed) as HostTensor).data.length).toBe(1 << 20)
  })

  test('count against what may be allocated', () => {
    expect(() => readPt(squeezed, { maxExtraBytes: 1 << 20 })).toThrow('reading this file would allocate more than')
  })

  test.each<[string, number, string]>([
    ['a longer record', (1 << 20) - 1, 'its checksum is wrong'],
    ['a shorter record', (1 << 20) + 1, 'it inflates to 1048576 bytes instead of 1048577'],
    ['a bomb', 0xfffffff0, 'bytes cannot inflate to 4294967280'],
  ])('with another size than they say: %s', (_, size, message) => {
    expect(() => readPt(changed(squeezed, [record.entry + 24, 4, size]))).toThrow(message)
  })

  test('damaged in the middle', () => {
    expect(() => readPt(changed(squeezed, [record.local + 40, 4, 0xffffffff]))).toThrow(
      'its deflated bytes are damaged',
    )
  })
})
