/** What is true of the text of every expression, whatever an adapter computes. */
import type { DType } from '@glissade/core/backend'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  EXPRESSIONS,
  greater,
  HELPERS,
  literal,
  REDUCERS,
  toWord,
  valueType,
  withHelpers,
} from '../../src/wgsl/index.ts'
import { refusal, validating } from '../dawn.ts'
import { calls, DTYPES_OF_GPUS, type Call } from './calls.ts'
import { shaderOf } from './shader.ts'

let device: GPUDevice
beforeAll(async () => {
  device = await validating()
})
afterAll(() => device.destroy())

const written = ({ op, dtype, attrs }: Call, operands: readonly string[]): string =>
  EXPRESSIONS[op](operands, dtype, attrs as never)
const extreme: { readonly [D in DType]?: readonly number[] } = {
  float32: [0, -0, 1, -1.5, 1e-40, 2 ** 60, 3.4e38, -3.4e38, NaN, Infinity, -Infinity],
  int32: [0, 1, -1, 2 ** 15, 2 ** 31 - 1, -(2 ** 31)],
  uint8: [0, 1, 255],
  bool: [0, 1],
}

describe('every expression is WGSL', () => {
  test.each(calls)('$name', async (call) => {
    expect(
      await refusal(
        device,
        shaderOf(call.operands, call.result, (names) => written(call, names)),
      ),
    ).toBeNull()
  })

  // WGSL refuses a constant expression that overflows, divides by zero or is NaN.
  test.each(calls)('$name, of numbers alone', async (call) => {
    const lists = call.operands.map((dtype) => extreme[dtype]!.map((value) => literal(value, dtype)))
    const all = lists.reduce<string[][]>((rows, list) => rows.flatMap((row) => list.map((x) => [...row, x])), [[]])
    const statements = all.map((operands) => `out[0] = ${toWord(call.result, written(call, operands))};`)
    const code = `@group(0) @binding(0) var<storage, read_write> out: array<u32>;
      @compute @workgroup_size(1) fn main() { ${statements.join('\n')} }`
    expect(await refusal(device, `${code}\n${withHelpers(code)}`)).toBeNull()
  })

  test.each(calls)('$name is one operand, and names each of its own once', (call) => {
    const names = call.operands.map((_, i) => `operand${i}`)
    const text = written(call, names)
    for (const name of names) expect(text.split(name)).toHaveLength(2)
    expect(text).toMatch(/^\w+(<\w+>)?$|^[\w<>]*\(.*\)$/)
  })
})

const numbers = DTYPES_OF_GPUS.filter((dtype) => dtype !== 'bool')
describe('reductions and the order of sort are WGSL', () => {
  test.each(numbers)('of %s', async (dtype) => {
    const steps = Object.values(REDUCERS).map(
      ({ start, step }, i) =>
        `var total${i}: ${valueType(dtype)} = ${start(dtype)}; total${i} = ${step(dtype, `total${i}`, 'x')}; out[${i}] = ${toWord(dtype, `total${i}`)};`,
    )
    const code = `@group(0) @binding(0) var<storage, read_write> out: array<u32>;
      @compute @workgroup_size(1) fn main() { let x = ${literal(3, dtype)}; ${steps.join('\n')}
      out[4] = ${toWord('bool', greater(dtype, 'x', 'x'))}; }`
    expect(await refusal(device, `${code}\n${withHelpers(code)}`)).toBeNull()
  })
})

describe('helpers', () => {
  test.each(Object.keys(HELPERS))('%s is declared once, and is WGSL with what it names alone', async (name) => {
    const text = withHelpers(name)
    expect(text.match(new RegExp(`(fn|const|var<private>) ${name}\\b`, 'g'))).toHaveLength(1)
    expect(await refusal(device, `${text}\n@compute @workgroup_size(1) fn main() {}`)).toBeNull()
    for (const [, other] of text.matchAll(/(?:fn|const|var<private>) (\w+)/g))
      if (other !== name) expect(text.match(new RegExp(`\\b${other}\\b`, 'g'))!.length).toBeGreaterThan(1)
  })
  test('each is named by an expression, a literal or another helper', () => {
    const texts = [
      ...calls.map((call) =>
        written(
          call,
          call.operands.map(() => 'x'),
        ),
      ),
      literal(NaN, 'float32'),
      literal(2 ** 31 - 1, 'int32'),
      greater('float32', 'x', 'x'),
    ]
    const needed = withHelpers(texts.join('\n'))
    for (const text of Object.values(HELPERS)) expect(needed).toContain(text)
  })
  test('a body that names none gets none', () => {
    expect(withHelpers('let x = exp(1.0) + f_other(2.0);')).toBe('')
  })
  test('a dtype that WGSL has not is refused by name', () => {
    expect(() => valueType('float64')).toThrow('webgpu: WGSL has no float64')
  })
})
