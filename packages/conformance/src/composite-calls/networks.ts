/** Calls of composites of networks: pools, attention, rows of a table. */
import type { CompositeAttributes, Shape } from '@glissade/core/backend'
import { integers, listed, operand, type Fill, type OperandSpec } from '../generators/sample.ts'
import { call, f32, values, type Calls } from './call.ts'

/** Of few different numbers, so that greatest ones stand twice in a window. */
const TIES: Fill = listed(3, -1, 3, 0.5, -2, 3, 0.5)
type Windows = Omit<CompositeAttributes['maxPool'], 'rank'>
const WINDOWS: readonly (readonly [Shape, Windows])[] = [
  [[2, 3, 19], { window: [2], strides: [2], padding: [[0, 0]], dilation: [1] }],
  [[1, 1, 1], { window: [1], strides: [1], padding: [[0, 0]], dilation: [1] }],
  [[2, 1, 20], { window: [3], strides: [1], padding: [[1, 1]], dilation: [1] }],
  [[0, 2, 6], { window: [2], strides: [1], padding: [[0, 0]], dilation: [1] }],
  [
    [2, 2, 7, 9],
    {
      window: [3, 3],
      strides: [2, 2],
      padding: [
        [1, 1],
        [1, 1],
      ],
      dilation: [1, 1],
    },
  ],
  [
    [3, 9, 13],
    {
      window: [2, 3],
      strides: [3, 1],
      padding: [
        [0, 0],
        [0, 0],
      ],
      dilation: [2, 3],
    },
  ],
  [
    [2, 5, 6],
    {
      window: [3, 3],
      strides: [2, 2],
      padding: [
        [1, 2],
        [1, 2],
      ],
      dilation: [1, 1],
    },
  ],
  [
    [1, 4, 5, 6],
    {
      window: [2, 2, 2],
      strides: [2, 2, 2],
      padding: [
        [0, 0],
        [0, 0],
        [0, 0],
      ],
      dilation: [1, 1, 1],
    },
  ],
]
const pools: Calls<CompositeAttributes['maxPool']> = WINDOWS.flatMap(([shape, windows]) => {
  const attrs = { ...windows, rank: windows.window.length }
  const what = `window ${attrs.window.join()} strides ${attrs.strides.join()}`
  return [
    call(attrs, [f32(shape)], what),
    values(call(attrs, [f32(shape, TIES)], `${what}, ties`)),
    values(call(attrs, [f32(shape, listed(1, -Infinity, 2, NaN, -Infinity, -3, Infinity))], `${what}, not finite`)),
  ]
})

const attended = (batch: Shape, length: number, source: number, features: number, result: number): OperandSpec[] => [
  f32([...batch, length, features]),
  f32([...batch, source, features]),
  f32([...batch, source, result]),
  f32([], listed(0.5)),
]
const attention: Calls<CompositeAttributes['attention']> = [
  call({ isCausal: false, mask: false }, attended([2], 3, 5, 4, 6), 'plain'),
  call({ isCausal: false, mask: false }, attended([], 1, 1, 1, 1), 'of one'),
  call({ isCausal: true, mask: false }, attended([2, 2], 5, 5, 3, 3), 'causal'),
  call({ isCausal: true, mask: false }, attended([], 3, 5, 3, 2), 'causal, more keys'),
  call({ isCausal: false, mask: true }, [...attended([2], 3, 5, 4, 2), f32([3, 5])], 'added mask'),
  call(
    { isCausal: false, mask: true },
    [...attended([2], 3, 5, 4, 2), operand('bool', [2, 3, 5], listed(1, 0, 1))],
    'bool mask',
  ),
]

export const networks = {
  maxPool: pools,
  attention,
  embeddingPadded: [
    call({ padding: 1 }, [operand('int32', [7], integers(0, 3)), f32([4, 3])]),
    call({ padding: 0 }, [operand('int32', [2, 3], integers(0, 3)), f32([4, 1])]),
    call({ padding: 0 }, [operand('int32', [0], integers(0, 3)), f32([4, 3])]),
  ],
}
