/** Modules without sizes: programs that differ in nothing else share one, and each gives what it means. */
import type { Program } from '@glissade/core/backend'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { evaluate } from '../../core/src/ir/evaluate.ts'
import type { Type } from '../../core/src/ir/type.ts'
import { oneNode, operand, run } from '../../cpu/test/one-node.ts'
import { data, f32, program, PROGRAMS, size } from '../../cpu/test/sized-programs.ts'
import { makeBackend } from '../src/backend.ts'
import { wasm } from '../src/index.ts'
import { engine } from '../src/webassembly.ts'

const SIZES = 40
const backends = {
  'one thread': await wasm(),
  'three threads': await makeBackend({ memoryBytes: 2 ** 30, threads: 3, worth: 0 }),
}
let compiled = 0
const { Module } = engine
beforeAll(() => {
  Object.assign(engine, {
    Module: class extends Module {
      constructor(bytes: Uint8Array<ArrayBuffer>) {
        super(bytes)
        compiled++
      }
    },
  })
})
afterAll(() => void Object.assign(engine, { Module }))

test.each(
  Object.entries(backends).flatMap(([name, backend]) => Object.keys(PROGRAMS).map((what) => ({ name, backend, what }))),
)('$what on $name', ({ name, backend, what }) => {
  compiled = 0
  for (let i = 0; i < SIZES; i++) {
    const made = PROGRAMS[what]!(size(), size())
    const inputs = made.inputs.map(data)
    const operands = made.inputs.map(({ dtype, shape }, k) => operand(dtype, shape, inputs[k]!))
    const got = run(backend, made, operands)
    evaluate(made, inputs).forEach((want, k) => {
      const exact = what !== 'mean of rows'
      const wrong = [...want].findIndex((value, j) => Math.abs(value - got[k]![j]!) > (exact ? 0 : 1e-6))
      if (wrong >= 0) expect.fail(`output ${k} at ${wrong} is ${got[k]![wrong]}, want ${want[wrong]}`)
    })
  }
  // What else depends on sizes: whether a tile or a row is whole, which thread has nothing to do.
  expect(compiled).toBeLessThan(name === 'one thread' ? SIZES / 2 : SIZES)
})

test('a program keeps its module while others of its kind come and go', async () => {
  const backend = await wasm()
  const slice = (type: Type, fill: number) => {
    const of = { storage: backend.allocate(4 * type.shape[0]!), byteOffset: 0, type }
    backend.write(of, new Uint8Array(new Float32Array(type.shape[0]!).fill(fill).buffer))
    return of
  }
  const add = (type: Type): Program => oneNode('add', {}, [type, type])
  const types = [f32(100), f32(200)] as const
  const executables = types.map((type) => backend.prepare(add(type)))
  executables[1]!.release()
  // More kinds than are kept: each adds another number.
  for (let i = 0; i < 700; i++) backend.prepare(program([f32(5)], (x) => [x.add(i / 3)])).release()
  const out = slice(types[0], 0)
  executables[0]!.run([slice(types[0], 1), slice(types[0], 2)], [out], new Float64Array())
  expect(new Float32Array(backend.readSync!(out).buffer)).toEqual(new Float32Array(100).fill(3))
})
