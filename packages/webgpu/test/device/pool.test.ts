import { expect, test } from 'vitest'
import type { GpuBuffer } from '../../src/device/gpu.ts'
import { Pool, type Memory } from '../../src/device/pool.ts'

const MEGABYTE = 2 ** 20

function made(memoryBytes = Infinity): { pool: Pool; retired: number[]; count: () => number } {
  const retired: number[] = []
  let buffers = 0
  const pool = new Pool({
    memoryBytes,
    allocationBytes: 512 * MEGABYTE,
    make: (bytes) => {
      buffers++
      return { size: bytes } as GpuBuffer
    },
    retire: ({ bytes }) => retired.push(bytes),
  })
  return { pool, retired, count: () => buffers }
}

test('steady use makes no buffers, and does not grow', () => {
  const { pool, count } = made()
  const step = (): void => {
    const taken = [1000, 5000, 1000, 70_000].map((bytes) => pool.take('allocate', bytes))
    for (const memory of taken) pool.give(memory)
  }
  step()
  const { reserved } = pool
  for (let i = 0; i < 1000; i++) step()
  expect(count()).toBe(4)
  expect(pool.reserved).toBe(reserved)
})

test('sizes are exact to 256 bytes', () => {
  const { pool } = made()
  pool.take('allocate', 1_000_001)
  expect(pool.reserved).toBe(1_000_192)
})

test('what waited longest goes when more waits than is used', () => {
  const { pool, retired } = made()
  const taken = [10, 20, 30, 40].map((megabytes): Memory => pool.take('allocate', megabytes * MEGABYTE))
  for (const memory of taken) pool.give(memory)
  expect(retired).toEqual([10 * MEGABYTE, 20 * MEGABYTE, 30 * MEGABYTE])
  expect(pool.reserved).toBe(40 * MEGABYTE)
})

test('a bound is kept: what waits goes first, then it throws', () => {
  const { pool, retired } = made(100 * MEGABYTE)
  pool.give(pool.take('allocate', 60 * MEGABYTE))
  pool.take('allocate', 90 * MEGABYTE)
  expect(retired).toEqual([60 * MEGABYTE])
  expect(() => pool.take('allocate', 20 * MEGABYTE)).toThrow(
    expect.objectContaining({
      name: 'MemoryError',
      message: expect.stringContaining('memoryBytes') as string,
    }) as Error,
  )
})
