import { isGlissadeError, type Slice, type TensorType } from '@glissade/core/backend'
import { expect, test } from 'vitest'
import { ALIGNMENT, ALLOCATION_BYTES, Memory } from '../src/memory.ts'

const memory = new Memory()
const type = (dtype: TensorType['dtype'], ...shape: number[]): TensorType => ({ dtype, shape })
const whole = (bytes: number, of: TensorType): Slice => ({ storage: memory.allocate(bytes), byteOffset: 0, type: of })

test('the same slice is the same array, also when asked for by an equal type', () => {
  const slice = whole(24, type('float32', 2, 3))
  const array = memory.array(slice)
  expect(array).toBeInstanceOf(Float32Array)
  expect(array.length).toBe(6)
  expect(memory.array(slice)).toBe(array)
  expect(memory.array({ ...slice, type: type('float32', 6) })).toBe(array)
})

test('arrays of one storage share its bytes, whatever their dtypes and whichever came first', () => {
  for (const first of ['float32', 'uint8', 'float64'] as const) {
    const storage = memory.allocate(32)
    const at = (byteOffset: number, of: TensorType): Slice => ({ storage, byteOffset, type: of })
    memory.array(at(0, type(first, first === 'uint8' ? 32 : first === 'float32' ? 8 : 4)))
    memory.array(at(0, type('float32', 8)))[4] = 1
    expect([...memory.array(at(ALIGNMENT, type('int32', 1)))]).toEqual([0x3f800000])
    expect([...memory.array(at(ALIGNMENT, type('uint8', 4)))]).toEqual([0, 0, 0x80, 0x3f])
    expect([...memory.array(at(ALIGNMENT, type('float32', 1)))]).toEqual([1])
  }
})

test('a slice at an offset may be the first that is asked for, and a storage may be any number of bytes', () => {
  const storage = memory.allocate(19)
  memory.array({ storage, byteOffset: 16, type: type('bool', 3) }).set([1, 0, 1])
  expect([...memory.array({ storage, byteOffset: 0, type: type('uint8', 19) }).subarray(16)]).toEqual([1, 0, 1])
  expect(memory.array({ storage, byteOffset: 0, type: type('float32', 4) }).length).toBe(4)
})

test('empty storages have empty arrays', () => {
  expect(memory.array(whole(0, type('float32', 0, 3))).length).toBe(0)
})

test('a released storage gives its bytes to the next of its size, and is never used again', () => {
  const own = new Memory()
  for (const bytes of [4096, 2 ** 21]) {
    const first = own.allocate(bytes)
    const slice = { storage: first, byteOffset: 0, type: type('float32', bytes / 4) }
    const { buffer } = own.array(slice)
    own.release(first)
    expect(own.reserved).toBe(bytes)
    expect(() => own.array(slice)).toThrow('a storage was used after its release')
    expect(() => own.release(first)).toThrow('release: this storage was released before')
    const other = own.allocate(bytes + 16)
    expect(own.array({ ...slice, storage: other }).buffer).not.toBe(buffer)
    const second = own.allocate(bytes)
    expect(own.array({ ...slice, storage: second }).buffer).toBe(buffer)
    expect(own.reserved).toBe(0)
  }
})

test('the pool is bounded', () => {
  const own = new Memory()
  const storages = Array.from({ length: 100 }, () => own.allocate(2 ** 20))
  for (const storage of storages) own.release(storage)
  expect(own.reserved).toBeLessThanOrEqual(2 ** 26)
  expect(own.reserved).toBeGreaterThan(0)
  own.clear()
  expect(own.reserved).toBe(0)
})

test('what one array cannot hold is a MemoryError with its size', () => {
  for (const bytes of [ALLOCATION_BYTES + 1, 2 ** 60]) {
    let caught: unknown
    try {
      memory.allocate(bytes)
    } catch (error) {
      caught = error
    }
    expect(isGlissadeError(caught, 'MemoryError')).toBe(true)
    expect(caught).toMatchObject({ operation: 'allocate', bytes })
  }
})
