/**
 * dot and conv at the sizes of training and around the blocks into which kernels cut them. Each is tried alone, and some inside a
 * longer program.
 */
import type { Attributes, DType, Primitive, Shape, TensorType } from '@glissade/core/backend'
import { numel } from '@glissade/core/backend'
import { infer, typeOf } from '@glissade/core/ir'
import { failed, lacking, passed, tooLarge, type Case, type Measurement } from '../case.ts'
import { draw, integers, isFloat, operand, seedOf, show, wide, type Fill } from '../generators/sample.ts'
import { idOf, single, surrounded, turnedElements } from '../program.ts'
import { reversed, withSession, type Operand } from '../session.ts'
import { wrongConv, wrongDot, type Wrong } from './projection.ts'

interface Product<P extends 'dot' | 'conv'> {
  readonly op: P
  readonly what: string
  readonly attrs: Attributes[P]
  readonly dtype: DType
  readonly shapes: readonly [Shape, Shape]
  /** Products in the sum of one element. */
  readonly terms: number
}
type Judge = (given: readonly Operand[], out: TensorType, got: ArrayLike<number>) => Wrong | null

/** As large as they may be while every partial sum is exact in float32. */
const exactly = (dtype: DType, terms: number): Fill => {
  if (!isFloat(dtype)) return wide(dtype)
  const greatest = Math.min(127, Math.floor(Math.sqrt(2 ** 24 / Math.max(1, terms))))
  return integers(-greatest, greatest)
}

function productCase<P extends 'dot' | 'conv'>(
  mode: 'eager' | 'compiled',
  { op, what, attrs, dtype, shapes, terms }: Product<P>,
  judge: Judge,
): Case {
  const types = shapes.map((shape) => typeOf(dtype, shape))
  const id = idOf(mode, op, dtype, shapes.map(show).join('x'), `${what}, small integers`)
  const [out] = infer(op as Primitive, attrs as never, types)
  const largest = Math.max(numel(out!.shape), ...shapes.map(numel))
  return {
    id,
    level: 'must',
    excuse: (backend) => lacking(backend, [dtype]) ?? tooLarge(backend, 16 * largest),
    run: (backend) =>
      withSession(backend, async (session): Promise<Measurement> => {
        const fill = exactly(dtype, terms)
        const given = draw(
          shapes.map((shape) => operand(dtype, shape, fill)),
          seedOf(id),
        )
        const alone = single(op, attrs as never, types)
        const program = mode === 'eager' ? alone : surrounded(alone)
        const runs =
          mode === 'eager' ? given : given.map(({ type, data }) => ({ type, data: turnedElements(type, data) }))
        const [got, negated, twice] = await session.execute(program, runs, [], reversed(runs))
        const wrong = judge(given, out!, got!)
        const size = got!.length
        if (wrong !== null)
          return failed(
            `index ${wrong.index} of ${size}: ${op}[${wrong.index}] = ${got![wrong.index]}, want ${wrong.want}`,
          )
        if (mode === 'eager') return passed
        const turned = turnedElements(out!, got!).toReversed()
        const late = negated!.findIndex((x, i) => x !== turned[i])
        if (late >= 0) return failed(`what reads ${op}[${late}] = ${negated![late]}, want ${turned[late]}`)
        const again = twice!.findIndex((x, i) => x !== got![i % size])
        return again < 0
          ? passed
          : failed(`what repeats ${op}[${again}] = ${twice![again]}, want ${got![again % size]}`)
      }),
  }
}

// ---- dot ------------------------------------------------------------------------------------------------------------

