/** One to four threads: the same bits, whatever is divided among them. */
import { fuse, numel, type DType, type Program, type Shape } from '@glissade/core/backend'
import { afterAll, describe, expect, test } from 'vitest'
import { Builder, type Sym } from '../../core/src/ir/builder.ts'
import { print } from '../../core/src/ir/print.ts'
import { randomProgram } from '../../core/src/ir/random-program.ts'
import { typeOf } from '../../core/src/ir/type.ts'
import { operand, run } from '../../cpu/test/one-node.ts'
import { makeBackend, type WasmBackend } from '../src/backend.ts'
import { printModule } from '../src/program.ts'

const DTYPES: readonly DType[] = ['float32', 'int32', 'uint8', 'bool']
const PROGRAMS = 400
const BATCH = 100

/** Everything is worth dividing, so that small programs are. */
const make = (threads: number): Promise<WasmBackend> => makeBackend({ memoryBytes: 2 ** 28, threads, worth: 0 })
const teams = await Promise.all([1, 2, 4].map(make))
afterAll(() => {
  for (const team of teams) team.destroy()
})

test('teams have the threads that were asked for', () => {
  expect(teams.map(({ threads, oneThreadBecause }) => [threads, oneThreadBecause])).toEqual([
    [1, null],
    [2, null],
    [4, null],
  ])
})

function expectSameBits(program: Program, inputs: readonly ArrayLike<number>[], scalars: readonly number[] = []): void {
  const operands = program.inputs.map(({ dtype, shape }, i) => operand(dtype, shape, Array.from(inputs[i]!)))
  const [one, ...others] = teams.map((backend) => run(backend, program, operands, scalars))
  others.forEach((other, i) =>
    other.forEach((values, k) => {
      const wrong = values.findIndex((value, at) => !Object.is(value, one![k]![at]))
      if (wrong >= 0)
        expect.fail(
          `${teams[i + 1]!.threads} threads: output ${k} at ${wrong} of ${values.length} is ${values[wrong]}, ` +
            `with one ${one![k]![wrong]}\n${print(program)}`,
        )
    }),
  )
}

test.each(Array.from({ length: PROGRAMS / BATCH }, (_, i) => i * BATCH))(
  'random programs from seed %i on have the same bits with 1, 2 and 4 threads',
  (first) => {
    for (let seed = first; seed < first + BATCH; seed++) {
      const { program, inputs, scalars } = randomProgram(seed, { dtypes: DTYPES })
      expectSameBits(program, inputs, scalars)
      expectSameBits(fuse(program), inputs, scalars)
    }
  },
)

let state = 1
const uniform = (count: number): number[] =>
  Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  })
const indices = (count: number, size: number): number[] =>
  uniform(count).map((x) => Math.min(size - 1, Math.floor(((x + 1) / 2) * size)))

function floats(shapes: readonly Shape[], write: (...inputs: Sym[]) => Sym[]): void {
  const builder = new Builder()
  const program = fuse(builder.finish(write(...shapes.map((shape) => builder.input(typeOf('float32', shape))))))
  // Some node is divided.
  expect(printModule(program, { threads: 2, worth: 0 })).toMatch(/\$run \(param i32\)/)
  expectSameBits(
    program,
    shapes.map((shape) => uniform(numel(shape))),
  )
}

describe('what is long enough for every thread has the same bits:', () => {
  const sizes = [
    [130, 40, 33],
    [20, 300, 24],
    [9, 21, 530],
    [33, 520, 17],
    [300, 5, 6],
    [3, 9, 1000],
    [257, 64, 640],
  ] as const
  test.each(sizes.flatMap(([m, k, n]) => [false, true].flatMap((a) => [false, true].map((b) => ({ m, k, n, a, b })))))(
    'a product of $m x $k x $n, transposed: $a $b',
    ({ m, k, n, a, b }) => floats([a ? [k, m] : [m, k], b ? [n, k] : [k, n]], (x, y) => [x.dot(y, a, b)]),
  )
  test.each([2, 3, 5, 16])('%i products', (batch) =>
    floats(
      [
        [batch, 30, 21],
        [batch, 21, 18],
      ],
      (x, y) => [x.dot(y)],
    ),
  )
  test.each([
    { x: [3, 4, 14, 15], w: [8, 4, 3, 3], strides: [1, 1], padding: 0, inputDilation: [1, 1], groups: 1 },
    { x: [2, 6, 13, 12], w: [9, 2, 3, 2], strides: [2, 1], padding: 1, inputDilation: [1, 1], groups: 3 },
    { x: [2, 5, 9, 9], w: [4, 5, 3, 3], strides: [1, 1], padding: 2, inputDilation: [2, 2], groups: 1 },
    { x: [16, 32, 11, 11], w: [32, 32, 9, 9], strides: [1, 1], padding: 0, inputDilation: [1, 1], groups: 1 },
  ])('a convolution of $x with $w', ({ x, w, padding, ...attrs }) =>
    floats([x, w], (input, weight) => [
      input.conv(weight, {
        ...attrs,
        dilation: [1, 1],
        padding: [
          [padding, padding],
          [padding, padding],
        ],
      }),
    ]),
  )
  test('a chain of exp over a line with a rest', () =>
    floats([[10_007], [10_007]], (x, y) => [x.add(y).exp().mul(x), x.sub(y)]))
  test('softmax', () =>
    floats([[37, 130]], (x) => {
      const e = x.sub(x.max([1]).restore([1], x.shape)).exp()
      return [e.div(e.sum([1]).restore([1], x.shape))]
    }))
  test.each([[[0]], [[1]], [[2]], [[0, 2]], [[0, 1, 2]]])('sums of 150 x 17 x 330 over %j', (axes) =>
    floats([[150, 17, 330]], (x) => [x.mul(2).sum(axes), x.max(axes), x.add(1)]),
  )
  test('windows', () => {
    const window = {
      window: [3, 3],
      strides: [2, 2],
      padding: [
        [1, 1],
        [1, 1],
      ],
      dilation: [1, 1],
    } as const
    floats([[5, 7, 20, 21]], (x) => [x.windowSum(window), x.windowArgmax(window)])
  })
  test.each([
    [
      [70, 65],
      [1, 0],
    ],
    [
      [13, 22, 9],
      [2, 0, 1],
    ],
    [
      [8, 64, 4, 32],
      [0, 2, 1, 3],
    ],
  ])('%j permuted to %j', (shape, order) => floats([shape], (x) => [x.permute(order)]))
  test('slices, pads, flips, concatenations', () =>
    floats([[40, 33]], (x) => [
      x.slice([1, 2], [39, 33], [2, 3]),
      x.pad([1, 2], [3, 0], [1, 0], 2.5),
      x.flip([1]),
      x.builder.concat([x, x.mul(2)], 0),
    ]))
  test.each([0, 1, 2])('argmax, running sums and sort along axis %i', (axis) =>
    floats([[11, 23, 40]], (x) => [x.argmax(axis), x.cumsum(axis, true), ...x.sort(axis, true)]),
  )
  test.each([0, 1])('gather and scatterAdd along axis %i', (axis) => {
    const builder = new Builder()
    const x = builder.input(typeOf('float32', [50, 60]))
    const index = builder.input(typeOf('int32', [200]))
    const updates = builder.input(typeOf('float32', axis === 0 ? [200, 60] : [50, 200]))
    const program = fuse(builder.finish([x.gather(index, axis), x.scatterAdd(index, updates, axis)]))
    expectSameBits(program, [uniform(3000), indices(200, 50), uniform(axis === 0 ? 12_000 : 10_000)])
  })
})
