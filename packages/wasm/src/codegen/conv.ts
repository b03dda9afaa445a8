/**
 * Convolution as a product of matrices (implicit GEMM): row l of the second matrix is a channel and tap, column j an image
 * and position, and its element lies at rows[l] + columns[j] in the padded input, so packing gathers it and nothing is laid
 * out twice. Padding becomes a padded copy first, where there is any. Both gradients are convolutions too and come here.
 *
 * Zeros between input elements, as the gradient of a convolution with strides has them, are not multiplied: positions that
 * are `by` apart meet the same taps, so each phase of them is a convolution of its own with the taps that it meets, without
 * zeros between. (Where there are strides as well, or taps whose distance shares a divisor with `by`, the copy has the zeros.)
 */
import { numel, stridesOf, type Attributes, type Shape, type TensorType } from '@glissade/core/backend'
import { add, bulk, i32, type Code } from '../emitter/code.ts'
import type { FunctionWriter } from '../emitter/function.ts'
import type { ModuleWriter } from '../emitter/module.ts'
import { copyGrid, walk, type CopyAxis } from './copy.ts'
import { bytesIn, startOf, undivided, type Division } from './division.ts'
import { productBytes, writeProduct } from './gemm.ts'

type Address = Code<'i32'>

/** Every `step`-th from the first on. */
interface Every {
  readonly first: number
  readonly step: number
  readonly count: number
}
/** Positions of one axis that meet the same taps; the first of each meet at element `at` of the padded input. */
interface Phase {
  readonly positions: Every
  readonly taps: Every
  readonly at: number
}
/** How the input lies along one axis of its padded copy, and what is computed from it. */
interface AxisPlan {
  readonly padded: number
  /** Elements before the input's first one; cropped where it is negative. */
  readonly low: number
  /** Distance of the input's elements. */
  readonly by: number
  readonly phases: readonly Phase[]
}

