/** Resampling of space to other sizes, one axis after the other: every result is a weighted sum of a few elements. */
import { OptionError, ShapeError } from '../contract/errors.ts'
import type { Sym } from '../ir/builder.ts'
import { boolean, either, list, number, oneOf, positive } from '../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../signature/signature.ts'
import { tensor } from '../engine/kinds.ts'
import { Op } from '../engine/op.ts'
import { one } from '../tensor/one.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { adaptiveAvgPool } from './adaptive-pooling.ts'
import { assertRoom, each, type Rank, type Sizes } from './sizes.ts'

const MODES = ['nearest', 'nearestExact', 'linear', 'bilinear', 'trilinear', 'bicubic', 'area'] as const
export type InterpolateMode = (typeof MODES)[number]
/** What a module takes too. */
export const upsampleOptions = {
  /** Sizes of the result: one for all dimensions of space, or one each. null: they follow from `scaleFactor`. */
  size: optional(either(positive, list(positive)), null),
  /** Factors of the sizes, where `size` is not given. */
  scaleFactor: optional(either(number, list(number)), null),
  /** How elements between elements are found. */
  mode: optional(oneOf(...MODES), 'nearest'),
  /** Corners stay where they are, rather than the edges of the corner elements, in the linear and cubic modes. */
  alignCorners: optional(boolean, false),
  /** Distances follow from the sizes, which `scaleFactor` gives rounded down, and not from `scaleFactor` itself. */
  recomputeScaleFactor: optional(boolean, false),
}
export interface InterpolateOptions extends OptionsOf<typeof upsampleOptions> {}
export const INTERPOLATE = /* @__PURE__ */ signature('interpolate', { input: tensor }, upsampleOptions)

/** The elements that one axis reads: `index` and `weight` per tap and position. */
interface Tap {
  readonly index: readonly number[]
  /** null: 1 everywhere. */
  readonly weight: readonly number[] | null
}
interface Resize {
  readonly size: readonly number[]
  /** Input elements per result element, as PyTorch computes it: from the factor where one is given. */
  readonly scale: readonly number[]
  readonly mode: InterpolateMode
  readonly alignCorners: boolean
}

const { fround } = Math
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i)
const within = (i: number, length: number): number => Math.min(Math.max(i, 0), length - 1)

/** Where position i lies in the input. */
const source = (i: number, scale: number, alignCorners: boolean): number =>
  alignCorners ? i * scale : (i + 0.5) * scale - 0.5

/** Keys' cubic with the constant that PyTorch uses. Source: https://doi.org/10.1109/TASSP.1981.1163711 */
const CUBIC = -0.75
const near = (x: number): number => ((CUBIC + 2) * x - (CUBIC + 3)) * x * x + 1
const far = (x: number): number => ((CUBIC * x - 5 * CUBIC) * x + 8 * CUBIC) * x - 4 * CUBIC

/** Whether PyTorch's kernels take an axis whose size stays as it is, whatever its scale says. */
function isCopied(mode: InterpolateMode, rank: number, channels: number): boolean {
  // Images of one channel lie in memory as "channels last" does, whose kernel for 'nearest' looks at the sizes first.
  return mode.endsWith('linear') || (mode === 'nearest' && rank > 1 && channels === 1)
}

function taps(mode: InterpolateMode, length: number, size: number, ratio: number, alignCorners: boolean): Tap[] {
  // PyTorch finds nearest elements in float32.
  if (mode === 'nearest')
    return [
      { weight: null, index: range(size).map((i) => Math.min(Math.floor(fround(i * fround(ratio))), length - 1)) },
    ]
  if (mode === 'nearestExact')
    return [
      {
        weight: null,
        index: range(size).map((i) => Math.min(Math.floor(fround((i + 0.5) * fround(ratio))), length - 1)),
      },
    ]
  const scale = alignCorners ? (size > 1 ? (length - 1) / (size - 1) : 0) : ratio
  if (mode === 'bicubic') {
    const places = range(size).map((i) => source(i, scale, alignCorners))
    const weights = [(t: number) => far(t + 1), near, (t: number) => near(1 - t), (t: number) => far(2 - t)]
    return weights.map((weight, k) => ({
      index: places.map((place) => within(Math.floor(place) - 1 + k, length)),
      weight: places.map((place) => weight(place - Math.floor(place))),
    }))
  }
  const places = range(size).map((i) => Math.max(0, source(i, scale, alignCorners)))
  const low = places.map((place) => within(Math.floor(place), length))
  const share = places.map((place, i) => place - low[i]!)
  return [
    { index: low, weight: share.map((part) => 1 - part) },
    { index: low.map((i) => within(i + 1, length)), weight: share },
  ]
}

