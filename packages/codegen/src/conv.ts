/**
 * What a convolution is made of, as products of filters and the elements under them. Positions that meet the same taps are a
 * phase, a convolution of its own with these taps alone, so that zeros are not multiplied:
 *
 * - zeros between input elements, as the gradient of a convolution with strides has them: positions `by` apart meet the same
 *   taps. (Where there are strides as well, or taps whose distance shares a divisor with `by`, a padded copy has the zeros.)
 * - zeros around them: the positions at a border, where they are a good part of all, as in the gradient of a small image.
 *   Not along the last axis, whose positions lie side by side and are best taken several at a time.
 */
import { numel, type Attributes, type Shape, type TensorType } from '@glissade/core/backend'
import { tapsInside } from './window.ts'

/** Every `step`-th from the first on. */
export interface Every {
  readonly first: number
  readonly step: number
  readonly count: number
}
/** Positions of one axis that meet the same taps; the first of each meet at element `at` of the padded input. */
export interface Phase {
  readonly positions: Every
  readonly taps: Every
  readonly at: number
}
/** How the input lies along one axis of its padded copy, and what is computed from it. */
export interface ConvAxis {
  readonly padded: number
  /** Elements before the input's first one; cropped where it is negative. */
  readonly low: number
  /** Distance of the input's elements. */
  readonly by: number
  readonly phases: readonly Phase[]
}

/** Counts of a convolution. */
export interface ConvSizes {
  /** Images. */
  readonly n: number
  /** Channels of a group, in and out. */
  readonly channels: number
  readonly outputs: number
  readonly groups: number
  /** Of a plane of the result. */
  readonly positions: number
}

/** The counts that its operands and its result have. */
export const convSizes = (
  { groups }: Attributes['conv'],
  x: TensorType,
  w: TensorType,
  out: TensorType,
): ConvSizes => ({
  n: x.shape[0]!,
  channels: w.shape[1]!,
  outputs: w.shape[0]! / groups,
  groups,
  positions: numel(out.shape.slice(2)),
})

/** A convolution in parts, each of which multiplies no zeros. */
export interface ConvPlan extends ConvSizes {
  readonly axes: readonly ConvAxis[]
  /** Shape of the input with its padding. */
  readonly padded: Shape
  readonly isPadded: boolean
  /** A phase of each axis, in all combinations. */
  readonly parts: readonly (readonly Phase[])[]
  /** Whether a part has less than all taps. */
  readonly isSplit: boolean
}

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b))
const every = (count: number): Every => ({ first: 0, step: 1, count })

function planAxis(
  size: number,
  window: number,
  positions: number,
  { padding: [low, high], stride, dilation, by }: AxisAttributes,
): ConvAxis {
  if (by === 1 || stride !== 1 || divisor(dilation, by) !== 1) {
    const padded = Math.max(0, (size === 0 ? 0 : (size - 1) * by + 1) + low + high)
    return { padded, low, by, phases: [{ positions: every(positions), taps: every(window), at: 0 }] }
  }
  const phases = Array.from({ length: Math.min(by, positions) }, (_, first): Phase => {
    // Tap t of position p meets input element (p - low + t dilation) / by, where that is whole.
    const tap = Array.from({ length: by }, (__, t) => t).find((t) => (first - low + t * dilation) % by === 0)!
    return {
      positions: { first, step: by, count: Math.ceil((positions - first) / by) },
      taps: { first: tap, step: by, count: Math.max(0, Math.ceil((window - tap) / by)) },
      at: (first - low + tap * dilation) / by,
    }
  })
  const before = Math.max(0, ...phases.map(({ at }) => -at))
  const ends = phases.map((phase) => phase.at + phase.positions.count + (phase.taps.count - 1) * dilation)
  return {
    padded: before + Math.max(size, ...ends),
    low: before,
    by: 1,
    phases: phases.map((phase) => ({ ...phase, at: phase.at + before })),
  }
}
/** Without padding: positions that miss taps are phases of their own. */
function planBorder(
  size: number,
  window: number,
  positions: number,
  { padding: [low], stride, dilation }: AxisAttributes,
): ConvAxis {
  const phases: Phase[] = []
  for (let position = 0; position < positions; position++) {
    const { first, count, at } = tapsInside({ size, taps: window, stride, dilation, low }, position)
    const last = phases.at(-1)
    if (last?.taps.first === first && last.taps.count === count)
      phases[phases.length - 1] = { ...last, positions: { ...last.positions, count: last.positions.count + 1 } }
    else
      phases.push({
        positions: { first: position, step: 1, count: 1 },
        taps: { first, step: 1, count },
        at,
      })
  }
  return { padded: size, low: 0, by: 1, phases }
}

/** What the products take, in products of one filter and channel. */
const workOf = (images: number, axes: readonly ConvAxis[], packing: number): number => {
  const over = (weight: (phase: Phase) => number): number =>
    axes.reduce((product, { phases }) => product * phases.reduce((sum, phase) => sum + weight(phase), 0), 1)
  return images * over(({ positions, taps }) => positions.count * taps.count) + packing * over(({ taps }) => taps.count)
}
/** More parts are more code and tables: they have to save a twentieth. */
const WORTH = 0.95

interface AxisAttributes {
  readonly padding: readonly [number, number]
  readonly stride: number
  readonly dilation: number
  readonly by: number
}

/**
 * Plans a convolution.
 * @param packing as long as how many products it takes to prepare one element of a filter for a part of its own: it decides
 *   whether borders are parts
 */
export function planConv(
  attrs: Attributes['conv'],
  x: TensorType,
  w: TensorType,
  out: TensorType,
  packing: number,
): ConvPlan {
  const { padding, strides, dilation, inputDilation } = attrs
  const [n, , ...space] = x.shape as [number, number, ...number[]]
  const planned = (plan: typeof planAxis, i: number): ConvAxis =>
    plan(space[i]!, w.shape[i + 2]!, out.shape[i + 2]!, {
      padding: padding[i]!,
      stride: strides[i]!,
      dilation: dilation[i]!,
      by: inputDilation[i]!,
    })
  const whole = space.map((_, i) => planned(planAxis, i))
  const apart = whole.map((axis, i) => (i < space.length - 1 && inputDilation[i] === 1 ? planned(planBorder, i) : axis))
  const axes = workOf(n, apart, packing) < WORTH * workOf(n, whole, packing) ? apart : whole
  return {
    ...convSizes(attrs, x, w, out),
    axes,
    padded: [...x.shape.slice(0, 2), ...axes.map((axis) => axis.padded)],
    isPadded: axes.some((axis, i) => axis.low !== 0 || axis.by !== 1 || axis.padded !== space[i]),
    parts: axes.reduce<readonly (readonly Phase[])[]>(
      (parts, { phases }) => parts.flatMap((part) => phases.map((phase) => [...part, phase])),
      [[]],
    ),
    isSplit: axes.some(({ phases }, i) => phases.some(({ taps }) => taps.count !== w.shape[i + 2]!)),
  }
}

/** How many positions a part has along each axis. */
export const positionsOf = (part: readonly Phase[]): number[] => part.map(({ positions }) => positions.count)
/** How many taps. */
export const tapsOf = (part: readonly Phase[]): number[] => part.map(({ taps }) => taps.count)
