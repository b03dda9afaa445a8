/** Calls of composites of networks: pools, attention, rows of a table. */
import { numel, type CompositeAttributes, type Refusal, type Shape } from '@glissade/core/backend'
import { integers, listed, operand, type Fill, type OperandSpec } from '../generators/sample.ts'
import { call, f32, values, type Calls } from './call.ts'

/** Of few different numbers, so that greatest ones stand twice in a window. */
const TIES: Fill = listed(3, -1, 3, 0.5, -2, 3, 0.5)
type Pool = CompositeAttributes['maxPool']
/** Padding is low and high of each axis in turn. */
const pool = (
  shape: Shape,
  window: readonly number[],
  strides: readonly number[],
  padding: readonly number[],
  dilation: readonly number[],
): readonly [Shape, Pool] => [
  shape,
  {
    rank: window.length,
    window,
    strides,
    padding: window.map((_, axis) => [padding[2 * axis]!, padding[2 * axis + 1]!] as const),
    dilation,
  },
]
const POOLS: readonly (readonly [Shape, Pool])[] = [
  pool([2, 3, 19], [2], [2], [0, 0], [1]),
  pool([1, 1, 1], [1], [1], [0, 0], [1]),
  pool([2, 1, 20], [3], [1], [1, 1], [1]),
  pool([0, 2, 6], [2], [1], [0, 0], [1]),
  pool([2, 2, 7, 9], [3, 3], [2, 2], [1, 1, 1, 1], [1, 1]),
  pool([3, 9, 13], [2, 3], [3, 1], [0, 0, 0, 0], [2, 3]),
  pool([2, 5, 6], [3, 3], [2, 2], [1, 2, 1, 2], [1, 1]),
  pool([2, 4, 14, 14], [2, 2], [2, 2], [0, 0, 0, 0], [1, 1]),
  pool([2, 40, 40], [17, 16], [5, 4], [8, 8, 7, 7], [1, 1]),
  pool([2, 700], [300], [100], [10, 10], [1]),
  pool([1, 4, 5, 6], [2, 2, 2], [2, 2, 2], [0, 0, 0, 0, 0, 0], [1, 1, 1]),
  // Alike in their operands and results.
  pool([2, 3, 5], [2], [2], [0, 0], [1]),
  pool([2, 3, 5], [3], [2], [0, 0], [1]),
  pool([2, 3, 5], [2], [3], [0, 0], [1]),
  pool([2, 3, 5], [2], [2], [0, 0], [2]),
  pool([2, 3, 5], [2], [2], [1, 0], [1]),
  pool([2, 3, 5], [2], [2], [0, 1], [1]),
]
const pools: Calls<Pool> = POOLS.flatMap(([shape, attrs]) => {
  const { window, strides, padding, dilation } = attrs
  const what = `window ${window.join()} strides ${strides.join()} padding ${padding.flat().join()} dilation ${dilation.join()}`
  return [
    call(attrs, [f32(shape)], what),
    values(call(attrs, [f32(shape, TIES)], `${what}, ties`)),
    values(call(attrs, [f32(shape, listed(1, -Infinity, 2, NaN, -Infinity, -3, Infinity))], `${what}, not finite`)),
  ]
})

/** A place that each window has, as the index of its maximum: any of its elements that are no padding. */
function placesIn(
  { window, strides, padding, dilation }: Pool,
  space: Shape,
): { readonly positions: Shape; readonly fill: Fill } {
  const positions = space.map((size, axis) => {
    const [low, high] = padding[axis]!
    return Math.floor((size + low + high - dilation[axis]! * (window[axis]! - 1) - 1) / strides[axis]!) + 1
  })
  const fill: Fill = (random, i) => {
    let rest = i % numel(positions)
    const at = space.map((size, axis) => {
      const below = numel(positions.slice(axis + 1))
      const corner = Math.floor(rest / below) * strides[axis]! - padding[axis]![0]
      rest %= below
      const taps = Array.from({ length: window[axis]! }, (_, tap) => corner + tap * dilation[axis]!)
      return random.choose(taps.filter((tap) => tap >= 0 && tap < size))
    })
    return at.reduce((index, place, axis) => index * space[axis]! + place, 0)
  }
  return { positions, fill }
}
const poolGradients: Calls<CompositeAttributes['maxPoolGrad']> = POOLS.flatMap(([shape, windows]) => {
  const space = shape.slice(-windows.rank)
  const attrs = { ...windows, space }
  const { window, strides, padding, dilation } = attrs
  const what = `window ${window.join()} strides ${strides.join()} padding ${padding.flat().join()} dilation ${dilation.join()}`
  const { positions, fill } = placesIn(windows, space)
  const result = [...shape.slice(0, -windows.rank), ...positions]
  return [
    call(attrs, [f32(result), operand('int32', result, fill)], what),
    values(
      call(
        attrs,
        [f32(result, listed(NaN, -0, Infinity, 1, 0)), operand('int32', result, fill)],
        `${what}, not finite`,
      ),
    ),
  ]
})

