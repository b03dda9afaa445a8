/**
 * Shapes that reach every block of a product and every level of a reduction. Elements are small integers, so that all sums
 * are exact in float32 and a wrong index or a dropped term cannot hide in a tolerance.
 */
import { fuse, type Program, type Shape } from '@glissade/core/backend'
import { describe, expect, test } from 'vitest'
import { Builder, type Sym } from '../../core/src/ir/builder.ts'
import { evaluate } from '../../core/src/ir/evaluate.ts'
import { typeOf } from '../../core/src/ir/type.ts'
import { operand, run } from '../../cpu/test/one-node.ts'
import { wasm } from '../src/index.ts'

const backend = await wasm()

let state = 1
const small = (count: number): number[] =>
  Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return ((state >>> 24) % 7) - 3
  })
const size = (shape: Shape): number => shape.reduce((n, axis) => n * axis, 1)

function programOf(shapes: readonly Shape[], write: (...inputs: Sym[]) => Sym[]): Program {
  const builder = new Builder()
  return fuse(builder.finish(write(...shapes.map((shape) => builder.input(typeOf('float32', shape))))))
}

/** Runs it on small integers and on what the evaluator makes of them. */
function expectExact(shapes: readonly Shape[], write: (...inputs: Sym[]) => Sym[]): void {
  const program = programOf(shapes, write)
  const inputs = shapes.map((shape) => small(size(shape)))
  const got = run(
    backend,
    program,
    inputs.map((data, i) => operand('float32', shapes[i]!, data)),
  )
  evaluate(program, inputs).forEach((want, k) => {
    const wrong = [...want].findIndex((value, i) => value !== got[k]![i])
    if (wrong >= 0) expect.fail(`output ${k} at ${wrong} of ${want.length} is ${got[k]![wrong]}, want ${want[wrong]}`)
  })
}

describe('products', () => {
  // m over 128, k over 256, n over 512 need several blocks; the others fill the edges of tiles.
  const sizes = [
    [130, 40, 33],
    [20, 300, 24],
    [9, 21, 530],
    [64, 64, 64],
    [33, 520, 17],
    [5, 1000, 7],
    [4, 600, 4],
    [1, 700, 50],
    [300, 5, 6],
    [3, 9, 1000],
  ] as const
  const ways = [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ] as const
  test.each(sizes.flatMap(([m, k, n]) => ways.map(([a, b]) => ({ m, k, n, a, b }))))(
    '$m x $k x $n, transposed: $a $b',
    ({ m, k, n, a, b }) => {
      expectExact([a ? [k, m] : [m, k], b ? [n, k] : [k, n]], (x, y) => [x.dot(y, a, b)])
    },
  )
  test.each(ways)('in batches, transposed: %s %s', (a, b) => {
    expectExact(
      [
        [3, ...(a ? [30, 21] : [21, 30])],
        [3, ...(b ? [18, 30] : [30, 18])],
      ],
      (x, y) => [x.dot(y, a, b)],
    )
  })
})

describe('reductions', () => {
  const shapes: readonly (readonly [Shape, readonly number[]])[] = [
    [[10_000], [0]],
    [[2049], [0]],
    [[4, 5000], [1]],
    [[700, 9], [0]],
    [[700, 40], [0]],
    [
      [130, 129, 3],
      [0, 1],
    ],
    [[5, 300, 21], [1]],
    [
      [300, 3, 7],
      [0, 2],
    ],
    [
      [3, 5, 200, 4],
      [0, 2],
    ],
    [
      [40, 2, 20, 17],
      [0, 2, 3],
    ],
  ]
  test.each(shapes)('of %j over %j', (shape, axes) => {
    expectExact([shape], (x) => [x.sum(axes), x.max(axes), x.mul(2).min(axes)])
  })
  test.each(shapes)('of %j over %j beside its elements', (shape, axes) => {
    const kept = shape.map((length, axis) => (axes.includes(axis) ? 1 : length))
    expectExact([shape, kept], (x, y) => {
      const z = x.mul(y.expand(shape)).add(1)
      return [z, z.sum(axes)]
    })
  })
})

describe('convolutions', () => {
  test.each([
    {
      x: [3, 4, 14, 15],
      w: [8, 4, 3, 3],
      strides: [1, 1],
      padding: [
        [0, 0],
        [0, 0],
      ],
      dilation: [1, 1],
      inputDilation: [1, 1],
      groups: 1,
    },
    {
      x: [2, 6, 13, 12],
      w: [9, 2, 3, 2],
      strides: [2, 1],
      padding: [
        [1, 1],
        [2, 0],
      ],
      dilation: [1, 2],
      inputDilation: [1, 1],
      groups: 3,
    },
    {
      x: [2, 5, 9, 9],
      w: [4, 5, 3, 3],
      strides: [1, 1],
      padding: [
        [2, 3],
        [-1, 2],
      ],
      dilation: [1, 1],
      inputDilation: [2, 2],
      groups: 1,
    },
    { x: [4, 3, 40], w: [2, 3, 29], strides: [1], padding: [[0, 0]], dilation: [1], inputDilation: [1], groups: 1 },
    {
      x: [2, 2, 5, 6, 7],
      w: [3, 2, 2, 3, 2],
      strides: [1, 2, 1],
      padding: [
        [1, 0],
        [0, 1],
        [1, 1],
      ],
      dilation: [1, 1, 2],
      inputDilation: [1, 1, 1],
      groups: 1,
    },
  ] as const)('of $x with $w', ({ x, w, ...attrs }) => {
    expectExact([x, w], (input, weight) => [input.conv(weight, attrs)])
  })
})

test('permutations of long axes', () => {
  for (const order of [
    [1, 0, 2],
    [2, 1, 0],
    [0, 2, 1],
    [2, 0, 1],
  ])
    expectExact([[13, 22, 9]], (x) => [x.permute(order)])
  expectExact([[70, 65]], (x) => [x.permute([1, 0])])
})

test('twenty updates of one shape that share a number are right', () => {
  const shapes = [[1], ...Array.from({ length: 40 }, () => [33])]
  expectExact(shapes, (rate, ...rest) => rest.slice(20).map((g, i) => rest[i]!.sub(g.mul(rate.expand([33])))))
})