/** [...batch], m, k, n */
type Size = readonly [Shape, number, number, number]
/** Sums around the blocks into which they are cut, in results too small and large enough to pack. */
const SUMS = [200, 255, 256, 257, 300, 511, 512, 513, 1000, 1024, 1025, 2049, 4097]
/** Elements of a result that is tried inside a longer program too: around it go several times as many. */
const SURROUNDED = 20_000
/** Rows and columns around tiles of them. */
const TILES = [15, 16, 17, 31, 33, 63, 64, 65, 127, 128, 129, 257]
const DOTS: readonly Size[] = [
  ...SUMS.map((k): Size => [[], 3, k, 5]),
  ...SUMS.filter((k) => k < 2000).map((k): Size => [[], 19, k, 37]),
  ...TILES.map((n, i): Size => [[], TILES.at(-1 - i)!, 70, n]),
  // A layer of 784 to 128 for 64 examples, its gradients, and a classifier over them.
  [[], 64, 784, 128],
  [[], 784, 64, 128],
  [[], 64, 128, 784],
  [[], 64, 128, 10],
  [[], 128, 64, 10],
  // One row, one column, few terms: what is not worth packing.
  [[], 1, 1000, 300],
  [[], 300, 1000, 1],
  [[], 1, 5000, 1],
  [[], 300, 1, 250],
  [[], 200, 2, 150],
  // So many steps that their blocks are cut again.
  [[], 20, 17_000, 6],
  // Attention: heads by batches.
  [[2, 4], 50, 16, 50],
  [[2, 4], 50, 50, 16],
  [[6], 33, 260, 47],
  [[300], 3, 20, 4],
]
const OTHERS: { readonly [D in DType]?: readonly Size[] } = {
  float64: [
    [[], 19, 300, 37],
    [[], 64, 128, 65],
    [[], 3, 1025, 5],
  ],
  int32: [
    [[], 19, 300, 37],
    [[], 3, 1025, 5],
    [[2], 33, 70, 40],
  ],
  uint8: [
    [[], 19, 300, 37],
    [[], 3, 1025, 5],
  ],
}

function dotCases([dtype, sizes]: readonly [DType, readonly Size[]]): Case[] {
  return sizes.flatMap(([batch, m, k, n], number) =>
    [false, true].flatMap((transposeA) =>
      [false, true].flatMap((transposeB): Case[] => {
        const attrs = { transposeA, transposeB }
        const shapes: readonly [Shape, Shape] = [
          [...batch, ...(transposeA ? [k, m] : [m, k])],
          [...batch, ...(transposeB ? [n, k] : [k, n])],
        ]
        const names = [transposeA ? 'transposeA' : '', transposeB ? 'transposeB' : '']
        const what = names.filter(Boolean).join(' ') || 'as they are'
        const product = { op: 'dot', what, attrs, dtype, shapes, terms: k } as const
        const judge: Judge = ([a, b], out, got) =>
          wrongDot(attrs, dtype, a!.type.shape, out.shape, [a!.data, b!.data], got)
        const isSurrounded = number % 2 === 0 && m * n <= SURROUNDED
        const modes = isSurrounded ? (['eager', 'compiled'] as const) : (['eager'] as const)
        return modes.map((mode) => productCase(mode, product, judge))
      }),
    ),
  )
}

// ---- conv -----------------------------------------------------------------------------------------------------------

