/** Damaged files of before PyTorch 1.6. */
import { expect, test } from 'vitest'
import { isCheckpointError, isUnreadable, load, readPt } from '../src/index.ts'
import { errorOf, fixture, latin1, vector } from './tensors.ts'

const file = fixture('torch-1.13/old-format.pt')
const withText = (from: string, to: string): Uint8Array => latin1(String.fromCharCode(...file).replace(from, to))

test('load tells the format', async () => {
  expect([...(await load(file)).keys()]).toContain('0.weight')
})

test.each([3, 4])('protocol %i of pickle', async (protocol) => {
  const bytes = fixture(`torch-1.13/old-format-protocol-${protocol}.pt`)
  expect(readPt(bytes)).toEqual(readPt(file))
  expect(await load(bytes)).toEqual(readPt(file))
})

test('tensors that are not read are named, and the rest is read', () => {
  const bytes = fixture('torch-1.13/old-format-others.pt')
  expect(() => readPt(bytes)).toThrow(
    `"torch.ComplexFloatStorage" is not read: no element type of memory has its values`,
  )
  const kept = readPt(bytes, { unreadable: 'keep' }) as ReadonlyMap<string, unknown>
  expect(kept.get('weight')).toEqual(vector(1, 2))
  expect(isUnreadable(kept.get('complex'))).toBe(true)
  expect(isUnreadable(kept.get('quantized'))).toBe(true)
})

test.each<[string, Uint8Array, string]>([
  ['another version', withText('\x80\x02M\xe9\x03.', '\x80\x02M\xea\x03.'), 'it is 1002; 1001 is read (at version)'],
  [
    'a big-endian machine',
    withText('little_endianq\x02\x88', 'little_endianq\x02\x89'),
    'comes from a big-endian machine',
  ],
  ['a tensor cut off', file.subarray(0, -1), 'but the file ends before; is it truncated?'],
  ['cut in the value', file.subarray(0, 400), 'it ends in the middle'],
  ['more at the end', Uint8Array.of(...file, 0), '1 bytes that belong to no storage'],
  ['a storage that is nowhere', withText('FloatStorage', 'OtherStorage'), 'its type is not known'],
])('%s is an error that names the place', (_, bytes, message) => {
  const error = errorOf(() => readPt(bytes))
  expect(isCheckpointError(error)).toBe(true)
  expect((error as Error).message).toContain(message)
})

test('wherever it is cut, it is an error of this package', () => {
  for (let length = 14; length < file.length; length++)
    expect(isCheckpointError(errorOf(() => readPt(file.subarray(0, length))))).toBe(true)
})
