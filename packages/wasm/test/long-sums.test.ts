/**
 * Sums that are cut because they are long. Small integers, whose sums are exact, show a wrong index; equal terms, of which every
 * addition rounds the same way, show how an error grows.
 */
import type { Attributes, Program, Shape } from '@glissade/core/backend'
import { afterAll, describe, expect, test } from 'vitest'
import { Builder, type Sym } from '../../core/src/ir/builder.ts'
import { typeOf } from '../../core/src/ir/type.ts'
import { cpu } from '../../cpu/src/index.ts'
import { operand, run } from '../../cpu/test/one-node.ts'
import { makeBackend, type WasmBackend } from '../src/backend.ts'

const make = (threads: number): Promise<WasmBackend> => makeBackend({ memoryBytes: 2 ** 30, threads, worth: 0 })
const [one, three] = await Promise.all([make(1), make(3)])
const reference = cpu()
afterAll(() => {
  for (const backend of [one, three]) backend.destroy()
})

const numel = (shape: Shape): number => shape.reduce((n, axis) => n * axis, 1)
function programOf(shapes: readonly Shape[], write: (...inputs: readonly Sym[]) => Sym): Program {
  const builder = new Builder()
  return builder.finish([write(...shapes.map((shape) => builder.input(typeOf('float32', shape))))])
}

function expectExact(shapes: readonly Shape[], write: (...inputs: readonly Sym[]) => Sym): void {
  const program = programOf(shapes, write)
  const inputs = shapes.map((shape, k) => Array.from({ length: numel(shape) }, (_, i) => ((i * (7 + 4 * k)) % 11) - 5))
  const operands = inputs.map((data, i) => operand('float32', shapes[i]!, data))
  // In double, one term after the other.
  const [want] = run(reference, program, operands)
  for (const backend of [one, three]) {
    const [got] = run(backend, program, operands)
    const wrong = want!.findIndex((value, i) => value !== got![i])
    if (wrong >= 0) expect.fail(`element ${wrong} of ${want!.length} is ${got![wrong]}, want ${want![wrong]}`)
  }
}

const conv = (window: number, more: Partial<Attributes['conv']> = {}): Attributes['conv'] => ({
  strides: Array.from({ length: window }, () => 1),
  padding: Array.from({ length: window }, () => [0, 0] as const),
  dilation: Array.from({ length: window }, () => 1),
  inputDilation: Array.from({ length: window }, () => 1),
  groups: 1,
  ...more,
})

describe('every index is right', () => {
  const ways = [false, true].flatMap((transposeA) => [false, true].map((transposeB) => ({ transposeA, transposeB })))
  const sizes = [
    // Spans of blocks over blocks of rows; the edges of tiles.
    [133, 16_700, 5],
    [2, 1541, 37],
    [3, 512, 3],
    [1, 4099, 1],
  ] as const
  test.each(ways.flatMap((way) => sizes.map((size) => ({ ...way, size }))))(
    'of products: transposeA $transposeA, transposeB $transposeB, $size',
    ({ transposeA, transposeB, size: [m, k, n] }) =>
      expectExact([transposeA ? [k, m] : [m, k], transposeB ? [n, k] : [k, n]], (a, b) =>
        a.dot(b, transposeA, transposeB),
      ),
  )
  test('of products of several blocks of columns', () =>
    expectExact(
      [
        [4, 16_401],
        [16_401, 514],
      ],
      (a, b) => a.dot(b),
    ))
  test('of batches of products', () =>
    expectExact(
      [
        [5, 7, 16_500],
        [5, 16_500, 9],
      ],
      (a, b) => a.dot(b),
    ))

  test.each([
    [
      'over tables of taps',
      [3, 70, 17, 20],
      [9, 70, 15, 17],
      conv(2, {
        padding: [
          [1, 0],
          [0, 2],
        ],
      }),
    ],
    ['in groups, with strides', [2, 140, 19, 21], [6, 70, 15, 17], conv(2, { strides: [2, 3], groups: 2 })],
    [
      'of a filter per channel',
      [2, 3, 31, 62],
      [3, 1, 21, 26],
      conv(2, {
        padding: [
          [2, 1],
          [0, 3],
        ],
        groups: 3,
      }),
    ],
    [
      'of its gradient',
      [2, 6, 70, 72],
      [3, 2, 68, 69],
      conv(2, {
        padding: [
          [1, 0],
          [0, 1],
        ],
        groups: 3,
      }),
    ],
    ['of its gradient, in long lines', [1, 3, 9100], [3, 1, 9097], conv(1, { groups: 3 })],
  ] as const)('of convolutions %s', (_, x, w, attrs) => expectExact([x, w], (a, b) => a.conv(b, attrs)))

  test('of windows', () => {
    for (const strides of [
      [1, 1],
      [2, 3],
    ])
      expectExact([[2, 40, 45]], (x) =>
        x.windowSum({
          window: [23, 30],
          strides,
          padding: [
            [3, 1],
            [0, 2],
          ],
          dilation: [1, 1],
        }),
      )
  })

  test.each([
    [[40_011], [0]],
    [[2, 270_007], [1]],
    [[16_385, 5], [0]],
    [
      [130, 3, 131],
      [0, 2],
    ],
    [
      [20_000, 2, 3],
      [0, 2],
    ],
  ])('of sums of %j over %j', (shape, axes) => expectExact([shape], (x) => x.sum(axes)))
})

/** The greatest relative error of sums of equal terms, both operands' elements being 0.1 and 0.3. */
function errorOf(shapes: readonly Shape[], terms: number, write: (...inputs: readonly Sym[]) => Sym): number {
  const factors = [Math.fround(0.1), Math.fround(0.3)]
  const operands = shapes.map((shape, k) => ({
    dtype: 'float32' as const,
    shape,
    data: new Array<number>(numel(shape)).fill(factors[k]!),
  }))
  const want = terms * factors.slice(0, shapes.length).reduce((product, factor) => product * factor)
  const [got] = run(one, programOf(shapes, write), operands)
  return got!.reduce((worst, sum) => Math.max(worst, Math.abs(sum / want - 1)), 0)
}

describe('an error stays below 5e-6', () => {
  const LONG = 1_000_000
  test.each([
    [
      'of a packed product',
      [
        [4, LONG],
        [LONG, 4],
      ],
      (a: Sym, b: Sym) => a.dot(b),
    ],
    [
      'of a product with a vector',
      [
        [2, LONG],
        [LONG, 1],
      ],
      (a: Sym, b: Sym) => a.dot(b),
    ],
    ['of a sum', [[LONG]], (x: Sym) => x.sum([0])],
    ['of a sum of columns', [[LONG, 3]], (x: Sym) => x.sum([0])],
    ['of the last of a running sum', [[LONG]], (x: Sym) => x.cumsum(0).slice([LONG - 1], [LONG])],
  ] as const)('%s', (_, shapes, write) => {
    expect(errorOf(shapes, LONG, write)).toBeLessThan(5e-6)
  })
})
