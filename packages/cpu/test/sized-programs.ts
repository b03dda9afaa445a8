/** Programs of a size or two, for what backends share between sizes. */
import { fuse, type Program, type Shape } from '@glissade/core/backend'
import { Builder, type Sym } from '../../core/src/ir/builder.ts'
import { typeOf, type Type } from '../../core/src/ir/type.ts'

export const f32 = (...shape: number[]): Type => typeOf('float32', shape)
export const program = (types: readonly Type[], write: (...inputs: Sym[]) => readonly Sym[]): Program => {
  const builder = new Builder()
  return fuse(builder.finish([...write(...types.map((type) => builder.input(type)))]))
}

let state = 7
const next = (below: number): number => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return (state >>> 8) % below
}
/** Sizes as a user's batches and sentences have them. */
export const size = (): number => 17 + next(80)

const window = { window: [2, 2], strides: [2, 2], padding: [[0, 0], [0, 1]], dilation: [1, 1] } as const // prettier-ignore
const conv = { strides: [1, 1], padding: [[1, 1], [1, 1]], dilation: [1, 1], inputDilation: [1, 1], groups: 1 } as const // prettier-ignore

export const PROGRAMS: Record<string, (n: number, m: number) => Program> = {
  chain: (n, m) => program([f32(n, m), f32(n, m)], (x, y) => [x.mul(2).add(y)]),
  'bias and relu': (n, m) => program([f32(n, m), f32(m)], (x, b) => [x.add(b.expand([n, m])).maximum(0)]),
  'mean of rows': (n, m) => program([f32(n, m)], (x) => [x.sum([1]).mul(1 / m)]),
  'sums of columns': (n, m) => program([f32(n, m)], (x) => [x.sum([0])]),
  'sum of all': (n, m) => program([f32(n, m)], (x) => [x.sum([0, 1])]),
  'greatest of rows': (n, m) => program([f32(n, m)], (x) => [x.max([1])]),
  product: (n, m) => program([f32(n, 40), f32(40, m)], (x, y) => [x.dot(y)]),
  'transposed products': (n, m) => program([f32(n, 40), f32(m, 40)], (x, y) => [x.dot(y, false, true)]),
  convolution: (n) => program([f32(n % 5, 3, 9, 11), f32(4, 3, 3, 3)], (x, w) => [x.conv(w, conv)]),
  'greatest of windows': (n, m) => program([f32(2, n, m)], (x) => [x.windowArgmax(window)]),
  'sums of windows': (n, m) => program([f32(2, n, m)], (x) => [x.windowSum(window)]),
  transposition: (n, m) => program([f32(n, m)], (x) => [x.permute([1, 0])]),
  padding: (n, m) => program([f32(n, m)], (x) => [x.pad([1, 0], [0, 2])]),
  slice: (n, m) => program([f32(n, m)], (x) => [x.slice([1, 2], [n, m])]),
  'running sums': (n, m) => program([f32(n, m)], (x) => [x.cumsum(0)]),
  'places of the greatest': (n, m) => program([f32(n, m)], (x) => [x.argmax(1)]),
  sort: (n, m) => program([f32(n, m)], (x) => x.sort(1)),
  gather: (n, m) => program([f32(20, m), typeOf('int32', [n])], (x, i) => [x.gather(i, 0)]),
  'scattered sums': (n, m) =>
    program([f32(20, m), typeOf('int32', [n]), f32(n, m)], (x, i, u) => [x.scatterAdd(i, u, 0)]),
}
/** Small integers, so that every sum is exact; indices are in range. */
export const data = ({ dtype, shape }: { dtype: string; shape: Shape }): number[] =>
  Array.from({ length: shape.reduce((n, axis) => n * axis, 1) }, () => (dtype === 'int32' ? next(20) : next(7) - 3))
