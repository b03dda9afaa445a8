/** Whole programs: operands and results, scalars, composites, rounding, errors. */
import { describe, expect, test } from 'vitest'
import type { Node, Program } from '../../src/contract/contract.ts'
import { isGlissadeError } from '../../src/contract/errors.ts'
import { evaluate } from '../../src/ir/evaluate.ts'
import { typeOf } from '../../src/ir/type.ts'
import { compute, f32, i32, oneNode } from './one-node.ts'

const f = (...shape: number[]) => typeOf('float32', shape)
const node = (op: string, args: number[], types: Node['types'], rest: Partial<Node> = {}): Node => ({
  op,
  attrs: {},
  args,
  types,
  ...rest,
})

/** x * scale + x */
const program: Program = {
  inputs: [f(2)],
  scalars: ['float32'],
  nodes: [
    node('expand', [1], [f(2)], { attrs: { shape: [2] } }),
    node('mul', [0, 2], [f(2)]),
    node('add', [3, 0], [f(2)]),
  ],
  outputs: [4, 0, 4],
  donated: [null, null, null],
}

test('values are numbered inputs, scalars, results', () => {
  // 3 * 2 + 3 = 9, 5 * 2 + 5 = 15
  expect(evaluate(program, [[3, 5]], [2])).toEqual([
    Float64Array.of(9, 15),
    Float64Array.of(3, 5),
    Float64Array.of(9, 15),
  ])
})

test('every output is a copy of its own', () => {
  const input = Float64Array.of(3, 5)
  const [first, unchanged, second] = evaluate(program, [input], [2])
  first![0] = 100
  unchanged![0] = 100
  expect([second![0], input[0]]).toEqual([9, 3])
})

test('float32 is not rounded between nodes, but scalars are float32 from the start', () => {
  const scale = Math.fround(0.1)
  expect(evaluate(program, [[3, 5]], [0.1])[0]).toEqual(Float64Array.of(scale * 3 + 3, scale * 5 + 5))
})

test('inputs are taken as they are, so that a step may be smaller than float32 has', () => {
  const step = 1e-12
  expect(compute('neg', {}, [f32([1], 1 + step)])).toEqual([[-(1 + step)]])
})

test('round rounds inputs and every float32 result', () => {
  // 2^24 + 1 is no float32, so neither the input nor the sum keeps the 1.
  expect(compute('neg', {}, [f32([1], 16777217)], { round: true })).toEqual([[-16777216]])
  expect(compute('add', {}, [f32([1], 16777216), f32([1], 1)], { round: true })).toEqual([[16777216]])
  expect(compute('add', {}, [f32([1], 16777216), f32([1], 1)])).toEqual([[16777217]])
  expect(compute('add', {}, [i32([1], 16777216), i32([1], 1)], { round: true })).toEqual([[16777217]])
})

describe('composites', () => {
  const square: Program = {
    inputs: [f(2)],
    scalars: [],
    nodes: [node('mul', [0, 0], [f(2)])],
    outputs: [1, 0],
    donated: [null, null],
  }
  const composite = node('square', [0], [f(2), f(2)], { body: square })
  const around: Program = {
    inputs: [f(2)],
    scalars: [],
    nodes: [composite, node('sub', [1, 2], [f(2)])],
    outputs: [3],
    donated: [null],
  }

  test('evaluate their body', () => {
    // 3^2 - 3, 5^2 - 5
    expect(evaluate(around, [[3, 5]])).toEqual([Float64Array.of(6, 20)])
  })
  test('onNode sees the nodes of the body, then the composite', () => {
    const seen: [string, number[][]][] = []
    evaluate(around, [[3, 5]], [], {
      onNode: ({ op }, results) => seen.push([op, results.map(({ data }) => [...data])]),
    })
    expect(seen).toEqual([
      ['mul', [[9, 25]]],
      [
        'square',
        [
          [9, 25],
          [3, 5],
        ],
      ],
      ['sub', [[6, 20]]],
    ])
  })
})

describe('errors say what they got', () => {
  test.each([
    [
      'gather',
      () => compute('gather', { axis: 1 }, [f32([1, 2], 1, 2), i32([1], 2)]),
      'gather: index 2 is not in an axis of size 2',
    ],
    [
      'scatterAdd',
      () => compute('scatterAdd', { axis: 0 }, [f32([2], 1, 2), i32([], -1), f32([], 5)]),
      'scatterAdd: index -1 is not in an axis of size 2',
    ],
    [
      'gather of nothing',
      () => compute('gather', { axis: 0 }, [f32([0, 0]), i32([1], 0)]),
      'gather: index 0 is not in an axis of size 0',
    ],
  ])('an index out of range: %s', (_, work, message) => {
    const error = thrown(work)
    expect(isGlissadeError(error, 'IndexError')).toBe(true)
    expect(error.message).toBe(message)
  })
  test.each([
    [
      'a window of padding alone',
      () => compute('windowArgmax', { window: [1], strides: [1], padding: [[1, 0]], dilation: [1] }, [f32([1], 1)]),
      'windowArgmax: a window lies wholly in the padding (got [1])',
    ],
    ['inputs', () => evaluate(program, [], [2]), 'evaluate: needs 1 inputs (got 0)'],
    ['scalars', () => evaluate(program, [[1, 2]]), 'evaluate: needs 1 scalars (got 0)'],
    ['elements', () => evaluate(program, [[1, 2, 3]], [2]), 'evaluate: input %0 needs 2 elements, not 3 (got [2])'],
    [
      'a composite without a body',
      () => evaluate({ ...program, nodes: [node('glow', [0], [f(2)], { origin: 'head' })] }, [[1, 2]], [0]),
      'glow: is no primitive and has no body (at head)',
    ],
  ])('%s', (_, work, message) => {
    expect(thrown(work).message).toBe(message)
  })
})

test('an operation over nothing does nothing', () => {
  expect(evaluate(oneNode('exp', {}, [f(0, 3)]), [[]])).toEqual([new Float64Array(0)])
})

function thrown(work: () => unknown): Error {
  try {
    work()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}