/** From the last axis to the first, as PyTorch nests its sums. */
const resizeOp: Op<Resize> = /* @__PURE__ */ new Op(
  'interpolate',
  ([input], { size, scale, mode, alignCorners }, builder) => {
    let x = input!
    const copied = isCopied(mode, size.length, x.shape[1]!)
    for (let i = size.length - 1; i >= 0; i--) {
      const axis = x.rank - size.length + i
      const from = x
      const length = from.shape[axis]!
      if (copied && length === size[i]) continue
      // That kernel doubles exactly, too.
      const ratio = copied && mode === 'nearest' && size[i] === 2 * length ? 0.5 : scale[i]!
      const parts = taps(mode, length, size[i]!, ratio, alignCorners).map(({ index, weight }): Sym => {
        const part = from.gather(builder.data('int32', [index.length], index), axis)
        if (weight === null) return part
        const along = part.shape.map((count, k) => (k === axis ? count : 1))
        return part.mul(builder.data(part.dtype, [weight.length], weight).reshape(along).expand(part.shape))
      })
      x = parts.reduce((a, b) => a.add(b))
    }
    return [x]
  },
)

const RANKS: { readonly [M in InterpolateMode]: readonly number[] } = {
  nearest: [1, 2, 3],
  nearestExact: [1, 2, 3],
  area: [1, 2, 3],
  linear: [1],
  bilinear: [2],
  trilinear: [3],
  bicubic: [2],
}

function perAxis(name: string, value: Sizes, rank: Rank): readonly number[] {
  const given = each(value, rank)
  if (given.length !== rank || !given.every((x) => x > 0))
    throw new OptionError(
      'interpolate',
      `${name} is a positive number, or a list of one for each of the ${rank} dimensions of space (got ${JSON.stringify(value)})`,
    )
  return given
}

/**
 * Resamples space to `size`, or by `scaleFactor`.
 * @param input [n, c, ...space]; 'linear' takes one dimension of space, 'bilinear' and 'bicubic' two, 'trilinear' three
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.interpolate.html
 */
export function interpolate(input: Tensor, options: InterpolateOptions): Tensor
export function interpolate(input: Tensor): Tensor {
  const { size, scaleFactor, mode, alignCorners, recomputeScaleFactor } = INTERPOLATE.read(arguments)
  const space = input.shape.slice(2)
  if (!RANKS[mode].includes(space.length))
    throw new ShapeError(
      'interpolate',
      [input.shape],
      `mode '${mode}' takes [n, c, ...space] with ${RANKS[mode].join(', ')} dimensions of space`,
    )
  const rank = space.length as Rank
  if ((size === null) === (scaleFactor === null))
    throw new OptionError('interpolate', 'give either size or scaleFactor')
  if (alignCorners && (mode.startsWith('nearest') || mode === 'area'))
    throw new OptionError('interpolate', `alignCorners is for the linear and cubic modes (got mode '${mode}')`)
  if (recomputeScaleFactor && size !== null)
    throw new OptionError('interpolate', 'recomputeScaleFactor needs scaleFactor, not size')
  const factors = scaleFactor === null ? null : perAxis('scaleFactor', scaleFactor, rank)
  const sizes =
    factors === null ? perAxis('size', size!, rank) : space.map((length, i) => Math.floor(length * factors[i]!))
  if (sizes.some((count) => !Number.isSafeInteger(count) || count < 1))
    throw new OptionError('interpolate', `the result's sizes must be integers from 1 (got [${sizes.join(',')}])`)
  if (space.includes(0)) throw new ShapeError('interpolate', [input.shape], 'there is nothing to resample')
  assertRoom('interpolate', input, [...input.shape.slice(0, 2), ...sizes])
  if (mode === 'area') return adaptiveAvgPool('interpolate', rank, input, sizes)
  const scale = space.map((length, i) =>
    factors === null || recomputeScaleFactor ? length / sizes[i]! : 1 / factors[i]!,
  )
  return one(resizeOp, { size: sizes, scale, mode, alignCorners }, input)
}