const SAYS: Refusal = { kind: 'IndexError', operation: 'pick', message: 'no {index} here', beyond: 0 }
const LINES: readonly (readonly [Shape, number])[] = [
  [[5], 0],
  [[1], 0],
  [[3, 7], 1],
  [[3, 7], 0],
  [[4, 1], 1],
  [[2, 5, 3], 1],
  [[2, 3, 4, 2], 1],
  [[17, 33], 1],
  [[3, 1030], 1],
  [[300, 5], 0],
  [[2, 20, 300], 1],
  [[0, 4], 1],
  [[2, 4, 0], 1],
  // Alike in their operands and results.
  [[4, 4], 0],
  [[4, 4], 1],
]
const picks: Calls<CompositeAttributes['pick']> = LINES.flatMap(([shape, axis]) => {
  const index = operand('int32', shape.toSpliced(axis, 1), integers(0, shape[axis]! - 1))
  const attrs = { axis, says: SAYS }
  return [
    call(attrs, [f32(shape), index], `axis ${axis}`),
    values(call(attrs, [f32(shape, listed(NaN, -0, Infinity, -Infinity, 0)), index], `axis ${axis}, not finite`)),
  ]
})
const pickGradients: Calls<CompositeAttributes['pickGrad']> = LINES.flatMap(([shape, axis]) => {
  const lines = shape.toSpliced(axis, 1)
  const index = operand('int32', lines, integers(0, shape[axis]! - 1))
  const attrs = { axis, size: shape[axis]!, says: SAYS }
  return [
    call(attrs, [f32(lines), index], `axis ${axis} of ${shape[axis]}`),
    values(
      call(
        attrs,
        [f32(lines, listed(NaN, -0, Infinity, -Infinity, 0)), index],
        `axis ${axis} of ${shape[axis]}, not finite`,
      ),
    ),
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
  // Beyond 256 keys and 64 features.
  call({ isCausal: true, mask: false }, attended([], 300, 7, 3, 2), 'causal, many queries'),
  call({ isCausal: false, mask: false }, attended([1], 2, 310, 70, 3), 'many keys and features'),
  call(
    { isCausal: false, mask: true },
    [...attended([2], 3, 310, 4, 2), f32([3, 310], (random, i) => (i % 5 < 3 ? -Infinity : random.number()))],
    'a mask of -Infinity over many keys',
  ),
  call(
    { isCausal: false, mask: true },
    [...attended([2], 3, 5, 4, 2), f32([3, 5], listed(0, -Infinity, -Infinity, 1, -Infinity, -Infinity, 0))],
    'a mask of -Infinity',
  ),
  call(
    { isCausal: false, mask: true },
    [...attended([], 3, 310, 4, 2), operand('bool', [3, 310], (_, i) => Number(i % 310 < 8 || i % 31 === 0))],
    'bool mask over many keys',
  ),
]

const attentionGradients: Calls<CompositeAttributes['attentionGrad']> = attention.map((one) => {
  const [query, , value] = one.operands
  const result = [...query!.type.shape.slice(0, -1), value!.type.shape.at(-1)!]
  return call(one.attrs, [f32(result), ...one.operands], one.what)
})

export const networks = {
  maxPool: pools,
  maxPoolGrad: poolGradients,
  attention,
  attentionGrad: attentionGradients,
  pick: picks,
  pickGrad: pickGradients,
  embeddingPadded: [
    call({ padding: 1 }, [operand('int32', [7], integers(0, 3)), f32([4, 3])]),
    call({ padding: 0 }, [operand('int32', [2, 3], integers(0, 3)), f32([4, 1])]),
    call({ padding: 0 }, [operand('int32', [0], integers(0, 3)), f32([4, 3])]),
  ],
}