interface Convolution extends Partial<Attributes['conv']> {
  readonly x: Shape
  readonly w: Shape
}
const both = <T>(one: T): readonly T[] => [one, one]
const CONVOLUTIONS: readonly Convolution[] = [
  // Layers of usual networks.
  { x: [2, 1, 28, 28], w: [16, 1, 5, 5] },
  { x: [2, 16, 12, 12], w: [32, 16, 5, 5], padding: both([2, 2]) },
  { x: [2, 3, 20, 20], w: [64, 3, 7, 7], strides: both(2), padding: both([3, 3]) },
  { x: [1, 64, 14, 14], w: [64, 64, 3, 3], padding: both([1, 1]) },
  { x: [1, 64, 13, 13], w: [64, 64, 3, 3], strides: both(2), padding: both([1, 1]) },
  { x: [2, 16, 9, 11], w: [17, 16, 3, 3] },
  { x: [1, 17, 8, 8], w: [33, 17, 3, 2], padding: both([1, 0]) },
  { x: [3, 8, 40], w: [16, 8, 9], padding: [[4, 4]] },
  { x: [1, 4, 6, 6, 6], w: [16, 4, 3, 3, 3], padding: [...both([1, 1] as const), [1, 1]] },
  // 1 x 1, with strides, padding, groups and both.
  { x: [2, 16, 7, 7], w: [24, 16, 1, 1] },
  { x: [2, 16, 7, 7], w: [24, 16, 1, 1], strides: both(2) },
  { x: [2, 16, 9, 8], w: [24, 16, 1, 1], strides: [3, 2] },
  { x: [2, 16, 7, 7], w: [24, 4, 1, 1], groups: 4 },
  { x: [2, 16, 7, 7], w: [24, 4, 1, 1], groups: 4, strides: both(2) },
  { x: [2, 16, 7, 7], w: [16, 1, 1, 1], groups: 16 },
  { x: [2, 16, 7, 7], w: [24, 16, 1, 1], padding: both([1, 2]) },
  { x: [2, 16, 7, 7], w: [24, 16, 1, 1], padding: both([1, 0]), strides: both(2) },
  { x: [2, 16, 7, 7], w: [24, 16, 1, 1], padding: both([-1, -2]) },
  { x: [2, 16, 7, 7], w: [24, 16, 1, 1], inputDilation: both(2) },
  { x: [2, 16, 30], w: [24, 16, 1] },
  { x: [2, 16, 30], w: [24, 16, 1], strides: [4] },
  { x: [5, 3, 1, 1], w: [7, 3, 1, 1] },
  // Strides above 2, apart from each other, larger than the window.
  { x: [2, 4, 19, 23], w: [6, 4, 3, 3], strides: both(3) },
  { x: [2, 4, 19, 23], w: [6, 4, 3, 3], strides: [4, 5], padding: both([1, 1]) },
  { x: [2, 4, 40], w: [6, 4, 3], strides: [7] },
  { x: [1, 3, 32, 32], w: [20, 3, 8, 8], strides: both(8) },
  // Many taps, many rows, one axis long.
  { x: [1, 2, 24, 24], w: [3, 2, 17, 17] },
  { x: [1, 2, 40], w: [3, 2, 33] },
  { x: [1, 2, 40, 3], w: [3, 2, 20, 1] },
  { x: [1, 2, 3, 300], w: [5, 2, 3, 3], padding: both([1, 1]) },
  { x: [40, 2, 5, 5], w: [3, 2, 3, 3] },
  // A filter per channel, and groups.
  { x: [2, 32, 10, 10], w: [32, 1, 3, 3], groups: 32, padding: both([1, 1]) },
  { x: [2, 32, 11, 10], w: [32, 1, 3, 3], groups: 32, strides: both(2), padding: both([1, 1]) },
  { x: [2, 17, 10, 10], w: [34, 1, 5, 5], groups: 17, padding: both([2, 2]) },
  { x: [2, 18, 10, 10], w: [18, 1, 5, 5], groups: 18, padding: both([2, 2]) },
  { x: [2, 18, 11, 12], w: [18, 1, 7, 6], groups: 18, strides: [3, 2] },
  { x: [2, 20, 40], w: [20, 1, 9], groups: 20, dilation: [2] },
  { x: [2, 32, 8, 8], w: [48, 8, 3, 3], groups: 4 },
  { x: [2, 6, 9, 9], w: [4, 3, 3, 3], groups: 2, strides: both(3) },
  { x: [2, 6, 9, 9], w: [4, 3, 3, 3], groups: 2, dilation: both(2), padding: both([2, 2]) },
  // Gradients: of the operand of a stride, and of filters, where images are channels and the window is large.
  { x: [2, 32, 6, 6], w: [16, 32, 3, 3], inputDilation: both(2), padding: both([1, 2]) },
  { x: [2, 16, 5, 5], w: [16, 16, 3, 3], inputDilation: both(3), padding: both([2, 2]) },
  { x: [16, 2, 14, 14], w: [32, 2, 12, 12] },
  { x: [16, 2, 15, 15], w: [32, 2, 7, 7], dilation: both(2), padding: both([1, 1]) },
  { x: [2, 24, 12, 12], w: [20, 24, 3, 3], dilation: both(3), padding: both([3, 3]) },
]
const OF_FLOAT64 = CONVOLUTIONS.filter((_, i) => i % 6 === 1)

const convCases = (dtype: DType, list: readonly Convolution[]): Case[] =>
  list.flatMap(({ x, w, ...given }, number): Case[] => {
    const each = <T>(one: T): T[] => x.slice(2).map(() => one)
    const attrs = {
      strides: each(1),
      padding: each([0, 0] as const),
      dilation: each(1),
      inputDilation: each(1),
      groups: 1,
      ...given,
    }
    const options = Object.entries(given).map(
      ([name, value]) => `${name} ${Array.isArray(value) ? show(value) : String(value)}`,
    )
    const product = {
      op: 'conv',
      what: options.join(' ') || 'plain',
      attrs,
      dtype,
      shapes: [x, w],
      terms: numel(w.slice(1)),
    } as const
    const judge: Judge = (operands, out, got) =>
      wrongConv(
        attrs,
        dtype,
        [x, w],
        out.shape,
        operands.map(({ data }) => data),
        got,
      )
    const modes = number % 3 === 0 ? (['eager', 'compiled'] as const) : (['eager'] as const)
    return modes.map((mode) => productCase(mode, product, judge))
  })

export const usualProducts = (): Case[] => [
  ...dotCases(['float32', DOTS]),
  ...Object.entries(OTHERS).flatMap(([dtype, sizes]) => dotCases([dtype as DType, sizes])),
  ...convCases('float32', CONVOLUTIONS),
  ...convCases('float64', OF_FLOAT64),
]
