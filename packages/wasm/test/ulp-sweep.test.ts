/** The transcendental functions over their whole range against double precision, within the 4 ulp of the conformance kit. */
import { DTYPES, type Backend, type Primitive } from '@glissade/core/backend'
import { describe, expect, test } from 'vitest'
import { definitions } from '../../core/src/ir/evaluate.ts'
import { typeOf } from '../../core/src/ir/type.ts'
import { ulps } from '../../cpu/test/ulps.ts'
import { wasm } from '../src/index.ts'
import { allowRelaxedSimd } from './allow-relaxed-simd.ts'

allowRelaxedSimd()

const backends = { strict: await wasm(), relaxed: await wasm({ relaxedSimd: true }) }
const COUNT = 200_003
const ALLOWED = 4

/** Every float32 pattern may come, evenly over the patterns. */
function anything(seed: number): Float32Array {
  const bits = new Uint32Array(COUNT)
  let state = seed
  for (let i = 0; i < COUNT; i++) bits[i] = state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return new Float32Array(bits.buffer)
}
const between = (low: number, high: number): Float32Array =>
  Float32Array.from({ length: COUNT }, (_, i) => low + ((high - low) * i) / (COUNT - 1))

/** Of all float32 from 2^28 on (by looking at each). */
const NEAREST = Uint32Array.of(0x6f79be45, 0x50a3e87f, 0x6ff9be45, 0x5123e87f, 0x7079be45, 0x6a1976f1)
const nearMultiples = Float32Array.from(
  { length: COUNT },
  (_, i) => new Float32Array(NEAREST.buffer)[i % NEAREST.length]!,
)

function compute(backend: Backend, op: Primitive, operands: readonly Float32Array[]): Float32Array {
  const type = typeOf('float32', [COUNT])
  const program = {
    inputs: operands.map(() => type),
    scalars: [],
    nodes: [{ op, attrs: {}, args: operands.map((_, i) => i), types: [type] }],
    outputs: [operands.length],
    donated: [null],
  }
  const executable = backend.prepare(program)
  const slices = [...operands, new Float32Array(COUNT)].map((data) => {
    const slice = { storage: backend.allocate(data.byteLength), byteOffset: 0, type }
    backend.write(slice, new Uint8Array(data.buffer))
    return slice
  })
  executable.run(slices.slice(0, -1), slices.slice(-1), new Float64Array())
  const result = new DTYPES.float32.array(backend.readSync!(slices.at(-1)!).buffer, 0, COUNT)
  for (const { storage } of slices) backend.release(storage)
  executable.release()
  return result as Float32Array
}

function worst(backend: Backend, op: Primitive, operands: readonly Float32Array[]): { ulp: number; text: string } {
  const got = compute(backend, op, operands)
  const type = typeOf('float32', [COUNT])
  const args = operands.map((data) => ({ type, data: Float64Array.from(data) }))
  const want = (
    definitions[op] as (attrs: object, args: readonly object[], types: readonly object[]) => Float64Array[]
  )({}, args, [type])[0]!
  let found = { ulp: 0, text: '' }
  got.forEach((y, i) => {
    // Beyond the largest float32 the right answer is infinite, below the smallest it is 0.
    const exact =
      Number.isFinite(Math.fround(want[i]!)) && Math.fround(want[i]!) !== 0 ? want[i]! : Math.fround(want[i]!)
    const distance = ulps(y, exact, 'float32')
    if (distance > found.ulp)
      found = { ulp: distance, text: `${op}(${operands.map((x) => x[i]).join()}) = ${y}, want ${exact}` }
  })
  return found
}

const ranges: readonly (readonly [Primitive, string, () => Float32Array[]])[] = [
  ['exp', 'any number', () => [anything(1)]],
  ['exp', '[-104, 89]', () => [between(-104, 89)]],
  ['expm1', 'any number', () => [anything(2)]],
  ['expm1', '[-18, 89]', () => [between(-18, 89)]],
  ['log', 'any number', () => [anything(3)]],
  ['log', '[0.5, 2]', () => [between(0.5, 2)]],
  ['log1p', 'any number', () => [anything(4)]],
  ['log1p', '[-1, 2]', () => [between(-1, 2)]],
  ['sin', '[-pi, pi]', () => [between(-Math.PI, Math.PI)]],
  ['cos', '[-pi, pi]', () => [between(-Math.PI, Math.PI)]],
  ['sin', '[-1e6, 1e6]', () => [between(-1e6, 1e6)]],
  ['cos', '[-1e6, 1e6]', () => [between(-1e6, 1e6)]],
  ['sin', 'any number', () => [anything(11)]],
  ['cos', 'any number', () => [anything(12)]],
  ['sin', '[2^27, 2^29]', () => [between(2 ** 27, 2 ** 29)]],
  ['cos', '[2^27, 2^29]', () => [between(2 ** 27, 2 ** 29)]],
  ['sin', 'what is nearest to multiples of pi / 2', () => [nearMultiples]],
  ['cos', 'what is nearest to multiples of pi / 2', () => [nearMultiples]],
  ['atan', 'any number', () => [anything(5)]],
  ['atan', '[-4, 4]', () => [between(-4, 4)]],
  ['tanh', 'any number', () => [anything(6)]],
  ['tanh', '[-9, 9]', () => [between(-9, 9)]],
  ['erf', '[-4.5, 4.5]', () => [between(-4.5, 4.5)]],
  ['pow', 'any numbers', () => [anything(7), anything(8)]],
  [
    'pow',
    'bases in [0.01, 20], exponents in [-20, 20]',
    () => [between(0.01, 20), between(-20, 20).toSorted((a, b) => Math.sin(1e4 * a) - Math.sin(1e4 * b))],
  ],
  ['pow', 'integer exponents', () => [between(-8, 8), Float32Array.from({ length: COUNT }, (_, i) => (i % 13) - 6)]],
  ['mod', 'any numbers', () => [anything(9), anything(10)]],
]

describe.each(ranges)('%s of %s', (op, _, operands) => {
  test.each(Object.entries(backends))(`is within ${ALLOWED} ulp, %s`, (_name, backend) => {
    const { ulp, text } = worst(backend, op, operands())
    if (!(ulp <= ALLOWED)) expect.fail(text)
  })
})