interface Plan {
  readonly n: number
  /** Channels of a group, in and out. */
  readonly channels: number
  readonly outputs: number
  readonly groups: number
  readonly positions: number
  readonly axes: readonly AxisPlan[]
  /** Shape of the input with its padding; null when it is used as it is. */
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
): AxisPlan {
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
interface AxisAttributes {
  readonly padding: readonly [number, number]
  readonly stride: number
  readonly dilation: number
  readonly by: number
}

function planOf(
  { padding, strides, dilation, inputDilation, groups }: Attributes['conv'],
  x: TensorType,
  w: TensorType,
  out: TensorType,
): Plan {
  const [n, , ...space] = x.shape as [number, number, ...number[]]
  const axes = space.map((size, i) =>
    planAxis(size, w.shape[i + 2]!, out.shape[i + 2]!, {
      padding: padding[i]!,
      stride: strides[i]!,
      dilation: dilation[i]!,
      by: inputDilation[i]!,
    }),
  )
  return {
    n,
    channels: w.shape[1]!,
    outputs: w.shape[0]! / groups,
    groups,
    positions: numel(out.shape.slice(2)),
    axes,
    padded: [...x.shape.slice(0, 2), ...axes.map((axis) => axis.padded)],
    isPadded: axes.some((axis, i) => axis.low !== 0 || axis.by !== 1 || axis.padded !== space[i]),
    parts: axes.reduce<readonly (readonly Phase[])[]>(
      (parts, { phases }) => parts.flatMap((part) => phases.map((phase) => [...part, phase])),
      [[]],
    ),
    isSplit: axes.some(({ phases }, i) => phases[0]!.taps.count !== w.shape[i + 2]!),
  }
}

const positionsOf = (part: readonly Phase[]): number[] => part.map(({ positions }) => positions.count)
const tapsOf = (part: readonly Phase[]): number[] => part.map(({ taps }) => taps.count)

const align = (bytes: number): number => Math.ceil(bytes / 16) * 16
const paddedBytes = (plan: Plan): number => (plan.isPadded ? align(4 * numel(plan.padded)) : 0)
const isEmpty = (plan: Plan): boolean => plan.n * plan.channels === 0 || numel(plan.padded) === 0
/** Elements of the weight that a part reads. */
const weightOf = ({ outputs, groups, channels }: Plan, part: readonly Phase[]): number =>
  outputs * groups * channels * numel(tapsOf(part))
/** Weights of parts are copied together. */
const weightBytes = (plan: Plan): number =>
  !plan.isSplit ? 0 : plan.parts.reduce((sum, part) => sum + align(4 * weightOf(plan, part)), 0)

/** Bytes of the workspace that it needs: of the padded input and of weights put together, and per thread. */
export function convBytes(
  attrs: Attributes['conv'],
  x: TensorType,
  w: TensorType,
  out: TensorType,
  threads: number,
): { shared: number; own: number } {
  const plan = planOf(attrs, x, w, out)
  if (isEmpty(plan) || numel(out.shape) === 0) return { shared: 0, own: 0 }
  const { outputs, n, channels } = plan
  return {
    shared: paddedBytes(plan) + weightBytes(plan),
    own: Math.max(
      ...plan.parts.map((part) =>
        productBytes(outputs, n * numel(positionsOf(part)), Math.max(1, channels * numel(tapsOf(part))), threads),
      ),
    ),
  }
}

/** Products of numbers. */
export const convCost = ({ inputDilation }: Attributes['conv'], w: TensorType, out: TensorType): number =>
  (numel(out.shape) * numel(w.shape.slice(1))) / numel(inputDilation)

/** `start` and sums of index times stride, for all indices of a shape in row-major order. */
function distances(shape: Shape, strides: readonly number[], start = 0): Int32Array {
  let list = Int32Array.of(start)
  shape.forEach((size, axis) => {
    const next = new Int32Array(list.length * size)
    for (let i = 0; i < list.length; i++)
      for (let j = 0; j < size; j++) next[i * size + j] = list[i]! + j * strides[axis]!
    list = next
  })
  return list
}

/** Byte distances that the product of each part needs: per channel and tap, per image and position in the input, and in the result. */
export function convTables(
  attrs: Attributes['conv'],
  x: TensorType,
  w: TensorType,
  out: TensorType,
): readonly Int32Array[] {
  const plan = planOf(attrs, x, w, out)
  const [image, channel, ...space] = stridesOf(plan.padded).map((stride) => stride * 4) as [number, number, ...number[]]
  const places = stridesOf(out.shape.slice(2)).map((stride) => stride * 4)
  const at = (strides: readonly number[], first: readonly number[]): number =>
    first.reduce((sum, index, i) => sum + index * strides[i]!, 0)
  return plan.parts.flatMap((part) => [
    distances([plan.channels, ...tapsOf(part)], [channel, ...space.map((stride, i) => stride * attrs.dilation[i]!)]),
    distances(
      [plan.n, ...positionsOf(part)],
      [image, ...space.map((stride, i) => stride * attrs.strides[i]!)],
      at(
        space,
        part.map((phase) => phase.at),
      ),
    ),
    distances(
      [plan.n, ...positionsOf(part)],
      [4 * out.shape[1]! * plan.positions, ...places.map((stride, i) => stride * part[i]!.positions.step)],
      at(
        places,
        part.map(({ positions }) => positions.first),
      ),
    ),
  ])
}

export function writeConv(
  f: FunctionWriter,
  module: ModuleWriter,
  division: Division,
  attrs: Attributes['conv'],
  [x, w]: readonly Address[],
  out: Address,
  { shared, own }: { readonly shared: Address; readonly own: Address },
  tables: readonly Address[],
  [type, weight]: readonly TensorType[],
  result: TensorType,
): void {
  const plan = planOf(attrs, type!, weight!, result)
  if (numel(result.shape) === 0) return
  const { parts } = plan
  const hasTaps = (part: readonly Phase[]): boolean => numel(tapsOf(part)) > 0
  const hasZeros = isEmpty(plan) || !parts.every(hasTaps)
  if (hasZeros) f.emit(bulk('memory.fill', out, i32(0), i32(4 * numel(result.shape))))
  if (isEmpty(plan) || !parts.some(hasTaps)) return
  const input = plan.isPadded ? f.let(shared) : x!
  if (plan.isPadded) writePadded(f, division, type!, plan, x!, input)
  const weights = writeWeights(f, division, weight!, plan, w!, add(shared, paddedBytes(plan)))
  if (plan.isPadded || plan.isSplit || hasZeros) division.barrier(f)
  const packed = f.let(own)
  const { channels, outputs, positions, groups } = plan
  const space = numel(plan.padded.slice(2))
  parts.forEach((part, p) => {
    const k = channels * numel(tapsOf(part))
    const [rows, columns, table] = tables.slice(3 * p) as [Address, Address, Address]
    if (k === 0) return
    for (let group = 0; group < groups; group++)
      writeProduct(f, module, division, {
        m: outputs,
        n: plan.n * numel(positionsOf(part)),
        k,
        a: { start: add(weights[p]!, 4 * group * outputs * k), across: false, stride: 4 * k },
        b: { start: add(input, 4 * group * channels * space), rows, columns },
        c: add(out, 4 * group * outputs * positions),
        row: 4 * positions,
        table,
        work: packed,
      })
  })
}

/** Where the weights of each part lie together. */
function writeWeights(
  f: FunctionWriter,
  division: Division,
  { shape }: TensorType,
  plan: Plan,
  w: Address,
  to: Address,
): readonly Address[] {
  if (!plan.isSplit) return plan.parts.map(() => w)
  const window = stridesOf(shape.slice(2))
  let offset = 0
  return plan.parts.map((part) => {
    const start = f.let(add(to, offset))
    offset += align(4 * weightOf(plan, part))
    const counts = tapsOf(part)
    const packed = stridesOf(counts)
    const first = part.reduce((sum, { taps }, i) => sum + taps.first * window[i]!, 0)
    const axes = part.map(({ taps }, i): CopyAxis => ({
      size: taps.count,
      from: 4 * taps.step * window[i]!,
      to: 4 * packed[i]!,
    }))
    const filters: CopyAxis = {
      size: shape[0]! * shape[1]!,
      from: 4 * numel(shape.slice(2)),
      to: 4 * numel(counts),
    }
    copyGrid(f, division, 4, [filters, ...axes], add(w, 4 * first), start)
    return start
  })
}

/** The input with zeros around and between its elements, or without those that negative padding crops. */
function writePadded(
  f: FunctionWriter,
  division: Division,
  { shape }: TensorType,
  { padded, axes: plans }: Plan,
  x: Address,
  to: Address,
): void {
  const planes = division.range(f, numel(padded.slice(0, 2)))
  const [plane, paddedPlane] = [numel(shape.slice(2)), numel(padded.slice(2))]
  f.emit(bulk('memory.fill', startOf(planes, to, 4 * paddedPlane), i32(0), bytesIn(planes, 4 * paddedPlane)))
  const [from, into] = [stridesOf(shape), stridesOf(padded)]
  let [first, start] = [0, 0]
  const axes = shape.slice(2).map((size, i): CopyAxis => {
    const { low, by } = plans[i]!
    // Elements j with 0 <= j by + low < padded size.
    const least = Math.max(0, Math.ceil(-low / by))
    const end = Math.min(size, Math.floor((padded[i + 2]! - 1 - low) / by) + 1)
    first += least * from[i + 2]!
    start += (least * by + low) * into[i + 2]!
    return { size: Math.max(0, end - least), from: 4 * from[i + 2]!, to: 4 * by * into[i + 2]! }
  })
  if (axes.some((axis) => axis.size === 0)) return
  const rows: CopyAxis = { size: numel(shape.slice(0, 2)), from: 4 * plane, to: 4 * paddedPlane }
  walk(f, [rows], add(x, 4 * first), add(to, 4 * start), (p, q) => copyGrid(f, undivided, 4, axes, p, q), rows, planes)
}
