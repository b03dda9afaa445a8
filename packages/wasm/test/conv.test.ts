/** Convolutions with zeros between input elements, in every combination that decides which taps a position meets. */
import type { Attributes } from '@glissade/core/backend'
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

function check(size: number, window: number, attrs: Attributes['conv']): void {
  const shapes = [
    [2, 2, size],
    [3, 2, window],
  ]
  const span = (size - 1) * attrs.inputDilation[0]! + 1 + attrs.padding[0]![0] + attrs.padding[0]![1]
  if (span < (window - 1) * attrs.dilation[0]! + 1) return
  const builder = new Builder()
  const [x, w] = shapes.map((shape) => builder.input(typeOf('float32', shape)))
  const program = builder.finish([x!.conv(w!, attrs)])
  const inputs = shapes.map((shape) => numbers(shape.reduce((n, axis) => n * axis, 1)))
  const operands = inputs.map((list, i) => operand('float32', shapes[i]!, list))
  const [want] = evaluate(program, inputs)
  for (const backend of [one, three])
    expect(run(backend, program, operands)[0], `${size} ${window} ${JSON.stringify(attrs)}`).toEqual([...want!])
}

test.each([2, 3, 4])('%i apart', (by) => {
  for (const size of [1, 2, 5])
    for (const window of [1, 2, 4])
      for (const low of [-1, 0, 2])
        for (const high of [-1, 0, 1])
          for (const dilation of [1, 2, 3])
            for (const stride of [1, 2])
              check(size, window, {
                strides: [stride],
                padding: [[low, high]],
                dilation: [dilation],
                inputDilation: [by],
                groups: 1,
              })
})
