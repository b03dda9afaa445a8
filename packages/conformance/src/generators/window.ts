/** Calls of the sums and maxima over sliding windows. */
import type { Shape, Window } from '@glissade/core/backend'
import { isFloat, listed, NUMBERS, operand, show, small, type Generator, type Sample } from './sample.ts'

const CALLS: readonly (Partial<Window> & { readonly x: Shape; readonly window: readonly number[] })[] = [
  { x: [6], window: [2] },
  { x: [7], window: [3], strides: [2] },
  { x: [2, 6], window: [2], padding: [[1, 0]] },
  { x: [2, 7], window: [2], dilation: [3] },
  { x: [5, 6], window: [2, 3] },
  {
    x: [2, 4, 5],
    window: [2, 2],
    strides: [2, 1],
    padding: [
      [1, 1],
      [0, 1],
    ],
  },
  {
    x: [2, 2, 6, 6],
    window: [3, 3],
    strides: [2, 2],
    padding: [
      [1, 1],
      [1, 1],
    ],
  },
  { x: [1, 2, 5, 5], window: [2, 2], dilation: [2, 1] },
  { x: [2, 3, 4, 3], window: [2, 2, 2] },
  { x: [2, 2, 3], window: [1, 1] },
  { x: [0, 4], window: [2] },
  { x: [2], window: [3] },
  // Wide enough for vectors, with and without a rest, with edges in the padding, and windows of many taps.
  { x: [2, 3, 13], window: [2, 2], strides: [1, 2] },
  { x: [2, 21], window: [3], strides: [2], padding: [[1, 1]] },
  { x: [2, 19], window: [2], strides: [3], dilation: [4] },
  {
    x: [2, 7, 12],
    window: [5, 5],
    padding: [
      [2, 2],
      [2, 1],
    ],
  },
  { x: [2, 26], window: [17] },
]

const windowed = (sums: boolean) => (): Sample<Window>[] =>
  NUMBERS.flatMap((dtype) =>
    CALLS.flatMap(({ x, window, ...given }): Sample<Window>[] => {
      const each = <T>(one: T): T[] => window.map(() => one)
      const attrs: Window = { window, strides: each(1), padding: each([0, 0] as const), dilation: each(1), ...given }
      const what = `window ${show(window)} ${Object.entries(given)
        .map(([name, value]) => `${name} ${show(value)}`)
        .join(' ')}`.trim()
      const exact: Sample<Window> = {
        what: `${what}, ${sums ? 'small integers' : 'ties'}`,
        attrs,
        operands: [operand(dtype, x, sums ? small(dtype) : listed(2, 1, 2, 0, 2))],
        exact: true,
      }
      return [{ what: `${what}, ordinary`, attrs, operands: [operand(dtype, x)] }, exact]
    })
      .concat(
        isFloat(dtype)
          ? [
              {
                what: 'window [2], NaN and infinities',
                attrs: { window: [2], strides: [1], padding: [[0, 0]], dilation: [1] },
                operands: [operand(dtype, [6], listed(1, NaN, 2, -Infinity, -Infinity, 3))],
                special: 'NaN and infinities',
              },
              {
                what: 'window [3] padding [1,1], NaN and infinities in a long row',
                attrs: { window: [3], strides: [2], padding: [[1, 1]], dilation: [1] },
                operands: [operand(dtype, [22], listed(1, NaN, 2, -Infinity, -Infinity, -Infinity, 3, NaN, NaN, 4, 0))],
                special: 'NaN and infinities',
              },
            ]
          : [],
      )
      .concat(
        dtype === 'uint8'
          ? []
          : [
              {
                what: 'window [2] padding [1,1], below zero',
                attrs: { window: [2], strides: [1], padding: [[1, 1]], dilation: [1] },
                operands: [operand(dtype, [5], listed(-3, -1, -2, -7, -4))],
              },
            ],
      ),
  )

export const windows: { readonly windowSum: Generator<'windowSum'>; readonly windowArgmax: Generator<'windowArgmax'> } =
  {
    windowSum: windowed(true),
    windowArgmax: windowed(false),
  }
