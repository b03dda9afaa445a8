/** Calls of composites that go element by element. */
import type { Shape } from '@glissade/core/backend'
import { between, listed, type Fill } from '../generators/sample.ts'
import { call, f32, values, type Calls, type CompositeCall } from './call.ts'

/** 0-d, one element, none, lines around the widths of vector instructions, more than one axis, an axis of 1, more than a work group. */
const SHAPES: readonly Shape[] = [[], [1], [0], [5], [16], [2, 0, 3], [3, 7], [2, 1, 4], [301]]
/** Together more elements than 16 bits count. */
const [SOME, TIMES] = [101, 693]
const many = (one: CompositeCall): CompositeCall => values({ ...one, times: TIMES })
/** Operands of one shape, ordinary ones; many; and these elements in turn. */
const each = (fills: readonly Fill[], ...edges: readonly (readonly number[])[]): Calls<object> => [
  ...SHAPES.map((shape) =>
    call(
      {},
      fills.map((fill) => f32(shape, fill)),
    ),
  ),
  many(
    call(
      {},
      fills.map((fill) => f32([SOME], fill)),
      'many',
    ),
  ),
  ...(edges.length === 0
    ? []
    : [
        values(
          call(
            {},
            edges.map((list) => f32([17], listed(...list))),
            'edges',
          ),
        ),
      ]),
]
/** One operand of elements, and numbers beside it. */
const withNumbers = (...lists: readonly (readonly number[])[]): Calls<object> =>
  lists.flatMap((numbers) => {
    const one = (shape: Shape, what: string): CompositeCall =>
      call({}, [f32(shape), ...numbers.map((number) => f32([], listed(number)))], what)
    const what = `numbers ${numbers.join()}`
    return [...SHAPES.map((shape) => one(shape, what)), many(one([SOME], `${what}, many`))]
  })
const NOT_FINITE = [NaN, Infinity, -Infinity]
/** Each with each. */
const crossed = (...list: readonly number[]): [number[], number[]] => [
  [...list, ...list.toReversed(), ...list.map(() => list[0]!)],
  [...list, ...list, ...list.toReversed()],
]
const between3 = between(-3, 3)
const positive = between(0.1, 4)

export const elementwise = {
  trunc: each([between(-9, 9)], [0, -0, 0.5, -0.5, 2, -2, 8388609, -1e10]),
  frac: each([between(-9, 9)], [0, 0.5, -0.5, 2, -2.25, 8388609]),
  reciprocal: each([positive], [0, -0, 1, -2, 1e30, ...NOT_FINITE]),
  rsqrt: each([positive], [0, 1, 4, -1, 1e30, ...NOT_FINITE]),
  exp2: each([between3], [0, 1, -1, 10, 100, ...NOT_FINITE]),
  log2: each([positive], [0, 1, 2, -1, 1e30, ...NOT_FINITE]),
  log10: each([positive], [0, 1, 10, -1, 1e30, ...NOT_FINITE]),
  tan: each([between(-1, 1)], [0, 0.5, -0.5, 1]),
  asin: each([between(-0.9, 0.9)], [0, 1, -1, 2, NaN]),
  acos: each([between(-0.9, 0.9)], [0, 1, -1, 2, NaN]),
  sinh: each([between3], [0, 1e-5, 20, -20, ...NOT_FINITE]),
  cosh: each([between3], [0, 1e-5, 20, -20, ...NOT_FINITE]),
  asinh: each([between3], [0, 1e-5, 1e10, -1e10, NaN]),
  acosh: each([between(1.1, 9)], [1, 2, 1e10, 0, NaN]),
  atanh: each([between(-0.9, 0.9)], [0, 1e-5, 1, -1, 2, NaN]),
  sigmoid: each([between3], [0, 80, -80, 200, -200, ...NOT_FINITE]),
  logit: each([between(0.05, 0.95)], [0, 1, 0.5, -1, 2, NaN]),
  sinc: each([between3], [0, 1e-3, 1, -2, 0.5]),
  atan2: each([between3, between3], ...crossed(0, -0, 1, -1, Infinity, -Infinity, NaN)),
  hypot: each([between3, positive], ...crossed(0, 1, -1, 1e30, Infinity, -Infinity)),
  logaddexp: each([between3, between3], ...crossed(0, 1, -100, 100, Infinity, -Infinity)),
  logaddexp2: each([between3, between3], ...crossed(0, 1, -100, 100, Infinity, -Infinity)),
  xlogy: each([between3, positive], ...crossed(0, 1, 2, -1, Infinity, NaN)),
  copysign: each([positive, positive], ...crossed(0, -0, 1, -1, Infinity, -Infinity)),
  floorDivide: each([between(-9, 9), positive], ...crossed(7, -7, 2, -2, 0.5)),
  truncDivide: each([between(-9, 9), positive], ...crossed(7, -7, 2, -2, 0.5)),
  fmod: each([between(-9, 9), positive], ...crossed(7, -7, 2, -2, 0.5)),
  remainder: each([between(-9, 9), positive], ...crossed(7, -7, 2, -2, 0.5)),
  clamp: each([between3, between(-2, -1), between(1, 2)], [1, NaN, -5, 5, 0], [0, 0, -1, -1, 2], [1, 1, 1, 1, 1]),
  clampMin: each([between3, between(-1, 1)], ...crossed(0, 1, -1, NaN, Infinity, -Infinity)),
  clampMax: each([between3, between(-1, 1)], ...crossed(0, 1, -1, NaN, Infinity, -Infinity)),
  gelu: each([between3], [0, 6, -6, 80, -80]),
  geluTanh: each([between3], [0, 6, -6, 80, -80]),
  silu: each([between3], [0, 6, -6, 80, -80]),
  mish: each([between3], [0, 6, -6, 80, -80]),
  logSigmoid: each([between3], [0, 6, -6, 80, -80]),
  softplus: withNumbers([1, 20], [2, 20]),
  elu: withNumbers([1, 1, 1], [1.5, 1.05, 0.5]),
  binaryCrossEntropyElement: each([between(0.05, 0.95), between(0.05, 0.95)], [0, 1, 0, 1, 0.5], [0, 0, 1, 1, 0.5]),
}
