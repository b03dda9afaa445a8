/** The laws of the contract that are not about values. */
import type { Backend, Primitive, Program, Slice, TensorType } from '@glissade/core/backend'
import { describe, expect, test } from 'vitest'
import { cpu } from '../src/index.ts'
import { cases } from './cases.ts'
import { elements, f32, oneNode, run, upload } from './one-node.ts'

const VECTOR: TensorType = { dtype: 'float32', shape: [3] }
const NONE = new Float64Array(0)

/** y = x * s + x, with a value between the nodes. */
const SCALED: Program = {
  inputs: [VECTOR],
  scalars: ['float32'],
  nodes: [
    { op: 'expand', attrs: { shape: [3] }, args: [1], types: [VECTOR] },
    { op: 'mul', attrs: {}, args: [0, 2], types: [VECTOR] },
    { op: 'add', attrs: {}, args: [3, 0], types: [VECTOR] },
  ],
  outputs: [4],
  donated: [null],
}

const room = (backend: Backend, type = VECTOR): Slice => ({ storage: backend.allocate(12), byteOffset: 0, type })

test('it says what it is', () => {
  const { name, contract, capabilities } = cpu()
  expect(name).toBe('cpu')
  expect(contract).toBe(1)
  expect(capabilities.dtypes).toEqual(new Set(['bool', 'uint8', 'int32', 'float16', 'float32', 'float64']))
  expect(capabilities).toMatchObject({ accuracy: 'ieee', memory: 'collected', limits: { alignment: 16 } })
})

describe('reading', () => {
  test('write copies, and read is a copy that sees every run before it and none after', async () => {
    const backend = cpu()
    const [x, y] = [room(backend), room(backend)]
    const bytes = new Uint8Array(Float32Array.of(1, 2, 3).buffer)
    backend.write(x, bytes)
    bytes.fill(0)
    const executable = backend.prepare(SCALED)
    await executable.ready
    executable.run([x], [y], Float64Array.of(2))
    const first = backend.read(y)
    executable.run([x], [y], Float64Array.of(9))
    expect([...new Float32Array((await first).buffer)]).toEqual([3, 6, 9])
    expect(elements(backend, y)).toEqual([10, 20, 30])
    await backend.settle()
  })

  test('view is the memory itself', () => {
    const backend = cpu()
    const x = room(backend)
    backend.write(x, new Uint8Array(12))
    backend.view!(x)[3] = 0x40
    expect(elements(backend, x)).toEqual([2, 0, 0])
  })

  test('a slice is its own bytes and not those around it', () => {
    const backend = cpu()
    const storage = backend.allocate(64)
    backend.write({ storage, byteOffset: 0, type: { dtype: 'uint8', shape: [64] } }, new Uint8Array(64).fill(7))
    const slice = { storage, byteOffset: 16, type: VECTOR }
    backend.write(slice, new Uint8Array(Float32Array.of(1, 2, 3).buffer))
    expect(backend.view!(slice).byteLength).toBe(12)
    expect(backend.readSync!({ storage, byteOffset: 28, type: { dtype: 'uint8', shape: [4] } })).toEqual(
      new Uint8Array(4).fill(7),
    )
  })
})

describe('memory', () => {
  test('is the scratch of prepared programs, from their first run to their release', () => {
    const backend = cpu()
    const [x, y] = [upload(backend, f32(1, 2, 3)), room(backend)]
    expect(backend.memory()).toEqual({ live: 0, reserved: 0 })
    const executable = backend.prepare(SCALED)
    for (let i = 0; i < 3; i++) {
      executable.run([x], [y], Float64Array.of(i))
      expect(backend.memory().live).toBe(executable.scratchBytes)
    }
    executable.release()
    expect(backend.memory().live).toBe(0)
  })

  test('a second release throws', () => {
    const backend = cpu()
    const storage = backend.allocate(16)
    backend.release(storage)
    expect(() => backend.release(storage)).toThrow('release: this storage was released before')
  })

  test('an allocation beyond the limit throws', () => {
    const backend = cpu()
    expect(() => backend.allocate(backend.capabilities.limits.allocationBytes + 1)).toThrow(
      'allocate: 2147483648 bytes are more than',
    )
  })
})

describe('preparing', () => {
  test('a composite or an unknown operation is refused by name, with its origin', () => {
    const program: Program = {
      ...SCALED,
      nodes: [{ op: 'softmax', attrs: {}, args: [0], types: [VECTOR], origin: 'layers.2' }],
      outputs: [2],
    }
    expect(() => cpu().prepare(program)).toThrow('softmax: this backend has no kernel of that name (at layers.2)')
  })

  test('a failed run leaves the program usable', () => {
    const backend = cpu()
    const index: TensorType = { dtype: 'int32', shape: [1] }
    const executable = backend.prepare(oneNode('gather', { axis: 0 }, [VECTOR, index]))
    const x = upload(backend, f32(1, 2, 3))
    const out = room(backend, { dtype: 'float32', shape: [1] })
    const at = (i: number): Slice => upload(backend, { ...index, data: [i] })
    expect(() => executable.run([x, at(3)], [out], NONE)).toThrow('index 3')
    executable.run([x, at(2)], [out], NONE)
    expect(elements(backend, out)).toEqual([3])
  })
})

test('after destroy every call throws, and what was prepared does not run', async () => {
  const backend = cpu()
  const x = upload(backend, f32(1, 2, 3))
  const executable = backend.prepare(SCALED)
  executable.run([x], [room(backend)], Float64Array.of(1))
  backend.destroy()
  expect(backend.memory()).toEqual({ live: 0, reserved: 0 })
  expect(() => backend.allocate(4)).toThrow('allocate: this backend was destroyed')
  expect(() => backend.release(x.storage)).toThrow('destroyed')
  expect(() => backend.write(x, new Uint8Array(12))).toThrow('destroyed')
  expect(() => backend.readSync!(x)).toThrow('destroyed')
  expect(() => backend.view!(x)).toThrow('destroyed')
  expect(() => backend.prepare(SCALED)).toThrow('destroyed')
  expect(() => executable.run([x], [x], Float64Array.of(1))).toThrow('destroyed')
  await expect(backend.read(x)).rejects.toThrow('destroyed')
  await expect(backend.settle()).rejects.toThrow('destroyed')
  executable.release()
  expect(backend.memory().live).toBe(0)
})

describe('a result may lie where an operand of its type lay', () => {
  const backend = cpu()
  const elementwise = (Object.keys(cases) as (keyof typeof cases)[]).filter((op) => {
    const { attrs, operands } = cases[op]().at(-1)!
    return Object.keys(attrs).length === 0 && operands.every(({ shape }) => shape.join() === operands[0]!.shape.join())
  })
  test.each(elementwise)('%s', (op: Primitive) => {
    for (const { attrs, operands } of cases[op as keyof typeof cases]()) {
      const program = oneNode(op, attrs as never, operands)
      const [want] = run(backend, program, operands)
      const [result] = program.nodes[0]!.types
      operands.forEach(({ dtype }, donated) => {
        if (dtype !== result!.dtype) return
        const inputs = operands.map((value) => upload(backend, value))
        backend.prepare({ ...program, donated: [donated] }).run(inputs, [inputs[donated]!], NONE)
        expect(elements(backend, inputs[donated]!)).toEqual(want)
      })
    }
  })
})
