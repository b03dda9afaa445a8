/** Convolutions that take a way of their own: with zeros between input elements, one filter per channel, and its gradient. */
import type { Attributes, Shape } from '@glissade/core/backend'
import { expect, test } from 'vitest'
import { Builder, type Sym } from '../../core/src/ir/builder.ts'
import { evaluate } from '../../core/src/ir/evaluate.ts'
import { print } from '../../core/src/ir/print.ts'
import { typeOf } from '../../core/src/ir/type.ts'
import { operand, run } from '../../cpu/test/one-node.ts'
import { makeBackend } from '../src/backend.ts'
import { wasm } from '../src/index.ts'
import { withoutSwaps } from '../src/planes.ts'

const one = await wasm()
const three = await makeBackend({ memoryBytes: 2 ** 30, threads: 3, worth: 0 })

/** Small integers, so that every sum is exact. */
const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => ((i * 7) % 11) - 5)

/** What both backends make of two operands, beside the definition. */
function agrees(shapes: readonly [Shape, Shape], write: (x: Sym, w: Sym) => readonly Sym[]): void {
  const builder = new Builder()
  const [x, w] = shapes.map((shape) => builder.input(typeOf('float32', shape)))
  const program = builder.finish(write(x!, w!))
  const inputs = shapes.map((shape) => numbers(shape.reduce((n, axis) => n * axis, 1)))
  const operands = inputs.map((data, i) => operand('float32', shapes[i]!, data))
  const wanted = evaluate(program, inputs)
  for (const backend of [one, three])
    run(backend, program, operands).forEach((got, k) => expect(got, `in\n${print(program)}`).toEqual([...wanted[k]!]))
}

function check(x: Shape, w: Shape, attrs: Attributes['conv']): void {
  const fits = w.slice(2).every((taps, i) => {
    const span = (x[i + 2]! - 1) * attrs.inputDilation[i]! + 1 + attrs.padding[i]![0] + attrs.padding[i]![1]
    return span >= (taps - 1) * attrs.dilation[i]! + 1
  })
  if (!fits) return
  agrees([x, w], (input, weight) => [input.conv(weight, attrs)])
}

test.each([2, 3, 4])('input elements %i apart', (by) => {
  for (const size of [1, 2, 5])
    for (const window of [1, 2, 4])
      for (const low of [-1, 0, 2])
        for (const high of [-1, 0, 1])
          for (const dilation of [1, 2, 3])
            for (const stride of [1, 2])
              check([2, 2, size], [3, 2, window], {
                strides: [stride],
                padding: [[low, high]],
                dilation: [dilation],
                inputDilation: [by],
                groups: 1,
              })
})

test.each([1, 2, 3])('positions at the border miss taps, strides of %i', (stride) => {
  for (const [images, size] of [
    [1, 5],
    [9, 1],
    [9, 4],
  ] as const)
    for (const window of [1, 2, 4])
      for (const low of [-1, 0, 1, 4])
        for (const high of [-2, 0, 3])
          for (const dilation of [1, 2])
            check([images, 4, size, 5], [6, 2, window, 3], {
              strides: [stride, 1],
              padding: [
                [low, high],
                [1, 1],
              ],
              dilation: [dilation, 1],
              inputDilation: [1, 1],
              groups: 2,
            })
})

test('a border of three axes, and input elements apart along one of them', () => {
  for (const by of [1, 2])
    for (const window of [2, 3])
      check([5, 2, 3, 4, 3], [4, 2, window, window, window], {
        strides: [1, 1, 1],
        padding: [
          [2, 2],
          [1, 2],
          [1, 0],
        ],
        dilation: [1, 1, 1],
        inputDilation: [1, by, 1],
        groups: 1,
      })
})

const swapped = (value: Sym): Sym => value.permute([1, 0, ...value.shape.slice(2).map((_, i) => i + 2)])

test('but not where something is written in their place before', () => {
  const attrs = { strides: [1], padding: [[0, 0]], dilation: [1], inputDilation: [1], groups: 1 } as const
  const builder = new Builder()
  const [x, w] = [builder.input(typeOf('float32', [4, 2, 40])), builder.input(typeOf('float32', [3, 4, 20]))]
  const moved = swapped(x.slice([1, 0, 0], [3, 2, 40]))
  const program = builder.finish([x.neg(), moved.conv(w.slice([0, 1, 0], [3, 3, 20]), attrs)])
  const ops = (donated: readonly (number | null)[]): string[] =>
    withoutSwaps({ ...program, donated }).nodes.map(({ op }) => op)
  expect(ops([null, null])).toEqual(['slice', 'reshape', 'neg', 'slice', 'conv'])
  expect(ops([0, null])).toEqual(['slice', 'permute', 'neg', 'slice', 'conv'])
})

test('operands whose images and channels have changed places are read where they lie', () => {
  const build = (
    [x, w]: readonly [Shape, Shape],
    by: number,
    write: (x: Sym, w: Sym, attrs: Attributes['conv']) => readonly Sym[],
  ): void => {
    const attrs = {
      strides: [1, 1],
      padding: [
        [1, 0],
        [0, 2],
      ] as const,
      dilation: [1, 2],
      inputDilation: [by, 1],
      groups: 1,
    }
    agrees([x, w], (input, weight) => write(input, weight, attrs))
  }
  // Filters of one tap, of too few to read them so, of many, whose runs lie across blocks of steps, and of more than a block.
  for (const [rows, columns, images, channels, outputs] of [
    [1, 1, 2, 3, 5],
    [1, 1, 9, 4, 6],
    [2, 3, 2, 3, 5],
    [4, 5, 1, 1, 1],
    [4, 5, 17, 2, 5],
    [17, 18, 2, 1, 2],
  ] as const)
    for (const by of [1, 2]) {
      const shapes = [
        [channels, images, rows + 2, 2 * columns + 3],
        [channels, outputs, rows, columns],
      ] as const
      build(shapes, by, (x, w, attrs) => [swapped(x).conv(swapped(w), attrs)])
      // Used a second time, they are moved after all.
      build(shapes, by, (x, w, attrs) => {
        const both = [swapped(x), swapped(w)] as const
        return [both[0].conv(both[1], attrs), both[0].neg(), both[1].neg()]
      })
      build(shapes, by, (x, w, attrs) => [swapped(x.neg().neg()).conv(swapped(w.mul(w)), attrs), x.neg()])
    }
})

test.each([1, 2, 3])('a filter for each of %i channels', (channels) => {
  for (const size of [1, 3, 9, 14])
    for (const window of [1, 3, 15])
      for (const padding of [
        [0, 0],
        [1, 2],
      ] as const)
        for (const dilation of [1, 2])
          for (const stride of [1, 2, 3])
            check([2, channels, 3, size], [channels, 1, 2, window], {
              strides: [1, stride],
              padding: [[1, 0], padding],
              dilation: [1, dilation],
              inputDilation: [1, 1],
              groups: channels,
            })
})

test.each([1, 2, 3])('gradients of such filters, %i images', (images) => {
  for (const groups of [1, 3])
    for (const window of [4, 7, 11, 20])
      for (const more of [0, 2])
        for (const padding of [
          [0, 0],
          [2, 1],
        ] as const)
          for (const dilation of [1, 2, 3])
            check([2, groups * images, 4, window * dilation + more], [groups, images, 3, window], {
              strides: [1, 1],
              padding: [[1, 1], padding],
              dilation: [1, dilation],
              inputDilation: [1, 1],
              groups,
            })
})
