import { expect, test } from 'vitest'
import { patternOf } from '../../src/device/binder.ts'
import type { Memory } from '../../src/device/pool.ts'

const memory = (id: number): Memory => ({ id }) as Memory
const [a, b] = [memory(1), memory(2)]
const range = (of: Memory, from: number, bytes: number) => ({ memory: of, from, bytes })

test('ranges apart are bindings of their own, also of one buffer', () => {
  const { pattern, bound } = patternOf([range(b, 0, 256), range(a, 256, 256), range(a, 0, 256)])
  expect(pattern).toEqual({
    bindings: 3,
    at: [0, 1, 2].map((binding) => ({ binding, word: 0 })),
  })
  expect(bound.map(({ memory: { id }, from }) => [id, from])).toEqual([
    [2, 0],
    [1, 256],
    [1, 0],
  ])
})

test('equal and overlapping ranges are one binding, with words between them', () => {
  const { pattern, bound } = patternOf([range(a, 512, 256), range(b, 0, 64), range(a, 0, 600), range(a, 512, 256)])
  expect(pattern).toEqual({
    bindings: 2,
    at: [
      { binding: 0, word: 128 },
      { binding: 1, word: 0 },
      { binding: 0, word: 0 },
      { binding: 0, word: 128 },
    ],
  })
  expect(bound[0]).toEqual(range(a, 0, 768))
})

test('the pattern does not depend on which buffers there are', () => {
  const of = (x: Memory, y: Memory): unknown => patternOf([range(x, 0, 64), range(y, 0, 64), range(x, 0, 64)]).pattern
  expect(of(a, b)).toEqual(of(b, a))
})
