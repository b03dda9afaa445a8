/**
 * Every expression on an adapter that runs, over all that the kit tries of its primitive, special values too. The bounds are those
 * of IEEE backends, which nobody asks of WGSL; where WGSL's own division and root are used, WGSL's.
 */
import { DTYPES, isFloat, numel, type DType } from '@glissade/core/backend'
import { Builder, typeOf } from '@glissade/core/ir'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bounded, type Bounded } from '../../../conformance/src/bounds.ts'
import { compare } from '../../../conformance/src/compare.ts'
import { generators } from '../../../conformance/src/generators/index.ts'
import { draw, EVERY_SIZE, seedOf } from '../../../conformance/src/generators/sample.ts'
import { EXPRESSIONS, greater } from '../../src/wgsl/index.ts'
import { execute, NO_ADAPTER, running } from '../dawn.ts'
import { calls, DTYPES_OF_GPUS, type Call } from './calls.ts'
import { LANES, shaderOf } from './shader.ts'

let device: GPUDevice | null = null
beforeAll(async () => {
  device = await running()
})
afterAll(() => device?.destroy())

/** All elements of all samples, one after the other, but for those that are there for their many elements. */
function operandsOf({ op, attrs, operands }: Call): Float64Array[] {
  const samples = generators[op]().filter(
    (sample) =>
      sample.operands.every(({ type }, i) => type.dtype === operands[i] && numel(type.shape) <= EVERY_SIZE) &&
      (op !== 'cast' || JSON.stringify(sample.attrs) === JSON.stringify(attrs)),
  )
  const drawn = samples.map((sample, i) => draw(sample.operands, seedOf(`${op} ${i}`)))
  return operands.map((_, i) => Float64Array.from(drawn.flatMap((each) => Array.from(each[i]!.data))))
}

const wordsOf = (dtype: DType, data: Float64Array): Uint32Array =>
  isFloat(dtype) ? new Uint32Array(Float32Array.from(data).buffer) : Uint32Array.from(data)
function elementsOf(dtype: DType, words: Uint32Array): ArrayLike<number> {
  const array = isFloat(dtype) ? Float32Array : dtype === 'int32' ? Int32Array : Uint32Array
  return new array(words.buffer as ArrayBuffer, words.byteOffset, words.length)
}
const compute = async (
  operands: readonly DType[],
  result: DType,
  inputs: readonly Float64Array[],
  expression: (names: readonly string[]) => string,
): Promise<ArrayLike<number>> => {
  const { length } = inputs[0]!
  const words = inputs.map((data, i) => wordsOf(operands[i]!, data))
  const code = shaderOf(operands, result, expression)
  return elementsOf(result, await execute(device!, code, words, length, Math.ceil(length / LANES)))
}

const LEAST = 2 ** DTYPES.float32.least
const flushed = (x: number): number => (Math.abs(x) < LEAST ? 0 : x)
/** Of these adapters take subnormal operands for 0, as WGSL lets them, and no helper prevents it. */
const FLUSHING: ReadonlySet<string> = new Set(['floor', 'ceil', 'add', 'sub', 'mul', 'erf'])

function wanted({ op, attrs, operands, result }: Call, inputs: readonly Float64Array[]): Bounded {
  const builder = new Builder()
  const values = operands.map((dtype) => builder.input(typeOf(dtype, [inputs[0]!.length])))
  const program = builder.finish([builder.emit(op, attrs, values)])
  const [value] = bounded(program, inputs, [], op === 'div' || op === 'sqrt' ? 'wgsl' : 'ieee')
  const flush = isFloat(result) && !EXACT.has(op) ? LEAST : 0
  return { ...value!, error: value!.error.map((error) => error + flush) }
}
/** By bits, so that subnormals are what they are. */
const EXACT: ReadonlySet<string> = new Set(['neg', 'abs', 'sign', 'mod', 'maximum', 'minimum', 'where', 'cast'])

describe('expressions are right', () => {
  test.for(calls)('$name', async (call, context) => {
    context.skip(device === null, NO_ADAPTER)
    const { op, attrs, dtype, operands, result } = call
    const inputs = operandsOf(call)
    const got = await compute(operands, result, inputs, (names) => EXPRESSIONS[op](names, dtype, attrs as never))
    const want = wanted(call, inputs)
    if (FLUSHING.has(op) && isFloat(dtype)) {
      const other = wanted(
        call,
        inputs.map((data) => data.map(flushed)),
      )
      for (let i = 0; i < got.length; i++)
        if (Math.abs(other.data[i]! - got[i]!) < Math.abs(want.data[i]! - got[i]!)) want.data[i] = other.data[i]!
    }
    const show = (_: number, i: number): string => `${op}(${inputs.map((data) => data[i]).join(', ')})`
    expect(compare([want], [got], show).detail).toBe('')
  })

  test.for(DTYPES_OF_GPUS)('greater of %s, with NaN as the greatest', async (dtype, context) => {
    context.skip(device === null, NO_ADAPTER)
    const list = {
      float32: [NaN, -NaN, Infinity, -Infinity, 0, -0, 1, -1, 1.5, -1.5, 2 ** -140, -(2 ** -140), 3e38],
      int32: [0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 7],
      uint8: [0, 1, 255, 128],
      bool: [0, 1],
    }[dtype as 'float32' | 'int32' | 'uint8' | 'bool']
    const a = Float64Array.from(list.flatMap((x) => list.map(() => x)))
    const b = Float64Array.from(list.flatMap(() => list))
    const isGreater = (x: number, y: number): boolean => (Number.isNaN(x) ? !Number.isNaN(y) : x > y)
    const got = await compute([dtype, dtype], 'bool', [a, b], ([x, y]) => greater(dtype, x!, y!))
    expect(Array.from(got)).toEqual(Array.from(a, (x, i) => Number(isGreater(x, b[i]!))))
  })
})
