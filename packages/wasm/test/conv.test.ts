/** Convolutions that take a way of their own: with zeros between input elements, one filter per channel, and its gradient. */
import type { Attributes, Shape } from '@glissade/core/backend'
import { expect, test } from 'vitest'
import { Builder } from '../../core/src/ir/builder.ts'
import { evaluate } from '../../core/src/ir/evaluate.ts'
import { typeOf } from '../../core/src/ir/type.ts'
import { operand, run } from '../../cpu/test/one-node.ts'
import { makeBackend } from '../src/backend.ts'
import { wasm } from '../src/index.ts'

const one = await wasm()
const three = await makeBackend({ memoryBytes: 2 ** 30, threads: 3, worth: 0 })

/** Small integers, so that every sum is exact. */
const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => ((i * 7) % 11) - 5)

function check(x: Shape, w: Shape, attrs: Attributes['conv']): void {
  const fits = w.slice(2).every((taps, i) => {
    const span = (x[i + 2]! - 1) * attrs.inputDilation[i]! + 1 + attrs.padding[i]![0] + attrs.padding[i]![1]
    return span >= (taps - 1) * attrs.dilation[i]! + 1
  })
  if (!fits) return
  const builder = new Builder()
  const [input, weight] = [x, w].map((shape) => builder.input(typeOf('float32', shape)))
  const program = builder.finish([input!.conv(weight!, attrs)])
  const inputs = [x, w].map((shape) => numbers(shape.reduce((n, axis) => n * axis, 1)))
  const operands = [operand('float32', x, inputs[0]!), operand('float32', w, inputs[1]!)]
  const [want] = evaluate(program, inputs)
  for (const backend of [one, three])
    expect(run(backend, program, operands)[0], `${x.join()} ${w.join()} ${JSON.stringify(attrs)}`).toEqual([...want!])
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
