/** The linear memory: storages never overlap, what is released is used again, growth keeps what is there. */
import { numel, type TensorType } from '@glissade/core/backend'
import { describe, expect, test } from 'vitest'
import { typeOf } from '../../core/src/ir/type.ts'
import { oneNode } from '../../cpu/test/one-node.ts'
import { wasm } from '../src/index.ts'
import { Memory, type Block } from '../src/memory.ts'

const size = ({ shape }: TensorType): number => numel(shape)

/** Numerical Recipes' generator. */
function integers(seed: number): (count: number) => number {
  let state = seed
  return (count) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * count)
  }
}

function assertApart(blocks: readonly Block[]): void {
  const sorted = blocks.toSorted((a, b) => a.address - b.address)
  sorted.forEach((block, i) => {
    expect(block.address % 16).toBe(0)
    if (i > 0) expect(sorted[i - 1]!.address + sorted[i - 1]!.byteLength).toBeLessThanOrEqual(block.address)
  })
}

describe('storages', () => {
  test('never overlap, whatever was allocated and released before', () => {
    const random = integers(1)
    const memory = new Memory(2 ** 26)
    const live: Block[] = []
    for (let i = 0; i < 4000; i++) {
      if (live.length > 0 && (random(100) < 45 || live.length > 200))
        memory.release(live.splice(random(live.length), 1)[0]!)
      else live.push(memory.allocate(random(10) === 0 ? random(200_000) : random(3000)))
      if (i % 500 === 0) assertApart(live)
    }
    assertApart(live)
    expect(memory.live).toBe(live.reduce((sum, block) => sum + block.byteLength, 0))
    for (const block of live) memory.release(block)
    expect(memory.live).toBe(0)
  })

  test('released one by one in any order join again to one range', () => {
    const memory = new Memory(2 ** 26)
    const blocks = Array.from({ length: 16 }, () => memory.allocate(2 ** 20))
    const { reserved } = memory
    for (const i of [3, 1, 2, 0, 15, 7, 5, 6, 4, 9, 8, 14, 10, 12, 11, 13]) memory.release(blocks[i]!)
    memory.allocate(2 ** 24)
    expect(memory.reserved).toBe(reserved)
  })

  test('of 10,000 steps take no more than those of the first', () => {
    const memory = new Memory(2 ** 26)
    const step = (): void =>
      [10, 1000, 40_000, 16, 65_536].map((bytes) => memory.allocate(bytes)).forEach((block) => memory.release(block))
    step()
    const { reserved } = memory
    for (let i = 0; i < 10_000; i++) step()
    expect(memory.reserved).toBe(reserved)
  })

  test('keep their bytes when the memory grows', async () => {
    const backend = await wasm()
    const type = typeOf('float32', [4])
    const slice = { storage: backend.allocate(16), byteOffset: 0, type }
    backend.write(slice, new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer))
    const before = backend.memory().reserved
    backend.allocate(2 ** 24)
    expect(backend.memory().reserved).toBeGreaterThan(before)
    expect([...new Float32Array(backend.readSync!(slice).buffer)]).toEqual([1, 2, 3, 4])
    expect(backend.view!(slice).byteLength).toBe(16)
  })

  test('are released once', async () => {
    const backend = await wasm()
    const storage = backend.allocate(16)
    backend.release(storage)
    expect(() => backend.release(storage)).toThrow('release: this storage was released before')
    expect(() => backend.readSync!({ storage, byteOffset: 0, type: typeOf('float32', [4]) })).toThrow(
      'a storage was used after its release',
    )
  })
})

test('at the limit the error names what is live and what to do', async () => {
  const backend = await wasm({ memoryBytes: 2 ** 20 })
  backend.allocate(300_000)
  backend.allocate(300_000)
  expect(() => backend.allocate(600_000)).toThrow(
    'allocate: 600000 bytes do not fit: 600000 of at most 1048576 bytes are live (2 of 300000 bytes) and 0 are the workspace of programs. ' +
      'Run steps inside scope(() => ...) or compile(...), or release tensors',
  )
  // The failed one leaves no trace.
  expect(backend.memory().live).toBe(600_000)
  backend.allocate(300_000)
})

test('programs that are prepared and released take no more than the first', async () => {
  const backend = await wasm()
  const type = typeOf('float32', [64, 64])
  const program = oneNode('dot', { transposeA: false, transposeB: false }, [type, type])
  backend.prepare(program).release()
  const { reserved } = backend.memory()
  for (let i = 0; i < 200; i++) backend.prepare(program).release()
  expect(backend.memory()).toEqual({ live: 0, reserved })
})

test('a program that does not fit leaves those before it as they were', async () => {
  const backend = await wasm({ memoryBytes: 2 ** 21 })
  const type = typeOf('float32', [8, 256])
  const small = oneNode('dot', { transposeA: false, transposeB: true }, [type, type])
  const executable = backend.prepare(small)
  // A sort of a long line needs three times its bytes.
  expect(() =>
    backend.prepare(oneNode('sort', { axis: 0, descending: false }, [typeOf('float32', [200_000])])),
  ).toThrow('do not fit')
  const slices = [...small.inputs, small.nodes[0]!.types[0]!].map((own) => ({
    storage: backend.allocate(4 * size(own)),
    byteOffset: 0,
    type: own,
  }))
  for (const slice of slices) backend.write(slice, new Uint8Array(new Float32Array(size(slice.type)).fill(1).buffer))
  executable.run(slices.slice(0, 2), slices.slice(2), new Float64Array())
  expect(new Float32Array(backend.readSync!(slices[2]!).buffer)).toEqual(new Float32Array(64).fill(256))
})

test('a destroyed backend refuses every call', async () => {
  const backend = await wasm()
  backend.destroy()
  expect(() => backend.allocate(16)).toThrow('allocate: this backend was destroyed')
})
