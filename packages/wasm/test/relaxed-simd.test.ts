/** Relaxed SIMD: only when asked for, only where the engine has it, and even then the same bits for every number of threads. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { setDefaultDevice, tensor } from '@glissade/core'
import { Builder } from '../../core/src/ir/builder.ts'
import { typeOf } from '../../core/src/ir/type.ts'
import { wasm } from '../src/index.ts'
import { printModule } from '../src/program.ts'
import { engine } from '../src/webassembly.ts'
import { allowRelaxedSimd } from './allow-relaxed-simd.ts'
import { GOLDEN_HASH, trainAndHash } from './golden-steps.ts'

allowRelaxedSimd()

afterEach(() => vi.restoreAllMocks())

const b = new Builder()
const matrix = b.input(typeOf('float32', [64, 64]))
const program = b.finish([matrix.dot(matrix).exp()])

test('a program has its instructions when asked for, and else none', () => {
  expect(printModule(program)).not.toContain('relaxed')
  const relaxed = printModule(program, { relaxed: true })
  for (const name of ['f32x4.relaxed_madd', 'f32x4.relaxed_nmadd']) expect(relaxed).toContain(name)
})

test('a backend tells whether it is relaxed', async () => {
  expect((await wasm()).relaxedSimd).toBe(false)
  expect((await wasm({ relaxedSimd: true })).relaxedSimd).toBe(true)
})

test('where the engine has none it stays strict, bit for bit, and a warning says so', async () => {
  const validate = engine.validate.bind(engine)
  // f32x4.relaxed_madd is fd 85 02.
  const isRelaxed = (bytes: Uint8Array): boolean =>
    bytes.some((byte, i) => byte === 0xfd && bytes[i + 1] === 0x85 && bytes[i + 2] === 0x02)
  vi.spyOn(engine, 'validate').mockImplementation((bytes) => !isRelaxed(bytes) && validate(bytes))
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  const backend = await wasm({ relaxedSimd: true })
  expect(backend.relaxedSimd).toBe(false)
  expect(warn.mock.calls).toEqual([['wasm: no relaxed SIMD: this engine does not know its instructions']])
  expect(await trainAndHash(backend)).toBe(GOLDEN_HASH)
})

test('one, two and four threads end with the same bits', async () => {
  const hashes = []
  for (const threads of [1, 2, 4]) {
    const backend = await wasm({ threads, relaxedSimd: true })
    hashes.push(await trainAndHash(backend))
    backend.destroy()
  }
  expect(new Set(hashes).size).toBe(1)
})

describe.each([false, true])('exp, relaxed: %s,', (relaxedSimd) => {
  test('of a number does not depend on its neighbours', async () => {
    setDefaultDevice(await wasm({ relaxedSimd }))
    // Vectors without an unusual number go another way than those with one, and than a number alone.
    const numbers = Array.from({ length: 64 }, (_, i) => (i - 40) * 1.7)
    const together = await tensor(numbers).exp().data()
    const beside = await tensor(numbers.flatMap((x) => [x, -1000]))
      .exp()
      .data()
    const alone = await Promise.all(numbers.map(async (x) => (await tensor([x]).exp().data())[0]))
    expect([...together]).toEqual([...beside].filter((_, i) => i % 2 === 0))
    expect([...together]).toEqual(alone)
  })
})
