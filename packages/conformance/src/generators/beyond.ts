/** Integers that float32 does not have: a kernel that carries int32 in floats loses their last bits. */
import type { Attributes, Primitive, Shape } from '@glissade/core/backend'
import { integers, operand, show, type Fill, type Generator, type Sample } from './sample.ts'

const FLOAT32_INTEGERS = 2 ** 24
/** Neighbours that become equal as float32, from 2^24 to the ends of int32, of either sign. */
const beyond: Fill = (_, i) => {
  const sizes = [FLOAT32_INTEGERS + 1, 2 ** 28 + 3, 2 ** 31 - 1 - 64, -FLOAT32_INTEGERS - 3, -(2 ** 31) + 1]
  return sizes[i % sizes.length]! + ((i * 3) % 23)
}
/** The same, one further where the operands are compared. */
const next: Fill = (random, i) => beyond(random, i) + (i % 3) - 1
const i32 = (shape: Shape, fill: Fill = beyond): ReturnType<typeof operand> => operand('int32', shape, fill)

const of =
  <P extends Primitive>(
    ...calls: readonly (readonly [what: string, attrs: Attributes[P], ...operands: ReturnType<typeof operand>[]])[]
  ): (() => Sample<Attributes[P]>[]) =>
  () =>
    calls.map(([what, attrs, ...operands]): Sample<Attributes[P]> => ({
      what: `${what}beyond 2^24`,
      dtype: 'int32',
      attrs,
      operands,
      exact: true,
    }))
const pair = of<'eq'>(['', {}, i32([67]), i32([67], next)], ['wide, ', {}, i32([13, 30]), i32([13, 30], next)])
const one = of<'neg'>(['', {}, i32([67])])
const SHAPE = [6, 35]
const folded = of<'max'>(...[[0], [1], [0, 1]].map((axes) => [`axes ${show(axes)}, `, { axes }, i32(SHAPE)] as const))

export const beyondFloats: { readonly [P in Primitive]?: Generator<P> } = {
  eq: pair,
  lt: pair,
  le: pair,
  add: pair,
  sub: pair,
  mul: pair,
  div: pair,
  mod: pair,
  maximum: pair,
  minimum: pair,
  and: pair,
  or: pair,
  neg: one,
  abs: one,
  sign: one,
  not: one,
  where: of<'where'>(['', {}, operand('bool', [67]), i32([67]), i32([67], next)]),
  cast: of<'cast'>(['to bool, ', { dtype: 'bool' }, i32([67])], ['to uint8, ', { dtype: 'uint8' }, i32([67])]),
  max: folded,
  min: folded,
  sum: folded,
  prod: folded,
  argmax: of<'argmax'>(
    ['axis 0, ', { axis: 0 }, i32(SHAPE)],
    ['axis 1, ', { axis: 1 }, i32(SHAPE)],
    ['axis 0, neighbours ', { axis: 0 }, i32([40], (_, i) => 2 ** 30 + ((i * 7) % 40))],
  ),
  cumsum: of<'cumsum'>(
    ['axis 1, ', { axis: 1, reverse: false }, i32(SHAPE)],
    ['reverse axis 0, ', { axis: 0, reverse: true }, i32(SHAPE)],
  ),
  sort: of<'sort'>(
    ['axis 1, ', { axis: 1, descending: false }, i32(SHAPE)],
    ['descending axis 0, ', { axis: 0, descending: true }, i32(SHAPE)],
    ['neighbours ', { axis: 0, descending: false }, i32([300], (_, i) => 2 ** 30 + ((i * 7) % 300))],
  ),
  reshape: of<'reshape'>(['', { shape: [35, 6] }, i32(SHAPE)]),
  permute: of<'permute'>(['', { order: [1, 0] }, i32(SHAPE)]),
  expand: of<'expand'>(['', { shape: [3, 6, 35] }, i32(SHAPE)], ['inner, ', { shape: [6, 35] }, i32([6, 1])]),
  slice: of<'slice'>(['', { start: [1, 2], stop: [6, 33], step: [2, 3] }, i32(SHAPE)]),
  pad: of<'pad'>(
    ['', { low: [1, 2], high: [0, 1], interior: [0, 1], value: FLOAT32_INTEGERS + 1 }, i32(SHAPE)],
    ['negative, ', { low: [1], high: [2], interior: [0], value: -(2 ** 31) + 1 }, i32([5])],
  ),
  flip: of<'flip'>(['', { axes: [0, 1] }, i32(SHAPE)]),
  concat: of<'concat'>(['axis 1, ', { axis: 1 }, i32(SHAPE), i32([6, 3], next)]),
  gather: of<'gather'>(['axis 1, ', { axis: 1 }, i32(SHAPE), operand('int32', [9], integers(0, 34))]),
  scatterAdd: of<'scatterAdd'>([
    'axis 1, ',
    { axis: 1 },
    i32(SHAPE),
    operand('int32', [9], integers(0, 34)),
    i32([6, 9], next),
  ]),
  windowSum: of<'windowSum'>(['', { window: [3], strides: [2], padding: [[1, 1]], dilation: [1] }, i32([41])]),
  windowArgmax: of<'windowArgmax'>([
    '',
    { window: [4], strides: [2], padding: [[1, 1]], dilation: [1] },
    i32([41], (_, i) => 2 ** 30 + ((i * 7) % 40)),
  ]),
  dot: of<'dot'>(['', { transposeA: false, transposeB: false }, i32([3, 5]), i32([5, 4], next)]),
}
