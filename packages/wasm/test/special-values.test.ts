/** NaN, infinities, both zeros, subnormals and the ends of the integers, in all pairs, through every elementwise primitive. */
import {
  BINARY_NUMBER,
  COMPARISON,
  LOGIC,
  UNARY_FLOAT,
  UNARY_NUMBER,
  type DType,
  type Primitive,
} from '@glissade/core/backend'
import { describe, expect, test } from 'vitest'
import { define, oneNode, operand, run, type Operand } from '../../cpu/test/one-node.ts'
import { ulps } from '../../cpu/test/ulps.ts'
import { wasm } from '../src/index.ts'

const backend = await wasm()
const [LEAST, MAX, MIN] = [2 ** -149, 2 ** 31 - 1, -(2 ** 31)]
const special: Readonly<Partial<Record<DType, readonly number[]>>> = {
  float32: [
    NaN,
    Infinity,
    -Infinity,
    0,
    -0,
    1,
    -1,
    0.5,
    -0.5,
    1.5,
    2.5,
    -2.5,
    2,
    3,
    -3,
    LEAST,
    -LEAST,
    2 ** -126,
    2 ** 24,
    2 ** 31,
    -(2 ** 31),
    3e9,
    300,
    3.4028234663852886e38,
    -3.4028234663852886e38,
    1e-30,
    88.5,
    -100,
    0.1,
  ].map(Math.fround),
  int32: [0, 1, -1, 2, -2, 3, 7, 31, 40, 255, 256, 65536, MAX, MIN, MIN + 1],
  uint8: [0, 1, 2, 3, 7, 16, 127, 128, 255],
  bool: [0, 1],
}
const dtypesOf = (op: Primitive): DType[] => {
  if ((UNARY_FLOAT as readonly string[]).includes(op)) return ['float32']
  if (([...LOGIC, 'not'] as string[]).includes(op)) return ['int32', 'uint8', 'bool']
  return (COMPARISON as readonly string[]).includes(op)
    ? ['float32', 'int32', 'uint8', 'bool']
    : ['float32', 'int32', 'uint8']
}
const FUNCTIONS: ReadonlySet<string> = new Set([
  'exp',
  'expm1',
  'log',
  'log1p',
  'sin',
  'cos',
  'atan',
  'tanh',
  'erf',
  'pow',
])

function expectSame(op: Primitive, operands: readonly Operand[], attrs: object = {}): void {
  const got = run(backend, oneNode(op, attrs as never, operands), operands)[0]!
  const want = define(op, attrs as never, ...operands)[0]!
  const { dtype } = operands[0]!
  got.forEach((value, i) => {
    const allowed = FUNCTIONS.has(op) && dtype === 'float32' ? 4 : 0
    if (!(ulps(value, want[i]!, 'float32') <= allowed))
      expect.fail(`${op}(${operands.map(({ data }) => data[i]).join()}) is ${value}, want ${want[i]}`)
  })
}

const unary: readonly Primitive[] = [...UNARY_NUMBER, ...UNARY_FLOAT, 'not']
describe.each(unary)('%s', (op) => {
  test.each(dtypesOf(op))('of %s', (dtype) => {
    const values = special[dtype]!
    expectSame(op, [operand(dtype, [values.length], values)])
  })
})

const pairs: readonly Primitive[] = [...BINARY_NUMBER, ...COMPARISON, ...LOGIC]
describe.each(pairs)('%s', (op) => {
  test.each(dtypesOf(op))('of all pairs of %s', (dtype) => {
    const values = special[dtype]!
    const left = values.flatMap((x) => values.map(() => x))
    const right = values.flatMap(() => [...values])
    expectSame(op, [operand(dtype, [left.length], left), operand(dtype, [right.length], right)])
  })
})

describe('cast', () => {
  const dtypes = Object.keys(special) as DType[]
  test.each(dtypes.flatMap((from) => dtypes.map((to) => [from, to] as const)))('of %s to %s', (from, to) => {
    expectSame('cast', [operand(from, [special[from]!.length], special[from]!)], { dtype: to })
  })
})

describe('an index out of range', () => {
  const x = operand('float32', [3, 2], [1, 2, 3, 4, 5, 6])
  const index = (...values: number[]): Operand => operand('int32', [values.length], values)
  const updates = operand('float32', [1, 2], [1, 1])
  const gather = (i: Operand): number[][] => run(backend, oneNode('gather', { axis: 0 }, [x, i]), [x, i])
  const scatter = (i: Operand): number[][] =>
    run(backend, oneNode('scatterAdd', { axis: 0 }, [x, i, updates]), [x, i, updates])

  test('of gather is an error that names it', () => {
    expect(() => gather(index(0, 3))).toThrow('gather: index 3 is not in an axis of size 3')
    expect(() => gather(index(-1))).toThrow('gather: index -1 is not in an axis of size 3')
    expect(gather(index(0, 2))).toEqual([[1, 2, 5, 6]])
  })

  test.each(Array.from({ length: 11 }, (_, position) => position))(
    'is found at position %i, and the first of two',
    (at) => {
      const indices = Array.from({ length: 11 }, (_, i) => (i === at || i === 10 ? 3 + i : i % 3))
      expect(() => gather(index(...indices))).toThrow(`index ${3 + at} is not in an axis of size 3`)
      indices[at] = -1 - at
      expect(() => gather(index(...indices))).toThrow(`index ${-1 - at} is not in an axis of size 3`)
    },
  )

  test('of scatterAdd is an error that names it', () => {
    expect(() => scatter(index(5))).toThrow('scatterAdd: index 5 is not in an axis of size 3')
    expect(scatter(index(1))).toEqual([[1, 2, 4, 5, 5, 6]])
  })
})

describe('NaN', () => {
  const x = operand('float32', [2, 5], [1, NaN, 2, -0, 0, 3, 3, Infinity, NaN, NaN])
  test.each(['max', 'min', 'sum', 'prod'] as const)('wins %s', (op) => {
    expect(run(backend, oneNode(op, { axes: [1] }, [x]), [x])).toEqual([[NaN, NaN]])
  })
  test('is the greatest for argmax and sort', () => {
    expectSame('argmax', [x], { axis: 1 })
    expectSame('sort', [x], { axis: 1, descending: true })
    expectSame('sort', [x], { axis: 1, descending: false })
  })
})
