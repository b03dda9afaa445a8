/**
 * Products of usual sizes, judged through a projection (Freivalds): the elements are integers so small that any order of summation
 * gives one answer, and what the result gives times a random vector is what the operands give times it, one after the other. So
 * a row of a large product costs as little as a row of one of its operands, and a wrong element cannot hide in a tolerance.
 */
import type { Attributes, DType, Shape } from '@glissade/core/backend'
import { DTYPES, numel, stridesOf } from '@glissade/core/backend'
import { Random } from '@glissade/core/ir'
import { isFloat } from '../generators/sample.ts'

type Numbers = ArrayLike<number>
type Ring = { readonly add: (a: number, b: number) => number; readonly mul: (a: number, b: number) => number }
/** Integer dtypes wrap, and so do their projections. */
const ringOf = (dtype: DType): Ring =>
  isFloat(dtype) ? { add: (a, b) => a + b, mul: (a, b) => a * b } : { add: (a, b) => (a + b) | 0, mul: Math.imul }

/** Where a result is wrong, or null. */
export interface Wrong {
  readonly index: number
  readonly want: number
}

/** Rows of `size` elements, whose sums weighed by `weights` were foretold: the first element of the first row that fails. */
function firstWrong(
  rows: number,
  size: number,
  at: (row: number, i: number) => number,
  got: Numbers,
  dtype: DType,
  weights: Numbers,
  foretold: (row: number) => number,
  element: (row: number, i: number) => number,
): Wrong | null {
  const { add, mul } = ringOf(dtype)
  // A sum weighed for the projection is more than a float32 holds.
  const wrap = isFloat(dtype) ? (x: number): number => x : DTYPES[dtype].round
  for (let row = 0; row < rows; row++) {
    let sum = 0
    for (let i = 0; i < size; i++) sum = add(sum, mul(weights[i]!, got[at(row, i)]!))
    if (wrap(sum) === wrap(foretold(row))) continue
    for (let i = 0; i < size; i++) {
      const want = wrap(element(row, i))
      if (got[at(row, i)] !== want) return { index: at(row, i), want }
    }
  }
  return null
}

const weightsOf = (size: number): Int32Array => {
  const random = new Random(size)
  return Int32Array.from({ length: size }, () => random.integer(-999, 999))
}

/** [...batch, m, k] by [...batch, k, n], either of them transposed. */
export function wrongDot(
  { transposeA, transposeB }: Attributes['dot'],
  dtype: DType,
  shape: Shape,
  out: Shape,
  [a, b]: readonly Numbers[],
  got: Numbers,
): Wrong | null {
  const [m, n] = out.slice(-2) as [number, number]
  const k = shape.at(transposeA ? -2 : -1)!
  const { add, mul } = ringOf(dtype)
  const weights = weightsOf(n)
  const atA = (batch: number, i: number, l: number): number => a![batch * m * k + (transposeA ? l * m + i : i * k + l)]!
  const atB = (batch: number, l: number, j: number): number => b![batch * k * n + (transposeB ? j * k + l : l * n + j)]!
  const batches = numel(out.slice(0, -2))
  for (let batch = 0; batch < batches; batch++) {
    const projected = Array.from({ length: k }, (_, l) => {
      let sum = 0
      for (let j = 0; j < n; j++) sum = add(sum, mul(weights[j]!, atB(batch, l, j)))
      return sum
    })
    const over = (i: number, of: (l: number) => number): number => {
      let sum = 0
      for (let l = 0; l < k; l++) sum = add(sum, mul(atA(batch, i, l), of(l)))
      return sum
    }
    const wrong = firstWrong(
      m,
      n,
      (i, j) => (batch * m + i) * n + j,
      got,
      dtype,
      weights,
      (i) => over(i, (l) => projected[l]!),
      (i, j) => over(i, (l) => atB(batch, l, j)),
    )
    if (wrong !== null) return wrong
  }
  return null
}

/** [n, c, ...space] with [o, c / groups, ...window]: projected over the outputs of each group. */
export function wrongConv(
  { strides, padding, dilation, inputDilation, groups }: Attributes['conv'],
  dtype: DType,
  [x, w]: readonly [Shape, Shape],
  out: Shape,
  [from, filters]: readonly Numbers[],
  got: Numbers,
): Wrong | null {
  const [batch, channels, ...space] = x as [number, number, ...number[]]
  const [outputs, own, ...window] = w as [number, number, ...number[]]
  const result = out.slice(2)
  const [area, taps, positions] = [numel(space), numel(window), numel(result)]
  const perGroup = outputs / groups
  const weights = weightsOf(perGroup)
  // Per position of a window and tap, the element under it; -1 in padding and between elements.
  const [steps, turns, widths] = [stridesOf(space), stridesOf(result), stridesOf(window)]
  const places = new Int32Array(positions * taps)
  for (let p = 0; p < positions; p++)
    for (let t = 0; t < taps; t++) {
      let place = 0
      for (let axis = 0; axis < space.length && place >= 0; axis++) {
        const i = Math.floor(p / turns[axis]!) % result[axis]!
        const j = Math.floor(t / widths[axis]!) % window[axis]!
        const at = i * strides[axis]! - padding[axis]![0] + j * dilation[axis]!
        const source = at / inputDilation[axis]!
        place = Number.isInteger(source) && source >= 0 && source < space[axis]! ? place + source * steps[axis]! : -1
      }
      places[p * taps + t] = place
    }
  for (let group = 0; group < groups; group++) {
    const projected = Array.from({ length: own * taps }, (_, i) => {
      let sum = 0
      for (let o = 0; o < perGroup; o++) sum += weights[o]! * filters![(group * perGroup + o) * own * taps + i]!
      return sum
    })
    const over = (row: number, of: (i: number) => number): number => {
      const [image, p] = [Math.floor(row / positions), row % positions]
      let sum = 0
      for (let c = 0; c < own; c++)
        for (let t = 0; t < taps; t++) {
          const place = places[p * taps + t]!
          if (place >= 0) sum += from![(image * channels + group * own + c) * area + place]! * of(c * taps + t)
        }
      return sum
    }
    const at = (row: number, o: number): number =>
      (Math.floor(row / positions) * outputs + group * perGroup + o) * positions + (row % positions)
    const wrong = firstWrong(
      batch * positions,
      perGroup,
      at,
      got,
      dtype,
      weights,
      (row) => over(row, (i) => projected[i]!),
      (row, o) => over(row, (i) => filters![(group * perGroup + o) * own * taps + i]!),
    )
    if (wrong !== null) return wrong
  }
  return null
}
